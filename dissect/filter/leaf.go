package filter

import (
	"bytes"
	"strings"

	"tcplens/dissect"
)

// leaf is one test of an expression: what evaluates it over a tree, and what is
// known of it beforehand.
type leaf struct {
	test node
	text string // canonical: the same for the same test
	bit  uint64 // in Facts.Known; 0 if there are too many
	fact rowTest
	// absent says that one of these names must be in the tree for the test to hold.
	needs []need
	raw   func(r *Facts, frame []byte) answer // nil if bytes tell nothing
}

// leafNode is a leaf in its place.
type leafNode struct{ *leaf }

func (n leafNode) match(e *env) bool {
	if n.bit != 0 && e.known&n.bit != 0 {
		return e.holds&n.bit != 0
	}
	m := n.test.match(e)
	if n.bit != 0 {
		e.known |= n.bit
		if m {
			e.holds |= n.bit
		}
	}
	return m
}

func (n leafNode) rows(r *Facts) answer {
	if n.bit != 0 && r.Known&n.bit != 0 {
		return is(r.Holds&n.bit != 0)
	}
	if n.fact != nil {
		if a := n.fact(r); a != unknown {
			return a
		}
	}
	for _, x := range n.needs {
		if x.absent(r) {
			return no
		}
	}
	return unknown
}

// MatchKnown says whether the packet of a tree satisfies the expression, and adds
// to known and holds what was found out of its leaves.
func (f *Filter) MatchKnown(t *dissect.Tree, r *Facts) bool {
	if f == nil {
		return true
	}
	e := envs.Get().(*env)
	e.t, e.vals, e.known, e.holds = t, e.vals[:0], r.Known, r.Holds
	m := f.root.match(e)
	r.Known, r.Holds = e.known, e.holds
	e.t = nil
	envs.Put(e)
	return m
}

// leafOf makes a leaf of a compiled test.
func (c *compiler) leafOf(n node, x expr) node {
	text := canonical(x)
	for _, l := range c.leaves {
		if l.text == text {
			return leafNode{l}
		}
	}
	l := &leaf{test: n, text: text}
	if len(c.leaves) < 64 {
		l.bit = 1 << len(c.leaves)
	}
	refs := false
	eachSource(n, func(s source) {
		if f, ok := s.(*fieldSource); ok && f.ref {
			refs = true
		}
	})
	if refs {
		l.bit = 0 // it depends on what is selected
	}
	l.fact = factTest(n)
	l.needs = needsOf(n)
	l.raw = rawTest(n)
	c.leaves = append(c.leaves, l)
	return leafNode{l}
}

// canonical writes a test so that it is the same for the same test: with one space
// between its words.
func canonical(x expr) string {
	var b strings.Builder
	word := func(s string) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s)
	}
	switch x := x.(type) {
	case *existsExpr:
		word(x.x.at().src)
	case *compareExpr:
		word([...]string{"", "any", "all"}[x.quant])
		word(x.a.at().src)
		word([...]string{"==", "!=", "<", "<=", ">", ">=", "contains", "matches"}[x.op])
		word(x.b.at().src)
	case *memberExpr:
		word([...]string{"", "any", "all"}[x.quant])
		word(x.a.at().src)
		word("in")
		for _, e := range x.set {
			word(e.lo.at().src)
			if e.hi != nil {
				word("..")
				word(e.hi.at().src)
			}
		}
	}
	return b.String()
}

// rawTest gives what the bytes of a frame say of a test; nil for nothing.
func rawTest(n node) func(*Facts, []byte) answer {
	switch n := n.(type) {
	case *compareNode:
		f, ok1 := n.a.(*fieldSource)
		k, ok2 := n.b.(*constant)
		if !ok1 || !ok2 || n.op != opContains || f.ref || f.layers != nil || len(k.v.b) == 0 {
			return nil
		}
		want := k.v.b
		switch f.name {
		case "frame":
			return func(_ *Facts, frame []byte) answer { return is(bytes.Contains(frame, want)) }
		case "tcp.payload", "tcp", "udp", "udp.payload", "ip", "ipv6", "eth":
			// What is not in the frame is not in a part of it.
			return func(r *Facts, frame []byte) answer {
				if r.Single && !bytes.Contains(frame, want) {
					return no
				}
				return unknown
			}
		}
	case *matchNode:
		f, ok := n.a.(*fieldSource)
		if !ok || f.name != "frame" || f.ref || f.layers != nil {
			return nil
		}
		return func(_ *Facts, frame []byte) answer {
			e := envs.Get().(*env)
			found := e.find(n.re, frame)
			envs.Put(e)
			return is(found)
		}
	}
	return nil
}

// need is a field or protocol that must be in the tree for a test to hold.
type need struct {
	proto  string // before the first dot
	absent func(r *Facts) bool
}

// needsOf lists what a test needs.
func needsOf(n node) []need {
	var out []need
	add := func(s source) {
		if f, ok := s.(*fieldSource); ok && !f.ref {
			if x := needOf(f.name); x.absent != nil {
				out = append(out, x)
			}
		}
	}
	switch n := n.(type) {
	case *presence:
		add(n.o)
	case *nonZero:
		required(n.o, add)
	case *compareNode:
		required(n.a, add)
		required(n.b, add)
	case *matchNode:
		required(n.a, add)
	case *memberNode:
		required(n.a, add)
	}
	return out
}

// required calls add with the fields without which an operand has no value. An
// argument of min and max may be missing.
func required(s source, add func(source)) {
	switch s := s.(type) {
	case *fieldSource:
		add(s)
	case *sliceSource:
		required(s.x, add)
	case *arithSource:
		required(s.a, add)
		required(s.b, add)
	case *minusSource:
		required(s.x, add)
	case *callSource:
		if len(s.args) == 1 {
			required(s.args[0], add)
		}
	}
}

// needOf says when the facts rule a name out.
func needOf(name string) need {
	proto, _, _ := strings.Cut(name, ".")
	x := need{proto: proto}
	switch proto {
	case "tcp":
		x.absent = func(r *Facts) bool { return r.Single && r.Kind == UDP }
	case "udp":
		x.absent = func(r *Facts) bool { return r.Single && r.Kind == TCP }
	case "arp":
		x.absent = func(r *Facts) bool { return r.Single }
	case "http", "http2", "grpc", "websocket":
		x.absent = func(r *Facts) bool { return r.Without&(WithoutApp|WithoutHTTP) != 0 }
	case "tls", "x509af", "x509ce", "x509if", "x509sat", "pkcs1", "pkix1explicit", "pkix1implicit", "ocsp":
		x.absent = func(r *Facts) bool { return r.Without&(WithoutApp|WithoutTLS) != 0 }
	case "json", "urlencoded-form", "mime_multipart", "media", "data-text-lines", "xml", "protobuf": // others than HTTP have them, too
		x.absent = func(r *Facts) bool { return r.Without&WithoutApp != 0 }
	case "dns", "resp", "pgsql", "mysql", "mqtt", "ssh", "socks":
		x.absent = func(r *Facts) bool { return r.Without&(WithoutApp|WithoutPlain) != 0 }
	case "mdns", "llmnr", "dhcp", "ntp", "quic":
		x.absent = func(r *Facts) bool { return r.Single && r.Kind == TCP }
	}
	return x
}

// ofData says whether a name belongs to what is recognised in the data of TCP.
func (x need) ofData() bool {
	switch x.proto {
	case "tcp", "udp", "arp", "mdns", "llmnr", "dhcp", "ntp", "quic":
		return false
	}
	return x.absent != nil
}
