package dissect

import "tcplens/internal/packet"

// netProtocols lists the protocols of the link, network and tunnel layers.
var netProtocols = []*Proto{pEth, pEtherType, pRaw, pIP, pUDP}

// dissectLink begins with the link layer.
func dissectLink(c cursor, l packet.LinkType) {
	switch l {
	case packet.LinkEthernet:
		dissectEthernet(c)
	case packet.LinkRaw:
		dissectRawIP(c)
	default:
		dissectData(c)
	}
}

// dissectRawIP tells the version of IP by the first nibble.
func dissectRawIP(c cursor) {
	c.d.enter(pRaw)
	dissectIP(c)
}

var pRaw = newProto("Raw packet data", "Raw", "raw")

// dissectIP goes on with IPv4 or IPv6, whichever the first nibble says.
func dissectIP(c cursor) {
	switch c.peek(0) >> 4 {
	case 4:
		dissectIPv4(c)
	default:
		dissectData(c)
	}
}

// dissectEtherType goes on with the protocol that an Ethernet type names.
func dissectEtherType(c cursor, t uint16) {
	if !c.d.descend() {
		return
	}
	defer c.d.ascend()
	switch t {
	case 0x0800:
		dissectIPv4(c)
	default:
		dissectData(c)
	}
}

// dissectIPProto goes on with the protocol that IP names.
func dissectIPProto(c cursor, proto uint8) {
	if !c.d.descend() {
		return
	}
	defer c.d.ascend()
	switch proto {
	case 6:
		dissectTCP(c)
	case 17:
		dissectUDP(c)
	default:
		dissectData(c)
	}
}

// descend notes one more level of nesting and says whether it is allowed.
func (d *Dissection) descend() bool {
	if d.fail != fine {
		return false
	}
	if d.depth >= maxDepth {
		d.fail, d.failProto = malformed, d.current()
		return false
	}
	d.depth++
	return true
}

func (d *Dissection) ascend() { d.depth-- }
