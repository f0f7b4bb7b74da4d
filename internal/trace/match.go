package trace

import (
	"strings"

	"tcplens/dissect"
	"tcplens/dissect/filter"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// Matcher says which packets of a trace satisfy a display filter. It answers from
// the rows where they know enough, from the captured bytes where those do, and
// dissects where they do not. It belongs to one goroutine.
type Matcher struct {
	t      *Trace
	f      *filter.Filter
	reader *Reader
	flows  [3][]packet.Flow // by kind and stream: of the conversation's first packet
	first  packet.Time
	times  bool // the filter asks for times
	ends   bool // it asks for addresses or ports
	want   dissect.Want
	facts  filter.Facts
	window window

	ofEnds bool       // the filter has one answer for each way of a conversation
	memo   [3][]uint8 // those answers, by kind, stream and direction: 0 not known, 1 no, 2 yes
}

// NewMatcher makes a matcher; a nil filter is satisfied by every packet.
func (t *Trace) NewMatcher(f *filter.Filter) *Matcher { return t.NewMatcherOf(SecondVisit, f) }

// NewMatcherOf makes a matcher that judges packets as of a visit; a nil filter is
// satisfied by every packet.
func (t *Trace) NewMatcherOf(v Visit, f *filter.Filter) *Matcher {
	m := &Matcher{t: t, f: f, reader: t.NewVisitor(v), want: dissect.WantFields}
	m.asks(f)
	m.ofEnds = f.OfEnds()
	return m
}

// Match says whether packet n of a snapshot satisfies the filter. A packet that is
// no longer kept does not.
func (m *Matcher) Match(s Snapshot, n packet.Number) bool {
	match, _, _ := m.MatchKnown(s, n, 0, 0)
	return match
}

// Row answers for packet n of a snapshot from its row alone; known is false where
// that does not tell. A packet that is no longer kept does not match.
func (m *Matcher) Row(s Snapshot, n packet.Number) (match, known bool) {
	row := s.Row(n)
	if row == nil || m.f == nil {
		return row != nil, true
	}
	memo := m.recall(row)
	if memo != nil && *memo != 0 {
		return *memo == 2, true
	}
	m.fill(&m.facts, s, n, row)
	m.facts.Known = 0
	match, known = m.f.Rows(&m.facts)
	if memo != nil && known {
		*memo = 1
		if match {
			*memo = 2
		}
	}
	return match, known
}

// recall gives the place of the answer for all packets that go the way of a row's in
// its conversation; nil if there is none.
func (m *Matcher) recall(r *Row) *uint8 {
	if !m.ofEnds || r.Kind == NoKind || r.bits&(rowPlain|rowMany|rowFragment|rowMalformed) != rowPlain {
		return nil
	}
	at := int(r.Stream)<<1 | int(r.Dir&1)
	for len(m.memo[r.Kind]) <= at {
		m.memo[r.Kind] = append(m.memo[r.Kind], make([]uint8, 2*(len(m.memo[r.Kind])+256))...)
	}
	return &m.memo[r.Kind][at]
}

// MatchKnown is Match with what is known of the filter's leaves (see
// filter.Facts): known and holds are what was kept of the packet before, and what
// comes back has been added to.
func (m *Matcher) MatchKnown(s Snapshot, n packet.Number, known, holds uint64) (match bool, nowKnown, nowHolds uint64) {
	row := s.Row(n)
	if row == nil {
		return false, known, holds
	}
	if m.f == nil {
		return true, known, holds
	}
	x := &m.facts
	m.fill(x, s, n, row)
	x.Known, x.Holds = known, holds
	if match, ok := m.f.Rows(x); ok {
		return match, x.Known, x.Holds
	}
	if m.f.UsesData() {
		if x.Without = m.without(s, n, row); x.Without != 0 {
			if match, ok := m.f.Rows(x); ok {
				return match, x.Known, x.Holds
			}
		}
	}
	if m.f.UsesBytes() {
		if b, err := m.window.read(m.t, row); err == nil {
			if match, ok := m.f.Bytes(x, b); ok {
				return match, x.Known, x.Holds
			}
		}
	}
	tree, _, err := m.reader.Dissect(n, m.want)
	match = err == nil && m.f.MatchKnown(tree, x)
	return match, x.Known, x.Holds
}

// Problems are the verdicts that say that something went wrong.
const Problems = tcp.ReusedPorts | tcp.Retransmission | tcp.FastRetransmission | tcp.SpuriousRetransmission | tcp.OutOfOrder |
	tcp.LostSegment | tcp.AckLostSegment | tcp.WindowFull | tcp.DuplicateAck | tcp.ZeroWindowProbe | tcp.ZeroWindow

// fill writes down what a row tells of packet n.
func (m *Matcher) fill(f *filter.Facts, s Snapshot, n packet.Number, r *Row) {
	if m.first == 0 {
		m.first = m.t.Status().First
		f.First = m.first
	}
	// Field by field: a whole new Facts would cost more than all the rest.
	f.Number, f.Len, f.CapLen, f.Time, f.Timed = uint32(n), r.Len, r.CapLen, r.Time, r.bits&rowNoTime == 0
	if m.times {
		f.Prev = r.Time
		if prev := s.Row(n - 1); prev != nil {
			f.Prev = prev.Time
		}
	}
	f.Stream, f.PayLen, f.Flags, f.Verdict, f.Reverse = r.Stream, r.PayLen, uint16(r.Flags), r.Verdict, r.Dir == 1
	f.Without, f.Flow, f.Plain, f.Sound = 0, nil, false, false
	f.Single = r.Kind != NoKind && r.bits&(rowMany|rowFragment|rowMalformed) == 0
	switch r.Kind {
	case TCP:
		f.Kind, f.Sound = filter.TCP, r.Judged()
	case UDP:
		f.Kind = filter.UDP
	default:
		f.Kind = filter.NoTransport
	}
	if !f.Single {
		return
	}
	f.Plain = r.bits&rowPlain != 0
	f.Sound = f.Sound && f.Plain // a tree that stops at an option does not come to the analysis
	if m.ends {
		f.Flow = m.flow(r.Kind, r.Stream)
	}
	if r.Kind == TCP && r.PayLen == 0 && r.Flags&(tcp.FIN|tcp.RST) == 0 {
		// Behind a FIN an answer may end whose length nobody told (RFC 9112 §6.3).
		f.Without = filter.WithoutApp | filter.WithoutHTTP | filter.WithoutTLS
	}
}

// asks notes what a filter asks for that costs something to find out.
func (m *Matcher) asks(f *filter.Filter) {
	for _, x := range f.Fields() {
		if x.Abbrev == "_ws.text" {
			m.want = dissect.WantTree
		}
		m.times = m.times || strings.HasPrefix(x.Abbrev, "frame.time")
		m.ends = m.ends || strings.HasPrefix(x.Abbrev, "ip") || strings.HasSuffix(x.Abbrev, "port")
	}
}

// flow gives the ends of a conversation, in the order of its first packet.
func (m *Matcher) flow(k Kind, stream uint32) *packet.Flow {
	known := m.flows[k]
	if uint32(len(known)) <= stream {
		m.t.mu.RLock()
		known = m.t.tables.flows(k, known)
		m.t.mu.RUnlock()
		m.flows[k] = known
	}
	if uint32(len(known)) <= stream || !known[stream].Src.Addr.IsValid() {
		return nil
	}
	return &known[stream]
}

// flows adds the ends of the conversations from the len(known)-th on.
func (t *tables) flows(k Kind, known []packet.Flow) []packet.Flow {
	for i := len(known); i < t.streams(k); i++ {
		if k == TCP {
			known = append(known, t.convs[i].Flow())
		} else {
			known = append(known, t.udp[i].flow)
		}
	}
	return known
}

// without says what cannot be in the tree of a packet, by what is spoken in its
// conversation and whether its data is looked at.
func (m *Matcher) without(s Snapshot, n packet.Number, row *Row) (out filter.Without) {
	if m.facts.Without != 0 {
		return m.facts.Without
	}
	if !m.facts.Single || row.Kind != TCP {
		return 0
	}
	t, r := m.t, m.reader
	t.mu.RLock()
	defer t.mu.RUnlock()
	tb := &t.tables
	switch session := tb.apps[row.Stream].session; {
	case session == nil:
		return filter.WithoutHTTP | filter.WithoutTLS | filter.WithoutPlain
	case session.Tunnels():
		return 0
	case session.App() == dissect.AppTLS && t.keys == nil:
		out = filter.WithoutHTTP | filter.WithoutPlain // nothing of it is opened
	}
	r.know = knowledge{r: r, s: s, n: n, row: row}
	r.know.gather(tb)
	if r.visit == FirstVisit {
		r.know.firstVisit(tb)
	} else {
		r.know.plan.secondVisit(row, n, tb.apps[row.Stream].order)
	}
	if !r.DataShown() {
		out |= filter.WithoutApp
	}
	return out
}
