package filter

import (
	"cmp"
	"strings"
)

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

func (n *xorNode) rows(r *Facts) answer {
	a, b := n.a.rows(r), n.b.rows(r)
	if a == unknown || b == unknown {
		return unknown
	}
	return is(a != b)
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

func (n *anyOf) rows(r *Facts) answer {
	all := no
	for _, x := range n.tests {
		switch x.rows(r) {
		case yes:
			return yes
		case unknown:
			all = unknown
		}
	}
	return all
}

func (n *pair) rows(*Facts) answer { return unknown }

// absent says whether the facts rule out that the packet has the field.
func absent(o *operand, r *Facts) bool {
	name := o.tok.text
	proto, _, _ := strings.Cut(name, ".")
	switch proto {
	case "tcp":
		if r.Single && r.Kind == UDP {
			return true
		}
		return r.Single && !r.Verdict && verdictNames[name]
	case "udp":
		return r.Single && r.Kind == TCP
	case "http", "tls", "ssl":
		// Behind a FIN an answer may end whose length nobody told (RFC 9112 §6.3).
		return r.Single && r.Kind == TCP && r.PayLen == 0 && r.Flags&0x05 == 0
	case "dns", "mdns", "llmnr", "dhcp", "ntp":
		return r.Single && r.Kind == TCP && r.PayLen == 0
	case "arp":
		return r.Single
	}
	return false
}

// verdictNames are the fields that stand only where the analysis had something to say.
var verdictNames = map[string]bool{
	"tcp.analysis.flags": true, "tcp.analysis.retransmission": true, "tcp.analysis.fast_retransmission": true,
	"tcp.analysis.spurious_retransmission": true, "tcp.analysis.out_of_order": true, "tcp.analysis.reused_ports": true,
	"tcp.analysis.lost_segment": true, "tcp.analysis.ack_lost_segment": true, "tcp.analysis.window_update": true,
	"tcp.analysis.window_full": true, "tcp.analysis.keep_alive": true, "tcp.analysis.keep_alive_ack": true,
	"tcp.analysis.duplicate_ack": true, "tcp.analysis.duplicate_ack_num": true, "tcp.analysis.duplicate_ack_frame": true,
	"tcp.analysis.zero_window_probe": true, "tcp.analysis.zero_window": true, "tcp.analysis.zero_window_probe_ack": true,
}

func (n *presence) rows(r *Facts) answer {
	if absent(&n.o, r) {
		return no
	}
	if n.o.hasAnd || len(n.o.slices) > 0 {
		return unknown
	}
	switch n.o.tok.text {
	case "frame":
		return yes
	case "tcp", "tcp.stream", "tcp.port", "tcp.srcport", "tcp.dstport", "tcp.len", "tcp.flags":
		if r.Kind == TCP {
			return yes
		}
	case "udp", "udp.stream", "udp.port", "udp.srcport", "udp.dstport":
		if r.Kind == UDP {
			return yes
		}
	}
	return unknown
}

func (n *comparison) rows(r *Facts) answer {
	if absent(&n.o, r) {
		return no // without a value no comparison holds
	}
	var a, b uint64
	two := false
	name := n.o.tok.text
	if n.o.fn != "" || n.v.form != formUint {
		return unknown
	}
	switch name {
	case "frame.number":
		a = uint64(r.Number)
	case "frame.len":
		a = uint64(r.Len)
	case "frame.cap_len":
		a = uint64(r.CapLen)
	default:
		if !r.Single || !(strings.HasPrefix(name, "tcp.") && r.Kind == TCP || strings.HasPrefix(name, "udp.") && r.Kind == UDP) {
			return unknown
		}
		switch name {
		case "tcp.stream", "udp.stream":
			a = uint64(r.Stream)
		case "tcp.port", "udp.port":
			if !r.Ports {
				return unknown
			}
			a, b, two = uint64(r.Src), uint64(r.Dst), true
		case "tcp.srcport", "udp.srcport", "tcp.dstport", "udp.dstport":
			if !r.Ports {
				return unknown
			}
			a = uint64(r.Src)
			if strings.HasSuffix(name, "dstport") {
				a = uint64(r.Dst)
			}
		case "tcp.len":
			a = uint64(r.PayLen)
		case "tcp.flags":
			a = uint64(r.Flags)
		default:
			bit, ok := flagBits[name]
			if !ok || n.o.hasAnd {
				return unknown
			}
			if uint64(r.Flags)&bit != 0 {
				a = 1
			}
		}
	}
	if n.o.hasAnd {
		a, b = a&n.o.and, b&n.o.and
	}
	x := n.op.holds(cmp.Compare(a, n.v.u))
	if !two {
		return is(x)
	}
	y := n.op.holds(cmp.Compare(b, n.v.u))
	if n.op == opNe || n.op == opAllEq {
		return is(x && y)
	}
	return is(x || y)
}

// flagBits are the one-bit fields of the TCP header (RFC 9293 §3.1).
var flagBits = map[string]uint64{
	"tcp.flags.fin": 1, "tcp.flags.syn": 2, "tcp.flags.reset": 4, "tcp.flags.push": 8,
	"tcp.flags.ack": 16, "tcp.flags.urg": 32, "tcp.flags.ece": 64, "tcp.flags.cwr": 128,
}

func (n *within) rows(r *Facts) answer {
	if absent(&n.lo.o, r) {
		return no
	}
	switch n.lo.o.tok.text {
	case "tcp.port", "udp.port": // one and the same port must satisfy both
		if n.lo.v.form != formUint || !r.Ports || !r.Single || n.lo.o.hasAnd || n.lo.o.fn != "" {
			return unknown
		}
		if n.lo.o.tok.text[:3] == "tcp" && r.Kind != TCP || n.lo.o.tok.text[:3] == "udp" && r.Kind != UDP {
			return unknown
		}
		in := func(p uint16) bool { return uint64(p) >= n.lo.v.u && uint64(p) <= n.hi.v.u }
		return is(in(r.Src) || in(r.Dst))
	}
	a, b := n.lo.rows(r), n.hi.rows(r)
	switch {
	case a == no || b == no:
		return no
	case a == yes && b == yes:
		return yes
	}
	return unknown
}
