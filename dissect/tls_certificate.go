package dissect

import "fmt"

// ticket takes a New Session Ticket apart (RFC 5077 §3.3, RFC 8446 §4.6.1).
func (t *tlsRun) ticket(c *cursor, version uint16) {
	if c.on() {
		c.sub(fText, "TLS Session Ticket")
	}
	hint := c.u32(fTLSTicketHint)
	if c.on() && c.ok() {
		c.last().label(fmt.Sprintf("Session Ticket Lifetime Hint: %d seconds%s", hint, spelled(hint)))
	}
	if version == 0x0304 {
		c.u32(fTLSTicketAge)
		c.bytes(fTLSTicketNonce, c.vector(fTLSTicketNonceLen, 1, 0)) // also where it is empty
	}
	if n := c.vector(fTLSTicketLen, 2, 0); n > 0 {
		c.bytes(fTLSTicket, n)
	}
	if version == 0x0304 {
		t.extensions(c, 4)
	}
	c.end()
}

// requestContext reads what tells requests for certificates apart (RFC 8446 §4.3.2).
func requestContext(c *cursor) {
	if n := c.vector(fTLSContextLen, 1, 0); n > 0 {
		c.bytes(fTLSContext, n)
	}
}

// certificates takes a Certificate message apart (RFC 5246 §7.4.2, RFC 8446 §4.4.2).
func (t *tlsRun) certificates(c *cursor, version uint16) {
	if version == 0x0304 {
		requestContext(c)
	}
	n := c.vector(fTLSCertsLen, 3, 0)
	if n == 0 {
		return
	}
	l := c.to(n)
	if l.on() {
		l.addAt(fTLSCerts, l.pos, l.captured(), Node{text: "Certificates (" + plural(n, "byte") + ")"})
		l.begin()
	}
	for l.ok() && l.left() > 0 {
		n := l.vector(fTLSCertLen, 3, 1)
		cert := l.to(n)
		if n > 0 && cert.need(cert.left()) {
			dissectCertificate(cert)
		}
		if version == 0x0304 && l.ok() {
			t.extensions(&l, 11)
		}
	}
	l.end()
}

// certificateRequest takes a Certificate Request apart (RFC 5246 §7.4.4, RFC 8446 §4.3.2).
func (t *tlsRun) certificateRequest(c *cursor, version uint16) {
	if version == 0x0304 {
		requestContext(c)
		t.extensions(c, 13)
		return
	}
	n := c.vector(fTLSKindsLen, 1, 1)
	l := c.to(n)
	if l.on() && l.ok() {
		l.addAt(fTLSKinds, l.pos, l.captured(), Node{text: "Certificate types (" + counted(n, "type", "types") + ")"})
		l.begin()
	}
	for l.ok() && l.left() > 0 {
		l.u8(fTLSKind)
	}
	if c.ok() {
		l.end()
	}
	if version >= 0x0303 {
		c.schemes()
	}
	c.authorities()
}

// certificateVerify takes a Certificate Verify apart (RFC 5246 §7.4.8).
func (t *tlsRun) certificateVerify(c *cursor, version uint16) {
	if version >= 0x0303 {
		c.scheme()
	}
	if n := c.vector(fTLSCertSigLen, 2, 0); n > 0 {
		c.bytes(fTLSCertSig, n)
	}
}

// certificateStatus takes a Certificate Status apart (RFC 6066 §8, RFC 6961 §2.2).
func (t *tlsRun) certificateStatus(c *cursor) {
	answer := func(l *cursor) {
		n := l.vector(fTLSOCSPLen, 3, 1)
		if r := l.to(n); n > 0 && r.need(n) {
			dissectOCSPResponse(r)
		}
	}
	switch c.u8(fTLSStatusType) {
	case 1:
		answer(c)
	case 2:
		for l := c.to(c.vector(fTLSOCSPsLen, 3, 1)); l.ok() && l.left() > 0; {
			answer(&l)
		}
	}
}
