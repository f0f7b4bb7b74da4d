package dissect

import (
	"tcplens/internal/tcp"
)

var (
	pMPTCP = newProto("Multipath Transmission Control Protocol", "MPTCP", "mptcp")

	fMPSubtype  = pTCP.u8("tcp.options.mptcp.subtype", "Multipath TCP subtype", Dec, mask(0xf0), names(mptcpSubtypes))
	fMPVersion  = pTCP.u8("tcp.options.mptcp.version", "Multipath TCP version", Dec, mask(0x0f))
	fMPReserved = pTCP.u16("tcp.options.mptcp.reserved", "Reserved", Hex, mask(0x0fff))
	fMPFlags    = pTCP.u8("tcp.options.mptcp.flags", "Multipath TCP flags", Hex)
	fMPBackup   = pTCP.u8("tcp.options.mptcp.backup.flag", "Backup flag", Dec, mask(0x01))
	fMPCheckReq = pTCP.u8("tcp.options.mptcp.checksumreq.flags", "Checksum required", Dec, mask(0x80))
	fMPExt      = pTCP.u8("tcp.options.mptcp.extensibility.flag", "Extensibility", Dec, mask(0x40))
	fMPNoMore   = pTCP.u8("tcp.options.mptcp.nomoresubflows.flag", "Do not attempt to establish new subflows to this address and port", Dec, mask(0x20))
	fMPSHA256   = pTCP.u8("tcp.options.mptcp.sha256.flag", "Use HMAC-SHA256", Dec, mask(0x01))
	fMPSHA1     = pTCP.u8("tcp.options.mptcp.sha1.flag", "Use HMAC-SHA1", Dec, mask(0x01))
	fMPDataFIN  = pTCP.u8("tcp.options.mptcp.datafin.flag", "DATA_FIN", Dec, mask(0x10))
	fMPSeq8     = pTCP.u8("tcp.options.mptcp.dseqn8.flag", "Data Sequence Number is 8 octets", Dec, mask(0x08))
	fMPSeqHere  = pTCP.u8("tcp.options.mptcp.dseqnpresent.flag", "Data Sequence Number, Subflow Sequence Number, Data-level Length, Checksum present", Dec, mask(0x04))
	fMPAck8     = pTCP.u8("tcp.options.mptcp.dataack8.flag", "Data ACK is 8 octets", Dec, mask(0x02))
	fMPAckHere  = pTCP.u8("tcp.options.mptcp.dataackpresent.flag", "Data ACK is present", Dec, mask(0x01))
	fMPReason   = pTCP.u8("tcp.options.mptcp.rst_reason", "TCPRST Reason", Hex)
	fMPAddrID   = pTCP.u8("tcp.options.mptcp.addrid", "Address ID", Dec)
	fMPSendKey  = pTCP.u64("tcp.options.mptcp.sendkey", "Sender's Key", Dec)
	fMPRecvKey  = pTCP.u64("tcp.options.mptcp.recvkey", "Receiver's Key", Dec)
	fMPRecvTok  = pTCP.u32("tcp.options.mptcp.recvtok", "Receiver's Token", Dec)
	fMPSendRand = pTCP.u32("tcp.options.mptcp.sendrand", "Sender's Random Number", Dec)
	fMPTrunc    = pTCP.u64("tcp.options.mptcp.sendtrunchmac", "Sender's Truncated HMAC", Dec)
	fMPHMAC     = pTCP.bytes("tcp.options.mptcp.sendhmac", "Sender's HMAC")
	fMPAddTrunc = pTCP.u64("tcp.options.mptcp.addaddrtrunchmac", "Truncated HMAC", Dec)
	fMPDataAck  = pTCP.u64("tcp.options.mptcp.rawdataack", "Original MPTCP Data ACK", Dec)
	fMPDataSeq  = pTCP.u64("tcp.options.mptcp.rawdataseqno", "Data Sequence Number", Dec)
	fMPSubSeq   = pTCP.u32("tcp.options.mptcp.subflowseqno", "Subflow Sequence Number", Dec)
	fMPDataLen  = pTCP.u16("tcp.options.mptcp.datalvllen", "Data-level Length", Dec)
	fMPCheck    = pTCP.u16("tcp.options.mptcp.checksum", "Checksum", Hex)
	fMPIPVer    = pTCP.u8("tcp.options.mptcp.ipver", "IP version", Dec, mask(0x0f))
	fMPEcho     = pTCP.u8("tcp.options.mptcp.echo", "Echo", Dec, mask(0x01))
	fMPIPv4     = pTCP.ip4("tcp.options.mptcp.ipv4", "Advertised IPv4 Address")
	fMPIPv6     = pTCP.ip6("tcp.options.mptcp.ipv6", "Advertised IPv6 Address")
	fMPPort     = pTCP.u16("tcp.options.mptcp.port", "Advertised port", Dec)
)

var mptcpSubtypes = list("Multipath Capable", "Join Connection", "Data Sequence Signal", "Add Address", "Remove Address",
	"Change Subflow Priority", "TCP Fallback", "Fast Close", "TCP Reset")

// mptcp takes a multipath option apart (RFC 8684 §3; R65).
func (s *tcpSegment) mptcp(c *cursor) {
	d := c.d
	sub := c.peek(0) >> 4
	s.Opts.Has |= tcp.OptMPTCP
	s.Opts.MPTCPKinds |= 1 << sub
	if d.scan {
		return
	}
	d.enterOnce(pMPTCP)
	d.setProto("MPTCP")
	if o := c.opened(); o != nil {
		name := mptcpSubtypes(uint64(sub))
		if name == "" {
			name = "Unknown"
		}
		o.label("TCP Option - Multipath Transmission Control Protocol: " + name)
	}
	n := c.left() + 2
	switch sub {
	case 0:
		s.mpCapable(c, n)
	case 1:
		s.mpJoin(c, n)
	case 2:
		s.mpData(c)
	case 3:
		s.mpAddAddress(c, n)
	case 4:
		v := c.u8(nil)
		c.bits(fMPSubtype, 1, uint64(v))
		for c.ok() && c.left() > 0 {
			c.u8(fMPAddrID)
		}
	case 5:
		v := c.u8(nil)
		c.bits(fMPSubtype, 1, uint64(v))
		c.bits(fMPBackup, 1, uint64(v))
		if c.left() > 0 {
			c.u8(fMPAddrID)
		}
	case 6:
		s.mpReserved(c)
		c.u64(fMPDataSeq)
	case 7:
		s.mpReserved(c)
		c.u64(fMPRecvKey)
	case 8:
		v := c.u8(nil)
		c.bits(fMPSubtype, 1, uint64(v))
		c.u8(fMPReason)
	default:
		v := c.u8(nil)
		c.bits(fMPSubtype, 1, uint64(v))
		if c.left() > 0 {
			c.bytes(fTCPOptUnknown, c.left())
		}
	}
}

// mpReserved reads a subtype with the twelve reserved bits behind it.
func (s *tcpSegment) mpReserved(c *cursor) {
	v := c.u16(nil)
	if n := c.addAt(fMPSubtype, c.pos-2, 1, Node{num: uint64(v >> 12)}); n != nil {
		c.bits(fMPReserved, 2, uint64(v))
	}
}

func (s *tcpSegment) mpCapable(c *cursor, n int) {
	v := c.u8(nil)
	c.bits(fMPSubtype, 1, uint64(v))
	version := c.bits(fMPVersion, 1, uint64(v))
	f := c.u8(fMPFlags)
	c.begin()
	c.bits(fMPCheckReq, 1, uint64(f))
	c.bits(fMPExt, 1, uint64(f))
	if version == 1 {
		c.bits(fMPNoMore, 1, uint64(f))
		c.bits(fMPSHA256, 1, uint64(f))
	} else {
		c.bits(fMPSHA1, 1, uint64(f))
	}
	c.end()
	if n >= 12 {
		c.u64(fMPSendKey)
	}
	if n >= 20 {
		c.u64(fMPRecvKey)
	}
	if n >= 22 {
		c.u16(fMPDataLen)
	}
	if n >= 24 {
		c.u16(fMPCheck)
	}
}

func (s *tcpSegment) mpJoin(c *cursor, n int) {
	v := c.u8(nil)
	c.bits(fMPSubtype, 1, uint64(v))
	switch n {
	case 12:
		c.add(fMPFlags, 1, Node{num: uint64(v & 0x0f)})
		c.begin()
		c.bits(fMPBackup, 1, uint64(v))
		c.end()
		c.u8(fMPAddrID)
		c.u32(fMPRecvTok)
		c.u32(fMPSendRand)
	case 16:
		c.add(fMPFlags, 1, Node{num: uint64(v & 0x0f)})
		c.begin()
		c.bits(fMPBackup, 1, uint64(v))
		c.end()
		c.u8(fMPAddrID)
		c.u64(fMPTrunc)
		c.u32(fMPSendRand)
	case 24:
		c.skip(1)
		c.bytes(fMPHMAC, 20)
	}
}

func (s *tcpSegment) mpData(c *cursor) {
	v := c.u8(nil)
	c.bits(fMPSubtype, 1, uint64(v))
	f := c.u8(fMPFlags)
	c.begin()
	for _, b := range []*Field{fMPDataFIN, fMPSeq8, fMPSeqHere, fMPAck8, fMPAckHere} {
		c.bits(b, 1, uint64(f))
	}
	c.end()
	size := func(wide uint8) int {
		if f&wide != 0 {
			return 8
		}
		return 4
	}
	if f&0x01 != 0 {
		c.uint(fMPDataAck, size(0x02))
	}
	if f&0x04 != 0 {
		c.uint(fMPDataSeq, size(0x08))
		c.u32(fMPSubSeq)
		c.u16(fMPDataLen)
		if c.left() >= 2 {
			c.u16(fMPCheck)
		}
	}
}

func (s *tcpSegment) mpAddAddress(c *cursor, n int) {
	v := c.u8(nil)
	c.bits(fMPSubtype, 1, uint64(v))
	low := v & 0x0f
	if low == 4 || low == 6 {
		c.bits(fMPIPVer, 1, uint64(v))
	} else {
		c.bits(fMPEcho, 1, uint64(v))
	}
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
