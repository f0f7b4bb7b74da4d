package follow

import (
	"fmt"
	"slices"
	"strings"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// source is where a stream gets more packets from.
type source interface {
	// more gives the packets after one, and the conversation as it is now.
	// It may give only most of them, one at least, and says whether there are others.
	more(after packet.Number, most int) (info Info, segs []Segment, others bool)
	// time gives when a packet was seen.
	time(packet.Number) packet.Time
}

// Open follows a conversation of a trace, with all its packets so far. It fails when
// there is no such conversation. The stream, which reads packets of the trace again,
// belongs to the goroutine that calls.
func Open(t *trace.Trace, kind trace.Kind, stream uint32) (*Stream, error) {
	s, err := Begin(t, kind, stream)
	if err == nil {
		s.Update()
	}
	return s, err
}

// Begin is Open without taking in any packet: Take and Update do.
func Begin(t *trace.Trace, kind trace.Kind, stream uint32) (*Stream, error) {
	c, ok := t.Conversation(kind, stream)
	if !ok {
		n := t.Streams(kind)
		if n == 0 {
			return nil, fmt.Errorf("%s.stream %d: the capture has no %s conversation", kind, stream, strings.ToUpper(kind.String()))
		}
		return nil, fmt.Errorf("%s.stream %d: there is none, the last one is %d", kind, stream, n-1)
	}
	r := t.NewReader()
	s := New(infoOf(&c, t.Snapshot()), r.Payload)
	s.source = &traceSource{t: t, r: r, kind: kind, stream: stream}
	return s, nil
}

// Update takes in what has come since Open or the last Update, and says whether
// the stream has changed. A stream that was made by hand does not change.
func (s *Stream) Update() bool {
	changed, _ := s.Take(1 << 30)
	return changed
}

// Take is Update with at most so many packets. It also says whether there are others.
func (s *Stream) Take(most int) (changed, others bool) {
	if s.source == nil {
		return false, false
	}
	chunks, marks := len(s.chunks), len(s.marks)
	info, segs, others := s.source.more(s.last, most)
	if s.last != 0 {
		info.Missed = s.info.Missed
	}
	changed = info != s.info
	s.info = info
	s.Add(segs...)
	return changed || len(s.chunks) != chunks || len(s.marks) != marks, others
}

type traceSource struct {
	t      *trace.Trace
	r      *trace.Reader
	kind   trace.Kind
	stream uint32
}

func (s *traceSource) time(n packet.Number) packet.Time {
	if r := s.t.Snapshot().Row(n); r != nil {
		return r.Time
	}
	return 0
}

func (s *traceSource) more(after packet.Number, most int) (Info, []Segment, bool) {
	c, ok := s.t.Conversation(s.kind, s.stream)
	if !ok {
		return Info{Kind: s.kind, Stream: s.stream, Server: -1}, nil, false
	}
	snap := s.t.Snapshot()
	info := infoOf(&c, snap)
	for {
		numbers, others := s.newer(snap, &c, after, most)
		segs := make([]Segment, 0, len(numbers))
		for _, n := range numbers {
			if r := snap.Row(n); r != nil && !r.Broken() {
				segs = append(segs, s.segment(n, r))
			}
		}
		if len(segs) > 0 || !others {
			return info, segs, others
		}
		after = numbers[len(numbers)-1] // none of these has data of the conversation
	}
}

// infoOf is what a summary says of a conversation.
func infoOf(c *trace.Conversation, snap trace.Snapshot) Info {
	return Info{
		Kind: c.Kind, Stream: c.Stream, Node: [2]packet.Endpoint{c.Flow.Src, c.Flow.Dst},
		Server: c.Server, Missed: c.First < snap.First(),
	}
}

// sparse is how many packets of a capture to one of the conversation make it quicker
// to follow the rows back from the last one than to look at all.
const sparse = 16

// newer lists the conversation's packets after one, in order; most of them, unless
// they lie so far apart that it costs less to list all at once.
func (s *traceSource) newer(snap trace.Snapshot, c *trace.Conversation, after packet.Number, most int) (out []packet.Number, others bool) {
	last := min(c.Last, snap.Last())
	from := max(after+1, c.First, snap.First())
	if last < from {
		return nil, false
	}
	if uint64(last-from) > sparse*(uint64(c.Traffic[0].Packets)+uint64(c.Traffic[1].Packets)) {
		return s.back(snap, last, after), false
	}
	for n := from; n <= last; n++ {
		if r := snap.Row(n); r != nil && r.Kind == s.kind && r.Stream == s.stream {
			if len(out) == most {
				return out, true
			}
			out = append(out, n)
		}
	}
	return out, false
}

// back lists the conversation's packets after one, by following the rows back from
// the last.
func (s *traceSource) back(snap trace.Snapshot, last, after packet.Number) []packet.Number {
	var out []packet.Number
	for n := last; n > after; {
		r := snap.Row(n)
		if r == nil {
			break
		}
		if r.Kind != s.kind || r.Stream != s.stream {
			n-- // the conversation has grown since the snapshot was made
			continue
		}
		out = append(out, n)
		if r.Prev >= n {
			break
		}
		n = r.Prev
	}
	slices.Reverse(out)
	return out
}

// segment copies the facts of a row. Only of a packet that was cut, or that came
// in pieces, the payload must be looked at to know its length.
func (s *traceSource) segment(n packet.Number, r *trace.Row) Segment {
	seg := Segment{Time: r.Time, Verdict: r.Verdict, Probe: r.Verdict&(tcp.KeepAlive|tcp.ZeroWindowProbe) != 0}
	seg.FollowSegment = tcp.FollowSegment{
		Number: n, Dir: r.Dir, Seq: r.Seq, Ack: r.Ack, Flags: r.Flags, Len: r.PayLen, CapLen: r.PayLen,
	}
	if r.PayLen > 0 && (r.CapLen < r.Len || r.Fragment()) {
		b, err := s.r.Payload(n)
		if err != nil {
			b = nil
		}
		seg.CapLen = uint32(min(len(b), int(r.PayLen)))
	}
	return seg
}
