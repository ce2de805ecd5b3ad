package data_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/nn/data"
)

const birds = `id,species,island,bill,size,mass
1,Adelie,Torgersen,39.1,small,3750
2,Gentoo, Biscoe ,46.1,large,4500.5
3,Chinstrap,Dream,"46.5",medium,-3e3

4,Adelie,Biscoe,37.8,small,3400
`

func TestReadTable(t *testing.T) {
	type want struct {
		x        [][]float64
		features []string
		t        [][]float64
		labels   []int
		classes  []string
		levels   map[string][]string
		dropped  []int
	}
	tests := []struct {
		name   string
		config data.TableConfig
		in     string
		want   want
	}{
		{
			"numbers alone", data.TableConfig{}, "1,2\n3,4\n",
			want{x: [][]float64{{1, 2}, {3, 4}}, features: []string{"0", "1"}},
		},
		{
			"a class by its name, one-hot, a target", data.TableConfig{Header: 1, Label: "species", OneHot: []string{"island"}, Targets: []string{"mass"}, Ignore: []string{"id", "size"}}, birds,
			want{
				x:        [][]float64{{0, 0, 1, 39.1}, {1, 0, 0, 46.1}, {0, 1, 0, 46.5}, {1, 0, 0, 37.8}},
				features: []string{"island=Biscoe", "island=Dream", "island=Torgersen", "bill"},
				t:        [][]float64{{3750}, {4500.5}, {-3000}, {3400}},
				labels:   []int{0, 2, 1, 0}, classes: []string{"Adelie", "Chinstrap", "Gentoo"},
				levels: map[string][]string{"species": {"Adelie", "Chinstrap", "Gentoo"}, "island": {"Biscoe", "Dream", "Torgersen"}},
			},
		},
		{
			"codes in an order of one's own", data.TableConfig{Header: 1, Features: []string{"bill"}, Codes: []string{"size"}, Levels: map[string][]string{"size": {"none", "small", "medium", "large"}}}, birds,
			want{
				x: [][]float64{{39.1, 1}, {46.1, 3}, {46.5, 2}, {37.8, 1}}, features: []string{"bill", "size"},
				levels: map[string][]string{"size": {"none", "small", "medium", "large"}},
			},
		},
		{
			"two targets in an order of one's own", data.TableConfig{Header: 1, Features: []string{"id"}, Targets: []string{"mass", "bill"}}, birds,
			want{
				x: [][]float64{{1}, {2}, {3}, {4}}, features: []string{"id"},
				t: [][]float64{{3750, 39.1}, {4500.5, 46.1}, {-3000, 46.5}, {3400, 37.8}},
			},
		},
		{
			"columns by their numbers", data.TableConfig{Label: "-1", Targets: []string{"0"}}, "1,2,3,7\n4,5,6,0\n",
			want{x: [][]float64{{2, 3}, {5, 6}}, features: []string{"1", "2"}, t: [][]float64{{1}, {4}}, labels: []int{7, 0}},
		},
		{
			"numbers of columns below a header", data.TableConfig{Header: 1, Label: "2", Ignore: []string{"-2"}}, "a,b,c\n1,x,3\n",
			want{x: [][]float64{{1}}, features: []string{"a"}, labels: []int{3}},
		},
		{
			"names that are numbers", data.TableConfig{Header: 1, Label: "0"}, "1,0\n5,6\n",
			want{x: [][]float64{{5}}, features: []string{"1"}, labels: []int{6}},
		},
		{
			"classes with a sign are text, in the order of their numbers", data.TableConfig{Label: "0"}, "1,2\n-1,3\n10,4\n9,5\n",
			want{x: [][]float64{{2}, {3}, {4}, {5}}, features: []string{"1"}, labels: []int{1, 0, 3, 2}, classes: []string{"-1", "1", "9", "10"}, levels: map[string][]string{"0": {"-1", "1", "9", "10"}}},
		},
		{
			"texts of one number, in the order of the alphabet", data.TableConfig{Codes: []string{"0"}}, "1.0\n1\n0.5\n1e0\n",
			want{x: [][]float64{{2}, {1}, {0}, {3}}, features: []string{"0"}, levels: map[string][]string{"0": {"0.5", "1", "1.0", "1e0"}}},
		},
		{
			"given classes", data.TableConfig{Label: "0", Levels: map[string][]string{"0": {"9", "5"}}}, "5,1\n9,2\n5,3\n",
			want{x: [][]float64{{1}, {2}, {3}}, features: []string{"1"}, labels: []int{1, 0, 1}, classes: []string{"9", "5"}, levels: map[string][]string{"0": {"9", "5"}}},
		},
		{
			"rows with a missing value left out", data.TableConfig{Header: 2, Comma: ';', Missing: []string{"?", "NA"}, Drop: true, Label: "y", Ignore: []string{"note"}},
			"made by hand\nx;note;y\n1;?;a\n ;;b\n3;;?\nNA;;a\n5,5;;\n6;;b\n",
			want{x: [][]float64{{1}, {6}}, features: []string{"x"}, labels: []int{0, 1}, classes: []string{"a", "b"}, levels: map[string][]string{"y": {"a", "b"}}, dropped: []int{4, 5, 6, 7}},
		},
		{
			"tabs, quotes, a byte order mark", data.TableConfig{Header: 1, Comma: '\t', Codes: []string{"b"}}, "\ufeffa\tb\r\n1\t\"x\ty\"\r\n2\tz\r\n",
			want{x: [][]float64{{1, 0}, {2, 1}}, features: []string{"a", "b"}, levels: map[string][]string{"b": {"x\ty", "z"}}},
		},
		{
			"a delimiter of several bytes", data.TableConfig{Comma: '→'}, "1→2\n",
			want{x: [][]float64{{1, 2}}, features: []string{"0", "1"}},
		},
		{
			"a column without a name", data.TableConfig{Header: 1, Ignore: []string{""}}, ",a\n0,5\n1,6\n",
			want{x: [][]float64{{5}, {6}}, features: []string{"a"}},
		},
	}
	for _, tt := range tests {
		for name, in := range map[string][]byte{tt.name: []byte(tt.in), tt.name + ", compressed": gzipped(t, []byte(tt.in))} {
			got, err := data.ReadTable(bytes.NewReader(in), tt.config)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if err := got.Set.Check(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			have := want{features: got.Features, labels: got.Set.Labels, classes: got.Set.Classes, levels: got.Levels, dropped: got.Dropped}
			for i := range got.Set.Len() {
				w := got.Set.X.Dims()[1]
				have.x = append(have.x, got.Set.X.Float64s()[i*w:i*w+w])
				if got.Set.T != nil {
					w := got.Set.T.Dims()[1]
					have.t = append(have.t, got.Set.T.Float64s()[i*w:i*w+w])
				}
			}
			if diff := cmp.Diff(tt.want, have, cmp.AllowUnexported(want{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: mismatch (-want +got):\n%s", name, diff)
			}
		}
	}
}

// TestReadTableAgain reads what is to be predicted with the levels of what was trained on.
func TestReadTableAgain(t *testing.T) {
	c := data.TableConfig{Header: 1, Label: "species", OneHot: []string{"island"}, Codes: []string{"size"}, Ignore: []string{"id"}}
	train, err := data.ReadTable(strings.NewReader(birds), c)
	if err != nil {
		t.Fatal(err)
	}
	c.Levels = train.Levels
	test, err := data.ReadTable(strings.NewReader("id,species,island,bill,size,mass\n9,Gentoo,Dream,1,medium,2\n"), c)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(train.Features, test.Features); diff != "" {
		t.Errorf("features mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float64{0, 1, 0, 1, 1, 2}, test.Set.X.Float64s()); diff != "" || test.Set.Labels[0] != 2 {
		t.Errorf("label %d, mismatch (-want +got):\n%s", test.Set.Labels[0], diff)
	}
	unknown := c
	unknown.Label = "" // of examples whose class is to be predicted
	few, err := data.ReadTable(strings.NewReader("id,island,bill,size,mass\n9,Dream,1,medium,2\n"), unknown)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(test.Set.X.Float64s(), few.Set.X.Float64s()); diff != "" || few.Set.Labels != nil {
		t.Errorf("without a class: labels %v, mismatch (-want +got):\n%s", few.Set.Labels, diff)
	}
	const want = `data.ReadTable: line 2, column 10: column "island": "Elsewhere" is not among the texts of Levels: ["Biscoe" "Dream" "Torgersen"]`
	if _, err := data.ReadTable(strings.NewReader("id,species,island,bill,size,mass\n9,Gentoo,Elsewhere,1,medium,2\n"), c); err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func TestReadTableErrors(t *testing.T) {
	many := make([]string, 25)
	for i := range many {
		many[i] = fmt.Sprint("c", i)
	}
	tests := []struct {
		name   string
		config data.TableConfig
		in     string
		want   string
	}{
		{"empty", data.TableConfig{}, "", "there are no rows"},
		{"empty, with a header", data.TableConfig{Header: 1}, "", "the file ends within its 1 lines of header"},
		{"header alone", data.TableConfig{Header: 1}, "a,b\n", "there are no rows"},
		{"header of many lines", data.TableConfig{Header: 1 << 30}, "a,b\n1,2\n", "the file ends within its 1073741824 lines of header"},
		{"short row", data.TableConfig{Header: 1}, "a,b\n1,2\n3\n", "line 3: 1 fields, want 2 as in the line before"},
		{"first row that is short", data.TableConfig{Header: 1}, "a,b\n3\n", "line 2: 1 fields, want 2 as in the line before"},
		{"long row", data.TableConfig{}, "1,2\n3,4,5\n", "line 2: 3 fields, want 2 as in the line before"},
		{"the wrong delimiter", data.TableConfig{Comma: ';'}, "1,2\n3,4\n", `line 1, column 1: column "0": "1,2" is not a finite number`},
		{"no name", data.TableConfig{Header: 2, Label: "c"}, "x\na,b\n1,2\n", `line 2: no column "c": there are ["a" "b"]`},
		{"no name among many", data.TableConfig{Header: 1, Label: "c"}, strings.Join(many, ",") + "\n" + strings.Repeat("1,", 24) + "1\n", `line 1: no column "c" among 25: they begin with ["c0" "c1" "c2" "c3" "c4" "c5" "c6" "c7" "c8" "c9" "c10" "c11" "c12" "c13" "c14" "c15" "c16" "c17" "c18" "c19"]`},
		{"no names at all", data.TableConfig{Label: "y"}, "1,2\n", `no column "y": they are numbered from 0 to 1, and have no names, as Header is 0`},
		{"no such number", data.TableConfig{Label: "2"}, "1,2\n", `no column "2": they are numbered from 0 to 1, and have no names, as Header is 0`},
		{"no such number from the end", data.TableConfig{Label: "-3"}, "1,2\n", `no column "-3": they are numbered from 0 to 1, and have no names, as Header is 0`},
		{"two columns of a name", data.TableConfig{Header: 1, Label: "a"}, "a,b,a\n1,2,3\n", `line 1: two columns are named "a": give the number of one, from 0 on`},
		{"a column with two parts", data.TableConfig{Header: 1, Label: "a", Ignore: []string{"0"}}, "a,b\n1,2\n", `line 1: "a" and "0" are one column: give each column one part`},
		{"no feature", data.TableConfig{Label: "0", Targets: []string{"1"}}, "1,2\n", "none of 2 columns is a feature"},
		{"no feature named", data.TableConfig{Features: []string{}}, "1,2\n", "none of 2 columns is a feature"},
		{"missing value", data.TableConfig{Header: 1}, "a,b\n1,2\n3, \n", `line 3, column 3: column "b" has no value: mend it, or set Drop to leave the row out`},
		{"missing values", data.TableConfig{Header: 1, Missing: []string{"NA"}, Label: "b"}, "a,b\n1,NA\nNA,\nx,y\n3,NA\n", `line 2, column 3: column "b" has no value, and 3 more are missing: mend them, or set Drop to leave their rows out`},
		{"missing value, then a short row", data.TableConfig{}, "1,\n3\n", `line 1, column 3: column "1" has no value: mend it, or set Drop to leave the row out`},
		{"missing value, then an open quote", data.TableConfig{}, "1,\n3,\"\n", `line 1, column 3: column "1" has no value: mend it, or set Drop to leave the row out`},
		{"no number before a missing value", data.TableConfig{}, "x,1\n3,\n", `line 1, column 1: column "0": "x" is not a finite number`},
		{"nothing but missing values", data.TableConfig{Drop: true}, ",1\n3,\n", "each of the 2 rows has a missing value"},
		{"short row among those left out", data.TableConfig{Drop: true}, ",1\n3\n", "line 2: 1 fields, want 2 as in the line before"},
		{"text that is missing elsewhere", data.TableConfig{}, "NA,1\n", `line 1, column 1: column "0": "NA" is not a finite number`},
		{"infinite", data.TableConfig{}, "1,-Inf\n", `line 1, column 3: column "1": "-Inf" is not a finite number`},
		{"target that is no number", data.TableConfig{Header: 1, Targets: []string{"b"}}, "a,b\n1,x\n", `line 2, column 3: column "b": "x" is not a finite number`},
		{"text outside many levels", data.TableConfig{Label: "0", Levels: map[string][]string{"0": many}}, "x,1\n", `line 1, column 1: column "0": "x" is not among the 25 texts of Levels`},
		{"long field", data.TableConfig{}, strings.Repeat("x", 1000) + ",0\n", `line 1, column 1: column "0": "` + strings.Repeat("x", 80) + `"… (1000 bytes) is not a finite number`},
		{"long name", data.TableConfig{Header: 1}, strings.Repeat("x", 1000) + "\ny\n", `line 2, column 1: column "` + strings.Repeat("x", 80) + `"… (1000 bytes): "y" is not a finite number`},
		{"carriage returns only", data.TableConfig{}, "1,2\r3,4\r", "line 1, column 3: column \"1\": \"2\\r3\" is not a finite number; there is a carriage return in it: lines must end with a line feed"},
		{"UTF-16", data.TableConfig{Header: 1}, "\xff\xfea\x00", "the file is in UTF-16: save it as UTF-8"},
		{"open quote", data.TableConfig{Header: 1}, "a,\"b\n1,2\n", `line 3, column 0: extraneous or missing " in quoted-field`},
		{"broken gzip", data.TableConfig{}, "\x1f\x8b...", "unexpected EOF"},
	}
	for _, tt := range tests {
		_, err := data.ReadTable(strings.NewReader(tt.in), tt.config)
		var where *data.ReadError
		if err == nil || !errors.As(err, &where) || tt.name != "open quote" && err.Error() != "data.ReadTable: "+tt.want {
			t.Errorf("%s: got error  %v\nwant data.ReadTable: %s", tt.name, err, tt.want)
		}
	}
}

// TestReadTableLimits holds that no table grows beyond the memory by what stands in it.
func TestReadTableLimits(t *testing.T) {
	for _, tt := range []struct{ first, text, comma, want string }{
		{"", "12345678", ",", "a row of more than 16 MiB"},
		{"a\tb\n1\t2\n", "1\t", "\t", "a row of more than 1048576 fields"},
		{"a→b\n1→2\n", "→→→→", "→", "a row of more than 1048576 fields"},
	} {
		r := &endless{first: tt.first, text: tt.text}
		_, err := data.ReadTable(r, data.TableConfig{Header: 1, Comma: []rune(tt.comma)[0]})
		var where *data.ReadError
		if !errors.As(err, &where) || !strings.Contains(err.Error(), tt.want) || r.read > 17<<20 {
			t.Errorf("%q for ever: %d bytes were read, error %v", tt.text, r.read, err)
		}
	}
	var texts strings.Builder
	for i := range 1<<16 + 1 {
		fmt.Fprintf(&texts, "1,t%d\n", i)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, tt := range []struct {
		rows   int // of the text
		config data.TableConfig
		want   string
	}{
		{1<<16 + 1, data.TableConfig{Codes: []string{"1"}}, `line 65537, column 3: column "1": more than 65536 different texts: ignore the column, or read it as numbers`},
		{1 << 16, data.TableConfig{OneHot: []string{"1"}}, "65536 texts in columns of OneHot make as many features in 65536 rows: use Codes"},
	} {
		in := strings.Join(strings.SplitAfter(texts.String(), "\n")[:tt.rows], "")
		if _, err := data.ReadTable(strings.NewReader(in), tt.config); err == nil || err.Error() != "data.ReadTable: "+tt.want {
			t.Errorf("%d texts: got error %v, want %s", tt.rows, err, tt.want)
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 200<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
}

func TestReadTableMisuse(t *testing.T) {
	for _, tt := range []struct {
		config data.TableConfig
		want   string
	}{
		{data.TableConfig{Header: -1}, "Header -1: want the number of lines before the first row, 0 or more"},
		{data.TableConfig{Comma: '"'}, `Comma '"' cannot stand between fields: want one such as ';' or '\t'`},
		{data.TableConfig{Comma: '\n'}, `Comma '\n' cannot stand between fields: want one such as ';' or '\t'`},
		{data.TableConfig{Comma: -1}, `Comma '�' cannot stand between fields: want one such as ';' or '\t'`},
		{data.TableConfig{Label: "a", Ignore: []string{"b", "a"}}, `column "a" is named twice: give each column one part`},
		{data.TableConfig{Targets: []string{"a", "a"}}, `column "a" is named twice: give each column one part`},
		{data.TableConfig{Codes: []string{"a"}, Levels: map[string][]string{"a": {"x", "y", "x"}}}, `Levels of "a" has a text twice: ["x" "y" "x"]`},
	} {
		if err := misuse(t, func() { _, _ = data.ReadTable(strings.NewReader("1\n"), tt.config) }); err == nil || err.Error() != "data.ReadTable: "+tt.want {
			t.Errorf("%+v: got %v, want data.ReadTable: %s", tt.config, err, tt.want)
		}
		if err := misuse(t, func() { _, _ = data.ReadTableFS(fstest.MapFS{}, "t", tt.config) }); err == nil || err.Error() != "data.ReadTableFS: "+tt.want {
			t.Errorf("%+v: got %v, want data.ReadTableFS: %s", tt.config, err, tt.want)
		}
	}
}

func TestReadTableFS(t *testing.T) {
	fsys := fstest.MapFS{"birds.csv": {Data: []byte(birds)}, "bad.csv": {Data: []byte("x\n")}}
	table, err := data.ReadTableFS(fsys, "birds.csv", data.TableConfig{Header: 1, Features: []string{"bill", "mass"}})
	if err != nil || table.Set.Len() != 4 {
		t.Errorf("got %+v, error %v", table, err)
	}
	if _, err := data.ReadTableFS(fsys, "none.csv", data.TableConfig{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: got error %v", err)
	}
	const want = `data.ReadTableFS: bad.csv: data.ReadTable: line 1, column 1: column "0": "x" is not a finite number`
	if _, err := data.ReadTableFS(fsys, "bad.csv", data.TableConfig{}); err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func FuzzReadTable(f *testing.F) {
	f.Add([]byte(birds), 1, "species", "island", "size", "mass", true)
	f.Add([]byte("1,2,x,4\n5,6,y,\n"), 0, "0", "2", "", "1", true)
	f.Add([]byte("a;b\n1;2\n"), 2, "-1", "a", "0", "", false)
	f.Add([]byte("\x1f\x8b\x08\x00"), 0, "", "", "", "", false)
	f.Fuzz(func(t *testing.T, in []byte, header int, label, oneHot, codes, target string, drop bool) {
		list := func(s string) []string {
			if s == "" {
				return nil
			}
			return []string{s}
		}
		if header < 0 || header > 5 || label == oneHot && label != "" || label == codes && label != "" || label == target && label != "" || oneHot != "" && (oneHot == codes || oneHot == target) || codes != "" && codes == target {
			return
		}
		c := data.TableConfig{Header: header, Label: label, OneHot: list(oneHot), Codes: list(codes), Targets: list(target), Drop: drop, Missing: []string{"?"}}
		table, err := data.ReadTable(bytes.NewReader(in), c)
		if (table == nil) == (err == nil) {
			t.Fatalf("table %v and error %v: want exactly one", table, err)
		}
		if err != nil {
			return
		}
		if err := table.Set.Check(); err != nil {
			t.Fatalf("a set that was read does not pass its own check: %v", err)
		}
		if err := table.Set.CheckFinite(); err != nil {
			t.Fatal(err)
		}
		c.Levels = table.Levels
		again, err := data.ReadTable(bytes.NewReader(in), c)
		if err != nil {
			t.Fatalf("with its own levels: %v", err)
		}
		if diff := cmp.Diff(table.Set.X.Float64s(), again.Set.X.Float64s()); diff != "" {
			t.Errorf("with its own levels: mismatch (-want +got):\n%s", diff)
		}
	})
}
