package dissect

import (
	"encoding/hex"
	"strings"
)

// extensions takes the extensions apart (RFC 5280 §4.2).
func (c *certificate) extensions(v der) {
	exts := v.within(c.b, maxCertExts)
	c.open(fCertExts, v.off, v.size, Node{num: uint64(len(exts)), text: "extensions: " + itemCount(len(exts))})
	for _, e := range exts {
		parts := c.items(e)
		if len(parts) < 2 || parts[0].tag != derOID {
			continue
		}
		id := derOIDText(c.bytesOf(parts[0]))
		c.open(fCertExt, e.head, e.all(), Node{text: "Extension (" + oidName(id) + ")"})
		c.oid(fCertExtID, parts[0])
		value := parts[1]
		if value.tag == derBool && len(parts) > 2 {
			if value.size == 1 {
				c.node(fCertCritical, value, Node{num: uint64(c.b[value.off] & 1)})
			}
			value = parts[2]
		}
		if value.tag == derOctets {
			c.extension(id, value)
		}
		c.end()
	}
	c.end()
}

// extension takes the value of one extension apart.
func (c *certificate) extension(id string, v der) {
	inner, ok := derAt(c.b, v.off, v.end())
	switch id {
	case "1.3.6.1.4.1.11129.2.4.2":
		c.d.enter(pTLS)
		if ok && inner.tag == derOctets {
			s := *c.cursor
			s.start, s.pos, s.have, s.limit = inner.off, inner.off, inner.end(), inner.end()
			c.quietly(func() { timestamps(&s) })
		}
		return
	case "1.3.6.1.5.5.7.1.1":
		c.d.enter(pPKIXImplicit)
		c.accessInfo(inner)
		return
	case "1.3.6.1.4.1.311.20.2", "1.3.6.1.4.1.311.21.1":
		c.d.enter(pX509SAT)
		return
	case "2.16.840.1.113730.1.1", "2.16.840.1.113730.1.2", "2.16.840.1.113730.1.3", "2.16.840.1.113730.1.4",
		"2.16.840.1.113730.1.7", "2.16.840.1.113730.1.8", "2.16.840.1.113730.1.12", "2.16.840.1.113730.1.13":
		c.d.enter(pNSCert)
		if ok && id == "2.16.840.1.113730.1.1" {
			c.flags(fNSCertType, fNSUsages, inner)
		}
		return
	}
	if strings.HasPrefix(id, oidOCSP) {
		c.d.enter(pOCSP)
		return
	}
	if !isCertExtension(id) {
		return
	}
	c.d.enter(pX509CE)
	if !ok {
		return
	}
	switch id {
	case "2.5.29.14":
		c.node(fCESubjectKey, inner, Node{raw: c.bytesOf(inner)})
	case "2.5.29.15":
		c.flags(fCEKeyUsage, fCEUsages, inner)
	case "2.5.29.17", "2.5.29.18":
		c.generalNames(fCENames, inner)
	case "2.5.29.19":
		c.basicConstraints(inner)
	case "2.5.29.31", "2.5.29.46":
		c.distributionPoints(inner)
	case "2.5.29.32", "1.3.6.1.4.1.311.21.10":
		c.policies(inner)
	case "2.5.29.35":
		c.authorityKey(inner)
	case "2.5.29.37":
		ids := c.items(inner)
		c.open(fCEPurposes, inner.off, inner.size, Node{num: uint64(len(ids)), text: "KeyPurposeIDs: " + itemCount(len(ids))})
		for _, p := range ids {
			c.oid(fCEPurpose, p)
		}
		c.end()
	}
}

// isCertExtension knows the extensions of X.509 and those of Microsoft that are
// taken apart like them.
func isCertExtension(id string) bool {
	switch id {
	case "1.3.6.1.4.1.311.21.4", "1.3.6.1.4.1.311.21.7", "1.3.6.1.4.1.311.21.10", "1.2.840.113533.7.65.0":
		return true
	}
	return len(id) > 7 && id[:7] == "2.5.29."
}

// quietly runs a part whose failure does not matter to the packet.
func (c *certificate) quietly(f func()) {
	d := c.d
	open := 0
	if d.tree != nil {
		open = len(d.tree.open)
	}
	f()
	if d.fail != fine {
		d.fail = fine
		if d.tree != nil {
			d.tree.open = d.tree.open[:min(open, len(d.tree.open))]
		}
	}
}

// flags shows a string of bits that have names, eight to a byte.
func (c *certificate) flags(whole *Field, each []*Field, v der) {
	if v.tag != derBits || v.size < 2 || !c.on() {
		return
	}
	c.addAt(fBitPadding, v.off, 1, Node{num: uint64(c.b[v.off])})
	b := c.b[v.off+1 : v.end()]
	c.open(whole, v.off+1, len(b), Node{raw: b})
	for i, f := range each {
		x := byte(0)
		at := v.off + 1
		if k := i / 8; k < len(b) {
			x, at = b[k], at+k
		}
		c.addAt(f, at, 1, Node{num: f.extract(uint64(x))})
	}
	c.end()
}

func (c *certificate) basicConstraints(v der) {
	label := fCEBasic.Name
	if v.size == 0 {
		label += " [0 length]"
	}
	c.open(fCEBasic, v.head, v.all(), Node{text: label})
	for _, p := range c.items(v) {
		switch {
		case p.tag == derBool && p.size == 1:
			c.node(fCECA, p, Node{num: uint64(c.b[p.off] & 1)})
		case p.tag == derInteger:
			c.node(fCEPathLen, p, Node{num: c.number(p)})
		}
	}
	c.end()
}

func (c *certificate) authorityKey(v der) {
	c.open(fCEAuthorityKey, v.head, v.all(), Node{})
	for _, p := range c.items(v) {
		switch p.tag {
		case 0x80:
			c.node(fCEKeyID, p, Node{raw: c.bytesOf(p)})
		case 0xa1:
			c.generalNames(fCEKeyIssuer, p)
		case 0x82:
			serial := c.bytesOf(p)
			c.node(fCEKeySerial, p, Node{raw: serial, text: fCEKeySerial.Name + ": 0x" + hex.EncodeToString(serial)})
		}
	}
	c.end()
}

// generalNames shows a list of names (RFC 5280 §4.2.1.6).
func (c *certificate) generalNames(f *Field, v der) {
	all := c.items(v)
	c.open(f, v.off, v.size, Node{num: uint64(len(all)), text: f.Name + ": " + itemCount(len(all))})
	for _, n := range all {
		kind := uint64(n.tag & 0x1f)
		c.open(fCEName, n.off, n.size, Node{num: kind})
		c.generalName(n)
		c.end()
	}
	c.end()
}

func (c *certificate) generalName(n der) {
	b := c.bytesOf(n)
	switch n.tag & 0x1f {
	case 1:
		c.node(fCEMail, n, Node{str: string(b)})
	case 2:
		c.node(fCEDNS, n, Node{str: string(b)})
	case 4:
		c.open(fCEDirectory, n.off, n.size, Node{})
		if name, ok := derAt(c.b, n.off, n.end()); ok {
			c.name(nil, fRDNs, name)
		}
		c.end()
	case 6:
		c.node(fCEURI, n, Node{str: string(b)})
	case 7:
		switch len(b) {
		case 4:
			c.node(fCEIP4, n, Node{raw: b})
		case 16:
			c.node(fCEIP6, n, Node{raw: b})
		}
	}
}

func (c *certificate) distributionPoints(v der) {
	points := c.items(v)
	c.open(fCECRLs, v.off, v.size, Node{num: uint64(len(points)), text: "CRLDistPointsSyntax: " + itemCount(len(points))})
	for _, p := range points {
		c.open(fCECRL, p.head, p.all(), Node{})
		for _, part := range c.items(p) {
			if part.tag != 0xa0 {
				continue
			}
			name, ok := derAt(c.b, part.off, part.end())
			if !ok {
				continue
			}
			c.open(fCECRLPoint, name.off, name.size, Node{num: uint64(name.tag & 0x1f)})
			if name.tag == 0xa0 {
				c.generalNames(fCECRLNames, name)
			}
			c.end()
		}
		c.end()
	}
	c.end()
}

func (c *certificate) policies(v der) {
	all := c.items(v)
	c.open(fCEPolicies, v.off, v.size, Node{num: uint64(len(all)), text: "CertificatePoliciesSyntax: " + itemCount(len(all))})
	for _, p := range all {
		c.open(fCEPolicy, p.head, p.all(), Node{})
		parts := c.items(p)
		if len(parts) > 0 && parts[0].tag == derOID {
			c.oid(fCEPolicyID, parts[0])
		}
		if len(parts) > 1 {
			c.qualifiers(parts[1])
		}
		c.end()
	}
	c.end()
}

// qualifiers shows what a policy says further (RFC 5280 §4.2.1.4).
func (c *certificate) qualifiers(v der) {
	all := c.items(v)
	c.open(fCEQualifiers, v.off, v.size, Node{num: uint64(len(all)), text: "policyQualifiers: " + itemCount(len(all))})
	for _, q := range all {
		c.open(fCEQualifier, q.head, q.all(), Node{})
		parts := c.items(q)
		if len(parts) > 0 && parts[0].tag == derOID {
			id := c.oid(fCEQualID, parts[0])
			if len(parts) > 1 {
				switch id {
				case "1.3.6.1.5.5.7.2.1":
					c.d.enter(pPKIXExplicit)
					c.node(fCPS, parts[1], Node{str: derString(parts[1].tag, c.bytesOf(parts[1]))})
				case "1.3.6.1.5.5.7.2.2":
					c.d.enter(pPKIXImplicit)
					c.whole(fUserNotice, parts[1], Node{})
				}
			}
		}
		c.end()
	}
	c.end()
}

// accessInfo shows where more about the issuer is to be had (RFC 5280 §4.2.2.1).
func (c *certificate) accessInfo(v der) {
	all := c.items(v)
	c.open(fAIA, v.off, v.size, Node{num: uint64(len(all)), text: "AuthorityInfoAccessSyntax: " + itemCount(len(all))})
	for _, a := range all {
		c.open(fAIAItem, a.head, a.all(), Node{})
		parts := c.items(a)
		if len(parts) > 1 && parts[0].tag == derOID {
			c.oid(fAIAMethod, parts[0])
			c.open(fAIALocation, parts[1].off, parts[1].size, Node{num: uint64(parts[1].tag & 0x1f)})
			c.generalName(parts[1])
			c.end()
		}
		c.end()
	}
	c.end()
}
