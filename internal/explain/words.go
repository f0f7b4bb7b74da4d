package explain

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode"
	"unicode/utf8"
)

// errEmpty is what a function says of a value that is not there. The text should have
// asked first: {{with .Answered}}…{{end}}.
var errEmpty = errors.New("a value is written that is not there")

// funcs are the functions that texts may use, beside those of text/template.
func (b *Book) funcs() template.FuncMap {
	return template.FuncMap{
		"n": func(x any) (string, error) { // 65,536
			i, err := integer(x)
			return value(grouped(i)), err
		},
		"pkt": func(x any) (string, error) { // #4
			i, err := integer(x)
			if err == nil && i <= 0 {
				err = errEmpty
			}
			return markPacket + "#" + strconv.FormatInt(i, 10) + markEnd, err
		},
		"bytes": func(x any) (string, error) { return b.counted(x, "byte") },
		"count": b.counted,
		"span": func(x any) (string, error) { // 19.4 ms
			i, err := integer(x)
			return value(span(i)), err
		},
		"numbers": func(from, to any) (string, error) { // 1–64
			i, err := integer(from)
			j, err2 := integer(to)
			if i == j {
				return value(grouped(i)), errors.Join(err, err2)
			}
			return value(grouped(i) + "–" + grouped(j)), errors.Join(err, err2)
		},
		"what": b.what,
		"some": func(s string) (string, error) {
			if s == "" {
				return "", errEmpty
			}
			return s, nil
		},
		"up": func(s string) (string, error) { // The client
			r, size := utf8.DecodeRuneInString(s)
			if size == 0 {
				return "", errEmpty
			}
			return string(unicode.ToUpper(r)) + s[size:], nil
		},
		"add": func(x, y any) (int64, error) {
			i, err := integer(x)
			j, err2 := integer(y)
			return i + j, errors.Join(err, err2)
		},
		"sub": func(x, y any) (int64, error) {
			i, err := integer(x)
			j, err2 := integer(y)
			return i - j, errors.Join(err, err2)
		},
		"mul": func(x, y any) (int64, error) {
			i, err := integer(x)
			j, err2 := integer(y)
			return i * j, errors.Join(err, err2)
		},
		"has": strings.Contains,
	}
}

// counted writes a number with its unit, in the singular where the language has one:
// the texts word.byte and word.bytes.
func (b *Book) counted(x any, unit string) (string, error) {
	i, err := integer(x)
	if i != 1 {
		unit += "s"
	}
	return value(grouped(i) + " " + b.word(unit)), err
}

// what names what a segment takes numbers for: "the SYN", "bytes 1–64".
func (b *Book) what(m *Met) (string, error) {
	if m == nil {
		return "", errEmpty
	}
	var out []string
	if m.SYN {
		out = append(out, b.word("syn"))
	}
	if m.Bytes > 0 {
		key, span := "numbers", grouped(int64(m.From))
		if m.Bytes == 1 {
			key = "number"
		} else {
			span += "–" + grouped(int64(m.To))
		}
		out = append(out, strings.ReplaceAll(b.word(key), "%", value(span)))
	}
	if m.FIN {
		out = append(out, b.word("fin"))
	}
	if len(out) == 0 {
		return strings.ReplaceAll(b.word("nothing"), "%", value(grouped(int64(m.From)))), nil
	}
	return strings.Join(out, " "+b.word("and")+" "), nil
}

// integer takes a number of any kind.
func integer(x any) (int64, error) {
	v := reflect.ValueOf(x)
	switch {
	case v.CanInt():
		return v.Int(), nil
	case v.CanUint():
		return int64(min(v.Uint(), math.MaxInt64)), nil
	}
	return 0, fmt.Errorf("%v is no number", x)
}

// grouped writes an integer with a comma after every three digits.
func grouped(i int64) string {
	s := strconv.FormatInt(i, 10)
	sign := ""
	if i < 0 {
		sign, s = "−", s[1:]
	}
	for k := len(s) - 3; k > 0; k -= 3 {
		s = s[:k] + "," + s[k:]
	}
	return sign + s
}

// span writes a duration, in ns, with about three digits.
func span(ns int64) string {
	d := float64(ns)
	short := func(v float64, unit string) string {
		digits := 0
		switch {
		case v < 10:
			digits = 2
		case v < 100:
			digits = 1
		}
		s := strconv.FormatFloat(v, 'f', digits, 64)
		if digits > 0 {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		return s + " " + unit
	}
	switch {
	case ns < 1e3:
		return strconv.FormatInt(ns, 10) + " ns"
	case ns < 1e6:
		return short(d/1e3, "µs")
	case ns < 1e9:
		return short(d/1e6, "ms")
	case ns < 60e9:
		return short(d/1e9, "s")
	}
	return time.Duration(ns).Round(time.Second).String()
}
