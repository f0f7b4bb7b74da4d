package dissect

import "strconv"

var (
	pNull       = newProto("Null/Loopback", "Null", "null")
	fNullType   = pNull.u16("null.type", "Type", Hex, names(etherTypes))
	fNullFamily = pNull.u32("null.family", "Family", Dec, names(nullFamilies))

	pLoop        = newProto("Configuration Test Protocol (loopback)", "LOOP", "loop")
	fLoopSkip    = pLoop.u16("loop.skipcount", "skipCount", Dec)
	fLoopFunc    = pLoop.u16("loop.function", "Function", Dec, names(list("", "Reply", "Forward Data")))
	fLoopRel     = pLoop.u16("loop.relevant_function", "Relevant function", Dec, names(list("", "Reply", "Forward Data")))
	fLoopReceipt = pLoop.u16("loop.receipt_number", "Receipt number", Dec)
	fLoopForward = pLoop.mac("loop.forwarding_address", "Forwarding address")
)

// dissectNull takes the header of BSD loopback apart: an address family in the
// order of the machine that captured, or in network order for OpenBSD's. The
// family of IPv6 is not the same everywhere.
func dissectNull(c cursor, network bool) {
	d := c.d
	c.proto(pNull)
	d.setEnds("N/A", "N/A")
	d.setProto("N/A")
	d.setInfo("Null/Loopback")
	v := c.peek32(0)
	if v&0xffff0000 != 0 {
		v = v>>24 | v>>8&0xff00 | v<<8&0xff0000 | v<<24
	}
	c.skip(4)
	if !c.ok() {
		c.end()
		return
	}
	if v > 1500 { // some systems put an Ethernet type there
		c.add(fNullType, 4, Node{num: uint64(v)})
		c.end()
		dissectEtherType(c.tail(), uint16(v))
		return
	}
	c.add(fNullFamily, 4, Node{num: uint64(v)})
	c.end()
	if !d.descend() {
		return
	}
	defer d.ascend()
	rest := c.tail()
	switch v {
	case 2:
		dissectIPv4(rest)
	case 24, 28, 30:
		dissectIPv6(rest)
	case 7:
		dissectOSI(rest)
	default:
		dissectData(rest)
	}
}

// dissectLoopTest takes the configuration test protocol of Ethernet apart.
func dissectLoopTest(c cursor) {
	d := c.d
	c.proto(pLoop)
	d.setProto("LOOP")
	skip := int(c.le16(fLoopSkip))
	if rel := uint16(c.peek(skip)) | uint16(c.peek(skip+1))<<8; c.captured() >= skip+2 {
		c.addAt(fLoopRel, c.pos+skip, 2, Node{num: uint64(rel)})
		if c.cols() {
			d.setInfo(loopText(rel))
		}
	}
	for f := uint16(2); f == 2 && c.ok() && c.left() >= 2; {
		f = c.le16(fLoopFunc)
		switch f {
		case 1:
			c.le16(fLoopReceipt)
		case 2:
			c.bytes(fLoopForward, 6)
		}
	}
	if n := c.opened(); n != nil {
		n.Len = int32(c.have) - n.Off
	}
	c.end()
	if c.ok() {
		dissectData(c.tail())
	}
}

func loopText(f uint16) string {
	switch f {
	case 1:
		return "Reply"
	case 2:
		return "Forward Data"
	}
	return "Unknown function (" + strconv.Itoa(int(f)) + ")"
}
