package dissect

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
)

var (
	pGRPC        = newProto("GRPC Message", "GRPC", "grpc")
	fGRPCType    = pGRPC.u8("grpc.frame_type", "Frame Type", Dec, mask(0x80), names(list("Data", "Trailer")))
	fGRPCPacked  = pGRPC.u8("grpc.compressed_flag", "Compressed Flag", Dec, mask(0x01), names(list("Not Compressed", "Compressed")))
	fGRPCLength  = pGRPC.u32("grpc.message_length", "Message Length", Dec)
	fGRPCData    = pGRPC.bytes("grpc.message_data", "Message Data")
	eGRPCMost    = pGRPC.none("grpc.body_decompression_limit", "Decompression stopped at the limit")
	eGRPCBad     = pGRPC.none("grpc.body_malformed", "Malformed message data")
	eGRPCTooLong = pGRPC.none("grpc.message_limit", "The message is too large to be kept")
)

// grpcHeadLen is the length of what stands before a message, bytes (gRPC over
// HTTP2, Length-Prefixed-Message).
const grpcHeadLen = 5

// grpcCall is what the messages of one direction of a call have in common.
type grpcCall struct {
	path     string // what is called
	mime     string
	coding   string // of messages that are compressed
	response bool
}

// isGRPC knows the media types whose content is messages of gRPC.
func isGRPC(mime string) bool {
	switch mime {
	case "application/grpc", "application/grpc+proto", "application/grpc+json", "application/grpc-web", "application/grpc-web+proto":
		return true
	}
	return isGRPCText(mime)
}

// isGRPCText knows those that are in base64.
func isGRPCText(mime string) bool {
	return mime == "application/grpc-web-text" || mime == "application/grpc-web-text+proto"
}

// short names the kind of gRPC.
func (call *grpcCall) short() string {
	switch {
	case isGRPCText(call.mime):
		return "GRPC-Web-Text"
	case strings.HasPrefix(call.mime, "application/grpc-web"):
		return "GRPC-Web"
	}
	return "GRPC"
}

// dissectGRPC shows the messages that a run of bytes holds, as far as they are whole.
func dissectGRPC(c cursor, call *grpcCall) {
	if isGRPCText(call.mime) {
		plain, ok := grpcText(c.rest())
		if !ok {
			dissectData(c)
			return
		}
		c = c.newSource("Base64 decoded grpc data", plain)
	}
	c.d.enter(pGRPC)
	for first := true; c.ok(); first = false {
		n := grpcSize(c.rest())
		if n > c.captured() {
			if !first {
				c.d.protoFence()
			}
			call.incomplete(&c, n)
			break
		}
		if first {
			c.d.setProto(call.short())
			c.d.infoAppend(" (" + call.short() + ")")
		}
		one := c.to(n)
		c.d.guard(&one, func() { call.message(&one) })
	}
}

// grpcText decodes base64, of which several texts may follow each other.
func grpcText(b []byte) (plain []byte, ok bool) {
	for len(b) > 0 {
		n := len(b)
		if k := bytes.IndexByte(b, '='); k >= 0 {
			n = k
			for n < len(b) && b[n] == '=' {
				n++
			}
		}
		part, err := base64.StdEncoding.AppendDecode(plain, b[:n])
		if err != nil {
			return plain, len(plain) > 0
		}
		plain, b = part, b[n:]
	}
	return plain, len(plain) > 0
}

// grpcSize gives the length of the message that b begins with, bytes; that of its
// header, if that is not whole.
func grpcSize(b []byte) int {
	if len(b) < grpcHeadLen {
		return grpcHeadLen
	}
	return grpcHeadLen + int(binary.BigEndian.Uint32(b[1:]))
}

// incomplete says that a message of n bytes is not whole.
func (call *grpcCall) incomplete(c *cursor, n int) {
	if !c.on() || c.captured() == 0 {
		return
	}
	s := fmt.Sprintf("GRPC Malformed message data: only %d bytes left, need at least %d bytes.", c.captured(), n)
	c.addAt(fText, c.pos, c.captured(), Node{text: s})
	c.begin()
	c.expert(WarnSev, GroupUndecoded, eGRPCBad, s)
	c.end()
}

// message shows one message, which is whole, and what it carries.
func (call *grpcCall) message(c *cursor) {
	trailer := c.peek(0)&0x80 != 0
	if c.on() {
		label := call.short() + " Message"
		if call.path != "" {
			label += ": " + printable(call.path) + ", " + map[bool]string{false: "Request", true: "Response"}[call.response]
		}
		if trailer {
			label += " (Trailer)"
		}
		c.addAt(&pGRPC.field, c.pos, c.left(), Node{text: label})
	}
	c.begin()
	flags := uint64(c.peek(0))
	c.skip(1)
	c.bits(fGRPCType, 1, flags)
	packed := c.bits(fGRPCPacked, 1, flags) != 0
	if c.u32(fGRPCLength) == 0 {
		c.end()
		return
	}
	w := c.tail()
	known := true
	if packed {
		w, known = call.unpack(c, w)
	}
	if c.on() {
		w.addAt(fGRPCData, w.pos, w.left(), Node{raw: w.rest(), text: fmt.Sprintf("Message Data: %d bytes", w.left())})
	}
	if trailer && known {
		mediaInfo(c, call.mime)
		textLines(w, call.mime)
		known = false
	}
	c.end()
	switch {
	case !known:
	case isGRPCJSON(call.mime, w.rest()):
		c.d.setProto(call.short() + "/JSON")
		c.d.infoAppend(", JavaScript Object Notation (application/grpc+json)")
		dissectJSON(w, "application/grpc+json")
	default:
		what := ""
		if call.path != "" {
			what = call.path + map[bool]string{false: ",request", true: ",response"}[call.response]
		}
		dissectProtobuf(w, what)
	}
}

// unpack undoes the compression of a message. known says that what it has can be told.
func (call *grpcCall) unpack(c *cursor, w cursor) (plain cursor, known bool) {
	if coding := strings.ToLower(call.coding); coding == "" || coding == "identity" {
		return w, false
	}
	out := unpack(call.coding, w.rest())
	label := fmt.Sprintf("Message-encoded entity body (%s): %s", printable(call.coding), plural(w.left(), "byte"))
	if out.state == unpackBad {
		return w, false
	}
	if c.on() {
		w.addAt(fText, w.pos, w.left(), Node{text: label + " -> " + plural(len(out.data), "byte")})
		if out.state == unpackOver {
			w.begin()
			w.expert(WarnSev, GroupUndecoded, eGRPCMost, eGRPCMost.Name)
			w.end()
		}
	}
	return c.newSource("Uncompressed message", out.data), true
}

// isGRPCJSON says whether a message is JSON: by its type, or because it looks so.
func isGRPCJSON(mime string, b []byte) bool {
	b = bytes.TrimSpace(b)
	return mime == "application/grpc+json" || len(b) >= 2 && b[0] == '{' && b[len(b)-1] == '}'
}
