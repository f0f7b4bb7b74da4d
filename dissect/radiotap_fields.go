package dissect

import "fmt"

var (
	fRTTime       = pRadiotap.u64("radiotap.mactime", "MAC timestamp", Dec)
	fRTFlags      = pRadiotap.u8("radiotap.flags", "Flags", Hex)
	rtFlags       = rtFlagFields(TUint8, "radiotap.flags.", "cfp", "CFP", "preamble", "Preamble", "wep", "WEP", "frag", "Fragmentation", "fcs", "FCS at end", "datapad", "Data Pad", "badfcs", "Bad FCS", "shortgi", "Short GI")
	fRTRate       = pRadiotap.add(TFloat, "radiotap.datarate", "Data rate (Mb/s)", None)
	fRTFreq       = pRadiotap.u32("radiotap.channel.freq", "Channel frequency", Dec)
	fRTChannel    = pRadiotap.u16("radiotap.channel.flags", "Channel flags", Hex)
	rtChannel     = rtFlagFields(TUint16, "radiotap.channel.flags.", rtChannelNames...)
	fRTHopSet     = pRadiotap.u8("radiotap.fhss.hopset", "FHSS Hop Set", Dec)
	fRTHopPattern = pRadiotap.u8("radiotap.fhss.pattern", "FHSS Pattern", Dec)
	fRTSignal     = pRadiotap.add(TInt8, "radiotap.dbm_antsignal", "Antenna signal", Dec, units(" dBm"))
	fRTNoise      = pRadiotap.add(TInt8, "radiotap.dbm_antnoise", "Antenna noise", Dec, units(" dBm"))
	fRTQuality    = pRadiotap.u16("radiotap.quality", "Signal Quality", Dec)
	fRTAtten      = pRadiotap.u16("radiotap.txattenuation", "TX attenuation", Dec)
	fRTAttenDB    = pRadiotap.u16("radiotap.db_txattenuation", "dB TX attenuation", Dec, units(" dB"))
	fRTPower      = pRadiotap.add(TInt8, "radiotap.txpower", "Transmit power", Dec, units(" dBm"))
	fRTAntenna    = pRadiotap.u32("radiotap.antenna", "Antenna", Dec)
	fRTSignalDB   = pRadiotap.u8("radiotap.db_antsignal", "dB antenna signal", Dec, units(" dB"))
	fRTNoiseDB    = pRadiotap.u8("radiotap.db_antnoise", "dB antenna noise", Dec, units(" dB"))
	fRTRx         = pRadiotap.u16("radiotap.rxflags", "RX flags", Hex)
	rtRx          = []*Field{pRadiotap.flag(TUint24, "radiotap.rxflags.badplcp", "Bad PLCP", 0x02, names(trueFalse))}
	fRTTx         = pRadiotap.u16("radiotap.txflags", "TX flags", Hex)
	rtTx          = rtFlagFields(TUint24, "radiotap.rxflags.", "fail", "Fail", "cts", "CTS", "rts", "RTS/CTS", "noack", "No ACK", "noseqno", "Has Seqnum", "order", "Order")
	fRTRetries    = pRadiotap.u8("radiotap.data_retries", "data retries", Dec)
	fRTXNumber    = pRadiotap.u32("radiotap.xchannel.channel", "Channel number", Dec)
	fRTXFreq      = pRadiotap.u32("radiotap.xchannel.freq", "Channel frequency", Dec)
	fRTXFlags     = pRadiotap.u32("radiotap.xchannel.flags", "Channel flags", Hex)
	rtXFlags      = rtXChannel()

	fRTAMPDU      = pRadiotap.none("radiotap.ampdu", "A-MPDU status")
	fRTAMPDURef   = pRadiotap.u32("radiotap.ampdu.reference", "A-MPDU reference number", Dec)
	fRTAMPDUFlags = pRadiotap.u16("radiotap.ampdu.flags", "A-MPDU flags", Hex)
	rtAMPDU       = rtFlagFields(TUint16, "radiotap.ampdu.flags.", "report_zerolen", "Driver reports 0-length subframes in this A-MPDU", "is_zerolen",
		"This is a 0-length subframe", "lastknown", "Last subframe of this A-MPDU is known", "last", "This is the last subframe of this A-MPDU",
		"delim_crc_error", "Delimiter CRC error on this subframe", "", "", "eof", "EOF on this subframe", "eof_known", "EOF of this A-MPDU is known")
	fRTAMPDUCRC = pRadiotap.u8("radiotap.ampdu.delim_crc", "A-MPDU subframe delimiter CRC", Hex)

	fRTStamp     = pRadiotap.none("radiotap.timestamp", "timestamp information")
	fRTStampTime = pRadiotap.u64("radiotap.timestamp.ts", "timestamp", Dec)
	fRTStampAcc  = pRadiotap.u16("radiotap.timestamp.accuracy", "accuracy", Dec)
	fRTStampUnit = pRadiotap.u8("radiotap.timestamp.unit", "time unit", Dec, mask(0x0f), names(list("msec", "usec", "nsec")))
	fRTStampPos  = pRadiotap.u8("radiotap.timestamp.samplingpos", "sampling position", Dec, mask(0xf0), names(table(map[uint64]string{0: "first MPDU bit/symbol",
		1: "signal acquisition", 2: "end of frame", 15: "undefined"})))
	fRTStamp32     = pRadiotap.flag(TUint8, "radiotap.timestamp.flags.32bit", "32-bit counter", 0x01, names(yesNo))
	fRTStampHasAcc = pRadiotap.flag(TUint8, "radiotap.timestamp.flags.accuracy", "accuracy field", 0x02, names(presentAbsent))
)

// rtChannelNames are the bits of a channel's flags, abbreviation and name by turns.
var rtChannelNames = []string{"700mhz", "700 MHz spectrum", "800mhz", "800 MHz spectrum", "900mhz", "900 MHz spectrum", "", "", "turbo", "Turbo",
	"cck", "Complementary Code Keying (CCK)", "ofdm", "Orthogonal Frequency-Division Multiplexing (OFDM)", "2ghz", "2 GHz spectrum",
	"5ghz", "5 GHz spectrum", "passive", "Passive", "dynamic", "Dynamic CCK-OFDM", "gfsk", "Gaussian Frequency Shift Keying (GFSK)",
	"gsm", "GSM (900MHz)", "sturbo", "Static Turbo", "half", "Half Rate Channel (10MHz Channel Width)", "quarter", "Quarter Rate Channel (5MHz Channel Width)"}

// rtFlagFields makes a flag of every pair of abbreviation and name, from the lowest
// bit on; an empty pair passes over a bit.
func rtFlagFields(t Type, prefix string, pairs ...string) []*Field {
	var out []*Field
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == "" {
			continue
		}
		n := trueFalse
		if pairs[i] == "preamble" {
			n = either("Short", "Long")
		}
		out = append(out, pRadiotap.flag(t, prefix+pairs[i], pairs[i+1], 1<<(i/2), names(n)))
	}
	return out
}

// rtXChannel makes the flags of the extended channel, which has some more.
func rtXChannel() []*Field {
	const prefix = "radiotap.xchannel.flags."
	pairs := append([]string{"", "", "", "", "", ""}, rtChannelNames[6:]...)
	pairs = append(pairs, "ht20", "HT Channel (20MHz Channel Width)", "ht40u", "HT Channel (40MHz Channel Width with Extension channel above)",
		"ht40d", "HT Channel (40MHz Channel Width with Extension channel below)")
	fields := rtFlagFields(TUint24, prefix, pairs...)
	for _, f := range fields {
		if f.Name == "Passive" {
			f.Abbrev = "radiotap.channel.xtype.passive" // Wireshark's slip
		}
	}
	return fields
}

// rtBits puts a word of flags: its names behind it, and every flag under it.
func (c *cursor) rtBits(f *Field, n int, v uint64, fields []*Field) {
	if !c.on() || !c.ok() {
		return
	}
	node := c.add(f, n, Node{num: v})
	for _, b := range fields {
		if v&b.Mask != 0 {
			node.append(", " + b.Name)
		}
	}
	c.begin()
	for _, b := range fields {
		c.bits(b, n, v)
	}
	c.end()
}

// i8 reads a signed byte.
func (c *cursor) i8(f *Field) int8 {
	v := int8(c.u8(nil))
	c.add(f, 1, Node{num: uint64(int64(v))})
	return v
}

// rtField reads one field and notes what it says of the radio; false if there is no
// room for it.
func (c *cursor) rtField(bit int, r *radio, node int32) bool {
	if bit >= len(rtShapes) || !c.rtRoom(rtShapes[bit], node) {
		return false
	}
	size := int(rtShapes[bit].size)
	switch bit {
	case 0:
		r.tsf, r.has = c.le64(fRTTime), r.has|radioTSF
	case 1:
		v := c.u8(nil)
		if c.on() {
			c.add(fRTFlags, 1, Node{num: uint64(v)})
			c.begin()
			for _, b := range rtFlags {
				c.bits(b, 1, uint64(v))
			}
			c.end()
		}
		r.has |= radioPreamble
		r.short, r.fcs, r.padded = v&0x02 != 0, v&0x10 != 0, v&0x20 != 0
	case 2:
		v := c.u8(nil)
		r.rate, r.has = int64(v)*500_000_000, r.has|radioRate
		if v&0x80 != 0 && v < 0x90 { // an index of HT, of old drivers
			r.rate = 0
		}
		c.rtRate(1, r.rate)
	case 3:
		r.freq = c.le16(nil)
		if n := c.add(fRTFreq, 2, Node{num: uint64(r.freq)}); n != nil {
			n.append(channelText(r.freq))
		}
		v := uint64(c.le16(nil))
		c.rtBits(fRTChannel, 2, v, rtChannel)
		r.channelFlags(v)
	case 4:
		r.hopSet, r.hopPattern = c.u8(fRTHopSet), c.u8(fRTHopPattern)
		r.phy, r.has = phyFHSS, r.has|radioHop
	case 5:
		r.signal, r.has = c.i8(fRTSignal), r.has|radioSignal
	case 6:
		r.noise, r.has = c.i8(fRTNoise), r.has|radioNoise
	case 7:
		c.le16(fRTQuality)
	case 8:
		c.le16(fRTAtten)
	case 9:
		c.le16(fRTAttenDB)
	case 10:
		c.i8(fRTPower)
	case 11:
		v := c.u8(nil)
		c.add(fRTAntenna, 1, Node{num: uint64(v)})
	case 12:
		r.signalDB, r.has = c.u8(fRTSignalDB), r.has|radioSignalDB
	case 13:
		r.noiseDB, r.has = c.u8(fRTNoiseDB), r.has|radioNoiseDB
	case 14:
		c.rtBits(fRTRx, 2, uint64(c.le16(nil)), rtRx)
	case 15:
		c.rtBits(fRTTx, 2, uint64(c.le16(nil)), rtTx)
	case 17:
		c.u8(fRTRetries)
	case 18:
		c.rtXChannel(r)
	case 19:
		c.rtMCS(r)
	case 20:
		c.rtAMPDU(r)
	case 21:
		c.rtVHT(r)
	case 22:
		c.rtStamp()
	case rtZeroLength:
		r.empty = true
		c.rtOther("0-length PSDU", size)
	default:
		if bit == 23 {
			r.phy = phyHE
		}
		c.rtOther([...]string{16: "RTS retries", 23: "HE information", 24: "HE-MU information", 25: "HE-MU information of other users", 27: "L-SIG"}[bit], size)
	}
	return true
}

// rtOther passes over a field that is not taken apart.
func (c *cursor) rtOther(name string, size int) {
	c.skip(size)
	if c.on() {
		c.note(size, fmt.Sprintf("%s (%s), not dissected by tcplens", name, plural(size, "byte")))
	}
}

// rtRate shows a rate in units of 10⁻⁹ Mbit/s, for n bytes that end at the cursor.
func (c *cursor) rtRate(n int, rate int64) *Node {
	if !c.on() {
		return nil
	}
	return c.add(fRTRate, n, Node{num: uint64(rate), text: "Data Rate: " + rateText(rate)})
}

func rateText(rate int64) string { return fmt.Sprintf("%.1f Mb/s", float64(rate)/1e9) }

func (c *cursor) rtXChannel(r *radio) {
	at := c.pos
	flags := uint64(c.le32(nil))
	r.freq = c.le16(nil)
	channel := c.u8(nil)
	c.skip(1)
	if c.on() && c.ok() {
		c.addAt(fRTXNumber, at+6, 1, Node{num: uint64(channel)})
		c.addAt(fRTXFreq, at+4, 2, Node{num: uint64(r.freq)})
		f := cursor{d: c.d, b: c.b, source: c.source, pos: at + 4, have: c.have, limit: c.limit}
		f.rtBits(fRTXFlags, 4, flags, rtXFlags)
	}
	r.channelFlags(flags)
}

func (c *cursor) rtAMPDU(r *radio) {
	if c.on() {
		c.addAt(fRTAMPDU, c.pos, 8, Node{})
		c.begin()
	}
	r.aggregate = c.le32(fRTAMPDURef)
	v := uint64(c.le16(nil))
	if c.on() {
		c.add(fRTAMPDUFlags, 2, Node{num: v})
		c.begin()
		for _, b := range rtAMPDU {
			c.bits(b, 2, v)
		}
		c.end()
	}
	crc := c.u8(nil)
	if v&0x20 != 0 {
		c.add(fRTAMPDUCRC, 1, Node{num: uint64(crc)})
	}
	c.skip(1)
	if c.on() {
		c.end()
	}
	r.has |= radioAggregate
	r.last, r.lastKnown, r.badDelimiter = v&0x08 != 0, v&0x04 != 0, v&0x10 != 0
}

func (c *cursor) rtStamp() {
	if !c.on() {
		c.skip(12)
		return
	}
	at := c.pos
	c.addAt(fRTStamp, at, 12, Node{})
	c.begin()
	c.le64(fRTStampTime)
	accuracy := c.le16(nil)
	unit, flags := uint64(c.u8(nil)), uint64(c.u8(nil))
	if flags&2 != 0 {
		c.addAt(fRTStampAcc, at+8, 2, Node{num: uint64(accuracy)})
	}
	c.addAt(fRTStampUnit, at+10, 1, Node{num: unit & 15})
	c.addAt(fRTStampPos, at+10, 1, Node{num: unit >> 4})
	c.bits(fRTStamp32, 1, flags)
	c.bits(fRTStampHasAcc, 1, flags)
	c.end()
}
