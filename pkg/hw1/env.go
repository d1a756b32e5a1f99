package hw1

import (
	"fmt"
	"os"
	"strconv"
)

// SeedsFromEnv returns HW1_SEEDS, the number of seeds of the experiments on
// images, and 1 where it is not set.
func SeedsFromEnv() (int, error) {
	text := os.Getenv("HW1_SEEDS")
	if text == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("HW1_SEEDS=%s is no number of seeds; set it to 1 or more", text)
	}
	return n, nil
}
