package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// menu is a panel at the bottom of the screen: a question with answers, or a text.
type menu struct {
	title string
	text  []string // lines above the answers
	items []menuItem
	cur   int
	hint  string                                            // the last line: keys of its own
	own   func(m *Model, key string) (cmd tea.Cmd, ok bool) // handles them; nil: there are none
}

// menuItem is one answer: a key, its text, and what it does.
type menuItem struct {
	key  string
	text string
	do   func(m *Model) tea.Cmd
}

// key answers with a key. done says that the menu is over.
func (u *menu) key(m *Model, msg tea.KeyPressMsg) (cmd tea.Cmd, done bool) {
	if u.own != nil {
		if cmd, ok := u.own(m, msg.String()); ok {
			return cmd, false
		}
	}
	switch s := msg.String(); s {
	case "esc", "q", "ctrl+c":
		return nil, true
	case "j", "down", "tab":
		if len(u.items) > 0 {
			u.cur = (u.cur + 1) % len(u.items)
		}
	case "k", "up", "shift+tab":
		if len(u.items) > 0 {
			u.cur = (u.cur + len(u.items) - 1) % len(u.items)
		}
	case "enter":
		if u.cur < len(u.items) {
			return u.items[u.cur].do(m), true
		}
		return nil, true
	default:
		for _, it := range u.items {
			if it.key == s {
				return it.do(m), true
			}
		}
		if len(u.items) == 0 {
			return nil, true
		}
	}
	return nil, false
}

// window gives the answers that are drawn in n lines: the chosen one is among them.
func (u *menu) window(n int) (from, to int) {
	n = max(n, 1)
	from = min(max(u.cur-n/2, 0), max(len(u.items)-n, 0))
	return from, min(from+n, len(u.items))
}

// view draws the menu in at most h lines of width w.
func (u *menu) view(l *line, w, h int) []string {
	title := u.title
	if len(u.items) == 0 {
		title += " (any key closes)"
	}
	out := []string{titleLine(l, w, title, true)}
	for _, s := range u.text {
		for _, part := range wrap(l.g.text(s), w-3) {
			l.reset(w, gPlain)
			l.space(2)
			l.put(sText, part)
			out = append(out, l.end())
		}
	}
	hint := wrapHint(l.g.text(u.hint), w-3)
	from, to := u.window(h - len(out) - len(hint))
	for i := from; i < to; i++ {
		it := u.items[i]
		l.reset(w, gPlain)
		if i == u.cur {
			l.on = gSelected
		}
		l.space(2)
		l.put(sKey, it.key)
		l.space(2)
		l.put(sText, it.text)
		out = append(out, l.end())
	}
	for _, part := range hint {
		l.reset(w, gBar)
		l.space(2)
		l.put(sHint, part)
		out = append(out, l.end())
	}
	if len(out) > h {
		out = out[:max(h, 0)]
	}
	return out
}

// wrapHint breaks keys and what they do into lines of at most w cells, but never
// between a key and its words: three blanks part one key from the next.
func wrapHint(s string, w int) []string {
	var out []string
	for _, part := range strings.Split(s, "   ") {
		if n := len(out); n > 0 && cells(out[n-1])+3+cells(part) <= w {
			out[n-1] += "   " + part
		} else if part != "" {
			out = append(out, wrap(part, w)...)
		}
	}
	return out
}

// wrap breaks a text into lines of at most w cells, between words where it can.
func wrap(s string, w int) []string {
	w = max(w, 8)
	var out []string
	for cells(s) > w {
		cut := -1
		for i, r := range s {
			if cells(s[:i]) > w {
				break
			}
			if r == ' ' {
				cut = i
			}
		}
		if cut <= 0 {
			cut = max(len(head(s, w)), 1)
			out = append(out, s[:cut])
			s = s[cut:]
			continue
		}
		out = append(out, s[:cut])
		s = s[cut+1:]
	}
	return append(out, s)
}
