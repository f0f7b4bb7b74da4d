package dissect

import (
	"fmt"
	"strings"

	"tcplens/internal/tcp"
)

// optionBody takes the value of an option apart, whose length is a right one.
func (s *tcpSegment) optionBody(c *cursor, kind uint8, n int) {
	switch kind {
	case 2: // RFC 9293 §3.2 (R62)
		v := c.u16(fTCPOptMSS)
		s.Opts.Has |= tcp.OptMSS
		s.Opts.MSS = v
		s.info(c, "MSS=", uint64(v))
		if c.on() {
			c.heading(": %d bytes", v)
		}
	case 3: // RFC 7323 §2.2 (R62)
		s.windowScale(c)
	case 5: // RFC 2018 §3 (R63)
		s.sack(c)
	case 6, 7: // RFC 1072 §3
		v := c.u32(fTCPOptEcho)
		s.info(c, "ECHO=", uint64(v))
		if c.on() {
			c.heading(": %d", v)
		}
	case 8: // RFC 7323 §3.2 (R62)
		v, e := c.u32(fTCPOptTSVal), c.u32(fTCPOptTSEcr)
		s.Opts.Has |= tcp.OptTimestamp
		s.Opts.TSVal, s.Opts.TSEcr = v, e
		s.info(c, "TSval=", uint64(v))
		s.info(c, "TSecr=", uint64(e))
		if c.on() {
			c.heading(": TSval %d, TSecr %d", v, e)
		}
	case 11, 12, 13: // RFC 1644 §3
		s.info(c, "CC=", uint64(c.u32(fTCPOptCC)))
	case 19: // RFC 2385 §3
		c.bytes(fTCPOptMD5, 16)
	case 20: // CCSDS 714.0-B-2 §3.2.3
		s.scps(c, n)
	case 21:
		c.u16(fTCPOptSnackOff)
		c.u16(fTCPOptSnackLen)
	case 27: // RFC 4782 §3.1
		v := c.bits(fTCPOptQSRate, 1, uint64(c.u8(nil)))
		c.u8(fTCPOptQSTTL)
		if c.cols() && c.ok() {
			s.labels = append(s.labels, " QSresp="+tcpQuickStartRates(v)...)
		}
	case 28: // RFC 5482 §2
		v := uint64(c.u16(nil))
		c.bits(fTCPOptUTGran, 2, v)
		s.info(c, "USER_TO=", c.bits(fTCPOptUTVal, 2, v))
	case 29: // RFC 5925 §2.2
		c.u8(fTCPOptAOKey)
		c.u8(fTCPOptAONext)
		if c.left() > 0 {
			c.bytes(fTCPOptAOMac, c.left())
		}
	case 30:
		s.mptcp(c)
	case 34:
		s.fastOpen(c)
	case 172, 174:
		s.accurateECN(c, kind == 172)
	case 253, 254:
		s.experiment(c)
	default:
		if c.left() > 0 {
			c.bytes(fTCPOptUnknown, c.left())
		}
	}
}

func (s *tcpSegment) windowScale(c *cursor) {
	v := c.u8(fTCPOptShift)
	s.Opts.Has |= tcp.OptWScale
	s.Opts.WScale = v
	shift := min(v, 14) // RFC 7323 §2.3
	if v > 14 && c.on() {
		c.begin()
		c.expert(WarnSev, GroupProtocol, eTCPOptShift, eTCPOptShift.Name)
		c.end()
	}
	s.info(c, "WS=", 1<<shift)
	if c.on() {
		c.gen(fTCPOptMult, 1<<shift).span(c.pos-1, 1)
		c.heading(": %d (multiply by %d)", v, 1<<shift)
	}
}

// scps takes the capabilities of a space link apart. Those that are longer than
// four bytes tshark holds for illegal, and so do we.
func (s *tcpSegment) scps(c *cursor, n int) {
	if n != 4 {
		if o := c.opened(); o != nil {
			o.label(fmt.Sprintf("Illegal SCPS Extended Capabilities (%d bytes)", n))
		}
		return
	}
	v := uint64(c.u8(fTCPOptSCPS))
	var set []string
	for _, x := range []struct {
		bits uint64
		name string
	}{{0x80, "BETS"}, {0x40, "SNACK1"}, {0x20, "SNACK2"}, {0x10, "COMP"}, {0x08, "NLTS"}, {0x07, "RESERVED"}} {
		if v&x.bits != 0 {
			set = append(set, x.name)
		}
	}
	list := strings.Join(set, ", ")
	if c.on() && c.ok() {
		if len(set) > 0 {
			c.last().append(" (" + list + ")")
		}
		c.begin()
		for _, f := range []*Field{fTCPOptBETS, fTCPOptSNACK1, fTCPOptSNACK2, fTCPOptCOMP, fTCPOptNLTS, fTCPOptSCPSRes} {
			c.bits(f, 1, v)
		}
		c.end()
	}
	if c.cols() && c.ok() && len(set) > 0 {
		s.labels = append(s.labels, " SCPS["+list+"]"...)
	}
	if id := c.u8(fTCPOptSCPSConn); id != 0 {
		s.info(c, "Connection ID=", uint64(id))
	}
}

// fastOpen takes a Fast Open option apart (RFC 7413 §4.1.1; R40, R64).
func (s *tcpSegment) fastOpen(c *cursor) {
	if c.left() == 0 {
		s.Opts.Has |= tcp.OptTFORequest
		c.addAt(fTCPOptTFOReq, c.pos-2, 2, Node{})
		if c.cols() {
			s.labels = append(s.labels, " TFO=R"...)
		}
		return
	}
	s.Opts.Has |= tcp.OptTFOCookie
	c.bytes(fTCPOptTFO, c.left())
	if s.Flags&(tcp.SYN|tcp.ACK) == tcp.SYN && c.on() && c.ok() {
		c.begin()
		c.expert(NoteSev, GroupSequence, eTCPTFOSyn, eTCPTFOSyn.Name)
		c.end()
	}
	if c.cols() && c.ok() {
		s.labels = append(s.labels, " TFO=C"...)
	}
}

// accurateECN takes up to three counters apart; zero tells the order in which they
// stand (RFC 9768 §3.2.3).
func (s *tcpSegment) accurateECN(c *cursor, zero bool) {
	s.Opts.Has |= tcp.OptAccECN
	order := []struct {
		f    *Field
		name string
	}{{fTCPOptEE0B, "EE0B"}, {fTCPOptECEB, "ECEB"}, {fTCPOptEE1B, "EE1B"}}
	if c.left() == 0 {
		if c.cols() {
			s.labels = append(s.labels, " AccECN"...)
		}
		return
	}
	text := " (Order 0): "
	if !zero {
		order[0], order[2] = order[2], order[0]
		text = " (Order 1): "
	}
	for _, x := range order {
		if c.left() < 3 || !c.ok() {
			return
		}
		v := c.u24(x.f)
		s.info(c, x.name+"=", uint64(v))
		if c.on() {
			c.heading("%s%s %d", text, x.name, v)
			text = ", "
		}
	}
}

// experiment takes an experimental option apart (RFC 6994 §3).
func (s *tcpSegment) experiment(c *cursor) {
	id := c.u16(fTCPOptExID)
	if c.on() {
		name := tcpExperiments(uint64(id))
		if name == "" {
			name = "Unknown"
		}
		c.heading(": %s", name)
	}
	n := c.left()
	switch id {
	case 0xf989:
		s.fastOpen(c)
	case 0xacc0, 0xacc1:
		if oneOf(n, 0, 3, 6, 9) {
			if c.on() {
				c.heading(": Accurate ECN")
			}
			s.accurateECN(c, id == 0xacc0)
		}
	case 0x00ac:
		s.ackRate(c)
	default:
		if c.cols() {
			s.labels = fmt.Appendf(s.labels, " ExID=%X", id)
		}
		if n > 0 {
			c.bytes(fTCPOptExpData, n)
		}
	}
}

// ackRate takes a request for fewer acknowledgements apart
// (draft-gomez-tcpm-ack-rate-request).
func (s *tcpSegment) ackRate(c *cursor) {
	switch c.left() {
	case 0:
		if c.cols() {
			s.labels = append(s.labels, " TARR"...)
		}
	case 1:
		v := uint64(c.u8(nil))
		rate := c.bits(fTCPOptTARR, 1, v)
		c.bits(fTCPOptTARRRes, 1, v)
		s.info(c, "TARR=", rate)
		if c.on() {
			c.heading(" %d", rate)
		}
	}
}
