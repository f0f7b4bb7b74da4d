package dissect

import (
	"fmt"
	"strconv"
)

var (
	fRTMCS      = pRadiotap.none("radiotap.mcs", "MCS information")
	fRTMCSKnown = pRadiotap.u8("radiotap.mcs.known", "Known MCS information", Hex)
	rtMCSKnown  = rtHave(TUint8, "radiotap.mcs.have_", "bw", "Bandwidth", "index", "MCS index", "gi", "Guard interval", "format", "Format", "fec", "FEC type",
		"stbc", "STBC streams", "ness", "Number of extension spatial streams")
	fRTMCSNess1  = pRadiotap.u8("radiotap.mcs.ness_bit1", "Number of extension spatial streams bit 1", Dec, mask(0x80))
	fRTMCSBand   = pRadiotap.u8("radiotap.mcs.bw", "Bandwidth", Dec, mask(0x03), names(list("20 MHz", "40 MHz", "20 MHz lower", "20 MHz upper")))
	fRTMCSGuard  = pRadiotap.u8("radiotap.mcs.gi", "Guard interval", Dec, mask(0x04), names(list("long", "short")))
	fRTMCSFormat = pRadiotap.u8("radiotap.mcs.format", "Format", Dec, mask(0x08), names(list("mixed", "greenfield")))
	fRTMCSFEC    = pRadiotap.u8("radiotap.mcs.fec", "FEC type", Dec, mask(0x10), names(list("BCC", "LDPC")))
	fRTMCSSTBC   = pRadiotap.u8("radiotap.mcs.stbc", "STBC streams", Dec, mask(0x60))
	fRTMCSNess0  = pRadiotap.u8("radiotap.mcs.ness_bit0", "Number of extension spatial streams bit 0", Dec, mask(0x80))
	fRTMCSIndex  = pRadiotap.u8("radiotap.mcs.index", "MCS index", Dec)

	fRTVHT      = pRadiotap.none("radiotap.vht", "VHT information")
	fRTVHTKnown = pRadiotap.u8("radiotap.vht.known", "Known VHT information", Hex)
	rtVHTKnown  = append(append(rtHave(TUint16, "radiotap.vht.have_", "stbc", "STBC", "txop_ps", "TXOP_PS_NOT_ALLOWED", "gi", "Guard interval", "sgi_nsym_da", "SGI Nsym disambiguation"),
		pRadiotap.flag(TUint16, "radiotap.vht.ldpc_extra", "LDPC extra OFDM symbol", 0x10, names(presentAbsent)), pRadiotap.flag(TUint16, "radiotap.vht.have_beamformed", "Beamformed", 0x20, names(presentAbsent))),
		pRadiotap.flag(TUint16, "radiotap.mcs.have_bw", "Bandwidth", 0x40, names(presentAbsent)), pRadiotap.flag(TUint16, "radiotap.mcs.have_gid", "Group ID", 0x80, names(presentAbsent)),
		pRadiotap.flag(TUint16, "radiotap.mcs.have_paid", "Partial AID", 0x100, names(presentAbsent)))
	rtVHTFlags = []*Field{
		pRadiotap.flag(TUint8, "radiotap.vht.stbc", "STBC", 0x01, names(either("On", "Off"))), pRadiotap.flag(TUint8, "radiotap.vht.txop_ps", "TXOP_PS_NOT_ALLOWED", 0x02, names(trueFalse)),
		pRadiotap.u8("radiotap.vht.gi", "Guard interval", Dec, mask(0x04), names(list("long", "short"))), pRadiotap.flag(TUint8, "radiotap.vht.sgi_nsym_da", "SGI Nsym disambiguation", 0x08, names(trueFalse)),
		pRadiotap.flag(TUint8, "radiotap.vht.ldpc_extra", "LDPC extra OFDM symbol", 0x10, names(trueFalse)), pRadiotap.flag(TUint8, "radiotap.vht.beamformed", "Beamformed", 0x20, names(trueFalse)),
	}
	fRTVHTBand = pRadiotap.u8("radiotap.vht.bw", "Bandwidth", Dec, names(rtBandwidths))
	fRTVHTUser = pRadiotap.none("radiotap.vht.user", "User")
	rtVHTUsers = rtUsers()
	fRTVHTGID  = pRadiotap.u8("radiotap.vht.gid", "Group Id", Dec)
	fRTVHTPAID = pRadiotap.u16("radiotap.vht.paid", "Partial AID", Dec)

	rtBandwidths = list("20 MHz", "40 MHz", "20 MHz lower", "20 MHz upper", "80 MHz", "40 MHz lower", "40 MHz upper", "20 MHz, channel 1/4",
		"20 MHz, channel 2/4", "20 MHz, channel 3/4", "20 MHz, channel 4/4", "160 MHz", "80 MHz lower", "80 MHz upper", "40 MHz, channel 1/4",
		"40 MHz, channel 2/4", "40 MHz, channel 3/4", "40 MHz, channel 4/4", "20 MHz, channel 1/8", "20 MHz, channel 2/8", "20 MHz, channel 3/8",
		"20 MHz, channel 4/8", "20 MHz, channel 5/8", "20 MHz, channel 6/8", "20 MHz, channel 7/8", "20 MHz, channel 8/8")
	rtModulations = list("BPSK 1/2", "QPSK 1/2", "QPSK 3/4", "16-QAM 1/2", "16-QAM 3/4", "64-QAM 2/3", "64-QAM 3/4", "64-QAM 5/6", "256-QAM 3/4", "256-QAM 5/6")
)

// rtHave makes the flags that say what is known.
func rtHave(t Type, prefix string, pairs ...string) []*Field {
	var out []*Field
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, pRadiotap.flag(t, prefix+pairs[i], pairs[i+1], 1<<(i/2), names(presentAbsent)))
	}
	return out
}

// rtUser are the fields of one of the users of a VHT frame.
type rtUser struct{ mcs, nss, nsts, coding, rate *Field }

func rtUsers() (out [4]rtUser) {
	for i := range out {
		n := strconv.Itoa(i)
		out[i] = rtUser{
			pRadiotap.u8("radiotap.vht.mcs."+n, "MCS index "+n, Dec, mask(0xf0)), pRadiotap.u8("radiotap.vht.nss."+n, "Spatial streams "+n, Dec, mask(0x0f)),
			pRadiotap.u8("radiotap.vht.nsts."+n, "Space-time streams "+n, Dec),
			pRadiotap.u8("radiotap.vht.coding."+n, "Coding "+n, Dec, mask(1<<i), names(list("BCC", "LDPC"))),
			pRadiotap.add(TFloat, "radiotap.vht.datarate."+n, "Data rate (Mb/s) "+n, None),
		}
	}
	return out
}

// symbolRate is how many data bits a symbol carries with one stream, by the index
// of modulation and coding, over 12 (IEEE 802.11 §19.5, §21.5).
var symbolRate = [...]int64{6, 12, 18, 24, 36, 48, 54, 60, 72, 80}

// wlanRateOf is the rate of HT and VHT in units of 10⁻⁹ Mbit/s: tones data tones
// carry bits in every symbol of 4 µs, or 3.6 µs with the short guard interval.
func wlanRateOf(index, streams, tones int64, short bool) int64 {
	if index < 0 || index >= int64(len(symbolRate)) {
		return 0
	}
	bits := tones * symbolRate[index] * streams / 12
	if short {
		return bits * 10_000_000_000 / 36
	}
	return bits * 250_000_000
}

// rtMCS reads how a frame of HT was sent.
func (c *cursor) rtMCS(r *radio) {
	at := c.pos
	known, v, index := c.u8(nil), c.u8(nil), c.u8(nil)
	if known&0x07 == 0x07 {
		tones := int64(52)
		if v&3 == 1 {
			tones = 108
		}
		if index < 32 {
			r.rate, r.has = wlanRateOf(int64(index&7), int64(index>>3)+1, tones, v&4 != 0), r.has|radioRate
		}
	}
	r.phy, r.mcsKnown, r.mcsFlags, r.mcs = phyHT, known, v, index
	if !c.on() {
		return
	}
	c.addAt(fRTMCS, at, 3, Node{})
	c.begin()
	n := c.addAt(fRTMCSKnown, at, 1, Node{num: uint64(known)})
	for _, b := range rtMCSKnown {
		if uint64(known)&b.Mask != 0 {
			n.append(", " + b.Name)
		}
	}
	c.begin()
	for _, b := range append(rtMCSKnown[:len(rtMCSKnown):len(rtMCSKnown)], fRTMCSNess1) {
		if b != fRTMCSNess1 || known&0x40 != 0 {
			c.addAt(b, at, 1, Node{num: b.extract(uint64(known))})
		}
	}
	c.end()
	for _, x := range []struct {
		bit uint8
		f   *Field
	}{{0x01, fRTMCSBand}, {0x04, fRTMCSGuard}, {0x08, fRTMCSFormat}, {0x10, fRTMCSFEC}, {0x20, fRTMCSSTBC}, {0x40, fRTMCSNess0}} {
		if known&x.bit != 0 {
			c.addAt(x.f, at+1, 1, Node{num: x.f.extract(uint64(v))})
		}
	}
	if known&0x02 != 0 {
		c.addAt(fRTMCSIndex, at+2, 1, Node{num: uint64(index)})
	}
	c.end()
	if r.has&radioRate != 0 && known&0x07 == 0x07 && index < 32 {
		c.rtRate(3, r.rate).mark(Generated)
	}
}

// vhtTones is how many tones carry data in a band.
func vhtTones(band uint8) int64 {
	switch {
	case band == 0, band == 2, band == 3, band >= 7 && band <= 10, band >= 18 && band <= 25:
		return 52
	case band == 1, band == 5, band == 6, band >= 14 && band <= 17:
		return 108
	case band == 4, band == 12, band == 13:
		return 234
	case band == 11:
		return 468
	}
	return 0
}

// rtVHT reads how a frame of VHT was sent.
func (c *cursor) rtVHT(r *radio) {
	at := c.pos
	known := uint64(c.le16(nil))
	flags, band := c.u8(nil), c.u8(nil)
	users := c.raw(4)
	coding, group := c.u8(nil), c.u8(nil)
	aid := c.le16(nil)
	if !c.ok() {
		return
	}
	r.phy, r.vhtKnown, r.vhtFlags, r.vhtBand, r.vhtCoding, r.vhtGroup, r.vhtAID = phyVHT, uint16(known), flags, band, coding, group, aid
	copy(r.vhtUsers[:], users)
	if known&0x44 == 0x44 && users[0]&15 != 0 {
		r.rate = wlanRateOf(int64(users[0]>>4), int64(users[0]&15), vhtTones(band), flags&4 != 0)
		r.has |= radioRate
	}
	if !c.on() {
		return
	}
	c.addAt(fRTVHT, at, 12, Node{})
	c.begin()
	defer c.end()
	c.addAt(fRTVHTKnown, at, 2, Node{num: known, text: fmt.Sprintf("Known VHT information: 0x%04x", known>>8|known<<8&0xffff)})
	c.begin()
	for _, b := range rtVHTKnown {
		c.addAt(b, at, 2, Node{num: b.extract(known)})
	}
	c.end()
	for i, b := range rtVHTFlags {
		if known>>i&1 != 0 {
			c.addAt(b, at+2, 1, Node{num: b.extract(uint64(flags))})
		}
	}
	if known&0x40 != 0 {
		c.addAt(fRTVHTBand, at+3, 1, Node{num: uint64(band)})
	}
	for i, u := range users {
		if u&15 == 0 {
			continue
		}
		f := &rtVHTUsers[i]
		c.addAt(fRTVHTUser, at+4, 5, Node{text: fmt.Sprintf("User %d: MCS %d", i, u>>4)})
		c.begin()
		n := c.addAt(f.mcs, at+4+i, 1, Node{num: uint64(u >> 4)})
		if m := rtModulations(uint64(u >> 4)); m != "" {
			n.append(" (" + m + ")")
		}
		c.addAt(f.nss, at+4+i, 1, Node{num: uint64(u & 15)})
		streams := uint64(u & 15)
		if known&1 != 0 && flags&1 != 0 {
			streams *= 2
		}
		c.addAt(f.nsts, at+4+i, 1, Node{num: streams, Flags: Generated})
		c.addAt(f.coding, at+8, 1, Node{num: f.coding.extract(uint64(coding))})
		if known&0x44 == 0x44 {
			if rate := wlanRateOf(int64(u>>4), int64(u&15), vhtTones(band), flags&4 != 0); rate > 0 {
				c.add(f.rate, 12, Node{num: uint64(rate), text: fmt.Sprintf("Data Rate: %d.%d Mb/s", rate/1e9, rate/1e8%10), Flags: Generated}).span(at+12, 0)
			}
		}
		c.end()
	}
	if known&0x80 != 0 {
		c.addAt(fRTVHTGID, at+9, 1, Node{num: uint64(group)})
	}
	if known&0x100 != 0 {
		c.addAt(fRTVHTPAID, at+10, 2, Node{num: uint64(aid)})
	}
}
