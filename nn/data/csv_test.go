package data_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/nn/data"
)

func TestReadCSV(t *testing.T) {
	tests := []struct {
		name    string
		layout  data.Layout
		in      string
		x       []float64
		labels  []int
		classes []string
	}{
		{"described", data.Described, "2,3,no,yes\n1,2,3,0\n4,5,6,1\n", []float64{1, 2, 3, 4, 5, 6}, []int{0, 1}, []string{"no", "yes"}},
		{"plain", data.Plain, "1,2,3\n4,5,6\n", []float64{1, 2, 4, 5}, []int{3, 6}, nil},
		{"byte order mark", data.Described, "\ufeff1,2,no,yes\n1,2,0\n", []float64{1, 2}, []int{0}, []string{"no", "yes"}},
		{"byte order mark, quoted", data.Plain, "\ufeff\"1\",2,0\n", []float64{1, 2}, []int{0}, nil},
		{"spaces, empty lines and no line end", data.Plain, "\n 1e-3 , -2, 0\r\n\r\n.5,+6,1", []float64{1e-3, -2, 0.5, 6}, []int{0, 1}, nil},
	}
	for _, tt := range tests {
		for _, compressed := range []bool{false, true} {
			name := tt.name
			in := []byte(tt.in)
			if compressed {
				name += ", compressed"
				var b bytes.Buffer
				z := gzip.NewWriter(&b)
				if _, err := z.Write(in); err != nil {
					t.Fatal(err)
				}
				if err := z.Close(); err != nil {
					t.Fatal(err)
				}
				in = b.Bytes()
			}
			t.Run(name, func(t *testing.T) {
				set, err := data.ReadCSV(bytes.NewReader(in), tt.layout)
				if err != nil {
					t.Fatal(err)
				}
				if err := set.Check(); err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(tt.x, set.X.Float64s()); diff != "" {
					t.Errorf("features mismatch (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.labels, set.Labels); diff != "" {
					t.Errorf("labels mismatch (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.classes, set.Classes); diff != "" {
					t.Errorf("classes mismatch (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestReadCSVErrors(t *testing.T) {
	tests := []struct {
		name   string
		layout data.Layout
		in     string
		want   string
	}{
		{"empty plain file", data.Plain, "", "data.ReadCSV: there are no rows"},
		{"empty described file", data.Described, "", "data.ReadCSV: the file is empty"},
		{"short first line", data.Described, "2,3\n", "data.ReadCSV: line 1: 2 fields, want the number of rows, the number of features, and the names of the classes"},
		{"plain file read as described", data.Described, "5.1,3.5,1.4,0\n", `data.ReadCSV: line 1, column 1: "5.1" is not a number of rows, 1 or more: is this a plain file?`},
		{"no features", data.Described, "2,0,a\n", `data.ReadCSV: line 1, column 3: "0" is not a number of features, 1 or more: is this a plain file?`},
		{"too few rows", data.Described, "3,1,a\n1,0\n2,0\n", "data.ReadCSV: the first line promises 3 rows, there are 2"},
		{"too many rows", data.Described, "1,1,a\n1,0\n2,0\n", "data.ReadCSV: line 3: the first line promises 1 rows, and there are more"},
		{"more rows than promised, and broken", data.Described, "1,1,a\n1,0\nx\n", "data.ReadCSV: line 3: the first line promises 1 rows, and there are more"},
		{"features beyond all bounds", data.Described, "1,2147483647,a\n1,0\n", "data.ReadCSV: line 1, column 3: 2147483647 features: a row has at most 1048576 fields"},
		{"features that do not fit an int", data.Described, "1,92233720368547758070,a\n1,0\n", `data.ReadCSV: line 1, column 3: "92233720368547758070" is not a number of features, 1 or more: is this a plain file?`},
		{"carriage returns only", data.Plain, "1,2,0\r3,4,1\r", `data.ReadCSV: line 1, column 5: "0\r3" is not a finite number; there is a carriage return in it: lines must end with a line feed`},
		{"carriage returns only, no features", data.Plain, "1\r2\r", "data.ReadCSV: line 1: 1 fields, want 2: the features and then the class; there is a carriage return in it: lines must end with a line feed"},
		{"carriage returns only, one row of two fields", data.Plain, "1,0\r2\r3", `data.ReadCSV: line 1, column 3: class "0\r2\r3": want an integer, 0 or more; there is a carriage return in it: lines must end with a line feed`},
		{"NUL", data.Plain, "1,2\x00,0\n", `data.ReadCSV: line 1, column 3: "2\x00" is not a finite number`},
		{"not text", data.Plain, "\x89PNG\r\n\x1a\n", "data.ReadCSV: line 1: 1 fields, want 2: the features and then the class"},
		{"UTF-16", data.Plain, "\xff\xfe1\x00,\x000\x00", "data.ReadCSV: the file is in UTF-16: save it as UTF-8"},
		{"UTF-16, the other order", data.Described, "\xfe\xff\x001", "data.ReadCSV: the file is in UTF-16: save it as UTF-8"},
		{"byte order mark alone", data.Described, "\ufeff", "data.ReadCSV: the file is empty"},
		{"byte order mark in the middle", data.Plain, "1,0\n\ufeff1,0\n", `data.ReadCSV: line 2, column 1: "\ufeff1" is not a finite number`},
		{"long field", data.Plain, strings.Repeat("x", 1000) + ",0\n", `data.ReadCSV: line 1, column 1: "` + strings.Repeat("x", 80) + `"… (1000 bytes) is not a finite number`},
		{"long field, cut between letters", data.Plain, strings.Repeat("é", 100) + ",0\n", `data.ReadCSV: line 1, column 1: "` + strings.Repeat("é", 40) + `"… (200 bytes) is not a finite number`},
		{"long class", data.Plain, "1," + strings.Repeat("9", 100) + "\n", `data.ReadCSV: line 1, column 3: class "` + strings.Repeat("9", 80) + `"… (100 bytes): want an integer, 0 or more`},
		{"long number of rows", data.Described, strings.Repeat("1", 100) + ",2,a\n", `data.ReadCSV: line 1, column 1: "` + strings.Repeat("1", 80) + `"… (100 bytes) is not a number of rows, 1 or more: is this a plain file?`},
		{"far too few rows", data.Described, "2000000000,1,a\n1,0\n", "data.ReadCSV: the first line promises 2000000000 rows, there are 1"},
		{"short row", data.Described, "1,2,a\n1,0\n", "data.ReadCSV: line 2: 2 fields, want 3: the features and then the class"},
		{"ragged rows", data.Plain, "1,2,0\n1,2,3,0\n", "data.ReadCSV: line 2: 4 fields, want 3: the features and then the class"},
		{"class only", data.Plain, "1\n", "data.ReadCSV: line 1: 1 fields, want 2: the features and then the class"},
		{"not a number", data.Plain, "1,2,0\n1,two,0\n", `data.ReadCSV: line 2, column 3: "two" is not a finite number`},
		{"infinite", data.Plain, "1,inf,0\n", `data.ReadCSV: line 1, column 3: "inf" is not a finite number`},
		{"NaN", data.Plain, "NaN,1,0\n", `data.ReadCSV: line 1, column 1: "NaN" is not a finite number`},
		{"class is not an integer", data.Plain, "1,2,0.5\n", `data.ReadCSV: line 1, column 5: class "0.5": want an integer, 0 or more`},
		{"negative class", data.Plain, "1,2,-1\n", `data.ReadCSV: line 1, column 5: class "-1": want an integer, 0 or more`},
		{"unknown class", data.Described, "1,2,a,b\n1,2,2\n", `data.ReadCSV: line 2, column 5: class "2": want an integer from 0 to 1`},
		{"open quote", data.Plain, "1,\"2,0\n", `data.ReadCSV: line 1, column 8: extraneous or missing " in quoted-field`},
		{"broken gzip", data.Plain, "\x1f\x8b...", "data.ReadCSV: unexpected EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := data.ReadCSV(strings.NewReader(tt.in), tt.layout)
			if err == nil || err.Error() != tt.want {
				t.Fatalf("got error  %v\nwant %s", err, tt.want)
			}
			var where *data.ReadError
			if !errors.As(err, &where) {
				t.Errorf("error is a %T, want a *data.ReadError", err)
			}
		})
	}
}

// An endless reader repeats a text for ever, after another one.
type endless struct {
	first, text string
	read        int64
}

func (e *endless) Read(b []byte) (int, error) {
	n := copy(b, e.first)
	e.first = e.first[n:]
	rest := b[n:]
	for k := copy(rest, e.text); k < len(rest); {
		k += copy(rest[k:], rest[:k]) // twice as much each time
	}
	e.read += int64(len(b))
	return len(b), nil
}

// TestReadCSVOfEndlessRows holds that a row that does not end is given up while it still fits the memory.
func TestReadCSVOfEndlessRows(t *testing.T) {
	const (
		tooLong = "a row of more than 16 MiB: is this a file of comma-separated values?"
		tooMany = "a row of more than 1048576 fields"
		enough  = 17 << 20 // bytes
	)
	tests := []struct {
		name        string
		layout      data.Layout
		first, text string
		want        string
	}{
		{"one field", data.Plain, "", "12345678", tooLong},
		{"second row", data.Plain, "1,2,0\n", "12345678", "data.ReadCSV: after line 1: " + tooLong},
		{"quoted lines", data.Plain, "1,\"", "1234567\n", tooLong},
		{"doubled quotes", data.Described, "9,2,a,b\n\"", "\"\"", tooLong},
		{"first line of a described file", data.Described, "", "12345678", tooLong},
		{"empty lines", data.Plain, "", "\n\r\n\n\r\n", tooLong},
		{"fields", data.Plain, "", "1,2,3,4,", tooMany},
		{"empty fields", data.Plain, "1,2,0\n", ",,,,,,,,", tooMany},
	}
	for _, tt := range tests {
		r := &endless{first: tt.first, text: tt.text}
		_, err := data.ReadCSV(r, tt.layout)
		var where *data.ReadError
		if err == nil || !strings.HasSuffix(err.Error(), tt.want) || !errors.As(err, &where) {
			t.Errorf("%s: got error %v, want a *data.ReadError with %q", tt.name, err, tt.want)
		}
		if r.read > enough {
			t.Errorf("%s: %d bytes were read, want no more than %d", tt.name, r.read, int64(enough))
		}
	}
	t.Run("a long row is none", func(t *testing.T) {
		const features = 20000
		row := strings.Repeat("1.5,", features) + "0\n"
		set, err := data.ReadCSV(strings.NewReader(strings.Repeat(row, 100)), data.Plain)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]int{100, features}, set.X.Shape()); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	})
}

func TestReadFile(t *testing.T) {
	iris, err := data.ReadFile("testdata/iris.csv", data.Described)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{150, 4}, iris.X.Shape()); diff != "" {
		t.Errorf("iris: mismatch (-want +got):\n%s", diff)
	}
	digits, err := data.ReadFile("testdata/digits12.csv.gz", data.Plain)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1}, digits.Labels); diff != "" {
		t.Errorf("digits: mismatch (-want +got):\n%s", diff)
	}
	if set, err := data.ReadFileFS(os.DirFS("testdata"), "iris.csv", data.Described); err != nil || !slices.Equal(set.Labels, iris.Labels) {
		t.Errorf("iris from a file system: got %v, error %v", set, err)
	}
	if _, err := data.ReadFileFS(os.DirFS("testdata"), "none.csv", data.Plain); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file of a file system: got error %v, want one of fs.ErrNotExist", err)
	}
	if _, err := data.ReadFileFS(os.DirFS("testdata"), "iris.csv", data.Plain); err == nil || !strings.HasPrefix(err.Error(), "data.ReadFileFS: iris.csv: data.ReadCSV: line 1, column 7") {
		t.Errorf("the wrong layout in a file system: got error %v, want one with file, line and column", err)
	}
	if _, err := data.ReadFile("testdata/none.csv", data.Plain); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: got error %v, want one of fs.ErrNotExist", err)
	}
	if _, err := data.ReadFile("testdata/iris.csv", data.Plain); err == nil || !strings.Contains(err.Error(), "testdata/iris.csv: data.ReadCSV: line 1, column 7") {
		t.Errorf("the wrong layout: got error %v, want one with file, line and column", err)
	}
}

func FuzzReadCSV(f *testing.F) {
	for _, seed := range []string{"2,3,no,yes\n1,2,3,0\n", "1,2,0\n", "\x1f\x8b\x08\x00", "1,\"2\",0", ",,,\n"} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, in []byte, described bool) {
		layout := data.Plain
		if described {
			layout = data.Described
		}
		set, err := data.ReadCSV(bytes.NewReader(in), layout)
		if (set == nil) == (err == nil) {
			t.Fatalf("set %v and error %v: want exactly one", set, err)
		}
		if err == nil && set.Check() != nil {
			t.Fatalf("a set that was read does not pass its own check: %v", set.Check())
		}
	})
}
