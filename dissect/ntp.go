package dissect

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"tcplens/internal/text"
)

var (
	pNTP           = newProto("Network Time Protocol", "NTP", "ntp")
	fNTPFlags      = pNTP.u8("ntp.flags", "Flags", Hex)
	fNTPLeap       = pNTP.u8("ntp.flags.li", "Leap Indicator", Dec, mask(0xc0), names(ntpLeaps))
	fNTPVersion    = pNTP.u8("ntp.flags.vn", "Version number", Dec, mask(0x38), names(ntpVersions))
	fNTPMode       = pNTP.u8("ntp.flags.mode", "Mode", Dec, mask(0x07), names(ntpModes))
	fNTPStratum    = pNTP.u8("ntp.stratum", "Peer Clock Stratum", Dec, names(ntpStrata))
	fNTPPoll       = pNTP.u8("ntp.ppoll", "Peer Polling Interval", Dec)
	fNTPPrecision  = pNTP.u8("ntp.precision", "Peer Clock Precision", Dec)
	fNTPRootDelay  = pNTP.u32("ntp.rootdelay", "Root Delay", Dec)
	fNTPRootDisp   = pNTP.u32("ntp.rootdispersion", "Root Dispersion", Dec)
	fNTPRefID      = pNTP.bytes("ntp.refid", "Reference ID")
	fNTPRefTime    = pNTP.absUTC("ntp.reftime", "Reference Timestamp")
	fNTPOrigin     = pNTP.absUTC("ntp.org", "Origin Timestamp")
	fNTPReceive    = pNTP.absUTC("ntp.rec", "Receive Timestamp")
	fNTPTransmit   = pNTP.absUTC("ntp.xmt", "Transmit Timestamp")
	fNTPKeyID      = pNTP.bytes("ntp.keyid", "Key ID")
	fNTPMAC        = pNTP.bytes("ntp.mac", "Message Authentication Code")
	fNTPExt        = pNTP.none("ntp.ext", "Extension")
	fNTPExtType    = pNTP.u16("ntp.ext.type", "Field Type", Hex, names(ntpExtensions))
	fNTPExtLen     = pNTP.u16("ntp.ext.length", "Length", Dec)
	fNTPExtValue   = pNTP.bytes("ntp.ext.value", "Value")
	fNTPCtrlFlags  = pNTP.u8("ntp.ctrl.flags2", "Flags 2", Hex)
	fNTPCtrlR      = pNTP.u8("ntp.ctrl.flags2.r", "Response bit", Dec, mask(0x80), names(ntpRequest))
	fNTPCtrlError  = pNTP.u8("ntp.ctrl.flags2.error", "Error bit", Dec, mask(0x40))
	fNTPCtrlMore   = pNTP.u8("ntp.ctrl.flags2.more", "More bit", Dec, mask(0x20))
	fNTPCtrlOpcode = pNTP.u8("ntp.ctrl.flags2.opcode", "Opcode", Dec, mask(0x1f), names(ntpOpcodes))
	fNTPCtrlSeq    = pNTP.u16("ntp.ctrl.sequence", "Sequence", Dec)
	fNTPCtrlStatus = pNTP.u16("ntp.ctrl.status", "Status", Hex)
	fNTPCtrlAssoc  = pNTP.u16("ntp.ctrl.associd", "AssociationID", Dec)
	fNTPCtrlOffset = pNTP.u16("ntp.ctrl.offset", "Offset", Dec)
	fNTPCtrlCount  = pNTP.u16("ntp.ctrl.count", "Count", Dec)
	fNTPCtrlData   = pNTP.none("ntp.ctrl.data", "Data")
	fNTPPrivR      = pNTP.u8("ntp.priv.flags.r", "Response bit", Dec, mask(0x80), names(ntpRequest))
	fNTPPrivMore   = pNTP.u8("ntp.priv.flags.more", "More bit", Dec, mask(0x40))
	fNTPPrivAuth   = pNTP.u8("ntp.priv.auth_seq", "Auth, sequence", Dec)
	fNTPPrivAuthed = pNTP.u8("ntp.priv.auth", "Auth bit", Dec, mask(0x80))
	fNTPPrivSeq    = pNTP.u8("ntp.priv.seq", "Sequence number", Dec, mask(0x7f))
	fNTPPrivImpl   = pNTP.u8("ntp.priv.impl", "Implementation", Dec, names(ntpImplementations))
	fNTPPrivCode   = pNTP.u8("ntp.priv.reqcode", "Request code", Dec, names(ntpRequests))
)

var (
	ntpLeaps = list("no warning", "last minute of the day has 61 seconds", "last minute of the day has 59 seconds",
		"unknown (clock unsynchronized)")
	ntpVersions = list("reserved", "NTP Version 1", "NTP Version 2", "NTP Version 3", "NTP Version 4", "reserved", "reserved", "reserved")
	ntpModes    = list("reserved", "symmetric active", "symmetric passive", "client", "server", "broadcast",
		"reserved for NTP control message", "reserved for private use")
	ntpRequest = list("Request", "Response")
	ntpOpcodes = table(map[uint64]string{
		0: "reserved", 1: "read status", 2: "read variables", 3: "write variables", 4: "read clock variables",
		5: "write clock variables", 6: "set trap address/port", 7: "asynchronous message", 8: "runtime configuration",
		9: "save config to file", 10: "retrieve MRU (mrulist)", 11: "retrieve ordered list", 12: "request a client nonce",
		31: "unset trap address/port",
	})
	ntpImplementations = table(map[uint64]string{0: "UNIV", 2: "XNTPD_OLD (pre-IPv6)", 3: "XNTPD"})
	ntpRequests        = table(map[uint64]string{
		0: "PEER_LIST", 1: "PEER_LIST_SUM", 2: "PEER_INFO", 3: "PEER_STATS", 4: "SYS_INFO", 5: "SYS_STATS",
		6: "IO_STATS", 7: "MEM_STATS", 8: "LOOP_INFO", 9: "TIMER_STATS", 10: "CONFIG", 11: "UNCONFIG",
		12: "SET_SYS_FLAG", 13: "CLR_SYS_FLAG", 14: "MONITOR", 15: "NOMONITOR", 16: "GET_RESTRICT",
		17: "RESADDFLAGS", 18: "RESSUBFLAGS", 19: "UNRESTRICT", 20: "MON_GETLIST", 21: "RESET_STATS",
		22: "RESET_PEER", 23: "REREAD_KEYS", 24: "DO_DIRTY_HACK", 25: "DONT_DIRTY_HACK", 26: "TRUSTKEY",
		27: "UNTRUSTKEY", 28: "AUTHINFO", 29: "TRAPS", 30: "ADD_TRAP", 31: "CLR_TRAP", 32: "REQUEST_KEY",
		33: "CONTROL_KEY", 34: "GET_CTLSTATS", 35: "GET_LEAPINFO", 36: "GET_CLOCKINFO", 37: "SET_CLKFUDGE",
		38: "GET_KERNEL", 39: "GET_CLKBUGINFO", 41: "SET_PRECISION", 42: "MON_GETLIST_1", 43: "HOSTNAME_ASSOCID",
		44: "IF_STATS", 45: "IF_RELOAD",
	})
)

func ntpStrata(v uint64) string {
	switch {
	case v == 0:
		return "unspecified or invalid"
	case v == 1:
		return "primary reference"
	case v < 16:
		return "secondary reference"
	case v == 16:
		return "unsynchronized"
	}
	return "reserved"
}

// ntpExtensions names extension fields (RFC 5906 §10, RFC 7821 §4, RFC 8915 §7.7).
func ntpExtensions(v uint64) string {
	switch v {
	case 0x104:
		return "Unique Identifier"
	case 0x204:
		return "NTS Cookie"
	case 0x304:
		return "NTS Cookie Placeholder"
	case 0x404:
		return "NTS Authenticator and Encrypted Extension Fields"
	case 0x2005:
		return "Checksum Complement"
	}
	messages := list("No-Operation", "Association Message", "Certificate Message", "Cookie Message", "Autokey Message",
		"Leapseconds Message", "Sign Message", "IFF Identity Message", "GQ Identity Message", "MV Identity Message")
	kind := map[uint64]string{0: " Request", 0x80: " Response", 0xc0: " Error Response"}[v>>8&0xf0]
	if name := messages(v >> 8 & 15); v&0xff == 2 && name != "" && kind != "" {
		return name + kind
	}
	return ""
}

// dissectNTP takes a message of NTP apart (RFC 5905 §7.3, RFC 9327 §2).
func dissectNTP(c cursor) {
	c.d.setProto("NTP")
	c.d.setInfo("")
	c.proto(pNTP)
	flags := c.peek(0)
	if !c.need(1) {
		return
	}
	version, mode := ntpVersions(uint64(flags>>3&7)), ntpModes(uint64(flags&7))
	if flags&7 == 6 {
		mode = "control"
	} else if flags&7 == 7 {
		mode = "private"
	}
	if c.cols() {
		c.d.setInfo(version + ", " + mode)
	}
	if c.on() {
		c.opened().label("Network Time Protocol (" + version + ", " + mode + ")")
	}
	switch flags & 7 {
	case 6:
		ntpControl(&c)
	case 7:
		ntpPrivate(&c)
	default:
		ntpTime(&c)
	}
	if c.ok() {
		c.end()
	}
}

// ntpFlags reads the first byte.
func ntpFlags(c *cursor, first string, parts ...*Field) {
	v := uint64(c.u8(fNTPFlags))
	if !c.on() || !c.ok() {
		return
	}
	c.last().append(fmt.Sprintf(", %s, Version number: %s, Mode: %s", first, ntpVersions(v>>3&7), ntpModes(v&7)))
	c.begin()
	for _, f := range parts {
		c.bits(f, 1, v)
	}
	c.end()
}

func ntpLeap(c *cursor) string { return "Leap Indicator: " + ntpLeaps(uint64(c.peek(0)>>6)) }

// ntpTime reads the header that tells the time (RFC 5905 §7.3).
func ntpTime(c *cursor) {
	version := c.peek(0) >> 3 & 7
	ntpFlags(c, ntpLeap(c), fNTPLeap, fNTPVersion, fNTPMode)
	stratum := c.u8(fNTPStratum)
	poll := c.u8(fNTPPoll)
	if c.on() && c.ok() {
		if poll >= 4 && poll <= 17 {
			c.last().append(fmt.Sprintf(" (%d seconds)", 1<<poll))
		} else {
			c.last().label(fmt.Sprintf("Peer Polling Interval: invalid (%d)", poll))
		}
	}
	precision := int8(c.u8(fNTPPrecision))
	if c.on() && c.ok() {
		c.last().label(fmt.Sprintf("Peer Clock Precision: %f seconds", math.Pow(2, float64(precision))))
	}
	for _, f := range []*Field{fNTPRootDelay, fNTPRootDisp} {
		v := c.u32(f)
		if c.on() && c.ok() {
			c.last().label(fmt.Sprintf("%s: %f seconds", f.Name, float64(v)/65536))
		}
	}
	id := c.bytes(fNTPRefID, 4)
	if c.on() && c.ok() {
		c.last().label("Reference ID: " + ntpReference(id, stratum))
	}
	for _, f := range []*Field{fNTPRefTime, fNTPOrigin, fNTPReceive, fNTPTransmit} {
		ntpStamp(c, f)
	}
	const macMost = 24 // key identifier and digest (RFC 5905 §7.3, RFC 7822 §7.5.1.4)
	for version == 4 && c.ok() && c.left() > macMost {
		n := int(c.peek16(2))
		if n < 4 || n > c.left() {
			break
		}
		if c.on() {
			c.addAt(fNTPExt, c.pos, n, Node{})
			c.begin()
		}
		c.u16(fNTPExtType)
		c.u16(fNTPExtLen)
		if n > 4 {
			c.bytes(fNTPExtValue, n-4)
		}
		if c.on() {
			c.end()
		}
	}
	if c.ok() && c.left() > 4 {
		c.bytes(fNTPKeyID, 4)
		c.bytes(fNTPMAC, c.left())
	}
}

// ntpStamp reads a time stamp: seconds since 1900 and their fraction (RFC 5905
// §6). Those of the first half of an era belong to the one that begins in 2036.
func ntpStamp(c *cursor, f *Field) {
	sec, frac := uint64(c.u32(nil)), uint64(c.u32(nil))
	if !c.ok() {
		return
	}
	unix := int64(sec) - 2208988800
	if sec < 1<<31 {
		unix += 1 << 32
	}
	if sec == 0 && frac == 0 {
		c.add(f, 8, Node{str: "NULL"})
		return
	}
	c.add(f, 8, Node{num: uint64(unix*1e9 + int64(frac*1e9>>32))})
}

// ntpReference writes what the clock goes by: a kind of clock for the first two
// strata, an address for the rest.
func ntpReference(id []byte, stratum uint8) string {
	if stratum > 1 {
		return netip.AddrFrom4([4]byte(id)).String()
	}
	code := strings.TrimRight(string(id), "\x00")
	if code == "" {
		return "NULL"
	}
	if name, ok := ntpClocks[code]; ok {
		return name
	}
	return "Unidentified reference source '" + text.Printable(code) + "'"
}

var ntpClocks = map[string]string{
	"LOCL": "uncalibrated local clock", "CESM": "calibrated Cesium clock", "RBDM": "calibrated Rubidium clock",
	"PPS": "Generic pulse-per-second", "IRIG": "Inter-Range Instrumentation Group", "ACTS": "NIST telephone modem",
	"USNO": "USNO telephone modem", "PTB": "European telephone modem", "TDF": "MF Radio Allouis, FR 162 kHz",
	"DCF": "LF Radio DCF77 Mainflingen, DE 77.5 kHz", "MSF": "LF Radio MSF Anthorn, UK 60 kHz",
	"WWV": "HF Radio WWV Ft. Collins, CO", "WWVB": "LF Radio WWVB Ft. Collins, CO 60 kHz",
	"WWVH": "HF Radio WWVH Kauai, HI", "CHU": "HF Radio CHU Ottawa, Ontario", "LORC": "MF Radio LORAN C station, 100 kHz",
	"OMEG": "OMEGA radionavigation system", "GPS": "Global Position System", "GAL": "Galileo Positioning System",
	"GOES": "Geostationary Orbit Environment Satellite", "FREE": "(Internal clock)",
	"HBG": "LF Radio HBG Prangins, HB 75 kHz", "JJY": "LF Radio JJY Fukushima, JP 40 kHz, Saga, JP 60 kHz",
	"NIST": "NIST telephone modem", "DTS": "Digital Time Service", "ATOM": "Atomic clock (calibrated)",
	"VLF": "VLF radio (OMEGA,, etc.)", "1PPS": "External 1 PPS input", "INIT": "(Initialization)",
}

// ntpControl reads a control message (RFC 9327 §2); what it carries is shown as bytes.
func ntpControl(c *cursor) {
	ntpFlags(c, ntpLeap(c), fNTPLeap, fNTPVersion, fNTPMode)
	v := uint64(c.u8(fNTPCtrlFlags))
	if c.on() && c.ok() {
		c.last().append(", Response bit: " + ntpRequest(v>>7) + ", Opcode: " + namedOr(ntpOpcodes(v&31), "Unknown", v&31))
		c.begin()
		for _, f := range []*Field{fNTPCtrlR, fNTPCtrlError, fNTPCtrlMore, fNTPCtrlOpcode} {
			c.bits(f, 1, v)
		}
		c.end()
	}
	c.u16(fNTPCtrlSeq)
	c.u16(fNTPCtrlStatus)
	c.u16(fNTPCtrlAssoc)
	c.u16(fNTPCtrlOffset)
	n := int(c.u16(fNTPCtrlCount))
	if n > 0 && c.ok() {
		c.skip(n)
		if c.ok() {
			c.add(fNTPCtrlData, n, Node{text: "Data (" + strconv.Itoa(n) + " bytes)"})
		}
	}
}

// ntpPrivate reads the header of a message of the ntpd family's own.
func ntpPrivate(c *cursor) {
	r := ntpRequest(uint64(c.peek(0) >> 7))
	code := uint64(c.peek(3))
	ntpFlags(c, "Response bit: "+r, fNTPPrivR, fNTPPrivMore, fNTPVersion, fNTPMode)
	v := uint64(c.u8(fNTPPrivAuth))
	if c.ok() {
		c.begin()
		c.bits(fNTPPrivAuthed, 1, v)
		c.bits(fNTPPrivSeq, 1, v)
		c.end()
	}
	c.u8(fNTPPrivImpl)
	c.u8(fNTPPrivCode)
	if c.cols() && c.ok() {
		c.d.infoAppend(", " + r + ", " + namedOr(ntpRequests(code), "Unknown", code))
	}
	c.pos = max(c.pos, c.have)
}
