package filter

import (
	"regexp"
	"strings"
	"sync"

	"tcplens/dissect"
)

// node is one part of a compiled expression that is true or false of a packet.
// rows is the answer that the facts of a row allow (see Facts).
type node interface {
	match(e *env) bool
	rows(r *Facts) answer // of a leaf, leafNode tells
}

type (
	orNode   struct{ a, b node }
	andNode  struct{ a, b node }
	notNode  struct{ n node }
	presence struct{ o *fieldSource }
	// nonZero is an operand alone: one of its values is not zero, or of a part of
	// some bytes, not empty.
	nonZero struct {
		o     source
		bytes bool
	}
)

func (n *orNode) match(e *env) bool   { return n.a.match(e) || n.b.match(e) }
func (n *andNode) match(e *env) bool  { return n.a.match(e) && n.b.match(e) }
func (n *notNode) match(e *env) bool  { return !n.n.match(e) }
func (n *presence) match(e *env) bool { return n.o.any(e) }

func (*presence) rows(*Facts) answer    { return unknown }
func (*nonZero) rows(*Facts) answer     { return unknown }
func (*compareNode) rows(*Facts) answer { return unknown }
func (*matchNode) rows(*Facts) answer   { return unknown }
func (*memberNode) rows(*Facts) answer  { return unknown }

func (n *nonZero) match(e *env) bool {
	from, to, ok := n.o.eval(e)
	for i := from; ok && i < to; i++ {
		v := &e.vals[i]
		if n.bytes && len(v.b) > 0 || !n.bytes && !v.zero() {
			return true
		}
	}
	return false
}

// env is what an evaluation needs: the packet, and room for values.
type env struct {
	t    *dissect.Tree
	vals []value
	text []byte // for regular expressions

	known, holds uint64 // what was found out of the leaves
}

var envs = sync.Pool{New: func() any { return new(env) }}

// Match says whether the packet of a detail tree satisfies the expression. A nil
// Filter matches everything.
func (f *Filter) Match(t *dissect.Tree) bool {
	if f == nil {
		return true
	}
	e := envs.Get().(*env)
	e.t, e.vals, e.known, e.holds = t, e.vals[:0], 0, 0
	m := f.root.match(e)
	e.t = nil
	clear(e.vals)
	envs.Put(e)
	return m
}

// source gives the values of an operand: those in e.vals from one index up to
// another. ok is false where a field is missing that it needs; no comparison holds
// then, whatever it asks.
type source interface {
	eval(e *env) (from, to int, ok bool)
}

type (
	constant    struct{ v value }
	fieldSource struct {
		name   string
		fields []*dissect.Field
		layers []span
		ref    bool
		values []value // of a reference, once it is bound
	}
	sliceSource struct {
		x     source
		spans []span
	}
	arithSource struct {
		op   byte
		a, b source
	}
	minusSource struct{ x source }
	callSource  struct {
		fn   string
		args []source
	}
)

func (s *constant) eval(e *env) (int, int, bool) {
	e.vals = append(e.vals, s.v)
	return len(e.vals) - 1, len(e.vals), true
}

// is says whether a node is one of the field's.
func (s *fieldSource) is(x *dissect.Node) bool {
	for _, f := range s.fields {
		if x.Field == f {
			return true
		}
	}
	return false
}

func (s *fieldSource) any(e *env) bool {
	for i := range e.t.Nodes {
		if s.is(&e.t.Nodes[i]) && s.inLayers(e.t, i) {
			return true
		}
	}
	return false
}

func (s *fieldSource) eval(e *env) (int, int, bool) {
	from := len(e.vals)
	if s.ref {
		e.vals = append(e.vals, s.values...)
		return from, len(e.vals), len(s.values) > 0
	}
	for i := range e.t.Nodes {
		if x := &e.t.Nodes[i]; s.is(x) && s.inLayers(e.t, i) {
			e.vals = append(e.vals, valueOf(e.t, x))
		}
	}
	return from, len(e.vals), len(e.vals) > from
}

// inLayers says whether node i is in one of the layers that are asked for. The
// layer is that of the protocol which the node stands in: 1 for the outermost of
// its kind.
func (s *fieldSource) inLayers(t *dissect.Tree, i int) bool {
	if s.layers == nil {
		return true
	}
	for i >= 0 && (t.Nodes[i].Field == nil || t.Nodes[i].Field.Type != dissect.TProtocol) {
		i = t.Parent(i)
	}
	if i < 0 {
		return false
	}
	layer, all := 0, 0
	for k := range t.Nodes {
		if t.Nodes[k].Field == t.Nodes[i].Field {
			if all++; k <= i {
				layer = all
			}
		}
	}
	for _, x := range s.layers {
		if x.holds(layer, all) {
			return true
		}
	}
	return false
}

func (s *sliceSource) eval(e *env) (int, int, bool) {
	from, to, ok := s.x.eval(e)
	for i := from; i < to; i++ {
		v := &e.vals[i]
		b := v.b
		if v.c == cText {
			b = []byte(v.s)
		}
		*v = value{c: cBytes, b: parts(b, s.spans)}
	}
	return from, to, ok
}

// parts puts the spans of some bytes together, up to the first that reaches out of
// them.
func parts(b []byte, spans []span) []byte {
	out := []byte{}
	for i, s := range spans {
		from, to, ok := s.cut(len(b))
		if !ok {
			break
		}
		if len(spans) == 1 {
			return b[from:to]
		}
		if i == 0 {
			out = make([]byte, 0, to-from+16)
		}
		out = append(out, b[from:to]...)
	}
	return out
}

func (s *arithSource) eval(e *env) (int, int, bool) {
	a, b, ok1 := s.a.eval(e)
	c, d, ok2 := s.b.eval(e)
	if !ok1 || !ok2 {
		return a, a, false
	}
	from := len(e.vals)
	for i := a; i < b; i++ {
		for j := c; j < d && len(e.vals)-from < maxValues; j++ {
			if v, ok := arith(s.op, &e.vals[i], &e.vals[j]); ok {
				e.vals = append(e.vals, v)
			}
		}
	}
	return from, len(e.vals), true
}

// maxValues bounds what the values of several fields make with each other.
const maxValues = 1 << 16

func (s *minusSource) eval(e *env) (int, int, bool) {
	a, b, ok := s.x.eval(e)
	from := len(e.vals)
	for i := a; i < b; i++ {
		if v, ok := negate(&e.vals[i]); ok {
			e.vals = append(e.vals, v)
		}
	}
	return from, len(e.vals), ok
}

func (s *callSource) eval(e *env) (int, int, bool) {
	switch s.fn {
	case "len", "string":
		return s.perNode(e)
	}
	start := len(e.vals)
	for _, a := range s.args {
		mark := len(e.vals)
		from, to, ok := a.eval(e)
		if !ok {
			e.vals = e.vals[:mark] // a missing argument is left out
			continue
		}
		n := copy(e.vals[mark:], e.vals[from:to])
		e.vals = e.vals[:mark+n]
	}
	if len(e.vals) == start {
		return start, start, false
	}
	switch s.fn {
	case "count":
		n := len(e.vals) - start
		e.vals = append(e.vals[:start], value{c: cUint, n: uint64(n)})
	case "min", "max":
		best := e.vals[start]
		for i := start + 1; i < len(e.vals); i++ {
			if c, ok := compare(&e.vals[i], &best); ok && (c > 0) == (s.fn == "max") && c != 0 {
				best = e.vals[i]
			}
		}
		e.vals = append(e.vals[:start], best)
	case "abs":
		k := start
		for i := start; i < len(e.vals); i++ {
			if v, ok := absolute(&e.vals[i]); ok {
				e.vals[k] = v
				k++
			}
		}
		e.vals = e.vals[:k]
	case "upper", "lower":
		for i := start; i < len(e.vals); i++ {
			e.vals[i].s = cased(e.vals[i].s, s.fn == "upper")
		}
	}
	return start, len(e.vals), true
}

// cased changes the letters of ASCII, as Wireshark does.
func cased(s string, upper bool) string {
	if upper {
		return strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return r - 'a' + 'A'
			}
			return r
		}, s)
	}
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, s)
}

// perNode computes what needs the field itself beside its value.
func (s *callSource) perNode(e *env) (int, int, bool) {
	start := len(e.vals)
	f, ok := s.args[0].(*fieldSource)
	if !ok {
		return start, start, false
	}
	for i := range e.t.Nodes {
		x := &e.t.Nodes[i]
		if !f.is(x) || !f.inLayers(e.t, i) {
			continue
		}
		if s.fn == "string" {
			e.vals = append(e.vals, value{c: cText, s: written(x)})
			continue
		}
		v := valueOf(e.t, x)
		n := width(x.Field.Type)
		switch v.c {
		case cText:
			n = len(v.s)
		case cBytes, cProto:
			n = len(v.b)
		}
		e.vals = append(e.vals, value{c: cUint, n: uint64(n)})
	}
	return start, len(e.vals), len(e.vals) > start
}

// compareNode compares the values of two operands, each with each.
type compareNode struct {
	a, b source
	op   op
	all  bool // every pair must compare, not just one
}

func (n *compareNode) match(e *env) bool {
	f, ok1 := n.a.(*fieldSource)
	k, ok2 := n.b.(*constant)
	if ok1 && ok2 && !f.ref {
		return n.direct(e.t, f, &k.v)
	}
	mark := len(e.vals)
	a, b, ok1 := n.a.eval(e)
	if !ok1 {
		e.vals = e.vals[:mark]
		return false
	}
	c, d, ok2 := n.b.eval(e)
	result := ok2 && n.pairs(e, a, b, c, d)
	e.vals = e.vals[:mark]
	return result
}

func (n *compareNode) pairs(e *env, a, b, c, d int) bool {
	for i := a; i < b; i++ {
		for j := c; j < d; j++ {
			if r, ok := n.op.holds(&e.vals[i], &e.vals[j]); n.all && ok && !r {
				return false
			} else if !n.all && ok && r {
				return true
			}
		}
	}
	return n.all
}

// direct compares the values of a field with one value, without putting them aside.
func (n *compareNode) direct(t *dissect.Tree, f *fieldSource, k *value) bool {
	found := false
	for i := range t.Nodes {
		x := &t.Nodes[i]
		if !f.is(x) || !f.inLayers(t, i) {
			continue
		}
		found = true
		v := valueOf(t, x)
		if r, ok := n.op.holds(&v, k); n.all && ok && !r {
			return false
		} else if !n.all && ok && r {
			return true
		}
	}
	return n.all && found
}

// matchNode looks for a regular expression.
type matchNode struct {
	a   source
	re  *regexp.Regexp
	all bool
}

func (n *matchNode) match(e *env) bool {
	mark := len(e.vals)
	from, to, ok := n.a.eval(e)
	result := ok && n.all
	for i := from; ok && i < to; i++ {
		v := &e.vals[i]
		var r bool
		switch v.c {
		case cText:
			r = n.re.MatchString(latin(v.s))
		case cProto:
			r = e.find(n.re, v.rest)
		default:
			r = e.find(n.re, v.b)
		}
		if r != n.all {
			result = r
			break
		}
	}
	e.vals = e.vals[:mark]
	return result
}

// find looks for a regular expression in bytes, each of which is a character.
func (e *env) find(re *regexp.Regexp, b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			e.text = e.text[:0]
			for _, c := range b {
				if c < 0x80 {
					e.text = append(e.text, c)
				} else {
					e.text = append(e.text, 0xc0|c>>6, 0x80|c&0x3f)
				}
			}
			return re.Match(e.text)
		}
	}
	return re.Match(b)
}

// memberNode looks for values in a set.
type memberNode struct {
	a   source
	set []memberRange
	all bool
}

// memberRange is a value of a set, or all from one to another if hi is not nil.
type memberRange struct{ lo, hi source }

func (n *memberNode) match(e *env) bool {
	mark := len(e.vals)
	a, b, ok := n.a.eval(e)
	result := false
	for i := 0; ok && i < len(n.set) && !result; i++ {
		here := len(e.vals)
		result = n.holds(e, &n.set[i], a, b)
		e.vals = e.vals[:here]
	}
	e.vals = e.vals[:mark]
	return result
}

func (n *memberNode) holds(e *env, m *memberRange, a, b int) bool {
	c, d, ok := m.lo.eval(e)
	if !ok {
		return false
	}
	if m.hi == nil {
		eq := compareNode{op: opEq, all: n.all}
		return eq.pairs(e, a, b, c, d)
	}
	x, y, ok := m.hi.eval(e)
	if !ok {
		return false
	}
	for i := a; i < b; i++ {
		if in := e.within(i, c, d, x, y); in != n.all {
			return in
		}
	}
	return n.all
}

// within says whether value i is between one of those from c and one from x.
func (e *env) within(i, c, d, x, y int) bool {
	v := &e.vals[i]
	for j := c; j < d; j++ {
		if r, ok := opGe.holds(v, &e.vals[j]); !ok || !r {
			continue
		}
		for k := x; k < y; k++ {
			if r, ok := opLe.holds(v, &e.vals[k]); ok && r {
				return true
			}
		}
	}
	return false
}

// written gives a value as string() does: numbers in decimal.
func written(x *dissect.Node) string {
	switch classOf(x.Field.Type) {
	case cUint, cUint64:
		return decimalOf(x.Uint())
	}
	return x.Value()
}
