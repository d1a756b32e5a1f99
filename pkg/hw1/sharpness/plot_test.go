package sharpness_test

import (
	"testing"

	"hw1/pkg/hw1/internal/figuretest"
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
	if row := table.Rows[2]; row[5] != "3.00 %" || row[6] != "0.500 %" || row[7] != "7.00" {
		t.Errorf("row %v", row)
	}
}
