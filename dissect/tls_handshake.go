package dissect

import (
	"fmt"
	"strconv"
	"strings"
)

// messages goes through the handshake messages of a record (RFC 8446 §4, R103,
// R104) and gives the end of the record's label. clear says that it was decrypted.
func (t *tlsRun) messages(c *cursor, version uint16, clear bool) string {
	ord := t.handshake
	t.handshake++
	d := c.d
	lead, trail, hasLead, hasTrail := t.session.tlsSplitAt(t.frame, t.dir, ord)
	if t.first {
		lead.until(t.frame, ord)
		trail.until(t.frame, ord)
	}
	b := c.rest()
	if c.left() == 0 {
		return ""
	}
	if !hasLead && !clear && tlsEncryptedMessage(b, t.after) {
		return t.encrypted(c)
	}
	count, name := 0, ""
	if hasLead {
		name = t.lead(c, &lead, ord, version)
		count++
	}
	for c.ok() && c.left() > 0 {
		n := 4
		if c.captured() >= 4 {
			n += int(c.peek(1))<<16 | int(c.peek(2))<<8 | int(c.peek(3))
		}
		known := tlsHandshakeName(c.peek(0))
		if count++; count > 1 {
			name = "Multiple Handshake Messages"
		}
		if known == "" || n > maxTLSMessage {
			// What is left after a message that could be read.
			d.infoSep(", ", "Encrypted Handshake Message")
			c.addAt(fTLSHand, c.pos, c.captured(), Node{text: "Handshake Protocol: Encrypted Handshake Message"})
			c.skip(c.left())
			break
		}
		if n > c.left() {
			t.begun(c, known, &trail, hasTrail, count > 1)
			if count == 1 {
				name = known + " (fragment)"
			}
			break
		}
		m := c.to(n)
		said := t.message(&m, version)
		if count == 1 {
			name = said
		}
	}
	return "Handshake Protocol: " + name
}

func (t *tlsRun) encrypted(c *cursor) string {
	c.d.infoSep(", ", "Encrypted Handshake Message")
	c.addAt(fTLSHand, c.pos, c.captured(), Node{text: "Handshake Protocol: Encrypted Handshake Message"})
	c.skip(c.left())
	return "Handshake Protocol: Encrypted Handshake Message"
}

// begun shows the beginning of a message that goes on in another record.
func (t *tlsRun) begun(c *cursor, name string, sp *tlsSplit, known, later bool) {
	if !later {
		c.d.infoSep(", ", "["+name+" Fragment]")
	}
	if c.on() {
		c.addAt(fTLSHand, c.pos, c.captured(), Node{text: "Handshake Protocol: " + name + " (fragment)"})
		if known && sp.done != 0 {
			c.addAt(fTLSFragIn, c.pos, 0, Node{num: uint64(sp.done)})
		}
	}
	c.skip(c.left())
}

// lead shows the part of a message that an earlier record began.
func (t *tlsRun) lead(c *cursor, sp *tlsSplit, ord int, version uint16) string {
	part := len(sp.parts) - 1
	for i, p := range sp.parts {
		if p.frame == t.frame && p.ord == ord {
			part = i
		}
	}
	n := min(sp.parts[part].size, c.left())
	name := "Encrypted Handshake Message"
	if len(sp.data) > 0 {
		name = tlsHandshakeName(sp.data[0])
	}
	last := sp.done != 0 && part == len(sp.parts)-1
	kind := " (fragment)"
	if last {
		kind = " (last fragment)"
	}
	if c.on() {
		c.addAt(fTLSHand, c.pos, n, Node{text: "Handshake Protocol: " + name + kind})
		if !last && sp.done != 0 {
			c.addAt(fTLSFragIn, c.pos, 0, Node{num: uint64(sp.done)})
		}
	}
	c.skip(n)
	if !last {
		return "Multiple Handshake Messages"
	}
	whole := c.newSource("Reassembled TLS Handshake", sp.data)
	if c.on() {
		label := fmt.Sprintf("%s (%s): ", plural(len(sp.parts), "Reassembled Handshake Fragment"), plural(len(sp.data), "byte"))
		for i, p := range sp.parts {
			if i > 0 {
				label += ", "
			}
			label += "#" + strconv.FormatUint(uint64(p.frame), 10) + "(" + strconv.Itoa(p.size) + ")"
		}
		whole.addAt(fTLSFrags, 0, len(sp.data), Node{text: label, Flags: Generated})
		whole.begin()
		at := 0
		for _, p := range sp.parts {
			text := fmt.Sprintf("Frame: %d, payload: %d-%d (%s)", p.frame, at, at+p.size-1, plural(p.size, "byte"))
			whole.addAt(fTLSFrag, at, p.size, Node{num: uint64(p.frame), text: text, Flags: Generated})
			at += p.size
		}
		whole.addAt(fTLSFragCount, 0, 0, Node{num: uint64(len(sp.parts)), Flags: Generated})
		whole.end()
	}
	return t.message(&whole, version)
}

// message takes one handshake message apart and gives its name.
func (t *tlsRun) message(c *cursor, version uint16) string {
	kind := c.peek(0)
	name := tlsHandshakeName(kind)
	if kind == 2 && c.captured() > 4 && isHelloRetry(c.rest()[4:]) {
		name = "Hello Retry Request"
	}
	c.d.infoSep(", ", name)
	if c.on() {
		c.addAt(fTLSHand, c.pos, c.captured(), Node{text: "Handshake Protocol: " + name})
		c.begin()
	}
	c.u8(fTLSHandType)
	c.u24(fTLSHandLen)
	t.body(c, kind, version)
	return name
}

// body takes apart what a handshake message has behind its header, and closes the
// message's node.
func (t *tlsRun) body(c *cursor, kind byte, version uint16) {
	switch kind {
	case 1:
		t.clientHello(c)
	case 2:
		if t.first && !t.datagram { // the version is looked up before the hello is taken apart
			t.version = t.session.tlsVersionAfter(t.frame, t.dir, t.handshake-1, t.version)
			c.d.setProto(tlsShort(t.version))
		}
		t.serverHello(c)
	case 3:
		if t.datagram {
			c.u16(fTLSHandVer)
			c.cookie()
		}
	case 4:
		t.ticket(c, version)
	case 6: // of drafts of TLS 1.3
		c.u16(fTLSHandVer)
		t.extensions(c, 6)
	case 8:
		t.extensions(c, 8)
	case 11:
		t.certificates(c, version)
	case 12:
		t.serverKey(c, version)
	case 13:
		t.certificateRequest(c, version)
	case 15:
		t.certificateVerify(c, version)
	case 16:
		t.clientKey(c)
	case 20:
		if c.on() {
			c.addAt(fTLSVerify, c.pos, c.captured(), Node{})
		}
		c.skip(c.left())
	case 21:
		certificateURL(c)
	case 22:
		t.certificateStatus(c)
	case 67:
		nextProtocol(c)
	case 24: // beside the message, as tshark has it
		c.end()
		c.u8(fTLSKeyUpdate)
		return
	case 25:
		c.u16(fTLSCompCert)
		c.u24(fTLSPlainLen)
		if n := c.vector(fTLSPackedLen, 3, 1); n > 0 {
			c.bytes(fTLSPacked, n)
		}
	}
	c.end()
}

// vector reads the length of a vector, size bytes wide, and gives how many bytes
// of it there are (RFC 8446 §3.4). If it is longer than what there is, or there is no
// room for the length, that is shown, and nothing more is read from here.
func (c *cursor) vector(f *Field, size, least int) int {
	if n := c.left(); n < size && n >= 0 && c.ok() && !c.spent {
		msg := fmt.Sprintf("No more room for vector of length %d", size)
		if c.on() {
			c.addAt(fText, c.pos, c.captured(), Node{text: msg})
			c.begin()
			c.expert(Error, GroupMalformed, eTLSTooSmall, msg)
			c.end()
		}
		c.spend()
		return 0
	}
	n := int(c.uint(f, size))
	if !c.ok() || c.spent {
		return 0
	}
	switch {
	case n > c.left():
		have := c.left()
		if c.on() {
			c.begin()
			c.expert(Error, GroupMalformed, eTLSTooSmall, fmt.Sprintf("Vector length %d is too large, truncating it to %d", n, have))
			c.end()
		}
		if f == fTLSExtsLen || f == fTLSExtLen {
			return have // what is in there can be read nevertheless
		}
		c.spend()
		return 0
	case n < least && c.on():
		c.begin()
		c.expert(WarnSev, GroupProtocol, eTLSVector, fmt.Sprintf("Vector length %d is smaller than minimum %d", n, least))
		c.end()
	}
	return n
}

// spend passes over all that is left, of which nothing more is shown.
func (c *cursor) spend() {
	c.pos, c.spent = c.pos+max(0, c.left()), true
	c.pos = min(c.pos, c.have)
	c.limit = c.pos
}

// trailing shows bytes that are left where none should be.
func (c *cursor) trailing() {
	n := c.left()
	if n <= 0 || !c.ok() || !c.on() {
		return
	}
	msg := strconv.Itoa(n) + " trailing bytes were unprocessed"
	if n == 1 {
		msg = "1 trailing byte was unprocessed"
	}
	c.addAt(fText, c.pos, c.captured(), Node{text: msg})
	c.begin()
	c.expert(WarnSev, GroupProtocol, eTLSTrailing, msg)
	c.end()
}

// counted labels a list with how many there are of what is in it.
func counted(n int, noun, plural string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + plural
}

// spelled writes a duration in words: " (1 day, 2 hours)"; nothing for less than a minute.
func spelled(seconds uint32) string {
	if seconds < 60 {
		return ""
	}
	var parts []string
	for _, u := range []struct {
		size uint32
		name string
	}{{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}} {
		if n := seconds / u.size; n > 0 {
			parts = append(parts, plural(int(n), u.name))
			seconds %= u.size
		}
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// scheme reads a signature scheme with its two halves under it.
func (c *cursor) scheme() {
	v := c.u16(fTLSScheme)
	if !c.on() || !c.ok() || c.spent {
		return
	}
	off := c.pos - 2
	c.begin()
	c.addAt(fTLSHash, off, 1, Node{num: uint64(v >> 8)})
	c.addAt(fTLSSignature, off+1, 1, Node{num: uint64(v & 0xff)})
	c.end()
}

// authorities reads a list of distinguished names (RFC 5246 §7.4.4, RFC 8446 §4.2.4).
func (c *cursor) authorities() {
	n := c.vector(fTLSDNamesLen, 2, 0)
	if n == 0 || !c.ok() {
		return
	}
	l := c.to(n)
	if l.on() {
		l.addAt(fTLSDNames, l.pos, l.captured(), Node{text: "Distinguished Names (" + plural(n, "byte") + ")"})
		l.begin()
	}
	for l.ok() && l.left() > 0 {
		n := l.vector(fTLSDNameLen, 2, 1)
		name := l.to(n)
		if name.need(n) {
			dissectDName(name)
		}
	}
	l.end()
}

// schemes reads a list of signature schemes (RFC 8446 §4.2.3).
func (c *cursor) schemes() {
	n := c.vector(fTLSSchemesLen, 2, 2)
	l := c.to(n)
	if !c.ok() || l.spent {
		return
	}
	if l.on() {
		l.addAt(fTLSSchemes, l.pos, l.captured(), Node{text: "Signature Hash Algorithms (" + counted(n/2, "algorithm", "algorithms") + ")"})
		l.begin()
	}
	for l.ok() && l.left() >= 2 {
		l.scheme()
	}
	l.trailing()
	l.end()
}
