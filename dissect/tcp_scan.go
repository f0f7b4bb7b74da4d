package dissect

import (
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// scanTCP finds what the sequencing needs of a segment.
func scanTCP(c cursor) {
	d := c.d
	h := d.head
	quoted := d.layer.quoted
	if quoted && c.captured() < 16 {
		return
	}
	if len(h.Transports) == cap(h.Transports) {
		h.Transports = append(h.Transports, Transport{})
	} else {
		h.Transports = h.Transports[:len(h.Transports)+1]
	}
	t := &h.Transports[len(h.Transports)-1]
	*t = Transport{IsTCP: true}
	s := tcpSegment{total: c.left(), quote: quoted}
	t.Flow = packet.Flow{
		Src: packet.Endpoint{Addr: addr(d.layer.src, d.layer.v6), Port: c.peek16(0)},
		Dst: packet.Endpoint{Addr: addr(d.layer.dst, d.layer.v6), Port: c.peek16(2)},
	}
	start := c.pos
	c.skip(4)
	if !c.peekTCP(&s) {
		h.Transports = h.Transports[:len(h.Transports)-1]
		c.need(12)
		return
	}
	c.skip(min(16, c.captured()))
	if s.Fit != tcp.Bogus {
		s.options(&c, start)
		if !c.ok() {
			s.Opts.MPTCPKinds = 0 // counted behind the options
		}
	}
	t.Seq, t.Ack, t.Flags, t.Window, t.Fit, t.Len, t.Opts = s.Seq, s.Ack, s.Flags, s.Window, s.Fit, s.Len, s.Opts
	if s.Fit != tcp.Sound {
		return
	}
	t.BadSum = s.verify(&c, start).bad
	at := start + s.hdrLen
	t.PayOff, t.Wire = uint32(at), s.Len
	if at < c.have {
		t.Payload = c.b[at:min(c.have, at+int(s.Len))]
	}
	t.CapLen = uint32(len(t.Payload))
}
