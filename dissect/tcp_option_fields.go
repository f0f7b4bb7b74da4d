package dissect

var (
	fTCPOptKind     = pTCP.u8("tcp.option_kind", "Kind", Dec, names(tcpOptionKinds))
	fTCPOptLen      = pTCP.u8("tcp.option_len", "Length", Dec)
	fTCPOptMSS      = pTCP.u16("tcp.options.mss_val", "MSS Value", Dec)
	fTCPOptShift    = pTCP.u8("tcp.options.wscale.shift", "Shift count", Dec)
	fTCPOptMult     = pTCP.u16("tcp.options.wscale.multiplier", "Multiplier", Dec)
	fTCPOptExpData  = pTCP.bytes("tcp.options.experimental.data", "Data")
	fTCPOptExID     = pTCP.u16("tcp.options.experimental.exid", "Experiment Identifier", Hex, names(tcpExperiments))
	fTCPOptTARR     = pTCP.u8("tcp.options.tarr.rate", "TARR Rate", Dec, mask(0xfe))
	fTCPOptTARRRes  = pTCP.u8("tcp.options.tar.reserved", "TARR Reserved", Dec, mask(0x01)) // Wireshark spells it so
	fTCPOptUnknown  = pTCP.bytes("tcp.options.unknown.payload", "Payload")
	fTCPOptSackLE   = pTCP.u32("tcp.options.sack_le", "TCP SACK Left Edge", Dec)
	fTCPOptSackRE   = pTCP.u32("tcp.options.sack_re", "TCP SACK Right Edge", Dec)
	fTCPOptSackN    = pTCP.u8("tcp.options.sack.count", "TCP SACK Count", Dec)
	fTCPOptDSackLE  = pTCP.u32("tcp.options.sack.dsack_le", "TCP D-SACK Left Edge", Dec)
	fTCPOptDSackRE  = pTCP.u32("tcp.options.sack.dsack_re", "TCP D-SACK Right Edge", Dec)
	eTCPOptDSack    = pTCP.none("tcp.options.sack.dsack", "D-SACK Sequence")
	fTCPOptEcho     = pTCP.u32("tcp.options.echo_value", "TCP Echo Option", Dec)
	fTCPOptCC       = pTCP.u32("tcp.options.cc_value", "TCP CC Option", Dec)
	fTCPOptTSVal    = pTCP.u32("tcp.options.timestamp.tsval", "Timestamp value", Dec)
	fTCPOptTSEcr    = pTCP.u32("tcp.options.timestamp.tsecr", "Timestamp echo reply", Dec)
	fTCPOptMD5      = pTCP.bytes("tcp.options.md5.digest", "MD5 digest")
	fTCPOptAOKey    = pTCP.u8("tcp.options.ao.keyid", "AO KeyID", Dec)
	fTCPOptAONext   = pTCP.u8("tcp.options.ao.rnextkeyid", "AO RNextKeyID", Dec)
	fTCPOptAOMac    = pTCP.bytes("tcp.options.ao.mac", "AO MAC")
	fTCPOptQSRate   = pTCP.u8("tcp.options.qs.rate", "QS Rate", Dec, mask(0x0f), names(tcpQuickStartRates))
	fTCPOptQSTTL    = pTCP.u8("tcp.options.qs.ttl_diff", "QS Rate", Dec)
	fTCPOptUTGran   = pTCP.flag(TUint16, "tcp.options.user_to_granularity", "Granularity", 0x8000, names(either("Minutes", "Seconds")))
	fTCPOptUTVal    = pTCP.u16("tcp.options.user_to_val", "User Timeout", Dec, mask(0x7fff))
	fTCPOptEE0B     = pTCP.u24("tcp.options.acc_ecn.ee0b", "Accurate ECN Echo ECT(0) Byte Counter", Dec)
	fTCPOptECEB     = pTCP.u24("tcp.options.acc_ecn.eceb", "Accurate ECN Echo CE Byte Counter", Dec)
	fTCPOptEE1B     = pTCP.u24("tcp.options.acc_ecn.ee1b", "Accurate ECN Echo ECT(1) Byte Counter", Dec)
	fTCPOptSCPS     = pTCP.u8("tcp.options.scps.vector", "TCP SCPS Capabilities Vector", Hex)
	fTCPOptBETS     = pTCP.flag(TUint8, "tcp.options.scpsflags.bets", "Partial Reliability Capable (BETS)", 0x80)
	fTCPOptSNACK1   = pTCP.flag(TUint8, "tcp.options.scpsflags.snack1", "Short Form SNACK Capable (SNACK1)", 0x40)
	fTCPOptSNACK2   = pTCP.flag(TUint8, "tcp.options.scpsflags.snack2", "Long Form SNACK Capable (SNACK2)", 0x20)
	fTCPOptCOMP     = pTCP.flag(TUint8, "tcp.options.scpsflags.compress", "Lossless Header Compression (COMP)", 0x10)
	fTCPOptNLTS     = pTCP.flag(TUint8, "tcp.options.scpsflags.nlts", "Network Layer Timestamp (NLTS)", 0x08)
	fTCPOptSCPSRes  = pTCP.u8("tcp.options.scpsflags.reserved", "Reserved", Dec, mask(0x07))
	fTCPOptSCPSConn = pTCP.u8("tcp.options.scps.binding", "Connection ID", Dec)
	fTCPOptSnackOff = pTCP.u16("tcp.options.snack.offset", "TCP SNACK Offset", Dec)
	fTCPOptSnackLen = pTCP.u16("tcp.options.snack.size", "TCP SNACK Size", Dec)
	fTCPOptTFOReq   = pTCP.none("tcp.options.tfo.request", "Fast Open Cookie Request")
	fTCPOptTFO      = pTCP.bytes("tcp.options.tfo.cookie", "Fast Open Cookie")

	eTCPOptLen     = pTCP.none("tcp.option.len.invalid", "Invalid length for option")
	eTCPSubOption  = pTCP.none("tcp.suboption_malformed", "suboption would go past end of option")
	eTCPOptNoMSS   = pTCP.none("tcp.options.mss.absent", "The SYN packet does not contain a MSS option")
	eTCPOptMSSHere = pTCP.none("tcp.options.mss.present", "The non-SYN packet does contain a MSS option")
	eTCPOptShift   = pTCP.none("tcp.options.wscale.shift.invalid", "Window scale shift exceeds 14")
	eTCPOptNOP     = pTCP.none("tcp.nop", "4 NOP in a row - a router may have removed some options")
	eTCPOptEOL     = pTCP.none("tcp.non_zero_bytes_after_eol", "Non zero bytes in option space after EOL option")
)

// tcpOptionKinds words the Kind line, which differs from the headings (R61).
func tcpOptionKinds(v uint64) string {
	switch v {
	case 0:
		return "End of Option List"
	case 1:
		return "No-Operation"
	case 2:
		return "Maximum Segment Size"
	case 3:
		return "Window Scale"
	case 4:
		return "SACK Permitted"
	case 5:
		return "SACK"
	case 6:
		return "Echo"
	case 7:
		return "Echo Reply"
	case 8:
		return "Time Stamp Option"
	case 9:
		return "Partial Order Connection Permitted"
	case 10:
		return "Partial Order Service Profile"
	case 11:
		return "CC"
	case 12:
		return "CC.NEW"
	case 13:
		return "CC.ECHO"
	case 14:
		return "TCP Alternate Checksum Request"
	case 15:
		return "TCP Alternate Checksum Data"
	case 16:
		return "Skeeter"
	case 17:
		return "Bubba"
	case 18:
		return "Trailer Checksum Option"
	case 19:
		return "MD5 Signature Option"
	case 20:
		return "SCPS Capabilities"
	case 21:
		return "Selective Negative Acknowledgements"
	case 22:
		return "Record Boundaries"
	case 23:
		return "Corruption experienced"
	case 24:
		return "SNAP"
	case 25:
		return "Unassigned"
	case 26:
		return "TCP Compression Filter"
	case 27:
		return "Quick-Start Response"
	case 28:
		return "User Timeout Option"
	case 29:
		return "The TCP Authentication Option"
	case 30:
		return "Multipath TCP"
	case 34:
		return "TCP Fast Open Cookie"
	case 76:
		return "Riverbed Probe"
	case 78:
		return "Riverbed Transparency"
	case 172:
		return "Accurate ECN Order 0"
	case 174:
		return "Accurate ECN Order 1"
	case 253:
		return "RFC3692-style Experiment 1"
	case 254:
		return "RFC3692-style Experiment 2"
	}
	return ""
}

// tcpExperiments names the experiments of RFC 6994 (IANA's TCP experimental option
// experiment identifiers).
var tcpExperiments = table(map[uint64]string{
	0x00ac: "TCP ACK Rate Request", 0x0348: "Host ID", 0x0a0d: "Autonomous System Compensation", 0x0ca0: "Capability Option",
	0x0ed0: "Extended Data Offset", 0x454e: "Encryption Negotiation", 0x5323: "Service Number", 0x75ec: "Timestamp Interval",
	0xacc0: "Accurate ECN - Order 0", 0xacc1: "Accurate ECN - Order 1", 0xacce: "Accurate ECN",
	0xe2d4: "Shared Memory communications over RMDA protocol", 0xf989: "Fast Open", 0xf990: "Low Latency",
})

// tcpQuickStartRates names the rates that may be asked for: 40 kbit/s times two to
// the number (RFC 4782 §3.1).
var tcpQuickStartRates = list("0 bit/s", "80 Kbit/s", "160 Kbit/s", "320 Kbit/s", "640 Kbit/s", "1.28 Mbit/s", "2.56 Mbit/s",
	"5.12 Mbit/s", "10.24 Mbit/s", "20.48 Mbit/s", "40.96 Mbit/s", "81.92 Mbit/s", "163.84 Mbit/s", "327.68 Mbit/s",
	"655.36 Mbit/s", "1.31072 Gbit/s")
