package dissect

import (
	"strconv"
	"strings"

	"tcplens/internal/text"
)

// record reads one resource record (RFC 1035 §4.1.3).
func (m *dnsMessage) record() {
	c := &m.cursor
	start := c.pos
	name, n := m.name()
	if !c.need(10) {
		return
	}
	typ, class, size := c.peek16(0), c.peek16(2), int(c.peek16(8))
	flush := ""
	if m.proto == pMDNS {
		if class&0x8000 != 0 { // RFC 6762 §10.2
			flush = ", cache flush"
		}
		class &= 0x7fff
	}
	if c.cols() {
		m.d.infoAppend(" " + dnsTypeShort(typ) + flush)
		if dnsNamed(typ) {
			m.d.infoAppend(" " + text.Printable(nameText(name)))
		}
	}
	if !c.need(10 + size) {
		return
	}
	if c.on() {
		name = nameText(name)
		label := text.Printable(name) + ": type " + dnsTypeShort(typ)
		if typ != dnsOPT {
			label += ", class " + dnsClassShort(class)
		}
		c.pos = start
		c.sub(nil, label+flush)
		c.opened().span(start, n+10+size)
		c.pos += n
		if typ == dnsSRV {
			m.service(name, n)
		} else {
			c.add(fDNSRespName, n, Node{str: name})
		}
	}
	c.u16(fDNSRespType)
	if typ == dnsOPT {
		m.optHeader()
	} else {
		m.classTTL()
	}
	c.u16(fDNSRespLen)
	end := c.pos + size
	if size > 0 {
		m.data(typ, end)
	}
	if c.ok() {
		c.pos = end
		c.end()
	}
}

// dnsNamed says whether the Info column has the name of a record of the type
// rather than what the record holds.
func dnsNamed(typ uint16) bool {
	switch typ {
	case 3, 4, 7, 8, 9, 10, 14, 17, 18, 19, 20, 21, 22, 23, 26, 27, 42, 49, 51, 52, 55:
		return true
	}
	return false
}

// classTTL reads what every record but OPT has after its type.
func (m *dnsMessage) classTTL() {
	c := &m.cursor
	if m.proto == pMDNS {
		v := uint64(c.u16(nil))
		c.bits(fDNSRespClassFlush, 2, v)
		c.bits(fDNSRespCacheFlush, 2, v)
	} else {
		c.u16(fDNSRespClass)
	}
	ttl := m.seconds(fDNSRespTTL)
	if ttl&0x80000000 != 0 && c.on() {
		c.begin()
		c.expert(WarnSev, GroupProtocol, eDNSTTLHighBitSet, eDNSTTLHighBitSet.Name)
		c.end()
	}
}

// seconds reads a time in seconds.
func (m *dnsMessage) seconds(f *Field) uint32 {
	v := m.u32(f)
	if m.on() && m.ok() {
		m.last().append(" (" + secondsText(v) + ")")
	}
	return v
}

// service shows the parts of the name of a service: _sip._udp.example.com (RFC 2782).
func (m *dnsMessage) service(name string, n int) {
	parts := strings.SplitN(name, ".", 3)
	for i, f := range []*Field{fDNSSRVService, fDNSSRVProto, fDNSSRVName} {
		if i < len(parts) {
			m.add(f, n, Node{str: parts[i]})
		}
	}
}

// tell adds to the label of the record and to the Info column.
func (m *dnsMessage) tell(label, value string) {
	if !m.ok() {
		return
	}
	if m.on() {
		m.opened().append(", " + label + value)
	}
	if m.cols() {
		m.d.infoAppend(" " + value)
	}
}

// The types that are more than a row of dnsShapes.
const (
	dnsSRV = 33
	dnsOPT = 41
)

// data reads what a record holds; end is where it ends.
func (m *dnsMessage) data(typ uint16, end int) {
	if shape, ok := dnsShapes[typ]; ok {
		m.shape(shape, end)
		return
	}
	c := &m.cursor
	switch typ {
	case 1:
		m.tell("addr ", c.ip4(fDNSA).String())
	case 2:
		m.tell("ns ", m.nameField(fDNSNS))
	case 5:
		m.tell("cname ", m.nameField(fDNSCNAME))
	case 6:
		m.soa()
	case 11:
		m.wks(end)
	case 12:
		m.tell("", m.nameField(fDNSPTRDomainName))
	case 13:
		m.hinfo()
	case 15:
		m.preferred(fDNSMXPreference, "mx ", fDNSMXMailExchange)
	case 16:
		m.strings(fDNSTXTLength, fDNSTXT, end)
	case 20:
		m.isdn(end)
	case 24, 46:
		m.signature(end)
	case 25:
		m.key(end)
	case 28:
		m.tell("addr ", c.ip6(fDNSAAAA).String())
	case 29:
		m.location(end)
	case 30:
		m.nxt(end)
	case dnsSRV:
		m.srv()
	case 35:
		m.naptr()
	case 36:
		m.preferred(fDNSKXPreference, "kx ", fDNSKXKeyExchange)
	case 38:
		m.a6()
	case 39:
		m.tell("dname ", m.nameField(fDNSDNAME))
	case dnsOPT:
		m.options(end)
	case 42:
		m.prefixes(end)
	case 45:
		m.ipsecKey(end)
	case 47:
		m.tell("next domain name ", m.nameField(fDNSNSECNextDomainName))
		m.typeMap(end)
	case 48, 60:
		m.dnsKey(end)
	case 50:
		m.nsec3(end)
	case 55:
		m.hip(end)
	case 62:
		m.csync(end)
	case 64, 65:
		m.svcb(end)
	case 99:
		m.strings(fDNSSPFLength, fDNSSPF, end)
	case 249:
		m.tkey()
	case 250:
		m.tsig()
	case 257:
		m.caa(end)
	case 65281:
		m.wins(end)
	case 65282:
		m.winsReverse()
	case 65422:
		m.xpf(end)
	default:
		m.unknown(typ, end)
	}
}

// unknown shows a record whose type has no layout here.
func (m *dnsMessage) unknown(typ uint16, end int) {
	c := &m.cursor
	if c.on() {
		c.expert(NoteSev, GroupUndecoded, eDNSUndecodedType, "DNS type "+strconv.Itoa(int(typ))+" is not dissected by tcplens")
	}
	c.bytes(fDNSData, end-c.pos)
}

// dnsPart is one piece of a record, by how it stands on the wire.
type dnsPart struct {
	kind dnsPartKind
	f, g *Field
}

type dnsPartKind uint8

const (
	pu8       dnsPartKind = iota
	pu16                  // 16 bits
	pu32                  // 32 bits
	pip4                  // an IPv4 address
	pname                 // a name
	pchars                // f: a byte that counts, g: as many characters
	pcounted              // as pchars, with bytes
	prest                 // bytes to the end
	prestText             // characters to the end
	pbytes8               // eight bytes
	pmac                  // a hardware address
)

// dnsShapes lists the layouts of the records that are a plain row of parts: RFC
// 1035 §3.3, 1183, 1348, 1706, 1712, 2163, 4034 §5, 4255, 4398, 4701, 5155 §4,
// 6698, 6742, 7043, 7929, 8976.
var dnsShapes = map[uint16][]dnsPart{
	3:     {{pname, fDNSMD, nil}},
	4:     {{pname, fDNSMF, nil}},
	7:     {{pname, fDNSMB, nil}},
	8:     {{pname, fDNSMG, nil}},
	9:     {{pname, fDNSMR, nil}},
	10:    {{prest, fDNSNull, nil}},
	14:    {{pname, fDNSMINFOR, nil}, {pname, fDNSMINFOE, nil}},
	17:    {{pname, fDNSRPMailbox, nil}, {pname, fDNSRPTXTRR, nil}},
	18:    {{pu16, fDNSAFSDBSubtype, nil}, {pname, fDNSAFSDBHostname, nil}},
	19:    {{pchars, fDNSX25Length, fDNSX25PSDNAddress}},
	21:    {{pu16, fDNSRtSubtype, nil}, {pname, fDNSRtIntermediateHost, nil}},
	22:    {{prest, fDNSNSAPRdata, nil}},
	23:    {{pname, fDNSNSAPPTROwner, nil}},
	26:    {{pu16, fDNSPXPreference, nil}, {pname, fDNSPXMap822, nil}, {pname, fDNSPXMap400, nil}},
	27:    {{pchars, fDNSGPOSLongitudeLength, fDNSGPOSLongitude}, {pchars, fDNSGPOSLatitudeLength, fDNSGPOSLatitude}, {pchars, fDNSGPOSAltitudeLength, fDNSGPOSAltitude}},
	37:    {{pu16, fDNSCERTType, nil}, {pu16, fDNSCERTKeyTag, nil}, {pu8, fDNSCERTAlgorithm, nil}, {prest, fDNSCERTCertificate, nil}},
	43:    dnsDS,
	44:    {{pu8, fDNSSSHFPAlgorithm, nil}, {pu8, fDNSSSHFPFingerprintType, nil}, {prest, fDNSSSHFPFingerprint, nil}},
	49:    {{prest, fDNSDHCIDRdata, nil}},
	51:    {{pu8, fDNSNSEC3Algo, nil}, {pu8, fDNSNSEC3Flags, nil}, {pu16, fDNSNSEC3Iterations, nil}, {pcounted, fDNSNSEC3SaltLength, fDNSNSEC3SaltValue}},
	52:    {{pu8, fDNSTLSACertificateUsage, nil}, {pu8, fDNSTLSASelector, nil}, {pu8, fDNSTLSAMatchingType, nil}, {prest, fDNSTLSACertificateAssociationData, nil}},
	59:    dnsDS,
	61:    {{prestText, fDNSOpenpgpkey, nil}},
	63:    {{pu32, fDNSZONEMDSerial, nil}, {pu8, fDNSZONEMDScheme, nil}, {pu8, fDNSZONEMDHashAlgo, nil}, {prest, fDNSZONEMDDigest, nil}},
	104:   {{pu16, fDNSILNPNIDPreference, nil}, {pbytes8, fDNSILNPNID, nil}},
	105:   {{pu16, fDNSILNPL32Preference, nil}, {pip4, fDNSILNPL32, nil}},
	106:   {{pu16, fDNSILNPL64Preference, nil}, {pbytes8, fDNSILNPL64, nil}},
	107:   {{pu16, fDNSILNPLPPreference, nil}, {pname, fDNSILNPLP, nil}},
	108:   {{pmac, fDNSEUI48, nil}},
	109:   {{pbytes8, fDNSEUI64, nil}},
	32769: dnsDS,
}

// dnsDS is the layout of DS, CDS and DLV (RFC 4034 §5.1).
var dnsDS = []dnsPart{{pu16, fDNSDSKeyID, nil}, {pu8, fDNSDSAlgorithm, nil}, {pu8, fDNSDSDigestType, nil}, {prest, fDNSDSDigest, nil}}

// shape reads a row of parts.
func (m *dnsMessage) shape(parts []dnsPart, end int) {
	c := &m.cursor
	for _, p := range parts {
		switch p.kind {
		case pu8:
			c.u8(p.f)
		case pu16:
			c.u16(p.f)
		case pu32:
			c.u32(p.f)
		case pip4:
			c.ip4(p.f)
		case pname:
			m.nameField(p.f)
		case pchars:
			m.chars(p.f, p.g)
		case pcounted:
			c.bytes(p.g, int(c.u8(p.f)))
		case prest:
			c.bytes(p.f, end-c.pos)
		case prestText:
			m.ascii(p.f, end-c.pos)
		case pbytes8:
			c.bytes(p.f, 8)
			if p.f == fDNSEUI64 && c.on() && c.ok() {
				s := Ether(c.b[c.pos-8 : c.pos])
				c.last().label(p.f.Name + ": " + s + " (" + s + ")")
			}
		case pmac:
			c.bytes(p.f, 6)
		}
	}
}

// ascii reads n characters; what is not ASCII is replaced.
func (m *dnsMessage) ascii(f *Field, n int) string {
	b := m.raw(n)
	if b == nil || !m.on() && !m.cols() {
		return ""
	}
	s := asciiText(b)
	m.add(f, n, Node{str: s})
	return s
}

// chars reads a <character-string> (RFC 1035 §3.3): its length and its characters.
func (m *dnsMessage) chars(count, f *Field) string { return m.ascii(f, int(m.u8(count))) }

// strings reads <character-string>s up to end.
func (m *dnsMessage) strings(count, f *Field, end int) {
	for m.ok() && m.pos < end {
		m.chars(count, f)
	}
}

// preferred reads a name with a preference before it: MX, KX.
func (m *dnsMessage) preferred(pref *Field, label string, f *Field) {
	p := m.u16(pref)
	name := m.nameField(f)
	if !m.ok() {
		return
	}
	n := strconv.Itoa(int(p))
	if m.on() {
		m.opened().append(", preference " + n + ", " + label + name)
	}
	if m.cols() {
		m.d.infoAppend(" " + n + " " + name)
	}
}

// soa reads the start of a zone (RFC 1035 §3.3.13).
func (m *dnsMessage) soa() {
	m.tell("mname ", m.nameField(fDNSSOAMname))
	m.nameField(fDNSSOARname)
	m.u32(fDNSSOASerialNumber)
	m.seconds(fDNSSOARefreshInterval)
	m.seconds(fDNSSOARetryInterval)
	m.seconds(fDNSSOAExpireLimit)
	m.seconds(fDNSSOAMinimumTTL)
}

func (m *dnsMessage) hinfo() {
	cpu := text.Printable(m.chars(fDNSHINFOCPULength, fDNSHINFOCPU))
	os := text.Printable(m.chars(fDNSHINFOOSLength, fDNSHINFOOS))
	if !m.ok() {
		return
	}
	if m.on() {
		m.opened().append(", CPU " + cpu + ", OS " + os)
	}
	if m.cols() {
		m.d.infoAppend(" " + cpu + " " + os)
	}
}

// srv reads where a service is (RFC 2782).
func (m *dnsMessage) srv() {
	prio, weight, port := m.u16(fDNSSRVPriority), m.u16(fDNSSRVWeight), m.u16(fDNSSRVPort)
	target := m.nameField(fDNSSRVTarget)
	if !m.ok() {
		return
	}
	if m.on() {
		m.opened().append(", priority " + strconv.Itoa(int(prio)) + ", weight " + strconv.Itoa(int(weight)) +
			", port " + strconv.Itoa(int(port)) + ", target " + target)
	}
	if m.cols() {
		m.d.infoAppend(" " + strconv.Itoa(int(prio)) + " " + strconv.Itoa(int(weight)) + " " + strconv.Itoa(int(port)) + " " + target)
	}
}
