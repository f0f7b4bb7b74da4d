package dissect

import "fmt"

var (
	fICMPExt       = pICMP.none("icmp.ext", "ICMP Extensions")
	fICMPExtVer    = pICMP.u8("icmp.ext.version", "Version", Dec)
	fICMPExtRes    = pICMP.u16("icmp.ext.res", "Reserved", Hex, mask(0x0fff))
	fICMPExtCheck  = pICMP.u16("icmp.ext.checksum", "Checksum", Hex)
	fICMPExtState  = pICMP.u8("icmp.ext.checksum.status", "Checksum Status", NoLabel, names(checksumStates))
	fICMPExtLen    = pICMP.u16("icmp.ext.length", "Length", Dec)
	fICMPExtClass  = pICMP.u8("icmp.ext.class", "Class", Dec, names(list("", "MPLS Label Stack Class", "Interface Information Object", "Interface Identification Object")))
	fICMPExtCType  = pICMP.u8("icmp.ext.ctype", "C-Type", Dec)
	fICMPExtData   = pICMP.bytes("icmp.ext.data", "Data")
	fICMPMPLSLabel = pICMP.u24("icmp.mpls.label", "Label", Dec, mask(0xfffff0))
	fICMPMPLSExp   = pICMP.u24("icmp.mpls.exp", "Experimental", Dec, mask(0x00000e))
	fICMPMPLSS     = pICMP.flag(TUint24, "icmp.mpls.s", "Stack bit", 0x000001)
	fICMPMPLSTTL   = pICMP.u8("icmp.mpls.ttl", "Time to live", Dec)
	eICMPExtCheck  = pICMP.none("icmp.ext.checksum_bad", "Bad checksum")

	fExtEchoSeq    = pICMP.u8("icmp.ext.echo.seq", "Sequence Number", DecHex)
	fExtEchoRes    = pICMP.u8("icmp.ext.echo.req.res", "Reserved", Hex, mask(0xfe))
	fExtEchoLocal  = pICMP.flag(TUint8, "icmp.ext.echo.req.local", "Local bit", 0x01)
	fExtEchoState  = pICMP.u8("icmp.ext.echo.rsp.state", "State", Dec, mask(0xe0), names(list("Reserved", "Incomplete", "Reachable", "Stale", "Delay", "Probe", "Failed")))
	fExtEchoRspRes = pICMP.u8("icmp.ext.echo.rsp.res", "Reserved", Hex, mask(0x18))
	fExtEchoActive = pICMP.flag(TUint8, "icmp.ext.echo.rsp.active", "Active bit", 0x04)
	fExtEchoV4     = pICMP.flag(TUint8, "icmp.ext.echo.rsp.ipv4", "IPv4 bit", 0x02)
	fExtEchoV6     = pICMP.flag(TUint8, "icmp.ext.echo.rsp.ipv6", "IPv6 bit", 0x01)
)

// icmpExtensions reads the objects behind a quote (RFC 4884 §7), MPLS label stacks
// among them (RFC 4950).
func (c *cursor) icmpExtensions() {
	if c.captured() < 4 || c.peek(0)>>4 != 2 {
		dissectData(c.tail())
		return
	}
	whole := *c
	c.sub(fICMPExt, "ICMP Multi-Part Extensions")
	v := c.u16(nil)
	if c.on() {
		c.addAt(fICMPExtVer, c.pos-2, 1, Node{num: uint64(v >> 12)})
		c.bits(fICMPExtRes, 2, uint64(v))
	}
	sum := c.u16(fICMPExtCheck)
	if c.on() && c.ok() {
		c.verified(checksum(0, whole.rest()), sum, fICMPExtState, eICMPExtCheck)
	}
	for c.ok() && c.left() >= 4 {
		n := int(c.peek16(0))
		class, ctype := c.peek(2), c.peek(3)
		name := fICMPExtClass.Names(uint64(class))
		if name == "" {
			name = fmt.Sprintf("Unknown object class: %d", class)
		}
		c.sub(nil, name)
		c.u16(fICMPExtLen)
		c.u8(fICMPExtClass)
		c.u8(fICMPExtCType)
		o := c.to(max(0, n-4))
		if class == 1 && ctype == 1 {
			o.icmpLabels()
		}
		if b := o.captured(); b > 0 && o.ok() {
			o.bytes(fICMPExtData, b)
		}
		c.end()
		if n < 4 {
			break
		}
	}
	c.end()
}

// icmpLabels reads an MPLS label stack.
func (c *cursor) icmpLabels() {
	for c.ok() && c.left() >= 4 {
		v := c.peek32(0)
		c.sub(nil, fmt.Sprintf("Label: %d, Exp: %d, S: %d, TTL: %d", v>>12, v>>9&7, v>>8&1, v&0xff))
		w := c.u24(nil)
		c.bits(fICMPMPLSLabel, 3, uint64(w))
		c.bits(fICMPMPLSExp, 3, uint64(w))
		c.bits(fICMPMPLSS, 3, uint64(w))
		c.u8(fICMPMPLSTTL)
		c.end()
	}
}

// icmpExtEcho reads an extended echo (RFC 8335).
func (c *cursor) icmpExtEcho(typ uint8) {
	id := c.u16(fICMPIdent)
	c.pairLE(fICMPIdentLE, id)
	c.u8(fExtEchoSeq)
	v := uint64(c.u8(nil))
	if !c.ok() {
		return
	}
	if typ == 42 {
		c.bits(fExtEchoRes, 1, v)
		c.bits(fExtEchoLocal, 1, v)
		if c.left() > 0 {
			c.icmpExtensions()
		}
		return
	}
	c.bits(fExtEchoState, 1, v)
	c.bits(fExtEchoRspRes, 1, v)
	c.bits(fExtEchoActive, 1, v)
	c.bits(fExtEchoV4, 1, v)
	c.bits(fExtEchoV6, 1, v)
}
