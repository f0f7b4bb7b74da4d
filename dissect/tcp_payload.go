package dissect

import (
	"fmt"
	"strconv"

	"tcplens/internal/packet"
)

var (
	fTCPReassembledIn = pTCP.frame("tcp.reassembled_in", "Reassembled PDU in frame")
	fTCPSegmentData   = pTCP.bytes("tcp.segment_data", "TCP segment data")
	fTCPSegments      = pTCP.none("tcp.segments", "Reassembled TCP Segments")
	fTCPSegment       = pTCP.frame("tcp.segment", "TCP Segment")
	fTCPSegmentError  = pTCP.frame("tcp.segment.error", "Reassembling error")
	fTCPOverlap       = pTCP.bool("tcp.segment.overlap", "Segment overlap")
	fTCPConflict      = pTCP.bool("tcp.segment.overlap.conflict", "Conflicting data in segment overlap")
	fTCPTooLong       = pTCP.bool("tcp.segment.toolongfragment", "Segment too long")
	fTCPSegmentCount  = pTCP.u32("tcp.segment.count", "Segment count", Dec)
	fTCPJoinedLen     = pTCP.u32("tcp.reassembled.length", "Reassembled TCP length", Dec)
	fTCPJoinedData    = pTCP.bytes("tcp.reassembled.data", "Reassembled TCP Data")
)

const (
	segmentOfPDU  = "[TCP segment of a reassembled PDU]"
	overlapsError = "New fragment overlaps old data (retransmission?)"
	pastError     = "New fragment past old data limits"
)

// payload is the data of a segment, or what was joined from several, on its way
// to an application.
type payload struct {
	*Messages        // nil if nothing is known of the conversation
	rest      []byte // the beginning of the message behind it that does not end here
	seq       uint32 // relative sequence number of the first byte given to the application
	handshake int    // handshake records of this packet before it, for TLS
	requests  int    // requests of this packet before it, for HTTP
	responses int    // and responses
	frames    int    // frames of this packet before it that the session knows, for HTTP/2
	messages  uint32 // messages of this packet before it, as the session counts them, for services
	standing  any    // the state in which they left the conversation, for services; nil if there were none

	within *payload // what TLS has inside, if anything was decrypted
	region int      // 0 for the head of a segment, 1 for the rest
	// outer gives, for what is inside of TLS, what the direction has sent there: see
	// Knowledge.Sent.
	outer func(first packet.Number, from, to uint32) []byte
}

// segmentDataLines adds the lines of TCP's own node that say which bytes of the
// payload belong to messages of several segments (R70, R71).
func segmentDataLines(c *cursor, body cursor, m *Messages) {
	if m == nil || !c.on() {
		return
	}
	c.d.sizesAfter = [2]int32{c.lastChild(), c.lastChild()}
	line := func(off, n int, label string) {
		n = max(0, min(n, body.have-off))
		c.addAt(fTCPSegmentData, off, n, Node{raw: body.b[off : off+n], text: label + " (" + plural(n, "byte") + ")"})
	}
	in := func(n packet.Number) {
		if n != 0 {
			c.gen(fTCPReassembledIn, uint64(n)).span(body.start, 0)
		}
	}
	if m.Withheld == Repeated {
		if n := body.left(); n > 0 && n == body.captured() {
			line(body.pos, n, "Retransmitted TCP segment data")
		}
		return
	}
	if m.Head {
		if m.HeadIn != m.Frame {
			in(m.HeadIn)
		} else if m.Kept {
			pduSizes(c, m, cursor{d: c.d, b: m.Whole, source: noSource, have: len(m.Whole), limit: len(m.Whole)})
		}
		if m.HeadLen > 0 {
			line(body.pos, int(m.HeadLen), "TCP segment data")
		}
	}
	if m.Withheld == PassedOn && m.Session.covers(m.Frame) {
		end := body.have
		if m.Tail {
			end = min(end, body.pos+int(m.TailOff))
		}
		if start := body.pos + int(m.HeadLen); start < end {
			at := body
			at.pos, at.have, at.limit = start, end, end
			pduSizes(c, m, at)
		}
	}
	c.d.sizesAfter[1] = c.lastChild()
	if m.Tail {
		in(m.TailIn)
		off := min(body.pos+int(m.TailOff), body.have)
		line(off, body.have-off, "TCP segment data")
	}
}

// dissectTCPPayload goes on with the data of a TCP segment: the messages that
// end in it. m is what is known of it; nil if nothing is. It is not called when
// only headers are wanted. The segment may be without data if its FIN ends a
// message.
func dissectTCPPayload(c cursor, m *Messages) {
	if !c.d.descend() {
		return
	}
	defer c.d.ascend()
	if m == nil {
		if c.left() > 0 {
			dissectTCPData(c, &payload{})
		}
		return
	}
	p := payload{Messages: m}
	d := c.d
	beginner := "TCP" // what the Protocol column says where a message only begins
	if showTunnel(c, m) {
		beginner = pSOCKS.Short
	}
	given := 0 // parts that were shown to be messages
	if m.Head {
		head := c.to(int(m.HeadLen))
		switch {
		case m.HeadIn != m.Frame || len(m.Pieces) == 0:
			if len(m.Begun) > 0 {
				begunTCPData(c.newSource("Reassembled TCP", m.Begun), &p)
			}
			d.segmentOnly("TCP")
			d.nextPDU()
			given++
		default:
			whole, conflict := joinedSegments(&head, m)
			if !m.Kept {
				break
			}
			p.seq, p.region = m.HeadSeq, 0
			if m.Given > 0 {
				whole = whole.to(int(m.Given))
			}
			dissectTCPData(whole, &p)
			if conflict && d.fail == fine {
				d.infoAppend("[Illegal Segments]")
			}
			d.nextPDU()
			given++
		}
	}
	switch m.Withheld {
	case Repeated, Silent, OutOfStep:
		return
	case Probe:
		dissectData(c)
		return
	case ReassemblyErr:
		notJoined(&c, m.Past)
		return
	}
	if d.fail != fine {
		return
	}
	n := c.left()
	if m.Tail {
		n = min(n, int(m.TailOff)-c.off())
	}
	if n > 0 {
		p.seq, p.region = m.Seq+uint32(c.off()), 1
		middle := c.to(n)
		if m.Tail {
			p.rest = c.rest()
		}
		dissectTCPData(middle, &p)
		d.nextPDU()
		given++
	}
	if m.Tail && n <= 0 && m.FirstVisit {
		begunTCPData(c, &p)
	}
	if m.Tail && given == 0 {
		d.segmentOnly(beginner)
	}
}

// segmentOnly says in the columns that a segment has only a part of a message (R71).
func (d *Dissection) segmentOnly(proto string) {
	d.setProto(proto)
	d.infoSep(" ", segmentOfPDU)
}

// lastChild gives the newest node of the one that is open, −1 without one.
func (c *cursor) lastChild() int32 {
	if o := c.opened(); o != nil {
		return o.last
	}
	return -1
}

// begunTCPData shows what an application says of the beginning of a message
// before it asks for the rest: on a first visit nobody knows yet that there is
// more to come (R71).
func begunTCPData(c cursor, p *payload) {
	app := p.Session.appAt(p.Frame)
	if f := app.framed(); f != nil {
		if f.begun != nil {
			c.d.setInfo(f.begun(c.rest()))
		}
		return
	}
	if b, ok := app.application().(beginner); ok {
		b.begun(c)
	}
}

// nextPDU keeps what a message wrote into the columns from the next one (R70.8).
func (d *Dissection) nextPDU() {
	d.infoFence()
	d.protoLock = true
}

// dissectTCPData gives data to the application that the conversation has, or that
// its ports or its bytes tell when nothing is known of it.
func dissectTCPData(c cursor, p *payload) {
	var app App
	switch {
	case p.Messages == nil:
		app = GuessTCP(c.d.decode, c.d.layer.srcPort, c.d.layer.dstPort, 0, c.rest())
	case p.Session.covers(p.Frame):
		if app = p.Session.App(); p.Session.turnedToTLS(p.Frame) {
			app = AppTLS
		}
	case !p.FirstVisit && p.Session.App() == AppTLS && tcpApps[c.d.layer.srcPort] == nil && tcpApps[c.d.layer.dstPort] == nil:
		// tshark binds a conversation that it finds to be TLS to it from its beginning.
		app = AppTLS
	}
	if x := app.application(); x != nil {
		x.dissect(c, p)
		return
	}
	dissectTCPApp(c, app)
}

// addSource adds a block of bytes to the tree's list and gives its place; −1 if
// the list is full or there is no tree.
func (c *cursor) addSource(name string, b []byte) int {
	t := c.d.tree
	if t == nil || len(t.Sources) >= 255 {
		return -1
	}
	t.Sources = append(t.Sources, Source{Name: name, Bytes: b})
	return len(t.Sources) - 1
}

// newSource gives a cursor over bytes that do not stand in the frame as they are.
// Without room for one more block in the tree's list they count as the frame's.
func (c *cursor) newSource(name string, b []byte) cursor {
	i := max(0, c.addSource(name, b))
	return cursor{d: c.d, b: b, source: uint8(i), have: len(b), limit: len(b)}
}

// piecesLabel lists the segments of a message.
func piecesLabel(m *Messages) string {
	label := fmt.Sprintf("%s (%s): ", plural(len(m.Pieces), "Reassembled TCP Segment"), plural(len(m.Whole), "byte"))
	for k, p := range m.Pieces {
		if k > 0 {
			label += ", "
		}
		if k == maxListedPieces {
			return label + "…"
		}
		label += "#" + strconv.FormatUint(uint64(p.Frame), 10) + "(" + strconv.Itoa(len(p.Data)) + ")"
	}
	return label
}

// joinedSegments shows of which segments a message was joined. It gives the
// message, and says whether segments contradict each other.
func joinedSegments(c *cursor, m *Messages) (w cursor, conflict bool) {
	for _, p := range m.Pieces {
		conflict = conflict || p.Flags&PieceConflict != 0
	}
	w = c.newSource("Reassembled TCP", m.Whole)
	if !c.on() {
		return w, conflict
	}
	label := ""
	if !c.d.bare {
		label = piecesLabel(m)
	}
	w.addAt(fTCPSegments, 0, len(m.Whole), Node{text: label, Flags: Generated})
	w.begin()
	for k, p := range m.Pieces {
		if k == maxPieceNodes {
			w.addAt(fText, 0, 0, Node{text: "and " + plural(len(m.Pieces)-k, "more segment"), Flags: Generated})
			break
		}
		n := len(p.Data)
		text := ""
		switch {
		case c.d.bare:
		case n == 0:
			text = fmt.Sprintf("Frame: %d (no data)", p.Frame)
		default:
			text = fmt.Sprintf("Frame: %d, payload: %d-%d (%s)", p.Frame, p.Off, int(p.Off)+n-1, plural(n, "byte"))
		}
		field := fTCPSegment
		if p.Flags&PieceConflict != 0 {
			field = fTCPSegmentError
		}
		w.addAt(field, int(p.Off), n, Node{num: uint64(p.Frame), text: text, Flags: Generated})
		w.begin()
		for _, f := range []struct {
			flag  PieceFlags
			field *Field
		}{{PieceOverlap, fTCPOverlap}, {PieceConflict, fTCPConflict}, {PieceTooLong, fTCPTooLong}} {
			if p.Flags&f.flag != 0 {
				w.addAt(f.field, 0, 0, Node{num: 1, Flags: Generated})
			}
		}
		w.end()
	}
	w.addAt(fTCPSegmentCount, 0, 0, Node{num: uint64(len(m.Pieces)), Flags: Generated})
	w.addAt(fTCPJoinedLen, 0, 0, Node{num: uint64(len(m.Whole)), Flags: Generated})
	w.addAt(fTCPJoinedData, 0, len(m.Whole), Node{raw: m.Whole, Flags: Generated})
	w.end()
	return w, conflict
}

// maxListedPieces bounds how many segments the line above all lists.
const maxListedPieces = 1000

// maxPieceNodes bounds how many of them have a line of their own, so that the tree has
// room for the message.
const maxPieceNodes = maxNodes * 3 / 4

// notJoined shows that a segment adds to a message that was complete (R74); past
// says that it goes beyond what was joined.
func notJoined(c *cursor, past bool) {
	why := overlapsError
	if past {
		why = pastError
	}
	c.d.infoAppend("[Reassembly error, protocol TCP: " + why + "]")
	if !c.on() {
		return
	}
	c.addAt(&pMalformed.field, c.pos, 0, Node{text: "Reassembly error, protocol TCP: " + why, Flags: Generated | Warn})
	c.begin()
	c.expert(Error, GroupMalformed, eReassembl, why)
	c.end()
}
