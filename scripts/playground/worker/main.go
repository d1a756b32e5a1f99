//go:build js

// Command worker is the part of the playground that computes, in a worker of the reader's browser. It gives
// the page one function, hw1, from a request in JSON to an answer in JSON.
package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"syscall/js"
	"time"

	"hw1/pkg/hw1/playground"
)

// request is what the page asks for, one thing at a time.
type request struct {
	Open   *playground.Knobs `json:"open"`   // a training
	Train  int               `json:"train"`  // it, for so many milliseconds,
	Epochs int               `json:"epochs"` // or for so many epochs
	Read   []float64         `json:"read"`   // the digit in an image,
	Centre bool              `json:"centre"` // after it is centred and scaled
}

// reading is the answer to Read.
type reading struct {
	Image   []float64           `json:"image"`
	Answers []playground.Answer `json:"answers"`
}

var (
	session *playground.Session
	reader  *playground.Reader
)

func main() {
	js.Global().Set("hw1", js.FuncOf(func(_ js.Value, args []js.Value) any { return answer(args) }))
	select {}
}

// answer returns the answer to a request, or {"error": …}.
func answer(args []js.Value) string {
	var asked request
	result, err := any(nil), json.Unmarshal([]byte(args[0].String()), &asked)
	if err == nil {
		result, err = do(asked, args[1:])
	}
	if err != nil {
		result = map[string]string{"error": err.Error()}
	}
	text, err := json.Marshal(result)
	if err != nil {
		return fmt.Sprintf(`{"error": %q}`, err)
	}
	return string(text)
}

func do(asked request, networks []js.Value) (any, error) {
	switch {
	case asked.Open != nil:
		s, opening, err := playground.Open(*asked.Open)
		if err == nil {
			session = s
		}
		return opening, err
	case asked.Train > 0 && session != nil:
		return session.Train(time.Duration(asked.Train)*time.Millisecond, max(asked.Epochs, 1))
	case asked.Read != nil && reader != nil:
		image := asked.Read
		if asked.Centre {
			image = playground.Centred(image)
		}
		answers, err := reader.Read(image)
		return reading{image, answers}, err
	case len(networks) > 0:
		r, err := load(networks)
		if err == nil {
			reader = r
		}
		return struct{}{}, err
	}
	return nil, errors.New("the page asks for nothing that there is")
}

// load makes the reader of networks, which are pairs of a Spec in JSON and the bytes of a theta.
func load(networks []js.Value) (*playground.Reader, error) {
	var all []playground.Weights
	for ; len(networks) > 1; networks = networks[2:] {
		var w playground.Weights
		if err := json.Unmarshal([]byte(networks[0].String()), &w.Spec); err != nil {
			return nil, err
		}
		content := make([]byte, networks[1].Get("length").Int())
		js.CopyBytesToGo(content, networks[1])
		for ; len(content) > 0; content = content[4:] {
			w.Theta = append(w.Theta, math.Float32frombits(binary.LittleEndian.Uint32(content)))
		}
		all = append(all, w)
	}
	return playground.NewReader(all...)
}
