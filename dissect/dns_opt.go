package dissect

// optHeader reads what OPT has in the place of class and TTL (RFC 6891 §6.1.2).
func (m *dnsMessage) optHeader() {
	c := &m.cursor
	if m.proto == pMDNS {
		v := uint64(c.u16(nil))
		c.bits(fDNSRRUDPPayloadSize, 2, v)
		c.bits(fDNSRespCacheFlush, 2, v)
	} else {
		c.u16(fDNSPayloadSize)
	}
	c.u8(fDNSRespExtRCode)
	c.u8(fDNSRespEDNS0Version)
	v := c.u16(fDNSRespZ)
	if c.on() && c.ok() {
		c.begin()
		c.bits(fDNSRespZDO, 2, uint64(v))
		c.bits(fDNSRespZReserved, 2, uint64(v))
		c.end()
	}
}

// The options that have a layout here.
const (
	ednsDAU       = 5
	ednsDHU       = 6
	ednsN3U       = 7
	ednsSubnet    = 8
	ednsCookie    = 10
	ednsKeepalive = 11
	ednsPadding   = 12
	ednsChain     = 13
	ednsError     = 15
	ednsOldSubnet = 20730
)

// options reads the options of EDNS up to end.
func (m *dnsMessage) options(end int) {
	c := &m.cursor
	for c.ok() && c.pos < end {
		code, n := c.peek16(0), int(c.peek16(2))
		if !c.need(4 + n) {
			return
		}
		stop := c.pos + 4 + n
		if c.on() {
			m.option(code, n, stop)
		}
		if c.ok() {
			c.pos = stop
		}
	}
}

func (m *dnsMessage) option(code uint16, n, stop int) {
	c := &m.cursor
	c.addAt(fDNSOPT, c.pos, 4+n, Node{text: "Option: " + namedOr(dnsOptions(uint64(code)), "Unknown", uint64(code))})
	c.begin()
	c.u16(fDNSOPTCode)
	if code == ednsOldSubnet {
		c.begin()
		c.expert(WarnSev, GroupProtocol, eDNSDeprOpc, "Deprecated opcode. Client subnet OPT assigned as 8.")
		c.end()
	}
	c.u16(fDNSOPTLen)
	c.bytes(fDNSOPTData, n)
	c.pos = stop - n
	switch code {
	case ednsDAU:
		m.each(fDNSOPTDAU, stop)
	case ednsDHU:
		m.each(fDNSOPTDHU, stop)
	case ednsN3U:
		m.each(fDNSOPTN3U, stop)
	case ednsSubnet, ednsOldSubnet:
		m.subnet(stop)
	case ednsCookie: // RFC 7873 §4
		c.bytes(fDNSOPTCookieClient, 8)
		c.bytes(fDNSOPTCookieServer, stop-c.pos)
	case ednsKeepalive: // RFC 7828 §3.1
		if n == 2 {
			c.u16(fDNSOPTEDNSTCPKeepaliveTimeout)
		}
	case ednsPadding: // RFC 7830 §3
		c.bytes(fDNSOPTPadding, n)
	case ednsChain: // RFC 7901 §4
		m.ascii(fDNSOPTChainFQDN, n)
	case ednsError: // RFC 8914 §2
		c.u16(fDNSOPTExtErrorInfoCode)
		if c.pos < stop {
			m.ascii(fDNSOPTExtErrorExtraText, stop-c.pos)
		}
	}
	c.end()
}

// each reads bytes up to stop, one a field.
func (m *dnsMessage) each(f *Field, stop int) {
	for m.ok() && m.pos < stop {
		m.u8(f)
	}
}

// subnet reads the part of the client's address that a question tells (RFC 7871 §6).
func (m *dnsMessage) subnet(stop int) {
	c := &m.cursor
	family := c.u16(fDNSOPTClientFamily)
	c.u8(fDNSOPTClientNetmask)
	c.u8(fDNSOPTClientScope)
	n := stop - c.pos
	b := c.raw(n)
	if !c.ok() {
		return
	}
	switch family {
	case 1:
		c.add(fDNSOPTClientAddr4, n, Node{raw: padded(b, 4)})
	case 2:
		c.add(fDNSOPTClientAddr6, n, Node{raw: padded(b, 16)})
	default:
		c.add(fDNSOPTClientAddr, n, Node{raw: b})
	}
}

// stateful reads the TLVs of a stateful operation (RFC 8490 §5.4.4).
func (m *dnsMessage) stateful() {
	c := &m.cursor
	if c.on() {
		c.addAt(fDNSDSO, c.pos, 0, Node{})
		c.begin()
	}
	for c.ok() && c.left() >= 4 {
		typ, n := c.peek16(0), int(c.peek16(2))
		if c.on() {
			c.addAt(fDNSDSOTLV, c.pos, 0, Node{text: fDNSDSOTLV.Name + ": " + dnsDSOTypes(uint64(typ))})
			c.begin()
		}
		c.u16(fDNSDSOTLVType)
		c.u16(fDNSDSOTLVLength)
		switch {
		case typ == 1 && n == 8:
			c.u32(fDNSDSOTLVKeepaliveInactivity)
			c.u32(fDNSDSOTLVKeepaliveInterval)
		case typ == 2 && n == 4:
			c.u32(fDNSDSOTLVRetrydelayRetrydelay)
		case typ == 3:
			c.bytes(fDNSDSOTLVEncpadPadding, n)
		case n > 0:
			c.bytes(fDNSDSOTLVData, n)
		}
		if c.on() {
			c.end()
		}
	}
	if c.on() {
		c.end()
	}
}
