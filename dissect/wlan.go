package dissect

var (
	pWLAN        = newProto("IEEE 802.11 wireless LAN", "IEEE 802.11", "wlan")
	fWLANType    = pWLAN.u16("wlan.fc.type_subtype", "Type/Subtype", Hex, names(wlanFrames))
	fWLANFC      = pWLAN.u16("wlan.fc", "Frame Control Field", Hex)
	fWLANVersion = pWLAN.u8("wlan.fc.version", "Version", Dec, mask(0x03))
	fWLANKind    = pWLAN.u8("wlan.fc.type", "Type", Dec, mask(0x0c), names(list("Management frame", "Control frame", "Data frame", "Extension frame")))
	fWLANSubtype = pWLAN.u8("wlan.fc.subtype", "Subtype", Dec, mask(0xf0))
	fWLANFlags   = pWLAN.u8("wlan.flags", "Flags", Hex)
	fWLANDS      = pWLAN.u8("wlan.fc.ds", "DS status", Hex, mask(0x03), names(list(
		"Not leaving DS or network is operating in AD-HOC mode (To DS: 0 From DS: 0)", "Frame from STA to DS via an AP (To DS: 1 From DS: 0)",
		"Frame from DS to a STA via AP(To DS: 0 From DS: 1)", "WDS (AP to AP) or Mesh (MP to MP) Frame (To DS: 1 From DS: 1)")))
	fWLANToDS   = pWLAN.flag(TUint8, "wlan.fc.tods", "To DS", 0x01, names(either("Frame is entering DS", "Frame is not entering DS")))
	fWLANFromDS = pWLAN.flag(TUint8, "wlan.fc.fromds", "From DS", 0x02, names(either("Frame is exiting DS", "Frame is not exiting DS")))
	fWLANFrags  = pWLAN.flag(TUint8, "wlan.fc.frag", "More Fragments", 0x04, names(either("More fragments follow", "This is the last fragment")))
	fWLANRetry  = pWLAN.flag(TUint8, "wlan.fc.retry", "Retry", 0x08, names(either("Frame is being retransmitted", "Frame is not being retransmitted")))
	fWLANPower  = pWLAN.flag(TUint8, "wlan.fc.pwrmgt", "PWR MGT", 0x10, names(either("STA will go to sleep", "STA will stay up")))
	fWLANMore   = pWLAN.flag(TUint8, "wlan.fc.moredata", "More Data", 0x20, names(either("Data is buffered for STA at AP", "No data buffered")))
	fWLANSecret = pWLAN.flag(TUint8, "wlan.fc.protected", "Protected flag", 0x40, names(either("Data is protected", "Data is not protected")))
	fWLANOrder  = pWLAN.flag(TUint8, "wlan.fc.order", "+HTC/Order flag", 0x80, names(either("Strictly ordered", "Not strictly ordered")))
	eWLANRetry  = pWLAN.none("wlan.fc.retry.expert", "Retransmission (retry)")
	fWLANExt    = pWLAN.u8("wlan.fc.extension", "Control Frame Extension", Dec)
	fWLANDur    = pWLAN.u16("wlan.duration", "Duration", Dec, mask(0x7fff), units(" microseconds"))
	fWLANAID    = pWLAN.u16("wlan.aid", "Association ID", Dec, mask(0x3fff))
	fWLANFrag   = pWLAN.u16("wlan.frag", "Fragment number", Dec, mask(0x000f))
	fWLANSeq    = pWLAN.u16("wlan.seq", "Sequence number", Dec, mask(0xfff0))
	fWLANHTC    = pWLAN.u32("wlan.htc", "HT Control (+HTC)", Hex)
	fWLANFCS    = pWLAN.u32("wlan.fcs", "Frame check sequence", Hex)
	fWLANFCSOK  = pWLAN.u8("wlan.fcs.status", "FCS Status", NoLabel, names(checksumStates))

	fWLANAddr = wlanAddr("addr", "Hardware address")
	fWLANRA   = wlanAddr("ra", "Receiver address")
	fWLANTA   = wlanAddr("ta", "Transmitter address")
	fWLANDA   = wlanAddr("da", "Destination address")
	fWLANSA   = wlanAddr("sa", "Source address")
	fWLANBSS  = wlanAddr("bssid", "BSS Id")
	fWLANSTA  = wlanAddr("staa", "STA address")
)

// wlanAddress is an address with its copy that would have a name.
type wlanAddress struct{ addr, name *Field }

func wlanAddr(abbrev, name string) *wlanAddress {
	return &wlanAddress{pWLAN.mac("wlan."+abbrev, name), pWLAN.str("wlan."+abbrev+"_resolved", name+" (resolved)")}
}

// wlanFrames names what a frame is, by its type and subtype.
var wlanFrames = table(map[uint64]string{0: "Association Request", 1: "Association Response", 2: "Reassociation Request",
	3: "Reassociation Response", 4: "Probe Request", 5: "Probe Response", 6: "Measurement Pilot", 8: "Beacon frame", 9: "ATIM",
	10: "Disassociate", 11: "Authentication", 12: "Deauthentication", 13: "Action", 14: "Action No Ack", 15: "Aruba Management",
	18: "Trigger", 20: "Beamforming Report Poll", 21: "VHT/HE NDP Announcement", 23: "Control Wrapper", 24: "802.11 Block Ack Req",
	25: "802.11 Block Ack", 26: "Power-Save poll", 27: "Request-to-send", 28: "Clear-to-send", 29: "Acknowledgement",
	30: "CF-End (Control-frame)", 31: "CF-End + CF-Ack (Control-frame)", 32: "Data", 33: "Data + CF-Ack", 34: "Data + CF-Poll",
	35: "Data + CF-Ack + CF-Poll", 36: "Null function (No data)", 37: "Acknowledgement (No data)", 38: "CF-Poll (No data)",
	39: "CF-Ack/Poll (No data)", 40: "QoS Data", 41: "QoS Data + CF-Acknowledgment", 42: "QoS Data + CF-Poll",
	43: "QoS Data + CF-Ack + CF-Poll", 44: "QoS Null function (No data)", 46: "QoS CF-Poll (No Data)",
	47: "QoS CF-Ack + CF-Poll (No data)", 48: "DMG Beacon", 49: "S1G Beacon", 0x162: "Poll",
	0x163: "Service Period Request", 0x164: "Grant", 0x165: "DMG Clear-to-send", 0x166: "DMG Denial-to-send", 0x167: "Grant Acknowledgment",
	0x168: "Sector Sweep", 0x169: "Sector Sweep Feedback", 0x16a: "Sector Sweep Acknowledgment"})

// wlanFrame is what the beginning of a frame says.
type wlanFrame struct {
	kind    uint8 // type and subtype
	flags   uint8
	head    int // where the frame begins
	fcs     bool
	padded  bool // the header is filled up to four bytes
	name    string
	letters string
}

// The flags of the frame control.
const (
	wlanToDS     = 0x01
	wlanFromDS   = 0x02
	wlanMoreFrag = 0x04
	wlanRetry    = 0x08
	wlanSecret   = 0x40
	wlanOrder    = 0x80
)

// dissectWLAN takes a frame of IEEE 802.11 apart (§9.2 and §9.3 of the standard).
// fcs says that a frame check sequence stands at its end, padded that the header
// is filled up to a multiple of four bytes.
func dissectWLAN(c cursor, fcs, padded bool) {
	d := c.d
	d.setProto("802.11")
	d.setInfo("")
	if c.captured() < 2 {
		d.enter(pWLAN)
		c.need(2)
		return
	}
	fc := c.peek(0)
	w := wlanFrame{kind: fc<<2&0x30 | fc>>4, flags: c.peek(1), head: c.pos, fcs: fcs, padded: padded}
	if fcs && c.left() >= 4+2 {
		w.check(&c)
	}
	if c.on() || c.cols() {
		what := uint64(w.kind)
		if w.kind == wlanExtension {
			what = 0x160 | uint64(w.flags&15)
		}
		if w.name = wlanFrames(what); w.name == "" {
			w.name = "Unrecognized (Reserved frame)"
		}
		w.letters = w.flagLetters()
		d.setInfo(w.name)
	}
	if p := c.proto(pWLAN); p != nil {
		p.label("IEEE 802.11 " + w.name)
	}
	w.control(&c)
	switch {
	case fc&0x03 != 0: // another protocol version
		c.end()
		dissectData(c.tail())
	case fc&0x0c == 0x08:
		w.data(c)
	case fc&0x0c == 0x00:
		w.management(c)
	default:
		w.controlFrame(c)
	}
}

// check takes the frame check sequence off the end.
func (w *wlanFrame) check(c *cursor) {
	c.limit -= 4
	c.have = min(c.have, c.limit)
}

// finish shows the frame check sequence and closes the header's node, which ends
// at a place.
func (w *wlanFrame) finish(c *cursor, end int) {
	o := c.opened()
	if o == nil {
		return
	}
	o.append(", Flags: " + w.letters)
	o.Len = int32(end - w.head)
	if w.fcs && c.limit+4 <= len(c.b) {
		b := c.b[c.limit:]
		v := uint64(b[3])<<24 | uint64(b[2])<<16 | uint64(b[1])<<8 | uint64(b[0])
		c.addAt(fWLANFCS, c.limit, 4, Node{num: v, suffix: " [unverified]"})
		c.addAt(fWLANFCSOK, c.limit, 0, Node{num: 2, Flags: Generated})
	}
	c.end()
}

// flagLetters writes the flags as the Info column has them.
func (w *wlanFrame) flagLetters() string {
	const letters = "opmPRMFT"
	b := []byte("........")
	for i := range b {
		if w.flags&(0x80>>i) != 0 {
			b[i] = letters[i]
		}
	}
	if w.fcs {
		b = append(b, 'C')
	}
	return string(b)
}

// control shows the frame control.
func (w *wlanFrame) control(c *cursor) {
	at := c.pos
	v := uint64(c.u16(nil))
	if !c.on() {
		return
	}
	fc := v >> 8
	what := uint64(w.kind)
	flags := []*Field{fWLANDS, fWLANToDS, fWLANFromDS, fWLANFrags, fWLANRetry, fWLANPower, fWLANMore, fWLANSecret, fWLANOrder}
	if w.kind == wlanExtension {
		what = 0x160 | v&15
		flags = []*Field{fWLANPower, fWLANMore, fWLANOrder}
	}
	c.addAt(fWLANType, at, 1, Node{num: what})
	c.add(fWLANFC, 2, Node{num: v})
	c.begin()
	for _, f := range []*Field{fWLANVersion, fWLANKind, fWLANSubtype} {
		c.addAt(f, at, 1, Node{num: f.extract(fc)})
	}
	if w.kind == wlanExtension {
		c.addAt(fWLANExt, at, 1, Node{num: v & 15})
	}
	c.addAt(fWLANFlags, at+1, 1, Node{num: uint64(w.flags)})
	c.begin()
	for _, f := range flags {
		n := c.bits(f, 1, uint64(w.flags))
		switch {
		case f == fWLANToDS || f == fWLANFromDS:
			c.last().mark(Hidden)
		case f == fWLANRetry && n != 0:
			c.begin()
			c.expert(NoteSev, GroupSequence, eWLANRetry, eWLANRetry.Name)
			c.end()
		}
	}
	c.end()
	c.end()
}

// duration reads the duration.
func (c *cursor) wlanDuration() {
	if v := c.le16(nil); c.ok() {
		if v&0x8000 == 0 {
			c.bits(fWLANDur, 2, uint64(v))
		}
	}
}

// wlanAddr shows an address that was read before, at a place, and once more for
// wlan.addr if again is set.
func (c *cursor) wlanAddr(f *wlanAddress, at int, again bool) {
	if !c.on() || !c.ok() {
		return
	}
	b := c.b[at : at+6]
	if f != nil {
		c.addAt(f.addr, at, 6, Node{raw: b})
		c.addAt(f.name, at, 6, Node{str: Ether(b), Flags: Hidden})
	}
	if again {
		c.addAt(fWLANAddr.addr, at, 6, Node{raw: b, Flags: Hidden})
		c.addAt(fWLANAddr.name, at, 6, Node{str: Ether(b), Flags: Hidden})
	}
}

// wlanSequence reads the sequence control.
func (c *cursor) wlanSequence() (seq, frag uint16) {
	v := c.le16(nil)
	if c.on() && c.ok() {
		c.bits(fWLANFrag, 2, uint64(v))
		c.bits(fWLANSeq, 2, uint64(v))
	}
	return v >> 4, v & 15
}

// title writes the Info column of a frame with a sequence number.
func (w *wlanFrame) title(c *cursor, seq, frag uint16) {
	if c.cols() && c.ok() {
		c.d.setInfof("%s, SN=%d, FN=%d, Flags=%s", w.name, seq, frag, w.letters)
	}
}

// ends sets the columns for who sent a frame and to whom, by places of addresses;
// −1 for none.
func (w *wlanFrame) ends(c *cursor, src, dst int, srcRole, dstRole string) {
	if !c.cols() {
		return
	}
	text := func(at int, role string) string {
		if at < 0 || at+6 > c.have {
			return ""
		}
		return Ether(c.b[at:at+6]) + role
	}
	c.d.setEnds(text(src, srcRole), text(dst, dstRole))
}
