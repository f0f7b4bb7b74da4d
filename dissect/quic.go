package dissect

import (
	"encoding/hex"
	"strconv"

	"tcplens/internal/tlskeys"
)

var (
	pQUIC           = newProto("QUIC IETF", "QUIC", "quic")
	fQUICLength     = pQUIC.u32("quic.packet_length", "Packet Length", Dec)
	fQUICForm       = pQUIC.u8("quic.header_form", "Header Form", Dec, mask(0x80), names(list("Short Header", "Long Header")))
	fQUICFixed      = pQUIC.flag(TUint8, "quic.fixed_bit", "Fixed Bit", 0x40, names(trueFalse))
	fQUICType       = pQUIC.u8("quic.long.packet_type", "Packet Type", Dec, mask(0x30), names(quicTypes))
	fQUICVersion    = pQUIC.u32("quic.version", "Version", Hex, names(quicVersions))
	fQUICDCIL       = pQUIC.u8("quic.dcil", "Destination Connection ID Length", Dec)
	fQUICDCID       = pQUIC.bytes("quic.dcid", "Destination Connection ID")
	fQUICSCIL       = pQUIC.u8("quic.scil", "Source Connection ID Length", Dec)
	fQUICSCID       = pQUIC.bytes("quic.scid", "Source Connection ID")
	fQUICTokenLen   = pQUIC.u64("quic.token_length", "Token Length", Dec)
	fQUICToken      = pQUIC.bytes("quic.token", "Token")
	fQUICLen        = pQUIC.u64("quic.length", "Length", Dec)
	fQUICVer        = pQUIC.u32("quic.supported_version", "Supported Version", Hex, names(quicVersions))
	fQUICConn       = pQUIC.u32("quic.connection.number", "Connection Number", Dec)
	fQUICType2      = pQUIC.u8("quic.long.packet_type_v2", "Packet Type", Dec, mask(0x30), names(list("Retry", "Initial", "0-RTT", "Handshake")))
	fQUICRetryToken = pQUIC.bytes("quic.retry_token", "Retry Token")
	fQUICRetryTag   = pQUIC.bytes("quic.retry_integrity_tag", "Retry Integrity Tag")
	fQUICRest       = pQUIC.bytes("quic.remaining_payload", "Remaining Payload")
)

var quicTypes = list("Initial", "0-RTT", "Handshake", "Retry")

// quicVersions names the versions that are known (RFC 9000 §15, RFC 9369).
func quicVersions(v uint64) string {
	switch {
	case v == 0:
		return "Version Negotiation"
	case v == 1:
		return "1"
	case v == 0x6b3343cf || v == 0x709a50c4:
		return "2"
	case v>>8 == 0xff0000 && v&0xff > 0 && v&0xff <= 34:
		return "draft-" + strconv.FormatUint(v&0xff, 10)
	case v == 0xff020000 || v == 0xff010000:
		return "2 draft"
	case v>>16 == 0xface:
		return "Facebook mvfst"
	case v>>24 == 'Q' && v>>16&0xff == '0':
		return "Google Q0" + string([]byte{byte(v >> 8), byte(v)})
	case v>>24 == 'T' && v>>16&0xff == '0':
		return "Google T0" + string([]byte{byte(v >> 8), byte(v)})
	}
	return ""
}

// maxQUICID is the longest connection identifier (RFC 9000 §17.2).
const maxQUICID = 20

// looksLikeQUIC wants a long header of a known version with identifiers that fit
// (RFC 9000 §17.2, RFC 8999 §5.1).
func looksLikeQUIC(c *cursor) bool {
	if c.left() < 16 || c.peek(0)&0x80 == 0 {
		return false
	}
	v := uint64(c.peek32(1))
	if quicVersions(v) == "" || v != 0 && c.peek(0)&0x40 == 0 {
		return false
	}
	d := int(c.peek(5))
	if d > maxQUICID || 7+d > c.left() {
		return false
	}
	s := int(c.peek(6 + d))
	return s <= maxQUICID && 7+d+s <= c.left()
}

// speaksQUIC tells a packet with a short header in a conversation that began with QUIC
// (RFC 9000 §17.3).
func speaksQUIC(c *cursor) bool {
	return c.left() >= 20 && c.peek(0)&0xc0 == 0x40 && c.d.in.Known != nil && c.d.in.Known.QUIC() != nil
}

// The kinds of packets with long headers (RFC 9000 §17.2).
const (
	quicInitial = iota
	quicZeroRTT
	quicHandshakes
	quicRetry
)

// maxQUICPackets is how many packets of one datagram are looked at.
const maxQUICPackets = 16

// quicHeader is a long header.
type quicHeader struct {
	version    uint32
	kind       int
	dcid, scid []byte
	length     uint64 // of packet number and payload, bytes
	number     int    // where the packet number is, from the packet's first byte
	end        int    // where the packet ends
}

// quicKind gives the kind of a packet by its first byte. Version 2 counts them
// otherwise (RFC 9369 §3.2).
func quicKind(first byte, version uint32) int {
	k := int(first >> 4 & 3)
	if quicVersions(uint64(version)) == "2" {
		return (k + 3) & 3
	}
	return k
}

// readQUICHeader reads the header of a packet that says how long it is. It is false for
// others, and for what is cut short.
func readQUICHeader(c *cursor) (h quicHeader, ok bool) {
	k := *c
	k.d = new(Dissection) // what goes wrong here is of no account
	start := k.pos
	first := k.u8(nil)
	h.version = k.u32(nil)
	if first&0x80 == 0 || h.version == 0 {
		return h, false
	}
	h.kind = quicKind(first, h.version)
	h.dcid = k.raw(int(k.u8(nil)))
	h.scid = k.raw(int(k.u8(nil)))
	switch h.kind {
	case quicInitial:
		k.skip(int(min(quicNumber(&k, nil), uint64(max(0, c.left()))+1)))
	case quicRetry:
		return h, false
	}
	h.length = quicNumber(&k, nil)
	if !k.ok() || h.length > uint64(max(0, k.left())) {
		return h, false
	}
	h.number = k.pos - start
	h.end = h.number + int(h.length)
	return h, true
}

// dissectQUIC shows the packets in a datagram. Initial packets are opened (RFC 9001
// §5.2); what others carry is shown as bytes.
func dissectQUIC(c cursor) {
	d := c.d
	d.setProto("QUIC")
	d.setInfo("")
	c.proto(pQUIC)
	var s *QUICSession
	if d.in.Known != nil {
		s = d.in.Known.QUIC()
	}
	if s == nil {
		s = NewQUICSession(nil)
		s.Add(d.in.Number, c.rest())
	}
	for i := 0; i < maxQUICPackets && c.ok() && c.left() > 0; i++ {
		if i > 0 && !looksLikeQUIC(&c) && c.peek(0)&0xc0 != 0x40 {
			break // padding
		}
		d.setInfo("") // each packet's words take the place of those before
		quicPacket(&c, s, i == 0)
	}
	if c.ok() && c.captured() > 0 {
		c.bytes(fQUICRest, c.captured())
	}
	if c.ok() {
		c.end()
	}
}

// quicPacket takes one packet apart; begins says that it is the datagram's first.
func quicPacket(c *cursor, s *QUICSession, begins bool) {
	first := uint64(c.peek(0))
	start := c.pos
	size := c.left()
	h, whole := readQUICHeader(c)
	if whole {
		size = h.end
	}
	var conn *quicConn
	side, o, open := 0, tlskeys.OpenedInitial{}, false
	if whole && h.kind == quicInitial && h.end <= c.captured() {
		conn, side, o, open = s.opened(c.rest()[:h.end], &h)
	}
	if c.on() {
		if n, ok := s.number(conn); ok && begins {
			c.addAt(fText, start, 0, Node{text: "QUIC Connection information", Flags: Generated})
			c.begin()
			c.addAt(fQUICConn, start, 0, Node{num: uint64(n), Flags: Generated})
			c.end()
		}
		c.addAt(fQUICLength, start, 0, Node{num: uint64(size), Flags: Generated})
	}
	if first&0x80 == 0 {
		quicShort(c, s, first)
		return
	}
	c.u8(nil)
	c.bits(fQUICForm, 1, first)
	c.bits(fQUICFixed, 1, first)
	version := c.peek32(0)
	if version != 0 {
		f := fQUICType
		if quicVersions(uint64(version)) == "2" {
			f = fQUICType2
		}
		c.bits(f, 1, first)
	}
	if open {
		c.bits(fQUICReserved, 1, uint64(o.First))
		c.bits(fQUICNumberLen, 1, uint64(o.First))
	}
	c.u32(fQUICVersion)
	dcid := c.bytesIf(fQUICDCID, int(c.u8(fQUICDCIL)))
	scid := c.bytesIf(fQUICSCID, int(c.u8(fQUICSCIL)))
	kind := quicKind(byte(first), version)
	if c.cols() && c.ok() {
		name := quicTypes(uint64(kind))
		if version == 0 {
			name = "Version Negotiation"
		}
		c.d.infoAppend(name)
		if len(dcid) > 0 {
			c.d.infoAppend(", DCID=" + hex.EncodeToString(dcid))
		}
		if len(scid) > 0 {
			c.d.infoAppend(", SCID=" + hex.EncodeToString(scid))
		}
	}
	switch {
	case !c.ok():
		return
	case version == 0:
		for c.ok() && c.left() >= 4 {
			c.u32(fQUICVer)
		}
		return
	case kind == quicRetry: // a token up to the tag (RFC 9000 §17.2.5)
		c.bytesIf(fQUICRetryToken, c.left()-16)
		c.bytes(fQUICRetryTag, 16)
		return
	case kind == quicInitial:
		if n := int(quicNumber(c, fQUICTokenLen)); n > 0 && c.ok() {
			c.bytes(fQUICToken, n)
		}
	}
	n := int(min(quicNumber(c, fQUICLen), uint64(max(0, c.left()))))
	switch {
	case !c.ok():
	case open:
		c.skip(o.NumberLen)
		c.add(fQUICNumber, o.NumberLen, Node{num: o.Number})
		c.d.infoAppend(", PKN: " + strconv.FormatUint(o.Number, 10))
		c.bytes(fQUICPayload, n-o.NumberLen)
		plain := c.newSource("Decrypted QUIC", o.Frames)
		c.d.guard(&plain, func() { quicFrames(&plain, s, conn, side) })
	case n > 0:
		s.shut(c, kind == quicInitial)
		c.bytes(fQUICRest, n)
	}
}

// quicShort shows a packet with a short header (RFC 9000 §17.3).
func quicShort(c *cursor, s *QUICSession, first uint64) {
	c.d.infoAppend("Protected Payload (KP0)")
	label, n := "QUIC Short Header", 1
	id := s.shortID(c.rest()[1:])
	if len(id) > 0 {
		word := "DCID=" + hex.EncodeToString(id)
		label += " " + word
		n += len(id)
		c.d.infoAppend(", " + word)
	}
	if c.on() {
		c.addAt(fQUICShort, c.pos, c.captured(), Node{text: label})
		c.begin()
	}
	c.u8(nil)
	c.bits(fQUICForm, 1, first)
	c.bits(fQUICFixed, 1, first)
	c.bits(fQUICSpin, 1, first)
	c.bytesIf(fQUICDCID, len(id))
	c.end()
	s.shut(c, false)
	c.bytes(fQUICRest, c.captured())
}

// shut notes that what follows in a known connection cannot be read, and why.
func (s *QUICSession) shut(c *cursor, initial bool) {
	greeted, known := s.greeted()
	if !known || !c.on() || !c.ok() {
		return
	}
	why := "Missing TLS handshake, unsupported ciphers or padding"
	switch {
	case initial:
		why = "Decryption (checktag) failed: Checksum error"
	case greeted:
		why = "Secrets are not available"
	}
	c.expert(WarnSev, GroupDecryption, eQUICShut, "Failed to create decryption context: "+why)
}

// bytesIf reads bytes if there are any to be read.
func (c *cursor) bytesIf(f *Field, n int) []byte {
	if n == 0 {
		return nil
	}
	return c.bytes(f, n)
}

// quicNumber reads a number of one to eight bytes (RFC 9000 §16).
func quicNumber(c *cursor, f *Field) uint64 {
	n := 1 << (c.peek(0) >> 6)
	if !c.need(n) {
		return 0
	}
	v := uint64(c.peek(0) & 0x3f)
	for i := 1; i < n; i++ {
		v = v<<8 | uint64(c.peek(i))
	}
	c.skip(n)
	c.add(f, n, Node{num: v})
	return v
}
