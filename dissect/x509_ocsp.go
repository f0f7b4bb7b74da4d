package dissect

// pOCSP is the protocol of answers about the status of certificates (RFC 6960).
var (
	pOCSP       = newProto("Online Certificate Status Protocol", "OCSP", "ocsp")
	fOCSPStatus = pOCSP.u32("ocsp.responseStatus", "responseStatus", Dec, names(list("successful", "malformedRequest", "internalError", "tryLater", "", "sigRequired", "unauthorized")))
	fOCSPType   = pOCSP.add(TOID, "ocsp.responseType_id", "ResponseType Id", None)
)

// The object identifiers of OCSP that are looked for (RFC 6960 §4.2.1, §4.4).
const (
	oidOCSPBasic = "1.3.6.1.5.5.7.48.1.1"
	oidOCSP      = "1.3.6.1.5.5.7.48.1."
)

// dissectOCSPResponse shows the answer that a server staples to its certificate
// (RFC 6066 §8).
func dissectOCSPResponse(c cursor) {
	if c.on() {
		c.addAt(&pOCSP.field, c.pos, c.captured(), Node{text: "OCSP Response"})
		c.begin()
	}
	ocspResponse(&c)
	c.end()
}

// ocspResponse takes an answer apart: its status, who it is from, and the
// certificates that it brings (RFC 6960 §4.2.1).
func ocspResponse(c *cursor) {
	x := certificate{cursor: c}
	v, ok := derAt(c.b, c.pos, c.have)
	if !ok || v.tag != derSequence {
		return
	}
	for _, part := range x.items(v) {
		switch {
		case part.tag == derEnum && part.size == 1:
			x.node(fOCSPStatus, part, Node{num: uint64(c.b[part.off])})
		case part.tag == 0xa0:
			body, ok := derAt(c.b, part.off, part.end())
			if !ok {
				return
			}
			parts := x.items(body)
			if len(parts) < 2 || parts[0].tag != derOID || x.oid(fOCSPType, parts[0]) != oidOCSPBasic || parts[1].tag != derOctets {
				return
			}
			if basic, ok := derAt(c.b, parts[1].off, parts[1].end()); ok {
				c.d.enter(pOCSP)
				x.ocspBasic(basic)
			}
		}
	}
}

func (c *certificate) ocspBasic(v der) {
	for i, part := range c.items(v) {
		switch {
		case i == 0:
			c.ocspData(part)
		case i == 1:
			c.algorithm(fCertAlg, part)
		case part.tag == derBits:
			c.bits(fCertSig, part)
		case part.tag == 0xa0:
			list, ok := derAt(c.b, part.off, part.end())
			if !ok {
				return
			}
			for _, cert := range c.items(list) {
				if cert.tag != derSequence {
					continue
				}
				c.open(fText, cert.head, cert.all(), Node{text: "Certificate"})
				c.certificate(cert)
				c.end()
			}
		}
	}
}

// ocspData shows who answers, and the extensions of what is answered.
func (c *certificate) ocspData(v der) {
	for _, part := range c.items(v) {
		switch part.tag {
		case 0xa1:
			inner, ok := derAt(c.b, part.off, part.end())
			if !ok || inner.tag != derSequence {
				continue
			}
			if set, ok := derAt(c.b, inner.off, inner.end()); ok && set.tag == derSet {
				c.name(nil, fRDNs, inner)
			} else {
				c.extensions(inner)
			}
		case derSequence:
			for _, single := range c.items(part) {
				for _, x := range c.items(single) {
					if x.tag == 0xa1 {
						if list, ok := derAt(c.b, x.off, x.end()); ok {
							c.extensions(list)
						}
					}
				}
			}
		}
	}
}
