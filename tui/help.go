package tui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// helpSection is a part of the help: a heading and the bindings under it.
type helpSection struct {
	title string
	rows  []binding
}

// sections groups the key map by where keys work. What works in most places
// stands once, at the end.
func (k *keyMap) sections() []helpSection {
	named := []struct {
		title string
		in    where
	}{
		{"Packet list", inList}, {"Detail tree", inDetail}, {"Bytes", inHex}, {"Flows", inFlows}, {"Requests", inRequests}, {"Problems", inProblems},
		{"Interfaces", inPicker}, {"Follow", inFollow}, {"Flow graph", inGraph},
	}
	var out []helpSection
	packets := helpSection{title: "Packets: list, detail tree and bytes"}
	common := helpSection{title: "Everywhere"}
	own := make([]helpSection, len(named))
	for i, n := range named {
		own[i].title = n.title
	}
	for _, b := range k.all {
		switch {
		case b.in&everywhere == everywhere, b.in&everywhere == everywhere&^inPicker:
			common.rows = append(common.rows, b)
		case b.in&inPackets == inPackets:
			packets.rows = append(packets.rows, b)
			for i, n := range named[3:] {
				if b.in&n.in != 0 {
					own[i+3].rows = append(own[i+3].rows, b)
				}
			}
		default:
			for i, n := range named {
				if b.in&n.in != 0 {
					own[i].rows = append(own[i].rows, b)
				}
			}
		}
	}
	out = append(out, packets)
	for _, s := range own {
		if len(s.rows) > 0 {
			out = append(out, s)
		}
	}
	return append(out, common)
}

// helpFor gives the sections: those that matter here, what works everywhere, the rest.
func (m *Model) helpFor() []helpSection {
	here := map[viewID][]string{
		viewPackets: {"Packets: list, detail tree and bytes", "Packet list", "Detail tree", "Bytes"},
		viewFlows:   {"Flows"}, viewRequests: {"Requests"}, viewProblems: {"Problems"}, viewPicker: {"Interfaces"}, viewFollow: {"Follow"}, viewGraph: {"Flow graph"},
	}[m.view]
	all := m.keys.sections()
	rank := func(s helpSection) int {
		switch {
		case slices.Contains(here, s.title):
			return 0
		case s.title == "Everywhere":
			return 1
		}
		return 2
	}
	slices.SortStableFunc(all, func(a, b helpSection) int { return cmp.Compare(rank(a), rank(b)) })
	return all
}

// helpLines writes the help for a width.
func (m *Model) helpLines(w int) []string {
	l := &m.l
	var out []string
	for i, s := range m.helpFor() {
		if i > 0 {
			l.reset(w, gPlain)
			out = append(out, l.end())
		}
		out = append(out, titleLine(l, w, s.title, false))
		for _, b := range s.rows {
			parts := wrap(m.g.text(b.long), w-17)
			for j, part := range parts {
				l.reset(w, gPlain)
				l.space(2)
				if j == 0 {
					l.fit(sKey, b.labels(), 13)
				}
				l.to(16)
				l.put(sText, part)
				out = append(out, l.end())
			}
		}
	}
	return out
}

func (m *Model) drawHelp(r rect) []string {
	lines := m.helpLines(r.w)
	m.helpTop = min(max(m.helpTop, 0), max(len(lines)-r.h, 0))
	m.helpAt = strconv.Itoa(min(m.helpTop+r.h, len(lines))) + "/" + strconv.Itoa(len(lines))
	return pad(&m.l, lines[m.helpTop:min(m.helpTop+r.h, len(lines))], r)
}

// doHelp scrolls the help or leaves it.
func (m *Model) doHelp(a action) tea.Cmd {
	switch a {
	case actBack, actLeave, actHelp:
		m.help = false
	case actQuit:
		return m.askQuit()
	case actSuspend:
		return tea.Suspend
	default:
		if d, ok := steps(a, m.arrange().body.h, 1<<20); ok {
			m.helpTop += d
			m.helpTop = max(m.helpTop, 0)
		}
	}
	return nil
}

// KeysDocument writes docs/keys.md from the key map.
func KeysDocument() string {
	var b strings.Builder
	b.WriteString("# Keys\n\nMade from the key map of the program (`tui/keys.go`): `go test ./tui -run KeysDocument -update` writes it anew.\n" +
		"In the program, `?` shows the same. Names are for the command line: `:follow`.\n")
	for _, s := range newKeyMap(nil).sections() {
		b.WriteString("\n## " + s.title + "\n\n| keys | name | what they do |\n|---|---|---|\n")
		for _, r := range s.rows {
			var keys []string
			for _, k := range r.keys {
				keys = append(keys, "`"+strings.ReplaceAll(keyLabel(k), "|", `\|`)+"`")
			}
			b.WriteString("| " + strings.Join(keys, " ") + " | " + r.name + " | " + r.long + " |\n")
		}
	}
	b.WriteString("\nWith the mouse: a click selects, the wheel scrolls, a double click is Enter.\n")
	return b.String()
}
