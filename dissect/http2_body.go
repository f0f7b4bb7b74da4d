package dissect

import (
	"strings"
)

// dnsMediaType is that of DNS over HTTPS (RFC 8484 §6).
const dnsMediaType = "application/dns-message"

// showData shows the n bytes of content that a DATA frame brings (RFC 9113 §6.1).
func (f *http2Frame) showData(c *cursor, n int) {
	if f.pieces.calls != nil {
		f.showPieces(c, n)
		return
	}
	if f.last {
		if k := len(f.content.parts); k == 1 && f.content.parts[0].n == n && !f.content.over {
			part := c.to(n)
			f.whole(c, part)
			return
		}
		if f.content.over && f.content.size == n {
			c.bytes(fH2Data, n)
			return
		}
		off := c.pos
		f.showBody(c)
		c.pos = off
		c.skip(n)
		return
	}
	if f.flags()&h2FlagEndStream == 0 && n > 0 {
		f.line(c, " (partial entity body)")
		if f.hasBody && f.content.done != 0 {
			c.addAt(fH2BodyIn, f.off, 0, Node{num: uint64(f.content.done)})
		}
	}
	if n > 0 || f.flags()&h2FlagEndStream != 0 && !f.hasBody {
		c.bytes(fH2Data, n)
	}
}

// showBody shows of which frames a body was joined, where it ends.
func (f *http2Frame) showBody(c *cursor) {
	b := &f.content
	if b.over {
		c.addAt(fH2BodyLen, f.off, 0, Node{num: uint64(b.size), Flags: Generated})
		return
	}
	w := c.newSource("Reassembled body", b.data)
	http2Parts.show(w, b.parts)
	f.whole(c, w)
}

// http2Parts are the fields that say of which frames a body was joined.
var http2Parts = partFields{
	name: "Body fragment", all: fH2Fragments, one: fH2Fragment, count: fH2FragCount, length: fH2BodyLen, data: fH2BodyData,
}

// whole shows the bytes of a body, unpacked if they are compressed, and keeps
// them for what comes behind the frame.
func (f *http2Frame) whole(c *cursor, w cursor) {
	b := w.rest()
	f.data, f.body = w, len(b) > 0
	if !f.body || w.captured() < w.left() {
		w.bytes(fH2Data, w.left())
		f.body = false
		return
	}
	if isGRPCText(f.content.mime) {
		if c.on() {
			w.addAt(fH2Data, w.pos, len(b), Node{raw: b, text: "DATA payload (" + plural(len(b), "byte") + ")"})
		}
		f.middle, f.call, f.body = w, f.content.call, false
		return
	}
	coding := f.content.encoding
	if coding == "" || strings.EqualFold(coding, "identity") {
		w.addAt(fH2Data, w.pos, len(b), Node{raw: b})
		return
	}
	plain, ok := unpackBody(&w, coding, eH2UnpackMost)
	if !ok && c.on() {
		w.addAt(fText, w.pos, len(b), Node{text: eH2BodyUnpack.Name})
		w.begin()
		w.expert(WarnSev, GroupUndecoded, eH2BodyUnpack, eH2BodyUnpack.Name)
		w.end()
	}
	f.data = plain
	plain.addAt(fH2Data, plain.pos, plain.left(), Node{raw: plain.rest()})
	c.end()
	f.contentOf(c) // inside of the frame's own node, as tshark has it
	f.body = false
}

// contentOf goes on with a body that has come to its end: as a message of DNS, or
// by its media type.
func (f *http2Frame) contentOf(c *cursor) {
	d := c.d
	w := f.data
	kind := mediaKindOf(f.content.mime, w.rest())
	switch mime := f.content.mime; {
	case isEventStream(mime):
		showEvents(w)
	case mime == dnsMediaType:
		m := dnsMessage{cursor: w, proto: pDNS, peer: f.peer, paired: f.Messages != nil && w.captured() >= 4}
		d.guard(&w, func() { m.dissect(false) })
		d.setProto("DoH")
	case kind == mediaOther, kind == mediaImage && !isImageType(mime):
		// tshark guesses at bodies of HTTP/1 only.
	default:
		d.guard(&w, func() { dissectMedia(w, mime, f.content.params) })
		if d.wantCols && !d.protoLock {
			if kind, ok := strings.CutPrefix(d.cols.Proto[d.protoEnd:], "HTTP/"); ok {
				d.setProto("HTTP2/" + kind)
			}
		}
	}
}
