package dissect

import (
	"fmt"
	"strings"
)

var (
	pLLC         = newProto("Logical-Link Control", "LLC", "llc")
	fLLCDSAP     = pLLC.u8("llc.dsap", "DSAP", Hex, names(llcSAPs))
	fLLCDSAPSAP  = pLLC.u8("llc.dsap.sap", "SAP", Custom, mask(0xfe), names(llcSAPOf))
	fLLCDSAPIG   = pLLC.flag(TUint8, "llc.dsap.ig", "IG Bit", 0x01, names(either("Group", "Individual")))
	fLLCSSAP     = pLLC.u8("llc.ssap", "SSAP", Hex, names(llcSAPs))
	fLLCSSAPSAP  = pLLC.u8("llc.ssap.sap", "SAP", Custom, mask(0xfe), names(llcSAPOf))
	fLLCSSAPCR   = pLLC.flag(TUint8, "llc.ssap.cr", "CR Bit", 0x01, names(either("Response", "Command")))
	fLLCControl  = pLLC.u16("llc.control", "Control", Hex)
	fLLCNR       = pLLC.u16("llc.control.n_r", "N(R)", Dec, mask(0xfe00))
	fLLCNS       = pLLC.u16("llc.control.n_s", "N(S)", Dec, mask(0x00fe))
	fLLCPoll     = pLLC.flag(TUint16, "llc.control.p", "Poll", 0x0100)
	fLLCFinal    = pLLC.flag(TUint16, "llc.control.f", "Final", 0x0100)
	fLLCSType    = pLLC.u16("llc.control.s_ftype", "Supervisory frame type", Hex, mask(0x000c), names(list("Receiver ready", "Receiver not ready", "Reject", "Selective reject")))
	fLLCUCmd     = pLLC.u8("llc.control.u_modifier_cmd", "Command", Hex, mask(0xec), names(llcCommands))
	fLLCURsp     = pLLC.u8("llc.control.u_modifier_resp", "Response", Hex, mask(0xec), names(llcResponses))
	fLLCType16   = pLLC.u16("llc.control.ftype", "Frame type", Hex, mask(0x0003), names(llcFrameTypes))
	fLLCType16I  = pLLC.u16("llc.control.ftype", "Frame type", Hex, mask(0x0001), names(llcFrameTypes))
	fLLCType8    = pLLC.u8("llc.control.ftype", "Frame type", Hex, mask(0x03), names(llcFrameTypes))
	fLLCOUI      = ouiField(pLLC, "llc.oui", "Organization Code")
	fLLCType     = pLLC.u16("llc.type", "Type", Hex, names(etherTypes))
	fLLCPID      = pLLC.u16("llc.pid", "Protocol ID", Hex)
	fLLCCiscoPID = pLLC.u16("llc.cisco_pid", "PID", Hex, names(ciscoPIDs))
)

var llcFrameTypes = list("Information frame", "Supervisory frame", "", "Unnumbered frame")

// llcResponses names what the modifier bits mean in a response, where that
// differs from a command (IEEE 802.2 §5.4).
func llcResponses(v uint64) string {
	switch v {
	case 0x01:
		return "Request Initialization Mode"
	case 0x03:
		return "Disconnected mode"
	case 0x10:
		return "Request Disconnect"
	}
	return llcCommands(v)
}

// llcSAPOf names a service access point without its lowest bit.
func llcSAPOf(v uint64) string {
	if s := llcSAPs(v << 1); s != "" {
		return s
	}
	return "Unknown"
}

// dissectLLC takes an 802.2 header apart (IEEE 802.2 §3), and SNAP behind it.
func dissectLLC(c cursor) {
	d := c.d
	if !d.descend() {
		return
	}
	defer d.ascend()
	d.setProto("LLC")
	d.setInfo("")
	if c.captured() == 0 {
		d.enter(pLLC)
		c.need(1)
		return
	}
	c.proto(pLLC)
	dsap := c.u8(fLLCDSAP)
	if c.on() && c.ok() {
		c.begin()
		c.bits(fLLCDSAPSAP, 1, uint64(dsap))
		c.bits(fLLCDSAPIG, 1, uint64(dsap))
		c.end()
	}
	ssap := c.u8(fLLCSSAP)
	if c.on() && c.ok() {
		c.begin()
		c.bits(fLLCSSAPSAP, 1, uint64(ssap))
		c.bits(fLLCSSAPCR, 1, uint64(ssap))
		c.end()
	}
	text := c.llcControl(ssap&1 != 0)
	if !c.ok() {
		c.end()
		return
	}
	if dsap == 0xaa && ssap == 0xaa {
		c.snap(text)
		return
	}
	if c.cols() {
		ig, cr := "Individual", "Command"
		if dsap&1 != 0 {
			ig = "Group"
		}
		if ssap&1 != 0 {
			cr = "Response"
		}
		d.setInfof("%s; DSAP %s %s, SSAP %s %s", text, sapText(dsap&0xfe), ig, sapText(ssap&0xfe), cr)
	}
	c.end()
	rest := c.tail()
	if text != "U, func=UI" && !(len(text) > 0 && text[0] == 'I') && dsap != 0x42 {
		dissectData(rest)
		return
	}
	switch dsap {
	case 0x06:
		dissectIPv4(rest)
	case 0x42:
		dissectNamed(rest, namedSTP)
	case 0xf8:
		dissectNamed(rest, namedHPExt)
	case 0xe0:
		dissectNamed(rest, namedIPX)
	case 0xf0:
		dissectNamed(rest, namedNetBIOS)
	case 0xfe, 0x14, 0x54:
		dissectOSI(rest)
	default:
		dissectData(rest)
	}
}

func sapText(v uint8) string {
	if s := llcSAPs(uint64(v)); s != "" {
		return s
	}
	return fmt.Sprintf("0x%02x", v)
}

// llcControl reads the control field and gives its text: "U, func=UI".
func (c *cursor) llcControl(response bool) string {
	b := c.peek(0)
	if b&3 == 3 {
		return c.llcUnnumbered(response)
	}
	v := c.u16(nil)
	if !c.ok() {
		return ""
	}
	v = v>>8 | v<<8 // the first byte has the lower bits
	nr, ns := v>>9, v>>1&0x7f
	pf, mark := fLLCPoll, " P"
	if response && v&1 != 0 {
		pf, mark = fLLCFinal, " F"
	}
	if v&0x0100 == 0 {
		mark = ""
	}
	if !c.on() && !c.cols() {
		return "IS"[v&1 : v&1+1]
	}
	text := fmt.Sprintf("I%s, N(R)=%d, N(S)=%d", mark, nr, ns)
	if v&1 != 0 {
		text = fmt.Sprintf("S%s, func=%s, N(R)=%d", mark, [...]string{"RR", "RNR", "REJ", "SREJ"}[v>>2&3], nr)
	}
	c.add(fLLCControl, 2, Node{num: uint64(v), text: fmt.Sprintf("Control field: %s (0x%04X)", text, v)})
	c.begin()
	c.bits(fLLCNR, 2, uint64(v))
	if v&1 == 0 {
		c.bits(fLLCNS, 2, uint64(v))
	}
	if mark != "" {
		c.bits(pf, 2, uint64(v))
	}
	if v&1 == 0 {
		c.bits(fLLCType16I, 2, uint64(v))
	} else {
		c.bits(fLLCSType, 2, uint64(v))
		c.bits(fLLCType16, 2, uint64(v))
	}
	c.end()
	return text
}

// llcModifiers are the short names of unnumbered commands and responses.
var llcModifiers = table(map[uint64]string{0x00: "UI", 0x08: "UP", 0x10: "DISC", 0x18: "UA", 0x20: "SNRM", 0x38: "TEST", 0x01: "SIM", 0x21: "FRMR",
	0x31: "CFGR", 0x03: "SARM", 0x0b: "SABM", 0x13: "SARME", 0x1b: "SABME", 0x23: "RESET", 0x2b: "XID", 0x33: "SNRME", 0x3b: "BCN"})

func (c *cursor) llcUnnumbered(response bool) string {
	v := c.u8(nil)
	if !c.ok() {
		return ""
	}
	m := fLLCUCmd.extract(uint64(v))
	mark, mod := "", fLLCUCmd
	if response {
		mod = fLLCURsp
	}
	if v&0x10 != 0 {
		mark = " P"
		if response {
			mark = " F"
		}
	}
	if !c.on() && !c.cols() {
		if m == 0 {
			return "U, func=UI"
		}
		return "U"
	}
	name := llcModifiers(m)
	if response {
		switch m {
		case 0x01:
			name = "RIM"
		case 0x03:
			name = "DM"
		case 0x10:
			name = "RD"
		}
	}
	if name == "" {
		name = "Unknown"
	}
	text := "U" + mark + ", func=" + name
	c.add(fLLCControl, 1, Node{num: uint64(v), text: fmt.Sprintf("Control field: %s (0x%02X)", text, v)})
	c.begin()
	if mark != "" {
		if response {
			c.add(fLLCFinal8, 1, Node{num: 1})
		} else {
			c.add(fLLCPoll8, 1, Node{num: 1})
		}
	}
	c.bits(mod, 1, uint64(v))
	c.bits(fLLCType8, 1, uint64(v))
	c.end()
	return text
}

var (
	fLLCPoll8  = pLLC.flag(TUint8, "llc.control.p", "Poll", 0x10)
	fLLCFinal8 = pLLC.flag(TUint8, "llc.control.f", "Final", 0x10)
)

// snap goes on with the subnetwork access protocol: an organisation and a protocol
// of its own (IEEE 802 §10.3). The LLC node is still open.
func (c *cursor) snap(text string) {
	d := c.d
	oui := c.u24(fLLCOUI)
	pid := c.peek16(0)
	if c.on() && c.ok() {
		if name := ouiNames(oui); name != "" {
			c.last().append(" (" + ouiShort(name))
		}
	}
	if c.cols() && c.ok() {
		name := ouiNames(oui)
		if name == "" {
			name = "Unknown"
		}
		d.setInfof("%s; SNAP, OUI 0x%06X (%s), PID 0x%04X", text, oui, name, pid)
	}
	switch oui {
	case 0, 0x0000f8:
		c.u16(fLLCType)
		c.end()
		if c.ok() {
			rest := c.tail()
			if etherTypeKnown(pid) {
				dissectEtherType(rest, pid)
			} else {
				dissectData(rest)
			}
		}
		return
	case 0x00000c:
		c.u16(fLLCCiscoPID)
		c.end()
		if c.ok() {
			dissectCisco(c.tail(), pid)
		}
		return
	}
	c.u16(fLLCPID)
	c.end()
	if c.ok() {
		dissectData(c.tail())
	}
}

// ouiShort is the part of an organisation's name that tshark shows behind its
// number: up to a colon's word, and closed if it is whole.
func ouiShort(name string) string {
	if short, _, cut := strings.Cut(name, " 0:"); cut {
		return short
	}
	return name + ")"
}

// ouiNames names organisations that own SNAP protocols.
func ouiNames(v uint32) string {
	switch v {
	case 0:
		return "Officially Xerox, but 0:0:0:0:0:0 is more common"
	case 0x00000c:
		return "Cisco Systems, Inc"
	case 0x0000f8:
		return "Cisco IOS 9.0 Compatible"
	}
	return ""
}
