package dissect

import (
	"encoding/binary"
	"fmt"

	"tcplens/internal/packet"
)

// http2Calls is what is known of the messages of gRPC in one direction of a stream.
// They are shown where they end, and not where the stream does.
type http2Calls struct {
	grpcCall
	open *http2Message // the message that has not ended
	head [grpcHeadLen]byte
	lost bool // where messages begin is not known any more
}

// http2Message is a message of gRPC that is in several DATA frames.
type http2Message struct {
	parts []contentPart
	data  []byte
	have  int  // bytes that have come
	size  int  // of all, bytes; 0 while its header is not whole
	over  bool // it is too large to be kept: there are no parts and no data
	done  packet.Number
}

// http2Pieces says what a DATA frame brings of messages that are in several: the
// end of one, the beginning of another, or the middle of one, which is its end.
type http2Pieces struct {
	calls    *http2Calls
	end      *http2Message
	endLen   int  // bytes
	ended    bool // it is whole with them
	begin    *http2Message
	beginLen int
}

// addCalls takes the n bytes of content of a DATA frame; b is nil if they were not
// looked into.
func (x *http2Session) addCalls(calls *http2Calls, frame packet.Number, b []byte, n int) (p http2Pieces) {
	if calls.lost || len(b) != n {
		x.endMessage(calls, 0)
		calls.lost = true
		return p
	}
	p.calls = calls
	if m := calls.open; m != nil {
		p.end = m
		for len(b) > 0 && (m.size == 0 || m.have < m.size) {
			k := min(grpcHeadLen-m.have, len(b))
			if m.size > 0 {
				k = min(m.size-m.have, len(b))
			}
			x.addMessage(calls, m, frame, b[:k])
			p.endLen += k
			b = b[k:]
		}
		if m.size == 0 || m.have < m.size {
			return p
		}
		x.endMessage(calls, frame)
		p.ended = true
	}
	for len(b) > 0 {
		size := grpcSize(b)
		if size > len(b) {
			break
		}
		b = b[size:]
	}
	if len(b) > 0 {
		m := &http2Message{}
		calls.open, p.begin, p.beginLen = m, m, len(b)
		x.addMessage(calls, m, frame, b)
	}
	return p
}

// addMessage puts bytes to a message.
func (x *http2Session) addMessage(calls *http2Calls, m *http2Message, frame packet.Number, b []byte) {
	if m.have < grpcHeadLen {
		copy(calls.head[m.have:], b)
	}
	part := contentPart{frame, m.have, len(b)}
	m.have += len(b)
	if m.have >= grpcHeadLen && m.size == 0 {
		m.size = grpcHeadLen + int(binary.BigEndian.Uint32(calls.head[1:]))
	}
	switch {
	case m.over:
	case m.size > maxHTTP2Body || len(m.parts) >= maxHTTP2Parts || x.open+len(b) > maxHTTP2Open:
		x.open -= len(m.data)
		m.over, m.data, m.parts = true, nil, nil
	default:
		x.open += len(b)
		m.data, m.parts = append(m.data, b...), append(m.parts, part)
	}
}

// endMessage notes that the open message is whole, or that its rest does not come
// (frame is 0 then).
func (x *http2Session) endMessage(calls *http2Calls, frame packet.Number) {
	if m := calls.open; m != nil {
		m.done = frame
		x.open -= len(m.data)
		calls.open = nil
	}
}

// missing is how many bytes a message lacks; of a header that is not whole, as many
// as it needs.
func (m *http2Message) missing() int {
	if m.size == 0 {
		return grpcHeadLen - m.have
	}
	return m.size - m.have
}

// showPieces shows the content of a DATA frame that has messages of gRPC, n bytes.
func (f *http2Frame) showPieces(c *cursor, n int) {
	p := &f.pieces
	payload := c.to(n)
	if c.on() {
		payload.addAt(fH2Data, payload.pos, n, Node{raw: payload.rest(), text: "DATA payload (" + plural(n, "byte") + ")"})
	}
	segment := func(m *http2Message, off, n int) {
		if !c.on() {
			return
		}
		if m.done != 0 {
			payload.addAt(fH2BodyIn, off, n, Node{num: uint64(m.done), Flags: Generated})
		}
		b := payload.b[off:min(off+n, payload.have)]
		payload.addAt(fH2Segment, off, n, Node{raw: b, text: "DATA segment data (" + plural(n, "byte") + ")"})
	}
	at := payload.pos
	if p.end != nil {
		segment(&f.end, at, p.endLen)
		at += p.endLen
	}
	if p.begin != nil {
		segment(&f.begun, payload.pos+n-p.beginLen, p.beginLen)
	}
	f.middle = payload
	f.middle.start, f.middle.pos, f.middle.limit = at, at, payload.limit-p.beginLen
	f.middle.have = min(f.middle.have, f.middle.limit)
	f.showMissing(c)
}

// showMissing says that a message ends before it is whole, because its stream does.
func (f *http2Frame) showMissing(c *cursor) {
	m := &f.begun
	if f.pieces.begin == nil {
		m = &f.end
	}
	if f.flags()&h2FlagEndStream == 0 || m.have == 0 || m.done != 0 || !c.on() {
		return
	}
	s := fmt.Sprintf("%s, %d bytes are missing before END_STREAM.", eH2Reassembly.Name, m.missing())
	c.addAt(fText, c.start, 0, Node{text: s})
	c.begin()
	c.expert(WarnSev, GroupUndecoded, eH2Reassembly, s)
	c.end()
}

// joinedMessage shows of which frames a message was joined that ends here, inside
// of HTTP/2's node.
func (f *http2Frame) joinedMessage(c *cursor) {
	if !f.pieces.ended {
		return
	}
	if f.end.over {
		if c.on() {
			c.addAt(fH2BodyLen, f.off, 0, Node{num: uint64(f.end.size), Flags: Generated})
			c.begin()
			c.expert(NoteSev, GroupUndecoded, eGRPCTooLong, eGRPCTooLong.Name)
			c.end()
		}
		return
	}
	f.joined = c.newSource("Reassembled body", f.end.data)
	http2Parts.show(f.joined, f.end.parts)
}

// messages shows the messages of gRPC that end in a frame, behind HTTP/2's node.
func (f *http2Frame) messages(c *cursor) {
	p := &f.pieces
	if f.joined.left() > 0 {
		dissectGRPC(f.joined, &f.call)
	}
	if f.middle.captured() >= grpcHeadLen && f.middle.captured() == f.middle.left() {
		dissectGRPC(f.middle, &f.call)
	}
	if p.begin != nil {
		c.d.infoAppend(" [HTTP2 segment of a reassembled PDU]")
	}
}
