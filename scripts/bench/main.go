// Command bench times hw1 beside PyTorch and JAX on the same work, a repetition of
// each in turn, and prints the medians and the ratios. It is called by scripts/bench.sh.
package main

import (
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"text/tabwriter"

	"hw1/pkg/hw1"
)

// work is what is timed: a benchmark of pkg/hw1, and the frameworks that have the
// same in peers.py, with the ratio to them that is the goal (0: none is set).
type work struct {
	name, what, benchmark string
	peers                 []peer
}

type peer struct {
	framework string
	variants  []string // the best of them counts
	goal      float64
}

func torch(goal float64, variants ...string) peer { return peer{"torch", variants, goal} }
func jax(goal float64) peer                       { return peer{"jax", nil, goal} }

var works = []work{
	{"deep571", "epoch of 1-5-10-10-10-10-10-5-1, 500 points", "Epoch/deep571", []peer{torch(0.1), jax(0.5)}},
	{"deep571-fused", "the same, beside PyTorch's fused Adam", "Epoch/deep571", []peer{torch(0)}},
	{"deep571x5", "the same a seed, five seeds together", "Epoch/deep571x5", []peer{jax(1)}},
	{"cnn", "epoch of CNN 16-32, 128-10 on MNIST, batch 100", "Epoch/cnn", []peer{torch(0.8, "channels-last", "contiguous"), jax(0)}},
	{"dense-64", "epoch of 784-350-600-10 on MNIST, batch 64", "Epoch/dense-64", []peer{torch(0.8), jax(0)}},
	{"dense-1024", "the same, batch 1024", "Epoch/dense-1024", []peer{torch(0.8), jax(0)}},
	{"hessian", "exact Hessian of 1-20-30-1, 500 points, float64", "Hessian", []peer{torch(0.25), jax(0)}},
	{"interpolation", "position of a sweep, 70,000 images, 784-350-600-10", "Interpolation", []peer{torch(0)}},
	{"sensitivity", "loss gradients of 10,000 images, 784-350-600-10", "Sensitivity", []peer{torch(1), jax(0)}},
	{"evaluation", "loss and accuracy on 60,000 images, 784-350-600-10", "Evaluation", []peer{torch(0.8), jax(0)}},
}

func main() {
	python := flag.String("python", "", "Python with the peers; without it hw1 is timed alone")
	repetitions := flag.Int("repetitions", 5, "how many of each")
	only := flag.String("only", "", "names of the work to time, with commas between them")
	file := flag.String("csv", "", "file for every single time")
	flag.Parse()
	if err := run(*python, *repetitions, *only, *file); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(python string, repetitions int, only, file string) error {
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	if repetitions < 1 {
		return fmt.Errorf("%d repetitions: take one or more", repetitions)
	}
	dir, err := os.MkdirTemp("", "hw1-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	timer := &timer{binary: dir + "/hw1.test", python: python}
	if out, err := exec.Command("go", "test", "-c", "-o", timer.binary, "./pkg/hw1").CombinedOutput(); err != nil {
		return fmt.Errorf("compiling the benchmarks: %w\n%s", err, out)
	}
	var results []result
	for _, w := range chosen {
		r, err := timer.measure(w, repetitions)
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	printTable(results, python != "")
	if file != "" {
		return writeCSV(file, results)
	}
	return nil
}

func choose(only string) ([]work, error) {
	if only == "" {
		return works, nil
	}
	var chosen []work
	for _, name := range strings.Split(only, ",") {
		i := slices.IndexFunc(works, func(w work) bool { return w.name == name })
		if i < 0 {
			var names []string
			for _, w := range works {
				names = append(names, w.name)
			}
			return nil, fmt.Errorf("no work is called %q; there is %s", name, strings.Join(names, ", "))
		}
		chosen = append(chosen, works[i])
	}
	return chosen, nil
}

// result has the milliseconds of each repetition: of hw1, and of each peer of the
// work, which is empty where there are no peers.
type result struct {
	work  work
	ours  []float64
	peers [][]float64
}

func printTable(results []result, peers bool) {
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	defer out.Flush()
	if !peers {
		fmt.Fprintln(out, "work\thw1, ms")
		for _, r := range results {
			fmt.Fprintf(out, "%s\t%s\n", r.work.what, milliseconds(r.ours))
		}
		return
	}
	fmt.Fprintln(out, "work\tbeside\thw1, ms\tpeer, ms\tratio (range)\tgoal")
	for _, r := range results {
		for i, p := range r.work.peers {
			goal := "–"
			ratios := ratios(r.ours, r.peers[i])
			if p.goal > 0 {
				goal = fmt.Sprintf("%.2g met", p.goal)
				if hw1.Median(ratios) > p.goal {
					goal = fmt.Sprintf("%.2g missed", p.goal)
				}
			}
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%.2f (%.2f – %.2f)\t%s\n", r.work.what, p.framework,
				milliseconds(r.ours), milliseconds(r.peers[i]), hw1.Median(ratios), slices.Min(ratios), slices.Max(ratios), goal)
		}
	}
}

func milliseconds(times []float64) string { return fmt.Sprintf("%.3g", hw1.Median(times)) }

// ratios are those of the repetitions, which ran one after the other.
func ratios(ours, peer []float64) []float64 {
	all := make([]float64, len(ours))
	for i := range all {
		all[i] = ours[i] / peer[i]
	}
	return all
}

func writeCSV(path string, results []result) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	_ = w.Write([]string{"work", "framework", "repetition", "milliseconds"}) // Error has it, below
	for _, r := range results {
		columns := map[string][]float64{"hw1": r.ours}
		for i, times := range r.peers {
			columns[r.work.peers[i].framework] = times
		}
		for _, name := range []string{"hw1", "torch", "jax"} {
			for i, t := range columns[name] {
				_ = w.Write([]string{r.work.name, name, fmt.Sprint(i + 1), fmt.Sprintf("%.5g", t)})
			}
		}
	}
	w.Flush()
	return errors.Join(w.Error(), f.Close())
}
