package filter

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"tcplens/dissect"
)

// functions are those of Wireshark 4.0, with what they give.
var functions = [...]Function{
	{"abs", "abs(field)", "the absolute value of a number"},
	{"count", "count(field)", "how often the field occurs in the packet"},
	{"len", "len(field)", "the length in bytes"},
	{"lower", "lower(text)", "a text in small letters"},
	{"max", "max(a, b, …)", "the largest value"},
	{"min", "min(a, b, …)", "the smallest value"},
	{"string", "string(field)", "a number or an address as a text"},
	{"upper", "upper(text)", "a text in capital letters"},
}

// Function is a function of the language.
type Function struct{ Name, Usage, Text string }

// Functions lists the functions of the language, by name.
func Functions() []Function { return append([]Function(nil), functions[:]...) }

func (c *compiler) call(x *callOperand, want *typ) (source, typ, *Error) {
	name := x.tok.text
	known := false
	for _, f := range functions {
		known = known || f.Name == name
	}
	if !known {
		e := errAt(x.tok, fmt.Sprintf("there is no function %s", name))
		best := 3
		for _, f := range functions {
			if strings.HasPrefix(strings.ToLower(name), f.Name) && e.Suggest == "" {
				e.Suggest = f.Name
			}
			if d := distance(strings.ToLower(name), f.Name, best); d < best {
				e.Suggest, best = f.Name, d
			}
		}
		return nil, typ{}, e
	}
	several := name == "min" || name == "max"
	switch {
	case len(x.args) == 0:
		return nil, typ{}, errAt(x.all, fmt.Sprintf("%s() needs a field between its brackets", name))
	case len(x.args) > 1 && !several:
		return nil, typ{}, errAt(x.args[1].at(), fmt.Sprintf("%s() takes one field only", name))
	}
	call := &callSource{fn: name}
	out := typ{name: x.all.src}
	for i, a := range x.args {
		var in *typ
		if i > 0 {
			in = &out
		}
		src, t, err := c.argument(name, a, in)
		if err != nil {
			return nil, out, err
		}
		if i == 0 {
			out.t, out.field = t.t, t.field
		} else if t.t != out.t {
			return nil, out, errAt(a.at(), fmt.Sprintf("%s() takes values of one type, but %s is %s and %s %s", name,
				x.args[0].at().src, strings.TrimPrefix(out.t.String(), "FT_"), t.name, strings.TrimPrefix(t.t.String(), "FT_")))
		}
		call.args = append(call.args, src)
	}
	switch name {
	case "len", "count":
		out.t, out.field = dissect.TUint32, nil
	case "string", "upper", "lower":
		out.t, out.field = dissect.TString, nil
	}
	return call, out, nil
}

// argument compiles an argument of a function. want is the type of the first one,
// nil for the first one itself.
func (c *compiler) argument(fn string, a operand, want *typ) (source, typ, *Error) {
	f, isField := a.(*fieldOperand)
	switch fn {
	case "len", "count", "string", "upper", "lower":
		if v, ok := a.(*valueOperand); ok && v.tok.kind == tWord && !v.tok.value && !strings.ContainsAny(v.tok.text[:1], "0123456789") {
			return nil, typ{}, c.p.notAField(v.tok)
		}
		if !isField || f.ref {
			return nil, typ{}, errAt(a.at(), fmt.Sprintf("%s() takes a field, nothing that was computed or written", fn))
		}
	default:
		if v, ok := a.(*valueOperand); ok && want == nil {
			e := c.p.notAField(v.tok)
			if v.tok.kind != tWord || e.Suggest == "" {
				e = errAt(v.tok, fmt.Sprintf("%s() takes a field first", fn))
			}
			return nil, typ{}, e
		} else if ok && v.tok.kind != tWord {
			return nil, typ{}, errAt(v.tok, fmt.Sprintf("%s is nothing that %s() takes", quote(v.tok), fn))
		}
	}
	src, t, err := c.operand(a, want)
	if err != nil {
		return nil, t, err
	}
	bad := ""
	switch fn {
	case "upper", "lower":
		if t.class() != cText {
			bad = "a text"
		}
	case "string":
		if !t.texted() {
			bad = "a number or an address"
		}
	case "abs":
		if !t.absolute() {
			bad = "a number"
		}
	case "min", "max":
		if t.class() == cNone {
			bad = "a field with a value"
		}
	}
	if bad != "" {
		return nil, t, errAt(a.at(), fmt.Sprintf("%s() takes %s, but %s is %s", fn, bad, t.name, t.kindWord()))
	}
	return src, t, nil
}

// matches compiles a comparison with a regular expression.
func (c *compiler) matches(x *compareExpr, a source, t typ, all bool) (node, *Error) {
	v, ok := x.b.(*valueOperand)
	if !ok || v.tok.kind != tString {
		e := errAt(x.b.at(), "matches takes a regular expression in double quotes")
		if ok && v.tok.kind == tWord {
			e.Suggest = asWritten(v.tok.text)
		}
		return nil, e
	}
	re, why := pattern(v.tok.text)
	if why != "" {
		return nil, errAt(v.tok, why)
	}
	return &matchNode{a: a, re: re, all: all}, nil
}

// pattern compiles a regular expression so that it finds what PCRE2 finds in
// Wireshark: in bytes, case ignored, and $ before a line's end at the end of the
// text too.
func pattern(s string) (*regexp.Regexp, string) {
	tree, err := syntax.Parse(latin(s), syntax.Perl|syntax.FoldCase)
	if err != nil {
		var e *syntax.Error
		if !errors.As(err, &e) {
			return nil, "the regular expression is wrong"
		}
		switch {
		case strings.HasPrefix(e.Expr, "(?"), e.Code == syntax.ErrInvalidPerlOp:
			return nil, fmt.Sprintf("the regular expression has %s, which Go's (RE2) do not know: look-around and the like", e.Expr)
		case e.Code == syntax.ErrInvalidEscape:
			return nil, fmt.Sprintf("the regular expression has %s, which Go's (RE2) do not know", e.Expr)
		}
		return nil, fmt.Sprintf("the regular expression is wrong: %s: %s", e.Code, e.Expr)
	}
	dollars(tree)
	re, err := regexp.Compile(tree.String())
	if err != nil {
		return nil, "the regular expression is too large"
	}
	return re, ""
}

// dollars lets each $ match before a last line feed too.
func dollars(x *syntax.Regexp) {
	for i, sub := range x.Sub {
		if sub.Op == syntax.OpEndText && sub.Flags&syntax.WasDollar != 0 {
			x.Sub[i] = beforeLast(sub)
			continue
		}
		dollars(sub)
	}
	if len(x.Sub) == 0 && x.Op == syntax.OpEndText && x.Flags&syntax.WasDollar != 0 {
		end := *x
		*x = *beforeLast(&end)
	}
}

func beforeLast(end *syntax.Regexp) *syntax.Regexp {
	feed := &syntax.Regexp{Op: syntax.OpLiteral, Rune: []rune{'\n'}}
	stop := &syntax.Regexp{Op: syntax.OpEndText}
	maybe := &syntax.Regexp{Op: syntax.OpQuest, Sub: []*syntax.Regexp{feed}}
	return &syntax.Regexp{Op: syntax.OpConcat, Flags: end.Flags &^ syntax.WasDollar, Sub: []*syntax.Regexp{maybe, stop}}
}

// latin makes a character of each byte, so that a regular expression sees bytes.
func latin(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			out := make([]rune, len(s))
			for i := range len(s) {
				out[i] = rune(s[i])
			}
			return string(out)
		}
	}
	return s
}
