package filter

import (
	"strconv"
	"strings"

	"tcplens/dissect"
)

// Filter is a compiled expression. It does not change once made and may be used by
// several goroutines at once.
type Filter struct {
	expr   string
	root   node
	fields []*dissect.Field
	refs   []*fieldOperand
	tree   expr
	known  dissect.Lookup
	warns  []Warning
	leaves []*leaf
	bytes  bool // one of the leaves looks at bytes
	data   bool // one of them asks for what is recognised in the data of TCP
	ends   bool // all of them ask for the ends of the conversation only
}

// String gives the expression as it was written.
func (f *Filter) String() string {
	if f == nil {
		return ""
	}
	return f.expr
}

// Fields lists the fields and protocols that the expression reads from a packet.
func (f *Filter) Fields() []*dissect.Field {
	if f == nil {
		return nil
	}
	return f.fields
}

// Warnings lists what is odd about the expression, in its order.
func (f *Filter) Warnings() []Warning {
	if f == nil {
		return nil
	}
	return f.warns
}

// Parse compiles an expression. An empty one gives nil, which matches everything.
// Errors are of type *Error.
func Parse(expr string, known dissect.Lookup) (*Filter, error) {
	f, err := parse(expr, known)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func parse(expr string, known dissect.Lookup) (*Filter, *Error) {
	if strings.TrimSpace(expr) == "" {
		return nil, nil
	}
	p := &parser{lex: lexer{src: expr}, known: known}
	tree, err := p.whole()
	if err != nil {
		return nil, err
	}
	return compiled(expr, tree, p)
}

func compiled(text string, tree expr, p *parser) (*Filter, *Error) {
	c := &compiler{known: p.known, p: p}
	root, err := c.expr(tree)
	if err != nil {
		return nil, err
	}
	f := &Filter{expr: text, root: root, tree: tree, known: p.known, fields: c.fields, refs: c.refs, warns: p.warns}
	f.take(c.leaves)
	return f, nil
}

// take keeps the leaves of a compiled expression.
func (f *Filter) take(leaves []*leaf) {
	f.leaves, f.bytes, f.data, f.ends = leaves, false, false, len(leaves) > 0
	for _, x := range f.fields {
		f.ends = f.ends && ofEnds(x.Abbrev)
	}
	for _, l := range leaves {
		f.bytes = f.bytes || l.raw != nil
		f.ends = f.ends && l.fact != nil
		for _, n := range l.needs {
			f.data = f.data || n.ofData()
		}
	}
}

// References lists the fields of the selected packet that the expression refers
// to, ${field}, as they are named. A filter that has some matches by them only once
// it is bound.
func (f *Filter) References() []string {
	if f == nil {
		return nil
	}
	var out []string
	for _, r := range f.refs {
		out = append(out, r.fields[0].Abbrev)
	}
	return out
}

// Bind gives a filter whose references have the values of a packet, the selected
// one; nil for none. The tree is not kept. A filter without references is given
// back as it is.
func (f *Filter) Bind(t *dissect.Tree) *Filter {
	if f == nil || len(f.refs) == 0 {
		return f
	}
	g := *f
	values := make(map[*fieldSource]bool)
	p := &parser{lex: lexer{src: f.expr}, known: f.known}
	c := &compiler{known: f.known, p: p}
	root, err := c.expr(f.tree)
	if err != nil {
		return f // it compiled before
	}
	eachSource(root, func(s source) {
		r, ok := s.(*fieldSource)
		if !ok || !r.ref || values[r] || t == nil {
			return
		}
		values[r] = true
		from := fieldSource{name: r.name, fields: r.fields, layers: r.layers}
		e := env{t: t}
		from.eval(&e)
		for _, v := range e.vals {
			v.b = append([]byte(nil), v.b...)
			v.rest = append([]byte(nil), v.rest...)
			r.values = append(r.values, v)
		}
	})
	g.root = root
	g.take(c.leaves)
	return &g
}

// eachSource calls do with the operands of an expression, and theirs.
func eachSource(n node, do func(source)) {
	switch n := n.(type) {
	case *orNode:
		eachSource(n.a, do)
		eachSource(n.b, do)
	case *andNode:
		eachSource(n.a, do)
		eachSource(n.b, do)
	case *notNode:
		eachSource(n.n, do)
	case leafNode:
		eachSource(n.test, do)
	case *presence:
		within(n.o, do)
	case *nonZero:
		within(n.o, do)
	case *compareNode:
		within(n.a, do)
		within(n.b, do)
	case *matchNode:
		within(n.a, do)
	case *memberNode:
		within(n.a, do)
		for _, m := range n.set {
			within(m.lo, do)
			if m.hi != nil {
				within(m.hi, do)
			}
		}
	}
}

func within(s source, do func(source)) {
	do(s)
	switch s := s.(type) {
	case *sliceSource:
		within(s.x, do)
	case *arithSource:
		within(s.a, do)
		within(s.b, do)
	case *minusSource:
		within(s.x, do)
	case *callSource:
		for _, a := range s.args {
			within(a, do)
		}
	}
}

func decimalOf(v uint64) string { return strconv.FormatUint(v, 10) }
