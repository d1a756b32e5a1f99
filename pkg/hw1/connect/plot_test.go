package connect_test

import (
	"testing"

	"hw1/pkg/hw1/connect"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
)

func TestConnectionFigureAndTable(t *testing.T) {
	runs := runtest.DrawnBatches()
	for i := range runs[1].Replicas {
		runs[1].Replicas[i].Theta[0] += 3
		runs[1].Replicas[i].Theta[1] += 4
	}
	scores := func(at []float64) (rows [][]experiment.Score) {
		for range runs[0].Replicas {
			var row []experiment.Score
			for _, a := range at {
				row = append(row, experiment.Score{Loss: 1 + a*(1-a), Accuracy: 0.9 - 0.1*a*(1-a)})
			}
			rows = append(rows, row)
		}
		return rows
	}
	line := connect.Connection{Label: "line", From: runs[0], To: runs[1], At: connect.Positions(-1, 2, 13)}
	curve := connect.Connection{Label: "curve", From: runs[0], To: runs[1], At: connect.Positions(0, 1, 5)}
	for _, c := range []*connect.Connection{&line, &curve} {
		c.Train, c.Test = scores(c.At), scores(c.At)
	}
	f, err := connect.Plot("caption", line, curve)
	figuretest.CheckFigure(t, f, err, 2*2*(13+5), "train loss", "test accuracy", "curve, train", "position")
	if f.Name != "path-batch-10-and-batch-100" {
		t.Errorf("the figure's name is %s", f.Name)
	}
	back := line
	back.From, back.To = line.To, line.From
	_, err = connect.Plot("caption", line, curve, back)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "between two networks", "line (batch 10 → batch 100)", "line (batch 100 → batch 10)", "connect.ComparePlot")
	f, err = connect.ComparePlot("caption", line, back, curve)
	figuretest.CheckFigure(t, f, err, 2*2*(13+13+5), "line, batch 10 → batch 100, train", "line, batch 100 → batch 10, test", "curve, train")
	widths, err := connect.WidthTable("caption", line, back)
	if err != nil || widths.Rows[1][0] != "line, batch 100 → batch 10" {
		t.Errorf("table %v, %v", widths, err)
	}
	other := *runs[0]
	other.Spec.Seed += 7
	alike := line
	alike.To = &other
	if table, err := connect.BarrierTable("caption", alike); err != nil || table.Rows[0][0] != "batch 10, seed 0 → batch 10, seed 7" {
		t.Errorf("table %v, %v", table, err)
	}
	table, err := connect.BarrierTable("caption", line)
	if err != nil {
		t.Fatal(err)
	}
	if row := table.Rows[0]; row[2] != "5.00" || row[3] != "0.2500 / 0.2500" || row[5] != "87.50 %" || row[6] != "0.50" {
		t.Errorf("row %v", row)
	}
}
