package dissect

import "fmt"

var (
	pWLANRadio   = newProto("802.11 radio information", "802.11 Radio", "wlan_radio")
	fRadioPHY    = pWLANRadio.u32("wlan_radio.phy", "PHY type", Dec, names(radioPHYs))
	fRadioHopSet = pWLANRadio.u8("wlan_radio.fhss.hop_set", "Hop set", Hex)
	fRadioHop    = pWLANRadio.u8("wlan_radio.fhss.hop_pattern", "Hop pattern", Hex)
	fRadioShort  = pWLANRadio.bool("wlan_radio.short_preamble", "Short preamble")
	fRadioTurbo  = pWLANRadio.u32("wlan_radio.11a.turbo_type", "Turbo type", Dec, names(list("Non-turbo", "Turbo", "Dynamic turbo", "Static turbo")))
	fRadioMode   = pWLANRadio.u32("wlan_radio.11g.mode", "Proprietary mode", Dec, names(list("None", "Super G")))
	fRadioRate   = pWLANRadio.add(TFloat, "wlan_radio.data_rate", "Data rate", None)
	fRadioChan   = pWLANRadio.u32("wlan_radio.channel", "Channel", Dec)
	fRadioFreq   = pWLANRadio.u16("wlan_radio.frequency", "Frequency", Dec, units("MHz"))
	fRadioSigDB  = pWLANRadio.u8("wlan_radio.signal_db", "Signal strength (dB)", Dec, units(" dB"))
	fRadioSig    = pWLANRadio.add(TInt8, "wlan_radio.signal_dbm", "Signal strength (dBm)", Dec, units(" dBm"))
	fRadioNoisDB = pWLANRadio.u8("wlan_radio.noise_db", "Noise level (dB)", Dec, units(" dB"))
	fRadioNoise  = pWLANRadio.add(TInt8, "wlan_radio.noise_dbm", "Noise level (dBm)", Dec, units(" dBm"))
	fRadioSNR    = pWLANRadio.add(TInt32, "wlan_radio.snr", "Signal/noise ratio (dB)", Dec, units(" dB"))
	fRadioTSF    = pWLANRadio.u64("wlan_radio.timestamp", "TSF timestamp", Dec)
	fRadioLast   = pWLANRadio.flag(TUint32, "wlan_radio.last_part_of_an_ampdu", "Last part of an A-MPDU", 0x01, names(trueFalse))
	fRadioDelim  = pWLANRadio.flag(TUint32, "wlan_radio.a_mpdu_delim_crc_error", "A-MPDU delimiter CRC error", 0x02, names(trueFalse))
	fRadioAggr   = pWLANRadio.u32("wlan_radio.a_mpdu_aggregate_id", "A-MPDU aggregate ID", Dec)
	fRadioDur    = pWLANRadio.u32("wlan_radio.duration", "Duration", Dec, units("µs"))
	fRadioPre    = pWLANRadio.u32("wlan_radio.preamble", "Preamble", Dec, units("µs"))
	fRadioStart  = pWLANRadio.u64("wlan_radio.start_tsf", "Start", Dec, units("µs"))
	fRadioEnd    = pWLANRadio.u64("wlan_radio.end_tsf", "End", Dec, units("µs"))
	eRadioShort  = pWLANRadio.none("wlan_radio.assumed.short_preamble", "No preamble length information was available, assuming short preamble.")

	fRadioMCS    = pWLANRadio.u32("wlan_radio.11n.mcs_index", "MCS index", Dec)
	fRadioHTBand = pWLANRadio.u32("wlan_radio.11n.bandwidth", "Bandwidth", Dec, names(radioBandwidths))
	fRadioHTGI   = pWLANRadio.bool("wlan_radio.11n.short_gi", "Short GI")
	fRadioGreen  = pWLANRadio.bool("wlan_radio.11n.greenfield", "Greenfield")
	fRadioHTFEC  = pWLANRadio.u32("wlan_radio.11n.fec", "FEC", Dec, names(list("BEC", "LDPC")))
	fRadioHTSTBC = pWLANRadio.u32("wlan_radio.11n.stbc_streams", "Number of STBC streams", Dec)
	fRadioNess   = pWLANRadio.u32("wlan_radio.11n.ness", "Number of extension spatial streams", Dec)

	radioVHT = []*Field{
		pWLANRadio.bool("wlan_radio.11ac.stbc", "STBC", names(either("On", "Off"))), pWLANRadio.bool("wlan_radio_11ac.txop_ps_not_allowed", "TXOP_PS_NOT_ALLOWED"),
		pWLANRadio.bool("wlan_radio.11ac.short_gi", "Short GI"), pWLANRadio.bool("wlan_radio.11ac.short_gi_nsym_disambig", "Short GI Nsym disambiguation"),
		pWLANRadio.bool("wlan_radio.11ac.ldpc_extra_ofdm_symbol", "LDPC extra OFDM symbol"), pWLANRadio.bool("wlan_radio.11ac.beamformed", "Beamformed"),
	}
	fRadioVHTBand = pWLANRadio.u32("wlan_radio.11ac.bandwidth", "Bandwidth", Dec, names(radioBandwidths))
	fRadioUser    = pWLANRadio.none("wlan_radio.11ac.user", "User")
	fRadioVHTMCS  = pWLANRadio.u32("wlan_radio.11ac.mcs", "MCS index", Dec)
	fRadioVHTNSS  = pWLANRadio.u32("wlan_radio.11ac.nss", "Spatial streams", Dec)
	fRadioVHTNSTS = pWLANRadio.u32("wlan_radio.11ac.nsts", "Space-time streams", Dec)
	fRadioVHTFEC  = pWLANRadio.u32("wlan_radio.11ac.fec", "FEC", Dec, names(list("BEC", "LDPC")))
	fRadioGID     = pWLANRadio.u32("wlan_radio.11ac.gid", "Group Id", Dec)
	fRadioPAID    = pWLANRadio.u16("wlan_radio.11ac.paid", "Partial AID", Dec)

	radioPHYs       = list("", "802.11 FHSS", "802.11 IR", "802.11 DSSS", "802.11b (HR/DSSS)", "802.11a (OFDM)", "802.11g (ERP)", "802.11n (HT)", "802.11ac (VHT)", "802.11ad (DMG)", "802.11ah (S1G)", "802.11ax (HE)")
	radioBandwidths = list("20 MHz", "40 MHz", "20 MHz + 20 MHz lower", "20 MHz + 20 MHz upper", "80 MHz", "40 MHz + 40 MHz lower", "40 MHz + 40 MHz upper",
		"20 MHz, channel 1/4", "20 MHz, channel 2/4", "20 MHz, channel 3/4", "20 MHz, channel 4/4", "160 MHz", "80 MHz + 80 MHz lower", "80 MHz + 80 MHz upper")
)

// The ways to send that a radio may name, with Wireshark's numbers.
const (
	phyFHSS = 1
	phyB    = 4
	phyA    = 5
	phyG    = 6
	phyHT   = 7
	phyVHT  = 8
	phyHE   = 11
)

// radio is what the header of a capture says of how a frame came through the air.
type radio struct {
	has                 radioHas
	phy                 uint8 // 0: not known
	turbo               bool
	short               bool // preamble
	fcs, padded         bool // of the frame
	empty               bool // there is no frame
	freq                uint16
	channel             uint8 // where no frequency is known
	rate                int64 // in units of 10⁻⁹ Mbit/s
	signal, noise       int8  // dBm
	signalDB, noiseDB   uint8
	tsf                 uint64 // µs
	hopSet, hopPattern  uint8
	aggregate           uint32
	last, lastKnown     bool
	badDelimiter        bool
	mcsKnown, mcsFlags  uint8
	mcs                 uint8
	vhtKnown, vhtAID    uint16
	vhtFlags, vhtBand   uint8
	vhtUsers            [4]byte
	vhtCoding, vhtGroup uint8
}

// radioHas says which members of radio are known.
type radioHas uint16

const (
	radioTSF radioHas = 1 << iota
	radioPreamble
	radioRate
	radioSignal
	radioNoise
	radioSignalDB
	radioNoiseDB
	radioHop
	radioAggregate
	radioChannel
)

// channelFlags tells the way of sending by the flags of the channel.
func (r *radio) channelFlags(v uint64) {
	const turbo, cck, ofdm, g2, a5, dynamic, gfsk, static = 0x10, 0x20, 0x40, 0x80, 0x100, 0x400, 0x800, 0x2000
	switch {
	case v&0x70000 != 0:
		r.phy = phyHT
	case v&gfsk != 0:
		r.phy = phyFHSS
	case v&g2 != 0 && v&cck != 0:
		r.phy = phyB
	case v&g2 != 0 && v&(ofdm|dynamic) != 0:
		r.phy = phyG
	case v&a5 != 0 && v&ofdm != 0:
		r.phy = phyA
	}
	r.turbo = v&(turbo|static) != 0
}

// wlanChannel is the number of the channel in the middle of whose band a frequency
// in MHz stands (IEEE 802.11 §15.4.4.3, §17.3.8.4, §27.3.23.2).
func wlanChannel(mhz uint16) (number uint16, band string) {
	switch {
	case mhz >= 2412 && mhz <= 2472:
		return (mhz - 2407) / 5, "BG"
	case mhz == 2484:
		return 14, "BG"
	case mhz >= 5000 && mhz <= 5925:
		return (mhz - 5000) / 5, "A"
	case mhz >= 4910 && mhz <= 4980:
		return (mhz - 4000) / 5, "A"
	case mhz >= 5950 && mhz <= 7125:
		return (mhz - 5950) / 5, "A"
	}
	return 0, ""
}

func channelText(mhz uint16) string {
	if n, band := wlanChannel(mhz); band != "" {
		return fmt.Sprintf(" [%s %d]", band, n)
	}
	return ""
}

// dissectRadio shows what is known of how a frame came through the air, as a layer
// of its own, and goes on with the frame.
func dissectRadio(c cursor, r *radio) {
	c.d.enter(pWLANRadio)
	if c.on() {
		c.addAt(&pWLANRadio.field, c.pos, 0, Node{})
		c.begin()
		c.radio(r)
		c.end()
	}
	dissectWLAN(c, r.fcs, r.padded)
}

// said adds a node of the radio's layer, which has no bytes of its own.
func (c *cursor) said(f *Field, v uint64) *Node { return c.addAt(f, c.pos, 0, Node{num: v}) }

func (c *cursor) radio(r *radio) {
	if r.phy == 0 && r.has&radioRate != 0 {
		switch r.rate / 500_000_000 {
		case 2, 4, 11, 22:
			r.phy = phyB
		}
	}
	if r.phy != 0 {
		c.said(fRadioPHY, uint64(r.phy))
	}
	c.radioPHY(r)
	if r.has&radioRate != 0 && r.rate > 0 {
		c.said(fRadioRate, uint64(r.rate)).label("Data rate: " + rateText(r.rate))
	}
	if n, band := wlanChannel(r.freq); band != "" {
		c.said(fRadioChan, uint64(n))
	} else if r.has&radioChannel != 0 {
		c.said(fRadioChan, uint64(r.channel))
	}
	if r.freq != 0 {
		c.said(fRadioFreq, uint64(r.freq))
	}
	for _, x := range []struct {
		bit radioHas
		f   *Field
		v   int64
	}{{radioSignalDB, fRadioSigDB, int64(r.signalDB)}, {radioSignal, fRadioSig, int64(r.signal)}, {radioNoiseDB, fRadioNoisDB, int64(r.noiseDB)}, {radioNoise, fRadioNoise, int64(r.noise)}} {
		if r.has&x.bit != 0 {
			c.said(x.f, uint64(x.v))
		}
	}
	if r.has&(radioSignal|radioNoise) == radioSignal|radioNoise {
		c.said(fRadioSNR, uint64(int64(r.signal)-int64(r.noise)))
	}
	if r.has&radioTSF != 0 {
		c.said(fRadioTSF, r.tsf)
	}
	if r.has&radioAggregate != 0 {
		if r.lastKnown {
			c.said(fRadioLast, flagBit(r.last))
		}
		c.said(fRadioDelim, flagBit(r.badDelimiter))
		c.said(fRadioAggr, uint64(r.aggregate))
	}
	c.radioDuration(r)
}

func flagBit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// radioPHY shows what only one way of sending has.
func (c *cursor) radioPHY(r *radio) {
	switch r.phy {
	case phyFHSS:
		if r.has&radioHop != 0 {
			c.said(fRadioHopSet, uint64(r.hopSet))
			c.said(fRadioHop, uint64(r.hopPattern))
		}
	case phyB:
		if r.has&radioPreamble != 0 {
			c.said(fRadioShort, flagBit(r.short))
		}
	case phyA:
		c.said(fRadioTurbo, 2*flagBit(r.turbo))
	case phyG:
		c.said(fRadioMode, flagBit(r.turbo))
	case phyHT:
		if r.mcsKnown&0x02 != 0 {
			c.said(fRadioMCS, uint64(r.mcs))
		}
		if r.mcsKnown&0x01 != 0 {
			c.said(fRadioHTBand, uint64(r.mcsFlags&3))
		}
		for _, x := range []struct {
			bit uint8
			f   *Field
			v   uint8
		}{{0x04, fRadioHTGI, r.mcsFlags >> 2 & 1}, {0x08, fRadioGreen, r.mcsFlags >> 3 & 1}, {0x10, fRadioHTFEC, r.mcsFlags >> 4 & 1},
			{0x20, fRadioHTSTBC, r.mcsFlags >> 5 & 3}, {0x40, fRadioNess, r.mcsKnown>>7<<1 | r.mcsFlags>>7}} {
			if r.mcsKnown&x.bit != 0 {
				c.said(x.f, uint64(x.v))
			}
		}
	case phyVHT:
		c.radioVHT(r)
	}
}

func (c *cursor) radioVHT(r *radio) {
	flag := func(i int) {
		if r.vhtKnown>>i&1 != 0 {
			c.said(radioVHT[i], uint64(r.vhtFlags>>i&1))
		}
	}
	flag(2)
	if r.vhtKnown&0x40 != 0 {
		c.said(fRadioVHTBand, uint64(r.vhtBand))
	}
	for _, i := range []int{0, 1, 3, 4, 5} {
		flag(i)
	}
	for i, u := range r.vhtUsers {
		if u&15 == 0 {
			continue
		}
		c.addAt(fRadioUser, c.pos, 0, Node{text: fmt.Sprintf("User %d: MCS %d", i, u>>4)})
		c.begin()
		n := c.said(fRadioVHTMCS, uint64(u>>4))
		if m := rtModulations(uint64(u >> 4)); m != "" {
			n.append(" (" + m + ")")
		}
		c.said(fRadioVHTNSS, uint64(u&15))
		streams := uint64(u & 15)
		if r.vhtKnown&1 != 0 {
			streams <<= r.vhtFlags & 1
		}
		c.said(fRadioVHTNSTS, streams)
		c.said(fRadioVHTFEC, uint64(r.vhtCoding>>i&1))
		c.end()
	}
	if r.vhtKnown&0x80 != 0 {
		c.said(fRadioGID, uint64(r.vhtGroup))
	}
	if r.vhtKnown&0x100 != 0 {
		c.said(fRadioPAID, uint64(r.vhtAID))
	}
}

// radioDuration works out how long the frame was in the air (IEEE 802.11 §16.2.2,
// §17.3.2, §18.3.2); not for HT and what came after.
func (c *cursor) radioDuration(r *radio) {
	half := uint64(r.rate / 500_000_000) // units of 500 kbit/s
	if r.has&radioRate == 0 || half == 0 {
		return
	}
	bits := uint64(max(0, c.left())) * 8
	var preamble, total uint64
	switch r.phy {
	case phyB:
		preamble = 192
		if r.short || r.has&radioPreamble == 0 {
			preamble = 96
		}
		total = preamble + (2*bits+half-1)/half
	case phyA, phyG:
		preamble = 20
		symbol := half * 2 // bits that 4 µs carry
		total = preamble + 4*((16+bits+6+symbol-1)/symbol)
	default:
		return
	}
	c.gen(fRadioDur, total)
	c.begin()
	if r.phy == phyB && r.has&radioPreamble == 0 {
		c.expert(WarnSev, GroupAssumption, eRadioShort, eRadioShort.Name)
	}
	c.gen(fRadioPre, preamble)
	if r.has&radioTSF != 0 { // which is of the frame's end
		c.gen(fRadioStart, r.tsf-total)
		c.gen(fRadioEnd, r.tsf)
	}
	c.end()
}
