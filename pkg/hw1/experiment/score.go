//go:build !js

package experiment

import (
	"encoding/json"

	"hw1/pkg/hw1/internal/words"
)

// storedScore is a Score in JSON, which has no NaN.
type storedScore struct {
	Loss     float64
	Accuracy *float64
}

// MarshalJSON writes a score, with null for a regression's accuracy.
func (s Score) MarshalJSON() ([]byte, error) {
	return json.Marshal(storedScore{s.Loss, words.Optional(s.Accuracy)})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Score) UnmarshalJSON(text []byte) error {
	var stored storedScore
	err := json.Unmarshal(text, &stored)
	*s = Score{stored.Loss, words.Number(stored.Accuracy)}
	return err
}
