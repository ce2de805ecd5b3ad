package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/safetensors"
)

// file returns a file of a header and bytes of data.
func file(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

// hostile lists headers that no program writes, with the bytes of data after them and a part of the message.
var hostile = []struct {
	header string
	data   int
	want   string
}{
	{``, 0, "does not begin with a brace"},
	{` {}`, 0, "does not begin with a brace"},
	{`[]`, 0, "does not begin with a brace"},
	{`{`, 0, "it ends where"},
	{`{}{}`, 0, "more after the object"},
	{`{} x`, 0, "more after the object"},
	{"{}\x00", 0, "more after the object"},
	{`{"a"`, 0, "it ends where"},
	{`{"a":`, 0, "it ends where"},
	{`{"a":{}}`, 0, "must have dtype, shape and data_offsets"},
	{`{"a":null}`, 0, "'n' stands where '{' must"},
	{`{"a":[]}`, 0, "'[' stands where '{' must"},
	{`{a:{}}`, 0, `'a' stands where '"' must`},
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},}`, 4, `'}' stands where '"' must`},
	{`{,"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, 4, `',' stands where '"' must`},
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]} "b":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}`, 8, `'"' stands where ',' must`},
	{"{\"a\nb\":{}}", 0, "control character"},
	{`{"a\`, 0, "ends within a string"},
	{`{"a\"`, 0, "ends within a string"},
	{`{"\x41":{}}`, 0, "an escape that there is not"},
	{"{\"\xff\":{}}", 0, "not valid UTF-8"},

	// Names.
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}`, 8, `two tensors are named "a"`},
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, 4, `two tensors are named "a"`},
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"\u0061":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}`, 8, `two tensors are named "a"`},
	{`{"` + strings.Repeat("long", 1000) + `":{}}`, 0, "(4000 bytes)"},

	// Types.
	{`{"a":{"dtype":"F31","shape":[],"data_offsets":[0,4]}}`, 4, `there is no type "F31"`},
	{`{"a":{"dtype":"","shape":[],"data_offsets":[0,4]}}`, 4, `there is no type ""`},
	{`{"a":{"dtype":"f32","shape":[],"data_offsets":[0,4]}}`, 4, `there is no type "f32"`},
	{`{"a":{"dtype":4,"shape":[],"data_offsets":[0,4]}}`, 4, `'4' stands where '"' must`},
	{`{"a":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}}`, 4, `"dtype" occurs twice`},
	{`{"a":{"dtype":"F32","shape":[],"shape":[],"data_offsets":[0,4]}}`, 4, `"shape" occurs twice`},
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"data_offsets":[0,4]}}`, 4, `"data_offsets" occurs twice`},
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"strides":[1]}}`, 4, `"strides" stands where`},
	{`{"a":{"dtype":"F32","shape":[]}}`, 4, "must have"},
	{`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4, "must have"},
	{`{"a":{"shape":[],"data_offsets":[0,4]}}`, 4, "must have"},
	{`{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}`, 1, "ends within a byte"},

	// Shapes.
	{`{"a":{"dtype":"F32","shape":4,"data_offsets":[0,4]}}`, 4, "'4' stands where '[' must"},
	{`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 4, "want an integer"},
	{`{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}`, 4, "stands where ',' must"},
	{`{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}`, 4, "stands where ',' must"},
	{`{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}`, 4, "want an integer"},
	{`{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}`, 4, "want an integer"},
	{`{"a":{"dtype":"F32","shape":[null],"data_offsets":[0,4]}}`, 4, "want an integer"},
	{`{"a":{"dtype":"F32","shape":[1,],"data_offsets":[0,4]}}`, 4, "want an integer"},
	{`{"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}`, 4, "want an integer"},
	{`{"a":{"dtype":"F32","shape":[18446744073709551617],"data_offsets":[0,4]}}`, 4, "want an integer"},
	{`{"a":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,4]}}`, 4, `tensor "a": `},
	{`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0, `tensor "a": `},
	{`{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296,4294967296],"data_offsets":[0,0]}}`, 0, `tensor "a": `},
	{`{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}}`, 0, `tensor "a": `}, // 2⁶¹ · 8 bytes
	{`{"a":{"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}}`, 0, `tensor "a": `},
	{`{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}`, 4, "more than 16 axes"},
	{`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4, "has 4 bytes of data, from 0 to 4: type F32 and shape (2) take 8"},
	{`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,4]}}`, 4, "take 0"},
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,0]}}`, 0, "take 4"},

	// Offsets.
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}`, 8, "there is a gap"},
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}`, 12, "there is a gap"},
	{`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12, "they overlap"},
	{`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8, "they overlap"},
	{`{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 16, "they overlap"},
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[4,0]}}`, 4, "the offsets must be two"},
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[0]}}`, 4, "the offsets must be two"},
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4,8]}}`, 4, "the offsets must be two"},
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[-4,0]}}`, 4, "want an integer"},
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[9223372036854775800,9223372036854775804]}}`, 4, "the offsets must be two"},
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[18446744073709551612,18446744073709551616]}}`, 4, "want an integer"},
	{`{"a":{"dtype":"U8","shape":[100000000],"data_offsets":[0,100000000]}}`, 5, "promises 100000"},
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, 3, "promises"},
	{`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, 5, "goes on after the last tensor"},
	{`{}`, 1, "goes on after the last tensor"},

	// Metadata.
	{`{"__metadata__":"a"}`, 0, `'"' stands where '{' must`},
	{`{"__metadata__":{"a":1}}`, 0, "metadata: byte"},
	{`{"__metadata__":{"a":{}}}`, 0, "metadata: byte"},
	{`{"__metadata__":{"a":"1","a":"2"}}`, 0, `"a" occurs twice`},
	{`{"__metadata__":{},"__metadata__":{}}`, 0, "the metadata occur twice"},
	{`{"__metadata__":{},"_\u005fmetadata__":{}}`, 0, "the metadata occur twice"},
	{`{"__metadata__":{` + manyKeys(5000) + `}}`, 0, "more than 1024 entries"},
	{strings.Repeat(`{"a":`, 1000), 0, `"a" stands where`}, // no depth to fall into
	{strings.Repeat(`[`, 1000), 0, "brace"},
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"%d":"",`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

// readers gives a file in ways that show its length and ways that do not.
func readers(b []byte) map[string]io.Reader {
	return map[string]io.Reader{
		"bytes.Reader": bytes.NewReader(b), "bytes.Buffer": bytes.NewBuffer(b), "stream": io.MultiReader(bytes.NewReader(b)),
		"byte by byte": iotest.OneByteReader(bytes.NewReader(b)), "data with EOF": iotest.DataErrReader(bytes.NewReader(b)),
	}
}

// allocated returns how many bytes a call takes.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestHostile(t *testing.T) {
	for _, c := range hostile {
		b := file(c.header, c.data)
		for what, r := range readers(b) {
			var err error
			n := allocated(func() { _, err = safetensors.Read(r) })
			name := fmt.Sprintf("%.100s (%s)", c.header, what)
			if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 500 {
				t.Errorf("%s: got error %.600v, want one with %s", name, err, c.want)
			}
			var misuse *tensor.Error
			if errors.As(err, &misuse) {
				t.Errorf("%s: the error is a %T, as if the program were wrong", name, misuse)
			}
			if most := 2*uint64(len(b)) + 64<<10; n > most {
				t.Errorf("%s: takes %d bytes for a file of %d", name, n, len(b))
			}
		}
	}
}

// TestHeaderLength gives lengths of the header that the file does not have.
func TestHeaderLength(t *testing.T) {
	for _, n := range []uint64{3, 100, 50_000_000, 100_000_000, 100_000_001, 1 << 31, 1 << 32, 1<<63 - 8, 1<<63 - 1, 1 << 63, 1<<64 - 8, 1<<64 - 1} {
		b := append(binary.LittleEndian.AppendUint64(nil, n), "{}"...)
		for what, r := range readers(b) {
			var err error
			taken := allocated(func() { _, err = safetensors.Read(r) })
			if err == nil {
				t.Errorf("length %d (%s): no error", n, what)
			}
			if n <= 100_000_000 && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("length %d (%s): got error %v, want one about the end", n, what, err)
			}
			if taken > 64<<10 {
				t.Errorf("length %d (%s): takes %d bytes", n, what, taken)
			}
		}
	}
}

// TestGuess gives files of other formats.
func TestGuess(t *testing.T) {
	for want, start := range map[string]string{
		"zip": "PK\x03\x04\x14\x00\x08\x08", "gzip": "\x1f\x8b\x08\x00\x00\x00\x00\x00", "git lfs pull": "version https://git-lfs.github.com/spec/v1\n",
		"pickle": "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46", "no safetensors file": "<!DOCTYPE html>", "is empty": "",
	} {
		if _, err := safetensors.Read(strings.NewReader(start)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want one with %q", start, err, want)
		}
	}
}

// TestTruncated cuts a file at every byte.
func TestTruncated(t *testing.T) {
	b := mustWrite(t, []safetensors.Tensor{
		safetensors.Of("a.weight", tensor.New(tensor.Float32, 3, 4), true), safetensors.Of("b", tensor.New(tensor.Float64, 5), false),
		safetensors.Int64s("n", []int64{7}), safetensors.Bytes("bytes", make([]byte, 13)),
	}, map[string]string{"format": "pt"})
	for n := range len(b) {
		for what, r := range readers(b[:n]) {
			if _, err := safetensors.Read(r); err == nil || n > 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%d of %d bytes (%s): got error %v, want one about the end", n, len(b), what, err)
			}
		}
	}
}

// TestPromises gives a header that promises 400 MB of data, of which there is a little.
func TestPromises(t *testing.T) {
	for _, there := range []int{0, 1000, 100_000, 3_000_000} {
		b := file(`{"a":{"dtype":"F32","shape":[100000000],"data_offsets":[0,400000000]}}`, there)
		for what, r := range readers(b) {
			if what == "byte by byte" {
				continue // only slow
			}
			var err error
			n := allocated(func() { _, err = safetensors.Read(r) })
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%d bytes of data (%s): got error %v, want one about the end", there, what, err)
			}
			if most := 2*uint64(there) + 64<<10; n > most {
				t.Errorf("%d bytes of data (%s): takes %d", there, what, n)
			}
		}
	}
}

// TestManyTensors reads headers of very many tensors without data, and of long names.
func TestManyTensors(t *testing.T) {
	var many strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&many, `,"%x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`, i)
	}
	b := file("{"+many.String()[1:]+"}", 0)
	var err error
	n := allocated(func() { _, err = safetensors.Open(bytes.NewReader(b)) })
	if err != nil {
		t.Fatal(err)
	}
	if n > 4*uint64(len(b)) {
		t.Errorf("takes %d bytes for a header of %d", n, len(b))
	}
}

// An error of the reader arrives as it is.
func TestReaderError(t *testing.T) {
	b := mustWrite(t, []safetensors.Tensor{safetensors.Bytes("bytes", make([]byte, 13))}, nil)
	broken := errors.New("broken")
	for n := range len(b) + 1 {
		r := io.MultiReader(bytes.NewReader(b[:n]), iotest.ErrReader(broken))
		if _, err := safetensors.Read(r); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: got error %v, want %v", n, err, broken)
		}
	}
}

// FuzzRead holds that whatever is in a file, reading it ends in an error or in tensors that are written again as they
// were, and takes no more memory than is in proportion to it.
func FuzzRead(f *testing.F) {
	for _, c := range hostile {
		f.Add(file(c.header, c.data))
	}
	f.Add(mustWrite(f, []safetensors.Tensor{safetensors.Of("a", tensor.New(tensor.Float32, 2, 2), true), safetensors.Int64s("n", []int64{7})}, map[string]string{"a": "b"}))
	f.Add(append(binary.LittleEndian.AppendUint64(nil, 1<<63), "{}"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		var file *safetensors.File
		var err error
		n := allocated(func() { file, err = safetensors.Read(bytes.NewReader(b)) })
		if most := 4*uint64(len(b)) + 1<<20; n > most {
			t.Errorf("takes %d bytes for a file of %d", n, len(b))
		}
		streamed, err2 := safetensors.Read(io.MultiReader(bytes.NewReader(b)))
		if (err == nil) != (err2 == nil) {
			t.Fatalf("got error %v, and %v from a stream", err, err2)
		}
		if err != nil {
			return
		}
		again := mustWrite(t, all(file), file.Metadata)
		if !bytes.Equal(again, mustWrite(t, all(streamed), streamed.Metadata)) {
			t.Error("a stream gives another content")
		}
		if f := mustRead(t, again); !bytes.Equal(mustWrite(t, all(f), f.Metadata), again) {
			t.Error("written and read again it is another file")
		}
		for _, x := range all(file) {
			if x.DType.IsFloat() {
				x.CopyTo(tensor.New(tensor.Float64, x.Shape...), false)
			}
			x.Ints()
		}
	})
}
