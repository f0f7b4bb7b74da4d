package tui

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// seen is what was found in this capture that may be typed in a display filter: the
// fields that it has, and the values of those that were asked for. Not every packet
// is looked at, but packets from all over it.
type seen struct {
	tr      *trace.Trace
	upto    packet.Number // the trace's last packet when it was looked at
	fields  map[string]bool
	values  map[*dissect.Field]*fieldValues
	running int // commands under way
}

// fieldValues are the values of a field.
type fieldValues struct {
	count map[string]int // packets with the value, as it is written in a filter
}

const (
	mostSeen   = 4000                   // packets looked at for the fields
	mostValued = 20_000                 // and for the values of a field
	mostValues = 500                    // values of a field that are kept
	seenTime   = 400 * time.Millisecond // and for how long at most
)

// seenMsg reports what was found.
type seenMsg struct {
	tr     *trace.Trace
	upto   packet.Number
	fields map[string]bool
	field  *dissect.Field
	values map[string]int
}

// lookAtFields gives a command that finds out which fields the capture has, nil if
// that is known.
func (m *Model) lookAtFields() tea.Cmd {
	s := &m.seen
	if s.tr != m.src.tr {
		*s = seen{tr: m.src.tr, values: make(map[*dissect.Field]*fieldValues)}
	}
	if m.src.tr == nil || s.running > 0 || m.src.last() == 0 || uint64(m.src.last()) < 2*uint64(s.upto) || s.upto == m.src.last() {
		return nil
	}
	s.running++
	ctx, tr, snap := m.ctx, m.src.tr, m.src.snap
	return func() tea.Msg {
		msg := seenMsg{tr: tr, upto: snap.Last(), fields: make(map[string]bool)}
		r := tr.NewReader()
		abroad(ctx, snap, mostSeen, func(n packet.Number) bool {
			tree, _, err := r.Dissect(n, dissect.WantTree)
			for i := 0; err == nil && i < len(tree.Nodes); i++ {
				if f := tree.Nodes[i].Field; f != nil {
					msg.fields[f.Abbrev] = true
				}
			}
			return true
		})
		return msg
	}
}

// lookAtValues gives a command that finds values of the field that one is typed
// for, nil if there is none or they are known.
func (m *Model) lookAtValues() tea.Cmd {
	f := m.prompt.wants
	if f == nil || m.src.tr == nil || m.prompt.kind == noPrompt || m.seen.values == nil || m.seen.values[f] != nil {
		return nil
	}
	m.seen.values[f] = &fieldValues{}
	m.seen.running++
	ctx, tr, snap := m.ctx, m.src.tr, m.src.snap
	return func() tea.Msg {
		msg := seenMsg{tr: tr, field: f, values: make(map[string]int)}
		r := tr.NewReader()
		abroad(ctx, snap, mostValued, func(n packet.Number) bool {
			tree, _, err := r.Dissect(n, dissect.WantTree)
			for i := 0; err == nil && i < len(tree.Nodes); i++ {
				if node := &tree.Nodes[i]; node.Field != nil && node.Field.Abbrev == f.Abbrev {
					if v := literal(node); v != "" {
						msg.values[v]++
					}
				}
			}
			return len(msg.values) < mostValues
		})
		return msg
	}
}

// abroad visits packets from all over a capture, at most most of them and for a
// moment only, until f says that it is enough.
func abroad(ctx context.Context, snap trace.Snapshot, most int, f func(packet.Number) bool) {
	n := uint64(snap.Last()-snap.First()) + 1
	// A step that has no divisor in common with n meets each packet once; near the
	// golden ratio it spreads them evenly from the beginning.
	step := n*618/1000 + 1
	for gcd(step, n) != 1 {
		step++
	}
	end := time.Now().Add(seenTime)
	at := uint64(0)
	for i := range min(n, uint64(most)) {
		if i%32 == 31 && (ctx.Err() != nil || time.Now().After(end)) {
			return
		}
		if !f(snap.First() + packet.Number(at)) {
			return
		}
		at = (at + step) % n
	}
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// saw takes over what was found.
func (m *Model) saw(msg seenMsg) tea.Cmd {
	s := &m.seen
	if msg.tr != s.tr {
		return nil
	}
	s.running--
	if msg.field != nil {
		s.values[msg.field] = &fieldValues{count: msg.values}
	} else {
		s.fields, s.upto = msg.fields, msg.upto
		clear(s.values)
	}
	if k := m.prompt.kind; (k == promptFilter || k == promptFind && m.find.kind == findFilter) && m.prompt.choice == 0 {
		m.checkPrompt()
		m.dirty = true
		return m.lookAtValues()
	}
	return nil
}

// valueHints offers the values of a field that the capture has, the most frequent first.
func (m *Model) valueHints(f *dissect.Field, word string) []hint {
	v := m.seen.values[f]
	if v == nil {
		return nil
	}
	low := strings.ToLower(strings.Trim(word, `"`))
	var out []hint
	for s, n := range v.count {
		if s != word && strings.Contains(strings.ToLower(s), low) {
			h := hint{text: s, desc: "seen " + count(uint64(n), "time")}
			if name := nameOf(f, s); name != "" {
				h.desc = name + ", " + h.desc
			}
			out = append(out, h)
		}
	}
	begins := func(h hint) bool { return strings.HasPrefix(strings.ToLower(strings.Trim(h.text, `"`)), low) }
	slices.SortFunc(out, func(a, b hint) int {
		if x, y := begins(a), begins(b); x != y {
			if x {
				return -1
			}
			return 1
		}
		return cmp.Or(-cmp.Compare(v.count[a.text], v.count[b.text]), cmp.Compare(a.text, b.text))
	})
	return out
}

// nameOf is the name of a number as a filter has it; empty if it has none.
func nameOf(f *dissect.Field, number string) string {
	if f.Names == nil {
		return ""
	}
	n, err := strconv.ParseUint(number, 0, 64)
	if err != nil {
		return ""
	}
	return f.Names(n)
}

// literal writes the value of a node as it is written in a filter; empty if it has none.
func literal(n *dissect.Node) string {
	switch n.Field.Type {
	case dissect.TNone, dissect.TProtocol:
		return ""
	case dissect.TString, dissect.TStringZ, dissect.TOID, dissect.TAbsTime:
		if s := n.Value(); len(s) <= 200 {
			return quoted(s)
		}
		return ""
	case dissect.TBool:
		if n.Uint() != 0 {
			return "True"
		}
		return "False"
	}
	if s := n.Value(); len(s) <= 200 && !strings.ContainsAny(s, " ") {
		return s
	}
	return strconv.FormatUint(n.Uint(), 10)
}
