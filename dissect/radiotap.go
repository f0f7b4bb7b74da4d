package dissect

import "fmt"

var (
	pRadiotap     = newProto("IEEE 802.11 Radiotap Capture header", "802.11 Radiotap", "radiotap")
	fRTVersion    = pRadiotap.u8("radiotap.version", "Header revision", Dec)
	fRTPad        = pRadiotap.u8("radiotap.pad", "Header pad", Dec)
	fRTLength     = pRadiotap.u16("radiotap.length", "Header length", Dec)
	eRTShort      = pRadiotap.none("radiotap.length.invalid", "The radiotap header length is less than 8 bytes")
	fRTPresent    = pRadiotap.none("radiotap.present", "Present flags")
	fRTWord       = pRadiotap.u32("radiotap.present.word", "Present flags word", Hex)
	eRTBeyond     = pRadiotap.none("radiotap.data_past_header", "Radiotap data goes past the end of the radiotap header")
	fRTVendor     = pRadiotap.bytes("radiotap.vendor_namespace", "Vendor namespace")
	fRTVendorOUI  = ouiField(pRadiotap, "radiotap.vendor_oui", "Vendor OUI")
	fRTVendorSub  = pRadiotap.u8("radiotap.vendor_subns", "Vendor sub namespace", Dec)
	fRTVendorLen  = pRadiotap.u16("radiotap.vendor_data_len", "Vendor data length", Dec)
	fRTVendorData = pRadiotap.none("radiotap.vendor_data", "Vendor data")
)

var presentAbsent = either("Present", "Absent")

// rtWords are the bits of a word that says which fields are there, in the order
// of the tree.
var rtWords = func() []*Field {
	var out []*Field
	for _, x := range []struct {
		bit          int
		abbrev, name string
	}{
		{0, "tsft", "TSFT"}, {1, "flags", "Flags"}, {2, "rate", "Rate"}, {3, "channel", "Channel"}, {4, "fhss", "FHSS"},
		{5, "dbm_antsignal", "dBm Antenna Signal"}, {6, "dbm_antnoise", "dBm Antenna Noise"}, {7, "lock_quality", "Lock Quality"},
		{8, "tx_attenuation", "TX Attenuation"}, {9, "db_tx_attenuation", "dB TX Attenuation"}, {10, "dbm_tx_power", "dBm TX Power"},
		{11, "antenna", "Antenna"}, {12, "db_antsignal", "dB Antenna Signal"}, {13, "db_antnoise", "dB Antenna Noise"}, {14, "rxflags", "RX flags"},
		{15, "txflags", "TX flags"}, {17, "data_retries", "data retries"}, {18, "xchannel", "Channel+"}, {19, "mcs", "MCS information"},
		{20, "ampdu", "A-MPDU Status"}, {21, "vht", "VHT information"}, {22, "timestamp", "frame timestamp"}, {23, "he", "HE information"},
		{24, "he_mu", "HE-MU information"}, {26, "0_length.psdu", "0 Length PSDU"}, {27, "l_sig", "L-SIG"}, {28, "tlv", "TLVs"},
		{29, "rtap_ns", "Radiotap NS next"}, {30, "vendor_ns", "Vendor NS next"}, {31, "ext", "Ext"},
	} {
		n := presentAbsent
		if x.bit == 29 || x.bit == 30 {
			n = trueFalse
		}
		out = append(out, pRadiotap.flag(TUint32, "radiotap.present."+x.abbrev, x.name, 1<<x.bit, names(n)))
	}
	return out
}()

// rtShape is the size of a radiotap field and what its place must be a multiple of.
type rtShape struct{ size, align uint8 }

// rtShapes are the fields by their bits (radiotap.org, "Defined fields").
var rtShapes = [...]rtShape{{8, 8}, {1, 1}, {1, 1}, {4, 2}, {2, 2}, {1, 1}, {1, 1}, {2, 2}, {2, 2}, {2, 2}, {1, 1}, {1, 1}, {1, 1}, {1, 1},
	{2, 2}, {2, 2}, {1, 1}, {1, 1}, {8, 4}, {3, 1}, {8, 4}, {12, 2}, {12, 8}, {12, 2}, {12, 2}, {6, 2}, {1, 1}, {4, 2}}

// The bits of the words that are no fields.
const (
	rtZeroLength = 26
	rtTLV        = 28
	rtReset      = 29
	rtVendorNS   = 30
	rtMore       = 31
)

// dissectRadiotap takes a radiotap header apart (radiotap.org) and goes on with the
// frame of IEEE 802.11 behind it.
func dissectRadiotap(c cursor) {
	d := c.d
	d.setProto("WLAN")
	d.setInfo("")
	if c.captured() < 4 {
		d.enter(pRadiotap)
		c.need(4)
		return
	}
	var r radio
	version := c.peek(0)
	n := int(c.peek(3))<<8 | int(c.peek(2))
	if c.on() || c.cols() {
		text := fmt.Sprintf("Radiotap Capture v%d, Length %d", version, n)
		d.setInfo(text)
		if p := c.proto(pRadiotap); p != nil {
			p.label(fmt.Sprintf("Radiotap Header v%d, Length %d", version, n))
			p.Len = int32(min(n, c.captured()))
		}
	} else {
		d.enter(pRadiotap)
	}
	c.u8(fRTVersion)
	c.u8(fRTPad)
	c.le16(fRTLength)
	if n < 8 {
		if c.on() {
			c.begin()
			c.expert(Error, GroupMalformed, eRTShort, eRTShort.Name)
			c.end()
			c.end()
		}
		return
	}
	if !c.need(n - 4) {
		return
	}
	h := c.to(n - 4)
	h.start -= 4
	switch {
	case version != 0 || h.rtWordCount() == 0:
		if c.on() {
			c.opened().append(" (invalid)")
		}
	case !h.radiotap(&r) && c.on():
		c.opened().append(" (malformed)")
	}
	c.end()
	if r.empty {
		return
	}
	dissectRadio(c.tail(), &r)
}

// rtWordCount counts the words that say which fields are there; 0 if they do not fit.
func (c *cursor) rtWordCount() int {
	for n := 1; 4*n <= c.left(); n++ {
		if c.peek(4*n-1)&0x80 == 0 {
			return n
		}
	}
	return 0
}

// radiotap reads the words and the fields; false if the fields do not fit.
func (c *cursor) radiotap(r *radio) bool {
	words, head := c.rtWordCount(), *c
	if c.on() {
		c.addAt(fRTPresent, c.pos, min(4*words, c.left()), Node{})
		c.begin()
	}
	for theirs := false; c.off() < 4+4*words && c.ok(); {
		v := uint64(c.le32(fRTWord))
		if c.on() && c.ok() {
			c.begin()
			for _, f := range rtWords {
				if !theirs || f.Mask>>rtReset != 0 { // a vendor's bits have no names
					c.bits(f, 4, v)
				}
			}
			c.end()
		}
		theirs = v>>rtVendorNS&1 != 0 || theirs && v>>rtReset&1 == 0
	}
	node := c.d.openIndex()
	if c.on() {
		c.end()
	}
	base, vendor := 0, false // of the next word's bits, and whose they are
	for range words {
		v := head.le32(nil)
		for bit := range rtMore {
			switch {
			case v>>bit&1 == 0:
			case bit == rtVendorNS:
				if !c.rtVendor(node) {
					return false
				}
			case bit >= rtTLV || vendor:
			case base > 0:
				return true // bits that nobody has given a meaning
			case !c.rtField(bit, r, node):
				return false
			}
		}
		base += 32
		if v>>rtReset&1 != 0 {
			base, vendor = 0, false
		}
		if v>>rtVendorNS&1 != 0 {
			base, vendor = 0, true
		}
		if v>>rtMore&1 == 0 {
			break
		}
	}
	return true
}

// rtRoom moves to where a field of a shape begins; false if the header has no
// room for it. node is that of the words, which get the complaint.
func (c *cursor) rtRoom(s rtShape, node int32) bool {
	if over := c.off() % int(s.align); over != 0 {
		c.pos += int(s.align) - over
	}
	if int(s.size) <= c.limit-c.pos {
		return c.need(int(s.size))
	}
	if c.on() {
		c.d.reopen(node)
		c.expert(Error, GroupMalformed, eRTBeyond, eRTBeyond.Name)
		c.end()
	}
	return false
}

// rtVendor passes over what a vendor has put in; what it says, only they know.
func (c *cursor) rtVendor(node int32) bool {
	if !c.rtRoom(rtShape{6, 2}, node) {
		return false
	}
	n := int(c.peek(5))<<8 | int(c.peek(4))
	if c.on() {
		b := c.rest()
		c.addAt(fRTVendor, c.pos, min(6+n, c.left()), Node{raw: b[:min(6+n, len(b))], text: fmt.Sprintf("Vendor namespace: %s-%d", Ether(b[:3]), b[3])})
		c.begin()
	}
	c.u24(fRTVendorOUI)
	c.u8(fRTVendorSub)
	c.le16(fRTVendorLen)
	fits := n <= c.left()
	n = min(n, c.left())
	if c.on() {
		c.addAt(fRTVendorData, c.pos, n, Node{})
		c.end()
	}
	c.skip(n)
	return fits
}
