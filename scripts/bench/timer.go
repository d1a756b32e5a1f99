package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// timer times work in processes of their own, so that none has what another left.
type timer struct {
	binary string // the compiled benchmarks of pkg/hw1
	python string // for the peers, if any
}

// measure times a work some times: hw1 and each peer in turn.
func (t *timer) measure(w work, repetitions int) (result, error) {
	r := result{work: w}
	if t.python != "" {
		r.peers = make([][]float64, len(w.peers))
	}
	variants := make([][]string, len(w.peers))
	for i, p := range w.peers {
		variants[i] = p.variants
	}
	for k := range repetitions {
		ms, err := t.ours(w)
		if err != nil {
			return r, err
		}
		r.ours = append(r.ours, ms)
		fmt.Fprintf(os.Stderr, "%s %d/%d  hw1 %.4g ms", w.name, k+1, repetitions, ms)
		for i := range r.peers {
			var ms float64
			if ms, variants[i], err = t.best(w.peers[i].framework, w.name, variants[i]); err != nil {
				return r, err
			}
			r.peers[i] = append(r.peers[i], ms)
			fmt.Fprintf(os.Stderr, "  %s %.4g ms", w.peers[i].framework, ms)
		}
		fmt.Fprintln(os.Stderr)
	}
	return r, nil
}

// ours runs a benchmark and returns its milliseconds.
func (t *timer) ours(w work) (float64, error) {
	name := "^Benchmark" + strings.ReplaceAll(w.benchmark, "/", "$/^") + "$"
	cmd := exec.Command(t.binary, "-test.run", "none", "-test.bench", name, "-test.benchtime", "2x")
	cmd.Dir = "pkg/hw1"
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("the benchmark %s: %w\n%s", w.benchmark, err, out)
	}
	fields := strings.Fields(string(out))
	for i, field := range fields {
		if i > 0 && (field == "ms" || field == "ms/epoch") {
			return strconv.ParseFloat(fields[i-1], 64)
		}
	}
	return 0, fmt.Errorf("the benchmark %s says no time:\n%s", w.benchmark, out)
}

// best returns the time of a framework's fastest variant, and the variants that are
// worth another try: those that took less than twice as long.
func (t *timer) best(framework, name string, variants []string) (float64, []string, error) {
	if len(variants) == 0 {
		ms, err := t.peer(framework, name)
		return ms, nil, err
	}
	var best float64
	times := map[string]float64{}
	for _, v := range variants {
		ms, err := t.peer(framework, name, v)
		if err != nil {
			return 0, nil, err
		}
		times[v] = ms
		if best == 0 || ms < best {
			best = ms
		}
	}
	var worth []string
	for _, v := range variants {
		if times[v] < 2*best {
			worth = append(worth, v)
		}
	}
	return best, worth, nil
}

func (t *timer) peer(args ...string) (float64, error) {
	out, err := exec.Command(t.python, append([]string{"scripts/bench/peers.py"}, args...)...).Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			return 0, fmt.Errorf("peers.py %s: %w\n%s", strings.Join(args, " "), err, failed.Stderr)
		}
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}
