package specfun

import (
	"embed"
	"strings"
	"sync"
	"unicode"
)

//go:embed angle.go beta.go choose.go erfcx.go exponential.go gamma.go hyperbolic.go sinc.go sincos.go
var files embed.FS

// A declaration is a function, constant or variable of the package, as it stands in its file.
type declaration struct {
	name, text string
}

// declarations returns all that the files declare, in their order. In a file that gofmt has formatted, a line that is not
// indented begins a declaration if an empty line stands before it.
var declarations = sync.OnceValue(func() (list []declaration) {
	entries, _ := files.ReadDir(".") // an embedded file is there
	for _, e := range entries {
		text, _ := files.ReadFile(e.Name())
		_, rest, _ := strings.Cut(string(text), "package specfun\n")
		rest = strings.TrimPrefix(rest, "\nimport \"math\"\n")
		for paragraph := range strings.SplitSeq(rest, "\n\n") {
			if strings.HasPrefix(paragraph, "\t") {
				list[len(list)-1].text += "\n" + paragraph + "\n"
				continue
			}
			paragraph = strings.Trim(paragraph, "\n") + "\n"
			list = append(list, declaration{declared(paragraph), paragraph})
		}
	}
	return list
})

// declared returns the name that a declaration declares.
func declared(text string) string {
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "//") {
			_, rest, _ := strings.Cut(line, " ")
			return rest[:strings.IndexFunc(rest, func(r rune) bool { return !inName(r) })]
		}
	}
	return ""
}

func inName(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// Source returns the declarations of some functions of this package, and of all that these need. They need package math if
// the text has the name. Every name that they declare is replaced by what rename returns for it.
func Source(functions []string, rename func(name string) string) string {
	all := declarations()
	names := map[string]int{}
	for i, d := range all {
		names[d.name] = i
	}
	needed := make([]bool, len(all))
	texts := make([]string, len(all))
	for open := functions; len(open) > 0; {
		i, ok := names[open[0]]
		if open = open[1:]; !ok || needed[i] {
			continue
		}
		needed[i] = true
		texts[i] = replaceNames(all[i].text, func(name string) string {
			if _, ok := names[name]; !ok {
				return name
			}
			open = append(open, name)
			return rename(name)
		})
	}
	var b strings.Builder
	for i, text := range texts {
		if needed[i] {
			b.WriteString("\n" + text)
		}
	}
	return b.String()
}

// replaceNames replaces the names in a text, but those of another package.
func replaceNames(text string, replace func(name string) string) string {
	var b strings.Builder
	for len(text) > 0 {
		n := strings.IndexFunc(text, func(r rune) bool { return !inName(r) })
		if n < 0 {
			n = len(text)
		}
		if n > 0 {
			if strings.HasSuffix(b.String(), ".") {
				b.WriteString(text[:n])
			} else {
				b.WriteString(replace(text[:n]))
			}
			text = text[n:]
			continue
		}
		n = strings.IndexFunc(text, inName)
		if n < 0 {
			n = len(text)
		}
		b.WriteString(text[:n])
		text = text[n:]
	}
	return b.String()
}
