package filter

import (
	"fmt"
	"strings"

	"tcplens/dissect"
)

// compiler turns the tree of an expression into what can be evaluated. It checks
// the types as Wireshark 4.0 does: the left side of a comparison says of what type
// a value on its right is.
type compiler struct {
	known  dissect.Lookup
	p      *parser
	fields []*dissect.Field // read from a packet
	refs   []*fieldOperand  // read from the selected one
	leaves []*leaf
	last   *compareExpr // the comparison that was compiled last, for suggestions
}

func (c *compiler) warn(t token, msg string) {
	c.p.warns = append(c.p.warns, Warning{t.pos, t.len, msg})
}

func (c *compiler) expr(x expr) (node, *Error) {
	switch x := x.(type) {
	case *notExpr:
		n, err := c.expr(x.x)
		if err != nil {
			return nil, err
		}
		return &notNode{n}, nil
	case *logicExpr:
		a, err := c.expr(x.a)
		if err != nil {
			return nil, err
		}
		b, err := c.expr(x.b)
		if err != nil {
			return nil, err
		}
		if x.or {
			return &orNode{a, b}, nil
		}
		return &andNode{a, b}, nil
	}
	n, err := c.test(x)
	if err != nil {
		return nil, err
	}
	if m, ok := n.(*notNode); ok { // not in
		return &notNode{c.leafOf(m.n, x)}, nil
	}
	return c.leafOf(n, x), nil
}

func (c *compiler) test(x expr) (node, *Error) {
	switch x := x.(type) {
	case *existsExpr:
		return c.exists(x.x)
	case *compareExpr:
		c.last = x
		return c.compare(x)
	case *memberExpr:
		return c.member(x)
	}
	return nil, &Error{Msg: "the expression is empty"}
}

// exists compiles an operand that stands alone.
func (c *compiler) exists(x operand) (node, *Error) {
	switch x := x.(type) {
	case *valueOperand:
		e := c.p.notAField(x.tok)
		if l := c.last; l != nil && l.op < opContains && e.Suggest == "" {
			e.Suggest = l.a.at().src + " " + l.opTok.text + " " + x.tok.src
		}
		return nil, e
	case *callOperand:
		return nil, errAt(x.all, fmt.Sprintf("%s gives a value: compare it with something", x.tok.text+"()"))
	case *fieldOperand:
		if x.ref {
			return nil, errAt(x.tok, "a reference is a value: compare a field with it")
		}
		if len(x.fields) > 0 && x.fields[0].Type == dissect.TBool && x.fields[0].Mask != 0 {
			c.warn(x.tok, fmt.Sprintf("%s alone asks whether the field is there, whatever it says: %s == 1 asks whether it is set", x.tok.text, x.tok.text))
		}
		return &presence{c.field(x)}, nil
	}
	src, t, err := c.operand(x, nil)
	if err != nil {
		return nil, err
	}
	_, sliced := x.(*sliceOperand)
	if !sliced && t.class() == cNone {
		return nil, errAt(x.at(), t.name+" is a label without a value")
	}
	return &nonZero{src, sliced}, nil
}

// field makes what reads a field.
func (c *compiler) field(x *fieldOperand) *fieldSource {
	s := &fieldSource{name: x.fields[0].Abbrev, fields: x.fields, layers: x.layers}
	if x.ref {
		s.ref = true
		c.refs = append(c.refs, x)
		return s
	}
	c.fields = append(c.fields, x.fields...)
	return s
}

// operand compiles something that has values. want is the type that a written
// value gets; nil where there is none, on the left of a comparison.
func (c *compiler) operand(x operand, want *typ) (source, typ, *Error) {
	switch x := x.(type) {
	case *fieldOperand:
		f := x.fields[0]
		return c.field(x), typ{f.Type, f, x.tok.src}, nil
	case *valueOperand:
		if want == nil {
			return nil, typ{}, c.p.notAField(x.tok)
		}
		v, err := literal(x.tok, *want, false)
		return &constant{v}, *want, err
	case *sliceOperand:
		return c.slice(x)
	case *callOperand:
		return c.call(x, want)
	case *minusOperand:
		return c.minus(x, want)
	case *arithOperand:
		return c.arith(x, want)
	}
	return nil, typ{}, &Error{Msg: "the expression is empty"}
}

func (c *compiler) slice(x *sliceOperand) (source, typ, *Error) {
	if v, ok := x.x.(*valueOperand); ok {
		return nil, typ{}, c.p.notAField(v.tok)
	}
	src, t, err := c.operand(x.x, nil)
	if err != nil {
		return nil, typ{}, err
	}
	if !t.sliced() {
		return nil, typ{}, errAt(x.tok, fmt.Sprintf("%s is %s: it has no bytes to take a part of", t.name, t.kindWord()))
	}
	return &sliceSource{src, x.spans}, typ{t: dissect.TBytes, name: x.tok.src}, nil
}

// sliced makes bytes of an operand, to compare it with bytes.
func sliced(src source, t typ) (source, typ) {
	return &sliceSource{src, []span{{n: -1}}}, typ{t: dissect.TBytes, name: t.name}
}

func (c *compiler) minus(x *minusOperand, want *typ) (source, typ, *Error) {
	src, t, err := c.operand(x.x, want)
	if err != nil {
		return nil, t, err
	}
	if !t.arith('n') {
		return nil, t, errAt(x.tok, fmt.Sprintf("%s is %s, which has no sign", t.name, t.kindWord()))
	}
	if k, ok := src.(*constant); ok {
		v, ok := negate(&k.v)
		if !ok {
			return nil, t, errAt(x.tok, x.tok.src+" is too small a number")
		}
		return &constant{v}, t, nil
	}
	return &minusSource{src}, t, nil
}

func (c *compiler) arith(x *arithOperand, want *typ) (source, typ, *Error) {
	for _, o := range []operand{x.a, x.b} {
		if v, ok := o.(*valueOperand); ok && v.tok.kind != tWord {
			return nil, typ{}, errAt(v.tok, quote(v.tok)+" is not a number to compute with")
		}
	}
	if _, ok := x.a.(*valueOperand); ok && want == nil {
		return nil, typ{}, errAt(x.a.at(), "a value cannot come first, since it gets its type from a field before it: write the field first, as in tcp.len * 2")
	}
	a, t, err := c.operand(x.a, want)
	if err != nil {
		return nil, t, err
	}
	if !t.arith(x.op) {
		e := errAt(x.opAt, fmt.Sprintf("%s is %s, which has no %c", t.name, t.kindWord(), x.op))
		if x.op == '&' && t.class() == cProto {
			e.Suggest = "&&"
		}
		return nil, t, e
	}
	b, u, err := c.operand(x.b, &t)
	if err != nil {
		return nil, t, err
	}
	if !compatible(t, u) {
		return nil, t, errAt(x.opAt, fmt.Sprintf("%s is %s and %s %s: there is no %c of both", t.name, t.kindWord(), u.name, u.kindWord(), x.op))
	}
	if !u.arith(x.op) {
		return nil, t, errAt(x.opAt, fmt.Sprintf("%s is %s, which has no %c", u.name, u.kindWord(), x.op))
	}
	t.name = x.tok.src
	if k, ok := a.(*constant); ok {
		if l, ok := b.(*constant); ok {
			v, ok := arith(x.op, &k.v, &l.v)
			if !ok {
				return nil, t, errAt(x.tok, x.tok.src+" has no value: it divides by zero or is too large")
			}
			return &constant{v}, t, nil
		}
	}
	return &arithSource{x.op, a, b}, t, nil
}

// compare compiles a op b.
func (c *compiler) compare(x *compareExpr) (node, *Error) {
	if v, ok := x.a.(*valueOperand); ok {
		return nil, c.valueFirst(x, v)
	}
	a, t, err := c.operand(x.a, nil)
	if err != nil {
		return nil, err
	}
	if err := c.allowed(x.op, t, x.opTok, x.a); err != nil {
		return nil, err
	}
	all := x.quant == allOf
	if x.op == opMatches {
		return c.matches(x, a, t, all)
	}
	v, isValue := x.b.(*valueOperand)
	if isValue {
		k, err := c.written(v, t, x.op == opContains)
		if err != nil {
			return nil, err
		}
		c.oddities(x, t, v)
		return &compareNode{a: a, b: &constant{k}, op: x.op, all: all}, nil
	}
	b, u, err := c.operand(x.b, &t)
	if err != nil {
		return nil, err
	}
	if a, t, b, u, err = c.together(x.opTok, x.a, a, t, x.b, b, u); err != nil {
		return nil, err
	}
	if x.op == opContains && !u.contains() {
		return nil, errAt(x.b.at(), fmt.Sprintf("%s is %s: contains looks for a text or bytes", u.name, u.kindWord()))
	}
	if k, ok := b.(*constant); ok && (t.class() == cUint || t.class() == cUint64) && int64(k.v.n) < 0 && (k.v.c == cInt || k.v.c == cInt64) {
		if _, isField := x.a.(*fieldOperand); isField {
			c.warn(x.b.at(), fmt.Sprintf("%s is never negative: no packet compares with %s", t.name, x.b.at().src))
		}
	}
	return &compareNode{a: a, b: b, op: x.op, all: all}, nil
}

// written reads a value on the right of a comparison.
func (c *compiler) written(v *valueOperand, t typ, part bool) (value, *Error) {
	k, err := literal(v.tok, t, part)
	if err != nil {
		if s := Suggest(v.tok.text, c.known); err.Suggest == "" && v.tok.kind == tWord && strings.Contains(v.tok.text, ".") && s != "" && strings.Trim(v.tok.text, "0123456789.") != "" {
			if f := c.known[s]; len(f) > 0 && compatible(t, typ{t: f[0].Type}) {
				err.Suggest = s
			}
		}
		return k, err
	}
	if t.class() == cText && v.tok.kind == tWord {
		c.warn(v.tok, fmt.Sprintf("a text stands in quotes: %s", asWritten(v.tok.text)))
	}
	return k, nil
}

// together makes the two sides of a comparison comparable: where one is a part of
// some bytes, the other is taken as bytes too.
func (c *compiler) together(at token, xa operand, a source, t typ, xb operand, b source, u typ) (source, typ, source, typ, *Error) {
	if compatible(t, u) {
		return a, t, b, u, nil
	}
	_, sa := xa.(*sliceOperand)
	_, sb := xb.(*sliceOperand)
	if sb && !sa && t.sliced() {
		a, t = sliced(a, t)
	}
	if sa && !sb && u.sliced() {
		b, u = sliced(b, u)
	}
	if compatible(t, u) {
		return a, t, b, u, nil
	}
	return a, t, b, u, errAt(at, fmt.Sprintf("%s is %s and %s %s: they cannot be compared", t.name, t.kindWord(), u.name, u.kindWord()))
}

// allowed says whether an operator may have values of the type on its left.
func (c *compiler) allowed(o op, t typ, at token, x operand) *Error {
	name := t.name
	switch {
	case t.class() == cNone:
		return errAt(at, fmt.Sprintf("%s is a label without a value: name it alone", name))
	case o == opContains && !t.contains(), o == opMatches && !t.matches():
		e := errAt(at, fmt.Sprintf("%s is %s, neither text nor bytes: %s does not apply", name, t.kindWord(), at.text))
		if f, ok := x.(*fieldOperand); ok && t.texted() && !f.ref {
			e.Suggest = "string(" + name + ") " + at.text
		}
		if t.t == dissect.TUintBytes || t.t == dissect.TOID {
			e.Msg = fmt.Sprintf("%s is %s: %s does not apply, but it does to a part, %s[0:]", name, t.kindWord(), at.text, name)
		}
		return e
	}
	return nil
}

// valueFirst says that a comparison begins with a value.
func (c *compiler) valueFirst(x *compareExpr, v *valueOperand) *Error {
	if f, ok := x.b.(*fieldOperand); ok && x.op < opContains {
		e := errAt(v.tok, fmt.Sprintf("%s stands on the wrong side: the field comes first", quote(v.tok)))
		mirrored := map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
		o := x.opTok.text
		if m := mirrored[o]; m != "" {
			o = m
		}
		e.Suggest = f.tok.src + " " + o + " " + v.tok.src
		return e
	}
	return c.p.notAField(v.tok)
}

// oddities warns of what is valid and seldom meant.
func (c *compiler) oddities(x *compareExpr, t typ, v *valueOperand) {
	f, ok := x.a.(*fieldOperand)
	if !ok || x.quant != allOf || x.op != opNe || t.field == nil {
		return
	}
	switch f.tok.text {
	case "ip.addr", "ipv6.addr", "eth.addr", "tcp.port", "udp.port", "ip.host", "ipv6.host":
		c.warn(x.opTok, fmt.Sprintf("holds where no %s is %s, and never without one: !(%s == %s) takes the packets without one too",
			f.tok.text, v.tok.src, f.tok.text, v.tok.src))
	}
}

// member compiles a in {…}.
func (c *compiler) member(x *memberExpr) (node, *Error) {
	f, ok := x.a.(*fieldOperand)
	if !ok {
		if v, isValue := x.a.(*valueOperand); isValue {
			return nil, c.p.notAField(v.tok)
		}
		return nil, errAt(x.a.at(), "only a field may be looked for in a set, not what is computed")
	}
	a, t, err := c.operand(f, nil)
	if err != nil {
		return nil, err
	}
	if t.class() == cNone {
		return nil, errAt(x.opTok, fmt.Sprintf("%s is a label without a value: name it alone", t.name))
	}
	set := &memberNode{a: a, all: x.quant == allOf}
	value := func(o operand) (source, *Error) {
		if v, ok := o.(*valueOperand); ok {
			k, err := c.written(v, t, false)
			return &constant{k}, err
		}
		b, u, err := c.operand(o, &t)
		if err == nil && !compatible(t, u) {
			err = errAt(o.at(), fmt.Sprintf("%s is %s and %s %s: they cannot be compared", t.name, t.kindWord(), u.name, u.kindWord()))
		}
		return b, err
	}
	for _, e := range x.set {
		var m memberRange
		if m.lo, err = value(e.lo); err != nil {
			return nil, err
		}
		if e.hi != nil {
			if m.hi, err = value(e.hi); err != nil {
				return nil, err
			}
			lo, ok1 := m.lo.(*constant)
			hi, ok2 := m.hi.(*constant)
			if ok1 && ok2 {
				if order, ok := compare(&lo.v, &hi.v); ok && order > 0 {
					c.warn(c.p.join(e.lo.at(), e.hi.at()), "the range is empty: it goes from a larger value to a smaller one")
				}
			}
		}
		set.set = append(set.set, m)
	}
	if x.not {
		return &notNode{set}, nil
	}
	return set, nil
}
