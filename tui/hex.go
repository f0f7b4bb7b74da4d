package tui

import (
	"strconv"

	"tcplens/internal/text"
)

// hexPane shows the bytes that the selected field is in.
type hexPane struct {
	source int // index into detailPane.bytes
	cur    int // the byte under the cursor
	top    int // first row on the screen
	rows   int
}

// perRow is how many bytes a row has at some width.
func (p *hexPane) perRow(w int) int {
	if w < hexWidth-3 {
		return 8
	}
	return 16
}

// follow goes to the bytes of a field.
func (p *hexPane) follow(n *treeNode, w int) {
	if n == nil {
		p.source, p.cur, p.top = 0, 0, 0
		return
	}
	p.source = n.source
	if n.len > 0 || n.off > 0 {
		p.cur = n.off
	} else {
		return
	}
	p.reveal(w, n.off+max(n.len-1, 0))
}

// reveal scrolls so that the cursor is on the screen, and as much as possible of
// what follows it up to last.
func (p *hexPane) reveal(w, last int) {
	per := p.perRow(w)
	row, end := p.cur/per, last/per
	rows := max(p.rows, 1)
	if end >= p.top+rows {
		p.top = min(row, end-rows+1)
	}
	if row < p.top {
		p.top = row
	}
	if row >= p.top+rows {
		p.top = row - rows + 1
	}
}

// move puts the cursor d bytes further.
func (p *hexPane) move(d, w int, bytes []byteSource) {
	n := p.len(bytes)
	if n == 0 {
		return
	}
	to := p.cur + d
	if to < 0 || to >= n {
		if d == 1 || d == -1 {
			to = min(max(to, 0), n-1)
		} else if to < 0 {
			to = 0
		} else {
			to = n - 1
		}
	}
	p.cur = to
	p.reveal(w, to)
}

func (p *hexPane) len(bytes []byteSource) int {
	if p.source >= len(bytes) {
		return 0
	}
	return len(bytes[p.source].bytes)
}

// tab is the name of a block of bytes in the pane's title, from cell x up to end.
type tab struct {
	name   string
	x, end int
}

// tabs lays out the names of the blocks: the frame, and what was put together,
// unpacked or decrypted from it. The one that is shown stands in brackets, so that
// it can be told without colours. None when there is the frame only.
func (p *hexPane) tabs(bytes []byteSource, g *glyphs) []tab {
	if len(bytes) < 2 {
		return nil
	}
	out := make([]tab, len(bytes))
	x := 2
	for i, b := range bytes {
		t := tab{name: g.text(b.name) + " (" + strconv.Itoa(len(b.bytes)) + ")", x: x}
		if i == p.source {
			t.name = "[" + t.name + "]"
		} else {
			t.name = " " + t.name + " "
		}
		x += cells(t.name)
		t.end = x
		out[i] = t
	}
	return out
}

// tabAt finds the block whose name is at cell x of the pane, −1 if there is none.
func (p *hexPane) tabAt(x int, bytes []byteSource, g *glyphs) int {
	for i, t := range p.tabs(bytes, g) {
		if x >= t.x && x < t.end {
			return i
		}
	}
	return -1
}

// turn shows the next block of bytes.
func (p *hexPane) turn(bytes []byteSource) {
	if n := len(bytes); n > 1 {
		p.show((p.source + 1) % n)
	}
}

// show shows a block of bytes from its beginning.
func (p *hexPane) show(source int) { p.source, p.cur, p.top = source, 0, 0 }

// marked says which field the marked bytes are, and where they are.
func (p *hexPane) marked(n *treeNode) string {
	if n == nil || n.source != p.source {
		return ""
	}
	name := n.name
	if name == "" || name == "Text" {
		name = n.label
	}
	if n.len > 0 {
		return name + ", " + count(uint64(n.len), "byte") + " at " + strconv.Itoa(n.off)
	}
	return name + ", no bytes of its own"
}

// title draws the first line: "─ Bytes · Sequence Number, 4 bytes at 38 ──", and
// with several blocks "─ Frame (221) [Reassembled TCP (2567)] · Status Code, 3 bytes at 9 ──".
func (p *hexPane) title(l *line, w int, n *treeNode, bytes []byteSource, focused bool) string {
	tabs := p.tabs(bytes, l.g)
	what := p.marked(n)
	if len(tabs) == 0 {
		t := "Bytes"
		if what != "" {
			t += " " + l.g.dot + " " + what
		}
		return titleLine(l, w, t, focused)
	}
	on := sBorder
	if focused {
		on = sFocus
	}
	l.reset(w, gPlain)
	l.rule(sBorder, 1)
	l.space(1)
	for i, t := range tabs {
		st := sDim
		if i == p.source {
			st = on
		}
		l.put(st, l.g.cut(t.name, w-2-l.used))
	}
	if room := w - l.used - 5; what != "" && room > 0 {
		l.put(on, " "+l.g.dot+" "+l.g.cut(l.g.text(what), room))
	}
	l.space(1)
	l.rule(sBorder, w)
	return l.end()
}

// view draws the title and the rows.
func (p *hexPane) view(l *line, r rect, focused bool, n, layer *treeNode, bytes []byteSource) []string {
	out := make([]string, 0, r.h)
	out = append(out, p.title(l, r.w, n, bytes, focused))
	if p.source >= len(bytes) {
		return p.blank(l, r, out)
	}
	data := bytes[p.source].bytes
	per := p.perRow(r.w)
	styleAt := func(i int) style {
		switch {
		case n != nil && n.source == p.source && n.len > 0 && i >= n.off && i < n.off+n.len:
			if n.typ == protoType {
				return sProto
			}
			return sField
		case layer != nil && layer.source == p.source && layer.proto != "frame" && i >= layer.off && i < layer.off+layer.len:
			return sLayer
		}
		return sText
	}
	for row := p.top; row < p.top+r.h-1; row++ {
		l.reset(r.w, gPlain)
		from := row * per
		if from >= len(data) {
			out = append(out, l.end())
			continue
		}
		l.put(sDim, hexOffset(from))
		l.space(1)
		for i := from; i < from+per; i++ {
			if i == from+8 {
				p.between(l, data, i, styleAt, 1)
			}
			if i >= len(data) {
				l.space(3)
				continue
			}
			p.between(l, data, i, styleAt, 1)
			st := styleAt(i)
			if i == p.cur && focused {
				st = sMatch
			}
			l.put(st, hexByte(data[i]))
		}
		l.space(3)
		for i := from; i < min(from+per, len(data)); i++ {
			if i == from+8 {
				l.space(1)
			}
			st := styleAt(i)
			if i == p.cur && focused {
				st = sMatch
			}
			l.put(st, dots[text.Dot(data[i])])
		}
		out = append(out, l.end())
	}
	return out
}

// between writes the space before byte i, in the style of a run that goes on.
func (p *hexPane) between(l *line, data []byte, i int, styleAt func(int) style, n int) {
	per := p.perRow(l.width)
	if i%per != 0 && i < len(data) {
		if a := styleAt(i - 1); a == styleAt(i) && a != sText {
			l.raw(l.t.sgr[a][l.on], blanks(n), n)
			return
		}
	}
	l.space(n)
}

func (p *hexPane) blank(l *line, r rect, out []string) []string {
	for len(out) < r.h {
		l.reset(r.w, gPlain)
		out = append(out, l.end())
	}
	return out
}

// byteAt finds the byte under a cell of the pane, −1 if there is none.
func (p *hexPane) byteAt(x, y int, r rect, bytes []byteSource) int {
	per := p.perRow(r.w)
	row := p.top + y - r.y - 1
	col := -1
	x -= r.x
	chars := 6 + 3*per + 3
	if per == 16 {
		chars++
	}
	switch {
	case x >= 6 && x < 6+24:
		col = (x - 6) / 3
	case per == 16 && x >= 31 && x < 31+24:
		col = 8 + (x-31)/3
	case x >= chars-1 && x < chars-1+per+1:
		col = x - (chars - 1)
		if col > 8 {
			col--
		}
	}
	if col < 0 || col >= per || y <= r.y {
		return -1
	}
	if i := row*per + col; i < p.len(bytes) {
		return i
	}
	return -1
}

func hexOffset(n int) string {
	s := strconv.FormatInt(int64(n), 16)
	for len(s) < 4 {
		s = "0" + s
	}
	return s
}

const hexDigits = "0123456789abcdef"

func hexByte(b byte) string {
	i := int(b) * 2
	return allHex[i : i+2]
}

// allHex and dots hold the two digits and the character of every byte.
var (
	allHex = func() string {
		b := make([]byte, 0, 512)
		for i := range 256 {
			b = append(b, hexDigits[i>>4], hexDigits[i&15])
		}
		return string(b)
	}()
	dots = func() (d [128]string) {
		for i := range d {
			d[i] = string(rune(i))
		}
		return d
	}()
)
