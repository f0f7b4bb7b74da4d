package filter

import (
	"fmt"
	"regexp"
	"strings"

	"tcplens/dissect"
)

// mirrored is what an operator becomes when its sides change places.
func (o op) mirrored() op {
	switch o {
	case opLt:
		return opGt
	case opLe:
		return opGe
	case opGt:
		return opLt
	case opGe:
		return opLe
	}
	return o
}

// compare compiles left op right.
func (p *parser) compare(left operand, o op, opTok token, right operand) (node, error) {
	if left.field == nil && right.field != nil && o != opContains && o != opMatches {
		left, right, o = right, left, o.mirrored()
	}
	if left.field == nil {
		return nil, p.notAField(left.tok)
	}
	if right.field != nil {
		// A value may look like a field's name: http.request.method == head.
		if isText(left.field[0].Type) && !isText(right.field[0].Type) && right.fn == "" && len(right.slices) == 0 {
			right.field = nil
		} else {
			return p.fields(left, o, opTok, right)
		}
	}
	n := &comparison{o: left, op: o}
	f := left.field[0]
	switch o {
	case opContains:
		if !isText(f.Type) && !isBytes(f.Type) || left.fn == "len" || left.fn == "count" {
			return nil, &Error{opTok.pos, opTok.len, left.tok.text + " is neither text nor bytes: contains does not apply"}
		}
		if isText(f.Type) {
			n.v = value{form: formText, s: right.tok.text}
			return n, nil
		}
		b, ok := parseBytes(right.tok)
		if !ok {
			b = []byte(right.tok.text)
		}
		n.v = value{form: formBytes, b: b}
		return n, nil
	case opMatches:
		if !isText(f.Type) && !isBytes(f.Type) || left.fn == "len" || left.fn == "count" {
			return nil, &Error{opTok.pos, opTok.len, left.tok.text + " is neither text nor bytes: matches does not apply"}
		}
		if _, err := regexp.Compile(right.tok.text); err != nil {
			return nil, &Error{right.tok.pos, right.tok.len, "the regular expression is wrong: " + strings.TrimPrefix(err.Error(), "error parsing regexp: ")}
		}
		re, err := regexp.Compile("(?i:" + right.tok.text + ")")
		if err != nil {
			return nil, &Error{right.tok.pos, right.tok.len, "the regular expression is too large"}
		}
		n.re = re
		return n, nil
	}
	if f.Type == dissect.TNone || f.Type == dissect.TProtocol && left.fn == "" && len(left.slices) == 0 {
		return nil, &Error{opTok.pos, opTok.len, left.tok.text + " has no value to compare: name it alone"}
	}
	v, err := literal(&left, right.tok)
	if err != nil {
		return nil, err
	}
	if v.form == formName && o != opEq && o != opNe && o != opAllEq && o != opAnyNe {
		return nil, &Error{right.tok.pos, right.tok.len, fmt.Sprintf("%q is not a number, as %s wants", right.tok.text, left.tok.text)}
	}
	n.v = v
	return n, nil
}

func (p *parser) fields(a operand, o op, opTok token, b operand) (node, error) {
	if o == opContains || o == opMatches {
		return nil, &Error{b.tok.pos, b.tok.len, "here stands a text in quotes, not a field"}
	}
	x, y := a.field[0].Type, b.field[0].Type
	if c := class(x); c == 0 || c != class(y) || a.fn != "" || b.fn != "" {
		return nil, &Error{opTok.pos, opTok.len, fmt.Sprintf("%s and %s cannot be compared: their values are of different kinds", a.tok.text, b.tok.text)}
	}
	return &pair{a, b, o}, nil
}

// between compiles a range, its ends included.
func (p *parser) between(left, lo, hi operand) (node, error) {
	a, err := p.compare(left, opGe, lo.tok, lo)
	if err != nil {
		return nil, err
	}
	b, err := p.compare(left, opLe, hi.tok, hi)
	if err != nil {
		return nil, err
	}
	ca, ok1 := a.(*comparison)
	cb, ok2 := b.(*comparison)
	if !ok1 || !ok2 {
		return nil, &Error{lo.tok.pos, lo.tok.len, "a range goes from one value to another"}
	}
	return &within{ca, cb}, nil
}

// within is a range: one value must satisfy both ends.
type within struct{ lo, hi *comparison }

func (n *within) match(t *dissect.Tree) bool {
	found := false
	each(t, &n.lo.o, func(x *dissect.Node) bool {
		found = n.lo.one(t, x) && n.hi.one(t, x)
		return !found
	})
	return found
}
