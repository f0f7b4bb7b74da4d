package dissect

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tcplens/internal/text"
)

// Limits of a certificate: lists are not shown beyond these.
const (
	maxRDNs     = 200
	maxCertExts = 200
	maxDERItems = 500
)

// certificate is an X.509 certificate while it is taken apart. Its bytes are
// walked without the cursor.
type certificate struct {
	*cursor
	subject string // the subject's name, as the label has it
}

// node adds a node for the contents of a value, whole for the value with its tag.
func (c *certificate) node(f *Field, v der, n Node) *Node { return c.addAt(f, v.off, v.size, n) }
func (c *certificate) whole(f *Field, v der, n Node) *Node {
	return c.addAt(f, v.head, v.all(), n)
}

// open adds a node and makes the next ones go under it, until end.
func (c *certificate) open(f *Field, off, size int, n Node) {
	c.addAt(f, off, size, n)
	c.begin()
}

func (c *certificate) bytesOf(v der) []byte { return c.b[v.off:v.end()] }

// items are the values inside of a constructed one.
func (c *certificate) items(v der) []der { return v.within(c.b, maxDERItems) }

// oid adds an object identifier and gives it.
func (c *certificate) oid(f *Field, v der) string {
	id := derOIDText(c.bytesOf(v))
	if c.on() {
		c.node(f, v, Node{str: id, text: f.Name + ": " + id + " (" + oidName(id) + ")"})
	}
	return id
}

func itemCount(n int) string { return plural(n, "item") }

// dissectCertificate shows one certificate of a chain (RFC 5280 §4.1).
func dissectCertificate(c cursor) {
	x := certificate{cursor: &c}
	n := c.left()
	cert, ok := derAt(c.b, c.pos, c.have)
	if !ok {
		c.d.cut(true)
		return
	}
	at := -1
	if c.on() {
		x.whole(fTLSCert, cert, Node{raw: c.b[cert.head:cert.end()]})
		at = len(c.d.tree.Nodes) - 1
		c.begin()
	}
	if cert.tag == derSequence {
		x.certificate(cert)
	} else {
		kind := "Primitive"
		if cert.tag&0x20 != 0 {
			kind = "Constructed"
		}
		x.wrong(eBERSequence, cert, fmt.Sprintf("BER Error: Sequence expected but class:%s %s tag:%d was unexpected", derClass(cert.tag), kind, cert.tag&0x1f))
	}
	c.end()
	if at >= 0 && cert.tag == derSequence && cert.size == 0 {
		c.d.tree.Nodes[at].append(" [0 length]")
	}
	if at >= 0 && x.subject != "" {
		c.d.tree.Nodes[at].append(" (" + x.subject + ")")
	}
	c.skip(n)
}

// part is a value that a sequence must have in its place.
type part struct {
	tag   byte
	quiet bool // another value in its place is passed over silently
	show  func(der)
}

// sequence goes through the parts of a sequence. What is in the wrong place is
// noted and passed over; what is longer than its sequence ends the packet.
func (c *certificate) sequence(v der, pos int, parts []part) (next int) {
	for _, p := range parts {
		if pos >= v.end() {
			return pos
		}
		x, ok := derAt(c.b, pos, c.have)
		if !ok {
			c.d.cut(true)
			return pos
		}
		switch {
		case p.tag == x.tag:
			p.show(x)
		case !p.quiet:
			c.wrong(eBERWrong, x, fmt.Sprintf("BER Error: Wrong field in SEQUENCE: expected class:UNIVERSAL(0) tag:%d(%s) but found class:%s tag:%d",
				p.tag&0x1f, derNames[p.tag], derClass(x.tag), x.tag&0x1f))
		}
		if x.end() > v.end() {
			c.d.cut(true)
		}
		if !c.ok() {
			return pos
		}
		pos = x.end()
	}
	return pos
}

// wrong notes a value that has no business where it is.
func (c *certificate) wrong(item *Field, v der, what string) {
	if !c.on() {
		return
	}
	c.open(fText, v.head, v.all(), Node{text: what, Flags: Warn})
	c.expert(WarnSev, GroupMalformed, item, what)
	c.end()
}

func (c *certificate) certificate(v der) {
	c.sequence(v, v.off, []part{
		{tag: derSequence, show: func(p der) {
			c.open(fCertSigned, p.head, p.all(), Node{})
			c.signed(p)
			c.end()
		}},
		{tag: derSequence, show: func(p der) { c.algorithm(fCertAlg, p) }},
		{tag: derBits, show: func(p der) { c.bits(fCertSig, p) }},
	})
}

// bits adds a bit string with its padding before it.
func (c *certificate) bits(f *Field, v der) {
	if v.size < 1 {
		return
	}
	c.addAt(fBitPadding, v.off, 1, Node{num: uint64(c.b[v.off])})
	c.addAt(f, v.off+1, v.size-1, Node{raw: c.b[v.off+1 : v.end()]})
}

// signed takes the signed part apart (RFC 5280 §4.1.2).
func (c *certificate) signed(v der) {
	pos := v.off
	if p, ok := derAt(c.b, pos, v.end()); ok && p.tag == 0xa0 {
		if n, ok := derAt(c.b, p.off, p.end()); ok {
			c.node(fCertVersion, n, Node{num: c.number(n)})
		}
		pos = p.end()
	}
	pos = c.sequence(v, pos, []part{
		{tag: derInteger, show: func(p der) {
			if serial := c.bytesOf(p); c.on() {
				c.node(fCertSerial, p, Node{raw: serial, text: "serialNumber: 0x" + cutHex(serial)})
			}
		}},
		{tag: derSequence, show: func(p der) { c.algorithm(fCertSigAlg, p) }},
		{tag: derSequence, quiet: true, show: func(p der) { c.name(fCertIssuer, fRDNs, p) }},
		{tag: derSequence, show: func(p der) { c.validity(p) }},
		{tag: derSequence, quiet: true, show: func(p der) { c.subject = c.name(fCertSubject, fCertRDNs, p) }},
		{tag: derSequence, show: func(p der) { c.keyInfo(p) }},
	})
	for c.ok() && pos < v.end() {
		p, ok := derAt(c.b, pos, v.end())
		if !ok {
			return
		}
		if p.tag == 0xa3 {
			if list, ok := derAt(c.b, p.off, p.end()); ok {
				c.extensions(list)
			}
		}
		pos = p.end()
	}
}

// cutHex writes bytes as labels do: no more than fit.
func cutHex(b []byte) string {
	const most = 36
	if len(b) > most {
		return hex.EncodeToString(b[:most]) + "…"
	}
	return hex.EncodeToString(b)
}

// number reads an integer of up to eight bytes; what is longer is cut.
func (c *certificate) number(v der) uint64 {
	n := uint64(0)
	for _, x := range c.bytesOf(v) {
		n = n<<8 | uint64(x)
	}
	return n
}

func (c *certificate) algorithm(f *Field, v der) {
	parts := c.items(v)
	if len(parts) == 0 || parts[0].tag != derOID {
		return
	}
	id := derOIDText(c.bytesOf(parts[0]))
	c.open(f, v.head, v.all(), Node{text: f.Name + " (" + oidName(id) + ")"})
	c.oid(fCertAlgID, parts[0])
	if id == "1.2.840.10045.2.1" && len(parts) > 1 {
		c.d.enter(pPKCS1)
		p := parts[1]
		if p.tag == derOID {
			c.open(fECParams, p.head, p.all(), Node{num: 1})
			c.oid(fCurveOID, p)
			c.end()
		}
	}
	c.end()
}

func (c *certificate) validity(v der) {
	c.open(fCertValidity, v.head, v.all(), Node{})
	for i, t := range c.items(v) {
		f := fCertBefore
		if i > 0 {
			f = fCertAfter
		}
		if t.tag == derUTC {
			c.open(f, t.head, t.all(), Node{})
			c.node(fCertUTC, t, Node{str: utcTime(string(c.bytesOf(t)))})
			c.end()
		} else if t.tag == derGenTime {
			c.open(f, t.head, t.all(), Node{num: 1})
			at, err := time.Parse("20060102150405Z", string(c.bytesOf(t)))
			if err == nil {
				c.node(fCertGenTime, t, Node{num: uint64(at.UnixNano())})
			}
			c.end()
		}
		if i == 1 {
			break
		}
	}
	c.end()
}

// utcTime writes a UTCTime as tshark does. Years from 50 are of the last century
// (RFC 5280 §4.1.2.5.1).
func utcTime(s string) string {
	if len(s) < 11 || strings.Trim(s[:10], "0123456789") != "" {
		return text.Printable(s)
	}
	century := "20"
	if s[0] >= '5' {
		century = "19"
	}
	seconds := "00"
	zone := s[10:]
	if len(s) >= 13 && strings.Trim(s[10:12], "0123456789") == "" {
		seconds, zone = s[10:12], s[12:]
	}
	if zone == "Z" {
		zone = "UTC"
	} else if strings.HasPrefix(zone, "+") || strings.HasPrefix(zone, "-") {
		zone = "UTC" + zone
	}
	return century + s[:2] + "-" + s[2:4] + "-" + s[4:6] + " " + s[6:8] + ":" + s[8:10] + ":" + seconds + " (" + text.Printable(zone) + ")"
}

func (c *certificate) keyInfo(v der) {
	parts := c.items(v)
	c.open(fCertKeyInfo, v.head, v.all(), Node{})
	defer c.end()
	if len(parts) < 2 {
		return
	}
	c.algorithm(fCertKeyAlg, parts[0])
	key := parts[1]
	if key.tag != derBits || key.size < 1 {
		return
	}
	ids := c.items(parts[0])
	if len(ids) == 0 || derOIDText(c.bytesOf(ids[0])) != "1.2.840.113549.1.1.1" {
		c.bits(fCertKey, key)
		return
	}
	c.addAt(fCertKey, key.off+1, key.size-1, Node{raw: c.b[key.off+1 : key.end()]})
	rsa, ok := derAt(c.b, key.off+1, key.end())
	if !ok {
		return
	}
	nums := c.items(rsa)
	if len(nums) < 2 || !c.on() {
		return
	}
	c.begin()
	m := c.bytesOf(nums[0])
	c.node(fModulus, nums[0], Node{raw: m, text: "modulus: 0x" + cutHex(m)})
	c.node(fExponent, nums[1], Node{num: c.number(nums[1])})
	c.end()
}

// name shows a distinguished name and gives it as labels have it: the last
// attribute first.
func (c *certificate) name(f, rdns *Field, v der) string {
	all := ""
	sets := v.within(c.b, maxRDNs)
	for i := len(sets) - 1; i >= 0; i-- {
		if s := c.attributes(sets[i]); s != "" {
			if all != "" {
				all += ","
			}
			all += s
		}
	}
	if f != nil {
		c.open(f, v.head, v.all(), Node{})
	}
	c.open(rdns, v.off, v.size, Node{num: uint64(len(sets)), text: "rdnSequence: " + itemCount(len(sets)) + " (" + all + ")"})
	for _, set := range sets {
		attrs := c.items(set)
		label := itemCount(len(attrs)) + " (" + c.attributes(set) + ")"
		c.open(fRDN, set.off, set.size, Node{num: uint64(len(attrs)), text: "RDNSequence item: " + label})
		for _, a := range attrs {
			c.attribute(a)
		}
		c.end()
	}
	c.end()
	if f != nil {
		c.end()
	}
	return all
}

// attributes writes the attributes of one part of a name.
func (c *certificate) attributes(set der) string {
	if !c.on() {
		return ""
	}
	out := ""
	for _, a := range c.items(set) {
		kv := c.items(a)
		if len(kv) < 2 {
			continue
		}
		if out != "" {
			out += "+"
		}
		out += oidName(derOIDText(c.bytesOf(kv[0]))) + "=" + text.Printable(derString(kv[1].tag, c.bytesOf(kv[1])))
	}
	return out
}

// attribute shows one attribute of a name (RFC 5280 §4.1.2.4).
func (c *certificate) attribute(v der) {
	kv := c.items(v)
	if len(kv) < 2 || kv[0].tag != derOID {
		return
	}
	id := derOIDText(c.bytesOf(kv[0]))
	value := kv[1]
	c.open(fRDNItem, v.head, v.all(), Node{text: "RelativeDistinguishedName item (" + oidName(id) + "=" + text.Printable(derString(value.tag, c.bytesOf(value))) + ")"})
	c.oid(fRDNOID, kv[0])
	if isNameAttribute(id) {
		c.d.enter(pX509SAT)
		c.directoryString(id, value)
	}
	c.end()
}

// isNameAttribute knows the attribute types that are taken apart further.
func isNameAttribute(oid string) bool {
	return strings.HasPrefix(oid, "2.5.4.") || oid == "1.2.840.113549.1.9.1" || oid == "0.9.2342.19200300.100.1.25" ||
		oid == "0.9.2342.19200300.100.1.1" || strings.HasPrefix(oid, "1.3.6.1.4.1.311.60.2.1.")
}

func (c *certificate) directoryString(id string, v der) {
	s := derString(v.tag, c.bytesOf(v))
	switch id {
	case "2.5.4.6", "1.3.6.1.4.1.311.60.2.1.3":
		c.node(fCountry, v, Node{str: s})
		return
	case "2.5.4.5":
		c.node(fSerialStr, v, Node{str: s})
		return
	case "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25":
		c.node(fIA5, v, Node{str: s})
		return
	}
	f, n := fUTF8, uint64(4)
	switch v.tag {
	case derTeletex:
		f, n = fTeletex, 0
	case derPrintable:
		f, n = fPrintable, 1
	case derUniversal:
		f, n = fUniversal, 2
	case derBMP:
		f, n = fBMP, 3
	case derUTF8:
	default:
		return
	}
	c.open(fDirectory, v.head, v.all(), Node{num: n})
	c.node(f, v, Node{str: s})
	c.end()
}

// derString reads a string by its kind.
func derString(tag byte, b []byte) string {
	switch tag {
	case derBMP:
		var s strings.Builder
		for i := 0; i+1 < len(b); i += 2 {
			s.WriteRune(rune(b[i])<<8 | rune(b[i+1]))
		}
		return s.String()
	case derTeletex:
		var s strings.Builder
		for _, c := range b {
			s.WriteRune(rune(c))
		}
		return s.String()
	case derInteger:
		if len(b) <= 8 {
			n := uint64(0)
			for _, x := range b {
				n = n<<8 | uint64(x)
			}
			return strconv.FormatUint(n, 10)
		}
	}
	return string(b)
}

// dissectDName shows a distinguished name by itself.
func dissectDName(c cursor) {
	x := certificate{cursor: &c}
	v, ok := derAt(c.b, c.pos, c.have)
	if !ok || v.tag != derSequence {
		return
	}
	sets := v.within(c.b, maxRDNs)
	all := ""
	for i := len(sets) - 1; i >= 0; i-- {
		if s := x.attributes(sets[i]); s != "" {
			all = strings.TrimPrefix(all+","+s, ",")
		}
	}
	label := "Distinguished Name:"
	if len(sets) > 0 {
		label += " (" + all + ")"
	}
	x.open(fTLSDName, v.off, v.size, Node{text: label})
	for _, set := range sets {
		attrs := x.items(set)
		x.open(fRDN, set.off, set.size, Node{num: uint64(len(attrs)), text: "RDNSequence item: " + itemCount(len(attrs)) + " (" + x.attributes(set) + ")"})
		for _, a := range attrs {
			x.attribute(a)
		}
		x.end()
	}
	x.end()
}
