package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/problems"
	"tcplens/internal/trace"
)

// problemWalk looks for the next packet with a problem, among those shown and around
// the end. Where the index has looked already, it is asked; other packets are looked
// at one by one. It is handed from one command to the next.
type problemWalk struct {
	ctx      context.Context
	id       int
	dir      int
	at, left int // index among the packets shown, and how many are still to be looked at
	n        int
	snap     trace.Snapshot
	shown    []packet.Number
	filtered bool
	index    *problems.Index
	seeker   *problems.Seeker
}

// nextProblem goes to the nearest packet with a problem in direction dir.
func (m *Model) nextProblem(dir int) tea.Cmd {
	if m.src.tr == nil {
		return nil
	}
	if m.find.running && m.find.problem {
		m.find.again += dir
		return nil
	}
	from := m.list.cur
	switch m.view {
	case viewFollow:
		from = m.conv.packet()
	case viewGraph:
		from = m.graph.packet()
	case viewProblems:
		from = m.problems.packetOf()
	}
	if m.view != viewPackets {
		m.toPackets()
	}
	if from != 0 {
		m.list.leaveTail(&m.src)
		m.list.cur = from
	}
	m.problems.serve(m.src.tr)
	f, p := &m.find, &m.list
	n := p.captured(&m.src)
	if n == 0 {
		return nil
	}
	f.id++
	f.running, f.problem, f.again, f.done, f.of = true, true, 0, 0, n
	index := m.problems.index
	w := problemWalk{
		ctx: m.ctx, id: f.id, dir: dir, n: n, left: n, at: min(p.capturedIndex(&m.src, p.cur), n-1),
		snap: m.src.snap, shown: p.shown, filtered: p.filtered, index: index, seeker: index.NewSeeker(),
	}
	w.at = (w.at + dir + n) % n
	return w.begin
}

// begin takes in what the rows say, which takes a moment only.
func (w problemWalk) begin() tea.Msg {
	w.index.Rows(w.ctx, w.snap)
	return w.step()
}

func (w problemWalk) step() tea.Msg {
	end := time.Now().Add(chunkTime)
	for i := 0; w.left > 0; i++ {
		if n := w.number(w.at); w.seeker.Fault(w.snap, n) {
			return findMsg{id: w.id, hit: hit{n: n, node: -1, source: -1}, done: w.n - w.left}
		}
		w.pass(w.skip())
		if i%64 == 63 && (w.ctx.Err() != nil || time.Now().After(end)) {
			return findMsg{id: w.id, done: w.n - w.left, next: w.step}
		}
	}
	return findMsg{id: w.id, done: w.n}
}

func (w *problemWalk) number(i int) packet.Number {
	if w.filtered {
		return w.shown[i]
	}
	return w.snap.First() + packet.Number(i)
}

// pass goes k packets on.
func (w *problemWalk) pass(k int) {
	k = min(k, w.left)
	w.left -= k
	w.at = ((w.at+w.dir*k)%w.n + w.n) % w.n
}

// skip says how many packets can be passed over: those between here and the next one
// that the index knows to have a problem, or that it has not looked at.
func (w *problemWalk) skip() int {
	n, looked := w.number(w.at), w.index.Progress().Trees
	if n > looked {
		return 1
	}
	next := w.index.Next(n, w.dir)
	if w.dir > 0 && (next == 0 || next > looked) {
		next = looked + 1
	}
	to := 0
	switch {
	case w.dir < 0 && next == 0:
		return w.at + 1 // to the end, from where it goes on
	case w.filtered:
		i, ok := slices.BinarySearch(w.shown, next)
		if w.dir < 0 && !ok {
			i-- // the one before it, which has none: it is passed in its turn
		}
		to = i
	default:
		to = int(next) - int(w.snap.First())
	}
	to = min(max(to, 0), w.n)
	return max((to-w.at)*w.dir, 1)
}

// packetWhy is why the selected packet is a problem.
type packetWhy struct {
	explain *problems.Explainer // of the commands, one at a time
	tr      *trace.Trace        // that explain belongs to
	of      packet.Number
	gen     uint64
	at      time.Time
	running bool
	reasons []problems.Reason
}

// whyMsg brings the reasons of a packet.
type whyMsg struct {
	tr      *trace.Trace
	of      packet.Number
	gen     uint64
	reasons []problems.Reason
}

// work gives a command that works out why the selected packet is a problem, if it
// can be one.
func (y *packetWhy) work(m *Model) tea.Cmd {
	const again = 500 * time.Millisecond // what is said of a live capture may change
	cur, src := m.list.cur, &m.src
	if y.running || cur == 0 || src.tr == nil || src.row(cur) == nil {
		return nil
	}
	if y.tr == src.tr && y.of == cur && (y.gen == src.gen || !src.status.Done && time.Since(y.at) < again) {
		return nil
	}
	if y.tr != src.tr {
		*y = packetWhy{tr: src.tr, explain: problems.NewExplainer(src.tr)}
	}
	if y.of != cur {
		y.reasons = nil
	}
	y.of, y.gen, y.at = cur, src.gen, time.Now()
	if !m.tree.noted(cur) && !m.problems.knows(src.tr, cur) {
		return nil
	}
	y.running = true
	explain, snap, gen, tr := y.explain, src.snap, src.gen, src.tr
	return func() tea.Msg { return whyMsg{tr, cur, gen, explain.Packet(snap, cur)} }
}

// take takes over what a command has found.
func (y *packetWhy) take(msg whyMsg) {
	if msg.tr != y.tr {
		return
	}
	y.running = false
	if msg.of == y.of {
		y.reasons = msg.reasons
	}
}

// of gives the reasons of packet n, as far as they are known.
func (y *packetWhy) reasonsOf(n packet.Number) []problems.Reason {
	if y.of != n {
		return nil
	}
	return y.reasons
}

// noted says whether the tree of packet n has an expert item.
func (p *detailPane) noted(n packet.Number) bool {
	return p.of == n && slices.ContainsFunc(p.nodes, func(x treeNode) bool { return x.abbrev == "_ws.expert" })
}

// knows says whether the index has a fault of packet n.
func (p *problemsPane) knows(tr *trace.Trace, n packet.Number) bool {
	return p.index != nil && p.of == tr && p.index.Next(n-1, 1) == n
}

// drawWhy adds the first reason to the title of the detail pane.
func (m *Model) drawWhy(title string, w int, focused bool) string {
	list := m.why.reasonsOf(m.tree.of)
	if len(list) == 0 {
		return titleLine(&m.l, w, title, focused)
	}
	l := &m.l
	if w < 100 {
		title, _, _ = strings.Cut(title, " "+l.g.dot) // the list shows the length, too
	}
	st := sBorder
	if focused {
		st = sFocus
	}
	l.reset(w, gPlain)
	l.rule(sBorder, 1)
	l.put(st, " "+l.g.cut(l.g.text(title), w-4)+" "+l.g.dot+" ")
	_, _, style := l.g.severity(list[0].Class, list[0].Severity)
	if list[0].Class == problems.Fault && list[0].Severity < dissect.WarnSev {
		style = sNoted
	}
	l.put(style, l.g.cut(l.g.text(list[0].Text), max(w-l.used-2, 0))+" ")
	l.rule(sBorder, w)
	return l.end()
}
