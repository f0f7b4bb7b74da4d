package tui

import (
	"context"
	"slices"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/internal/packet"
	"tcplens/internal/problems"
	"tcplens/internal/trace"
)

// problemsPane lists what is worth a look, in groups that open to their packets.
type problemsPane struct {
	index   *problems.Index
	of      *trace.Trace // that index belongs to
	gen     uint64       // of the trace when a command last began
	running bool
	more    bool // the last command did not come to the end
	got     problems.Progress
	last    packet.Number // of the snapshot that the last command had
	started time.Time

	groups []problems.Group
	blocks []problemBlock
	open   map[problems.Key]bool
	key    problems.Key  // of the selected group
	packet packet.Number // selected in it; 0: the group itself
	chosen bool          // there is a selection
	cur    int           // the selected line
	top    int
	rows   int

	why reasons
}

// problemBlock is a heading, or a group with its packets below it if it is open.
type problemBlock struct {
	head  string
	group int // index into groups; −1 for a heading
	first int // line
	lines int
}

// reasons are the lines that say why, as far as they have been worked out.
type reasons struct {
	explain *problems.Explainer // of the commands, one at a time
	running bool
	gen     uint64
	key     problems.Key
	text    map[packet.Number]string
	at      time.Time // when the oldest of them was asked for
}

func newProblemsPane() problemsPane { return problemsPane{rows: 1} }

// problemsMsg reports that the index has got further.
type problemsMsg struct {
	of     *trace.Trace
	got    problems.Progress
	groups []problems.Group
}

// reasonsMsg brings lines that say why.
type reasonsMsg struct {
	of   *trace.Trace
	gen  uint64
	key  problems.Key
	text map[packet.Number]string
}

// serve makes the index of a trace.
func (p *problemsPane) serve(tr *trace.Trace) {
	if p.of != tr || p.index == nil {
		*p = problemsPane{rows: p.rows, of: tr, index: problems.New(tr), open: make(map[problems.Key]bool), more: true}
		p.why.explain = problems.NewExplainer(tr)
	}
}

// work gives the commands that are due while the view is open: to go on with the
// index, and to say why of what is on the screen.
func (p *problemsPane) work(ctx context.Context, src *source) tea.Cmd {
	if src.tr == nil {
		return nil
	}
	p.serve(src.tr)
	return tea.Batch(p.step(ctx, src), p.reason(src))
}

func (p *problemsPane) step(ctx context.Context, src *source) tea.Cmd {
	const many = 100_000
	if p.running || !p.more && (src.gen == p.gen || !src.status.Done && src.last() > many && time.Since(p.started) < 200*time.Millisecond) {
		return nil
	}
	p.gen, p.running, p.started, p.last = src.gen, true, time.Now(), src.snap.Last()
	index, snap, done, tr := p.index, src.snap, src.status.Done && packet.Number(src.status.Packets) <= src.snap.Last(), src.tr
	return func() tea.Msg {
		got := index.Step(ctx, snap, done, time.Now().Add(chunkTime))
		return problemsMsg{tr, got, index.Groups()}
	}
}

// reason gives a command that works out why the packets on the screen are problems.
func (p *problemsPane) reason(src *source) tea.Cmd {
	const again = 500 * time.Millisecond // what is said of a live capture may change
	w := &p.why
	if w.running {
		return nil
	}
	if w.key != p.key || w.gen != src.gen && (src.status.Done || time.Since(w.at) > again) {
		w.key, w.gen, w.text, w.at = p.key, src.gen, make(map[packet.Number]string), time.Now()
	}
	var want []packet.Number
	for _, n := range p.visible() {
		if _, ok := w.text[n]; !ok {
			want = append(want, n)
		}
	}
	if len(want) == 0 {
		return nil
	}
	w.running = true
	explain, snap, key, gen, tr := w.explain, src.snap, w.key, w.gen, src.tr
	return func() tea.Msg {
		text := make(map[packet.Number]string, len(want))
		end := time.Now().Add(chunkTime)
		for _, n := range want {
			text[n] = explain.Why(snap, n, key.Kind)
			if time.Now().After(end) {
				break
			}
		}
		return reasonsMsg{tr, gen, key, text}
	}
}

// visible lists the packets of the selected group that are on the screen, the
// selected one first.
func (p *problemsPane) visible() []packet.Number {
	b := p.blockOf(p.key)
	if b == nil || b.lines < 2 {
		return nil
	}
	from := max(p.top-b.first-1, 0)
	buf := make([]packet.Number, min(p.rows, b.lines-1))
	list := buf[:p.index.Occurrences(p.key, from, buf)]
	if p.packet != 0 {
		list = append([]packet.Number{p.packet}, list...)
	}
	return list
}

// take takes over what a command has found.
func (p *problemsPane) take(msg problemsMsg) {
	if msg.of != p.of {
		return
	}
	p.running, p.got, p.more = false, msg.got, !msg.got.Done
	p.groups = msg.groups
	p.lay()
}

// takeReasons takes over why packets are problems.
func (p *problemsPane) takeReasons(msg reasonsMsg) {
	if msg.of != p.of {
		return
	}
	p.why.running = false
	if msg.key == p.why.key && msg.gen == p.why.gen {
		for n, s := range msg.text {
			p.why.text[n] = s
		}
	}
}

// lay puts the lines in order. The selection stays with what it was on.
func (p *problemsPane) lay() {
	p.blocks = p.blocks[:0]
	line := 0
	add := func(b problemBlock) {
		b.first = line
		line += b.lines
		p.blocks = append(p.blocks, b)
	}
	class := problems.Class(0)
	for i := range p.groups {
		g := &p.groups[i]
		if g.Class == problems.Explained {
			continue
		}
		if i == 0 || g.Class != class {
			class = g.Class
			add(problemBlock{head: heading(class), group: -1, lines: 1})
		}
		n := 1
		if p.open[g.Key] {
			n += g.Packets
		}
		add(problemBlock{group: i, lines: n})
	}
	if !p.chosen {
		p.begin()
	}
	b := p.blockOf(p.key)
	switch {
	case b == nil && p.chosen && len(p.blocks) > 0:
		p.choose(min(p.cur, p.count()-1), 1)
	case b == nil:
	case p.packet != 0 && b.lines > 1:
		p.cur = b.first + 1 + min(p.index.Place(p.key, p.packet), b.lines-2)
	default:
		p.cur, p.packet = b.first, 0
	}
}

// begin selects the first fault, or what there is.
func (p *problemsPane) begin() {
	for _, want := range [...]problems.Class{problems.Fault, problems.Capture, problems.Ordinary} {
		for i := range p.blocks {
			if k := p.blocks[i].group; k >= 0 && p.groups[k].Class == want {
				p.key, p.packet = p.groups[k].Key, 0
				return
			}
		}
	}
}

func heading(c problems.Class) string {
	switch c {
	case problems.Capture:
		return "The capture itself: no fault of the network"
	case problems.Ordinary:
		return "Noted, but ordinary"
	}
	return "Problems"
}

func (p *problemsPane) blockOf(k problems.Key) *problemBlock {
	for i := range p.blocks {
		if g := p.blocks[i].group; g >= 0 && p.groups[g].Key == k {
			return &p.blocks[i]
		}
	}
	return nil
}

// count is how many lines there are.
func (p *problemsPane) count() int {
	if k := len(p.blocks); k > 0 {
		return p.blocks[k-1].first + p.blocks[k-1].lines
	}
	return 0
}

// block gives the block that line i is in, nil outside.
func (p *problemsPane) block(i int) *problemBlock {
	k, ok := slices.BinarySearchFunc(p.blocks, i, func(b problemBlock, i int) int { return b.first - i })
	if !ok {
		k--
	}
	if k < 0 || i >= p.blocks[k].first+p.blocks[k].lines {
		return nil
	}
	return &p.blocks[k]
}

// choose selects line i; where that is a heading, the nearest one in direction d.
func (p *problemsPane) choose(i, d int) {
	n := p.count()
	i = min(max(i, 0), n-1)
	b := p.block(i)
	for tries := 0; b != nil && b.group < 0; tries++ {
		if i+d < 0 || i+d >= n || tries > 1 {
			d = -d
		}
		i += d
		b = p.block(i)
	}
	if b == nil {
		return
	}
	p.cur, p.key, p.packet, p.chosen = i, p.groups[b.group].Key, 0, true
	if i > b.first {
		var one [1]packet.Number
		if p.index.Occurrences(p.key, i-b.first-1, one[:]) == 1 {
			p.packet = one[0]
		}
	}
}

func (p *problemsPane) move(d int) {
	if d != 0 {
		p.choose(p.cur+d, map[bool]int{true: 1, false: -1}[d > 0])
	}
}

func (p *problemsPane) settle() {
	n := p.count()
	p.top = max(min(p.top, n-p.rows), 0)
	if p.cur < p.top {
		p.top = p.cur
	}
	if p.cur >= p.top+p.rows {
		p.top = p.cur - p.rows + 1
	}
	if p.cur == 1 && p.top == 1 {
		p.top = 0 // the first heading
	}
}

// selected gives the selected group, nil if there is none.
func (p *problemsPane) selected() *problems.Group {
	if b := p.blockOf(p.key); b != nil {
		return &p.groups[b.group]
	}
	return nil
}

// packetOf is the packet that the selection is about: of a group the first.
func (p *problemsPane) packetOf() packet.Number {
	if g := p.selected(); g != nil && p.packet == 0 {
		return g.First
	}
	return p.packet
}

// unfold opens or closes the selected group; it says whether that changed anything.
func (p *problemsPane) unfold(open bool) bool {
	g := p.selected()
	if g == nil || p.open[g.Key] == open || open && g.Packets == 0 {
		return false
	}
	p.open[g.Key] = open
	p.packet, p.chosen = 0, true
	p.lay()
	return true
}

func (p *problemsPane) title() string {
	faults, kinds := uint64(0), 0
	for i := range p.groups {
		if p.groups[i].Class == problems.Fault {
			faults += p.groups[i].Count
			kinds++
		}
	}
	t := "Problems · "
	switch {
	case kinds > 0:
		t += number(faults) + " of " + count(uint64(kinds), "kind")
	case p.more:
		t += "none so far"
	default:
		t += "none"
	}
	if p.more && p.last > 0 {
		t += " · " + strconv.FormatUint(uint64(p.got.Trees)*100/uint64(p.last), 10) + " % looked at"
	}
	return t
}

// doProblems carries out an action in the problems view.
func (m *Model) doProblems(a action) tea.Cmd {
	p := &m.problems
	g := p.selected()
	switch a {
	case actEnter:
		switch {
		case g == nil:
		case p.packet != 0:
			m.goTo(p.packet)
		case g.Packets == 1:
			m.goTo(g.First)
		default:
			p.unfold(!p.open[g.Key])
		}
	case actRight:
		if !p.unfold(true) && g != nil && p.packet == 0 && p.open[g.Key] {
			p.move(1)
		}
	case actLeft:
		p.unfold(false)
	case actFilter:
		return m.openFilter(m.filter)
	default:
		if d, ok := steps(a, p.rows, p.count()); ok {
			p.move(d)
		}
	}
	return nil
}

// maxListed is how many packets a filter names one by one.
const maxListed = 200

// problemFilter is the display filter for a group; empty if there is none.
func (m *Model) problemFilter(g *problems.Group) string {
	switch {
	case g.Filter != "":
		return g.Filter
	case g.Packets == 0 || g.Packets > maxListed:
		return ""
	}
	buf := make([]packet.Number, g.Packets)
	expr := "frame.number in {"
	for i, n := range buf[:m.problems.index.Occurrences(g.Key, 0, buf)] {
		if i > 0 {
			expr += ", "
		}
		expr += strconv.FormatUint(uint64(n), 10)
	}
	return expr + "}"
}
