package dissect

import "fmt"

var (
	pPPI        = newProto("PPI Packet Header", "PPI", "ppi")
	fPPIVersion = pPPI.u8("ppi.version", "Version", Dec)
	fPPIFlags   = pPPI.u8("ppi.flags", "Flags", Hex)
	fPPIAlign   = pPPI.flag(TUint8, "ppi.flags.alignment", "Alignment", 0x01, names(either("32-bit aligned", "Not aligned")))
	fPPIRest    = pPPI.u8("ppi.flags.reserved", "Reserved", Hex, mask(0xfe))
	fPPILength  = pPPI.u16("ppi.length", "Header length", Dec)
	fPPIDLT     = pPPI.u32("ppi.dlt", "DLT", Dec)
	fPPIType    = pPPI.u16("ppi.field_type", "Field type", Dec, names(ppiTypes))
	fPPILen     = pPPI.u16("ppi.field_len", "Field length", Dec)
	fPPITSFT    = pPPI.u64("ppi.80211-common.tsft", "TSFT", Dec)
	fPPIRadio   = pPPI.u16("ppi.80211-common.flags", "Flags", Hex)
	fPPIRate    = pPPI.u16("ppi.80211-common.rate", "Data rate", Dec)
	fPPIFreq    = pPPI.u16("ppi.80211-common.chan.freq", "Channel frequency", Dec)
	fPPIChannel = pPPI.u16("ppi.80211-common.chan.flags", "Channel flags", Hex)
	fPPIHopset  = pPPI.u8("ppi.80211-common.fhss.hopset", "FHSS hopset", Hex)
	fPPIPattern = pPPI.u8("ppi.80211-common.fhss.pattern", "FHSS pattern", Hex)
	fPPISignal  = pPPI.add(TInt8, "ppi.80211-common.dbm.antsignal", "dBm antenna signal", Dec)
	fPPINoise   = pPPI.add(TInt8, "ppi.80211-common.dbm.antnoise", "dBm antenna noise", Dec)
	ppiTypes    = table(map[uint64]string{2: "802.11-Common", 3: "802.11n MAC Extensions", 4: "802.11n MAC+PHY Extensions", 5: "Spectrum-Map",
		6: "Process-Info", 7: "Capture-Info", 8: "Aggregation Extension", 9: "802.3 Extension"})
)

// The parts of a PPI header that matter here.
const (
	ppiCommon = 2
	ppiFCS    = 1 // flag of 802.11-Common: the frame has its check sequence
)

// dissectPPI takes a header of per-packet information apart (CACE Technologies, "PPI
// Packet Header format", §3 and §4.1.2) and goes on with the frame behind it. All
// numbers are little-endian.
func dissectPPI(c cursor) {
	d := c.d
	d.setProto("PPI")
	d.setInfo("")
	version, n := c.peek(0), int(c.peek(3))<<8|int(c.peek(2))
	if p := c.proto(pPPI); p != nil {
		p.label(fmt.Sprintf("PPI version %d, %d bytes", version, n))
		p.Len = int32(min(n, c.captured()))
	}
	if d.wantCols {
		d.setInfof("PPI version %d, %d bytes", version, n)
	}
	start := c.pos
	c.u8(fPPIVersion)
	v := uint64(c.u8(fPPIFlags))
	if c.on() && c.ok() {
		c.begin()
		c.bits(fPPIAlign, 1, v)
		c.bits(fPPIRest, 1, v)
		c.end()
	}
	c.le16(fPPILength)
	link := c.le32(fPPIDLT)
	if !c.ok() || n < 8 {
		return
	}
	head := c.to(n - 8)
	fcs := false
	for head.ok() && head.left() >= 4 {
		kind, size := int(head.peek(1))<<8|int(head.peek(0)), int(head.peek(3))<<8|int(head.peek(2))
		if head.on() {
			name := ppiTypes(uint64(kind))
			if name == "" {
				name = "Unknown field"
			}
			head.addAt(fText, head.pos, min(4+size, head.captured()), Node{text: name})
			head.begin()
		}
		head.le16(fPPIType)
		head.le16(fPPILen)
		body := head.to(size)
		if kind == ppiCommon && size >= 20 {
			fcs = ppiRadio(&body)
		}
		head.end()
		if v&1 != 0 {
			head.skip(min(-size&3, head.left()))
		}
	}
	if !c.ok() {
		return
	}
	c.end()
	c.pos = start
	c.skip(min(n, c.captured()))
	rest := c.tail()
	switch link {
	case 1:
		dissectEthernet(rest, true)
	case 105:
		dissectWLAN(rest, fcs, false)
	case 127:
		dissectRadiotap(rest)
	default:
		dissectData(rest)
	}
}

// ppiRadio shows what the radio said, and tells whether the frame ends with its
// check sequence.
func ppiRadio(c *cursor) (fcs bool) {
	c.le64(fPPITSFT)
	fcs = c.le16(fPPIRadio)&ppiFCS != 0
	c.le16(fPPIRate)
	c.le16(fPPIFreq)
	c.le16(fPPIChannel)
	c.u8(fPPIHopset)
	c.u8(fPPIPattern)
	c.u8(fPPISignal)
	c.u8(fPPINoise)
	return fcs
}
