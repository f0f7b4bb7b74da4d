package dissect

import "fmt"

var (
	fWLANBA        = pWLAN.u16("wlan.ba.control", "Block Ack Control", Hex)
	fWLANBAPolicy  = pWLAN.flag(TUint16, "wlan.ba.control.ackpolicy", "BA Ack Policy", 0x0001, names(either("Sender Does Not Require Immediate Acknowledgement", "Immediate Acknowledgement Required")))
	fWLANBAType    = pWLAN.u16("wlan.ba.control.ba_type", "BA Type", Hex, mask(0x001e), names(wlanBlockAcks))
	fWLANBARes     = pWLAN.u16("wlan.ba.control.reserved", "Reserved", Hex, mask(0x0fe0))
	fWLANBATID     = pWLAN.u16("wlan.ba.basic.tidinfo", "TID for which a Basic BlockAck frame is requested", Hex, mask(0xf000))
	fWLANBABitmap  = pWLAN.bytes("wlan.ba.bm", "Block Ack Bitmap")
	fWLANBAMissing = pWLAN.u32("wlan.ba.bm.missing_frame", "Missing frame", Dec)
	fWLANSSC       = pWLAN.u16("wlan.fixed.ssc", "Block Ack Starting Sequence Control (SSC)", Hex)
	fWLANSSCFrag   = pWLAN.u16("wlan.fixed.ssc.fragment", "Fragment", Dec, mask(0x000f))
	fWLANSSCSeq    = pWLAN.u16("wlan.fixed.ssc.sequence", "Starting Sequence Number", Dec, mask(0xfff0))

	wlanBlockAcks = table(map[uint64]string{0: "Basic BlockAck", 1: "Extended Compressed BlockAck", 2: "Compressed BlockAck",
		3: "Multi-TID BlockAck", 6: "GCR BlockAck", 10: "GLK-GCR BlockAck", 11: "Multi-STA BlockAck"})
)

// Types and subtypes of control frames.
const (
	wlanExtension = 0x16 // what it is stands in the flags
	wlanWrapper   = 0x17
	wlanBlockReq  = 0x18
	wlanBlockAck  = 0x19
	wlanPSPoll    = 0x1a
	wlanCTS       = 0x1c
	wlanAck       = 0x1d
	wlanCFEnd     = 0x1e
)

// controlFrame takes a control frame apart (§9.3.1), or one of an extension, of
// which no more than the receiver is known.
func (w *wlanFrame) controlFrame(c cursor) {
	if c.d.scan {
		return
	}
	if w.kind == wlanPSPoll {
		v := c.le16(nil)
		c.bits(fWLANAID, 2, uint64(v))
	} else {
		c.wlanDuration()
	}
	a1 := c.pos
	if !c.need(6) {
		return
	}
	c.skip(6)
	second := w.kind != wlanCTS && w.kind != wlanAck && w.kind != wlanWrapper && wlanFrames(uint64(w.kind)) != "" && w.kind < 0x30
	a2 := -1
	if second && c.captured() >= 6 {
		a2 = c.pos
	}
	switch w.kind {
	case wlanPSPoll:
		w.ends(&c, a2, a1, " (TA)", " (BSSID)")
	case wlanCFEnd:
		w.ends(&c, a2, a1, " (BSSID)", " (RA)")
	case 0x30, 0x31:
		w.ends(&c, -1, a1, "", " (BSSID)")
	default:
		w.ends(&c, a2, a1, " (TA)", " (RA)")
	}
	if c.cols() {
		c.d.setInfof("%s, Flags=%s", w.name, w.letters)
	}
	c.wlanAddr(fWLANRA, a1, true)
	if w.kind == wlanPSPoll {
		c.wlanAddr(fWLANBSS, a1, false)
	}
	if second {
		f := fWLANTA
		if w.kind == wlanCFEnd {
			f = fWLANBSS
		}
		if !c.need(6) {
			return
		}
		c.wlanAddr(f, c.pos, true)
		c.skip(6)
	}
	end := c.pos
	if c.on() && wlanFrames(uint64(w.kind)) == "" {
		end = a1 // of an unknown frame Wireshark counts no address
	}
	switch w.kind {
	case wlanWrapper:
		c.skip(2)
		c.note(2, "Contained Frame Control")
		c.wlanHTC()
	case wlanBlockReq, wlanBlockAck:
		c.wlanBlock(w.kind == wlanBlockAck)
	}
	if !c.ok() {
		return
	}
	w.finish(&c, end)
	if c.left() > 0 {
		dissectData(c.tail())
	}
}

// wlanBlock reads what a block acknowledgement, or the request for one, says. Of
// the kinds that name several streams only the head is shown.
func (c *cursor) wlanBlock(response bool) {
	if !c.need(2) {
		return
	}
	v := uint64(c.peek(1))<<8 | uint64(c.peek(0))
	kind := v >> 1 & 15
	if c.on() {
		what := "Request"
		if response {
			what = "Response"
		}
		c.addAt(fText, c.pos, c.left(), Node{text: orUnknown(wlanBlockAcks, kind) + " " + what})
		c.begin()
		defer c.end()
	}
	c.le16(fWLANBA)
	if c.on() {
		c.begin()
		for _, f := range []*Field{fWLANBAPolicy, fWLANBAType, fWLANBARes, fWLANBATID} {
			c.bits(f, 2, v)
		}
		c.end()
	}
	if kind != 0 && kind != 2 {
		return
	}
	start := uint64(c.le16(fWLANSSC))
	if c.on() && c.ok() {
		c.begin()
		c.bits(fWLANSSCFrag, 2, start)
		c.bits(fWLANSSCSeq, 2, start)
		c.end()
	}
	size := 8
	switch {
	case !response:
		return
	case kind == 0:
		size = 128
	case start>>1&3 == 2:
		size = 32
	}
	bitmap := c.bytes(fWLANBABitmap, size)
	if kind != 2 || !c.on() || bitmap == nil {
		return
	}
	c.begin()
	for i := range len(bitmap) * 8 {
		if bitmap[i/8]>>(i%8)&1 == 0 {
			c.addAt(fWLANBAMissing, c.pos-size+i/8, 1, Node{num: (start>>4 + uint64(i)) & 0xfff})
		}
	}
	c.end()
}

// management takes a management frame apart (§9.3.3).
func (w *wlanFrame) management(c cursor) {
	if c.d.scan {
		return
	}
	c.wlanDuration()
	a1, a2, a3 := c.pos, c.pos+6, c.pos+12
	if c.captured() >= 6 {
		c.wlanAddr(fWLANRA, a1, true)
		c.wlanAddr(fWLANDA, a1, false)
	}
	if !c.need(20) {
		return
	}
	w.ends(&c, a2, a1, "", "")
	c.wlanAddr(fWLANTA, a2, false)
	c.wlanAddr(fWLANSA, a2, false)
	c.wlanAddr(fWLANBSS, a3, false)
	c.wlanAddr(nil, a2, true)
	c.wlanAddr(nil, a3, true)
	c.skip(18)
	seq, frag := c.wlanSequence()
	w.title(&c, seq, frag)
	if w.flags&wlanOrder != 0 {
		c.wlanHTC()
	}
	if !c.ok() {
		return
	}
	if w.flags&wlanSecret != 0 {
		body, end := c.wlanSecurity()
		w.finish(&c, end)
		dissectData(body)
		return
	}
	w.finish(&c, c.pos)
	body := c.tail()
	if wlanFrames(uint64(w.kind)) == "" {
		if body.left() > 0 {
			dissectData(body)
		}
		return
	}
	w.managed(body)
}

// infoMore adds to the Info column of a management frame.
func (c *cursor) infoMore(format string, args ...any) {
	if c.cols() && c.ok() {
		c.d.infoAppend(fmt.Sprintf(", "+format, args...))
	}
}
