package tui

import (
	"slices"
	"strings"

	"tcplens/dissect"
	"tcplens/internal/config"
	"tcplens/internal/text"
)

// listColumn is a column of the packet list as the user has chosen it.
type listColumn struct {
	config.Column
	kind  column // colField: the values of the field that Column.Field names
	width int    // of a field's column, cells, where there is room
	value int    // of a field's column: its place among rowText.fields
}

// colField is the kind of column that shows a field of the packets' trees.
const colField = columnCount

// builtinKind is the kind of a column by its name in the configuration.
func builtinKind(field string) column {
	for i, name := range config.Builtin() {
		if name == field {
			return column(i) // in the order of the constants; a test holds it
		}
	}
	return colField
}

// setColumns takes columns into use. The cell under the cursor stays in its column
// if that is still there.
func (m *Model) setColumns(all []config.Column) {
	p := &m.list
	was := ""
	if p.col < len(p.set) {
		was = p.set[p.col].Field
	}
	m.columns = all
	p.set, p.col = nil, 0
	m.src.fields = nil
	for _, c := range all {
		if c.Hidden {
			continue
		}
		lc := listColumn{Column: c, kind: builtinKind(c.Field)}
		if lc.kind == colField {
			lc.width = c.Width
			if lc.width == 0 {
				lc.width = m.fieldWidth(c)
			}
			lc.value = len(m.src.fields)
			m.src.fields = append(m.src.fields, c.Field)
		}
		if c.Field == was || was == "" && lc.kind == colInfo {
			p.col = len(p.set)
		}
		p.set = append(p.set, lc)
	}
	clear(m.src.cache)
	m.dirty = true
}

// fieldWidth is how wide a column of a field is by itself. It does not depend on the
// packets, so that columns stand still while the list scrolls.
func (m *Model) fieldWidth(c config.Column) int {
	w := 8
	if f := m.lookup[c.Field]; len(f) > 0 {
		switch f[0].Type {
		case dissect.TNone, dissect.TProtocol:
			w = 4
		case dissect.TIPv4:
			w = 15
		case dissect.TEther:
			w = 17
		case dissect.TIPv6:
			w = 24
		case dissect.TString, dissect.TStringZ, dissect.TBytes, dissect.TUintBytes, dissect.TOID, dissect.TGUID:
			w = 20
		case dissect.TAbsTime:
			w = 30
		case dissect.TRelTime, dissect.TFloat:
			w = 12
		}
		if f[0].Names != nil {
			w = max(w, 10)
		}
	}
	return max(w, min(cells(c.Title), 16))
}

// placed are the places of the columns of the list at some width.
type placed struct {
	columns
	set []place // by column of the list; width 0: there is no room for it
}

// leastInfo is what is left to the Info column before columns of fields give way,
// cells.
const leastInfo = 14

// sparedInfo is what the Info column keeps when columns that were cut are widened
// again, cells.
const sparedInfo = 20

// place lays the columns out in a width. Those that are no fields are as wide as
// columnsFor makes them; Info takes what the others leave.
func (p *listPane) place(width, digits, timeWidth int, m measure) placed {
	extra := 0
	for _, c := range p.set {
		if c.kind == colField {
			extra += c.width + 2
		}
	}
	shrink := 0 // how far columns of fields are cut
	room := width - extra
	if extra > 0 && width >= 64 && room < 78 {
		// The columns of a narrower window would lack addresses: fields give way first.
		shrink = 78 - room
		room = 64
	}
	base := columnsFor(max(room, minWidth), digits, timeWidth, m)
	out := placed{columns: base, set: make([]place, len(p.set))}
	gaps := base.gaps()
	for i, c := range p.set {
		w := base.at[c.kind%columnCount].w
		switch {
		case c.kind == colField:
			w = c.width
			if c.Width == 0 {
				cut := min(shrink, max(w-6, 0))
				shrink -= cut
				w -= cut
			}
		case c.kind == colInfo:
			w = 0
		case w > 0 && c.Width > 0:
			w = c.Width
		}
		out.set[i].w = w
	}
	// What does not fit goes, from the right: fields that leave Info no room, then all
	// that would leave the window. The length goes before fields, if that is enough:
	// nobody asked for it as they did for those.
	spare := 0
	length := slices.IndexFunc(p.set, func(c listColumn) bool { return c.kind == colLen && c.Width == 0 })
	if length >= 0 && extra > 0 && out.set[length].w > 0 {
		spare = out.set[length].w + p.gap(length, &gaps)
	}
	least := width - leastInfo*p.info()
	for i := len(p.set) - 1; i > 0 && p.used(out.set, gaps)-spare > least; i-- {
		if p.set[i].kind == colField {
			out.set[i].w = 0
		}
	}
	if spare > 0 && p.used(out.set, gaps) > least {
		out.set[length].w = 0
	}
	for i := len(p.set) - 1; i >= 0 && p.used(out.set, gaps) > width; i-- {
		if p.set[i].kind != colInfo {
			out.set[i].w = 0
		}
	}
	rest := width - p.used(out.set, gaps)
	for i, c := range p.set {
		// What was cut gets back what Info can spare.
		if c.kind == colField && out.set[i].w > 0 && c.Width == 0 {
			more := min(c.width-out.set[i].w, max(rest-sparedInfo*p.info(), 0))
			out.set[i].w += more
			rest -= more
		}
	}
	x := marginWidth
	for i, c := range p.set {
		if c.kind == colInfo {
			out.set[i].w = max(rest, 0)
			if c.Width > 0 {
				out.set[i].w = min(c.Width, max(rest, 0))
			}
		}
		if out.set[i].w == 0 {
			continue
		}
		out.set[i].x = x
		x += out.set[i].w + p.gap(i, &gaps)
	}
	return out
}

// info is 1 if the list has the Info column, which needs room.
func (p *listPane) info() int {
	for _, c := range p.set {
		if c.kind == colInfo {
			return 1
		}
	}
	return 0
}

// used is how many cells margin, columns and the gaps between them take, but Info.
func (p *listPane) used(set []place, gaps [colField + 1]int) int {
	n := marginWidth
	for i, c := range p.set {
		if set[i].w > 0 || c.kind == colInfo {
			n += set[i].w + p.gap(i, &gaps)
		}
	}
	if len(p.set) > 0 {
		n -= p.gap(len(p.set)-1, &gaps)
	}
	return n
}

// gap is how many blanks stand behind a column. The time may stand close behind the
// number: both end at the right.
func (p *listPane) gap(i int, gaps *[colField + 1]int) int {
	if kind := p.set[i].kind; kind != colNo || i+1 < len(p.set) && p.set[i+1].kind == colTime {
		return gaps[kind]
	}
	return 2
}

// gaps are the blanks behind each kind of column.
func (c *columns) gaps() (gaps [colField + 1]int) {
	for k := range gaps {
		gaps[k] = 2
	}
	before := -1
	for k := range columnCount {
		if c.at[k].w == 0 {
			continue
		}
		if before >= 0 {
			gaps[before] = c.at[k].x - c.at[before].x - c.at[before].w
		}
		before = int(k)
	}
	return gaps
}

// column finds the column under cell x; the nearest one left of it.
func (c *placed) column(x int) int {
	best := 0
	for i, p := range c.set {
		if p.w > 0 && p.x <= x {
			best = i
		}
	}
	return best
}

// next is the column beside i that is shown, in direction d.
func (c *placed) next(i, d int) int {
	for j := i + d; j >= 0 && j < len(c.set); j += d {
		if c.set[j].w > 0 {
			return j
		}
	}
	return i
}

// heading gives the head of a column: that of the configuration, shorter ones of
// those that are known where the window is narrow.
func (c *placed) head(lc *listColumn, t timeFormat) string {
	if lc.kind != colField && lc.Title == config.DefaultColumns()[lc.kind].Title {
		return c.heading(lc.kind, t)
	}
	return lc.Title
}

// fieldTexts gathers the values of fields in a tree, those of one packet joined by
// commas, as tshark's custom columns show them.
func fieldTexts(t *dissect.Tree, fields []string) []string {
	out := make([]string, len(fields))
	for n := range t.All() {
		if n.Field == nil {
			continue
		}
		for i, name := range fields {
			if n.Field.Abbrev != name {
				continue
			}
			v := columnValue(n)
			if len(out[i]) > maxCell {
				continue
			}
			if out[i] != "" {
				out[i] += ","
			}
			out[i] += v
		}
	}
	return out
}

// maxCell bounds the text of a cell, bytes: no window shows more.
const maxCell = 1024

// columnValue is the text of a value in a column: its name where values have names,
// and a mark for what has no value.
func columnValue(n *dissect.Node) string {
	f := n.Field
	switch f.Type {
	case dissect.TNone, dissect.TProtocol:
		return "✓"
	}
	if f.Names != nil && f.Base != dissect.Custom && f.Base != dissect.Special {
		if name := f.Names(n.Uint()); name != "" {
			return text.Printable(name)
		}
	}
	v := n.Value()
	if len(v) > maxCell {
		v = strings.ToValidUTF8(v[:maxCell], "")
	}
	return text.Printable(strings.Clone(v))
}
