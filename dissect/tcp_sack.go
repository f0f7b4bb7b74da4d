package dissect

import (
	"fmt"

	"tcplens/internal/tcp"
)

// sack takes SACK blocks apart; edges are shown relative to the other side (R63, R66).
func (s *tcpSegment) sack(c *cursor) {
	s.Opts.Has |= tcp.OptSACK
	base := uint32(0)
	if s.facts != nil {
		base = s.facts.SeqOtherBase
	}
	count := 0
	first := tcp.Block{Left: base, Right: base}
	for c.left() > 0 {
		l, ok := c.sackEdge(fTCPOptSackLE, "left", base)
		if ok && count == 0 {
			first.Left = l
		}
		r, whole := uint32(0), false
		if ok {
			r, whole = c.sackEdge(fTCPOptSackRE, "right", base)
		}
		if !whole {
			break
		}
		if count == 0 {
			first.Right = r
		}
		if count < len(s.Opts.SACK) {
			s.Opts.SACK[count] = tcp.Block{Left: l, Right: r}
			s.Opts.NSACK++
		}
		count++
		s.info(c, "SLE=", uint64(l-base))
		s.info(c, "SRE=", uint64(r-base))
		if c.on() {
			c.heading(" %d-%d", l-base, r-base)
		}
	}
	if !c.ok() || s.facts == nil {
		return
	}
	c.gen(fTCPOptSackN, uint64(count))
	second, ack := s.Opts.SACK[1], s.Ack
	if s.Flags&tcp.ACK == 0 {
		ack += base // Wireshark has no relative number here, and compares it with one
	}
	if seqLess(ack, first.Right) && !(count >= 2 && seqLess(second.Left, first.Right) && !seqLess(second.Right, first.Right)) {
		return
	}
	// A duplicate SACK (RFC 2883 §4). Wireshark takes a missing edge for the
	// beginning of the numbers, and fails where it shows the bytes of it.
	edges := []struct {
		f    *Field
		name string
		v    uint32
	}{{fTCPOptDSackLE, "Left", first.Left}, {fTCPOptDSackRE, "Right", first.Right}}
	for i, e := range edges {
		if c.off() < 6+4*i {
			c.need(c.left() + 1)
			return
		}
		if c.on() {
			c.gen(e.f, uint64(e.v-base)).span(c.start+2+4*i, 4).label(fmt.Sprintf("D-SACK %s Edge = %d (relative)", e.name, e.v-base))
		}
	}
	if c.on() {
		c.addAt(fText, c.start+2, 8, Node{text: eTCPOptDSack.Name})
		c.begin()
		c.expert(WarnSev, GroupSequence, eTCPOptDSack, eTCPOptDSack.Name)
		c.end()
	}
}

// sackEdge reads an edge; false if it is not all there.
func (c *cursor) sackEdge(f *Field, name string, base uint32) (uint32, bool) {
	if c.left() < 4 {
		if c.on() {
			at := *c // Wireshark counts from where the block begins
			at.pos -= (c.off() - 2) % 8
			at.addAt(fText, at.pos, c.left(), Node{text: eTCPSubOption.Name, Flags: Warn})
			at.begin()
			at.expert(Error, GroupMalformed, eTCPSubOption, eTCPSubOption.Name)
			at.end()
		}
		return 0, false
	}
	v := c.u32(nil)
	if c.on() && c.ok() {
		c.add(f, 4, Node{num: uint64(v - base), text: fmt.Sprintf("%s edge = %d (relative)", name, v-base)})
	}
	return v, c.ok()
}

// seqLess compares sequence numbers (RFC 9293 §3.4).
func seqLess(x, y uint32) bool { return int32(x-y) < 0 }
