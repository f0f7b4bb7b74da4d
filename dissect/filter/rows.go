package filter

// Facts is what is known of a packet without dissecting it: enough to answer
// many expressions at once. It holds plain numbers only, so that this package
// needs to know nothing of where they come from.
type Facts struct {
	Number  uint32 // as frame.number
	Len     uint32 // bytes on the wire
	CapLen  uint32 // bytes captured
	Kind    Transport
	Single  bool   // the packet has one transport header, is no fragment, and is well formed
	Stream  uint32 // tcp.stream or udp.stream; valid unless Kind is NoTransport
	PayLen  uint32 // bytes behind the transport header, on the wire
	Flags   uint16 // of TCP
	Verdict bool   // the sequence analysis of TCP found something to say
	Src     uint16 // ports, valid with Ports
	Dst     uint16
	Ports   bool
}

// Transport is the transport protocol that a packet's conversation is of.
type Transport uint8

// The transports.
const (
	NoTransport Transport = iota
	TCP
	UDP
)

// answer is what facts can say: yes, no, or ask the tree.
type answer uint8

const (
	unknown answer = iota
	no
	yes
)

func is(b bool) answer {
	if b {
		return yes
	}
	return no
}

// Rows answers from a row's facts alone. known is false where the tree has to be
// asked. A nil Filter matches everything.
func (f *Filter) Rows(r *Facts) (match, known bool) {
	if f == nil {
		return true, true
	}
	a := f.root.rows(r)
	return a == yes, a != unknown
}

func (n *orNode) rows(r *Facts) answer {
	a := n.a.rows(r)
	if a == yes {
		return yes
	}
	b := n.b.rows(r)
	switch {
	case b == yes:
		return yes
	case a == no && b == no:
		return no
	}
	return unknown
}

func (n *andNode) rows(r *Facts) answer {
	a := n.a.rows(r)
	if a == no {
		return no
	}
	b := n.b.rows(r)
	switch {
	case b == no:
		return no
	case a == yes && b == yes:
		return yes
	}
	return unknown
}

func (n *notNode) rows(r *Facts) answer {
	switch n.n.rows(r) {
	case yes:
		return no
	case no:
		return yes
	}
	return unknown
}
