// Package hw1 trains the small networks of the homework, keeps their runs, and draws what they did.
package hw1
