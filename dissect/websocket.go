package dissect

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"tcplens/internal/tcp"
)

var (
	pWebSocket    = newProto("WebSocket", "WebSocket", "websocket")
	fWSFin        = pWebSocket.flag(TUint8, "websocket.fin", "Fin", 0x80, names(trueFalse))
	fWSReserved   = pWebSocket.u8("websocket.rsv", "Reserved", Hex, mask(0x70))
	fWSPacked     = pWebSocket.flag(TUint8, "websocket.pmc", "Per-Message Compressed", 0x40, names(trueFalse))
	fWSOpcode     = pWebSocket.u8("websocket.opcode", "Opcode", Dec, mask(0x0f), names(webSocketOpcode))
	fWSMask       = pWebSocket.flag(TUint8, "websocket.mask", "Mask", 0x80, names(trueFalse))
	fWSLen        = pWebSocket.u8("websocket.payload_length", "Payload length", Dec, mask(0x7f))
	fWSLen16      = pWebSocket.u16("websocket.payload_length_ext_16", "Extended Payload length (16 bits)", Dec)
	fWSLen64      = pWebSocket.u64("websocket.payload_length_ext_64", "Extended Payload length (64 bits)", Dec)
	fWSKey        = pWebSocket.bytes("websocket.masking_key", "Masking-Key")
	fWSMasked     = pWebSocket.none("websocket.masked_payload", "Masked payload")
	fWSPayload    = pWebSocket.none("websocket.payload", "Payload")
	fWSContinue   = pWebSocket.bytes("websocket.payload.continue", "Continue")
	fWSText       = pWebSocket.str("websocket.payload.text", "Text")
	fWSClose      = pWebSocket.none("websocket.payload.close", "Close")
	fWSStatus     = pWebSocket.u16("websocket.payload.close.status_code", "Status code", Dec, names(webSocketStatus))
	fWSReason     = pWebSocket.str("websocket.payload.close.reason", "Reason")
	fWSPing       = pWebSocket.bytes("websocket.payload.ping", "Ping")
	fWSPong       = pWebSocket.bytes("websocket.payload.pong", "Pong")
	fWSUnknown    = pWebSocket.bytes("websocket.payload.unknown", "Unknown")
	fWSFragments  = pWebSocket.none("websocket.fragments", "Reassembled websocket Fragments")
	fWSFragment   = pWebSocket.frame("websocket.fragment", "Websocket Fragment")
	fWSFragCount  = pWebSocket.u32("websocket.fragment.count", "Fragment count", Dec)
	fWSWholeLen   = pWebSocket.u32("websocket.reassembled.length", "Reassembled websocket Payload length", Dec)
	eWSOpcode     = pWebSocket.none("websocket.payload.unknown.expert", "Opcode is not dissected by tcplens")
	eWSUnpacking  = pWebSocket.none("websocket.decompression.failed.expert", "Decompression failed")
	eWSUnpackMost = pWebSocket.none("websocket.decompression.limit", "Decompression stopped at the limit")
	eWSKeepMost   = pWebSocket.none("websocket.reassembled.limit", "The message is too large to be kept")
)

// webSocketOpcode names the opcodes (RFC 6455 §5.2).
func webSocketOpcode(v uint64) string {
	switch v {
	case wsContinuation:
		return "Continuation"
	case wsText:
		return "Text"
	case wsBinary:
		return "Binary"
	case wsClose:
		return "Connection Close"
	case wsPing:
		return "Ping"
	case wsPong:
		return "Pong"
	}
	return ""
}

// webSocketStatus names why a connection is closed (RFC 6455 §7.4.1 and IANA's list).
func webSocketStatus(v uint64) string {
	return list("Normal Closure", "Going Away", "Protocol error", "Unsupported Data", "---Reserved----", "No Status Rcvd",
		"Abnormal Closure", "Invalid frame payload data", "Policy Violation", "Message Too Big", "Mandatory Ext.",
		"Internal Server", "", "", "", "TLS handshake")(v - 1000)
}

type webSocketApplication struct{}

// A port of HTTP may turn to WebSocket, but none is assigned to it.
func (webSocketApplication) about() about { return about{proto: pWebSocket} }

func (webSocketApplication) looks([]byte) bool { return true }

func (webSocketApplication) framer(s *Session, dir uint8) tcp.Framer {
	if s.ws == nil {
		s.ws = &webSocketSession{}
	}
	return &webSocketFramer{session: s, dir: dir}
}

func (webSocketApplication) dissect(c cursor, p *payload) { dissectWebSocket(c, p) }

// size implements sized.
func (webSocketApplication) size(b []byte) int {
	h, ok := webSocketHeadOf(b)
	if !ok || !h.sound() {
		return 0
	}
	return h.size + int(h.length)
}

// dissectWebSocket takes the frames apart that a run of bytes holds (RFC 6455 §5.2).
func dissectWebSocket(c cursor, p *payload) {
	if h, ok := webSocketHeadOf(c.rest()); p.Messages == nil && (!ok || h.length > int64(c.left()-h.size)) {
		return // it goes on in a segment that nobody has
	}
	c.d.enter(pWebSocket)
	c.d.setProto("WebSocket")
	for c.ok() && c.captured() > 0 {
		size := c.left()
		h, ok := webSocketHeadOf(c.rest())
		if ok && h.sound() {
			size = h.size + int(h.length)
		}
		one := c.to(size)
		c.d.guard(&one, func() {
			f := webSocketFrame{payload: p, webSocketHead: h}
			f.dissect(&one)
		})
	}
}

// webSocketFrame is a frame while it is taken apart.
type webSocketFrame struct {
	*payload
	webSocketHead
	webSocketKnown
	packed bool // it is compressed, or begins what is
}

func (f *webSocketFrame) dissect(c *cursor) {
	if !c.need(2) {
		return
	}
	var ws *webSocketSession
	if f.Messages != nil && f.Session != nil {
		ws = f.Session.ws
		f.webSocketKnown = f.Session.webSocketAt(f.Frame, f.frames)
		f.frames++
	}
	f.info(c)
	if c.on() {
		c.addAt(&pWebSocket.field, c.pos, f.size, Node{}) // the header, as tshark has it
	}
	c.begin()
	f.showHead(c, ws != nil && ws.deflate)
	if !c.ok() {
		return
	}
	f.packed = ws != nil && ws.packed(&f.webSocketHead)
	if f.length == 0 && !f.whole {
		c.end()
		return
	}
	f.showPayload(c, ws)
}

// info names the frame in the columns.
func (f *webSocketFrame) info(c *cursor) {
	if !c.cols() {
		return
	}
	name := webSocketOpcode(uint64(f.opcode))
	if name == "" {
		name = "Unknown Opcode"
	}
	fin, masked := "[FRAGMENT] ", " "
	if f.fin {
		fin = " [FIN]"
	}
	if f.masked {
		masked = " [MASKED]"
	}
	c.d.setProto("WebSocket")
	c.d.setInfo("WebSocket " + name + fin + masked)
}

// showHead shows the header.
func (f *webSocketFrame) showHead(c *cursor, deflate bool) {
	first, second := uint64(c.peek(0)), uint64(c.peek(1))
	c.skip(1)
	c.bits(fWSFin, 1, first)
	c.bits(fWSReserved, 1, first)
	if deflate {
		c.bits(fWSPacked, 1, first)
	}
	c.bits(fWSOpcode, 1, first)
	c.skip(1)
	c.bits(fWSMask, 1, second)
	c.bits(fWSLen, 1, second)
	switch second & 0x7f {
	case 126:
		c.last().append(" Extended Payload Length (16 bits)")
		c.u16(fWSLen16)
	case 127:
		c.last().append(" Extended Payload Length (64 bits)")
		c.u64(fWSLen64)
	}
	if f.masked {
		c.bytes(fWSKey, 4)
	}
}

// showPayload shows the payload, and behind the frame what it stands for. The
// frame's node is open.
func (f *webSocketFrame) showPayload(c *cursor, ws *webSocketSession) {
	if !f.sound() {
		c.need(math.MaxInt)
		return
	}
	body := c.tail()
	if f.masked && f.length > 0 {
		n := body.captured()
		plain := bytes.Clone(body.rest())
		unmask(plain, f.mask)
		body.addAt(fWSMasked, body.pos, n, Node{})
		w := c.newSource("Unmasked data", plain)
		w.limit = body.left()
		body = w
	}
	body.addAt(fWSPayload, body.pos, body.captured(), Node{})
	body.begin()
	if body.captured() < body.left() {
		body.need(body.left())
		return
	}
	if f.opcode >= wsControl {
		f.control(&body)
		body.end()
		c.end()
		return
	}
	f.message(c, body, ws)
}

// control shows the payload of a control frame (RFC 6455 §5.5).
func (f *webSocketFrame) control(c *cursor) {
	switch f.opcode {
	case wsClose:
		c.addAt(fWSClose, c.pos, c.left(), Node{})
		c.begin()
		if c.left() >= 2 {
			c.u16(fWSStatus)
			if c.left() > 0 {
				c.str(fWSReason, c.left())
			}
		}
		c.end()
	case wsPing:
		c.bytes(fWSPing, c.left())
	case wsPong:
		c.bytes(fWSPong, c.left())
	default:
		f.unknown(c, f.opcode)
	}
}

// unknown shows a payload of an opcode that nobody has defined.
func (f *webSocketFrame) unknown(c *cursor, opcode byte) {
	c.bytes(fWSUnknown, c.left())
	if c.on() {
		c.begin()
		c.expert(NoteSev, GroupUndecoded, eWSOpcode, "WebSocket opcode "+strconv.Itoa(int(opcode))+" is not dissected by tcplens")
		c.end()
	}
}

// message goes on with the message that a data frame has, begins or ends (RFC 6455
// §5.4, §5.6). The nodes of the payload and the frame are open.
func (f *webSocketFrame) message(c *cursor, body cursor, ws *webSocketSession) {
	opcode, w := f.opcode, body
	var whole cursor
	joined := f.fragment() && f.whole && !f.msg.over
	switch {
	case joined:
		opcode, f.packed = f.msg.opcode, f.msg.packed
		whole = c.newSource("Reassembled Message", f.msg.data)
		w = whole
	case f.fragment():
		body.end()
		c.end()
		f.continuation(c, body)
		return
	}
	plain := inflated{}
	if f.packed {
		if plain = f.msg.plain; !f.part || plain.state == unpackNone {
			var x inflater
			plain = x.message(w.rest(), true, maxInflated)
		}
		if plain.state == unpackDone || plain.state == unpackOver {
			w = c.newSource("Decompressed payload", plain.data)
		}
	}
	bad := plain.state == unpackBad || plain.state == unpackLost
	sip := opcode == wsText && ws != nil && ws.named == "sip" && looksLikeSIP(&w)
	if sip || bad {
		// It is shown behind the frame.
	} else if opcode == wsText {
		w.addAt(fWSText, w.pos, w.captured(), Node{str: string(w.rest())})
	} else if opcode != wsBinary {
		unknown := w
		f.unknown(&unknown, opcode)
	}
	body.end()
	c.end()
	if joined && len(f.msg.parts) > 1 {
		webSocketParts.show(whole, f.msg.parts)
	}
	f.unpacked(c, plain)
	switch {
	case bad || w.left() == 0:
	case sip:
		dissectPortApp(w, &portApp{named: appSIP})
	case opcode == wsText:
		textLines(w, "")
	case opcode == wsBinary:
		dissectData(w)
	}
}

// continuation says behind a frame what becomes of its part of a message.
func (f *webSocketFrame) continuation(c *cursor, body cursor) {
	if f.opcode == wsContinuation && body.left() > 0 {
		body.bytes(fWSContinue, body.left())
	}
	if f.whole && c.on() {
		c.addAt(fWSWholeLen, c.start, 0, Node{num: uint64(f.msg.size), Flags: Generated})
		c.begin()
		c.expert(NoteSev, GroupUndecoded, eWSKeepMost, "The message is too large to be kept")
		c.end()
	}
}

// unpacked says what went wrong with a compressed message.
func (f *webSocketFrame) unpacked(c *cursor, plain inflated) {
	if !c.on() {
		return
	}
	switch {
	case plain.state == unpackBad || plain.state == unpackLost:
		c.addAt(fText, c.start+f.size, int(f.length), Node{text: eWSUnpacking.Name})
		c.begin()
		c.expert(WarnSev, GroupProtocol, eWSUnpacking, eWSUnpacking.Name)
		c.end()
	case plain.state == unpackOver || plain.size > len(plain.data):
		at := fmt.Sprintf("Decompression stopped at the limit: %s of %d are shown", plural(len(plain.data), "byte"), plain.size)
		if plain.state == unpackOver {
			at = "Decompression stopped at the limit: " + plural(plain.size, "byte")
		}
		c.addAt(fText, c.start, 0, Node{text: at, Flags: Generated})
		c.begin()
		c.expert(WarnSev, GroupUndecoded, eWSUnpackMost, eWSUnpackMost.Name)
		c.end()
	}
}

// webSocketParts are the fields that say of which frames a message was joined.
var webSocketParts = partFields{
	name: "Reassembled websocket Fragment", all: fWSFragments, one: fWSFragment, count: fWSFragCount, length: fWSWholeLen,
}
