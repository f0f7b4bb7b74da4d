package filter

import (
	"cmp"
	"net/netip"
	"strings"

	"tcplens/internal/tcp"
)

// rowTest answers a test from the facts of a row.
type rowTest func(r *Facts) answer

// reading reads the values of a field from a row: n of them, 0 if the packet does
// not have the field. known is false where the row cannot tell.
type reading func(r *Facts) (a, b uint64, n int, known bool)

// factTest gives what the facts say of a test; nil for nothing.
func factTest(n node) rowTest {
	switch n := n.(type) {
	case *presence:
		return presenceTest(n.o)
	case *nonZero:
		if read := readingOf(n.o); read != nil && !n.bytes {
			return func(r *Facts) answer {
				a, b, k, known := read(r)
				if !known {
					return unknown
				}
				return is(k > 0 && a != 0 || k > 1 && b != 0)
			}
		}
	case *compareNode:
		k, ok := n.b.(*constant)
		if !ok || n.op >= opContains {
			return nil
		}
		if test := addressTest(n, &k.v); test != nil {
			return test
		}
		read := readingOf(n.a)
		if read == nil {
			return nil
		}
		want, fits := k.v.unsigned()
		if sign := signedField(n.a); sign {
			return signedTest(n, read, int64(k.v.n))
		}
		if !fits || k.v.c == cFloat || k.v.c >= cIPv4 {
			return nil
		}
		op, all := n.op, n.all
		return func(r *Facts) answer {
			a, b, k, known := read(r)
			switch {
			case !known:
				return unknown
			case k == 0:
				return no
			}
			x := op.order(cmp.Compare(a, want))
			if k == 1 || x != all {
				return is(x)
			}
			return is(op.order(cmp.Compare(b, want)))
		}
	case *memberNode:
		return memberTest(n)
	}
	return nil
}

// signedField says whether a row's values of an operand are signed: times.
func signedField(s source) bool {
	f, ok := s.(*fieldSource)
	if !ok || len(f.fields) == 0 {
		return false
	}
	c := classOf(f.fields[0].Type)
	return c == cRel || c == cAbs
}

func signedTest(n *compareNode, read reading, want int64) rowTest {
	return func(r *Facts) answer {
		a, _, k, known := read(r)
		switch {
		case !known:
			return unknown
		case k == 0:
			return no
		}
		return is(n.op.order(cmp.Compare(int64(a), want)))
	}
}

// memberTest answers a in {…} where all of the set is written.
func memberTest(n *memberNode) rowTest {
	read := readingOf(n.a)
	if read == nil || signedField(n.a) {
		return addressMember(n)
	}
	type reach struct{ lo, hi uint64 }
	var set []reach
	for _, m := range n.set {
		lo, ok := m.lo.(*constant)
		if !ok {
			return nil
		}
		a, fits := lo.v.unsigned()
		b := a
		if m.hi != nil {
			hi, ok := m.hi.(*constant)
			if !ok {
				return nil
			}
			var fits2 bool
			b, fits2 = hi.v.unsigned()
			fits = fits && fits2
		}
		if !fits {
			return nil
		}
		set = append(set, reach{a, b})
	}
	all := n.all
	return func(r *Facts) answer {
		a, b, k, known := read(r)
		switch {
		case !known:
			return unknown
		case k == 0:
			return no
		}
		for _, s := range set {
			x := a >= s.lo && a <= s.hi
			if k > 1 && x == all {
				x = b >= s.lo && b <= s.hi
			}
			if x {
				return yes
			}
		}
		return no
	}
}

// presenceTest answers whether a field is there.
func presenceTest(f *fieldSource) rowTest {
	if f.layers != nil {
		return nil
	}
	if v, ok := verdictOf(f.name); ok {
		return func(r *Facts) answer {
			if r.Kind != TCP || !r.Single || !r.Sound {
				return unknown
			}
			// The answer to a SYN that uses ports again is told of, too, but not in its row.
			const answer = uint16(tcp.SYN | tcp.ACK)
			if v&tcp.ReusedPorts != 0 && r.Flags&answer == answer && r.Verdict&v == 0 {
				return unknown
			}
			return is(r.Verdict&v != 0)
		}
	}
	switch f.name {
	case "frame":
		return func(*Facts) answer { return yes }
	case "tcp":
		return func(r *Facts) answer {
			if r.Kind == TCP && r.Single {
				return yes
			}
			return unknown
		}
	case "udp":
		return func(r *Facts) answer {
			if r.Kind == UDP && r.Single {
				return yes
			}
			return unknown
		}
	case "ip", "ip.addr", "ip.src", "ip.dst", "ipv6", "ipv6.addr", "ipv6.src", "ipv6.dst":
		v4 := !strings.HasPrefix(f.name, "ipv6")
		return func(r *Facts) answer {
			if !r.Plain || r.Flow == nil {
				return unknown
			}
			return is(r.Flow.Src.Addr.Is4() == v4)
		}
	}
	if read := readingOf(f); read != nil {
		return func(r *Facts) answer {
			_, _, n, known := read(r)
			if !known {
				return unknown
			}
			return is(n > 0)
		}
	}
	return nil
}

// anyVerdict are the verdicts for which the tree has tcp.analysis.flags.
const anyVerdict = tcp.ZeroWindowProbeAck<<1 - 1

// verdictOf gives the verdicts that a field of the sequence analysis stands for.
func verdictOf(name string) (tcp.Verdict, bool) {
	switch name {
	case "tcp.analysis.flags":
		return anyVerdict, true
	case "tcp.analysis.retransmission":
		return tcp.Retransmission | tcp.FastRetransmission | tcp.SpuriousRetransmission, true
	case "tcp.analysis.fast_retransmission":
		return tcp.FastRetransmission, true
	case "tcp.analysis.spurious_retransmission":
		return tcp.SpuriousRetransmission, true
	case "tcp.analysis.out_of_order":
		return tcp.OutOfOrder, true
	case "tcp.analysis.reused_ports":
		return tcp.ReusedPorts, true
	case "tcp.analysis.lost_segment":
		return tcp.LostSegment, true
	case "tcp.analysis.ack_lost_segment":
		return tcp.AckLostSegment, true
	case "tcp.analysis.window_update":
		return tcp.WindowUpdate, true
	case "tcp.analysis.window_full":
		return tcp.WindowFull, true
	case "tcp.analysis.keep_alive":
		return tcp.KeepAlive, true
	case "tcp.analysis.keep_alive_ack":
		return tcp.KeepAliveAck, true
	case "tcp.analysis.duplicate_ack", "tcp.analysis.duplicate_ack_num", "tcp.analysis.duplicate_ack_frame":
		return tcp.DuplicateAck, true
	case "tcp.analysis.zero_window_probe":
		return tcp.ZeroWindowProbe, true
	case "tcp.analysis.zero_window":
		return tcp.ZeroWindow, true
	case "tcp.analysis.zero_window_probe_ack":
		return tcp.ZeroWindowProbeAck, true
	}
	return 0, false
}

// flagBit gives the bit of a one-bit field of the TCP header (RFC 9293 §3.1).
func flagBit(name string) uint16 {
	for i, f := range [...]string{"fin", "syn", "reset", "push", "ack", "urg", "ece", "cwr"} {
		if name == "tcp.flags."+f {
			return 1 << i
		}
	}
	return 0
}

// readingOf gives what reads an operand's numbers from a row; nil if nothing does.
func readingOf(s source) reading {
	switch s := s.(type) {
	case *fieldSource:
		if s.ref || s.layers != nil {
			return nil
		}
		return fieldReading(s.name)
	case *arithSource:
		k, ok := s.b.(*constant)
		if !ok || s.op != '&' || k.v.c != cUint {
			return nil
		}
		read, mask := readingOf(s.a), k.v.n
		if read == nil {
			return nil
		}
		return func(r *Facts) (uint64, uint64, int, bool) {
			a, b, n, known := read(r)
			return a & mask, b & mask, n, known
		}
	}
	return nil
}

func frameReading(name string) reading {
	one := func(get func(r *Facts) uint64) reading {
		return func(r *Facts) (uint64, uint64, int, bool) { return get(r), 0, 1, true }
	}
	timed := func(get func(r *Facts) int64) reading {
		return func(r *Facts) (uint64, uint64, int, bool) { return uint64(get(r)), 0, 1, r.Timed }
	}
	switch name {
	case "frame.number":
		return one(func(r *Facts) uint64 { return uint64(r.Number) })
	case "frame.len":
		return one(func(r *Facts) uint64 { return uint64(r.Len) })
	case "frame.cap_len":
		return one(func(r *Facts) uint64 { return uint64(r.CapLen) })
	case "frame.time", "frame.time_epoch":
		return timed(func(r *Facts) int64 { return int64(r.Time) })
	case "frame.time_relative":
		return timed(func(r *Facts) int64 { return int64(r.Time.Sub(r.First)) })
	case "frame.time_delta":
		return timed(func(r *Facts) int64 { return int64(r.Time.Sub(r.Prev)) })
	}
	return nil
}

func fieldReading(name string) reading {
	if read := frameReading(name); read != nil {
		return read
	}
	if len(name) < 5 {
		return nil
	}
	kind := TCP
	switch name[:4] {
	case "tcp.":
	case "udp.":
		kind = UDP
	default:
		return nil
	}
	ports := func(get func(src, dst uint16) (uint64, uint64, int)) reading {
		return func(r *Facts) (uint64, uint64, int, bool) {
			if !r.Single || r.Kind == NoTransport || r.Flow == nil {
				return 0, 0, 0, false
			}
			if r.Kind != kind {
				return 0, 0, 0, true
			}
			src, dst := r.Flow.Src.Port, r.Flow.Dst.Port
			if r.Reverse {
				src, dst = dst, src
			}
			a, b, n := get(src, dst)
			return a, b, n, true
		}
	}
	of := func(sound bool, get func(r *Facts) uint64) reading {
		return func(r *Facts) (uint64, uint64, int, bool) {
			if !r.Single || r.Kind == NoTransport || sound && r.Kind == kind && !r.Sound {
				return 0, 0, 0, false
			}
			if r.Kind != kind {
				return 0, 0, 0, true
			}
			return get(r), 0, 1, true
		}
	}
	switch name[4:] {
	case "port":
		return ports(func(a, b uint16) (uint64, uint64, int) { return uint64(a), uint64(b), 2 })
	case "srcport":
		return ports(func(a, _ uint16) (uint64, uint64, int) { return uint64(a), 0, 1 })
	case "dstport":
		return ports(func(_, b uint16) (uint64, uint64, int) { return uint64(b), 0, 1 })
	case "stream":
		return of(false, func(r *Facts) uint64 { return uint64(r.Stream) })
	}
	if kind == UDP {
		return nil
	}
	switch name {
	case "tcp.len":
		return of(true, func(r *Facts) uint64 { return uint64(r.PayLen) })
	case "tcp.flags":
		return of(true, func(r *Facts) uint64 { return uint64(r.Flags) })
	}
	if bit := flagBit(name); bit != 0 {
		return of(true, func(r *Facts) uint64 {
			if r.Flags&bit != 0 {
				return 1
			}
			return 0
		})
	}
	return nil
}

// addresses gives the addresses that a field has of a row: which of the two ends.
func addresses(name string) (v4, src, dst, ok bool) {
	switch name {
	case "ip.addr":
		return true, true, true, true
	case "ip.src":
		return true, true, false, true
	case "ip.dst":
		return true, false, true, true
	case "ipv6.addr":
		return false, true, true, true
	case "ipv6.src":
		return false, true, false, true
	case "ipv6.dst":
		return false, false, true, true
	}
	return false, false, false, false
}

// networkOf gives a written address with its prefix.
func networkOf(v *value) (netip.Prefix, bool) {
	a, ok := netip.AddrFromSlice(v.b)
	if !ok || v.c != cIPv4 && v.c != cIPv6 {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, int(v.bits)).Masked(), true
}

// addressTest answers a comparison of an address with one or with a network.
func addressTest(n *compareNode, k *value) rowTest {
	f, ok := n.a.(*fieldSource)
	if !ok || f.ref || f.layers != nil {
		return nil
	}
	v4, src, dst, ok := addresses(f.name)
	net, ok2 := networkOf(k)
	if !ok || !ok2 || n.op != opEq && n.op != opNe && !net.IsSingleIP() {
		return nil
	}
	single, op, all := net.IsSingleIP(), n.op, n.all
	one := func(a netip.Addr) bool {
		if single {
			return op.order(a.Compare(net.Addr()))
		}
		return net.Contains(a) == (op == opEq)
	}
	return addressFold(v4, src, dst, all, one)
}

// addressFold answers from one test of each of a row's addresses.
func addressFold(v4, src, dst, all bool, one func(netip.Addr) bool) rowTest {
	return func(r *Facts) answer {
		if !r.Plain || r.Flow == nil {
			return unknown
		}
		a, b := r.Flow.Src.Addr, r.Flow.Dst.Addr
		if a.Is4() != v4 {
			return no
		}
		if r.Reverse {
			a, b = b, a
		}
		x := all
		if src {
			x = one(a)
		}
		if dst && x == all {
			x = one(b)
		}
		return is(x)
	}
}

// addressMember answers whether an address is in a set of addresses and networks.
func addressMember(n *memberNode) rowTest {
	f, ok := n.a.(*fieldSource)
	if !ok || f.ref || f.layers != nil || n.all {
		return nil
	}
	v4, src, dst, ok := addresses(f.name)
	if !ok {
		return nil
	}
	var nets []netip.Prefix
	type reach struct{ lo, hi netip.Addr }
	var ranges []reach
	for _, m := range n.set {
		lo, ok := m.lo.(*constant)
		if !ok {
			return nil
		}
		a, ok := networkOf(&lo.v)
		if !ok {
			return nil
		}
		if m.hi == nil {
			nets = append(nets, a)
			continue
		}
		hi, ok := m.hi.(*constant)
		if !ok {
			return nil
		}
		b, ok := networkOf(&hi.v)
		if !ok || !a.IsSingleIP() || !b.IsSingleIP() {
			return nil
		}
		ranges = append(ranges, reach{a.Addr(), b.Addr()})
	}
	return addressFold(v4, src, dst, false, func(a netip.Addr) bool {
		for _, p := range nets {
			if p.Contains(a) {
				return true
			}
		}
		for _, x := range ranges {
			if a.Compare(x.lo) >= 0 && a.Compare(x.hi) <= 0 {
				return true
			}
		}
		return false
	})
}
