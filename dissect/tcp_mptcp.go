package dissect

import (
	"fmt"
	"strconv"

	"tcplens/internal/tcp"
)

var (
	pMPTCP = newProto("Multipath Transmission Control Protocol", "MPTCP", "mptcp")

	fMPSubtype     = pTCP.u8("tcp.options.mptcp.subtype", "Multipath TCP subtype", Dec, mask(0xf0), names(mptcpSubtypes))
	fMPVersion     = pTCP.u8("tcp.options.mptcp.version", "Multipath TCP version", Dec, mask(0x0f))
	fMPResFlag     = pTCP.u8("tcp.options.mptcp.reserved.flag", "Reserved", Hex)
	fMPFlagU       = pTCP.flag(TUint8, "tcp.options.mptcp.flag_U.flag", "Flag U", 0x08, width(4))
	fMPFlagV       = pTCP.flag(TUint8, "tcp.options.mptcp.flag_V.flag", "Flag V", 0x04, width(4))
	fMPFlagW       = pTCP.flag(TUint8, "tcp.options.mptcp.flag_W.flag", "Flag W", 0x02, width(4))
	fMPFlagT       = pTCP.flag(TUint8, "tcp.options.mptcp.flag_T.flag", "Transient", 0x01, width(4))
	fMPRemoved     = pMPTCP.u8("mptcp.rm_addr.count", "Number of removed addresses", Dec)
	fMPReserved    = pTCP.u16("tcp.options.mptcp.reserved", "Reserved", Hex, mask(0x0fff))
	fMPFlags       = pTCP.u8("tcp.options.mptcp.flags", "Multipath TCP flags", Hex)
	fMPBackup      = pTCP.u8("tcp.options.mptcp.backup.flag", "Backup flag", Dec, mask(0x01))
	fMPCheckReq    = pTCP.u8("tcp.options.mptcp.checksumreq.flags", "Checksum required", Dec, mask(0x80))
	fMPExt         = pTCP.u8("tcp.options.mptcp.extensibility.flag", "Extensibility", Dec, mask(0x40))
	fMPNoMore      = pTCP.u8("tcp.options.mptcp.nomoresubflows.flag", "Do not attempt to establish new subflows to this address and port", Dec, mask(0x20))
	fMPSHA256      = pTCP.u8("tcp.options.mptcp.sha256.flag", "Use HMAC-SHA256", Dec, mask(0x01))
	fMPSHA1        = pTCP.u8("tcp.options.mptcp.sha1.flag", "Use HMAC-SHA1", Dec, mask(0x01))
	fMPDataFIN     = pTCP.u8("tcp.options.mptcp.datafin.flag", "DATA_FIN", Dec, mask(0x10))
	fMPSeq8        = pTCP.u8("tcp.options.mptcp.dseqn8.flag", "Data Sequence Number is 8 octets", Dec, mask(0x08))
	fMPSeqHere     = pTCP.u8("tcp.options.mptcp.dseqnpresent.flag", "Data Sequence Number, Subflow Sequence Number, Data-level Length, Checksum present", Dec, mask(0x04))
	fMPAck8        = pTCP.u8("tcp.options.mptcp.dataack8.flag", "Data ACK is 8 octets", Dec, mask(0x02))
	fMPAckHere     = pTCP.u8("tcp.options.mptcp.dataackpresent.flag", "Data ACK is present", Dec, mask(0x01))
	fMPReason      = pTCP.u8("tcp.options.mptcp.rst_reason", "TCPRST Reason", Hex, names(mptcpResets))
	fMPAddrID      = pTCP.u8("tcp.options.mptcp.addrid", "Address ID", Dec)
	fMPSendKey     = pTCP.u64("tcp.options.mptcp.sendkey", "Sender's Key", Dec)
	fMPRecvKey     = pTCP.u64("tcp.options.mptcp.recvkey", "Receiver's Key", Dec)
	fMPRecvTok     = pTCP.u32("tcp.options.mptcp.recvtok", "Receiver's Token", Dec)
	fMPSendRand    = pTCP.u32("tcp.options.mptcp.sendrand", "Sender's Random Number", Dec)
	fMPTrunc       = pTCP.u64("tcp.options.mptcp.sendtrunchmac", "Sender's Truncated HMAC", Dec)
	fMPHMAC        = pTCP.bytes("tcp.options.mptcp.sendhmac", "Sender's HMAC")
	fMPAddTrunc    = pTCP.u64("tcp.options.mptcp.addaddrtrunchmac", "Truncated HMAC", Dec)
	fMPDataAck     = pTCP.u64("tcp.options.mptcp.rawdataack", "Original MPTCP Data ACK", Dec)
	fMPDataSeq     = pTCP.u64("tcp.options.mptcp.rawdataseqno", "Data Sequence Number", Dec)
	fMPSubSeq      = pTCP.u32("tcp.options.mptcp.subflowseqno", "Subflow Sequence Number", Dec)
	fMPDataLen     = pTCP.u16("tcp.options.mptcp.datalvllen", "Data-level Length", Dec)
	fMPCheck       = pTCP.u16("tcp.options.mptcp.checksum", "Checksum", Hex)
	fMPIPVer       = pTCP.u8("tcp.options.mptcp.ipver", "IP version", Dec, mask(0x0f))
	fMPEcho        = pTCP.u8("tcp.options.mptcp.echo", "Echo", Dec, mask(0x01))
	eMPNoAlgorithm = pTCP.none("mptcp.connection.missing_algorithm", "No crypto algorithm specified")
	eMPAlgorithm   = pTCP.none("mptcp.connection.unsupported_algorithm", "Unsupported algorithm")
	fMPIPv4        = pTCP.ip4("tcp.options.mptcp.ipv4", "Advertised IPv4 Address")
	fMPIPv6        = pTCP.ip6("tcp.options.mptcp.ipv6", "Advertised IPv6 Address")
	fMPPort        = pTCP.u16("tcp.options.mptcp.port", "Advertised port", Dec)
)

var mptcpSubtypes = list("Multipath Capable", "Join Connection", "Data Sequence Signal", "Add Address", "Remove Address",
	"Change Subflow Priority", "TCP Fallback", "Fast Close", "TCP Reset")

// mptcpResets says why a subflow was reset (RFC 8684 §3.6).
var mptcpResets = list("Unspecified error", "MPTCP-specific error", "Lack of resources", "Administratively prohibited",
	"Too much outstanding data", "Unacceptable performance", "Middlebox interference")

// mptcp takes a multipath option apart (RFC 8684 §3; R65).
func (s *tcpSegment) mptcp(c *cursor) {
	d := c.d
	if o := c.opened(); o != nil {
		o.label(pMPTCP.Name)
	}
	d.setProto("MPTCP")
	v := c.u8(nil)
	if !c.ok() {
		return
	}
	sub := v >> 4
	s.Opts.Has |= tcp.OptMPTCP
	s.Opts.MPTCPKinds |= 1 << sub
	if d.scan {
		return
	}
	if o := c.opened(); o != nil {
		name := mptcpSubtypes(uint64(sub))
		if name == "" {
			name = "Unknown (" + strconv.Itoa(int(sub)) + ")"
		}
		o.append(": " + name)
	}
	c.bits(fMPSubtype, 1, uint64(v))
	switch sub {
	case 0:
		s.mpCapable(c, v)
	case 1:
		s.mpJoin(c, v)
	case 2:
		s.mpData(c)
	case 3:
		s.mpAddAddress(c, v)
	case 4:
		if c.left() > 0 {
			c.gen(fMPRemoved, uint64(c.left())).span(c.pos-1, 1)
		}
		for c.ok() && c.left() > 0 {
			c.u8(fMPAddrID)
		}
	case 5:
		s.mpBackup(c, v)
		if c.left() > 0 {
			c.u8(fMPAddrID)
		}
	case 6:
		s.mpReserved(c, v)
		c.u64(fMPDataSeq)
	case 7:
		s.mpReserved(c, v)
		c.u64(fMPRecvKey)
	case 8:
		s.mpReset(c, v)
	}
}

// mpReserved reads the rest of twelve bits that have no meaning yet.
func (s *tcpSegment) mpReserved(c *cursor, v uint8) {
	low := c.u8(nil)
	c.bits(fMPReserved, 2, uint64(v)<<8|uint64(low))
}

// mpBackup shows the flags of which one is known.
func (s *tcpSegment) mpBackup(c *cursor, v uint8) {
	c.add(fMPFlags, 1, Node{num: uint64(v)})
	c.begin()
	c.bits(fMPBackup, 1, uint64(v))
	c.end()
}

func (s *tcpSegment) mpCapable(c *cursor, v uint8) {
	version := c.bits(fMPVersion, 1, uint64(v))
	f := uint64(c.u8(fMPFlags))
	c.begin()
	c.bits(fMPCheckReq, 1, f)
	c.bits(fMPExt, 1, f)
	if version == 1 {
		c.bits(fMPNoMore, 1, f)
		c.bits(fMPSHA256, 1, f)
		c.add(fMPResFlag, 1, Node{num: f >> 1 & 0x0f, text: fmt.Sprintf("...%d %03b. = Reserved: 0x%x", f>>4&1, f>>1&7, f>>1&0x0f)})
	} else {
		c.bits(fMPSHA1, 1, f)
		c.add(fMPResFlag, 1, Node{num: f >> 1 & 0x1f, text: fmt.Sprintf("..%02b %03b. = Reserved: 0x%02x", f>>4&3, f>>1&7, f>>1&0x1f)})
	}
	if algorithms := f & 0x3f; algorithms != 1 && c.ok() {
		if algorithms == 0 {
			c.expert(WarnSev, GroupProtocol, eMPNoAlgorithm, eMPNoAlgorithm.Name)
		}
		c.expert(WarnSev, GroupProtocol, eMPAlgorithm, eMPAlgorithm.Name)
	}
	c.end()
	if c.left() >= 8 {
		c.u64(fMPSendKey)
	}
	if c.left() >= 8 {
		c.u64(fMPRecvKey)
	}
	if c.left() >= 2 {
		c.u16(fMPDataLen)
	}
	if c.left() >= 2 {
		c.u16(fMPCheck)
	}
}

func (s *tcpSegment) mpJoin(c *cursor, v uint8) {
	switch c.left() + 3 {
	case 12:
		s.mpBackup(c, v)
		c.u8(fMPAddrID)
		c.u32(fMPRecvTok)
		c.u32(fMPSendRand)
	case 16:
		s.mpBackup(c, v)
		c.u8(fMPAddrID)
		c.u64(fMPTrunc)
		c.u32(fMPSendRand)
	case 24:
		s.mpReserved(c, v)
		c.bytes(fMPHMAC, 20)
	}
}

func (s *tcpSegment) mpData(c *cursor) {
	f := c.u8(fMPFlags)
	c.begin()
	for _, b := range []*Field{fMPDataFIN, fMPSeq8, fMPSeqHere, fMPAck8, fMPAckHere} {
		c.bits(b, 1, uint64(f))
	}
	c.end()
	number := func(field *Field, wide bool, suffix32, suffix64 string) {
		n := 4
		suffix := suffix32
		if wide {
			n, suffix = 8, suffix64
		}
		c.uint(field, n)
		if c.on() && c.ok() {
			c.last().append(suffix)
		}
	}
	if f&0x01 != 0 {
		number(fMPDataAck, f&0x02 != 0, "", " (64bits)")
	}
	if f&0x04 != 0 {
		number(fMPDataSeq, f&0x08 != 0, "  (32bits version)", "  (64bits version)")
		c.u32(fMPSubSeq)
		c.u16(fMPDataLen)
		if c.left() >= 4 { // tshark wants two bytes more than the checksum has
			c.u16(fMPCheck)
		}
	}
}

func (s *tcpSegment) mpAddAddress(c *cursor, v uint8) {
	if low := v & 0x0f; low == 4 || low == 6 {
		c.bits(fMPIPVer, 1, uint64(v))
	} else {
		c.bits(fMPEcho, 1, uint64(v))
	}
	n := c.left() + 3
	c.u8(fMPAddrID)
	switch n {
	case 8, 10, 16, 18:
		c.ip4(fMPIPv4)
	case 20, 22, 28, 30:
		c.ip6(fMPIPv6)
	}
	switch n {
	case 10, 18, 22, 30:
		c.u16(fMPPort)
	}
	if c.left() >= 8 {
		c.u64(fMPAddTrunc)
	}
}

// mpReset takes the reason of a reset apart. Its four flags stand in the low bits.
func (s *tcpSegment) mpReset(c *cursor, v uint8) {
	if n := c.add(fMPFlags, 1, Node{num: uint64(v)}); n != nil && v&1 != 0 {
		n.append(", Transient")
	}
	c.begin()
	for _, f := range []*Field{fMPFlagU, fMPFlagV, fMPFlagW, fMPFlagT} {
		c.bits(f, 1, uint64(v))
	}
	c.end()
	c.u8(fMPReason)
}
