package train

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/store"
	"hw1/pkg/hw1/nn"
)

// soakOut names the file of a helper process that hammers the store, soakRounds
// how often it asks for a run.
const (
	soakOut    = "HW1_TEST_SOAK_OUT"
	soakRounds = "HW1_TEST_SOAK_ROUNDS"
)

// soakSpecs are the trainings that the processes want, all at once.
func soakSpecs() (specs []experiment.Spec) {
	for _, task := range []data.Task{data.Sinc, data.SquareWave, data.SignedDecay} {
		for epochs := 20; epochs <= 60; epochs += 20 {
			specs = append(specs, experiment.Spec{Task: task, Arch: nn.MLP(1, 5, 4, 1), Epochs: epochs, Seeds: 2})
		}
	}
	return specs
}

// fingerprint is a hash of everything that a run says of its training.
func fingerprint(r *experiment.Run) string {
	sum := sha256.New()
	for _, replica := range r.Replicas {
		fmt.Fprintf(sum, "%+v\n", replica)
	}
	return fmt.Sprintf("%x", sum.Sum(nil)[:8])
}

// soakMain asks for each run, then for runs at random as often as it is told, and
// flips a bit of a stored one now and then. It writes the fingerprints that it saw,
// or the first error.
func soakMain(out string) {
	var rounds int
	if _, err := fmt.Sscan(os.Getenv(soakRounds), &rounds); err != nil {
		panic(err)
	}
	specs, seen := soakSpecs(), map[string]string{}
	for n := range max(len(specs), rounds) {
		i := n
		if n >= len(specs) {
			i = rand.IntN(len(specs))
		}
		run, err := One(specs[i])
		if err != nil {
			seen["error"] = err.Error()
			break
		}
		name := fmt.Sprint(i)
		if was, ok := seen[name]; ok && was != fingerprint(run) {
			seen["error"] = fmt.Sprintf("run %d was %s and is %s", i, was, fingerprint(run))
			break
		}
		seen[name] = fingerprint(run)
		if rounds > 0 && rand.IntN(20) == 0 {
			flipStored(run.Keys[0])
		}
	}
	text, err := json.Marshal(seen)
	if err == nil {
		err = os.WriteFile(out, text, 0o644)
	}
	if err != nil {
		panic(err)
	}
}

// flipStored flips one bit of one file of an entry, if it is there.
func flipStored(key string) {
	files, _ := filepath.Glob(filepath.Join(store.Dir(key), "*"))
	if len(files) == 0 {
		return
	}
	f, err := os.OpenFile(files[rand.IntN(len(files))], os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return
	}
	at, one := rand.Int64N(info.Size()), make([]byte, 1)
	if _, err := f.ReadAt(one, at); err == nil {
		one[0] ^= 1 << rand.IntN(8)
		_, _ = f.WriteAt(one, at)
	}
}

// Eight processes hammer one store, which is damaged all the time, while others
// are killed at it: every one of them always gets the right run. They train in pure Go, which compiles nothing: their time is the store's.
func TestSoak(t *testing.T) {
	hw1test.Slow(t)
	t.Parallel()
	rounds, kills := 200, 10
	if testing.Short() {
		rounds, kills = 20, 2
	}
	dir, outs := t.TempDir(), t.TempDir()
	soaker := func(name string, rounds int) *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), soakOut+"="+filepath.Join(outs, name), fmt.Sprintf("%s=%d", soakRounds, rounds),
			"HW1_RUNS="+dir, "HW1_CHECKPOINT_SECONDS=0", "GOMLX_BACKEND=go")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	var steady errgroup.Group
	for i := range 8 {
		steady.Go(soaker(fmt.Sprint(i), rounds).Wait)
	}
	ended := make(chan error, 1)
	go func() { ended <- steady.Wait() }()
	for killed, over := 0, false; killed < kills || !over; killed++ {
		victim := soaker("victim", rounds)
		time.Sleep(time.Duration(rand.IntN(2000)) * time.Millisecond)
		_ = victim.Process.Kill()
		_ = victim.Wait()
		select {
		case err := <-ended:
			over = true
			if err != nil {
				t.Error(err)
			}
		default:
		}
	}
	last := soaker("last", 0) // reads or mends every run, and leaves them whole
	if err := last.Wait(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, name := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "last"} {
		addFingerprints(t, seen, filepath.Join(outs, name))
	}
	if n := len(soakSpecs()); len(seen) != n || len(hw1test.Entries(t, dir)) != n {
		t.Errorf("%d runs were seen, and the store holds %v; want %d", len(seen), hw1test.Entries(t, dir), n)
	}
}

// addFingerprints adds what one process saw to what all others did.
func addFingerprints(t *testing.T, all map[string]string, path string) {
	t.Helper()
	var seen map[string]string
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &seen)
	}
	if err != nil {
		t.Error(err)
	}
	for name, print := range seen {
		if was, ok := all[name]; ok && was != print || name == "error" {
			t.Errorf("%s, run %s: %s, elsewhere %s", path, name, print, was)
		}
		all[name] = print
	}
}
