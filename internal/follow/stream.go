// Package follow gives one conversation as its two ends had it: turns of bytes in
// byte order, with marks where bytes are missing from the capture or were sent
// twice and differ. It keeps an index only; the bytes stay in the trace and are
// read when asked for, so that a stream of gigabytes costs no memory to speak of.
//
// The order is that of rules R80 to R82, which is tshark's.
package follow

import (
	"fmt"
	"sort"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// Info is what is known of a conversation as a whole.
type Info struct {
	Kind   trace.Kind
	Stream uint32
	Node   [2]packet.Endpoint // node 0 sent the first packet
	Server int8               // which node is the server: 0, 1, or −1 when nothing told
	Missed bool               // packets before the first one are no longer kept
}

// Segment is one packet of the conversation. Sequence and acknowledgment numbers
// are relative; of a datagram they are not used.
type Segment struct {
	tcp.FollowSegment
	Time    packet.Time
	Verdict tcp.Verdict // what the analysis says of it
	Probe   bool        // a keep-alive, whose one byte need not be the stream's (RFC 9293 §3.8.4)
}

// Chunk is a run of bytes of one packet, or a place where bytes are missing.
type Chunk struct {
	Frame   packet.Number // whose payload; of a gap: the packet behind it
	Time    packet.Time   // of that packet
	Off     uint32        // where in the payload it begins, bytes
	Len     uint32        // bytes; 0 for a gap
	Missing uint32        // of a gap: how many bytes the capture lacks
	Pos     uint64        // where it begins among all bytes that its side sent and the capture has
	at      uint64        // sequence number of its first byte, continued beyond 2³²
	Side    uint8         // who sent it: node 0 or 1
	Snap    bool          // of a gap: the packet before it was cut by the snap length
}

// Turn is what one side sent until the other side sent something. Of a UDP
// conversation each datagram is a turn.
type Turn struct {
	Side        uint8
	First, Last packet.Number
	Time        packet.Time // of its first chunk
	Since       int64       // ns from the last chunk of the turn before; 0 for the first
	Pos         uint64      // as Chunk.Pos of its first chunk
	Bytes       uint64      // without those missing
	Missing     uint64      // bytes that the capture lacks, in gaps
	Start, End  int         // its chunks, End excluded
}

// Differ marks bytes that were sent twice and differ. The stream has those that
// came first.
type Differ struct {
	Side  uint8
	Frame packet.Number // the packet that repeats
	First packet.Number // the packet whose bytes the stream has
	Pos   uint64        // as Chunk.Pos of the first byte that differs
	Len   uint64        // from there to the last one that differs
}

// Fetch gives the captured payload of a packet, valid until the next call.
type Fetch func(packet.Number) ([]byte, error)

// Stream is a conversation's index. It belongs to one goroutine.
type Stream struct {
	info   Info
	fetch  Fetch
	source source // nil for a stream made by hand

	order  tcp.Follow
	chunks []Chunk
	turns  []Turn
	sides  [2]side
	marks  []Mark
	last   packet.Number // the newest packet taken in
	out    []tcp.Chunk   // reused
	times  map[packet.Number]seen
	cache  struct {
		frame packet.Number
		data  []byte
	}
}

// side is what one node has sent.
type side struct {
	list    []int32 // its chunks that have bytes
	bytes   uint64
	missing uint64
	next    uint64 // the number after the last byte given out or known missing
	known   bool
	held    []heldSegment // waiting for what is before them, to be compared when they come out
}

// heldSegment is a segment that has not come out whole yet.
type heldSegment struct {
	frame packet.Number
	at    uint64
	len   uint32
}

// seen is what is kept of a segment while it may wait.
type seen struct {
	time    packet.Time
	verdict tcp.Verdict
}

// maxHeld bounds the segments that are remembered for comparison while they wait.
const maxHeld = 4096

// New makes a stream without segments.
func New(info Info, fetch Fetch) *Stream {
	return &Stream{info: info, fetch: fetch, times: map[packet.Number]seen{}}
}

// Last is the newest packet taken in; 0 for none.
func (s *Stream) Last() packet.Number { return s.last }

// Info gives what is known of the conversation as a whole.
func (s *Stream) Info() Info { return s.info }

// Turns lists the turns so far. The list must not be changed; the last turn grows
// with Update.
func (s *Stream) Turns() []Turn { return s.turns }

// Chunks lists the chunks so far, in order. The list must not be changed.
func (s *Stream) Chunks() []Chunk { return s.chunks }

// Bytes says how many bytes of what a side sent the capture has.
func (s *Stream) Bytes(side uint8) uint64 { return s.sides[side&1].bytes }

// Missing says how many bytes of what a side sent the capture lacks, as far as
// later bytes tell.
func (s *Stream) Missing(side uint8) uint64 { return s.sides[side&1].missing }

// Waiting says how many segments still wait for bytes before them.
func (s *Stream) Waiting() int { return s.order.Held() }

// Add takes the next packets of the conversation, in capture order.
func (s *Stream) Add(segs ...Segment) {
	for i := range segs {
		seg := &segs[i]
		seg.Dir &= 1
		s.last = seg.Number
		if s.info.Kind == trace.UDP {
			s.addDatagram(seg)
			continue
		}
		s.addSegment(seg)
	}
}

func (s *Stream) addDatagram(seg *Segment) {
	d := &s.sides[seg.Dir]
	c := Chunk{Frame: seg.Number, Time: seg.Time, Len: seg.CapLen, Pos: d.bytes, at: d.next, Side: seg.Dir}
	d.next += uint64(seg.CapLen)
	s.append(c, true)
	if seg.CapLen < seg.Len {
		s.append(Chunk{Frame: seg.Number, Time: seg.Time, Missing: seg.Len - seg.CapLen, Pos: d.bytes, at: d.next,
			Side: seg.Dir, Snap: true}, false)
	}
}

func (s *Stream) addSegment(seg *Segment) {
	d := &s.sides[seg.Dir]
	seq := seg.Seq
	if seg.Flags&tcp.SYN != 0 {
		seq++
	}
	if !d.known {
		d.next, d.known = 1<<32+uint64(seq), true
	}
	at := d.unwrap(seq)
	n := min(seg.CapLen, seg.Len)
	s.times[seg.Number] = seen{seg.Time, seg.Verdict}
	early := n > 0 && at > d.next
	if old := d.next; n > 0 && at < old && !seg.Probe {
		// Compare before anything new comes out: what is there is what came first.
		s.compare(seg.Dir, heldSegment{seg.Number, at, uint32(min(uint64(n), old-at))})
	}
	s.out = s.order.Add(seg.FollowSegment, s.out[:0])
	for i := range s.out {
		s.take(&s.out[i])
	}
	if end := at + uint64(seg.Len); !early && n < seg.Len && end > d.next {
		// The rest of a cut packet is known to be missing at once.
		s.append(Chunk{Frame: seg.Number, Time: seg.Time, Missing: uint32(end - d.next), Pos: d.bytes, at: d.next,
			Side: seg.Dir, Snap: true}, false)
		d.next = end
	}
	if early && at > d.next && len(d.held) < maxHeld {
		d.held = append(d.held, heldSegment{seg.Number, at, n})
	} else {
		delete(s.times, seg.Number)
	}
	if len(s.out) > 0 {
		s.settle(0)
		s.settle(1)
	}
}

// unwrap continues a relative number beyond 2³²: the nearest to what is expected.
func (d *side) unwrap(seq uint32) uint64 {
	return uint64(int64(d.next) + int64(int32(seq-uint32(d.next))))
}

// take appends what the ordering has released.
func (s *Stream) take(o *tcp.Chunk) {
	d := &s.sides[o.Dir&1]
	at := d.unwrap(o.Seq)
	c := Chunk{Frame: o.Number, Time: s.timeOf(o.Number), Off: o.Off, Len: o.Len, Missing: o.Missing, Pos: d.bytes,
		at: at, Side: o.Dir & 1}
	if at > d.next { // only a cut packet leaves such a hole
		s.append(Chunk{Frame: c.Frame, Time: c.Time, Missing: uint32(at - d.next), Pos: d.bytes, at: d.next, Side: c.Side, Snap: true}, false)
	}
	d.next = max(d.next, at+uint64(c.Len)+uint64(c.Missing))
	if k := len(d.list) - 1; k >= 0 && c.Len > 0 {
		// What fills a hole comes out before those that waited for it.
		if p := &s.chunks[d.list[k]]; p.Frame > c.Frame {
			s.marks = append(s.marks, Mark{Kind: MarkLate, Side: c.Side, Frame: p.Frame, First: c.Frame, Pos: p.Pos, Len: uint64(p.Len),
				After: int64(p.Time - c.Time), Verdict: s.times[p.Frame].verdict})
		}
	}
	s.append(c, false)
}

func (s *Stream) timeOf(n packet.Number) packet.Time {
	if t, ok := s.times[n]; ok {
		return t.time
	}
	if s.source != nil {
		return s.source.time(n)
	}
	return 0
}

// append puts a chunk at the end, in the turn that is under way or a new one.
func (s *Stream) append(c Chunk, alone bool) {
	d := &s.sides[c.Side]
	k := len(s.turns) - 1
	if k < 0 || s.turns[k].Side != c.Side || alone {
		t := Turn{Side: c.Side, First: c.Frame, Time: c.Time, Pos: c.Pos, Start: len(s.chunks)}
		if n := len(s.chunks); n > 0 {
			t.Since = int64(c.Time - s.chunks[n-1].Time)
		}
		s.turns = append(s.turns, t)
		k++
	}
	if c.Len > 0 {
		d.list = append(d.list, int32(len(s.chunks)))
	}
	s.chunks = append(s.chunks, c)
	t := &s.turns[k]
	t.Last, t.End = c.Frame, len(s.chunks)
	t.Bytes += uint64(c.Len)
	t.Missing += uint64(c.Missing)
	d.bytes += uint64(c.Len)
	d.missing += uint64(c.Missing)
}

// settle compares the segments that waited and whose place is known now.
func (s *Stream) settle(dir uint8) {
	d := &s.sides[dir]
	keep := d.held[:0]
	for _, h := range d.held {
		if h.at >= d.next {
			keep = append(keep, h)
			continue
		}
		s.compare(dir, h)
		delete(s.times, h.frame)
	}
	d.held = keep
}

// compare holds the bytes of a repeat against those that the stream has.
func (s *Stream) compare(dir uint8, h heldSegment) {
	d := &s.sides[dir]
	k := sort.Search(len(d.list), func(k int) bool {
		c := &s.chunks[d.list[k]]
		return c.at+uint64(c.Len) > h.at
	})
	end := h.at + uint64(h.len)
	same := Mark{Kind: MarkAgain, Side: dir, Frame: h.frame, Verdict: s.times[h.frame].verdict}
	had := len(s.marks)
	var again []byte
	for ; k < len(d.list); k++ {
		c := &s.chunks[d.list[k]]
		if c.at >= end {
			break
		}
		if c.Frame == h.frame {
			continue
		}
		if again == nil {
			b, err := s.fetch(h.frame)
			if err != nil || len(b) == 0 {
				return
			}
			again = append(again, b...)
		}
		first, err := s.read(c)
		if err != nil {
			return
		}
		from, to := max(c.at, h.at), min(c.at+uint64(len(first)), h.at+uint64(len(again)), end)
		if from >= to {
			continue
		}
		m := same
		m.First, m.Pos, m.After = c.Frame, c.Pos+(from-c.at), int64(s.timeOf(h.frame)-c.Time)
		a, b := first[from-c.at:to-c.at], again[from-h.at:to-h.at]
		if i, n := difference(a, b); n > 0 {
			m.Kind, m.Pos, m.Len = MarkDiffer, m.Pos+uint64(i), uint64(n)
			s.marks = append(s.marks, m)
			continue
		}
		if same.Len == 0 {
			same.First, same.Pos, same.After = m.First, m.Pos, m.After
		}
		same.Len += to - from
	}
	if same.Len > 0 && len(s.marks) == had {
		s.marks = append(s.marks, same)
	}
}

// difference gives where a and b, equally long, begin to differ, and the length
// from there to where they end to.
func difference(a, b []byte) (at, n int) {
	i, j := 0, len(a)
	for i < j && a[i] == b[i] {
		i++
	}
	for j > i && a[j-1] == b[j-1] {
		j--
	}
	return i, j - i
}

// read gives the bytes of a chunk, valid until the next read.
func (s *Stream) read(c *Chunk) ([]byte, error) {
	if c.Len == 0 {
		return nil, nil
	}
	if s.cache.frame != c.Frame {
		b, err := s.fetch(c.Frame)
		if err != nil {
			s.cache.frame = 0
			return nil, fmt.Errorf("the bytes of packet %d: %w", c.Frame, err)
		}
		s.cache.frame, s.cache.data = c.Frame, append(s.cache.data[:0], b...)
	}
	b := s.cache.data
	from, to := uint64(c.Off), uint64(c.Off)+uint64(c.Len)
	if to > uint64(len(b)) {
		return nil, fmt.Errorf("the bytes of packet %d: only %d of %d could be read again", c.Frame, len(b), to)
	}
	return b[from:to], nil
}

// Append reads the bytes of chunk i and appends them to buf. A gap has none. It
// fails when the packet is no longer kept.
func (s *Stream) Append(buf []byte, i int) ([]byte, error) {
	b, err := s.read(&s.chunks[i])
	return append(buf, b...), err
}

// ReadAt reads what a side sent from byte pos on, as much as buf has room for and
// the stream has, and says how much. Bytes that are missing in the capture are not
// counted and not filled in.
func (s *Stream) ReadAt(side uint8, buf []byte, pos uint64) (n int, err error) {
	d := &s.sides[side&1]
	for k := s.chunkAt(d, pos); k < len(d.list) && n < len(buf); k++ {
		c := &s.chunks[d.list[k]]
		b, err := s.read(c)
		if err != nil {
			return n, err
		}
		n += copy(buf[n:], b[pos+uint64(n)-c.Pos:])
	}
	return n, nil
}

// chunkAt finds which chunk of a side has byte pos.
func (s *Stream) chunkAt(d *side, pos uint64) int {
	return sort.Search(len(d.list), func(k int) bool {
		c := &s.chunks[d.list[k]]
		return c.Pos+uint64(c.Len) > pos
	})
}

// Chunk gives the index of the chunk that has byte pos of what a side sent; −1 if
// there is no such byte. Chunk.Frame is the packet that brought it.
func (s *Stream) Chunk(side uint8, pos uint64) int {
	d := &s.sides[side&1]
	if k := s.chunkAt(d, pos); k < len(d.list) {
		return int(d.list[k])
	}
	return -1
}

// Find gives the index of the first chunk that packet n brought. A packet without
// new bytes has none: then it is the first chunk of a later packet, or the last
// one of all; −1 when the stream is empty.
func (s *Stream) Find(n packet.Number) int {
	// Chunks are not in order of packets where segments waited, so the exact one
	// is looked for first.
	best := -1
	for i := range s.chunks {
		c := &s.chunks[i]
		if c.Frame == n && c.Len > 0 {
			return i
		}
		if c.Frame > n && c.Len > 0 && (best < 0 || c.Frame < s.chunks[best].Frame) {
			best = i
		}
	}
	if best < 0 {
		return len(s.chunks) - 1
	}
	return best
}

// Turn gives the index of the turn that chunk i is in.
func (s *Stream) Turn(i int) int {
	return sort.Search(len(s.turns), func(k int) bool { return s.turns[k].End > i })
}

// Nth says which of the chunks with bytes of its side chunk i is, from 0.
func (s *Stream) Nth(i int) int {
	list := s.sides[s.chunks[i].Side].list
	return sort.Search(len(list), func(k int) bool { return int(list[k]) >= i })
}
