package sharpness_test

import (
	"slices"
	"strings"
	"testing"

	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/sharpness"
)

func TestSharpnessFigureAndTable(t *testing.T) {
	var ss []sharpness.Sharpness
	for i, run := range runtest.DrawnBatches() {
		s := sharpness.Sharpness{Run: run, Ascent: sharpness.Ascent{Eps: []float64{1e-3, 5e-4}, Steps: 1, Examples: 1}}
		for range run.Replicas {
			s.Replicas = append(s.Replicas, sharpness.ReplicaSharpness{Loss: 1, Keskar: []float64{float64(i + 1), 0.5}, Eigenvalue: 7})
		}
		ss = append(ss, s)
	}
	f, err := sharpness.Plot("caption", ss...)
	figuretest.CheckFigure(t, f, err, 3*(2+1+1+1), "ε = 0.001", "ε = 0.0005", "eigenvalue", "test accuracy", "batch size")
	table, err := sharpness.Table("caption", ss...)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"batch 6000", "0.001", "0", "0.2750", "94.50 %", "3.00 %", "0.500 %", "7.00"} // medians of two seeds
	if row := table.Rows[2]; !slices.Equal(row, want) {
		t.Errorf("row %q, want %q", row, want)
	}
	for _, row := range []string{"sharpness in a box around the weights,\"sharpness, ε = 0.0005\",100,0.5,", "largest eigenvalue of the Hessian,largest eigenvalue,100,7,"} {
		if !strings.Contains(f.CSV, row) {
			t.Errorf("%s is not in %s", row, f.CSV)
		}
	}
	slices.Reverse(ss)
	_, err = sharpness.Plot("caption", ss...)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "sharpness.Plot", "batch size")
}
