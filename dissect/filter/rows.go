package filter

import (
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// Facts is what is known of a packet without dissecting it: enough to answer
// many expressions at once. It knows nothing of where they come from.
type Facts struct {
	Number uint32 // as frame.number
	Len    uint32 // bytes on the wire
	CapLen uint32 // bytes captured
	Time   packet.Time
	First  packet.Time // of the capture's first packet
	Prev   packet.Time // of the packet before
	Timed  bool        // Time, First and Prev are known
	Kind   Transport
	// Single says that the packet has one transport header, is no fragment, and is
	// well formed. Plain says that it has one IP header as well, so that its
	// addresses are those of Flow.
	Single, Plain bool
	// Sound says that the facts of TCP and its analysis are all there are: the
	// header was captured whole and the segment was analysed.
	Sound   bool
	Stream  uint32       // tcp.stream or udp.stream; valid unless Kind is NoTransport
	Flow    *packet.Flow // of the conversation's first packet; nil if not known
	Reverse bool         // the packet goes the other way
	PayLen  uint32       // bytes behind the transport header, on the wire
	PayOff  uint32       // where they begin in the frame; 0 if not known
	Flags   uint16       // of TCP
	Verdict tcp.Verdict
	Without Without

	// Known and Holds are answers of the tree that were kept: bit i is of leaf i.
	Known, Holds uint64
}

// Transport is the transport protocol that a packet's conversation is of.
type Transport uint8

// The transports.
const (
	NoTransport Transport = iota
	TCP
	UDP
)

// Without says which protocols a packet cannot have in its tree.
type Without uint8

// What a packet may be without.
const (
	WithoutApp   Without = 1 << iota // any that is recognised in the data of TCP
	WithoutHTTP                      // HTTP and what its messages have inside
	WithoutTLS                       // TLS and certificates
	WithoutPlain                     // any but TLS that is found by its first bytes or its port
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

// Bytes answers from a row's facts and the captured bytes of the frame. known is
// false where the tree has to be asked. It is worth calling if UsesBytes says so.
func (f *Filter) Bytes(r *Facts, frame []byte) (match, known bool) {
	if f == nil {
		return true, true
	}
	for _, l := range f.leaves {
		if l.raw == nil || l.bit == 0 || r.Known&l.bit != 0 {
			continue
		}
		switch l.raw(r, frame) {
		case yes:
			r.Known |= l.bit
			r.Holds |= l.bit
		case no:
			r.Known |= l.bit
			r.Holds &^= l.bit
		}
	}
	return f.Rows(r)
}

// UsesBytes says whether Bytes can tell more than Rows.
func (f *Filter) UsesBytes() bool { return f != nil && f.bytes }

// OfEnds says whether the expression asks for addresses and ports only, in a way
// that rows can answer: of plain packets (see Facts.Plain) all that go one way in a
// conversation have the same answer.
func (f *Filter) OfEnds() bool { return f != nil && f.ends }

// ofEnds says whether a field is one of the ends of a conversation.
func ofEnds(name string) bool {
	switch name {
	case "ip.addr", "ip.src", "ip.dst", "ipv6.addr", "ipv6.src", "ipv6.dst",
		"tcp.port", "tcp.srcport", "tcp.dstport", "udp.port", "udp.srcport", "udp.dstport":
		return true
	}
	return false
}

// UsesData says whether the expression asks for what is recognised in the data of
// TCP, so that Facts.Without is worth finding out.
func (f *Filter) UsesData() bool { return f != nil && f.data }

// Leaves lists the tests that the expression consists of, in a form that is the
// same for the same test: what was found out of one may be kept by it. The i-th is
// bit i of Facts.Known; empty ones are not to be kept, since they depend on the
// packet that is selected. Those past the 64th are not listed.
func (f *Filter) Leaves() []string {
	if f == nil {
		return nil
	}
	out := make([]string, 0, min(len(f.leaves), 64))
	for i, l := range f.leaves[:min(len(f.leaves), 64)] {
		out = append(out, l.text)
		if l.bit == 0 {
			out[i] = ""
		}
	}
	return out
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
