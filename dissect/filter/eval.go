package filter

import (
	"bytes"
	"cmp"
	"regexp"
	"strings"

	"tcplens/dissect"
)

// Match says whether the packet of a detail tree satisfies the expression. A nil
// Filter matches everything.
func (f *Filter) Match(t *dissect.Tree) bool { return f == nil || f.root.match(t) }

// node is one part of a compiled expression. rows is the answer that the facts of
// a row allow (see Facts).
type node interface {
	match(t *dissect.Tree) bool
	rows(r *Facts) answer
}

type (
	orNode   struct{ a, b node }
	andNode  struct{ a, b node }
	xorNode  struct{ a, b node }
	notNode  struct{ n node }
	anyOf    struct{ tests []node }
	presence struct{ o operand }
)

func (n *orNode) match(t *dissect.Tree) bool  { return n.a.match(t) || n.b.match(t) }
func (n *andNode) match(t *dissect.Tree) bool { return n.a.match(t) && n.b.match(t) }
func (n *xorNode) match(t *dissect.Tree) bool { return n.a.match(t) != n.b.match(t) }
func (n *notNode) match(t *dissect.Tree) bool { return !n.n.match(t) }
func (n *anyOf) match(t *dissect.Tree) bool {
	for _, x := range n.tests {
		if x.match(t) {
			return true
		}
	}
	return false
}

func (n *presence) match(t *dissect.Tree) bool {
	found := false
	each(t, &n.o, func(x *dissect.Node) bool {
		switch {
		case n.o.hasAnd:
			found = x.Uint()&n.o.and != 0
		case len(n.o.slices) > 0:
			found = len(n.o.bytes(t, x)) > 0
		default:
			found = true
		}
		return !found
	})
	return found
}

// each calls f with every node of the operand's field until f says false.
func each(t *dissect.Tree, o *operand, f func(*dissect.Node) bool) {
	for i := range t.Nodes {
		x := &t.Nodes[i]
		if x.Field == nil {
			continue
		}
		for _, want := range o.field {
			if x.Field == want {
				if !f(x) {
					return
				}
				break
			}
		}
	}
}

// bytes gives the bytes of a node, after the operand's slices.
func (o *operand) bytes(t *dissect.Tree, x *dissect.Node) []byte {
	var b []byte
	switch {
	case x.Field.Type == dissect.TProtocol:
		b = span(t, x)
	case isText(x.Field.Type):
		b = []byte(x.Str())
	default:
		b = x.Bytes()
	}
	if len(o.slices) == 0 {
		return b
	}
	var out []byte
	for _, s := range o.slices {
		from := s.from
		if from < 0 {
			from += len(b)
		}
		if from < 0 || from >= len(b) {
			return nil
		}
		to := len(b)
		if s.to >= 0 {
			if from+s.to > len(b) {
				return nil
			}
			to = from + s.to
		}
		out = append(out, b[from:to]...)
	}
	return out
}

// content is what contains and matches look at: the bytes, and of a protocol all
// from its header on, as in Wireshark. Only a slice keeps to the header.
func (o *operand) content(t *dissect.Tree, x *dissect.Node) []byte {
	if x.Field.Type != dissect.TProtocol || len(o.slices) > 0 || int(x.Source) >= len(t.Sources) {
		return o.bytes(t, x)
	}
	b := t.Sources[x.Source].Bytes
	return b[min(max(int(x.Off), 0), len(b)):]
}

// span gives the bytes of its source that a node covers; nil if it covers none.
func span(t *dissect.Tree, x *dissect.Node) []byte {
	if int(x.Source) >= len(t.Sources) {
		return nil
	}
	b := t.Sources[x.Source].Bytes
	from, to := int(x.Off), int(x.Off)+int(x.Len)
	if from < 0 || to < from || from > len(b) {
		return nil
	}
	return b[from:min(to, len(b))]
}

// text gives the value of a text node, after function and slices.
func (o *operand) text(t *dissect.Tree, x *dissect.Node) string {
	s := x.Str()
	if len(o.slices) > 0 {
		s = string(o.bytes(t, x))
	}
	switch o.fn {
	case "lower":
		return strings.ToLower(s)
	case "upper":
		return strings.ToUpper(s)
	}
	return s
}

// op is a comparison.
type op uint8

const (
	opEq    op = iota // one value is equal
	opAllEq           // all are
	opNe              // all are different, and there is one
	opAnyNe           // one is different
	opLt
	opLe
	opGt
	opGe
	opContains
	opMatches
)

var comparisons = map[string]op{
	"==": opEq, "eq": opEq, "any_eq": opEq, "===": opAllEq, "all_eq": opAllEq, "!=": opNe, "ne": opNe, "all_ne": opNe,
	"!==": opAnyNe, "any_ne": opAnyNe, "<": opLt, "lt": opLt, "<=": opLe, "le": opLe, ">": opGt, "gt": opGt, ">=": opGe, "ge": opGe,
	"contains": opContains, "matches": opMatches, "~": opMatches,
}

// holds says what an ordering (−1, 0, 1) means for the operator.
func (o op) holds(c int) bool {
	switch o {
	case opEq, opAllEq:
		return c == 0
	case opNe, opAnyNe:
		return c != 0
	case opLt:
		return c < 0
	case opLe:
		return c <= 0
	case opGt:
		return c > 0
	case opGe:
		return c >= 0
	}
	return false
}

// comparison compares the values of a field with a value.
type comparison struct {
	o  operand
	op op
	v  value
	re *regexp.Regexp
}

// match asks one value to satisfy the test, or all of them where the operator says so.
func (n *comparison) match(t *dissect.Tree) bool {
	if n.o.fn == "count" {
		c := uint64(0)
		each(t, &n.o, func(*dissect.Node) bool { c++; return true })
		return c > 0 && n.op.holds(cmp.Compare(c, n.v.u))
	}
	all := n.op == opNe || n.op == opAllEq
	result := false
	each(t, &n.o, func(x *dissect.Node) bool {
		result = n.one(t, x)
		return result == all // any: go on while false; all: go on while true
	})
	return result
}

func (n *comparison) one(t *dissect.Tree, x *dissect.Node) bool {
	switch n.op {
	case opContains:
		if n.v.form == formText {
			return strings.Contains(n.o.text(t, x), n.v.s)
		}
		return bytes.Contains(n.o.content(t, x), n.v.b)
	case opMatches:
		if isText(x.Field.Type) {
			return n.re.MatchString(n.o.text(t, x))
		}
		return n.re.Match(n.o.content(t, x))
	}
	if n.o.fn == "len" {
		return n.op.holds(cmp.Compare(uint64(n.length(t, x)), n.v.u))
	}
	u := x.Uint()
	if n.o.hasAnd {
		u &= n.o.and
	}
	switch n.v.form {
	case formUint:
		if x.Field.Type == dissect.TBool && u != 0 {
			u = 1
		}
		return n.op.holds(cmp.Compare(u, n.v.u))
	case formInt, formTime, formRel:
		return n.op.holds(cmp.Compare(int64(u), n.v.i))
	case formName:
		return n.op.holds(cmp.Compare(strings.ToLower(x.Field.Names(u)), n.v.s))
	case formText:
		return n.op.holds(cmp.Compare(n.o.text(t, x), n.v.s))
	case formBytes:
		return n.op.holds(bytes.Compare(n.o.bytes(t, x), n.v.b))
	case formAddr:
		a := x.Addr()
		if n.op == opEq || n.op == opAllEq {
			return n.v.prefix.Contains(a)
		}
		if n.op == opNe || n.op == opAnyNe {
			return !n.v.prefix.Contains(a)
		}
		if n.v.prefix.Contains(a) {
			return n.op.holds(0)
		}
		return n.op.holds(a.Compare(n.v.prefix.Addr()))
	}
	return false
}

func (n *comparison) length(t *dissect.Tree, x *dissect.Node) int {
	if len(n.o.slices) > 0 || isText(x.Field.Type) || isBytes(x.Field.Type) {
		return len(n.o.bytes(t, x))
	}
	return int(x.Len)
}

// pair compares the values of two fields.
type pair struct {
	a, b operand
	op   op
}

func (n *pair) match(t *dissect.Tree) bool {
	all := n.op == opNe || n.op == opAllEq
	result := false
	each(t, &n.a, func(x *dissect.Node) bool {
		each(t, &n.b, func(y *dissect.Node) bool {
			result = n.op.holds(n.order(t, x, y))
			return result == all
		})
		return result == all
	})
	return result
}

func (n *pair) order(t *dissect.Tree, x, y *dissect.Node) int {
	typ := x.Field.Type
	switch {
	case isText(typ):
		return cmp.Compare(n.a.text(t, x), n.b.text(t, y))
	case isBytes(typ):
		return bytes.Compare(n.a.bytes(t, x), n.b.bytes(t, y))
	case typ.Unsigned():
		u, v := x.Uint(), y.Uint()
		if n.a.hasAnd {
			u &= n.a.and
		}
		return cmp.Compare(u, v)
	}
	return cmp.Compare(int64(x.Uint()), int64(y.Uint()))
}

// class groups the types whose values can be compared with each other.
func class(t dissect.Type) int {
	switch {
	case isText(t):
		return 1
	case t == dissect.TIPv4, t == dissect.TIPv6, t == dissect.TEther, t == dissect.TGUID:
		return 100 + int(t)
	case isBytes(t):
		return 2
	case t.Unsigned():
		return 3
	case t.Signed():
		return 4
	case t == dissect.TAbsTime, t == dissect.TRelTime, t == dissect.TFloat:
		return 100 + int(t)
	}
	return 0
}
