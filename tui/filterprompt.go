package tui

import (
	"slices"
	"sort"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tcplens/dissect/filter"
	"tcplens/internal/config"
)

// hint is a line below a prompt: something that may be written there.
type hint struct {
	text  string // what stands in the place of the word when it is taken
	shown string // what the line shows of it; empty: the text
	desc  string
	quiet bool // it occurs nowhere in the capture, as far as was looked
}

// name is what the line shows.
func (h *hint) name() string {
	if h.shown != "" {
		return h.shown
	}
	return h.text
}

// mostHints bounds how many hints a prompt has. The screen shows a few of them.
const mostHints = 60

// openFilter begins to type a display filter.
func (m *Model) openFilter(expr string) tea.Cmd {
	m.prompt.open(promptFilter, expr)
	m.prompt.checkFilter(m)
	return m.lookAtFields()
}

// checkFilter looks at a display filter while it is typed: how it stands, and what
// may follow.
func (p *prompt) checkFilter(m *Model) {
	p.forget()
	s := p.value()
	if strings.TrimSpace(s) == "" {
		p.from, p.to = 0, len(s)
		p.hints = m.filterHints()
		return
	}
	at := len(string(p.text[:p.at]))
	c := m.names.Candidates(s, at, 8*mostHints)
	p.from, p.to = c.Start, c.End
	word := s[c.Start:at]
	p.hints = m.rank(c.Candidates, word)
	if c.Value != nil {
		p.hints = append(m.valueHints(c.Value, word), p.hints...)
		p.wants = c.Value
	}
	p.hints = distinct(p.hints)
	p.hints = p.hints[:min(len(p.hints), mostHints)]
	if whole := s[c.Start:c.End]; len(p.hints) == 0 && m.names.Describe(whole) != "" {
		p.about = m.names.Describe(whole)
	}
	v := filter.Check(s, m.lookup)
	p.state = v.State
	switch {
	case v.State == filter.Invalid && v.Unended:
		p.state = filter.Empty // nothing is wrong with it so far
	case v.State == filter.Invalid && len(p.hints) > 0 && v.Pos == c.Start && v.Len == c.End-c.Start:
		p.state = filter.Empty // the word is still being typed
	case v.State != filter.Valid:
		p.complain(&v, s)
	}
}

// forget takes away all that was said of the text.
func (p *prompt) forget() {
	p.state, p.message, p.caret, p.hints, p.about, p.choice = filter.Empty, "", "", nil, "", 0
	p.from, p.to, p.wants, p.better = 0, 0, nil, ""
}

// complain shows what is wrong with a filter or odd about it, with marks under the place.
func (p *prompt) complain(v *filter.Verdict, s string) {
	p.state, p.message = v.State, v.Msg
	if v.Suggest != "" && v.Pos+v.Len <= len(s) {
		p.message += ": did you mean " + v.Suggest + "? Tab takes it"
		p.from, p.to, p.better = v.Pos, v.Pos+v.Len, v.Suggest
	}
	if v.State == filter.Invalid {
		p.hints = nil
	}
	p.caret = ""
	if !v.Capture {
		c := v.Caret(s)
		p.caret = c[strings.LastIndexByte(c, '\n')+1:]
	}
}

// filterHints are what is offered before anything is typed: filters with a name,
// and those that were used last.
func (m *Model) filterHints() []hint {
	var out []hint
	for _, f := range m.namedFilters() {
		out = append(out, hint{text: f.Filter, shown: f.Name, desc: f.Filter})
	}
	past := m.prompt.past[promptFilter]
	for i := len(past) - 1; i >= 0 && len(out) < mostHints; i-- {
		if past[i] != m.filter {
			out = append(out, hint{text: past[i]})
		}
	}
	return distinct(out)
}

// namedFilters are the display filters that the user has given a name.
func (m *Model) namedFilters() []config.Named { return m.named }

// rank makes hints of the candidates: names that begin as the word does before
// those that have it within, and of each kind those first that the capture has.
func (m *Model) rank(cs []filter.Candidate, word string) []hint {
	low := strings.ToLower(word)
	known := len(m.seen.fields) > 0
	type ranked struct {
		hint
		rank int
	}
	list := make([]ranked, 0, len(cs))
	for _, c := range cs {
		desc := c.Desc
		if c.Type != "" && c.Kind != filter.CandidateValue {
			desc += " (" + c.Type + ")"
		}
		h := ranked{hint: hint{text: c.Text, desc: desc}}
		switch c.Kind {
		case filter.CandidateValue:
			h.desc = c.Type
			if c.Desc != "" && c.Desc != strings.Trim(c.Text, `"`) {
				h.desc = c.Desc + " (" + c.Type + ")"
			}
		case filter.CandidateField, filter.CandidateProtocol:
			if !strings.HasPrefix(c.Text, low) {
				h.rank = 2
			}
			if known && !m.seen.fields[c.Text] {
				h.rank, h.quiet = h.rank+1, true
			}
		}
		list = append(list, h)
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].rank < list[j].rank })
	out := make([]hint, len(list))
	for i := range list {
		out[i] = list[i].hint
	}
	return out
}

// distinct takes away hints that were there before.
func distinct(hints []hint) []hint {
	have := make(map[string]bool, len(hints))
	return slices.DeleteFunc(hints, func(h hint) bool {
		if have[h.text] {
			return true
		}
		have[h.text] = true
		return false
	})
}

// complete takes the hint that is offered for the word at the cursor, or what all
// hints have in common; d is 1 for the next hint, −1 for the one before. Without
// hints it takes what was suggested in the place of something wrong.
func (p *prompt) complete(d int) bool {
	s := p.value()
	if p.better != "" && len(p.hints) == 0 {
		p.replace(s, p.better)
		return true
	}
	n := len(p.hints)
	if n == 0 {
		return false
	}
	if p.choice == 0 && d > 0 && p.wants == nil {
		word := p.hints[0].text
		for _, h := range p.hints[1:] {
			for !strings.HasPrefix(h.text, word) {
				word = word[:len(word)-1]
			}
		}
		if len(word) > p.to-p.from && n > 1 && strings.HasPrefix(word, s[p.from:p.to]) {
			p.replace(s, word)
			return true
		}
	}
	switch {
	case p.choice == 0 && d < 0:
		p.choice = n
	case p.choice == 0:
		p.choice = 1
	default:
		p.choice = (p.choice-1+d+n)%n + 1
	}
	p.replace(s, p.hints[p.choice-1].text)
	return true
}

// replace puts a text in the place of the word that hints are for.
func (p *prompt) replace(s, word string) {
	p.text = []rune(s[:p.from] + word + s[p.to:])
	p.at = len([]rune(s[:p.from] + word))
	p.to = p.from + len(word)
}
