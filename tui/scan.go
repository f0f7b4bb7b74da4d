package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/dissect"
	"tcplens/dissect/filter"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// chunkTime is how long one command of a scan or search works before it reports.
const chunkTime = 40 * time.Millisecond

// scan finds the packets that match the display filter. One command at a time
// looks at some rows and gives what it found in a message; the message says which
// scan it was for, so that a scan that was replaced goes unnoticed.
type scan struct {
	id      int
	f       *filter.Filter
	upto    packet.Number // rows up to here have been looked at
	running bool
	facts   *factor
	reader  *trace.Reader // of the commands
}

// scanMsg reports a part of a scan.
type scanMsg struct {
	id    int
	found []packet.Number
	upto  packet.Number
}

// step gives a command that goes on with the scan, nil if there is nothing to do.
func (s *scan) step(ctx context.Context, snap trace.Snapshot) tea.Cmd {
	if s.f == nil || s.running || s.upto >= snap.Last() {
		return nil
	}
	s.running = true
	id, f, facts, reader := s.id, s.f, s.facts, s.reader
	n := max(s.upto+1, snap.First())
	return func() tea.Msg {
		msg := scanMsg{id: id, upto: n - 1}
		end := time.Now().Add(chunkTime)
		for last := snap.Last(); n <= last; n++ {
			if match(f, facts, reader, snap, n) {
				msg.found = append(msg.found, n)
			}
			msg.upto = n
			if n%64 == 0 && (ctx.Err() != nil || time.Now().After(end)) {
				break
			}
		}
		return msg
	}
}

// match says whether packet n satisfies a filter.
func match(f *filter.Filter, facts *factor, reader *trace.Reader, snap trace.Snapshot, n packet.Number) bool {
	row := snap.Row(n)
	if row == nil {
		return false
	}
	x := facts.of(n, row)
	if m, known := f.Rows(&x); known {
		return m
	}
	tree, _, err := reader.Dissect(n, dissect.WantTree)
	return err == nil && f.Match(tree)
}

// factor makes the facts of rows for filters. It belongs to one scan or search.
type factor struct {
	tr    *trace.Trace
	ports bool // the filter asks for ports
	known [3][]portPair
}

type portPair struct{ src, dst uint16 }

func newFactor(tr *trace.Trace, f *filter.Filter) *factor {
	x := &factor{tr: tr}
	for _, field := range f.Fields() {
		x.ports = x.ports || strings.HasSuffix(field.Abbrev, "port")
	}
	return x
}

func (x *factor) of(n packet.Number, r *trace.Row) filter.Facts {
	f := filter.Facts{
		Number: uint32(n), Len: r.Len, CapLen: r.CapLen, Single: r.Kind != trace.NoKind && !r.Layered() && !r.Fragment() && !r.Malformed(),
		Stream: r.Stream, PayLen: r.PayLen, Flags: uint16(r.Flags), Verdict: r.Verdict&sayings != 0,
	}
	switch r.Kind {
	case trace.TCP:
		f.Kind = filter.TCP
	case trace.UDP:
		f.Kind = filter.UDP
	}
	if x.ports && r.Kind != trace.NoKind {
		p := x.pair(r.Kind, r.Stream)
		f.Src, f.Dst, f.Ports = p.src, p.dst, true
		if r.Dir == 1 {
			f.Src, f.Dst = p.dst, p.src
		}
	}
	return f
}

// sayings are all verdicts that have a field of their own.
const sayings = problems | tcp.WindowUpdate | tcp.KeepAlive | tcp.KeepAliveAck | tcp.ZeroWindowProbeAck

// pair gives the ports of a conversation.
func (x *factor) pair(k trace.Kind, stream uint32) portPair {
	known := x.known[k]
	for uint32(len(known)) <= stream {
		c, ok := x.tr.Conversation(k, uint32(len(known)))
		if !ok {
			return portPair{}
		}
		known = append(known, portPair{c.Flow.Src.Port, c.Flow.Dst.Port})
	}
	x.known[k] = known
	return known[stream]
}
