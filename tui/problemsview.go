package tui

import (
	"strconv"
	"strings"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/problems"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// split divides the view between the list and the lines that say why; those need
// some room to be worth it.
func (p *problemsPane) split(r rect) (list, why rect) {
	n := 0
	switch {
	case r.h >= 30:
		n = 6
	case r.h >= 14:
		n = 4
	}
	list, why = r, r
	list.h -= n
	why.y, why.h = r.y+list.h, n
	return list, why
}

// severity gives the mark and the word of a group. The marks have different shapes, so
// that colour is not needed to tell them apart.
func (g *glyphs) severity(c problems.Class, s dissect.Severity) (mark, word string, st style) {
	marks := [...]string{"◇", "■", "▲", "●", "○"}
	if g.ascii {
		marks = [...]string{"#", "X", "!", "*", "o"}
	}
	switch {
	case c == problems.Capture:
		return marks[0], "Capture", sSide1
	case c == problems.Ordinary:
		return marks[4], s.String(), sDim
	case s >= dissect.Error:
		return marks[1], s.String(), sBad
	case s >= dissect.WarnSev:
		return marks[2], s.String(), sWarn
	}
	return marks[3], s.String(), sText
}

// problemColumns are where things stand in a line. A width of 0 leaves one away.
type problemColumns struct {
	group, count, first, proto int // of groups
	number, time, ends         int // of packets
}

func problemColumnsFor(w int) problemColumns {
	c := problemColumns{count: 7, first: 8, proto: 6, number: 8, time: 11}
	switch {
	case w >= 110:
		c.group, c.proto, c.first = 10, 8, 10
		if w >= 150 {
			c.ends = 21
		}
	case w < 60:
		c.first, c.proto, c.time, c.count = 0, 0, 0, 6
	}
	return c
}

func (p *problemsPane) view(l *line, r rect, m *Model) []string {
	list, why := p.split(r)
	cols := problemColumnsFor(r.w)
	out := make([]string, 0, r.h)
	l.reset(r.w, gPlain)
	l.space(3)
	l.fit(sColumn, "Severity", 9)
	l.space(1)
	if cols.group > 0 {
		l.fit(sColumn, "Group", cols.group)
		l.space(1)
	}
	l.right(sColumn, "Count", cols.count)
	if cols.first > 0 {
		l.space(1)
		l.right(sColumn, "First", cols.first)
	}
	l.space(2)
	if cols.proto > 0 {
		l.fit(sColumn, "Proto", cols.proto)
		l.space(1)
	}
	l.put(sColumn, "Summary")
	out = append(out, l.end())
	if p.count() == 0 {
		say := "nothing is wrong with these packets, as far as they tell"
		if p.more {
			say = "looking at the packets"
		}
		l.reset(r.w, gPlain)
		out = append(out, l.end())
		l.reset(r.w, gPlain)
		l.put(sDim, "  "+say)
		out = append(out, l.end())
	}
	var numbers []packet.Number
	for i := p.top; i < p.count() && len(out) < list.h; i++ {
		b := p.block(i)
		if b.group < 0 {
			out = append(out, titleLine(l, r.w, b.head, false))
			continue
		}
		l.reset(r.w, gPlain)
		if i == p.cur {
			l.on = gSelected
		}
		g := &p.groups[b.group]
		if i == b.first {
			p.groupLine(l, g, &cols)
			numbers = nil
		} else {
			if numbers == nil {
				numbers = make([]packet.Number, min(list.h, b.lines))
				numbers = numbers[:p.index.Occurrences(g.Key, i-b.first-1, numbers)]
			}
			if len(numbers) > 0 {
				p.packetLine(l, g, numbers[0], m, &cols)
				numbers = numbers[1:]
			}
		}
		out = append(out, l.end())
	}
	out = pad(l, out, list)
	if why.h > 0 {
		out = append(out, p.whyLines(l, why, m)...)
	}
	return out
}

func (p *problemsPane) groupLine(l *line, g *problems.Group, cols *problemColumns) {
	mark, word, st := l.g.severity(g.Class, g.Severity)
	switch {
	case g.Packets == 0:
		l.space(1)
	case p.open[g.Key]:
		l.put(sMargin, l.g.open)
	default:
		l.put(sMargin, l.g.closed)
	}
	l.space(1)
	l.put(st, mark)
	l.space(1)
	l.fit(st, word, 8)
	l.space(1)
	if cols.group > 0 {
		group := ""
		if g.Group != 0 {
			group = g.Group.String()
		}
		l.fit(sDim, group, cols.group)
		l.space(1)
	}
	l.right(sText, number(g.Count), cols.count)
	if cols.first > 0 {
		l.space(1)
		first := ""
		if g.First != 0 {
			first = "#" + strconv.FormatUint(uint64(g.First), 10)
		}
		l.right(sDim, first, cols.first)
	}
	l.space(2)
	if cols.proto > 0 {
		l.fit(sText, text.Printable(g.Protocol), cols.proto)
		l.space(1)
	}
	style := st
	if st == sText {
		style = sHeader
	}
	l.put(style, text.Printable(g.Summary))
}

func (p *problemsPane) packetLine(l *line, g *problems.Group, n packet.Number, m *Model, cols *problemColumns) {
	l.space(3)
	l.right(sDim, "#"+strconv.FormatUint(uint64(n), 10), cols.number)
	row := m.src.row(n)
	if cols.time > 0 {
		at := ""
		if row != nil {
			at = seconds(row.Time.Sub(m.src.status.First), 6)
		}
		l.space(1)
		l.right(sDim, at, cols.time)
	}
	if cols.ends > 0 {
		src, dst := m.endsOf(n, row)
		l.space(2)
		l.fit(sDim, l.g.cutMiddle(src, cols.ends), cols.ends)
		l.put(sDim, " "+l.g.request+" ")
		l.fit(sDim, l.g.cutMiddle(dst, cols.ends), cols.ends)
	}
	l.space(2)
	if g.Key == p.why.key {
		l.put(sText, short(p.why.text[n]))
	}
}

// short leaves away what the group above has said already.
func short(why string) string {
	if topic, rest, ok := strings.Cut(why, ": "); ok && !strings.ContainsAny(topic, "0123456789") {
		return rest
	}
	return why
}

// endsOf names who sent a packet to whom, with ports where it has any.
func (m *Model) endsOf(n packet.Number, row *trace.Row) (src, dst string) {
	if row == nil {
		return "", ""
	}
	if row.Kind != trace.NoKind {
		if c, ok := m.src.tr.Conversation(row.Kind, row.Stream); ok {
			src, dst = c.Flow.Src.String(), c.Flow.Dst.String()
			if row.Dir&1 == 1 {
				src, dst = dst, src
			}
			return src, dst
		}
	}
	t := m.src.text(n)
	return t.src, t.dst
}

// about says all that is known of what is selected: why, and what that means.
func (p *problemsPane) about(m *Model) (title string, lines []string) {
	g := p.selected()
	if g == nil {
		return "", nil
	}
	add := func(s string) {
		if s != "" {
			lines = append(lines, s)
		}
	}
	title = g.Summary
	if p.packet != 0 {
		row := m.src.row(p.packet)
		src, dst := m.endsOf(p.packet, row)
		title = "Packet " + strconv.FormatUint(uint64(p.packet), 10) + " " + m.g.dot + " " + src + " " + m.g.request + " " + dst
		if g.Key == p.why.key {
			add(p.why.text[p.packet])
		}
		if g.Class == problems.Capture {
			return text.Printable(title), lines
		}
	}
	add(g.Advice)
	add(problems.Meaning(g.Kind))
	if g.Class == problems.Capture && p.packet == 0 {
		for i := range p.groups {
			if e := &p.groups[i]; e.Class == problems.Explained && g.Explains(e) {
				add("Not counted as a problem for that reason: " + number(e.Count) + " × " + e.Summary + ".")
			}
		}
	}
	if f := g.Filter; f != "" && p.packet == 0 {
		add("= filters: " + f)
	}
	return text.Printable(title), lines
}

// whyLines draws the lines below the list.
func (p *problemsPane) whyLines(l *line, r rect, m *Model) []string {
	title, lines := p.about(m)
	if title == "" {
		title = "no problem is selected"
	}
	out := []string{titleLine(l, r.w, title, false)}
	for i, s := range lines {
		parts := wrap(l.g.text(text.Printable(s)), r.w-3)
		room := r.h - len(out)
		if i > 0 && len(parts) > room {
			continue // K shows it
		}
		if len(parts) > room {
			parts[room-1] += " " + parts[room] // cut with an ellipsis by the line's end
			parts = parts[:room]
		}
		st := sText
		if i > 0 && p.packet != 0 {
			st = sDim
		}
		for _, part := range parts {
			l.reset(r.w-1, gPlain)
			l.space(2)
			l.put(st, part)
			l.width++
			out = append(out, l.end())
		}
	}
	return pad(l, out, r)
}
