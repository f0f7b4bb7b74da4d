package tui

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tcplens/internal/explain"
	"tcplens/internal/packet"
	"tcplens/internal/text"
)

// reader shows an explanation over the view that it was asked for in: paragraphs that
// scroll, and links to packets and to other texts.
type reader struct {
	text   *explain.Text
	own    ownWords
	words  readerWords
	from   *reader // the text that it was opened from
	links  []link
	cur    int // the link that Enter follows
	top    int
	rows   int
	lines  []readerLine
	width  int // that lines were made for
	reveal bool
}

// readerWords are the words of the reader itself, in the language of the texts.
type readerWords struct{ look, links string }

// link leads to a packet, or to another text.
type link struct {
	packet packet.Number
	topic  explain.Topic
}

// readerLine is one line, in pieces of one style each.
type readerLine struct {
	spans []readerSpan
	head  bool // a heading: a rule goes on to the right
	link  int  // the link that the line is of, from 1; 0 none
}

type readerSpan struct {
	text   string
	style  style
	packet packet.Number
}

// newReader makes a reader of a text.
func newReader(t *explain.Text, b *explain.Book, own ownWords) *reader {
	p := &reader{text: t, own: own, words: readerWords{b.Before("look"), b.Title("word.links")}}
	for _, n := range t.Packets() {
		p.links = append(p.links, link{packet: n})
	}
	for _, x := range t.Topics() {
		p.links = append(p.links, link{topic: x})
	}
	return p
}

// layout makes the lines for a width.
func (p *reader) layout(w int, g *glyphs) {
	if p.width == w {
		return
	}
	p.width, p.lines = w, nil
	room := max(w-4, 8)
	blank := func() {
		if n := len(p.lines); n > 0 && len(p.lines[n-1].spans) > 0 {
			p.lines = append(p.lines, readerLine{})
		}
	}
	plain := func(st style, s string) {
		p.para(g, room, []readerSpan{{text: s, style: st}})
	}
	for _, s := range p.own.first {
		plain(sWarn, s)
	}
	for i, s := range p.text.Sections {
		blank()
		if i > 0 || s.Title != p.text.Title {
			for _, part := range text.Wrap(g.text(s.Title), room) {
				p.lines = append(p.lines, readerLine{spans: []readerSpan{{text: part, style: sFocus}}, head: true})
			}
		}
		if s.Label != "" {
			plain(sDim, s.Label)
		}
		for k, x := range s.Paras {
			if k > 0 || s.Label != "" {
				blank()
			}
			p.para(g, room, spansOf(x))
		}
		for _, x := range s.Look {
			blank()
			p.para(g, room, append([]readerSpan{{text: p.words.look, style: sLive}}, spansOf(x)...))
		}
		blank()
		plain(sDim, s.Source)
	}
	for i, s := range p.own.last {
		if i == 0 {
			blank()
		}
		plain(sText, s)
	}
	p.goTo(g, room)
}

// goTo adds the list of links. The first nine have a digit that follows them.
func (p *reader) goTo(g *glyphs, room int) {
	if len(p.links) == 0 {
		return
	}
	p.lines = append(p.lines, readerLine{}, readerLine{spans: []readerSpan{{text: p.words.links, style: sFocus}}, head: true})
	for i, k := range p.links {
		digit := " "
		if i < 9 {
			digit = strconv.Itoa(i + 1)
		}
		ln := readerLine{link: i + 1, spans: []readerSpan{{text: digit + "  ", style: sKey}}}
		if k.packet != 0 {
			ln.spans = append(ln.spans, readerSpan{text: hash(k.packet), style: sMargin, packet: k.packet})
		} else {
			ln.spans = append(ln.spans, readerSpan{text: g.cut(g.text(k.topic.Title), room-3), style: sText})
		}
		p.lines = append(p.lines, ln)
	}
}

func hash(n packet.Number) string { return "#" + strconv.FormatUint(uint64(n), 10) }

// spansOf gives the pieces of a paragraph their styles.
func spansOf(p explain.Para) []readerSpan {
	out := make([]readerSpan, 0, len(p))
	for _, r := range p {
		s := readerSpan{text: r.Text, style: sText}
		switch r.Kind {
		case explain.Value:
			s.style = sHTTP
		case explain.ToPacket:
			s.style, s.packet = sMargin, r.Packet
		case explain.Key:
			s.style = sKey
		case explain.Plain:
		}
		out = append(out, s)
	}
	return out
}

// para breaks pieces into lines of w cells: the text as a whole is broken, and the
// pieces are then cut where the lines are.
func (p *reader) para(g *glyphs, w int, spans []readerSpan) {
	var b strings.Builder
	for i := range spans {
		spans[i].text = g.text(spans[i].text)
		b.WriteString(spans[i].text)
	}
	whole, at := b.String(), 0
	for _, l := range text.Wrap(whole, w) {
		at += max(strings.Index(whole[at:], l), 0)
		var ln readerLine
		from := 0
		for _, s := range spans {
			a, z := max(from, at), min(from+len(s.text), at+len(l))
			if a < z {
				part := s
				part.text = strings.ReplaceAll(whole[a:z], "\u00a0", " ") // they have done their work
				ln.spans = append(ln.spans, part)
			}
			from += len(s.text)
		}
		at += len(l)
		p.lines = append(p.lines, ln)
	}
}

// height is how many lines of the screen the reader takes of those it may have.
func (p *reader) height(room int) int { return min(len(p.lines)+1, room) }

// settle keeps the lines on the screen within the text.
func (p *reader) settle(rows int) {
	p.rows = max(rows, 1)
	if p.reveal {
		p.reveal = false
		for i, l := range p.lines {
			if l.link == p.cur+1 {
				p.top = min(max(p.top, i-p.rows+1), i)
			}
		}
	}
	p.top = min(max(p.top, 0), max(len(p.lines)-p.rows, 0))
}

// view draws the reader in at most h lines of width w.
func (p *reader) view(l *line, w, h int) []string {
	p.layout(w, l.g)
	n := p.height(h)
	p.settle(n - 1)
	title := p.text.Title
	if len(p.lines) > p.rows {
		title = l.g.cut(l.g.text(title), w-16) + " " + l.g.dot + " " + strconv.Itoa(min(p.top+p.rows, len(p.lines))) + "/" + strconv.Itoa(len(p.lines))
	}
	out := []string{titleLine(l, w, title, true)}
	for i := p.top; i < len(p.lines) && len(out) < n; i++ {
		ln := &p.lines[i]
		l.reset(w, gPlain)
		if ln.link != 0 && ln.link == p.cur+1 {
			l.on = gSelected
		}
		l.space(2)
		chosen := packet.Number(0)
		if p.cur < len(p.links) {
			chosen = p.links[p.cur].packet
		}
		for _, s := range ln.spans {
			st := s.style
			if s.packet != 0 && s.packet == chosen && ln.link == 0 {
				st = sField
			}
			l.put(st, s.text)
		}
		out = append(out, l.end())
	}
	return out
}

// clickedReader follows the link on line y of the reader, whose title is line 0.
func (m *Model) clickedReader(y int) tea.Cmd {
	p := m.reader
	if i := p.top + y - 1; y >= 1 && i < len(p.lines) && p.lines[i].link != 0 {
		return m.readLink(p.lines[i].link - 1)
	}
	return nil
}

// footer names the keys.
func (p *reader) footer(l *line, w int) string {
	l.reset(w, gBar)
	l.space(1)
	room := w - len("Esc close    ") // which is always there
	add := func(key, what string) {
		if need := cells(key) + cells(what) + 4; l.used+need > room {
			return
		}
		l.put(sKey, key)
		l.put(sHint, " "+what)
		l.space(3)
	}
	if len(p.links) > 0 {
		k := p.links[p.cur]
		what := k.topic.Title
		if k.packet != 0 {
			what = "to " + hash(k.packet)
		}
		add("Enter", l.g.cut(l.g.text(what), 24))
		if len(p.links) > 1 {
			add("Tab", "next link")
		}
	}
	if len(p.lines) > p.rows {
		add("j k", "scroll")
	}
	if p.from != nil {
		add("h", "back")
	}
	room = w
	add("Esc", "close")
	return l.end()
}

// readerKey handles a key while a reader is open.
func (m *Model) readerKey(msg tea.KeyPressMsg) tea.Cmd {
	p := m.reader
	name := msg.String()
	switch name {
	case "tab", "n", "l", "right":
		p.choose(1)
		return nil
	case "shift+tab", "N":
		p.choose(-1)
		return nil
	case "enter":
		return m.readLink(p.cur)
	case "h", "left", "backspace", "[":
		if p.from != nil {
			m.reader = p.from
		}
		return nil
	case "g", "home":
		p.top = 0
		return nil
	}
	if len(name) == 1 && name[0] >= '1' && name[0] <= '9' {
		return m.readLink(int(name[0] - '1'))
	}
	if m.keys.find(name, m.here()) == actExplain {
		m.reader = nil
		return nil
	}
	switch a := m.keys.find(name, inHelp); a {
	case actBack, actLeave:
		m.reader = nil
	case actQuit:
		return m.askQuit()
	case actSuspend:
		return tea.Suspend
	case actRefresh:
		return tea.ClearScreen
	default:
		if d, ok := steps(a, p.rows, len(p.lines)); ok {
			p.top = max(p.top+d, 0)
		}
	}
	return nil
}

// choose goes to the next link.
func (p *reader) choose(d int) {
	if n := len(p.links); n > 0 {
		p.cur = (p.cur + d + n) % n
		p.reveal = true
	}
}

// readLink follows a link: to a packet, or to another text.
func (m *Model) readLink(i int) tea.Cmd {
	p := m.reader
	if i >= len(p.links) {
		return nil
	}
	p.cur = i
	k := p.links[i]
	if k.packet != 0 {
		m.reader = nil
		m.goTo(k.packet)
		return nil
	}
	about := p.text.Packet
	return m.teach(func(e *explain.Explainer) *explain.Text { return e.Topic(k.topic.Key, about) }, ownWords{}, p)
}
