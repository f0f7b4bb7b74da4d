package tui

import (
	"context"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tcplens/dissect/filter"
	"tcplens/internal/config"
	"tcplens/internal/packet"
)

// promptKey handles a key while something is typed.
func (m *Model) promptKey(msg tea.KeyPressMsg) tea.Cmd {
	p := &m.prompt
	switch msg.String() {
	case "esc", "ctrl+c":
		p.close()
		return nil
	case "enter":
		return m.enterPrompt()
	case "tab":
		if p.kind == promptFind && len(p.hints) == 0 {
			m.find.kind = (m.find.kind + 1) % findKinds
			m.checkPrompt()
			return nil
		}
		if p.kind == promptSearch && m.view == viewFollow {
			m.conv.seek.kind = (m.conv.seek.kind + 1) % findFilter // no filter: that is for packets
			m.checkPrompt()
			return nil
		}
		return m.completePrompt(1)
	case "shift+tab":
		if p.kind == promptFind && m.find.places() {
			m.find.in = (m.find.in + 1) % findPlaces
			return nil
		}
		return m.completePrompt(-1)
	case "backspace":
		if len(p.text) == 0 && p.kind != promptFilter {
			p.close()
			return nil
		}
	}
	if p.edit(msg) {
		m.checkPrompt()
	}
	return m.lookAtValues()
}

// completePrompt takes a hint. While the user goes through the hints they stay.
func (m *Model) completePrompt(d int) tea.Cmd {
	p := &m.prompt
	if !p.complete(d) {
		return nil
	}
	if p.choice == 0 {
		m.checkPrompt()
		return m.lookAtValues()
	}
	if p.kind == promptFilter || p.kind == promptFind {
		v := filter.Check(p.value(), m.lookup)
		p.state, p.message, p.caret = v.State, "", ""
	}
	return nil
}

// paste takes text from the clipboard into what is typed.
func (m *Model) paste(s string) tea.Cmd {
	if m.prompt.kind != noPrompt {
		m.prompt.insert(strings.TrimSpace(s))
		m.checkPrompt()
	}
	return nil
}

// checkPrompt looks at what is typed and offers what may follow.
func (m *Model) checkPrompt() {
	p := &m.prompt
	p.forget()
	switch p.kind {
	case promptFilter:
		p.checkFilter(m)
	case promptFind:
		if m.find.kind == findFilter {
			p.checkFilter(m)
		} else if len(p.text) > 0 {
			if _, err := newQuery(m.find.kind, m.find.in, p.value(), m.lookup); err != nil {
				p.message = err.Error()
			}
		}
	case promptSearch:
		if m.view == viewFollow && len(p.text) > 0 {
			if _, err := newQuery(m.conv.seek.kind, findInBytes, p.value(), m.lookup); err != nil {
				p.message = err.Error()
			}
		}
	case promptCapture:
		if check := m.opt.Hooks.CheckFilter; check != nil && len(p.text) > 0 {
			if err := check(p.value()); err != nil {
				p.message = err.Error()
				if why := filter.LooksLikeDisplay(p.value(), m.lookup); why != "" {
					p.message = why
				}
			}
		}
	case promptColumn:
		if s := p.value(); s != "" {
			p.to = len(s)
			for _, name := range m.names.Complete(s, 60) {
				p.hints = append(p.hints, hint{text: name, desc: m.names.Describe(name)})
			}
		}
	case promptCommand:
		s := p.value()
		if s == "" || strings.ContainsAny(s, " 0123456789") {
			return
		}
		p.to = len(s)
		for _, b := range m.keys.all {
			if strings.HasPrefix(b.name, s) && b.in&m.here() != 0 && b.name != s {
				p.hints = append(p.hints, hint{text: b.name, desc: b.long})
			}
		}
	}
}

// enterPrompt takes what was typed.
func (m *Model) enterPrompt() tea.Cmd {
	p := &m.prompt
	s := strings.TrimSpace(p.value())
	switch p.kind {
	case promptFilter:
		if v := filter.Check(p.value(), m.lookup); v.State == filter.Invalid {
			p.at = len(p.text)
			p.forget()
			p.complain(&v, p.value())
			return nil
		}
		p.keep(s)
		p.close()
		m.came, m.view = nil, viewPackets
		if s != m.filter {
			m.setFilter(s)
		}
		return m.rememberFilter(s)
	case promptFind:
		q, err := newQuery(m.find.kind, m.find.in, s, m.lookup)
		if s == "" {
			p.close()
			return nil
		}
		if err != nil {
			p.message = err.Error()
			return nil
		}
		p.keep(s)
		p.close()
		m.find.what = q
		return m.find.start(m.ctx, &m.src, &m.list, q, 1)
	case promptCommand:
		p.keep(s)
		p.close()
		return m.command(s)
	case promptCapture:
		m.checkPrompt()
		if p.message != "" {
			return nil
		}
		p.keep(s)
		p.close()
		return m.setCaptureFilter(s)
	case promptWrite:
		if s == "" {
			p.close()
			return nil
		}
		p.keep(s)
		p.close()
		return m.write(s)
	case promptColumn:
		if s != "" && len(m.lookup[s]) == 0 && builtinKind(s) == colField {
			p.message = "there is no field " + s
			return nil
		}
		p.close()
		if s == "" {
			return nil
		}
		cmd := m.addColumn(s)
		m.columnMenu(slices.IndexFunc(m.columns, func(c config.Column) bool { return c.Field == s }))
		return cmd
	case promptSearch:
		if m.view == viewFollow {
			return m.findInFollow(s)
		}
		p.keep(s)
		p.close()
		m.searchHere(s)
	case promptPipe:
		p.keep(s)
		p.close()
		return m.pipe(s)
	}
	return nil
}

// command carries out a line of the command line.
func (m *Model) command(s string) tea.Cmd {
	if s == "" {
		return nil
	}
	if n, err := strconv.ParseUint(s, 10, 32); err == nil {
		m.goTo(packet.Number(n))
		return nil
	}
	name, rest, _ := strings.Cut(s, " ")
	rest = strings.TrimSpace(rest)
	switch name {
	case "q", "q!", "quit", "wq", "x":
		if name == "q!" {
			return tea.Quit
		}
		return m.askQuit()
	case "w", "write":
		if rest == "" {
			m.writeMenu()
			return nil
		}
		m.writing = writing{which: writeAll, what: "all packets"}
		return m.write(rest)
	case "filter":
		if rest != "" {
			m.setFilter(rest)
			return nil
		}
	case "help", "h":
		return m.do(actHelp)
	case "config":
		m.configMenu()
		return nil
	case "named":
		if rest == "" {
			m.namedMenu()
			return nil
		}
		return m.useNamed(rest)
	case "name":
		return m.nameFilter(rest)
	case "column":
		return m.addColumn(rest)
	}
	if a := m.keys.command(name, m.here()); a != actNone {
		return m.do(a)
	}
	m.say("there is no command "+name+": ? shows what there is", true)
	return nil
}

func (m *Model) editCaptureFilter() tea.Cmd {
	switch {
	case !m.src.status.Live:
		m.say("a file is read: the capture filter works on live captures, / filters what is shown", false)
	case m.opt.Hooks.SetFilter == nil:
		m.say("this source has no capture filter", false)
	default:
		m.prompt.open(promptCapture, m.src.status.Filter)
	}
	return nil
}

func (m *Model) setCaptureFilter(expr string) tea.Cmd {
	set := m.opt.Hooks.SetFilter
	return m.ask(func(ctx context.Context) (string, error) {
		if expr == "" {
			return "the capture takes everything now", set(ctx, expr)
		}
		return "the capture takes " + expr + " now", set(ctx, expr)
	}, nil)
}

// stopStart stops the capture, or starts it again.
func (m *Model) stopStart() tea.Cmd {
	h := m.opt.Hooks
	switch {
	case !m.src.status.Live || h.Stop == nil || h.Start == nil:
		m.say("this is no live capture", false)
	case m.src.status.Done:
		return m.ask(func(ctx context.Context) (string, error) { return "the capture goes on", h.Start(ctx) }, nil)
	default:
		return m.ask(func(ctx context.Context) (string, error) {
			return "the capture has stopped: P starts it again", h.Stop(ctx)
		}, nil)
	}
	return nil
}

// searchHere looks for text in the flow graph.
func (m *Model) searchHere(s string) {
	if found := m.view == viewGraph && m.graph.search(s, 1, true); !found && s != "" {
		m.say(s+": not found", true)
	}
}
