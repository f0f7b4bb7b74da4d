package dissect

import (
	"fmt"
	"strconv"
)

// quicTransportParameters reads the transport parameters of QUIC (RFC 9000 §18).
func quicTransportParameters(c *cursor, kind uint16, message byte) {
	// Drafts up to 26 have numbers of two bytes, and the length of all before them.
	old := kind == 65445 && c.left() >= 2 && int(c.peek16(0)) == c.left()-2
	if old {
		c.u16(fTLSQUICLen)
	}
	number := func(f *Field) uint64 {
		if !old {
			return quicNumber(c, f)
		}
		if f == fTLSQUICSize {
			f = fTLSQUICSize16
		}
		return uint64(c.u16(f))
	}
	for c.ok() && c.left() > 0 {
		start := c.pos
		if c.on() {
			c.sub(fText, "")
		}
		kind := number(nil)
		p := quicParameterOf(kind)
		name, label := p.name, p.name
		if name == "" {
			name, label = fmt.Sprintf("Unknown 0x%04x", kind), "Unknown"
		}
		if c.on() && c.ok() {
			c.add(fTLSQUICType, c.pos-start, Node{num: kind, text: fmt.Sprintf("Type: %s (0x%02x)", label, kind)})
		}
		n := int(min(number(fTLSQUICSize), uint64(c.left())+1))
		v := c.to(n)
		if n > v.left() {
			v.need(n)
		}
		text := fmt.Sprintf("Parameter: %s (len=%d)", name, n)
		if v.ok() {
			text += v.quicParameter(kind, &p, message)
			if kind == 0x4752 {
				v.trailing()
			}
		}
		if o := c.opened(); o != nil {
			o.label(text)
		}
		c.end()
	}
}

// quicParameter reads the value of a transport parameter and gives what its label says
// beside the name.
func (c *cursor) quicParameter(kind uint64, p *quicParameter, message byte) (told string) {
	b := c.rest()
	if c.on() {
		c.addAt(fTLSQUICValue, c.pos, len(b), Node{raw: b})
	}
	switch {
	case p.bytes != nil:
		c.bytes(p.bytes, len(b))
	case p.num != nil:
		v := quicNumber(c, p.num)
		if p.told {
			told = " " + strconv.FormatUint(v, 10) + p.unit
		}
	case kind == 0x0d:
		c.ip4(fTLSQUICIPv4)
		c.u16(fTLSQUICPort4)
		c.ip6(fTLSQUICIPv6)
		c.u16(fTLSQUICPort6)
		c.bytes(fTLSQUICCID, int(c.u8(fTLSQUICCIDLen)))
		c.bytes(fTLSQUICToken, 16)
	case kind == 0x11:
		c.u32(fTLSQUICChosen)
		for c.ok() && c.left() >= 4 {
			c.u32(fTLSQUICOther)
		}
	case kind == 0x1000:
		n := quicNumber(c, fTLSQUICCibLen)
		told = fmt.Sprintf(" Length: %d, Offset: %d", n, quicNumber(c, fTLSQUICCibOff))
	case kind == 0x3129:
		c.str(fTLSQUICAgent, len(b))
	case kind == 0x312a:
		c.add(fTLSQUICDone, 0, Node{})
	case kind == 0x312b:
		c.add(fTLSQUICNoUpdate, 0, Node{})
	case kind == 0x4752:
		c.u32(fTLSQUICGoogle)
		if message == 8 {
			for l := c.to(int(c.u8(fTLSQUICGoogles))); l.ok() && l.left() >= 4; {
				l.u32(fTLSQUICSupports)
			}
		}
	}
	return told
}
