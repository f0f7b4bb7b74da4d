package dissect

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"strconv"
	"strings"
)

// isHelloRetry tells a Hello Retry Request by its random (RFC 8446 §4.1.3), given a
// Server Hello without the message's header.
func isHelloRetry(body []byte) bool {
	const magic = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"
	return len(body) >= 34 && bytes.Equal(body[2:34], []byte(magic))
}

// random reads the random of a hello. Before TLS 1.3 it begins with a time (RFC
// 5246 §7.4.1.2).
func (t *tlsRun) random(c *cursor, retry bool) {
	off := c.pos
	b := c.bytes(fTLSRandom, 32)
	if b == nil || !c.on() {
		return
	}
	if retry {
		c.last().append(" (HelloRetryRequest magic)")
	}
	if t.version == 0x0304 {
		return
	}
	c.begin()
	seconds := uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
	c.addAt(fTLSRandomTime, off, 4, Node{num: seconds * 1e9})
	c.addAt(fTLSRandomRest, off+4, 28, Node{raw: b[4:]})
	c.end()
}

// sessionID reads the session's identifier. One that is longer than the message takes
// what is behind: the messages after it are found nevertheless.
func (t *tlsRun) sessionID(c *cursor) {
	if n := int(c.u8(fTLSIDLen)); n > 0 {
		c.widen(n)
		c.bytes(fTLSID, n)
	}
}

// ja3 gathers what the fingerprints of hellos are made of: numbers joined by
// dashes, without the values that mean nothing (RFC 8701).
type ja3 struct {
	suites, exts, groups, points strings.Builder
}

func dash(b *strings.Builder, v uint16) {
	if isGREASE(uint64(v)) {
		return
	}
	if b.Len() > 0 {
		b.WriteByte('-')
	}
	b.WriteString(strconv.Itoa(int(v)))
}

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// clientHello takes a Client Hello apart (RFC 5246 §7.4.1.2, RFC 8446 §4.1.2).
func (t *tlsRun) clientHello(c *cursor) {
	t.print = ja3{}
	body := c.rest()
	c.widen(2 + 32 + 1)
	version := c.u16(fTLSHandVer)
	t.random(c, false)
	t.sessionID(c)
	if t.datagram {
		c.cookie()
	}
	n := c.vector(fTLSSuitesLen, 2, 2)
	l := c.to(n)
	if !c.ok() {
		return
	}
	if l.on() {
		l.addAt(fTLSSuites, l.pos, l.captured(), Node{text: "Cipher Suites (" + counted(n/2, "suite", "suites") + ")"})
		l.begin()
	}
	for l.ok() && l.left() >= 2 {
		dash(&t.print.suites, l.u16(fTLSSuite))
	}
	l.trailing()
	l.end()
	n = c.vector(fTLSCompLen, 1, 1)
	l = c.to(n)
	if !c.ok() {
		return
	}
	if l.on() {
		l.addAt(fTLSComps, l.pos, l.captured(), Node{text: "Compression Methods (" + counted(n, "method", "methods") + ")"})
		l.begin()
	}
	for l.ok() && l.left() > 0 {
		l.u8(fTLSComp)
	}
	l.end()
	off := c.pos
	if c.left() > 0 {
		t.extensions(c, 1)
	}
	if !c.on() || !c.ok() {
		return
	}
	p := &t.print
	full := strconv.Itoa(int(version)) + "," + p.suites.String() + "," + p.exts.String() + "," + p.groups.String() + "," + p.points.String()
	c.addAt(fTLSJA3Full, off, 0, Node{str: full, Flags: Generated})
	c.addAt(fTLSJA3, off, 0, Node{str: md5Hex(full), Flags: Generated})
	over := byte('t')
	switch {
	case t.datagram:
		over, body = 'd', withoutCookie(body)
	case t.quic:
		over = 'q'
	}
	if s := ja4(body, over); s != "" {
		c.addAt(fTLSJA4, off, 0, Node{str: s, Flags: Generated})
	}
}

// serverHello takes a Server Hello apart (RFC 5246 §7.4.1.3, RFC 8446 §4.1.3).
func (t *tlsRun) serverHello(c *cursor) {
	t.print = ja3{}
	retry := isHelloRetry(c.rest())
	c.widen(2 + 32 + 1)
	version := c.u16(fTLSHandVer)
	t.random(c, retry)
	t.sessionID(c)
	c.widen(3)
	suite := c.u16(fTLSSuite)
	c.u8(fTLSComp)
	off := c.pos
	if c.left() > 0 {
		kind := byte(2)
		if retry {
			kind = 6
		}
		t.extensions(c, kind)
	}
	if !c.on() || !c.ok() {
		return
	}
	full := strconv.Itoa(int(version)) + "," + strconv.Itoa(int(suite)) + "," + t.print.exts.String()
	c.addAt(fTLSJA3SFull, off, 0, Node{str: full, Flags: Generated})
	c.addAt(fTLSJA3S, off, 0, Node{str: md5Hex(full), Flags: Generated})
}
