package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/internal/text"
)

// picker is the list of interfaces, with what passes on them now.
type picker struct {
	list   []Interface
	before map[string]Interface // as they were a second ago
	then   time.Time
	rate   map[string][]uint64 // packets a second, the newest last
	chosen map[string]bool
	err    error
	asked  bool // a command is under way
	due    bool
	loaded bool
	cur    int
	top    int
	rows   int
}

type interfacesMsg struct {
	list []Interface
	err  error
	at   time.Time
}

// sparkWidth is how many seconds of activity are shown.
const sparkWidth = 12

// open begins to ask.
func (p *picker) open() {
	p.due = true
	if p.rate == nil {
		p.rate, p.chosen = make(map[string][]uint64), make(map[string]bool)
	}
}

// ask gives a command that lists the interfaces: at once, then once a second.
func (p *picker) ask(m *Model) tea.Cmd {
	list := m.opt.Hooks.Interfaces
	if list == nil || p.asked || !p.due && m.now.Sub(p.then) < 900*time.Millisecond {
		return nil
	}
	p.asked, p.due = true, false
	ctx := m.ctx
	return func() tea.Msg {
		l, err := list(ctx)
		return interfacesMsg{l, err, time.Now()}
	}
}

// take takes a new list over and works out what has passed since the last.
func (p *picker) take(msg interfacesMsg) {
	p.asked, p.loaded, p.err = false, true, msg.err
	if msg.err != nil {
		p.then = msg.at
		return
	}
	name := ""
	if p.cur < len(p.list) {
		name = p.list[p.cur].Name
	}
	now := make(map[string]Interface, len(msg.list))
	span := msg.at.Sub(p.then)
	for _, i := range msg.list {
		now[i.Name] = i
		if old, ok := p.before[i.Name]; ok && span > 100*time.Millisecond && i.Packets >= old.Packets {
			r := append(p.rate[i.Name], uint64(float64(i.Packets-old.Packets)/span.Seconds()+0.5))
			if len(r) > sparkWidth {
				r = r[len(r)-sparkWidth:]
			}
			p.rate[i.Name] = r
		}
	}
	p.list, p.before, p.then = msg.list, now, msg.at
	for i := range p.list {
		if p.list[i].Name == name {
			p.cur = i
		}
	}
}

func (p *picker) settle() {
	p.cur = min(max(p.cur, 0), max(len(p.list)-1, 0))
	p.top = min(p.top, max(len(p.list)-p.rows, 0))
	if p.cur < p.top {
		p.top = p.cur
	}
	if p.cur >= p.top+p.rows {
		p.top = p.cur - p.rows + 1
	}
}

// names gives the interfaces to open: those chosen with Space, or the one under
// the cursor.
func (p *picker) names() []string {
	var out []string
	for _, i := range p.list {
		if p.chosen[i.Name] {
			out = append(out, i.Name)
		}
	}
	if len(out) == 0 && p.cur < len(p.list) {
		out = append(out, p.list[p.cur].Name)
	}
	return out
}

func (p *picker) view(l *line, r rect, m *Model) []string {
	out := make([]string, 0, r.h)
	nameW := 9
	for _, i := range p.list {
		nameW = max(nameW, min(cells(i.Name), 16))
	}
	wide := r.w >= 70
	l.reset(r.w, gPlain)
	l.put(sColumn, "    ")
	l.fit(sColumn, "Interface", nameW)
	l.put(sColumn, "  Packets/s  ")
	if wide {
		l.fit(sColumn, "Activity", sparkWidth+2)
	}
	l.put(sColumn, "Addresses")
	out = append(out, l.end())
	say := func(st style, s string) {
		for _, part := range wrap(l.g.text(s), r.w-4) {
			l.reset(r.w, gPlain)
			l.space(2)
			l.put(st, part)
			out = append(out, l.end())
		}
	}
	switch {
	case m.opt.Hooks.Interfaces == nil:
		say(sText, "This source has no interfaces to choose from.")
	case p.err != nil:
		say(sError, text.Printable(p.err.Error()))
	case !p.loaded:
		say(sDim, "looking …")
	case len(p.list) == 0:
		say(sText, "There is no interface that can be captured on. tcplens doctor tells why; tcplens -r FILE opens a capture file.")
	}
	for k := p.top; k < len(p.list) && len(out) < r.h-1; k++ {
		i := &p.list[k]
		l.reset(r.w, gPlain)
		if k == p.cur {
			l.on = gSelected
		}
		mark := "  "
		if p.chosen[i.Name] {
			mark = l.g.marked + " "
		}
		l.space(2)
		l.put(sMargin, mark)
		st := sText
		if !i.Up || i.Problem != "" {
			st = sDim
		}
		l.fit(st, text.Printable(i.Name), nameW)
		l.space(2)
		rate := p.rate[i.Name]
		s := "-"
		if n := len(rate); n > 0 {
			s = number(rate[n-1])
		}
		l.right(sLive, s, 9)
		l.space(2)
		if wide {
			l.fit(sLive, spark(rate, l.g), sparkWidth+2)
		}
		switch {
		case i.Problem != "":
			l.put(sWarn, text.Printable(i.Problem))
		default:
			l.put(st, text.Printable(describe(i)))
		}
		out = append(out, l.end())
	}
	return pad(l, out, r)
}

// describe writes what is known of an interface: addresses, state, description.
func describe(i *Interface) string {
	var parts []string
	if len(i.Addresses) > 0 {
		parts = append(parts, strings.Join(i.Addresses, " "))
	}
	if !i.Up {
		parts = append(parts, "down")
	}
	if i.Loopback {
		parts = append(parts, "loopback: what this machine says to itself")
	}
	if i.Description != "" && i.Description != i.Name {
		parts = append(parts, i.Description)
	}
	return strings.Join(parts, "  ")
}

// spark draws activity as a row of bars, on a scale of powers: a packet a second
// is as visible as a flood.
func spark(rate []uint64, g *glyphs) string {
	bars := []rune(" ▁▂▃▄▅▆▇█")
	if g.ascii {
		bars = []rune(" ..::++##")
	}
	var b strings.Builder
	for range sparkWidth - len(rate) {
		b.WriteByte(' ')
	}
	for _, v := range rate {
		k := 0
		for v > 0 && k < len(bars)-1 {
			v /= 4
			k++
		}
		b.WriteRune(bars[k])
	}
	return b.String()
}

// doPicker carries out an action in the picker.
func (m *Model) doPicker(a action) tea.Cmd {
	p := &m.pick
	switch a {
	case actEnter:
		return m.openInterfaces()
	case actChoose:
		if p.cur < len(p.list) {
			name := p.list[p.cur].Name
			p.chosen[name] = !p.chosen[name]
			p.cur = min(p.cur+1, len(p.list)-1)
		}
	default:
		if d, ok := steps(a, p.rows, len(p.list)); ok {
			p.cur = min(max(p.cur+d, 0), max(len(p.list)-1, 0))
		}
	}
	return nil
}

// openInterfaces begins a capture on what is chosen, after a question when that
// would lose packets.
func (m *Model) openInterfaces() tea.Cmd {
	names := m.pick.names()
	open := m.opt.Hooks.Open
	if len(names) == 0 || open == nil {
		m.say("no interface can be opened here", true)
		return nil
	}
	start := func(m *Model) tea.Cmd {
		m.busy++
		m.say("opening "+strings.Join(names, ", ")+" …", false)
		ctx, expr := m.ctx, m.src.status.Filter
		return func() tea.Msg {
			tr, err := open(ctx, names, expr)
			return openedMsg{tr, err}
		}
	}
	if m.opt.Hooks.Unsaved != nil && m.opt.Hooks.Unsaved() {
		m.menu = &menu{
			title: "Open " + strings.Join(names, ", "),
			text:  []string{count(m.src.status.Packets, "packet") + " of the capture so far are in no file."},
			items: []menuItem{
				{"n", "stay", func(*Model) tea.Cmd { return nil }},
				{"w", "write them to a file first", func(m *Model) tea.Cmd { return m.writePrompt(writeAll, false) }},
				{"y", "open it and lose them", start},
			},
		}
		return nil
	}
	return start(m)
}
