package tui

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/dissect"
	"tcplens/dissect/filter"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// findKind says what ^F looks for.
type findKind uint8

const (
	findText findKind = iota
	findHex
	findFilter
	findKinds
)

func (k findKind) String() string {
	switch k {
	case findHex:
		return "bytes in hex"
	case findFilter:
		return "filter"
	}
	return "text"
}

// finder looks for a packet, from the selected one on, and around the end.
type finder struct {
	kind    findKind // what the prompt is set to
	what    query    // what was looked for last with ^F
	id      int
	running bool
	problem bool // it is the next problem that is looked for
	again   int  // steps to the next problem that were asked for meanwhile, or back
	done    int  // packets looked at
	of      int  // packets to look at
}

// query is what to look for. It does not change once made.
type query struct {
	kind  findKind
	text  string
	lower string
	bytes []byte
	f     *filter.Filter
}

// newQuery reads what was typed.
func newQuery(k findKind, s string, known dissect.Lookup) (query, error) {
	q := query{kind: k, text: s, lower: strings.ToLower(s)}
	switch k {
	case findHex:
		clean := strings.NewReplacer(" ", "", ":", "", "-", "", "0x", "").Replace(s)
		b, err := hex.DecodeString(clean)
		if err != nil || len(b) == 0 {
			return q, fmt.Errorf("%q is not a row of bytes in hexadecimal, such as 0d 0a", s)
		}
		q.bytes = b
	case findFilter:
		f, err := filter.Parse(s, known)
		if err != nil {
			return q, err
		}
		q.f = f
	}
	return q, nil
}

// findMsg reports a part of a search.
type findMsg struct {
	id    int
	found packet.Number // 0: not yet
	at    int           // index of the next packet to look at
	done  int
	next  func() tea.Msg // goes on; nil when all have been looked at
}

// start gives a command that looks for q among the packets shown, in direction
// dir from the selected one.
func (f *finder) start(ctx context.Context, s *source, p *listPane, q query, dir int) tea.Cmd {
	n := p.count(s)
	if n == 0 {
		return nil
	}
	f.id++
	f.running, f.problem, f.again, f.done, f.of = true, false, 0, 0, n
	w := walk{
		ctx: ctx, id: f.id, q: q, dir: dir, n: n, at: p.index(s, p.cur), left: n,
		snap: s.snap, shown: p.shown, filtered: p.filtered, reader: s.tr.NewReader(), matcher: s.tr.NewMatcher(q.f),
	}
	if w.at >= n {
		w.at = n - 1
	}
	w.at = (w.at + dir + n) % n
	return w.step
}

// walk is a search under way. It is handed from one command to the next.
type walk struct {
	ctx      context.Context
	id       int
	q        query
	dir      int
	at, left int
	n        int
	snap     trace.Snapshot
	shown    []packet.Number
	filtered bool
	reader   *trace.Reader
	matcher  *trace.Matcher
}

func (w walk) step() tea.Msg {
	end := time.Now().Add(chunkTime)
	for i := 0; w.left > 0; i++ {
		n := w.snap.First() + packet.Number(w.at)
		if w.filtered {
			n = w.shown[w.at]
		}
		w.left--
		if w.holds(n) {
			return findMsg{id: w.id, found: n, at: w.at, done: w.n - w.left}
		}
		w.at = (w.at + w.dir + w.n) % w.n
		if i%64 == 63 && (w.ctx.Err() != nil || time.Now().After(end)) {
			return findMsg{id: w.id, at: w.at, done: w.n - w.left, next: w.step}
		}
	}
	return findMsg{id: w.id, done: w.n}
}

func (w *walk) holds(n packet.Number) bool {
	row := w.snap.Row(n)
	if row == nil {
		return false
	}
	switch w.q.kind {
	case findFilter:
		return w.q.f != nil && w.matcher.Match(w.snap, n)
	case findHex:
		p, err := w.reader.Packet(n)
		return err == nil && bytes.Contains(p.Data, w.q.bytes)
	}
	p, err := w.reader.Packet(n)
	if err != nil {
		return false
	}
	if containsFold(p.Data, w.q.lower) {
		return true
	}
	_, cols, err := w.reader.Dissect(n, dissect.WantColumns)
	return err == nil && (strings.Contains(strings.ToLower(cols.Info), w.q.lower) || strings.Contains(strings.ToLower(cols.Proto), w.q.lower) ||
		strings.Contains(cols.Src, w.q.lower) || strings.Contains(cols.Dst, w.q.lower))
}

// containsFold looks for lower in b without regard to case (ASCII).
func containsFold(b []byte, lower string) bool {
	if lower == "" {
		return false
	}
	first := lower[0]
	upper := first
	if first >= 'a' && first <= 'z' {
		upper -= 'a' - 'A'
	}
	for i := 0; i+len(lower) <= len(b); i++ {
		if c := b[i]; c != first && c != upper {
			continue
		}
		k := 1
		for k < len(lower) {
			c := b[i+k]
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			if c != lower[k] {
				break
			}
			k++
		}
		if k == len(lower) {
			return true
		}
	}
	return false
}
