package expr

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// An Error is a mistake in an expression or a binding, with its place.
type Error struct {
	Line, Column int    // from 1; a column is a character, not a byte
	Msg          string // what is wrong and what to write, in one line
	Err          error  // what an operation reported, a *graph.Error, or nil
}

// Error returns the place and the message: "column 3: x has no value: ...".
func (e *Error) Error() string {
	if e.Line > 1 {
		return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Msg)
	}
	return fmt.Sprintf("column %d: %s", e.Column, e.Msg)
}

// Unwrap returns the operation's error, so that errors.Is(err, graph.ErrShape) works.
func (e *Error) Unwrap() error { return e.Err }

// errorAt returns an error at a byte offset of text.
func errorAt(text string, offset int, format string, args ...any) *Error {
	before := text[:min(offset, len(text))]
	line := strings.Count(before, "\n")
	return &Error{
		Line:   line + 1,
		Column: utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1,
		Msg:    fmt.Sprintf(format, args...),
	}
}

// clip shortens what a message quotes to what fits its one line.
func clip(s string) string { return legible.Name(strings.TrimSpace(s)) }

// eachGoName replaces what stands for functions of package ops in a text, "ops.MatMul", by what f makes of it.
func eachGoName(text string, f func(name string) string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "ops.")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		end := 0
		for end < len(rest) && isWord(rest[end]) {
			end++
		}
		name := "ops." + rest[:end]
		if end > 0 && 'A' <= rest[0] && rest[0] <= 'Z' && (before == "" || !isWord(before[len(before)-1])) {
			name = f(name)
		}
		b.WriteString(name)
		text = rest[end:]
	}
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// fromGraph returns what an operation reported, in the words of the language: ops.MatMul is matmul here. The function
// that was called is the operation if the error names none of the table; it is "" for an operator.
func fromGraph(text string, offset int, function string, e *graph.Error) *Error {
	names := make(map[string]string)
	for _, r := range graph.Rows() {
		if _, ok := names[r.GoName()]; !ok {
			names[r.GoName()] = r.Name
		}
	}
	if _, ok := names[e.Op]; !ok && function != "" {
		names[e.Op] = function
	}
	translated := eachGoName(strings.ReplaceAll(e.Error(), "\n", " "), func(s string) string {
		name, ok := names[s]
		if !ok {
			name = strings.ToLower(strings.TrimPrefix(s, "ops."))
			ok = isFunction(name)
		}
		if ok {
			return name
		}
		return s
	})
	err := errorAt(text, offset, "%s", translated)
	err.Err = e
	return err
}
