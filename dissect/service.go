package dissect

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// This file has what the protocols of services share: databases, brokers, shells.

// marks remembers the states that a conversation went through, as the framers
// found them, for dissections that come later and in any order. The session's
// lock guards it.
type marks[T comparable] struct{ list []mark[T] }

// mark is the state after all messages that ended in a packet.
type mark[T comparable] struct {
	after packet.Number
	state T
}

// maxMarks is how many changes of the state of a conversation are remembered: the newest.
const maxMarks = 1 << 16

// set notes the state after a message that ended in packet n.
func (m *marks[T]) set(n packet.Number, state T) {
	k := len(m.list)
	switch {
	case k > 0 && m.list[k-1].state == state:
	case k > 0 && m.list[k-1].after == n:
		m.list[k-1].state = state
	default:
		if k >= maxMarks {
			m.list = slices.Delete(m.list, 0, maxMarks/2)
		}
		m.list = append(m.list, mark[T]{n, state})
	}
}

// before gives the state in which packet n found the conversation: the zero state
// before the first change, and where it is no longer known.
func (m *marks[T]) before(n packet.Number) (state T) {
	i, _ := slices.BinarySearchFunc(m.list, n, func(x mark[T], n packet.Number) int { return cmp.Compare(x.after, n) })
	if i > 0 {
		state = m.list[i-1].state
	}
	return state
}

// ownOf gives what an application remembers of a conversation; nil if that is
// another application's.
func ownOf[T any](s *Session) *T {
	if s == nil {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	x, _ := s.own.(*T)
	return x
}

// found is a message that a framer has found.
type found struct {
	dir   uint8
	head  []byte // as much of its beginning as the framer keeps; only lent
	size  int    // bytes of the whole
	first packet.Number
	at    packet.Time // of that packet
}

// maxHeadKept is how much memory a framer keeps between messages for their beginnings, bytes.
const maxHeadKept = 1 << 10

// sizedFramer finds the messages of one direction of a protocol in which each of
// them tells its length at its beginning.
type sizedFramer struct {
	session *Session
	dir     uint8
	keep    int // bytes of the beginning of each message that ended is told of

	// size gives how long the message is that b begins with: 0 if b is too short to
	// tell, −1 if it is none. It must know when it has keep bytes.
	size func(b []byte) int

	// ended is told of each message that is complete.
	ended func(found)

	open  found
	have  int        // bytes of the open message
	inner tcp.Framer // of TLS, once that is spoken; nil before
}

// Push implements tcp.Framer.
func (f *sizedFramer) Push(p tcp.Piece, ends []uint32) ([]uint32, tcp.Need) {
	if f.inner == nil && f.have == 0 && f.session.tlsAfter != 0 {
		f.inner = f.session.newFramer(AppTLS, f.dir)
	}
	if f.inner != nil {
		return f.inner.Push(p, ends)
	}
	for i := 0; i < len(p.Data); {
		if f.have == 0 {
			f.open.first, f.open.at = f.session.frame, f.session.time
		}
		if room := f.keep - len(f.open.head); room > 0 {
			b := p.Data[i:min(len(p.Data), i+room)]
			if f.open.size > 0 {
				b = b[:min(len(b), f.open.size-f.have)]
			}
			f.open.head = append(f.open.head, b...)
		}
		if f.open.size == 0 {
			f.open.size = f.size(f.open.head)
			if f.open.size < 0 || f.open.size > 0 && f.open.size <= f.have {
				// It begins no message: the segment is taken whole.
				f.Skip()
				return append(ends, uint32(len(p.Data))), tcp.Need{}
			}
		}
		n := len(p.Data) - i
		if f.open.size > 0 {
			n = min(n, f.open.size-f.have)
		}
		f.have += n
		i += n
		if f.have == f.open.size {
			f.end()
			ends = append(ends, uint32(i))
		}
	}
	switch {
	case f.have == 0:
		return ends, tcp.Need{}
	case p.Cut > 0:
		if f.open.size > 0 && f.have+int(p.Cut) >= f.open.size {
			f.end()
		}
		return append(ends, uint32(len(p.Data))), tcp.Need{}
	case f.open.size == 0:
		return ends, tcp.Need{Kind: tcp.NeedSegment}
	}
	return ends, tcp.Need{Kind: tcp.NeedBytes, N: uint32(f.open.size - f.have)}
}

func (f *sizedFramer) end() {
	m := f.open
	m.dir, m.head = f.dir, m.head[:min(len(m.head), m.size)]
	f.Skip()
	f.ended(m)
	f.session.messages++
}

// Skip implements tcp.Framer.
func (f *sizedFramer) Skip() {
	if f.inner != nil {
		f.inner.Skip()
		return
	}
	head := f.open.head[:0]
	if cap(head) > maxHeadKept {
		head = nil // long ones are rare, conversations many
	}
	f.open = found{head: head}
	f.have = 0
}

// startTLS notes that with the packet being put in order both sides have agreed to
// speak TLS.
func (s *Session) startTLS() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tlsAfter = s.frame
	s.needTLS()
}

// turnedToTLS says whether TLS is spoken in packet n because both sides have agreed on it.
func (s *Session) turnedToTLS(n packet.Number) bool {
	if s == nil {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.tlsAfter != 0 && s.tlsAfter < n
}

// pairFields are the fields that tie a request and its answer to each other.
// Wireshark has them for few of the protocols; they are named like those of DNS.
type pairFields struct{ responseIn, requestIn, time *Field }

func newPairFields(p *Proto) pairFields {
	return pairFields{
		responseIn: p.frame(p.Abbrev+".response_in", "Response In"),
		requestIn:  p.frame(p.Abbrev+".response_to", "Request In"),
		time:       p.rel(p.Abbrev+".time", "Time"),
	}
}

// paired shows, of the last message, where the request is answered that it was, or
// of which request it ended the answer. It is called once for each whole message.
func (c *cursor) paired(f *pairFields, p *payload) {
	if p.Messages == nil {
		return
	}
	k := p.messages
	p.messages++
	if !c.on() || !c.ok() {
		return
	}
	if r, ok := p.Session.askedIn(p.Frame, k); ok {
		if r.Done {
			c.gen(f.responseIn, uint64(r.Last))
		}
	} else if r, ok := p.Session.doneIn(p.Frame, k); ok {
		c.gen(f.requestIn, uint64(r.Frame))
		c.gen(f.time, uint64(r.Answered-r.Asked))
	}
}

// strz reads a text that a zero ends, as a field. Its value is without the zero.
func (c *cursor) strz(f *Field) string {
	n := bytes.IndexByte(c.rest(), 0)
	if n < 0 {
		c.need(c.captured() + 1)
		return ""
	}
	b := c.raw(n + 1)
	if b == nil || !c.on() && !c.cols() {
		return ""
	}
	s := string(b[:n])
	c.add(f, n+1, Node{str: s})
	return s
}

// count adds a line with a number of things, whose bytes are the n before the cursor,
// and opens it.
func (c *cursor) count(n int, what string, count int) {
	if c.on() && c.ok() {
		c.note(n, what+": "+strconv.Itoa(count))
		c.begin()
	}
}

// saying puts what is to be said of messages into the Info column, with commas
// between. Those that are alike one after the other are counted.
type saying struct {
	d     *Dissection
	last  string
	times int
	items int
}

// say adds a message.
func (x *saying) say(c *cursor, s string) {
	if x.d = c.d; !c.cols() {
		return
	}
	if s == x.last && x.times > 0 {
		x.times++
		return
	}
	x.said()
	x.last, x.times = s, 1
}

// said writes what has been kept back.
func (x *saying) said() {
	if x.times == 0 {
		return
	}
	if x.items++; x.items > 1 {
		x.d.infoAppend(", ")
	}
	x.d.infoAppend(x.last)
	if x.times > 1 {
		x.d.infoAppend(" ×" + strconv.Itoa(x.times))
	}
	x.last, x.times = "", 0
}

// le24 reads an unsigned number of three bytes, the lowest first.
func (c *cursor) le24(f *Field) uint32 { return uint32(c.leUint(f, 3)) }

// le32 reads an unsigned number of four bytes, the lowest first.
func (c *cursor) le32(f *Field) uint32 { return uint32(c.leUint(f, 4)) }

// leUint reads an unsigned number of n bytes, 1 to 8, the lowest first.
func (c *cursor) leUint(f *Field, n int) uint64 {
	b := c.raw(n)
	if b == nil {
		return 0
	}
	var v uint64
	for i := n - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	if c.on() {
		c.add(f, n, Node{num: v})
	}
	return v
}

// sender tells by the ports who has sent a segment of an application: 1 the client, −1
// the server, 0 if the ports do not tell. -d can make any port a server's.
func (c *cursor) sender(a application) int {
	is := func(port uint16) bool {
		if slices.Contains(a.about().ports, port) {
			return true
		}
		if c.d.decode == nil {
			return false
		}
		said, ok := c.d.decode.TCP[port]
		return ok && said.application() == a
	}
	switch to, from := is(c.d.layer.dstPort), is(c.d.layer.srcPort); {
	case to == from:
		return 0
	case to:
		return 1
	}
	return -1
}

// beginService sets the columns for messages that follow.
func (d *Dissection) beginService(p *Proto) {
	d.setProto(p.Short)
	d.setInfo("")
	if d.fence > 0 {
		d.infoAppend(", ")
	}
}
