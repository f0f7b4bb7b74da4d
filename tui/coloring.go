package tui

import (
	"tcplens/dissect/filter"
	"tcplens/internal/config"
	"tcplens/internal/packet"
)

// coloring are the colouring rules in force. Rows that are drawn are looked at, and
// no others.
type coloring struct {
	on      bool
	rules   []config.Rule    // those that are not off
	filters []*filter.Filter // theirs; nil where it is wrong
}

// newColoring takes the rules of the configuration. A filter that is wrong was told
// when the configuration was read.
func (m *Model) newColoring() coloring {
	c := coloring{on: m.opt.Config.Coloring}
	known := config.RuleFields(m.lookup)
	for _, r := range m.opt.Config.Rules {
		if r.Off {
			continue
		}
		f, err := filter.Parse(r.Filter, known)
		if err != nil {
			f = nil
		}
		c.rules, c.filters = append(c.rules, r), append(c.filters, f)
	}
	return c
}

// styles are those of the rules, in their order.
func (c *coloring) styles() []config.Style {
	out := make([]config.Style, len(c.rules))
	for i, r := range c.rules {
		out[i] = r.Style
	}
	return out
}

// paint gives a row its colour and its glyph.
func (c *coloring) paint(g *glyphs, t *rowText) (st, fill style, glyph string) {
	if !c.on {
		return sText, sText, ""
	}
	if t.rule < 0 || t.rule >= len(c.rules) {
		return t.style, sText, ""
	}
	r := &c.rules[t.rule]
	glyph = r.Glyph
	if g.ascii {
		glyph = r.ASCII
	}
	st, fill = t.style, sText
	if r.Style != (config.Style{}) {
		st = ruleStyle(t.rule)
	}
	if r.Style.Bg != 0 || r.Style.Reverse {
		fill = st
	}
	return st, fill, glyph
}

// ruleStyle is the style of a rule, behind those that have names.
func ruleStyle(i int) style { return styleCount + style(i) }

// ruleOf names the rule that colours a packet; empty if none does.
func (m *Model) ruleOf(n packet.Number) string {
	t := m.src.text(n)
	if t.rule < 0 || t.rule >= len(m.colors.rules) {
		return ""
	}
	r := &m.colors.rules[t.rule]
	return r.Name + ": " + r.Filter
}

// turnColors colours the rows by the rules, or not.
func (m *Model) turnColors() {
	m.colors.on = !m.colors.on
	if m.colors.on {
		m.say("rows are coloured by rules", false)
	} else {
		m.say("rows are not coloured", false)
	}
}
