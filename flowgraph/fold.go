package flowgraph

import (
	"sort"
	"strings"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// item is one line to be drawn.
type item struct {
	kind  LineKind
	first int32 // index of its first event; of an idle, heading or lost line: of the event that follows
	last  int32 // index of its last event
	data  int32 // data segments, or probes, in a fold
	acks  int32 // pure ACKs in a fold, or folded into the row
	dups  int32 // of these, duplicates
	sect  int32 // of a heading: index into the graph's sections
	bytes uint64
	probe bool // a fold of keep-alives or window probes
	again bool // a fold of retransmissions
	echo  bool // a fold of ACKs from one end only
	blank bool // an idle line without words: distance to scale
}

// Limits of folding and of distances.
const (
	minRun     = 8  // data segments that make a run
	minProbes  = 4  // keep-alives or window probes that make one
	minEchoes  = 6  // ACKs from one end that make one
	minAgain   = 4  // retransmissions that make one
	maxBlanks  = 8  // lines of distance to scale
	scaleLines = 40 // lines that the whole conversation is spread over, about
)

// folder turns a graph's events into items, as far as they go.
type folder struct {
	g      *Graph
	o      Options
	items  []item
	next   int   // the next event
	redo   int   // events from here on may fold otherwise when more come
	kept   int   // items that the last update left as they were
	marks  int   // of the graph's marks, those considered
	joined bool  // the conversation is drawn with others
	unit   int64 // ns that one line stands for, to scale
}

// update goes on from where the events ended, a little before that where the end
// of a run was not in sight.
func (f *folder) update() {
	from := min(f.next, f.redo)
	for ; f.marks < len(f.g.marks); f.marks++ {
		from = min(from, f.g.marks[f.marks])
	}
	if u := f.scale(); u != f.unit {
		f.unit, from = u, 0
	}
	f.rewind(from)
	f.kept = len(f.items)
	for f.redo = len(f.g.events); f.next < len(f.g.events); {
		f.step()
	}
}

// scale gives the time that a line stands for, 0 when rows are not to scale.
func (f *folder) scale() int64 {
	n := len(f.g.events)
	if f.o.Time != ToScale || n < 2 || f.joined {
		return 0
	}
	whole := int64(f.g.events[n-1].Time - f.g.events[0].Time)
	unit := int64(1000)
	for unit < whole/scaleLines {
		switch lead(unit) {
		case 2:
			unit = unit / 2 * 5
		default:
			unit *= 2
		}
	}
	return unit
}

// lead is the first digit of n.
func lead(n int64) int64 {
	for n >= 10 {
		n /= 10
	}
	return n
}

// rewind drops the items of event i and after, and those of a fold that it is in.
func (f *folder) rewind(i int) {
	k := sort.Search(len(f.items), func(k int) bool { return int(f.items[k].last) >= i })
	if k < len(f.items) {
		i = min(i, int(f.items[k].first))
		for k > 0 && int(f.items[k-1].last) >= i {
			k--
		}
		f.items = f.items[:k]
	}
	f.next = i
	if k > 0 { // events folded into the row above belong to it
		f.next = min(i, int(f.items[k-1].last)+1)
	}
}

// step makes the items of the next event or run.
func (f *folder) step() {
	g, i := f.g, f.next
	e := &g.events[i]
	if f.o.Fold >= FoldACKs && f.hideACK(i) {
		return
	}
	f.before(i)
	if f.o.Fold >= FoldBulk && !f.o.Open[e.Number] {
		if it, ok := f.run(i); ok {
			f.items = append(f.items, it)
			f.next = int(it.last) + 1
			return
		}
	}
	if e.gap > 0 {
		f.items = append(f.items, item{kind: LineLost, first: int32(i), last: int32(i), bytes: uint64(e.gap)})
	}
	f.items = append(f.items, item{kind: LineArrow, first: int32(i), last: int32(i)})
	if g.settledAt(i) {
		f.items = append(f.items, item{kind: LineSettled, first: int32(i), last: int32(i), sect: int32(g.sectionOf(i))})
	}
	f.next++
}

// before makes the heading, the idle line and the distance above event i.
func (f *folder) before(i int) {
	g := f.g
	if g.silenceAt(i) != nil {
		f.items = append(f.items, item{kind: LineIdle, first: int32(i), last: int32(i)})
	}
	if f.unit > 0 && i > 0 {
		n := int64(g.events[i].Time-g.events[i-1].Time) / f.unit
		for range min(max(n, 0), maxBlanks) {
			f.items = append(f.items, item{kind: LineIdle, first: int32(i), last: int32(i), blank: true})
		}
	}
	if k := g.sectionAt(i); k >= 0 {
		f.items = append(f.items, item{kind: LineHeading, first: int32(i), last: int32(i), sect: int32(k)})
	}
}

// sectionAt gives the section that begins with event i, −1 if none does.
func (g *Graph) sectionAt(i int) int {
	k := sort.Search(len(g.sections), func(k int) bool { return g.sections[k].start >= i })
	if k < len(g.sections) && g.sections[k].start == i {
		return k
	}
	return -1
}

// sectionOf gives the section that event i is in.
func (g *Graph) sectionOf(i int) int {
	return sort.Search(len(g.sections), func(k int) bool { return g.sections[k].start > i }) - 1
}

// plainACK says whether an event does nothing but acknowledge.
func (e *event) plainACK() bool {
	return e.Len == 0 && e.Flags&(tcp.SYN|tcp.FIN|tcp.RST|tcp.URG|tcp.ACK) == tcp.ACK &&
		e.Verdict&trouble == 0 && e.bits&(opened|moved0|moved1|lost) == 0
}

// bulk says whether an event is data without anything to remark.
func (e *event) bulk() bool {
	return e.Len > 0 && e.Flags&(tcp.SYN|tcp.FIN|tcp.RST|tcp.URG) == 0 &&
		e.Verdict&trouble == 0 && e.bits&(turnFirst|moved0|moved1|lost) == 0
}

// hideACK folds the pure ACK i into the row above it, if there is one.
func (f *folder) hideACK(i int) bool {
	g, k := f.g, len(f.items)-1
	e := &g.events[i]
	if f.g.info.Kind != trace.TCP || !e.plainACK() || k < 0 || g.sectionAt(i) >= 0 || g.silenceAt(i) != nil || f.o.Open[e.Number] {
		return false
	}
	if it := &f.items[k]; it.kind == LineArrow || it.kind == LineFold {
		it.acks++
		if e.Verdict&tcp.DuplicateAck != 0 {
			it.dups++
		}
		it.last = int32(i)
		f.next++
		return true
	}
	return false
}

// run finds a run of bulk data or of probes that begins with event i. Where the
// events end before the run does, it is looked at again when there are more.
func (f *folder) run(i int) (item, bool) {
	g := f.g
	e := &g.events[i]
	it := item{kind: LineFold, first: int32(i)}
	it.probe = e.Verdict&(tcp.KeepAlive|tcp.ZeroWindowProbe) != 0 && e.gap == 0
	it.echo = g.info.Kind == trace.TCP && e.plainACK()
	it.again = e.resends()
	if !it.probe && !it.echo && !it.again && !e.bulk() {
		return it, false
	}
	j := i
	for ; j < len(g.events); j++ {
		x := &g.events[j]
		if j > i && (g.sectionAt(j) >= 0 || !it.probe && !it.again && g.silenceAt(j) != nil) {
			break
		}
		if !it.take(x, e.Dir, g.info.Kind) {
			break
		}
		it.last = int32(j)
	}
	if j == len(g.events) {
		f.redo = min(f.redo, i)
	}
	switch {
	case it.probe:
		return it, it.data >= minProbes
	case it.again:
		return it, it.data >= minAgain
	case it.echo:
		return it, it.acks >= minEchoes
	}
	return it, it.data >= minRun
}

// take adds an event to a run of end dir, if it belongs there.
func (it *item) take(x *event, dir uint8, kind trace.Kind) bool {
	switch {
	case it.probe && x.Dir == dir && x.Verdict&(tcp.KeepAlive|tcp.ZeroWindowProbe) != 0 && x.gap == 0 && x.bits&lost == 0:
		it.data++
		it.bytes += uint64(x.Len)
	case it.probe && x.Dir != dir && x.Len == 0 && answersProbe(x):
		it.acks++
	case it.probe:
		return false
	case it.again && x.Dir == dir && x.resends():
		it.data++
		it.bytes += uint64(x.Len)
	case it.again && (x.Dir == dir || !x.plainACK()):
		return false
	case it.echo && (x.Dir != dir || !x.plainACK()):
		return false
	case x.Dir == dir && x.bulk():
		it.data++
		it.bytes += uint64(x.Len)
	case kind == trace.TCP && (it.echo || x.Dir != dir) && x.plainACK():
		it.acks++
		if x.Verdict&tcp.DuplicateAck != 0 {
			it.dups++
		}
	default:
		return false
	}
	return true
}

// resends says whether an event is data that was sent before, and nothing else.
func (x *event) resends() bool {
	const other = trouble &^ (repeats | tcp.OutOfOrder)
	return x.Len > 0 && x.Verdict&repeats != 0 && x.Verdict&other == 0 && x.gap == 0 &&
		x.Flags&(tcp.SYN|tcp.FIN|tcp.RST|tcp.URG) == 0 && x.bits&(moved0|moved1) == 0
}

// answersProbe says whether an empty segment is what a probe is answered with.
func answersProbe(x *event) bool {
	const other = trouble &^ (probing | tcp.ZeroWindow)
	return x.Flags&(tcp.SYN|tcp.FIN|tcp.RST|tcp.ACK) == tcp.ACK && x.Verdict&other == 0 && x.bits&(moved0|moved1) == 0
}

// foldText words what a fold holds: "1.2 MB in 830 segments, 94 ms".
func (g *Graph) foldText(it *item) (what, rest string) {
	a, b := &g.events[it.first], &g.events[it.last]
	time := span(max(int64(b.Time-a.Time), 0))
	switch {
	case it.probe && (a.Verdict&tcp.ZeroWindowProbe != 0 || a.probesAsKeepAlive()):
		return number(int(it.data), "zero window probe") + ", " + time, answers(it)
	case it.probe:
		return number(int(it.data), "keep-alive") + ", " + time, answers(it)
	case it.again:
		return count(it.bytes) + " in " + number(int(it.data), "retransmission") + ", " + time, answers(it)
	case it.echo:
		return answers(it) + ", " + time, ""
	case g.info.Kind != trace.TCP:
		return count(it.bytes) + " in " + number(int(it.data), "datagram") + ", " + time, ""
	}
	return count(it.bytes) + " in " + number(int(it.data), "segment") + ", " + time, answers(it)
}

// style is the kind of arrow that a fold has.
func (it *item) style() Style {
	switch {
	case it.probe:
		return StyleControl
	case it.echo:
		return StyleACK
	case it.again:
		return StyleRetransmission
	}
	return StyleData
}

// answers words the ACKs in an item; empty if there are none.
func answers(it *item) string {
	if it.acks == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(number(int(it.acks), "ACK"))
	if it.dups > 0 {
		b.WriteString(", " + digits(int(it.dups)) + " duplicate")
	}
	return b.String()
}

// packets gives the packets that an item stands for.
func (f *folder) packets(it *item) (first, last packet.Number, n int) {
	switch it.kind {
	case LineArrow, LineFold:
		return f.g.events[it.first].Number, f.g.events[it.last].Number, int(it.last-it.first) + 1
	}
	return 0, 0, 0
}
