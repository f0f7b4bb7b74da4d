package tui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"tcplens/internal/config"
)

// columnMenu shows the columns of the packet list, to be chosen, ordered and sized.
func (m *Model) columnMenu(cur int) {
	u := &menu{
		title: "Columns of the packet list", cur: min(max(cur, 0), max(len(m.columns)-1, 0)),
		hint: "Space show or hide   J K move   < > width   0 own width   | side   a add   d remove   R reset   Esc done",
		own:  (*Model).columnKey,
	}
	widest := 0
	for _, c := range m.columns {
		widest = max(widest, cells(c.Title))
	}
	for _, c := range m.columns {
		shown, width, side := "[x]", "own width", "left"
		if c.Hidden {
			shown = "[ ]"
		}
		if c.Width > 0 {
			width = fmt.Sprintf("%d wide", c.Width)
		}
		if c.Right {
			side = "right"
		}
		u.items = append(u.items, menuItem{shown, fmt.Sprintf("%-*s  %-9s  %-5s  %s", min(widest, 24), m.g.cut(c.Title, 24), width, side, c.Field), nil})
	}
	m.menu = u
}

// columnKey handles the keys of the menu of columns.
func (m *Model) columnKey(key string) (tea.Cmd, bool) {
	i := m.menu.cur
	if i >= len(m.columns) {
		return nil, false
	}
	all, c := slices.Clone(m.columns), m.columns[i]
	switch key {
	case "space", "enter":
		c.Hidden = !c.Hidden
		all[i] = c
	case "J", "shift+down":
		if i+1 == len(all) {
			return nil, true
		}
		all[i], all[i+1] = all[i+1], all[i]
		i++
	case "K", "shift+up":
		if i == 0 {
			return nil, true
		}
		all[i], all[i-1] = all[i-1], all[i]
		i--
	case "<", "left", ">", "right":
		all[i].Width = m.resized(c, key == ">" || key == "right")
	case "0":
		all[i].Width = 0
	case "|":
		all[i].Right = !c.Right
	case "d", "delete":
		all = slices.Delete(all, i, i+1)
		if builtinKind(c.Field) != colField {
			all, c.Hidden = slices.Clone(m.columns), true
			all[i] = c
		}
	case "R":
		all = slices.Clone(m.opt.Config.Columns)
	case "a":
		m.menu = nil
		m.prompt.open(promptColumn, "")
		return nil, true
	default:
		return nil, false
	}
	cmd := m.useColumns(all)
	m.columnMenu(i)
	return cmd, true
}

// useColumns takes columns into use and remembers them. The last column that is
// shown stays.
func (m *Model) useColumns(all []config.Column) tea.Cmd {
	if !slices.ContainsFunc(all, func(c config.Column) bool { return !c.Hidden }) {
		m.say("one column has to stay", false)
		return nil
	}
	m.setColumns(all)
	return m.keepState(func(s *config.State) { s.SetColumns(m.opt.Config, all) })
}

// resized gives the next width of a column, in cells.
func (m *Model) resized(c config.Column, wider bool) int {
	w := c.Width
	if w == 0 {
		w = 12
		cols := m.list.columns(&m.src, max(m.width, minWidth))
		for i := range m.list.set {
			if m.list.set[i].Field == c.Field && cols.set[i].w > 0 {
				w = cols.set[i].w
			}
		}
	}
	if wider {
		return min(w+1, config.MaxWidth)
	}
	return max(w-1, 1)
}

// columnUnderCursor is the place among all columns of the one that the list's cursor
// is in.
func (m *Model) columnUnderCursor() int {
	if m.list.col >= len(m.list.set) {
		return 0
	}
	field := m.list.set[m.list.col].Field
	return max(slices.IndexFunc(m.columns, func(c config.Column) bool { return c.Field == field }), 0)
}

// changeColumn hides, moves or sizes the column under the cursor.
func (m *Model) changeColumn(a action) tea.Cmd {
	i := m.columnUnderCursor()
	all := slices.Clone(m.columns)
	c := &all[i]
	switch a {
	case actHideColumn:
		title := c.Title
		if builtinKind(c.Field) == colField {
			all = slices.Delete(all, i, i+1)
		} else {
			c.Hidden = true
		}
		m.sayf("%s is hidden: %s", title, m.keyHint(actColumns, "shows all columns"))
	case actColumnLeft, actColumnRight:
		d := 1
		if a == actColumnLeft {
			d = -1
		}
		j := i + d
		for j >= 0 && j < len(all) && all[j].Hidden {
			j += d
		}
		if j < 0 || j >= len(all) {
			return nil
		}
		moved := all[i]
		all = slices.Insert(slices.Delete(all, i, i+1), j, moved)
	case actNarrower, actWider:
		c.Width = m.resized(*c, a == actWider)
	}
	return m.useColumns(all)
}

// keyHint tells the key of an action and what it does: "o shows all columns".
func (m *Model) keyHint(a action, does string) string {
	for i := range m.keys.all {
		if b := &m.keys.all[i]; b.act == a && len(b.keys) > 0 {
			return keyLabel(b.keys[0]) + " " + does
		}
	}
	return does
}

// addColumn makes a field a column, before Info if that is the last one.
func (m *Model) addColumn(field string) tea.Cmd {
	v := m.vocabulary()
	if builtinKind(field) == colField && len(m.lookup[field]) == 0 {
		m.say("there is no field "+field, true)
		return nil
	}
	all := slices.Clone(m.columns)
	if i := slices.IndexFunc(all, func(c config.Column) bool { return c.Field == field }); i >= 0 {
		all[i].Hidden = false
		cmd := m.useColumns(all)
		m.sayColumn(all[i], "is shown")
		return cmd
	}
	c := config.Column{Title: config.TitleOf(field, v), Field: field, Right: config.RightAligned(field, v)}
	at := len(all)
	if at > 0 && all[at-1].Field == "info" {
		at--
	}
	cmd := m.useColumns(slices.Insert(all, at, c))
	m.sayColumn(c, "is a column now")
	return cmd
}

// sayColumn says what has become of a column, and if it is not seen, why.
func (m *Model) sayColumn(c config.Column, what string) {
	cols := m.list.columns(&m.src, m.arrange().list.w)
	for i := range m.list.set {
		if m.list.set[i].Field == c.Field && cols.set[i].w == 0 {
			m.sayf("%s %s, but there is no room for it: %s", c.Title, what, m.keyHint(actColumns, "hides others"))
			return
		}
	}
	m.sayf("%s %s: %s", c.Title, what, m.keyHint(actColumns, "orders and sizes them"))
}

// columnFromTree makes the field under the cursor a column, or takes it away again.
func (m *Model) columnFromTree() tea.Cmd {
	n := m.tree.node()
	if n == nil || len(m.lookup[n.abbrev]) == 0 || n.abbrev == "_ws.text" {
		m.say("this line is no field that could be a column", false)
		return nil
	}
	if i := slices.IndexFunc(m.columns, func(c config.Column) bool { return c.Field == n.abbrev && !c.Hidden }); i >= 0 {
		m.say(m.columns[i].Title+" is no column any more", false)
		return m.useColumns(slices.Delete(slices.Clone(m.columns), i, i+1))
	}
	return m.addColumn(n.abbrev)
}
