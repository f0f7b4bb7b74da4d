package tui

import (
	tea "charm.land/bubbletea/v2"

	"tcplens/dissect"
	"tcplens/dissect/filter"
)

// promptKind says what is being typed.
type promptKind uint8

const (
	noPrompt promptKind = iota
	promptFilter
	promptFind
	promptCommand
	promptCapture // the capture filter
	promptWrite   // a file name
	promptColumn  // a field that becomes a column
	promptSearch  // text in follow or the flow graph
	promptPipe    // a command of the shell
	promptKinds
)

// prompt is a line of text that is being typed.
type prompt struct {
	kind promptKind
	text []rune
	at   int // cursor, in characters

	state    filter.State // of a display filter
	message  string       // what is wrong with the text, or odd
	caret    string       // marks under the place
	hints    []hint
	choice   int            // 1 for the first hint when it was taken, and so on; 0 when none was
	from, to int            // bytes of the text that a hint takes the place of
	better   string         // what is suggested for them, when something is wrong
	about    string         // what the word at the cursor is
	wants    *dissect.Field // the field that a value is typed for; nil if none

	past   [promptKinds][]string // what was entered before
	most   int                   // how many display filters are kept
	recall int                   // how far back the user has gone
	draft  string                // what was typed before going back
}

// open begins to type.
func (p *prompt) open(k promptKind, text string) {
	p.kind, p.text = k, []rune(text)
	p.at, p.recall, p.draft = len(p.text), 0, ""
	p.forget()
}

func (p *prompt) close() { p.kind = noPrompt }

// width is how many cells the text takes.
func (p *prompt) width() int { return cells(p.value()) }

func (p *prompt) value() string { return string(p.text) }

// keep remembers what was entered.
func (p *prompt) keep(s string) {
	h := p.past[p.kind]
	if s == "" || len(h) > 0 && h[len(h)-1] == s {
		return
	}
	most := 100
	if p.kind == promptFilter {
		most = p.most
	}
	if most == 0 {
		return
	}
	if len(h) >= most {
		h = append(h[:0:0], h[len(h)-most+1:]...)
	}
	p.past[p.kind] = append(h, s)
}

// maxPrompt bounds what can be typed or pasted.
const maxPrompt = 4096

func (p *prompt) insert(s string) {
	for _, r := range s {
		if r < 0x20 || r == 0x7f || len(p.text) >= maxPrompt {
			continue
		}
		p.text = append(p.text[:p.at], append([]rune{r}, p.text[p.at:]...)...)
		p.at++
	}
}

func (p *prompt) set(s string) {
	p.text = []rune(s)
	p.at = len(p.text)
}

// back goes n steps through what was entered before.
func (p *prompt) back(n int) {
	h := p.past[p.kind]
	to := min(max(p.recall+n, 0), len(h))
	if to == p.recall {
		return
	}
	if p.recall == 0 {
		p.draft = p.value()
	}
	p.recall = to
	if to == 0 {
		p.set(p.draft)
		return
	}
	p.set(h[len(h)-to])
}

// edit handles the keys of a line editor and says whether the text has changed.
func (p *prompt) edit(msg tea.KeyPressMsg) bool {
	switch msg.String() {
	case "left", "ctrl+b":
		p.at = max(p.at-1, 0)
	case "right":
		p.at = min(p.at+1, len(p.text))
	case "home", "ctrl+a":
		p.at = 0
	case "end", "ctrl+e":
		p.at = len(p.text)
	case "backspace", "ctrl+h":
		if p.at > 0 {
			p.text = append(p.text[:p.at-1], p.text[p.at:]...)
			p.at--
			return true
		}
	case "delete":
		if p.at < len(p.text) {
			p.text = append(p.text[:p.at], p.text[p.at+1:]...)
			return true
		}
	case "ctrl+u":
		p.text, p.at = p.text[p.at:], 0
		return true
	case "ctrl+k":
		p.text = p.text[:p.at]
		return true
	case "ctrl+w":
		to := p.at
		for to > 0 && p.text[to-1] == ' ' {
			to--
		}
		for to > 0 && p.text[to-1] != ' ' {
			to--
		}
		p.text = append(p.text[:to], p.text[p.at:]...)
		p.at = to
		return true
	case "up", "ctrl+p":
		p.back(1)
		return true
	case "down", "ctrl+n":
		p.back(-1)
		return true
	default:
		if msg.Text != "" {
			p.insert(msg.Text)
			return true
		}
	}
	return false
}
