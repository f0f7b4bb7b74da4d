package dissect

import "fmt"

var (
	pWLANMgt     = newProto("IEEE 802.11 Wireless Management", "802.11 MGT", "wlan.mgt")
	fMgtFixed    = pWLAN.none("wlan.fixed.all", "Fixed parameters")
	fMgtTagged   = pWLAN.none("wlan.tagged.all", "Tagged parameters")
	fMgtTime     = pWLAN.u64("wlan.fixed.timestamp", "Timestamp", Dec)
	fMgtInterval = pWLAN.u32("wlan.fixed.beacon", "Beacon Interval", Custom, names(beaconInterval))
	fMgtListen   = pWLAN.u16("wlan.fixed.listen_ival", "Listen Interval", Hex)
	fMgtAP       = pWLAN.mac("wlan.fixed.current_ap", "Current AP")
	fMgtAlg      = pWLAN.u16("wlan.fixed.auth.alg", "Authentication Algorithm", Dec, names(wlanAuth))
	fMgtAuthSeq  = pWLAN.u16("wlan.fixed.auth_seq", "Authentication SEQ", Hex)
	fMgtStatus   = pWLAN.u16("wlan.fixed.status_code", "Status code", Hex, names(wlanStatus))
	fMgtReason   = pWLAN.u16("wlan.fixed.reason_code", "Reason code", Hex, names(wlanReasons))
	fMgtAID      = pWLAN.u16("wlan.fixed.aid", "Association ID", Hex, mask(0x3fff))
	fMgtCategory = pWLAN.u16("wlan.fixed.category_code", "Category code", Dec, names(wlanCategories))

	fMgtCaps = pWLAN.u16("wlan.fixed.capabilities", "Capabilities Information", Hex)
	mgtCaps  = []*Field{
		pWLAN.flag(TUint16, "wlan.fixed.capabilities.ess", "ESS capabilities", 0x0001, names(either("Transmitter is an AP", "Transmitter is a STA"))),
		pWLAN.flag(TUint16, "wlan.fixed.capabilities.ibss", "IBSS status", 0x0002, names(either("Transmitter belongs to an IBSS", "Transmitter belongs to a BSS"))),
		pWLAN.u16("wlan.fixed.capabilities.reserved1", "Reserved", Dec, mask(0x0004)),
		pWLAN.u16("wlan.fixed.capabilities.reserved2", "Reserved", Dec, mask(0x0008)),
		pWLAN.flag(TUint16, "wlan.fixed.capabilities.privacy", "Privacy", 0x0010, names(either("Data confidentiality required", "Data confidentiality not required"))),
		pWLAN.flag(TUint16, "wlan.fixed.capabilities.short_preamble", "Short Preamble", 0x0020, names(either("Allowed", "Not Allowed"))),
		pWLAN.u16("wlan.fixed.capabilities.reserved3", "Reserved", Dec, mask(0x0040)),
		pWLAN.u16("wlan.fixed.capabilities.reserved4", "Reserved", Dec, mask(0x0080)),
		pWLAN.flag(TUint16, "wlan.fixed.capabilities.spec_man", "Spectrum Management", 0x0100, names(implemented)),
		pWLAN.flag(TUint16, "wlan.fixed.capabilities.qos", "QoS", 0x0200, names(implemented)),
		pWLAN.flag(TUint16, "wlan.fixed.capabilities.short_slot_time", "Short Slot Time", 0x0400, names(either("In use", "Not in use"))),
		pWLAN.flag(TUint16, "wlan.fixed.capabilities.apsd", "Automatic Power Save Delivery", 0x0800, names(implemented)),
		pWLAN.flag(TUint16, "wlan.fixed.capabilities.radio_measurement", "Radio Measurement", 0x1000, names(implemented)),
		pWLAN.flag(TUint16, "wlan.fixed.capabilities.epd", "EPD", 0x2000, names(implemented)),
		pWLAN.u16("wlan.fixed.capabilities.reserved5", "Reserved", Dec, mask(0x4000)),
		pWLAN.u16("wlan.fixed.capabilities.reserved6", "Reserved", Dec, mask(0x8000)),
	}
	implemented = either("Implemented", "Not Implemented")
)

// beaconInterval writes time units of 1024 microseconds.
func beaconInterval(v uint64) string {
	us := v * 1024
	return fmt.Sprintf("%d.%06d [Seconds]", us/1e6, us%1e6)
}

// managed takes the body of a management frame apart: what stands at fixed places,
// then elements (§9.3.3, §9.4.1).
func (w *wlanFrame) managed(c cursor) {
	if p := c.addAt(&pWLANMgt.field, c.pos, c.captured(), Node{}); p != nil {
		c.begin()
		defer c.end()
	}
	w.fixed(&c)
	if c.ok() && c.left() > 0 {
		w.tags(&c)
	}
}

// fixed reads the parameters that stand at fixed places.
func (w *wlanFrame) fixed(c *cursor) {
	size := [16]int{0: 4, 1: 6, 2: 10, 3: 6, 5: 12, 8: 12, 10: 2, 11: 6, 12: 2}[w.kind&15]
	if w.kind == 13 || w.kind == 14 {
		w.action(c)
		return
	}
	if size == 0 {
		return
	}
	if c.on() {
		c.addAt(fMgtFixed, c.pos, min(size, c.left()), Node{text: fmt.Sprintf("Fixed parameters (%s)", plural(size, "byte"))})
		c.begin()
	}
	switch w.kind {
	case 5, 8:
		c.le64(fMgtTime)
		v := c.le16(nil)
		c.add(fMgtInterval, 2, Node{num: uint64(v)})
		c.infoMore("BI=%d", v)
		c.mgtCapabilities()
	case 0, 2:
		c.mgtCapabilities()
		c.le16(fMgtListen)
		if w.kind == 2 {
			c.bytes(fMgtAP, 6)
		}
	case 1, 3:
		c.mgtCapabilities()
		c.le16(fMgtStatus)
		v := c.le16(nil)
		c.bits(fMgtAID, 2, uint64(v))
	case 11:
		c.le16(fMgtAlg)
		c.le16(fMgtAuthSeq)
		c.le16(fMgtStatus)
	case 10, 12:
		c.le16(fMgtReason)
	}
	if c.ok() && c.on() {
		c.end()
	}
}

func (c *cursor) mgtCapabilities() {
	v := uint64(c.le16(fMgtCaps))
	if !c.on() || !c.ok() {
		return
	}
	c.begin()
	for _, f := range mgtCaps {
		c.bits(f, 2, v)
	}
	c.end()
}

// action shows what an action is about; what follows is not taken apart (§9.6).
func (w *wlanFrame) action(c *cursor) {
	if c.on() {
		c.addAt(fMgtFixed, c.pos, c.left(), Node{})
		c.begin()
	}
	v := c.u8(nil)
	if c.on() && c.ok() {
		c.add(fMgtCategory, 1, Node{num: uint64(v)})
		if n := c.left(); n > 0 {
			c.addAt(fText, c.pos, n, Node{text: fmt.Sprintf("Action (%s), not dissected by tcplens", plural(n, "byte"))})
		}
		c.end()
	}
	c.skip(c.left())
}
