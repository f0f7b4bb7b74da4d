package follow

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// Message is one message of a conversation with the packet that it ends in.
type Message struct {
	dissect.Message
	Frame packet.Number
	Time  packet.Time
	Since int64 // ns from the message before it in the list; 0 for the first
	Side  uint8 // who sent it: node 0 or 1
}

// Messages is a conversation as the messages of its applications: decrypted where
// there are keys, without chunks and compression. It keeps a few bytes a message and
// takes packets apart again when one is asked for. It belongs to one goroutine.
type Messages struct {
	info   Info
	source *traceSource
	r      *trace.Reader
	places []place
	mimes  map[mimeKey]string
	last   packet.Number
	queue  []Segment     // packets that are listed and have not been looked at
	open   [2]Unfinished // what came behind the last message of each side

	cache struct {
		frame packet.Number
		list  []dissect.Message
	}
}

// Unfinished is the part of a message that has not ended.
type Unfinished struct {
	Packets int
	Bytes   uint64
	First   packet.Number
	Last    packet.Number

	newest []packet.Number // the last ones of its packets
}

// maxOpen bounds the packets of an unfinished message that are remembered.
const maxOpen = 256

// place is where a message is.
type place struct {
	frame  packet.Number
	time   packet.Time
	nth    uint16
	side   uint8
	stream uint32
	mime   string // of a body whose head came before it
}

type mimeKey struct {
	side   uint8
	stream uint32
}

// OpenMessages begins to look at the messages of a conversation: none as yet. It
// fails when there is no such conversation.
func OpenMessages(t *trace.Trace, kind trace.Kind, stream uint32) (*Messages, error) {
	s, err := Begin(t, kind, stream)
	if err != nil {
		return nil, err
	}
	return &Messages{info: s.info, source: s.source.(*traceSource), r: t.NewReader(), mimes: map[mimeKey]string{}}, nil
}

// Info gives what is known of the conversation as a whole.
func (m *Messages) Info() Info { return m.info }

// Update takes in packets that are new, until ctx ends: the next call goes on then.
// It says whether there are new messages, or more of one that has not ended.
func (m *Messages) Update(ctx context.Context) bool {
	had, open := len(m.places), [2]packet.Number{m.open[0].Last, m.open[1].Last}
	for ctx.Err() == nil {
		if len(m.queue) == 0 {
			const batch = 1000
			var info Info
			if info, m.queue, _ = m.source.more(m.last, batch); m.last != 0 {
				info.Missed = m.info.Missed
			}
			m.info = info
			if len(m.queue) == 0 {
				break
			}
		}
		m.add(&m.queue[0])
		m.queue = m.queue[1:]
	}
	if len(m.places) == had {
		return open != [2]packet.Number{m.open[0].Last, m.open[1].Last}
	}
	// The streams of HTTP/2 stand apart; each is in the order of its packets.
	slices.SortStableFunc(m.places, func(a, b place) int { return cmp.Compare(a.stream, b.stream) })
	return true
}

// add looks at one packet.
func (m *Messages) add(seg *Segment) {
	m.last = seg.Number
	if seg.Len == 0 && seg.Flags == 0 {
		return
	}
	list := m.read(seg.Number)
	side := seg.Dir & 1
	for k := range list {
		x := &list[k]
		p := place{frame: seg.Number, time: seg.Time, nth: uint16(min(k, 1<<16-1)), side: side, stream: x.Stream}
		key := mimeKey{side, x.Stream}
		if x.Stream != 0 && len(x.Head) > 0 {
			m.mimes[key] = x.Mime
		} else if x.Stream != 0 {
			p.mime = m.mimes[key]
		}
		m.places = append(m.places, p)
	}
	if o := &m.open[side]; len(list) > 0 {
		*o = Unfinished{}
	} else if seg.Len > 0 && seg.Verdict&(tcp.Retransmission|tcp.FastRetransmission|tcp.SpuriousRetransmission|tcp.KeepAlive) == 0 {
		if o.Packets == 0 {
			o.First = seg.Number
		}
		o.Packets++
		o.Bytes += uint64(seg.Len)
		o.Last = seg.Number
		if len(o.newest) == maxOpen {
			o.newest = o.newest[:copy(o.newest, o.newest[maxOpen/2:])]
		}
		o.newest = append(o.newest, seg.Number)
	}
}

// read takes a packet apart; no messages if it is not kept any more.
func (m *Messages) read(n packet.Number) []dissect.Message {
	if m.cache.frame != n {
		m.cache.frame, m.cache.list = n, nil
		tree, cols, err := m.r.Dissect(n, dissect.WantTree|dissect.WantColumns)
		if err == nil {
			m.cache.list = dissect.MessagesOf(tree, cols.Info)
			if l := m.cache.list; len(l) == 1 && l[0].Proto.Abbrev == "data" {
				// No protocol takes it apart: its bytes say more than the Info text.
				if b, err := m.r.Payload(n); err == nil && len(b) > 0 {
					l[0].Head, l[0].Body = nil, append([]byte(nil), b...)
				}
			}
		}
	}
	return m.cache.list
}

// Len is how many messages there are so far.
func (m *Messages) Len() int { return len(m.places) }

// Unfinished says what a side has sent behind its last message.
func (m *Messages) Unfinished(side uint8) Unfinished { return m.open[side&1] }

// Open lays out what a side has sent behind its last message, as far as it is text:
// the newest packets of it, as they came. There are no lines if there is nothing.
func (m *Messages) Open(side uint8) []Line {
	o := &m.open[side&1]
	if o.Bytes == 0 {
		return nil
	}
	var b []byte
	for _, n := range o.newest {
		// What is no longer kept cannot be shown.
		p, _ := m.r.Payload(n)
		b = append(b, p...)
	}
	out := []Line{{o.Text(side & 1), LineNote}}
	if !isText(b) {
		return out
	}
	if n := len(o.newest); n < o.Packets {
		out = append(out, Line{fmt.Sprintf("[the newest %d of its %d packets]", n, o.Packets), LineNote})
	}
	return textLines(out, b)
}

// Place gives the packet that message i ends in, and which message of that packet
// it is, from 0. Together they name the message for ever; i may come to be another one
// when streams of HTTP/2 have new messages.
func (m *Messages) Place(i int) (n packet.Number, nth uint16) {
	return m.places[i].frame, m.places[i].nth
}

// Side gives the node that sent message i.
func (m *Messages) Side(i int) uint8 { return m.places[i].side }

// At gives message i; its texts and bytes are valid until the next call. It
// fails when the packet is no longer kept.
func (m *Messages) At(i int) (Message, error) {
	p := &m.places[i]
	list := m.read(p.frame)
	if int(p.nth) >= len(list) {
		return Message{}, fmt.Errorf("packet %d is no longer kept", p.frame)
	}
	out := Message{Message: list[p.nth], Frame: p.frame, Time: p.time, Side: p.side}
	if out.Mime == "" {
		out.Mime = p.mime
	}
	if i > 0 {
		out.Since = int64(p.time - m.places[i-1].time)
	}
	return out, nil
}
