package dissect

import (
	"encoding/hex"
	"strconv"
)

var (
	pQUIC         = newProto("QUIC IETF", "QUIC", "quic")
	fQUICLength   = pQUIC.u32("quic.packet_length", "Packet Length", Dec)
	fQUICForm     = pQUIC.u8("quic.header_form", "Header Form", Dec, mask(0x80), names(list("Short Header", "Long Header")))
	fQUICFixed    = pQUIC.flag(TUint8, "quic.fixed_bit", "Fixed Bit", 0x40, names(trueFalse))
	fQUICType     = pQUIC.u8("quic.long.packet_type", "Packet Type", Dec, mask(0x30), names(quicTypes))
	fQUICVersion  = pQUIC.u32("quic.version", "Version", Hex, names(quicVersions))
	fQUICDCIL     = pQUIC.u8("quic.dcil", "Destination Connection ID Length", Dec)
	fQUICDCID     = pQUIC.bytes("quic.dcid", "Destination Connection ID")
	fQUICSCIL     = pQUIC.u8("quic.scil", "Source Connection ID Length", Dec)
	fQUICSCID     = pQUIC.bytes("quic.scid", "Source Connection ID")
	fQUICTokenLen = pQUIC.u64("quic.token_length", "Token Length", Dec)
	fQUICToken    = pQUIC.bytes("quic.token", "Token")
	fQUICLen      = pQUIC.u64("quic.length", "Length", Dec)
	fQUICVer      = pQUIC.u32("quic.supported_version", "Supported Version", Hex, names(quicVersions))
	fQUICRest     = pQUIC.bytes("quic.remaining_payload", "Remaining Payload")
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

// dissectQUIC shows the headers of the packets in a datagram; what they carry is
// encrypted and shown as bytes.
func dissectQUIC(c cursor) {
	c.d.setProto("QUIC")
	c.d.setInfo("")
	c.proto(pQUIC)
	const most = 16 // packets of one datagram that are shown
	for i := 0; i < most && c.ok() && c.left() > 0; i++ {
		if i > 0 && !looksLikeQUIC(&c) && c.peek(0)&0xc0 != 0x40 {
			break // padding
		}
		if i > 0 && c.cols() {
			c.d.infoAppend(", ")
		}
		quicPacket(&c)
	}
	if c.ok() && c.captured() > 0 {
		c.bytes(fQUICRest, c.captured())
	}
	if c.ok() {
		c.end()
	}
}

// quicPacket reads the header of one packet.
func quicPacket(c *cursor) {
	first := uint64(c.peek(0))
	if n := quicLength(c); c.on() {
		c.addAt(fQUICLength, c.pos, n, Node{num: uint64(n), Flags: Generated})
	}
	long := first&0x80 != 0
	if !long {
		c.u8(nil)
		c.bits(fQUICForm, 1, first)
		c.bits(fQUICFixed, 1, first)
		c.d.infoAppend("Protected Payload (KP0)")
		c.bytes(fQUICRest, c.captured())
		return
	}
	c.u8(nil)
	c.bits(fQUICForm, 1, first)
	c.bits(fQUICFixed, 1, first)
	negotiation := c.peek32(0) == 0
	if !negotiation {
		c.bits(fQUICType, 1, first)
	}
	c.u32(fQUICVersion)
	dcid := c.bytes(fQUICDCID, int(c.u8(fQUICDCIL)))
	scid := c.bytes(fQUICSCID, int(c.u8(fQUICSCIL)))
	if c.cols() && c.ok() {
		kind := quicTypes(first >> 4 & 3)
		if negotiation {
			kind = "Version Negotiation"
		}
		c.d.infoAppend(kind)
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
	case negotiation:
		for c.ok() && c.left() >= 4 {
			c.u32(fQUICVer)
		}
		return
	case first>>4&3 == 3: // Retry: a token up to the end
		c.bytes(fQUICToken, c.left())
		return
	case first>>4&3 == 0:
		if n := int(quicNumber(c, fQUICTokenLen)); n > 0 && c.ok() {
			c.bytes(fQUICToken, n)
		}
	}
	n := int(min(quicNumber(c, fQUICLen), uint64(max(0, c.left()))))
	if c.ok() && n > 0 {
		c.bytes(fQUICRest, n)
	}
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

// quicLength finds how long the packet at the cursor is.
func quicLength(c *cursor) int {
	k := *c
	k.d = &Dissection{in: c.d.in} // what goes wrong here is of no account
	first := k.peek(0)
	if first&0x80 == 0 || k.peek32(1) == 0 || first>>4&3 == 3 {
		return c.left()
	}
	k.skip(5)
	k.skip(int(k.u8(nil)))
	k.skip(int(k.u8(nil)))
	if first>>4&3 == 0 {
		k.skip(int(min(quicNumber(&k, nil), uint64(c.left()))))
	}
	n := quicNumber(&k, nil)
	if !k.ok() || n > uint64(k.left()) {
		return c.left()
	}
	return k.off() - c.off() + int(n)
}
