package filter

import (
	"cmp"
	"strings"
)

// absent says whether the facts rule out that the packet has the field.
func absent(name string, r *Facts) bool {
	proto, _, _ := strings.Cut(name, ".")
	switch proto {
	case "tcp":
		return r.Single && r.Kind == UDP
	case "udp":
		return r.Single && r.Kind == TCP
	case "http", "tls":
		// Behind a FIN an answer may end whose length nobody told (RFC 9112 §6.3).
		return r.Single && r.Kind == TCP && r.PayLen == 0 && r.Flags&0x05 == 0
	case "dns", "mdns", "llmnr", "dhcp", "ntp":
		return r.Single && r.Kind == TCP && r.PayLen == 0
	case "arp":
		return r.Single
	}
	return false
}

func (n *presence) rows(r *Facts) answer {
	if n.o.layers != nil {
		return unknown
	}
	if absent(n.o.name, r) {
		return no
	}
	switch n.o.name {
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

func (n *compareNode) rows(r *Facts) answer {
	f, ok1 := n.a.(*fieldSource)
	k, ok2 := n.b.(*constant)
	if !ok1 || !ok2 || f.ref || f.layers != nil || n.op >= opContains || k.v.c != cUint && k.v.c != cBool {
		return unknown
	}
	if absent(f.name, r) {
		return no
	}
	var a, b uint64
	two := false
	switch f.name {
	case "frame.number":
		a = uint64(r.Number)
	case "frame.len":
		a = uint64(r.Len)
	case "frame.cap_len":
		a = uint64(r.CapLen)
	default:
		if !r.Single || !(strings.HasPrefix(f.name, "tcp.") && r.Kind == TCP || strings.HasPrefix(f.name, "udp.") && r.Kind == UDP) {
			return unknown
		}
		switch f.name {
		case "tcp.stream", "udp.stream":
			a = uint64(r.Stream)
		case "tcp.port", "udp.port":
			if !r.Ports {
				return unknown
			}
			a, b, two = uint64(r.Src), uint64(r.Dst), true
		case "tcp.flags":
			a = uint64(r.Flags)
		default:
			return unknown
		}
	}
	x := n.op.order(cmp.Compare(a, k.v.n))
	if !two {
		return is(x)
	}
	y := n.op.order(cmp.Compare(b, k.v.n))
	if n.all {
		return is(x && y)
	}
	return is(x || y)
}

func (n *nonZero) rows(*Facts) answer    { return unknown }
func (n *matchNode) rows(*Facts) answer  { return unknown }
func (n *memberNode) rows(*Facts) answer { return unknown }
