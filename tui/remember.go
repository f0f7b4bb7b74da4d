package tui

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tcplens/internal/config"
)

// themed makes a theme with the user's colours.
func (m *Model) themed(name string) *theme {
	colors, rules := m.opt.Config.Colors, m.colors.styles()
	if m.sixteen {
		colors = maps.Clone(colors)
		for k, c := range colors {
			colors[k] = c.Sixteen(name == ThemeLight)
		}
		for i, c := range rules {
			rules[i] = c.Sixteen(name == ThemeLight)
		}
	}
	return newTheme(name, colors, rules)
}

// vocabulary is what this program's configuration may speak of.
func (m *Model) vocabulary() *config.Vocabulary {
	return &config.Vocabulary{Bindings: Bindings(), Styles: StyleNames(), Fields: m.lookup}
}

// recall takes up what was remembered of the last time.
func (m *Model) recall() {
	if m.opt.State == nil {
		m.opt.State = &config.State{}
	}
	m.named = m.opt.State.FiltersFor(m.opt.Config, m.vocabulary())
	m.prompt.most = m.opt.Config.History
	m.prompt.past[promptFilter] = slices.Clone(m.opt.State.History)
}

// tellProblems says that something of the configuration does not hold.
func (m *Model) tellProblems() {
	list := m.opt.Config.Problems
	switch len(list) {
	case 0:
		return
	case 1:
		m.say(list[0].Error(), true)
	default:
		m.say(fmt.Sprintf(":config shows all %d: %v", len(list), list[0]), true)
	}
}

// configMenu shows which file is in use and what is wrong with it.
func (m *Model) configMenu() {
	c := m.opt.Config
	u := &menu{title: "Configuration"}
	switch {
	case c.Path == "":
		u.text = append(u.text, "No file: the defaults hold. tcplens config init writes one.")
	case c.Profile != "":
		u.text = append(u.text, c.Path+", profile "+c.Profile)
	default:
		u.text = append(u.text, c.Path)
	}
	for _, e := range c.Problems {
		u.text = append(u.text, strings.TrimPrefix(e.Error(), c.Path+":"))
	}
	if c.Path != "" && len(c.Problems) == 0 {
		u.text = append(u.text, "Nothing is wrong with it.")
	}
	m.menu = u
}

// keepState changes what is remembered for the next time, in the background. Nothing
// is said when that works.
func (m *Model) keepState(change func(*config.State)) tea.Cmd {
	keep := m.opt.Hooks.Remember
	if keep == nil {
		return nil
	}
	return m.ask(func(context.Context) (string, error) { return "", keep(change) }, nil)
}

// rememberFilter keeps a display filter that was entered.
func (m *Model) rememberFilter(expr string) tea.Cmd {
	most := m.opt.Config.History
	if expr == "" || most == 0 {
		return nil
	}
	return m.keepState(func(s *config.State) { s.Push(expr, most) })
}

// namedMenu offers the filters that have a name.
func (m *Model) namedMenu() {
	if len(m.named) == 0 {
		m.say("no filter has a name: :name NAME gives one to the filter in force", false)
		return
	}
	u := &menu{title: "Filters with a name"}
	for i, n := range m.named {
		key := ""
		if i < 9 {
			key = string(rune('1' + i))
		}
		u.items = append(u.items, menuItem{key, n.Name + ": " + n.Filter, func(m *Model) tea.Cmd {
			m.setFilter(n.Filter)
			return m.rememberFilter(n.Filter)
		}})
	}
	m.menu = u
}

// useNamed applies a filter by its name.
func (m *Model) useNamed(name string) tea.Cmd {
	for _, n := range m.named {
		if n.Name == name {
			m.setFilter(n.Filter)
			return m.rememberFilter(n.Filter)
		}
	}
	m.say("no filter is called "+name+": :named shows those that there are", true)
	return nil
}

// nameFilter gives a name to the filter in force.
func (m *Model) nameFilter(name string) tea.Cmd {
	switch {
	case m.filter == "":
		m.say("no filter is in force that could have a name", true)
		return nil
	case name == "":
		m.say("type the name too: :name slow", true)
		return nil
	}
	if _, ok := m.opt.Config.Filter(name); ok {
		m.say(name+" is in "+m.opt.Config.Path+": change it there", true)
		return nil
	}
	n := config.Named{Name: name, Filter: m.filter}
	m.named = append(slices.DeleteFunc(m.named, func(o config.Named) bool { return o.Name == name }), n)
	m.say(name+" is "+m.filter, false)
	return m.keepState(func(s *config.State) {
		s.Filters = append(slices.DeleteFunc(s.Filters, func(o config.Named) bool { return o.Name == name }), n)
	})
}
