package main

import (
	"bytes"
	"os"
	"testing"
)

func TestPicturesAreCurrent(t *testing.T) {
	for _, p := range pictures {
		t.Run(p.file, func(t *testing.T) {
			var want bytes.Buffer
			if err := p.draw(&want); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(p.file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want.Bytes()) {
				t.Errorf("%s is not what the program draws: go generate ./docs/pictures", p.file)
			}
		})
	}
}
