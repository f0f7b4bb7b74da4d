package dissect

import "fmt"

var (
	vlanPriorities = list("Best Effort (default)", "Background", "Excellent Effort", "Critical Applications", "Video, < 100ms latency and jitter",
		"Voice, < 10ms latency and jitter", "Internetwork Control", "Network Control")

	pVLAN        = newProto("802.1Q Virtual LAN", "VLAN", "vlan")
	fVLANPrio    = pVLAN.u16("vlan.priority", "Priority", Dec, mask(0xe000), names(vlanPriorities))
	fVLANDEI     = pVLAN.flag(TUint16, "vlan.dei", "DEI", 0x1000, names(either("Eligible", "Ineligible")))
	fVLANID      = pVLAN.u16("vlan.id", "ID", Dec, mask(0x0fff))
	fVLANType    = pVLAN.u16("vlan.etype", "Type", Hex, names(etherTypes))
	fVLANLen     = pVLAN.u16("vlan.len", "Length", Dec)
	fVLANTrailer = pVLAN.bytes("vlan.trailer", "Trailer")
	eVLANPastEnd = pVLAN.none("vlan.len.past_end", "Length field value goes past the end of the payload")

	p8021ad     = newProto("IEEE 802.1ad", "802.1AD", "ieee8021ad")
	f8021adPrio = p8021ad.u16("ieee8021ad.priority", "Priority", Dec, mask(0xe000))
	f8021adDEI  = p8021ad.u16("ieee8021ad.dei", "DEI", Dec, mask(0x1000))
	f8021adID   = p8021ad.u16("ieee8021ad.id", "ID", Dec, mask(0x0fff))
	f8021adType = p8021ad.u16("ieee8021ah.etype", "Type", Hex, names(etherTypes))
)

// dissectVLAN takes an 802.1Q tag apart (IEEE 802.1Q §9.6).
func dissectVLAN(c cursor) {
	d := c.d
	c.proto(pVLAN)
	node := d.openIndex()
	v := uint64(c.u16(nil))
	if c.ok() && c.on() {
		c.opened().label(fmt.Sprintf("802.1Q Virtual LAN, PRI: %d, DEI: %d, ID: %d", v>>13, v>>12&1, v&0xfff))
	}
	d.setProto("VLAN")
	if c.cols() {
		d.setInfof("PRI: %d  DEI: %d  ID: %d", v>>13, v>>12&1, v&0xfff)
	}
	if c.ok() {
		c.bits(fVLANPrio, 2, v)
		c.bits(fVLANDEI, 2, v)
		c.bits(fVLANID, 2, v)
	}
	t := c.peek16(0)
	if t <= 1500 {
		n := int(c.u16(fVLANLen))
		if c.ok() && n > c.left() {
			if c.on() {
				c.begin()
				c.expert(Error, GroupMalformed, eVLANPastEnd, eVLANPastEnd.Name)
				c.end()
			}
			n = c.left()
		}
		c.end()
		if !c.ok() {
			return
		}
		rest := c
		payload := c.to(n)
		dissectLLC(payload)
		rest.pos = c.pos
		rest.etherTrailer(node, fVLANTrailer, false)
		return
	}
	c.u16(fVLANType)
	c.end()
	if !c.ok() {
		return
	}
	d.enter(pEtherType)
	rest := c.tail()
	rest.pos = dissectEtherType(rest, t)
	rest.etherTrailer(node, fVLANTrailer, false)
}

// dissect8021ad takes a provider bridge tag apart (IEEE 802.1ad).
func dissect8021ad(c cursor) {
	d := c.d
	c.proto(p8021ad)
	node := d.openIndex()
	v := uint64(c.u16(nil))
	if c.ok() {
		c.addAt(f8021adPrio, c.pos-2, 1, Node{num: v >> 13})
		c.addAt(f8021adDEI, c.pos-2, 1, Node{num: v >> 12 & 1})
		c.bits(f8021adID, 2, v)
		if c.on() {
			c.opened().label(fmt.Sprintf("IEEE 802.1ad, ID: %d", v&0xfff))
		}
	}
	d.setProto("802.1AD")
	t := c.u16(f8021adType)
	c.end()
	if !c.ok() {
		return
	}
	d.enter(pEtherType)
	rest := c.tail()
	rest.pos = dissectEtherType(rest, t)
	rest.etherTrailer(node, fVLANTrailer, false)
}
