package flowgraph

import (
	"fmt"
	"strconv"
	"strings"

	"tcplens/internal/packet"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// View is a graph as it is drawn under some options. Lines are made when they are
// asked for, so a long conversation costs no more than what is on the screen. It
// belongs to the goroutine of its graph.
type View struct {
	g     *Graph
	fs    []folder    // of each conversation
	f     *folder     // of the conversation being drawn
	part  int         // which one that is
	order []place     // of the lines, in a drawing of several conversations; else nil
	body  int         // of these, how many are not about the capture's end
	start packet.Time // of the first segment
	l     layout
	o     Options
	lane  string
	shut  string // the lane of an end whose window is closed
	rule  string

	ending string // how things stand where the capture ends; empty: no such line
}

// NewView draws g under the options.
func NewView(g *Graph, o Options) *View {
	if o.Width <= 0 {
		o.Width = 80
	}
	v := &View{g: g, o: o, lane: "│", shut: "░", rule: "─"}
	if o.ASCII {
		v.lane, v.shut, v.rule = "|", "!", "-"
	}
	parts := g.Parts()
	v.fs = make([]folder, len(parts))
	for i, p := range parts {
		v.fs[i] = folder{g: p, o: o, joined: len(parts) > 1}
	}
	v.f = &v.fs[0]
	v.Update()
	return v
}

// Render gives all lines of g under the options, the head included.
func Render(g *Graph, o Options) []Line {
	v := NewView(g, o)
	out := v.Head()
	for i := range v.Len() {
		out = append(out, v.Line(i))
	}
	return out
}

// Update takes in what the graph has got since the view was made or updated.
// Lines before the last fold keep their places, unless a repeat tells that an
// earlier segment was lost.
func (v *View) Update() {
	for i := range v.fs {
		v.fs[i].update()
	}
	var whole int64
	v.start, whole = v.g.extent()
	width := len("0.000000")
	switch v.o.Time {
	case Absolute:
		width = len("15:04:05.000000")
	default:
		width = max(width, len(seconds(whole)))
	}
	if v.g.parts != nil {
		v.merge()
		v.l = v.g.manyLayout(v.o.Width, width, v.o.Time != Delta)
		return
	}
	g := v.g
	v.ending = g.ending()
	v.l = newLayout(v.o.Width, width, v.o.Time != Delta, g.info.Kind == trace.TCP)
}

// Options gives what the view was made with.
func (v *View) Options() Options { return v.o }

// Len is how many lines there are below the head.
func (v *View) Len() int {
	if v.order != nil {
		return len(v.order)
	}
	if v.ending != "" {
		return len(v.f.items) + 1
	}
	return len(v.f.items)
}

// Find gives the line that packet n is on, −1 if the conversation has no such
// packet.
func (v *View) Find(n packet.Number) int {
	if v.order != nil {
		return v.findMany(n)
	}
	e := v.f.g.index(n)
	if e < 0 {
		return -1
	}
	return v.f.lineOf(e)
}

// Head gives the two lines above the ladder: the conversation, and the columns.
func (v *View) Head() []Line {
	g := v.g
	b := v.line()
	b.put(1, g.Name(), StyleTitle)
	for i, s := range g.Facts() {
		if s == "" || i > 0 && b.col+2+text.Width(v.clean(s)) > v.l.width {
			continue
		}
		b.put(b.col+2, s, StyleText)
	}
	title := b.done(LineTitle)

	if g.parts != nil {
		return []Line{title, v.manyColumns()}
	}
	b = v.line()
	l, client := &v.l, g.client()
	if l.time > 0 {
		b.put(1, "time", StyleHeading)
	}
	if l.delta > 0 {
		b.put(1+l.time+4, "Δ", StyleHeading)
	}
	if l.flight > 0 {
		b.put(1+l.time+2+l.delta+2, "in flight", StyleHeading)
	}
	at := l.left
	if l.state > 0 {
		at -= l.state + 1
	}
	b.fit(at, l.right()-at-1, v.laneTitle(client, l.right()-at-1), StyleClientState)
	room, note := l.noteAt()-l.right()-1, l.note > 0
	right := v.laneTitle(client^1, room)
	if !note || room < len(":65535") {
		right, note = v.laneTitle(client^1, max(l.width-l.right(), len(":65535"))), false
	}
	b.put(max(min(l.right(), l.width-text.Width(right)), b.col+1), right, StyleServerState)
	if note {
		b.put(l.noteAt(), "note", StyleHeading)
	}
	return []Line{title, b.done(LineColumns)}
}

// Name is the filter that finds the conversation: "tcp.stream 0".
func (g *Graph) Name() string {
	if g.parts != nil {
		return g.joinedName()
	}
	return g.info.Kind.String() + ".stream " + digits(int(g.info.Stream))
}

// Facts gives what the title says: the ends, how the conversation stands, how long
// it took, its initial round trip time. What is not known is empty.
func (g *Graph) Facts() []string {
	if g.parts != nil {
		_, ns := g.extent()
		whole := seconds(ns)
		return []string{number(len(g.parts), "conversation"), whole[:len(whole)-3] + " s"}
	}
	c := g.client()
	out := []string{g.info.Node[c].String() + " ⇄ " + g.info.Node[c^1].String(), "", "", ""}
	if g.info.Kind == trace.TCP {
		out[1] = g.Status().String()
	}
	if n := len(g.events); n > 0 {
		ns := int64(g.events[n-1].Time - g.events[0].Time)
		out[2] = seconds(ns)
		out[2] = out[2][:len(out[2])-3] + " s"
	}
	if ns := g.info.IRTT; ns > 0 {
		out[3] = fmt.Sprintf("iRTT %d.%03d ms", ns/1e6, ns%1e6/1000)
	}
	return out
}

// laneTitle names a lane in at most width cells: with its role and whole endpoint,
// or as much of it as there is room for, the port always.
func (v *View) laneTitle(dir uint8, width int) string {
	g := v.f.g
	end := g.info.Node[dir]
	port := ":" + digits(int(end.Port))
	role := g.role(dir)
	forms := []string{role + " " + end.String(), role + " " + port, end.String(), port}
	if g.server() < 0 {
		forms = []string{end.String(), port}
	}
	for _, s := range forms {
		if text.Width(s) <= width && (s != forms[0] || v.l.wide || g.server() < 0) {
			return s
		}
	}
	return cut(port, width, v.clean)
}

// Line draws the i-th line below the head.
func (v *View) Line(i int) Line {
	b := v.line()
	if i = v.pick(i); i == len(v.f.items) {
		v.remark(b, "⋮", v.endText(), StyleIdle)
		line, n := b.done(LineEnd), v.f.g.events[len(v.f.g.events)-1].Number
		line.First, line.Last = n, n
		line.Conversation = v.f.g.conversation()
		return line
	}
	it := &v.f.items[i]
	g := v.f.g
	switch it.kind {
	case LineHeading:
		s := &g.sections[it.sect]
		head := v.rule + " " + v.of() + s.phase.String()
		if t := g.title(s); t != "" {
			head += v.clean(" · " + t)
		}
		b.put(0, cut(head, v.l.width-2, v.clean)+" ", StyleHeading)
		b.put(b.col, strings.Repeat(v.rule, max(v.l.width-b.col, 0)), StyleHeading)
	case LineIdle:
		v.idle(b, it)
	case LineSettled:
		long, short := g.settled(&g.sections[it.sect])
		if of := v.of(); of != "" {
			long, short = of+long, of+strings.TrimPrefix(short, "settled: ")
		}
		at := max(v.l.time+1, 1)
		if at+3+text.Width(v.clean(long)) > v.l.width {
			long = short
		}
		v.remark(b, "=", long, StyleSettled)
	default:
		if v.g.parts != nil {
			v.manyRow(b, it)
		} else {
			v.row(b, it)
		}
	}
	line := b.done(it.kind)
	line.Conversation = g.conversation()
	if it.kind == LineHeading {
		line.Phase = g.sections[it.sect].phase.String()
	}
	line.First, line.Last, line.Count = v.f.packets(it)
	return line
}

func (v *View) idle(b *builder, it *item) {
	if it.blank {
		v.lanes(b)
		return
	}
	v.remark(b, "⋮", v.of()+v.f.g.quietText(int(it.first)), StyleIdle)
}

// remark writes a line that is not between the lanes.
func (v *View) remark(b *builder, sign, words string, style Style) {
	at := max(v.l.time+1, 1)
	b.put(at, v.clean(sign), style)
	b.put(at+3, words, style)
}

func (v *View) lanes(b *builder) {
	b.put(v.l.left, v.lane, StyleLane)
	b.put(v.l.right(), v.lane, StyleLane)
}

// row draws a segment, a fold or what is missing.
func (v *View) row(b *builder, it *item) {
	g, l := v.f.g, &v.l
	i := int(it.first)
	e := &g.events[i]
	right := e.Dir == g.client()
	if it.kind != LineLost {
		v.times(b, i)
	}
	if it.kind == LineArrow && l.flight > 0 {
		v.flight(b, e)
	}
	if it.kind == LineArrow && l.state > 0 {
		v.state(b, e, g.client(), l.left-l.state-1, StyleClientState)
	}
	v.post(b, e, g.client(), l.left)
	var notes []note
	switch it.kind {
	case LineFold:
		what, rest := g.foldText(it)
		style := it.style()
		if text.Width(v.clean(what))+8 > l.arrow {
			v.longFold(b, what, rest, style, right)
			return
		}
		v.arrow(b, style.shaft(v.o.ASCII), []label{{fixed: what}}, right)
		notes = []note{{long: rest, short: rest}}
	case LineLost:
		v.arrow(b, StyleLost.shaft(v.o.ASCII), []label{{"gap", strconv.FormatUint(it.bytes, 10)}}, right)
		notes = []note{g.gapNote(e)}
	default:
		s := e.style(g.info.Kind).shaft(v.o.ASCII)
		if e.drawnLost() {
			x := StyleLost.shaft(v.o.ASCII)
			s.head, s.tail, s.style = x.head, x.tail, StyleLost
		}
		v.arrow(b, s, g.labels(i, l.wide, v.o.Raw), right)
		notes = g.notes(i, v.o.Raw)
		if it.acks > 0 {
			notes = append(notes, note{long: "+ " + answers(it), short: "+ " + answers(it)})
		}
	}
	v.post(b, e, g.client()^1, l.right())
	if it.kind == LineArrow && l.state > 0 {
		v.state(b, e, g.client()^1, l.right()+2, StyleServerState)
	}
	v.remarks(b, notes)
}

// flight draws how much of the other end's window the bytes in flight fill.
func (v *View) flight(b *builder, e *event) {
	if e.InFlight == 0 || e.room == 0 || e.Len == 0 {
		return
	}
	const cells = flightWidth
	full := int(min((uint64(e.InFlight)*cells+uint64(e.room)-1)/uint64(e.room), cells))
	bar, rest := "█", "·"
	if v.o.ASCII {
		bar, rest = "#", "."
	}
	style := StyleNote
	if e.InFlight >= e.room {
		style = StyleProblem
	}
	b.put(1+v.l.time+2+v.l.delta+2, strings.Repeat(bar, full)+strings.Repeat(rest, cells-full), style)
}

// post draws the lane of a node beside event e: broken while its window is closed.
func (v *View) post(b *builder, e *event, node uint8, at int) {
	if e.bits&(shut0<<node) == 0 {
		b.put(at, v.lane, StyleLane)
		return
	}
	b.put(at, v.shut, StyleLost)
}

// times writes the time and the time since the segment before.
func (v *View) times(b *builder, i int) {
	l := &v.l
	if l.time == 0 {
		return
	}
	time, delta := v.timeTexts(i)
	b.fitLeft(1, l.time, time, StyleTime)
	if l.delta > 0 && delta != "" {
		b.fitLeft(1+l.time+2, l.delta, delta, StyleDelta)
	}
}

// timeTexts gives the time of event i and the time since the one before. Where a
// line above tells of the idle time, the latter is left out.
func (v *View) timeTexts(i int) (time, delta string) {
	events := v.f.g.events
	since := int64(0)
	if i > 0 {
		since = int64(events[i].Time - events[i-1].Time)
	}
	switch v.o.Time {
	case Absolute:
		time = clock(events[i].Time)
	case Delta:
		time = seconds(since)
	default:
		time = seconds(int64(events[i].Time - v.start))
	}
	if i > 0 && v.f.g.silenceAt(i) == nil {
		delta = span(since)
	}
	return time, delta
}

// state writes the state of a node if the event changed it.
func (v *View) state(b *builder, e *event, node uint8, at int, style Style) {
	if e.bits&(moved0<<node) != 0 {
		b.put(at, e.state[node].String(), style)
	}
}

// arrow draws an arrow between the lanes, its label in the middle.
func (v *View) arrow(b *builder, s shaft, ls []label, right bool) {
	width, at := v.l.arrow, v.l.left+1
	head := s.head
	if !right {
		head = s.tail
	}
	h := text.Width(head)
	if width < h+1 {
		if width > 0 {
			b.put(at, cut(head, width, v.clean), s.style)
		}
		return
	}
	body := width - h
	shown := choose(ls, body-4, v.clean) // a space and a piece of shaft on either side
	n := text.Width(shown)
	before, after := body, 0
	if n > 0 {
		before = min(max((width-n-2)/2, 1), body-n-3)
		if !right {
			before = min(max((width-n-2)/2-h, 1), body-n-3)
		}
		after = body - n - 2 - before
	}
	if !right {
		b.put(at, head, s.style)
	}
	b.put(-1, strings.Repeat(s.line, before), s.style)
	if n > 0 {
		b.put(-1, " ", StyleText)
		b.put(-1, shown, StyleLabel)
		b.put(-1, " ", StyleText)
		b.put(-1, strings.Repeat(s.line, after), s.style)
	}
	if right {
		b.put(-1, head, s.style)
	}
}

// longFold writes a fold that the arrow has no room for, over the columns behind.
func (v *View) longFold(b *builder, what, rest string, style Style, right bool) {
	s := style.shaft(v.o.ASCII)
	mark := s.tail + s.line
	if right {
		mark = s.line + s.head
	}
	b.put(-1, mark, s.style)
	room := v.l.width - b.col - 1
	for part := range strings.SplitSeq(rest, ", ") {
		if part != "" && text.Width(v.clean(what+", "+part)) <= room {
			what += ", " + part
		}
	}
	b.put(b.col+1, cut(v.clean(what), max(room, 0), v.clean), StyleFold)
}

// remarks writes as many notes as there is room for. The first one is cut rather
// than left out.
func (v *View) remarks(b *builder, notes []note) {
	room, at := v.l.note, v.l.noteAt()
	first := true
	for _, n := range notes {
		if n.long == "" || n.wide && !v.l.wide {
			continue
		}
		sep := ""
		if !first {
			sep = " · "
		}
		s := v.clean(sep + n.long)
		if text.Width(s) > room && n.short != "" {
			s = v.clean(sep + n.short)
		}
		if text.Width(s) > room {
			if !first || room < 6 {
				continue
			}
			s = cut(s, room, v.clean)
		}
		if s == "" {
			continue
		}
		style := StyleNote
		if n.problem {
			style = StyleProblem
		}
		b.put(at, s, style)
		at, room, first = b.col, room-text.Width(s), false
		if !v.l.wide {
			return
		}
	}
}

// clean makes text printable and, if need be, ASCII.
func (v *View) clean(s string) string {
	s = text.Printable(s)
	if v.o.ASCII {
		return toASCII(s)
	}
	return s
}

// toASCII replaces what is not ASCII: the signs of the drawing by signs of the same
// meaning, the rest by question marks.
func toASCII(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r == '→':
			b.WriteString("->")
		case r == '⇄':
			b.WriteString("<->")
		case r == '×':
			b.WriteByte('x')
		case r == 'µ':
			b.WriteByte('u')
		case r == '·':
			b.WriteByte('-')
		case r == '⋮':
			b.WriteByte(':')
		case r == 'Δ':
			b.WriteByte('d')
		case r == '–' || r == '─':
			b.WriteByte('-')
		case r == '╳':
			b.WriteByte('X')
		case r == '…':
			b.WriteByte('~')
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}

// builder puts together one line.
type builder struct {
	v     *View
	b     strings.Builder
	spans []Span
	col   int // cells so far
}

func (v *View) line() *builder { return &builder{v: v} }

// put writes s at a column, at the end for −1 or when the line is longer already.
// What would go beyond the width is cut.
func (b *builder) put(at int, s string, style Style) {
	width := b.v.l.width
	if at > b.col {
		at = min(at, width)
		b.b.WriteString(strings.Repeat(" ", at-b.col))
		b.col = at
	}
	s = cut(b.v.clean(s), width-b.col, b.v.clean)
	if s == "" {
		return
	}
	start := b.b.Len()
	b.b.WriteString(s)
	b.col += text.Width(s)
	if style != StyleText {
		b.spans = append(b.spans, Span{start, b.b.Len(), style})
	}
}

// fit writes s in exactly width cells, or less at the line's end.
func (b *builder) fit(at, width int, s string, style Style) {
	b.put(at, cut(b.v.clean(s), width, b.v.clean), style)
}

// fitLeft is fit with s at the right.
func (b *builder) fitLeft(at, width int, s string, style Style) {
	s = cut(b.v.clean(s), width, b.v.clean)
	b.put(at+width-text.Width(s), s, style)
}

// done gives the line, without spaces at its end.
func (b *builder) done(kind LineKind) Line {
	s := strings.TrimRight(b.b.String(), " ")
	spans := b.spans
	for n := len(spans); n > 0 && spans[n-1].End > len(s); n = len(spans) {
		if spans[n-1].Start >= len(s) {
			spans = spans[:n-1]
			continue
		}
		spans[n-1].End = len(s)
	}
	return Line{Text: s, Spans: spans, Kind: kind}
}
