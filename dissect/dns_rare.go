package dissect

import (
	"encoding/base64"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"tcplens/internal/text"
)

// wks reads well-known services (RFC 1035 §3.4.2): one bit a port.
func (m *dnsMessage) wks(end int) {
	c := &m.cursor
	m.tell("addr ", c.ip4(fDNSWKSAddress).String())
	c.u8(fDNSWKSProtocol)
	for port := 0; c.ok() && c.pos < end; port += 8 {
		v := c.u8(nil)
		if v == 0 || !c.on() {
			continue
		}
		var ports []string
		for bit := range 8 {
			if v&(0x80>>bit) != 0 {
				ports = append(ports, strconv.Itoa(port+bit))
			}
		}
		c.add(fDNSWKSBits, 1, Node{num: uint64(v)}).append(" (" + strings.Join(ports, ", ") + ")")
	}
}

// isdn reads an ISDN address with an optional subaddress (RFC 1183 §3.2).
func (m *dnsMessage) isdn(end int) {
	m.chars(fDNSIDSNLength, fDNSIDSNAddress)
	if m.ok() && m.pos < end {
		m.chars(fDNSIDSNSALength, fDNSIDSNSAAddress)
	}
}

// location reads a place on earth (RFC 1876 §2).
func (m *dnsMessage) location(end int) {
	c := &m.cursor
	if v := c.u8(fDNSLOCVersion); v != 0 {
		// Wireshark shows the version again among the unknown data.
		c.pos--
		c.bytes(fDNSLOCUnknownData, end-c.pos)
		return
	}
	for _, f := range []*Field{fDNSLOCSize, fDNSLOCHorizontalPrecision, fDNSLOCVerticalPrecision} {
		v := c.u8(f)
		if c.on() && c.ok() {
			c.last().append(fmt.Sprintf(" (%g m)", float64(v>>4)*math.Pow10(int(v&15))/100))
		}
	}
	v := c.u32(fDNSLOCLatitude)
	if c.on() && c.ok() {
		c.last().append(" (" + angle(v, "N", "S") + ")")
	}
	v = c.u32(fDNSLOCLongitude)
	if c.on() && c.ok() {
		c.last().append(" (" + angle(v, "E", "W") + ")")
	}
	v = c.u32(fDNSLOCAltitude)
	if c.on() && c.ok() {
		c.last().append(fmt.Sprintf(" (%g m)", (float64(v)-10000000)/100))
	}
}

// angle writes thousandths of a second of arc; 2³¹ is the equator or Greenwich.
func angle(v uint32, plus, minus string) string {
	name, ms := plus, int64(v)-1<<31
	if ms < 0 {
		name, ms = minus, -ms
	}
	return fmt.Sprintf("%d deg %d min %d.%03d sec %s", ms/3600000, ms/60000%60, ms/1000%60, ms%1000, name)
}

// naptr reads a rule that turns names into services (RFC 3403 §4.1).
func (m *dnsMessage) naptr() {
	c := &m.cursor
	order, pref := c.u16(fDNSNAPTROrder), c.u16(fDNSNAPTRPreference)
	flags := m.chars(fDNSNAPTRFlagsLength, fDNSNAPTRFlags)
	m.chars(fDNSNAPTRServiceLength, fDNSNAPTRService)
	m.chars(fDNSNAPTRRegexLength, fDNSNAPTRRegex)
	name, n := m.name()
	if !c.ok() {
		return
	}
	if c.on() {
		c.addAt(fDNSNAPTRReplacementLength, c.pos-n, 0, Node{num: uint64(len(name)), Flags: Generated})
		c.add(fDNSNAPTRReplacement, n, Node{str: nameText(name)})
		c.opened().append(fmt.Sprintf(", order %d, preference %d, flags %s", order, pref, text.Printable(flags)))
	}
	if c.cols() {
		m.d.infof(" %d %d %s", order, pref, text.Printable(flags))
	}
}

// a6 reads an IPv6 address whose first bits stand elsewhere (RFC 2874 §3.1).
func (m *dnsMessage) a6() {
	c := &m.cursor
	prefix := int(c.u8(fDNSA6PrefixLen))
	if prefix > 128 {
		m.need(-1)
		return
	}
	n := (128 - prefix + 7) / 8
	b := c.raw(n)
	if !c.ok() {
		return
	}
	var a [16]byte
	copy(a[16-n:], b)
	c.add(fDNSA6AddressSuffix, n, Node{raw: a[:]})
	name := ""
	if prefix > 0 {
		name = m.nameField(fDNSA6PrefixName)
	}
	m.tell("addr ", strconv.Itoa(prefix)+" "+netip.AddrFrom16(a).String()+" "+name)
}

// prefixes reads a list of address prefixes (RFC 3123 §4).
func (m *dnsMessage) prefixes(end int) {
	c := &m.cursor
	for c.ok() && c.pos < end {
		family := c.u16(fDNSAPLAddressFamily)
		c.u8(fDNSAPLCodedPrefix)
		v := c.u8(nil)
		c.bits(fDNSAPLNegation, 1, uint64(v))
		c.bits(fDNSAPLAfdlength, 1, uint64(v))
		n := int(v & 0x7f)
		b := c.raw(n)
		if !c.ok() {
			return
		}
		switch {
		case family == 1 && n <= 4:
			c.add(fDNSAPLAfdpartIPV4, n, Node{raw: padded(b, 4)})
		case family == 2 && n <= 16:
			c.add(fDNSAPLAfdpartIPV6, n, Node{raw: padded(b, 16)})
		default:
			c.add(fDNSAPLAfdpartData, n, Node{raw: b})
		}
	}
}

// padded gives b with zeros behind it, n bytes in all.
func padded(b []byte, n int) []byte {
	if len(b) >= n {
		return b[:n]
	}
	return append(make([]byte, 0, n), b...)[:n]
}

// caa reads who may issue certificates (RFC 8659 §4.1).
func (m *dnsMessage) caa(end int) {
	c := &m.cursor
	v := c.u8(fDNSCAAFlags)
	if c.on() && c.ok() {
		c.begin()
		c.bits(fDNSCAAFlagsIssuerCritical, 1, uint64(v))
		c.end()
	}
	n := int(c.peek(0))
	if !c.need(max(1+n, end-c.pos)) {
		return
	}
	f := fDNSCAAUnknown
	switch string(c.b[c.pos+1 : c.pos+1+n]) {
	case "issue":
		f = fDNSCAAIssue
	case "issuewild":
		f = fDNSCAAIssuewild
	case "iodef":
		f = fDNSCAAIodef
	}
	size := end - c.pos - 1 - n
	if size < 0 {
		m.need(-1)
		return
	}
	if c.on() {
		from := c.pos + 1 + n
		c.addAt(f, c.pos, end-c.pos, Node{str: asciiText(c.b[from : from+size])})
		c.begin()
	}
	m.chars(fDNSCAATagLength, fDNSCAATag)
	m.ascii(fDNSCAAValue, size)
	if c.on() {
		c.end()
	}
}

// hip reads a host identity (RFC 8005 §5).
func (m *dnsMessage) hip(end int) {
	c := &m.cursor
	hit := c.u8(fDNSHIPHITLength)
	c.u8(fDNSHIPHITPKAlgo)
	key := c.u16(fDNSHIPPKLength)
	c.bytes(fDNSHIPHIT, int(hit))
	c.bytes(fDNSHIPPK, int(key))
	for c.ok() && c.pos < end {
		m.nameField(fDNSHIPRendezvousServer)
	}
}

// wins reads what Microsoft's server keeps for names it asks WINS for.
func (m *dnsMessage) wins(end int) {
	c := &m.cursor
	m.localFlag(fDNSWINSLocalFlag)
	c.u32(fDNSWINSLookupTimeout)
	c.u32(fDNSWINSCacheTimeout)
	n := c.u32(fDNSWINSNbWINSServers)
	for ; n > 0 && c.ok() && c.pos < end; n-- {
		c.ip4(fDNSWINSWINSServer)
	}
}

func (m *dnsMessage) winsReverse() {
	c := &m.cursor
	m.localFlag(fDNSWINSRLocalFlag)
	c.u32(fDNSWINSRLookupTimeout)
	c.u32(fDNSWINSRCacheTimeout)
	m.tell("name result domain ", m.nameField(fDNSWINSRNameResultDomain))
}

func (m *dnsMessage) localFlag(f *Field) {
	v := m.u32(nil)
	if m.ok() {
		m.bits(f, 4, uint64(v))
	}
}

// xpf reads whom a proxy forwards for (draft-bellis-dnsop-xpf §4).
func (m *dnsMessage) xpf(end int) {
	c := &m.cursor
	v := c.u8(nil) & 15
	c.add(fDNSXPFIPVersion, 1, Node{num: uint64(v)})
	switch v {
	case 4:
		c.u8(fDNSXPFProtocol)
		c.ip4(fDNSXPFSourceIPV4)
		c.ip4(fDNSXPFDestinationIPV4)
	case 6:
		c.u8(fDNSXPFProtocol)
		c.ip6(fDNSXPFSourceIPV6)
		c.ip6(fDNSXPFDestinationIPV6)
	default:
		return
	}
	c.u16(fDNSXPFSport)
	c.u16(fDNSXPFDport)
}

// svcb reads a service binding (RFC 9460 §2.2).
func (m *dnsMessage) svcb(end int) {
	c := &m.cursor
	c.u16(fDNSSVCBSvcpriority)
	m.nameField(fDNSSVCBTargetname)
	for c.ok() && c.pos < end {
		key, n := c.peek16(0), int(c.peek16(2))
		if !c.need(4 + n) {
			return
		}
		if !c.on() {
			c.skip(4 + n)
			continue
		}
		stop := c.pos + 4 + n
		c.addAt(fDNSSVCBSvcparam, c.pos, 4+n, Node{})
		c.begin()
		c.u16(fDNSSVCBSvcparamKey)
		c.u16(fDNSSVCBSvcparamValueLength)
		name := dnsSvcKeys(uint64(key))
		if name == "" {
			name = "key" + strconv.Itoa(int(key))
		}
		label := "SvcParam: " + name
		if v := m.svcValue(key, stop); v != "" {
			label += "=" + v
		}
		c.opened().label(label)
		c.end()
		if c.ok() {
			c.pos = stop
		}
	}
}

// svcValue reads the value of one parameter and gives it as text.
func (m *dnsMessage) svcValue(key uint16, stop int) string {
	c := &m.cursor
	var all []string
	n := stop - c.pos
	switch key {
	case 0:
		for c.ok() && c.pos < stop {
			v := uint64(c.u16(fDNSSVCBSvcparamMandatoryKey))
			name := dnsSvcKeys(v)
			if name == "" {
				name = "key" + strconv.FormatUint(v, 10)
			}
			all = append(all, name)
		}
	case 1:
		for c.ok() && c.pos < stop {
			all = append(all, text.Printable(m.chars(fDNSSVCBSvcparamALPNLength, fDNSSVCBSvcparamALPN)))
		}
	case 3:
		if v := c.u16(fDNSSVCBSvcparamPort); c.ok() {
			all = append(all, strconv.Itoa(int(v)))
		}
	case 4:
		for c.ok() && c.pos < stop {
			all = append(all, c.ip4(fDNSSVCBSvcparamIpv4hintIP).String())
		}
	case 6:
		for c.ok() && c.pos < stop {
			all = append(all, c.ip6(fDNSSVCBSvcparamIpv6hintIP).String())
		}
	case 5:
		return m.base64(fDNSSVCBSvcparamEchconfig, n)
	case 32769:
		return m.base64(fDNSSVCBSvcparamOdohconfig, n)
	default:
		if n > 0 {
			return text.Printable(asciiText(c.bytes(fDNSSVCBSvcparamValue, n)))
		}
	}
	return strings.Join(all, ",")
}

// base64 reads n bytes that are shown as base64.
func (m *dnsMessage) base64(f *Field, n int) string {
	b := m.bytes(f, n)
	if b == nil || !m.on() {
		return ""
	}
	s := base64.StdEncoding.EncodeToString(b)
	m.last().label(f.Name + ": " + s)
	return s
}
