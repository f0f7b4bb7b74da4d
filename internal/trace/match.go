package trace

import (
	"strings"

	"tcplens/dissect"
	"tcplens/dissect/filter"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// Matcher says which packets of a trace satisfy a display filter. It answers from
// the rows where they know enough, and dissects where they do not. It belongs to
// one goroutine.
type Matcher struct {
	t      *Trace
	f      *filter.Filter
	reader *Reader
	ports  bool // the filter asks for ports
	known  [3][]portPair
}

type portPair struct{ src, dst uint16 }

// NewMatcher makes a matcher; a nil filter is satisfied by every packet.
func (t *Trace) NewMatcher(f *filter.Filter) *Matcher {
	m := &Matcher{t: t, f: f, reader: t.NewReader()}
	if f == nil {
		return m
	}
	for _, field := range f.Fields() {
		m.ports = m.ports || strings.HasSuffix(field.Abbrev, "port")
	}
	return m
}

// Match says whether packet n of a snapshot satisfies the filter. A packet that is
// no longer kept does not.
func (m *Matcher) Match(s Snapshot, n packet.Number) bool {
	row := s.Row(n)
	if row == nil {
		return false
	}
	if m.f == nil {
		return true
	}
	x := m.facts(n, row)
	if match, known := m.f.Rows(&x); known {
		return match
	}
	tree, _, err := m.reader.Dissect(n, dissect.WantTree)
	return err == nil && m.f.Match(tree)
}

// Problems are the verdicts that say that something went wrong.
const Problems = tcp.ReusedPorts | tcp.Retransmission | tcp.FastRetransmission | tcp.SpuriousRetransmission | tcp.OutOfOrder |
	tcp.LostSegment | tcp.AckLostSegment | tcp.WindowFull | tcp.DuplicateAck | tcp.ZeroWindowProbe | tcp.ZeroWindow

// verdicts are all that have a field of their own.
const verdicts = Problems | tcp.WindowUpdate | tcp.KeepAlive | tcp.KeepAliveAck | tcp.ZeroWindowProbeAck

func (m *Matcher) facts(n packet.Number, r *Row) filter.Facts {
	f := filter.Facts{
		Number: uint32(n), Len: r.Len, CapLen: r.CapLen, Single: r.Kind != NoKind && !r.Layered() && !r.Fragment() && !r.Malformed(),
		Stream: r.Stream, PayLen: r.PayLen, Flags: uint16(r.Flags), Verdict: r.Verdict&verdicts != 0,
	}
	switch r.Kind {
	case TCP:
		f.Kind = filter.TCP
	case UDP:
		f.Kind = filter.UDP
	}
	if m.ports && r.Kind != NoKind {
		p := m.pair(r.Kind, r.Stream)
		f.Src, f.Dst, f.Ports = p.src, p.dst, true
		if r.Dir == 1 {
			f.Src, f.Dst = p.dst, p.src
		}
	}
	return f
}

// pair gives the ports of a conversation.
func (m *Matcher) pair(k Kind, stream uint32) portPair {
	known := m.known[k]
	for uint32(len(known)) <= stream {
		c, ok := m.t.Conversation(k, uint32(len(known)))
		if !ok {
			return portPair{}
		}
		known = append(known, portPair{c.Flow.Src.Port, c.Flow.Dst.Port})
	}
	m.known[k] = known
	return known[stream]
}
