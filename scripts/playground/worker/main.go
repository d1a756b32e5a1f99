// Command worker is the part of the playground that computes: it answers requests in JSON. In a web worker of the
// reader's browser they come from the page, and elsewhere from its input, one per line.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"hw1/pkg/hw1/playground"
)

// request is what is asked for: one thing at a time.
type request struct {
	Open     *playground.Knobs    `json:"open"`     // opens a training
	Train    int                  `json:"train"`    // trains it for so many milliseconds,
	Epochs   int                  `json:"epochs"`   // and at most so many epochs
	Networks []playground.Network `json:"networks"` // take over the reading
	Read     []float64            `json:"read"`     // reads the digit in an image,
	Centre   bool                 `json:"centre"`   // after it is centred and scaled
}

// reading is the answer to Read.
type reading struct {
	Image   []float64           `json:"image"`
	Answers []playground.Answer `json:"answers"`
}

// desk holds the state between two requests.
type desk struct {
	session *playground.Session
	reader  *playground.Reader
}

// answer returns the answer to a request, or {"error": …}.
func (d *desk) answer(text []byte) []byte {
	var asked request
	result, err := any(nil), json.Unmarshal(text, &asked)
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		err = fmt.Errorf("%s has a %s; give it a whole number", wrong.Field[strings.LastIndex(wrong.Field, ".")+1:], wrong.Value)
	}
	if err == nil {
		result, err = d.do(asked)
	}
	if err != nil {
		result = map[string]string{"error": err.Error()}
	}
	said, err := json.Marshal(result)
	if err != nil {
		return fmt.Appendf(nil, `{"error": %q}`, err)
	}
	return said
}

func (d *desk) do(asked request) (any, error) {
	switch {
	case asked.Open != nil:
		session, opening, err := playground.Open(*asked.Open)
		if err == nil {
			d.session = session
		}
		return opening, err
	case asked.Train > 0 && d.session != nil:
		return d.session.Train(time.Duration(asked.Train)*time.Millisecond, max(asked.Epochs, 1))
	case asked.Networks != nil:
		reader, err := playground.NewReader(asked.Networks...)
		if err == nil {
			d.reader = reader
		}
		return struct{}{}, err
	case asked.Read != nil && d.reader != nil:
		image := asked.Read
		if asked.Centre {
			image = playground.Centred(image)
		}
		answers, err := d.reader.Read(image)
		return reading{image, answers}, err
	}
	return nil, errors.New("the page asks for nothing that can be answered")
}
