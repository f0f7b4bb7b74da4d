package dissect

import "fmt"

// data takes a data frame apart (§9.3.2) and goes on with what it carries.
func (w *wlanFrame) data(c cursor) {
	c.wlanDuration()
	a1, a2, a3 := c.pos, c.pos+6, c.pos+12
	ds := w.flags & (wlanToDS | wlanFromDS)
	qos, empty := w.kind&0x08 != 0, w.kind&0x04 != 0
	size := 20
	if ds == wlanToDS|wlanFromDS {
		size = 26
	}
	node := c.d.openIndex()
	if c.captured() >= 6 {
		c.wlanAddr(fWLANRA, a1, true)
	}
	if c.captured() >= 12 {
		c.wlanAddr(fWLANTA, a2, true)
	}
	if !c.need(size) {
		return
	}
	aggregate := qos && !empty && c.peek(size)&0x80 != 0
	da, sa, bss, sta := a1, a2, a3, -1
	switch ds {
	case wlanToDS:
		da, bss, sta = a3, a1, a2
	case wlanFromDS:
		sa, bss, sta = a3, a2, a1
	case wlanToDS | wlanFromDS:
		da, sa, bss = a3, c.pos+20, -1
	}
	w.ends(&c, sa, da, "", "")
	if !aggregate || da == a1 { // else every part has its own
		c.wlanAddr(fWLANDA, da, false)
	}
	if !aggregate || sa == a2 {
		c.wlanAddr(fWLANSA, sa, false)
	}
	if bss >= 0 {
		c.wlanAddr(fWLANBSS, bss, false)
	}
	if sta >= 0 {
		c.wlanAddr(fWLANSTA, sta, false)
	}
	c.skip(18)
	seq, frag := c.wlanSequence()
	w.title(&c, seq, frag)
	if size == 26 {
		c.skip(6)
		c.wlanAddr(nil, c.pos-6, true)
	}
	if !aggregate {
		c.wlanAddr(nil, a3, true)
	}
	if qos {
		c.wlanQoS(ds, w.kind)
		if w.flags&wlanOrder != 0 {
			c.wlanHTC()
		}
	}
	if pad := (c.pos - w.head) & 3; w.padded && pad != 0 {
		c.skip(4 - pad)
	}
	if !c.ok() {
		return
	}
	if w.flags&wlanSecret != 0 && !empty {
		body, end := c.wlanSecurity()
		w.finish(&c, end)
		dissectData(body)
		return
	}
	w.finish(&c, c.pos)
	body := c.tail()
	switch {
	case empty:
	case w.flags&wlanMoreFrag != 0 || frag > 0:
		c.d.setInfo("Fragmented IEEE 802.11 frame")
		dissectData(body)
	case aggregate:
		dissectAMSDU(body, node)
	case body.peek16(0) == 0xffff:
		dissectNamed(body, namedIPX)
	default:
		dissectLLC(body)
	}
}

var (
	fWLANQoS      = pWLAN.u16("wlan.qos", "Qos Control", Hex)
	fWLANTID      = pWLAN.u16("wlan.qos.tid", "TID", Dec, mask(0x000f))
	fWLANPriority = pWLAN.u16("wlan.qos.priority", "Priority", Dec, mask(0x0007), names(list("Best Effort (Best Effort)",
		"Background (Background)", "Spare (Background)", "Excellent Effort (Best Effort)", "Controlled Load (Video)", "Video (Video)",
		"Voice (Voice)", "Network Control (Voice)")))
	fWLANEOSP = pWLAN.flag(TUint16, "wlan.qos.eosp", "EOSP", 0x0010, names(either("End of service period", "Service period")))
	fWLANBit4 = pWLAN.flag(TUint16, "wlan.qos.bit4", "QoS bit 4", 0x0010, names(either("Bits 8-15 of QoS Control field are Queue Size",
		"Bits 8-15 of QoS Control field are TXOP Duration Requested")))
	fWLANAck     = pWLAN.u16("wlan.qos.ack", "Ack Policy", Hex, mask(0x0060), names(list("Normal Ack", "No Ack", "No explicit acknowledgment", "Block Ack")))
	fWLANAMSDU   = pWLAN.flag(TUint16, "wlan.qos.amsdupresent", "Payload Type", 0x0080, names(either("A-MSDU", "MSDU")))
	fWLANTXOP    = pWLAN.u16("wlan.qos.txop_dur_req", "TXOP Duration Requested", Dec, mask(0xff00))
	fWLANLimit   = pWLAN.u16("wlan.qos.txop_limit", "TXOP Limit", Dec, mask(0xff00))
	fWLANQueue   = pWLAN.u16("wlan.qos.queue_size", "Queue Size", Dec, mask(0xff00))
	fWLANBuffer  = pWLAN.u16("wlan.qos.ps_buf_state", "QAP PS Buffer State", Hex, mask(0xff00))
	fWLANBufOn   = pWLAN.flag(TUint16, "wlan.qos.buf_state_indicated", "Buffer State Indicated", 0x0200, names(yesNo))
	fWLANBufAC   = pWLAN.u16("wlan.qos.highest_pri_buf_ac", "Highest-Priority Buffered AC", Dec, mask(0x0c00), names(list("Best Effort", "Background", "Video", "Voice")))
	fWLANBufLoad = pWLAN.u16("wlan.qos.qap_buf_load", "QAP Buffered Load", Dec, mask(0xf000))
)

// wlanQoS reads the QoS control (§9.2.4.5), whose upper half means one thing from
// an access point and another to it.
func (c *cursor) wlanQoS(ds, kind uint8) {
	v := uint64(c.le16(fWLANQoS))
	if !c.on() || !c.ok() {
		return
	}
	c.begin()
	defer c.end()
	c.bits(fWLANTID, 2, v)
	c.bits(fWLANPriority, 2, v)
	c.last().mark(Generated)
	fromAP := ds&wlanFromDS != 0
	if fromAP {
		c.bits(fWLANEOSP, 2, v)
	} else {
		c.bits(fWLANBit4, 2, v)
	}
	c.bits(fWLANAck, 2, v)
	if kind&0x04 == 0 {
		c.bits(fWLANAMSDU, 2, v)
	}
	switch {
	case fromAP && kind&0x02 != 0:
		if c.bits(fWLANLimit, 2, v) == 0 {
			c.last().append(" (transmit one frame immediately)")
		}
	case fromAP:
		c.bits(fWLANBuffer, 2, v)
		c.begin()
		if c.bits(fWLANBufOn, 2, v) != 0 {
			c.bits(fWLANBufAC, 2, v)
			c.bits(fWLANBufLoad, 2, v)
			switch v >> 12 {
			case 0:
				c.last().append(" (no buffered traffic)")
			case 15:
				c.last().append(" (greater than 57344 octets)")
			}
		}
		c.end()
	case v&0x10 != 0:
		switch n := c.bits(fWLANQueue, 2, v); n {
		case 254:
			c.last().append(" (more than 64 768 octets)")
		case 255:
			c.last().append(" (unspecified or unknown)")
		default:
			c.last().append(fmt.Sprintf(" (%d bytes)", n*256))
		}
	default:
		if c.bits(fWLANTXOP, 2, v) == 0 {
			c.last().append(" (no TXOP requested)")
		}
	}
}

// wlanHTC reads the HT control, whose bits are not taken apart.
func (c *cursor) wlanHTC() {
	v := c.le32(nil)
	c.add(fWLANHTC, 4, Node{num: uint64(v)})
}

var (
	fWLANIV     = pWLAN.u24("wlan.wep.iv", "Initialization Vector", Hex)
	fWLANKey    = pWLAN.u8("wlan.wep.key", "Key Index", Dec)
	fWLANICV    = pWLAN.u32("wlan.wep.icv", "WEP ICV", Hex)
	fWLANTKIP   = pWLAN.str("wlan.tkip.extiv", "TKIP Ext. Initialization Vector")
	fWLANCCMP   = pWLAN.str("wlan.ccmp.extiv", "CCMP Ext. Initialization Vector")
	wlanSchemes = [...]string{"WEP", "TKIP", "CCMP"}
)

// wlanSecurity reads what stands before encrypted data, which way of encryption
// it is told by its form (§12.3.2, §12.5.2.2, §12.5.3.2). It gives the data, and where
// the header ends by Wireshark's count.
func (c *cursor) wlanSecurity() (body cursor, end int) {
	head := c.pos
	if c.left() < 4 {
		return c.tail(), head
	}
	iv, key := c.raw(3), c.peek(0)
	if iv == nil {
		return c.tail(), head
	}
	scheme, size := 0, 4
	if key&0x20 != 0 {
		scheme, size = 2, 8
		if (iv[0]|0x20)&0x7f == iv[1] {
			scheme = 1
		}
	}
	at := c.pos - 3
	if c.on() {
		c.addAt(fText, at, size, Node{text: wlanSchemes[scheme] + " parameters"})
		c.begin()
		if scheme == 0 {
			c.add(fWLANIV, 3, Node{num: uint64(iv[0])<<16 | uint64(iv[1])<<8 | uint64(iv[2])})
		}
	}
	c.skip(1)
	if scheme != 0 {
		high := c.le32(nil)
		low := uint16(iv[1])<<8 | uint16(iv[0])
		f := fWLANCCMP
		if scheme == 1 {
			f, low = fWLANTKIP, uint16(iv[0])<<8|uint16(iv[2])
		}
		if c.on() && c.ok() {
			c.addAt(f, at, 8, Node{str: fmt.Sprintf("0x%08X%04X", high, low)})
		}
	}
	c.addAt(fWLANKey, at+3, 1, Node{num: uint64(key >> 6)})
	rest := c.left()
	if scheme == 0 && rest >= 4 {
		rest -= 4
		if end := c.pos + rest; c.on() && end+4 <= c.have {
			v := cursor{b: c.b, pos: end, have: c.have}
			c.addAt(fWLANICV, end, 4, Node{num: uint64(v.peek32(0)), suffix: " (not verified)"})
		}
	}
	if c.on() {
		c.end()
	}
	if scheme != 0 {
		head = c.pos
	}
	return c.to(rest), head
}

var (
	pWLANAggregate = newProto("IEEE 802.11 wireless LAN aggregate frame", "802.11 Aggregate Data", "wlan_aggregate")
	fWLANPart      = pWLANAggregate.none("wlan_aggregate.a_mdsu.subframe", "A-MSDU Subframe")
	fWLANPartLen   = pWLANAggregate.u16("wlan_aggregate.a_mdsu.length", "A-MSDU Length", Dec)
)

// dissectAMSDU takes several frames for the same receiver apart (§9.3.2.2). node is
// the header's, to which Wireshark adds the addresses' names.
func dissectAMSDU(c cursor, node int32) {
	d := c.d
	if p := c.addAt(&pWLANAggregate.field, c.pos, c.captured(), Node{text: "IEEE 802.11 Aggregate MSDU"}); p != nil {
		c.begin()
	}
	for i := 1; c.left() > 0 && c.ok(); i++ {
		at := c.pos
		size := 14 + int(c.peek16(12))
		if pad := size & 3; pad != 0 && size < c.left() {
			size = min(size+4-pad, c.left())
		}
		if c.on() {
			c.addAt(fWLANPart, at, min(size, c.left()), Node{text: fmt.Sprintf("A-MSDU Subframe #%d", i)})
			c.begin()
		}
		if !c.need(14) {
			return
		}
		if c.on() {
			c.addAt(fWLANDA.addr, at, 6, Node{raw: c.b[at : at+6]})
			c.addAt(fWLANSA.addr, at+6, 6, Node{raw: c.b[at+6 : at+12]})
			d.reopen(node)
			c.addAt(fWLANDA.name, at, 6, Node{str: Ether(c.b[at : at+6]), Flags: Hidden})
			c.addAt(fWLANSA.name, at+6, 6, Node{str: Ether(c.b[at+6 : at+12]), Flags: Hidden})
			c.end()
		}
		c.skip(12)
		n := int(c.u16(fWLANPartLen))
		part := c.to(n)
		if d.descend() {
			dissectLLC(part)
			d.ascend()
		}
		c.end()
		if end := at + size; end > c.pos {
			c.skip(min(end-c.pos, c.left()))
		}
	}
	if c.on() {
		c.end()
	}
}
