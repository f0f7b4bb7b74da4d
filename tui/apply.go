package tui

import (
	"strconv"

	tea "charm.land/bubbletea/v2"

	"tcplens/internal/packet"
)

// thing is what the cursor stands on: a display filter for it, and a packet that
// the filter shows, 0 if it does not matter which.
type thing struct {
	expr string
	at   packet.Number
}

// thing gives what is under the cursor. Without a filter for it, why says so.
func (m *Model) thing() (t thing, why string) {
	why = "there is nothing here to filter by"
	switch m.view {
	case viewFlows:
		if c := m.flows.selected(); c != nil {
			return thing{c.Kind.String() + ".stream == " + strconv.FormatUint(uint64(c.Stream), 10), c.First}, ""
		}
	case viewRequests:
		if r := m.requests.selected(); r != nil {
			return thing{requestFilter(r), r.Frame}, ""
		}
	case viewProblems:
		g := m.problems.selected()
		if g == nil {
			return thing{}, why
		}
		if expr := m.problemFilter(g); expr != "" {
			return thing{expr, m.problems.packetOf()}, ""
		}
		why = "there is no filter for these packets: Enter lists them"
	case viewPackets:
		if expr := m.cellFilter(); expr != "" {
			return thing{expr: expr}, ""
		}
	}
	return thing{}, why
}

// only filters to the thing under the cursor.
func (m *Model) only() {
	t, why := m.thing()
	if t.expr == "" {
		m.say(why, false)
		return
	}
	m.applyThing(t, t.expr)
}

// except filters it out of what is shown.
func (m *Model) except() {
	t, why := m.thing()
	if t.expr == "" {
		m.say(why, false)
		return
	}
	t.at = 0
	m.applyThing(t, joined(m.filter, "and", negated(t.expr)))
}

// applyThing shows the packets of a filter made of the thing under the cursor.
func (m *Model) applyThing(t thing, expr string) {
	if m.view != viewPackets {
		m.toPackets()
		m.list.leaveTail(&m.src)
	}
	m.setFilter(expr)
	if t.at != 0 {
		m.jump(t.at)
	}
}

// joined puts a filter behind the one in force, if there is one.
func joined(filter, op, expr string) string {
	if filter == "" {
		return expr
	}
	return bracketed(filter) + " " + op + " " + expr
}

// combineMenu offers the ways to join the thing under the cursor with the filter.
func (m *Model) combineMenu() {
	t, why := m.thing()
	if t.expr == "" {
		m.say(why, false)
		return
	}
	u := &menu{title: "Filter by " + t.expr}
	add := func(key, what, expr string, shows bool) {
		u.items = append(u.items, menuItem{key, what + "  " + expr, func(m *Model) tea.Cmd {
			t := t
			if !shows {
				t.at = 0
			}
			m.applyThing(t, expr)
			return nil
		}})
	}
	whole := bracketed(t.expr)
	if m.filter == "" {
		add("a", "this     ", t.expr, true)
		add("n", "not this ", negated(t.expr), false)
	} else {
		add("a", "and this     ", joined(m.filter, "and", whole), false)
		add("o", "or this      ", joined(m.filter, "or", whole), true)
		add("n", "and not this ", joined(m.filter, "and", negated(t.expr)), false)
		add("x", "or not this  ", joined(m.filter, "or", negated(t.expr)), false)
		add("=", "only this    ", t.expr, true)
	}
	u.items = append(u.items, menuItem{"e", "edit it first", func(m *Model) tea.Cmd {
		if m.view != viewPackets {
			m.toPackets()
		}
		return m.openFilter(joined(m.filter, "and", whole))
	}})
	m.menu = u
}
