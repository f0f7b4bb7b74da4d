package dissect

import (
	"encoding/base32"
	"math/bits"
	"strings"
)

// when reads a number of seconds since 1970.
func (m *dnsMessage) when(f *Field) {
	v := m.u32(nil)
	if m.ok() {
		m.add(f, 4, Node{num: uint64(v) * 1e9})
	}
}

// signature reads SIG and RRSIG (RFC 2535 §4.1, RFC 4034 §3.1).
func (m *dnsMessage) signature(end int) {
	c := &m.cursor
	c.u16(fDNSRRSIGTypeCovered)
	c.u8(fDNSRRSIGAlgorithm)
	c.u8(fDNSRRSIGLabels)
	m.seconds(fDNSRRSIGOriginalTTL)
	m.when(fDNSRRSIGSignatureExpiration)
	m.when(fDNSRRSIGSignatureInception)
	c.u16(fDNSRRSIGKeyTag)
	m.nameField(fDNSRRSIGSignersName)
	c.bytes(fDNSRRSIGSignature, end-c.pos)
}

// key reads a key of the first kind (RFC 2535 §3.1).
func (m *dnsMessage) key(end int) {
	start := m.pos
	m.keyFlags(fDNSKeyFlags, fDNSKeyFlagsAuthentication, fDNSKeyFlagsConfidentiality, fDNSKeyFlagsRequired, fDNSKeyFlagsAssociatedUser,
		fDNSKeyFlagsAssociatedNamedEntity, fDNSKeyFlagsIpsec, fDNSKeyFlagsMime, fDNSKeyFlagsSignatory)
	m.u8(fDNSKeyProtocol)
	m.u8(fDNSKeyAlgorithm)
	m.keyTag(fDNSKeyKeyID, start, end)
	m.bytes(fDNSKeyPublicKey, end-m.pos)
}

// dnsKey reads DNSKEY and CDNSKEY (RFC 4034 §2.1, RFC 7344 §3.2).
func (m *dnsMessage) dnsKey(end int) {
	start := m.pos
	m.keyFlags(fDNSDNSKEYFlags, fDNSDNSKEYFlagsZoneKey, fDNSDNSKEYFlagsKeyRevoked, fDNSDNSKEYFlagsSecureEntryPoint, fDNSDNSKEYFlagsReserved)
	m.u8(fDNSDNSKEYProtocol)
	m.u8(fDNSDNSKEYAlgorithm)
	m.keyTag(fDNSDNSKEYKeyID, start, end)
	m.bytes(fDNSDNSKEYPublicKey, end-m.pos)
}

func (m *dnsMessage) keyFlags(f *Field, parts ...*Field) {
	v := m.u16(f)
	if !m.ok() || !m.on() {
		return
	}
	m.begin()
	for _, p := range parts {
		m.cursor.bits(p, 2, uint64(v))
	}
	m.end()
}

// keyTag shows the number by which signatures name a key (RFC 4034 appendix B).
func (m *dnsMessage) keyTag(f *Field, start, end int) {
	if !m.ok() || !m.on() || !m.need(end-m.pos) {
		return
	}
	b := m.b[start:end]
	var tag uint16
	switch n := len(b); {
	case n < 4:
		return
	case b[3] == 1: // RSA/MD5
		tag = uint16(b[n-3])<<8 | uint16(b[n-2])
	default:
		var sum uint32
		for i, x := range b {
			if i&1 == 0 {
				sum += uint32(x) << 8
			} else {
				sum += uint32(x)
			}
		}
		tag = uint16(sum + sum>>16)
	}
	m.addAt(f, m.pos, 0, Node{num: uint64(tag), Flags: Generated})
}

// nxt reads the next name of the first kind, with one bit a type (RFC 2535 §5.2).
func (m *dnsMessage) nxt(end int) {
	m.tell("next domain name ", m.nameField(fDNSNXTNextDomainName))
	for t := uint16(0); m.ok() && m.pos < end; t += 8 {
		m.typeBits(m.u8(nil), t)
	}
}

// typeMap reads a set of types (RFC 4034 §4.1.2).
func (m *dnsMessage) typeMap(end int) {
	c := &m.cursor
	for c.ok() && c.pos < end {
		window, n := uint16(c.u8(nil))<<8, int(c.u8(nil))
		for i := 0; i < n && c.ok(); i++ {
			m.typeBits(c.u8(nil), window+uint16(i)*8)
		}
	}
}

// typeBits shows the types whose bits are set in the byte before the cursor.
func (m *dnsMessage) typeBits(v byte, first uint16) {
	if !m.on() || !m.ok() {
		return
	}
	for v != 0 {
		bit := bits.LeadingZeros8(v)
		v &^= 0x80 >> bit
		t := uint64(first) + uint64(bit)
		m.add(fDNSRespType, 1, Node{num: t, text: "RR type in bit map: " + namedOr(dnsTypeTexts(t), "Unknown", t)})
	}
}

// nsec3 reads the next name as its hash (RFC 5155 §3.2).
func (m *dnsMessage) nsec3(end int) {
	c := &m.cursor
	c.u8(fDNSNSEC3Algo)
	v := c.u8(fDNSNSEC3Flags)
	if c.on() && c.ok() {
		c.begin()
		c.bits(fDNSNSEC3FlagsOPTOut, 1, uint64(v))
		c.end()
	}
	c.u16(fDNSNSEC3Iterations)
	c.bytes(fDNSNSEC3SaltValue, int(c.u8(fDNSNSEC3SaltLength)))
	n := int(c.u8(fDNSNSEC3HashLength))
	b := c.raw(n)
	if c.on() && c.ok() {
		s := strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
		c.add(fDNSNSEC3HashValue, n, Node{str: s, Flags: Generated})
	}
	m.typeMap(end)
}

// csync reads what a parent zone is to copy (RFC 7477 §2.1.1).
func (m *dnsMessage) csync(end int) {
	c := &m.cursor
	c.u32(fDNSCSYNCSOA)
	m.keyFlags(fDNSCSYNCFlags, fDNSCSYNCFlagsImmediate, fDNSCSYNCFlagsSoaminimum)
	if !c.need(end - c.pos) {
		return
	}
	c.addAt(fDNSCSYNCTypeBitmap, c.pos, end-c.pos, Node{raw: c.b[c.pos:end]})
	m.typeMap(end)
}

// ipsecKey reads a key for IPsec (RFC 4025 §2.1).
func (m *dnsMessage) ipsecKey(end int) {
	c := &m.cursor
	c.u8(fDNSIPSECKEYGatewayPrecedence)
	typ := c.u8(fDNSIPSECKEYGatewayType)
	c.u8(fDNSIPSECKEYGatewayAlgorithm)
	switch typ {
	case 1:
		c.ip4(fDNSIPSECKEYGatewayIPV4)
	case 2:
		c.ip6(fDNSIPSECKEYGatewayIPV6)
	case 3:
		m.nameField(fDNSIPSECKEYGatewayDns)
	}
	if c.ok() && end > c.pos {
		c.bytes(fDNSIPSECKEYPublicKey, end-c.pos)
	}
}

// tkey reads the agreement on a key (RFC 2930 §2).
func (m *dnsMessage) tkey() {
	c := &m.cursor
	m.nameField(fDNSTKEYAlgoName)
	m.when(fDNSTKEYSignatureInception)
	m.when(fDNSTKEYSignatureExpiration)
	c.u16(fDNSTKEYMode)
	c.u16(fDNSTKEYError)
	if n := int(c.u16(fDNSTKEYKeySize)); n > 0 {
		c.bytes(fDNSTKEYKeyData, n)
	}
	if n := int(c.u16(fDNSTKEYOtherSize)); n > 0 {
		c.bytes(fDNSTKEYOtherData, n)
	}
}

// tsig reads the signature of a message (RFC 8945 §4.2).
func (m *dnsMessage) tsig() {
	c := &m.cursor
	alg := m.nameField(fDNSTSIGAlgorithmName)
	sec := uint64(c.u16(nil))<<32 | uint64(c.u32(nil))
	if c.ok() {
		c.add(fDNSTSIGTimeSigned, 6, Node{num: sec * 1e9})
	}
	c.u16(fDNSTSIGFudge)
	if n := int(c.u16(fDNSTSIGMACSize)); n > 0 {
		c.skip(n)
		if c.on() && c.ok() {
			c.add(fDNSTSIGMAC, n, Node{})
			c.begin()
			c.expert(WarnSev, GroupUndecoded, eDNSTSIGNoalg, "No dissector for algorithm:"+alg)
			c.end()
		}
	}
	c.u16(fDNSTSIGOriginalID)
	c.u16(fDNSTSIGError)
	if n := int(c.u16(fDNSTSIGOtherLen)); n > 0 {
		c.bytes(fDNSTSIGOtherData, n)
	}
}
