// Package trace is the growing capture. A pipeline writes it from one goroutine;
// everything else in tcplens reads it, and nothing else: the screens, the text
// output, the flow graph, follow.
//
// Three things make up a trace. The store has the packets' bytes: the file that
// is read, or spool files that a live capture is written to. The rows have a few
// facts of each packet, 88 bytes of them, in chunks that never move. Beside them
// stand the tables of what spans packets: conversations, messages that took
// several segments, datagrams put together from fragments, questions and answers.
//
// A Snapshot is a consistent view of the rows: a count and the chunks' addresses.
// It costs nothing and needs no lock. A Reader dissects single packets with all
// that is known of them; each goroutine has its own.
package trace

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/tlskeys"
)

// Trace is a capture: being made, or complete. The methods of a Writer belong to
// the pipeline's goroutine; all others may be called from any.
type Trace struct {
	rows    atomic.Pointer[index] // replaced whole when a chunk comes or goes
	count   atomic.Uint32         // rows published
	gen     atomic.Uint64         // raised with every change that a reader may want to see
	changed chan struct{}         // one slot: full means "already told"

	store   Store
	as      *dissect.DecodeAs
	keys    *tlskeys.Log     // nil: nothing is decrypted
	refresh func(again bool) // see UseKeys

	mu     sync.RWMutex // guards what follows; the writer holds it for a batch at a time
	tables tables
	status Status
}

// index is where the chunks are.
type index struct {
	chunks []*chunk
	base   packet.Number // the number of the first row of chunks[0]
	first  packet.Number // the oldest packet that is kept
}

// Store is where packets' bytes are. ReadAt must be safe for concurrent use.
type Store interface {
	ReadAt(p []byte, off int64) (int, error)
}

// Status is what the header and the status line say of a capture.
type Status struct {
	Source   string        // "lo", "app.pcapng"
	Filter   string        // capture filter
	Live     bool          // a capture rather than a file
	Done     bool          // no more packets will come
	Err      error         // why it ended, if not well
	Started  time.Time     // when the capture or the reading began
	Ended    time.Time     // when it was done
	First    packet.Time   // of the first packet
	Earliest packet.Time   // of all packets; before First where packets are out of order
	Latest   packet.Time   // of all packets; not always the newest packet's
	Back     time.Duration // how far a packet's time is at most before that of one captured earlier
	Packets  uint64        // packets seen, evicted ones included
	Bytes    uint64        // bytes of them on the wire
	Dropped  uint64        // lost by the kernel
	IfDrop   uint64        // lost by the interface
	Evicted  packet.Number // packets dropped by the bounds: numbers 1 to Evicted
	Progress [2]int64      // bytes read of a file, and its size; 0, 0 if not known
	Saving   string        // file that packets are written to; empty if none
	SaveErr  error         // why saving ended
	Keys     KeyStatus     // what opens TLS
}

// New makes an empty trace over a store. da may be nil.
func New(s Store, da *dissect.DecodeAs) *Trace {
	t := &Trace{store: s, as: da, changed: make(chan struct{}, 1)}
	t.rows.Store(&index{base: 1, first: 1})
	t.tables.init()
	return t
}

// Changed has a value whenever the trace has changed since the last receive. It
// is one signal for one reader: the program's screen.
func (t *Trace) Changed() <-chan struct{} { return t.changed }

// Generation is raised with every change.
func (t *Trace) Generation() uint64 { return t.gen.Load() }

func (t *Trace) notify() {
	t.gen.Add(1)
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// Status tells how the capture stands.
func (t *Trace) Status() Status {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.status
}

// Snapshot is a consistent view of a trace's rows.
type Snapshot struct {
	ix   *index
	last packet.Number
}

// Snapshot gives the rows as they are now.
func (t *Trace) Snapshot() Snapshot {
	last := packet.Number(t.count.Load()) // before the index: its chunks then hold them all
	return Snapshot{t.rows.Load(), last}
}

// First is the number of the oldest packet that is kept.
func (s Snapshot) First() packet.Number { return s.ix.first }

// Last is the number of the newest packet, 0 if there is none.
func (s Snapshot) Last() packet.Number { return s.last }

// Until gives the snapshot without the packets behind number n.
func (s Snapshot) Until(n packet.Number) Snapshot {
	s.last = min(s.last, n)
	return s
}

// Len is how many packets are kept.
func (s Snapshot) Len() int {
	if s.last < s.ix.first {
		return 0
	}
	return int(s.last-s.ix.first) + 1
}

// Row gives the row of packet n, nil if it is not kept. It must not be changed.
func (s Snapshot) Row(n packet.Number) *Row {
	if n < s.ix.first || n > s.last {
		return nil
	}
	i := int(n - s.ix.base)
	if k := i / chunkRows; k < len(s.ix.chunks) {
		return &s.ix.chunks[k][i%chunkRows]
	}
	return nil
}

// Conversation is what a list of conversations shows of one.
type Conversation struct {
	Kind Kind
	tcp.Summary
	TLS dissect.TLSInfo // of its encryption; zero if it has none
}

// State words how a TCP conversation stands; empty for UDP.
func (c *Conversation) State() string {
	if c.Kind != TCP {
		return ""
	}
	return stateOf(&c.Summary)
}

// Conversations gives a copy of the conversations of a kind, in order of their
// stream numbers, appended to buf.
func (t *Trace) Conversations(k Kind, buf []Conversation) []Conversation {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.tables.conversations(k, buf)
}

// Conversation gives one conversation.
func (t *Trace) Conversation(k Kind, stream uint32) (Conversation, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.tables.conversation(k, stream)
}

// Streams is how many conversations of a kind there are.
func (t *Trace) Streams(k Kind) int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.tables.streams(k)
}

// Packets lists the packets of a conversation that are kept, in order.
func (t *Trace) Packets(k Kind, stream uint32) []packet.Number {
	c, ok := t.Conversation(k, stream)
	if !ok {
		return nil
	}
	return t.Snapshot().chain(c.Last, k, stream, 0)
}

// chain walks a conversation from its packet last back to first and gives the
// numbers in order.
func (s Snapshot) chain(last packet.Number, k Kind, stream uint32, first packet.Number) []packet.Number {
	last = s.lastOf(last, k, stream)
	var out []packet.Number
	for n := last; n >= max(first, 1); {
		r := s.Row(n)
		if r == nil {
			break
		}
		out = append(out, n)
		if r.Prev >= n {
			break
		}
		n = r.Prev
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// lastOf gives the newest packet of the snapshot that is in the conversation:
// the trace may have grown since the snapshot was made.
func (s Snapshot) lastOf(n packet.Number, k Kind, stream uint32) packet.Number {
	for n = min(n, s.last); n > 0; n-- {
		r := s.Row(n)
		if r == nil {
			return 0
		}
		if r.Kind == k && r.Stream == stream {
			return n
		}
	}
	return 0
}

// Interfaces lists the interfaces that the capture has told of.
func (t *Trace) Interfaces() []packet.Interface {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return append([]packet.Interface(nil), t.tables.ifaces...)
}

// Bytes reads the captured bytes of packet n into buf, which grows as needed.
func (t *Trace) Bytes(n packet.Number, buf []byte) ([]byte, error) {
	r := t.Snapshot().Row(n)
	if r == nil {
		return buf[:0], fmt.Errorf("packet %d is no longer kept", n)
	}
	return t.read(r, buf)
}

func (t *Trace) read(r *Row, buf []byte) ([]byte, error) {
	if cap(buf) < int(r.CapLen) {
		buf = make([]byte, r.CapLen, max(int(r.CapLen), 4096))
	}
	buf = buf[:r.CapLen]
	if r.CapLen == 0 {
		return buf, nil
	}
	if n, err := t.store.ReadAt(buf, r.pos); n < len(buf) {
		return buf[:n], fmt.Errorf("reading the packet's bytes again: %w", err)
	}
	return buf, nil
}
