// Only to compare benchmarks: a module of its own, so that the checkout's does not need what the notebooks do not.
module hw1/scripts/bench

go 1.26.5

tool golang.org/x/perf/cmd/benchstat

require (
	github.com/aclements/go-moremath v0.0.0-20210112150236-f10218a38794 // indirect
	golang.org/x/perf v0.0.0-20260908200009-22c9c6c9d4da // indirect
)
