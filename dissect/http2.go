package dissect

import (
	"strconv"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/text"
)

// dissectHTTP2 takes the frames of HTTP/2 apart that a run of bytes holds (RFC 9113).
func dissectHTTP2(c cursor, p *payload) {
	x := http2Run{payload: p}
	if p.Messages != nil {
		x.session, x.frame = p.Session, p.Frame
	} else {
		x.session, x.frame = http2Alone(&c), 1
	}
	if !http2Whole(&c) && p.Messages == nil {
		return
	}
	c.d.enter(pHTTP2)
	c.d.setProto("HTTP2")
	c.d.setInfo("")
	for c.ok() && c.captured() > 0 && (p.Messages != nil || http2Whole(&c)) {
		var h http2Head
		size := c.left()
		if copy(h[:], c.rest()) == http2HeadLen {
			size = h.size()
		}
		one := c.to(size)
		c.d.guard(&one, func() { x.one(&one, &h) })
	}
}

// http2Alone makes a session of what one packet holds, for a packet of which
// nothing else is known.
func http2Alone(c *cursor) *Session {
	s := NewSession(AppHTTP2)
	s.Begin(1, 0, 0, false)
	s.Framer(0).Push(tcp.Piece{Data: c.rest(), Number: 1, Cut: uint32(c.left() - c.captured())}, nil)
	return s
}

// http2Whole says whether a whole frame begins here, or the snap length cut it.
func http2Whole(c *cursor) bool {
	var h http2Head
	if c.captured() < c.left() {
		return true
	}
	return copy(h[:], c.rest()) == http2HeadLen && h.size() <= c.left()
}

// http2Run is a run of frames in one call.
type http2Run struct {
	*payload
	session *Session
	frame   packet.Number
}

// http2Frame is a frame while it is taken apart.
type http2Frame struct {
	*http2Run
	http2Head
	http2Known
	off  int   // its first byte
	node int32 // its line in the tree; −1 without one
	data cursor
	body bool // data is the whole content of a message, which ends here

	middle, joined cursor // messages of gRPC: those that are whole, and what was joined
}

// one takes one frame apart, or the preface.
func (x *http2Run) one(c *cursor, h *http2Head) {
	c.d.setProto("HTTP2")
	off := c.pos
	if c.on() {
		c.addAt(&pHTTP2.field, off, 0, Node{})
	}
	c.begin()
	if h.isPreface() {
		c.sub(fH2Stream, "Stream: Magic")
		c.d.infoSep(", ", "Magic")
		c.str(fH2Magic, len(http2Preface))
		c.end()
		c.end()
		return
	}
	f := http2Frame{http2Run: x, http2Head: *h, off: off}
	switch h.kind() {
	case h2Data, h2Headers, h2PushPromise, h2Continuation:
		f.http2Known, x.frames = x.session.http2At(x.frame, x.frames, h)
		if x.Messages != nil && x.FirstVisit {
			f.http2Known.until(x.frame)
		}
	}
	f.dissect(c)
	if c.ok() {
		f.joinedMessage(c)
		c.end()
		f.messages(c)
	}
}

// dissect shows a frame, and the content that ends with it.
func (f *http2Frame) dissect(c *cursor) {
	if !c.need(http2HeadLen) {
		return
	}
	name := http2TypeName(uint64(f.kind()))
	if name == "" {
		name = "Unknown type (" + strconv.Itoa(int(f.kind())) + ")"
	}
	id := strconv.FormatUint(uint64(f.stream()), 10)
	if c.cols() {
		c.d.infoSep(", ", name+"["+id+"]")
	}
	c.sub(fH2Stream, "Stream: "+name+", Stream ID: "+id+", Length "+strconv.Itoa(f.length()))
	f.node = c.d.openIndex()
	c.u24(fH2Length)
	c.u8(fH2Type)
	f.showFlags(c)
	v := uint64(c.peek32(0))
	c.skip(4)
	c.bits(fH2R, 4, v)
	c.bits(fH2StreamID, 4, v)
	f.fields(c)
	if !c.ok() {
		return
	}
	c.end()
	if f.body {
		f.contentOf(c)
	}
}

// line adds to the frame's line in the tree.
func (f *http2Frame) line(c *cursor, s string) { c.nodeAt(f.node).append(s) }

// fields takes apart what follows the frame's header.
func (f *http2Frame) fields(c *cursor) {
	switch f.kind() {
	case h2Data:
		pad := f.padding(c)
		f.showData(c, max(0, c.left()-pad))
		if pad > 0 {
			c.bytes(fH2DataPad, pad)
		}
	case h2Headers:
		if f.last {
			f.showBody(c)
		}
		f.showMissing(c)
		pad := f.padding(c)
		if f.flags()&h2FlagPriority != 0 {
			f.priority(c)
		}
		f.block(c, fH2Block, fH2BlockPad, pad)
	case h2Priority:
		f.priority(c)
	case h2RSTStream:
		c.u32(fH2RSTError)
	case h2Settings:
		for c.ok() && c.left() > 0 {
			http2Setting(c)
		}
	case h2PushPromise:
		pad := f.padding(c)
		f.reserved(c, fH2PushR, fH2Promised)
		f.block(c, fH2Push, fH2PushPad, pad)
	case h2Ping:
		field := fH2Ping
		if f.flags()&h2FlagACK != 0 {
			field = fH2Pong
		}
		c.bytes(field, 8)
	case h2GoAway:
		f.reserved(c, fH2AwayR, fH2AwayLast)
		c.u32(fH2AwayErr)
		if c.left() > 0 {
			c.bytes(fH2AwayData, c.left())
		}
	case h2WindowUpdate:
		f.reserved(c, fH2WindowR, fH2Window)
	case h2Continuation:
		f.block(c, fH2Cont, nil, f.padding(c))
	default:
		f.extension(c)
	}
}

// extension takes apart a frame of a type that extensions have added (RFC 7838
// §4, RFC 8336 §2, RFC 9218 §7.1), or that nobody knows.
func (f *http2Frame) extension(c *cursor) {
	switch f.kind() {
	case h2AltSvc:
		n := int(c.u16(fH2AltOriginLen))
		if n > 0 {
			c.str(fH2AltOrigin, n)
		}
		if c.ok() && c.left() > 0 {
			c.str(fH2AltValue, c.left())
		}
	case h2Origin:
		for c.ok() && c.left() > 0 {
			n := int(c.peek16(0))
			c.addAt(fH2Origins, c.pos, 2+n, Node{})
			c.begin()
			c.u16(fH2OriginLen)
			c.str(fH2Origin, n)
			c.end()
		}
	case h2PrioUpdate:
		c.uint(fH2PrioStream, 4)
		if c.ok() && c.left() > 0 {
			c.str(fH2PrioValue, c.left())
		}
	default:
		if c.left() > 0 {
			c.bytes(fH2Unknown, c.left())
		}
	}
}

// http2Flags gives the flags that a type of frame has, from the highest bit on:
// first the bits that it does not use (RFC 9113 §6).
func http2Flags(kind byte) []*Field {
	switch kind {
	case h2Data:
		return []*Field{fH2UnusedData, fH2Padded, fH2EndStream}
	case h2Headers:
		return []*Field{fH2UnusedHeaders, fH2PriorityFlag, fH2Padded, fH2EndHeaders, fH2EndStream}
	case h2Settings:
		return []*Field{fH2UnusedSettings, fH2ACKSettings}
	case h2PushPromise:
		return []*Field{fH2UnusedPush, fH2Padded, fH2EndHeaders}
	case h2Ping:
		return []*Field{fH2UnusedPing, fH2ACKPing}
	case h2Continuation:
		return []*Field{fH2UnusedCont, fH2Padded, fH2EndHeaders}
	}
	return []*Field{fH2Unused}
}

func (f *http2Frame) showFlags(c *cursor) {
	v := uint64(c.u8(fH2Flags))
	if !c.on() {
		return
	}
	c.begin()
	head := c.d.openIndex()
	set := ""
	for _, flag := range http2Flags(f.kind()) {
		if c.bits(flag, 1, v) != 0 && flag.Type == TBool {
			set += ", " + flag.Name
		}
	}
	c.end()
	c.nodeAt(head).append(set)
}

// padding reads how much padding there is (RFC 9113 §6.1).
func (f *http2Frame) padding(c *cursor) int {
	pad := 0
	if f.flags()&h2FlagPadded != 0 && f.kind() != h2Continuation {
		pad = int(c.u8(fH2Padding))
	}
	c.gen(fH2PadLen, uint64(pad))
	return min(pad, c.left())
}

// reserved reads a number of 31 bits and the bit before it.
func (f *http2Frame) reserved(c *cursor, bit, number *Field) {
	v := uint64(c.peek32(0))
	c.skip(4)
	if c.ok() {
		c.bits(bit, 4, v)
		c.bits(number, 4, v)
	}
}

// priority reads what a stream depends on (RFC 7540 §6.3).
func (f *http2Frame) priority(c *cursor) {
	f.reserved(c, fH2Exclusive, fH2Depends)
	w := c.u8(fH2Weight)
	if c.ok() {
		c.addAt(fH2WeightIs, c.pos-1, 1, Node{num: uint64(w) + 1, Flags: Generated})
	}
}

// http2Setting reads one setting (RFC 9113 §6.5.1).
func http2Setting(c *cursor) {
	if !c.need(6) {
		return
	}
	id, v := c.peek16(0), c.peek32(2)
	if c.on() {
		name := http2SettingName(uint64(id))
		if name == "" {
			name = "Unknown (" + strconv.Itoa(int(id)) + ")"
		}
		c.addAt(fH2Settings, c.pos, 6, Node{text: "Settings - " + name + " : " + strconv.FormatUint(uint64(v), 10)})
	}
	c.begin()
	c.u16(fH2SettingID)
	c.u32(http2SettingField(id))
	c.end()
}

// block shows a fragment of a header block and the headers that it ends.
func (f *http2Frame) block(c *cursor, field, padField *Field, pad int) {
	n := max(0, c.left()-pad)
	off := c.pos
	if field == fH2Cont {
		c.str(field, n)
	} else if b := c.raw(n); b != nil {
		c.add(field, n, Node{raw: b})
	}
	if c.ok() {
		f.showHeaders(c, off)
	}
	if pad > 0 && padField != nil {
		c.bytes(padField, pad)
	}
}

// printable is what a label shows of a header.
func printable(s string) string { return text.Printable(s) }
