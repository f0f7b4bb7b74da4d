package dissect

import "fmt"

var (
	mplsLabels = table(map[uint64]string{0: "IPv4 Explicit-Null", 1: "Router Alert", 2: "IPv6 Explicit-Null", 3: "Implicit-Null",
		7: "Entropy Label Indicator (ELI)", 13: "Generic Associated Channel Label (GAL)", 14: "OAM Alert"})

	pMPLS       = newProto("MultiProtocol Label Switching Header", "MPLS", "mpls")
	fMPLSLabel  = pMPLS.u32("mpls.label", "MPLS Label", DecHex, mask(0xfffff000))
	fMPLSExp    = pMPLS.u32("mpls.exp", "MPLS Experimental Bits", Dec, mask(0x00000e00))
	fMPLSBottom = pMPLS.u32("mpls.bottom", "MPLS Bottom Of Label Stack", Dec, mask(0x00000100))
	fMPLSTTL    = pMPLS.u32("mpls.ttl", "MPLS TTL", Dec, mask(0x000000ff))

	pPWEth   = newProto("Ethernet PW (CW heuristic)", "Ethernet PW", "pwethheuristic")
	pPWCW    = newProto("PW Ethernet Control Word", "PW Ethernet Control Word", "pwethcw")
	pPWNoCW  = newProto("Ethernet PW (no CW)", "Ethernet PW", "pwethnocw")
	fPWEth   = pPWNoCW.bool("pweth", "PW (ethernet)")
	fPWEthCW = pPWCW.bool("pweth.cw", "PW Control Word (ethernet)")
	fPWSeq   = pPWCW.u16("pweth.cw.sequence_number", "PW sequence number (ethernet)", Dec)
	pPWACH   = newProto("PW Associated Channel Header", "PW ACH", "pwach")
	fPWVer   = pPWACH.u8("pwach.ver", "Channel Version", Dec, mask(0x0f))
	fPWRes   = pPWACH.u8("pwach.res", "Reserved", Hex)
	fPWType  = pPWACH.u16("pwach.channel_type", "Channel Type", Hex, names(table(map[uint64]string{0x0007: "BFD Control, PW-ACH-encapsulated (BFD Without IP/UDP Headers)",
		0x0021: "IPv4 packet", 0x0057: "IPv6 packet", 0x0058: "Fault OAM"})))
)

// dissectMPLS takes a label stack apart (RFC 3032 §2.1) and goes on with what the
// first nibble behind it tells (RFC 4385, RFC 4928 §3).
func dissectMPLS(c cursor) {
	d := c.d
	d.enter(pMPLS)
	d.setProto("MPLS")
	d.setInfo("MPLS Label Switched Packet")
	var label uint32
	for {
		v := c.peek32(0)
		if d.tree != nil && c.captured() >= 4 {
			c.mplsLabel(v)
		}
		c.skip(4)
		if !c.ok() {
			return
		}
		label = v >> 12
		if v&0x100 != 0 {
			break
		}
	}
	rest := c.tail()
	switch {
	case label == 13:
		rest.associatedChannel("Generic Associated Channel Header")
		return
	case label == 14:
		dissectData(rest)
		return
	}
	switch rest.peek(0) >> 4 {
	case 4:
		dissectIPv4(rest)
	case 6:
		dissectIPv6(rest)
	case 1:
		rest.associatedChannel("PW Associated Channel Header")
	case 0:
		rest.pseudowire()
	default:
		dissectData(rest)
	}
}

// mplsLabel shows one entry of the stack.
func (c *cursor) mplsLabel(v uint32) {
	name := mplsLabels(uint64(v >> 12))
	shown := fmt.Sprint(v >> 12)
	if name != "" {
		shown += " (" + name + ")"
	}
	c.addAt(&pMPLS.field, c.pos, 4, Node{text: fmt.Sprintf("MultiProtocol Label Switching Header, Label: %s, Exp: %d, S: %d, TTL: %d",
		shown, v>>9&7, v>>8&1, v&0xff)})
	c.begin()
	n := c.addAt(fMPLSLabel, c.pos, 4, Node{num: uint64(v >> 12)})
	if n != nil && name != "" {
		n.label(fMPLSLabel.bitPrefix(uint64(v>>12)) + fmt.Sprintf("MPLS Label: %s (%d)", name, v>>12))
	}
	c.addAt(fMPLSExp, c.pos, 4, Node{num: uint64(v >> 9 & 7)})
	c.addAt(fMPLSBottom, c.pos, 4, Node{num: uint64(v >> 8 & 1)})
	c.addAt(fMPLSTTL, c.pos, 4, Node{num: uint64(v & 0xff)})
	c.end()
}

// pseudowire goes on with Ethernet that begins with a nibble of 0: behind a control
// word, unless the type field stands where it would without one (RFC 4448 §4.6).
func (c *cursor) pseudowire() {
	d := c.d
	if !d.descend() {
		return
	}
	defer d.ascend()
	d.enter(pPWEth)
	plain := etherTypeKnown(c.peek16(12)) && !etherTypeKnown(c.peek16(16))
	if plain {
		d.enter(pPWNoCW)
		c.addAt(fPWEth, c.pos, 0, Node{num: 1, Flags: Hidden})
	} else {
		c.addAt(fPWEthCW, c.pos, 0, Node{num: 1, Flags: Hidden})
		c.proto(pPWCW)
		c.u16(nil)
		c.u16(fPWSeq)
		if c.on() && c.ok() {
			c.last().label("Sequence Number: " + fmt.Sprint(c.last().num))
		}
		c.end()
		if !c.ok() {
			return
		}
	}
	dissectEthernet(c.tail(), true)
}

// associatedChannel reads a control channel's header and goes on (RFC 5586 §2).
func (c *cursor) associatedChannel(name string) {
	d := c.d
	if p := c.proto(pPWACH); p != nil {
		p.label(name)
	}
	v := c.u8(nil)
	if c.ok() {
		c.bits(fPWVer, 1, uint64(v))
	}
	c.u8(fPWRes)
	t := c.u16(fPWType)
	c.end()
	if !c.ok() || !d.descend() {
		return
	}
	defer d.ascend()
	rest := c.tail()
	switch t {
	case 0x0021:
		dissectIPv4(rest)
	case 0x0057:
		dissectIPv6(rest)
	default:
		dissectData(rest)
	}
}
