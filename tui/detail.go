package tui

import (
	"strconv"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/text"
)

// detailPane is the detail tree of the selected packet. It keeps copies of what it
// shows, since a reader's tree lives until its next dissection only.
type detailPane struct {
	of    packet.Number
	gen   uint64
	nodes []treeNode
	bytes []byteSource
	err   error

	lines  []int           // nodes on view, in order: those whose parents are open
	cur    int             // index into nodes
	top    int             // first line on the screen
	rows   int             // lines on the screen
	opened map[string]bool // what the user opened and closed, by path
	path   string          // of the selected node, to find it in other packets
}

// treeNode is a line of the tree.
type treeNode struct {
	label, value       string
	abbrev, name, path string
	depth              int
	parent             int
	kids               bool
	warn               bool
	source, off, len   int
	typ                dissect.Type
	num                uint64
	proto              string // abbreviation of its protocol
}

// byteSource is a block of bytes that nodes point into.
type byteSource struct {
	name  string
	bytes []byte
}

// maxSource bounds the copies of bytes: what the hex pane shows of a message that
// was put together from thousands of segments.
const maxSource = 16 << 20

// load copies the tree of a packet.
func (p *detailPane) load(s *source, n packet.Number) {
	if n == p.of && s.gen == p.gen {
		return
	}
	p.of, p.gen = n, s.gen
	p.nodes, p.bytes, p.err = p.nodes[:0], nil, nil
	if n != 0 && s.reader != nil {
		tree, _, err := s.reader.Dissect(n, dissect.WantTree)
		if err != nil {
			p.err = err
		} else {
			p.copy(tree)
		}
	}
	p.restore()
}

func (p *detailPane) copy(t *dissect.Tree) {
	for _, b := range t.Sources {
		c := b.Bytes[:min(len(b.Bytes), maxSource)]
		p.bytes = append(p.bytes, byteSource{text.Printable(b.Name), append([]byte(nil), c...)})
	}
	at := make([]int, len(t.Nodes))
	t.Walk(func(i, depth int, n *dissect.Node) bool {
		at[i] = len(p.nodes)
		x := treeNode{
			label: text.Printable(n.Label()), depth: depth, parent: -1,
			source: int(n.Source), off: int(n.Off), len: int(n.Len), warn: n.Flags&dissect.Warn != 0,
		}
		if f := n.Field; f != nil {
			x.abbrev, x.name, x.typ, x.num = f.Abbrev, f.Name, f.Type, n.Uint()
			if f.Type != dissect.TNone && f.Type != dissect.TProtocol {
				x.value = n.Value()
			}
			if f.Proto != nil {
				x.proto = f.Proto.Abbrev
			}
		}
		x.path = x.abbrev
		if up := t.Parent(i); up >= 0 {
			x.parent = at[up]
			p.nodes[x.parent].kids = true
			x.path = p.nodes[x.parent].path + ">" + x.abbrev
		}
		p.nodes = append(p.nodes, x)
		return true
	})
}

// restore finds the node that was selected before in the new tree, or the one
// above it; the last protocol if there is neither.
func (p *detailPane) restore() {
	p.cur = 0
	if len(p.nodes) == 0 {
		p.lines = p.lines[:0]
		return
	}
	best := -1
	for i := range p.nodes {
		n := &p.nodes[i]
		if p.path != "" && n.path == p.path {
			best = i
			break
		}
	}
	if best < 0 {
		best = p.lastProtocol()
	}
	p.cur = best
	p.flatten()
	for p.lineOf(p.cur) < 0 && p.nodes[p.cur].parent >= 0 {
		p.cur = p.nodes[p.cur].parent
	}
	p.reveal()
}

func (p *detailPane) lastProtocol() int {
	best := 0
	for i := range p.nodes {
		if p.nodes[i].depth == 0 {
			best = i
		}
	}
	return best
}

// isOpen says whether a node's children are shown. Unless the user has said
// otherwise, only the last protocol of a packet is open.
func (p *detailPane) isOpen(i int) bool {
	n := &p.nodes[i]
	if v, ok := p.opened[n.path]; ok {
		return v
	}
	return n.depth == 0 && i == p.lastProtocol()
}

// flatten lists the lines that are on view.
func (p *detailPane) flatten() {
	p.lines = p.lines[:0]
	hidden := -1 // depth of the closed node whose children are passed over
	for i := range p.nodes {
		n := &p.nodes[i]
		if hidden >= 0 && n.depth > hidden {
			continue
		}
		hidden = -1
		p.lines = append(p.lines, i)
		if n.kids && !p.isOpen(i) {
			hidden = n.depth
		}
	}
}

func (p *detailPane) lineOf(node int) int {
	for i, n := range p.lines {
		if n == node {
			return i
		}
	}
	return -1
}

// reveal scrolls so that the selected line is on the screen.
func (p *detailPane) reveal() {
	i := p.lineOf(p.cur)
	rows := max(p.rows, 1)
	p.top = min(p.top, max(len(p.lines)-rows, 0))
	if i < p.top {
		p.top = i
	}
	if i >= p.top+rows {
		p.top = i - rows + 1
	}
	p.top = max(p.top, 0)
}

// move selects the line d lines further.
func (p *detailPane) move(d int) {
	if len(p.lines) == 0 {
		return
	}
	i := min(max(p.lineOf(p.cur)+d, 0), len(p.lines)-1)
	p.choose(p.lines[i])
}

func (p *detailPane) choose(node int) {
	if node < 0 || node >= len(p.nodes) {
		return
	}
	p.cur = node
	p.path = p.nodes[node].path
	p.reveal()
}

// scroll moves the screen and takes the selection along.
func (p *detailPane) scroll(d int) {
	p.top = min(max(p.top+d, 0), max(len(p.lines)-p.rows, 0))
	if i := p.lineOf(p.cur); i < p.top && p.top < len(p.lines) {
		p.choose(p.lines[p.top])
	} else if i >= p.top+p.rows {
		p.choose(p.lines[min(p.top+p.rows, len(p.lines))-1])
	}
}

// set opens or closes a node.
func (p *detailPane) set(node int, open bool) {
	if node < 0 || node >= len(p.nodes) || !p.nodes[node].kids {
		return
	}
	if p.opened == nil {
		p.opened = make(map[string]bool)
	}
	p.opened[p.nodes[node].path] = open
	p.flatten()
	p.reveal()
}

// setAll opens or closes all nodes.
func (p *detailPane) setAll(open bool) {
	if p.opened == nil {
		p.opened = make(map[string]bool)
	}
	for i := range p.nodes {
		if p.nodes[i].kids {
			p.opened[p.nodes[i].path] = open
		}
	}
	p.flatten()
	for p.lineOf(p.cur) < 0 && p.nodes[p.cur].parent >= 0 {
		p.choose(p.nodes[p.cur].parent)
	}
	p.reveal()
}

// right opens the node, or goes into it if it is open.
func (p *detailPane) right() {
	if n := p.node(); n != nil && n.kids {
		if !p.isOpen(p.cur) {
			p.set(p.cur, true)
		} else {
			p.move(1)
		}
	}
}

// left closes the node, or goes to the one above it.
func (p *detailPane) left() {
	n := p.node()
	switch {
	case n == nil:
	case n.kids && p.isOpen(p.cur):
		p.set(p.cur, false)
	case n.parent >= 0:
		p.choose(n.parent)
	}
}

// node gives the selected node, nil without a tree.
func (p *detailPane) node() *treeNode {
	if p.cur < 0 || p.cur >= len(p.nodes) {
		return nil
	}
	return &p.nodes[p.cur]
}

// protocol gives the top node that node i is under.
func (p *detailPane) protocol(i int) *treeNode {
	for i >= 0 && i < len(p.nodes) && p.nodes[i].parent >= 0 {
		i = p.nodes[i].parent
	}
	if i < 0 || i >= len(p.nodes) {
		return nil
	}
	return &p.nodes[i]
}

// at finds the deepest node that covers a byte, as dissect.Tree.At does; −1 if none.
func (p *detailPane) at(source, off int) int { return p.over(source, off, off+1) }

// over finds the deepest node that covers some bytes, from off to end; −1 if none.
func (p *detailPane) over(source, off, end int) int {
	best := -1
	for i := range p.nodes {
		n := &p.nodes[i]
		if n.source != source || n.len <= 0 || off < n.off || end > n.off+n.len || n.proto == "frame" {
			continue
		}
		if best < 0 || n.len < p.nodes[best].len || n.len == p.nodes[best].len && n.depth > p.nodes[best].depth {
			best = i
		}
	}
	return best
}

// show selects a node and opens what it is under.
func (p *detailPane) show(node int) {
	if node < 0 || node >= len(p.nodes) {
		return
	}
	for up := p.nodes[node].parent; up >= 0; up = p.nodes[up].parent {
		if !p.isOpen(up) {
			p.set(up, true)
		}
	}
	p.choose(node)
}

// title is what stands in the pane's first line.
func (p *detailPane) title(s *source, g *glyphs) string {
	if p.of == 0 {
		return "No packet"
	}
	t := "Packet " + strconv.FormatUint(uint64(p.of), 10)
	if row := s.row(p.of); row != nil {
		t += " " + g.dot + " " + count(uint64(row.Len), "byte")
		if row.CapLen < row.Len {
			t += ", " + strconv.FormatUint(uint64(row.CapLen), 10) + " captured"
		}
	}
	return t
}

// view draws the lines of the tree below the title line.
func (p *detailPane) view(l *line, r rect, title string, focused bool) []string {
	out := append(make([]string, 0, r.h), title)
	if p.err != nil {
		l.reset(r.w, gPlain)
		l.put(sError, "  "+text.Printable(p.err.Error()))
		return append(out, l.end())
	}
	for i := range r.h - 1 {
		l.reset(r.w, gPlain)
		if p.top+i < len(p.lines) {
			k := p.lines[p.top+i]
			n := &p.nodes[k]
			if k == p.cur {
				l.on = gUnfocused
				if focused {
					l.on = gSelected
				}
			}
			l.space(2 * n.depth)
			switch {
			case !n.kids:
				l.space(2)
			case p.isOpen(k):
				l.put(sMargin, l.g.open+" ")
			default:
				l.put(sMargin, l.g.closed+" ")
			}
			st := sText
			if n.warn {
				st = sWarn
			}
			l.put(st, n.label)
		}
		out = append(out, l.end())
	}
	return out
}

// titleLine draws the first line of a pane: "─ Packet 4 · 130 bytes ─────".
func titleLine(l *line, w int, title string, focused bool) string {
	st := sBorder
	if focused {
		st = sFocus
	}
	l.reset(w, gPlain)
	l.rule(sBorder, 1)
	l.put(st, " "+l.g.cut(l.g.text(title), w-4)+" ")
	l.rule(sBorder, w)
	return l.end()
}
