package experiment_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"

	"hw1/pkg/hw1/experiment"
)

// A score of a regression has no accuracy, for which JSON has null.
func TestScoresInJSON(t *testing.T) {
	for text, score := range map[string]experiment.Score{`{"Loss":0.5,"Accuracy":0.25}`: {Loss: 0.5, Accuracy: 0.25}, `{"Loss":2,"Accuracy":null}`: {Loss: 2, Accuracy: math.NaN()}} {
		var read experiment.Score
		written, err := json.Marshal(score)
		if err = errors.Join(err, json.Unmarshal([]byte(text), &read)); err != nil || string(written) != text || fmt.Sprint(read) != fmt.Sprint(score) {
			t.Errorf("%v is written as %s, and read as %v (%v)", score, written, read, err)
		}
	}
	if err := new(experiment.Score).UnmarshalJSON([]byte("[]")); !errors.As(err, new(*json.UnmarshalTypeError)) {
		t.Errorf("a list is read as a score: %v", reflect.TypeOf(err))
	}
}
