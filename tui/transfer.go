package tui

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sort"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tcplens/flowgraph"
	"tcplens/internal/follow"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// writeWhich says what w writes.
type writeWhich uint8

const (
	writeAll writeWhich = iota
	writeShown
	writeMarked
	writeConversation
	writeFollow
	writeGraph
)

// writing is what the prompt for a file name is about.
type writing struct {
	which  writeWhich
	what   string
	side   int
	form   follow.Format
	format flowgraph.Format
	quit   bool // quit afterwards
}

// writeMenu asks what to write.
func (m *Model) writeMenu() {
	u := &menu{title: "Write to a file"}
	add := func(key, text string, w writing) {
		u.items = append(u.items, menuItem{key, text, func(m *Model) tea.Cmd {
			m.writing = w
			m.prompt.open(promptWrite, "")
			return nil
		}})
	}
	switch m.view {
	case viewFollow:
		for _, f := range []struct {
			key, what string
			form      follow.Format
			side      int
		}{
			{"m", "messages, unpacked and laid out", follow.FormatMessages, follow.Both},
			{"t", "both sides as text", follow.FormatText, follow.Both},
			{"h", "both sides as hex", follow.FormatHex, follow.Both},
			{"c", "both sides as arrays of C", follow.FormatC, follow.Both},
			{"r", "both sides as hexadecimal digits", follow.FormatRaw, follow.Both},
			{"0", "the bytes that side 0 sent, nothing else", follow.FormatRaw, 0},
			{"1", "the bytes that side 1 sent, nothing else", follow.FormatRaw, 1},
		} {
			add(f.key, f.what, writing{which: writeFollow, what: f.what, form: f.form, side: f.side})
		}
	case viewGraph:
		for i, key := range []string{"t", "a", "m", "r", "s", "j"} {
			f := flowgraph.Format(i)
			add(key, "flow graph as "+f.String(), writing{which: writeGraph, what: "flow graph as " + f.String(), format: f})
		}
	default:
		if m.opt.Hooks.Write == nil {
			m.say("packets of this source cannot be written", false)
			return
		}
		add("a", "all packets: "+number(uint64(m.src.len())), writing{which: writeAll, what: "all packets"})
		if m.list.filtered {
			add("s", "those shown: "+number(uint64(m.list.count(&m.src))), writing{which: writeShown, what: "packets shown"})
		}
		if n := len(m.list.marks); n > 0 {
			add("m", "those marked: "+strconv.Itoa(n), writing{which: writeMarked, what: "marked packets"})
		}
		if kind, stream, ok := m.conversation(); ok {
			name := kind.String() + ".stream " + strconv.FormatUint(uint64(stream), 10)
			add("c", "this conversation: "+name, writing{which: writeConversation, what: name})
		}
	}
	m.menu = u
}

// writePrompt asks for the file's name.
func (m *Model) writePrompt(which writeWhich, quit bool) tea.Cmd {
	m.menu = nil
	m.writing = writing{which: which, what: "all packets", quit: quit}
	m.prompt.open(promptWrite, "")
	return nil
}

// write begins to write what was chosen to a file; one that exists is replaced
// after a question only.
func (m *Model) write(path string) tea.Cmd {
	w := m.writing
	job, err := m.writeJob(w, path)
	if err != nil {
		m.say(err.Error(), true)
		return nil
	}
	var after func(*Model) tea.Cmd
	if w.quit {
		after = func(*Model) tea.Cmd { return tea.Quit }
	}
	run := func(m *Model) tea.Cmd { return m.ask(job, after) }
	m.busy++
	return func() tea.Msg {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return doneMsg{then: run}
		}
		return doneMsg{then: func(m *Model) tea.Cmd {
			m.menu = &menu{
				title: "Write",
				text:  []string{path + " exists."},
				items: []menuItem{
					{"n", "leave it as it is", func(*Model) tea.Cmd { return nil }},
					{"y", "replace it", run},
				},
			}
			return nil
		}}
	}
}

// writeJob gives what is to be done to write; it runs in a command.
func (m *Model) writeJob(w writing, path string) (func(context.Context) (string, error), error) {
	tr := m.src.tr
	kind, stream, ok := m.conversation()
	switch w.which {
	case writeFollow:
		return func(ctx context.Context) (string, error) {
			if w.form == follow.FormatMessages {
				return writeMessages(ctx, tr, kind, stream, path)
			}
			s, err := follow.Open(tr, kind, stream)
			if err != nil {
				return "", err
			}
			return path + " is written", toFile(path, func(f io.Writer) error { return s.Write(f, w.form, w.side) })
		}, nil
	case writeGraph:
		o, list := m.graph.options(m.g.ascii), m.graph.list
		return func(context.Context) (string, error) {
			g, err := flowgraph.OpenMany(tr, list)
			if err != nil {
				return "", err
			}
			return path + " is written", toFile(path, func(f io.Writer) error { return flowgraph.Write(f, g, w.format, o) })
		}, nil
	}
	save := m.opt.Hooks.Write
	if save == nil {
		return nil, errors.New("packets of this source cannot be written")
	}
	numbers := func() []packet.Number { return nil }
	switch w.which {
	case writeShown:
		shown := append([]packet.Number(nil), m.list.shown...)
		numbers = func() []packet.Number { return shown }
	case writeMarked:
		var marked []packet.Number
		for n := range m.list.marks {
			marked = append(marked, n)
		}
		sort.Slice(marked, func(i, j int) bool { return marked[i] < marked[j] })
		numbers = func() []packet.Number { return marked }
	case writeConversation:
		if !ok {
			return nil, errors.New("this packet belongs to no conversation")
		}
		numbers = func() []packet.Number { return conversationPackets(tr, kind, stream) }
	}
	return func(ctx context.Context) (string, error) {
		ns := numbers()
		if ns == nil && w.which != writeAll || ns != nil && len(ns) == 0 {
			return "", errors.New("there is no packet to write")
		}
		n, err := save(ctx, path, ns)
		if err != nil {
			return "", err
		}
		return count(uint64(n), "packet") + " written to " + path, nil
	}, nil
}

// writeMessages writes the messages of a conversation to a file.
func writeMessages(ctx context.Context, tr *trace.Trace, kind trace.Kind, stream uint32, path string) (string, error) {
	m, err := follow.OpenMessages(tr, kind, stream)
	if err != nil {
		return "", err
	}
	m.Update(ctx)
	return path + " is written", toFile(path, func(f io.Writer) error { return m.WriteMessages(f, follow.Both) })
}

func conversationPackets(tr *trace.Trace, k trace.Kind, stream uint32) []packet.Number {
	return tr.Packets(k, stream)
}

// toFile writes a file, and tells of errors on closing too.
func toFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", path, err)
	}
	return f.Close()
}

// mostCopied bounds what goes into the clipboard: terminals refuse more.
const mostCopied = 512 << 10

// copyOut sends text to the terminal's clipboard (OSC 52), so that it works over
// ssh too.
func (m *Model) copyOut(what, s string) tea.Cmd {
	if s == "" {
		m.say("there is nothing to copy here", false)
		return nil
	}
	if len(s) > mostCopied {
		s = s[:mostCopied]
		what += ", its first " + size(mostCopied)
	}
	m.say("copied: "+what, false)
	return tea.SetClipboard(s)
}

// copyMenu asks what to copy.
func (m *Model) copyMenu() {
	u := &menu{title: "Copy"}
	add := func(key, what, text string) {
		if text == "" {
			return
		}
		show := what
		if !strings.Contains(text, "\n") {
			show += ": " + text
		}
		u.items = append(u.items, menuItem{key, show, func(m *Model) tea.Cmd { return m.copyOut(what, text) }})
	}
	switch m.view {
	case viewFollow:
		if x := m.conv.index; x != nil {
			if l := x.get(m.conv.cur, 1); len(l) == 1 {
				add("l", "line", l[0].text)
			}
			if x, ok := x.(*messageIndex); ok {
				add("c", "the request as a command", x.curl(m.conv.cur))
			}
			add("s", "what is on the screen", joinFollow(x.get(m.conv.top, m.conv.rows)))
		}
	case viewGraph:
		if v := m.graph.sight; v != nil {
			add("l", "line", strings.TrimRight(v.Line(m.graph.cur).Text, " "))
			var b strings.Builder
			for _, l := range v.Head() {
				b.WriteString(strings.TrimRight(l.Text, " ") + "\n")
			}
			for i := 0; i < v.Len() && b.Len() < mostCopied; i++ {
				b.WriteString(strings.TrimRight(v.Line(i).Text, " ") + "\n")
			}
			add("g", "the flow graph", b.String())
		}
	case viewProblems:
		if g := m.problems.selected(); g != nil {
			title, lines := m.problems.about(m)
			add("l", "what is said", strings.Join(append([]string{title}, lines...), "\n"))
			add("f", "filter", m.problemFilter(g))
			add("r", "row", m.rowLine(m.problems.packetOf()))
		}
	case viewRequests:
		if r := m.requests.selected(); r != nil {
			add("f", "filter", requestFilter(r))
			add("t", "target", r.Target)
			add("s", "status", r.Status)
		}
	case viewFlows:
		if c := m.flows.selected(); c != nil {
			add("f", "filter", c.Kind.String()+".stream == "+strconv.FormatUint(uint64(c.Stream), 10))
			add("a", "first end", c.Flow.Src.String())
			add("b", "second end", c.Flow.Dst.String())
		}
	default:
		if n := m.tree.node(); n != nil && m.tree.of == m.list.cur {
			add("v", "value", n.value)
			add("l", "line", n.label)
			add("f", "filter", m.cellFilter())
			if n.source < len(m.tree.bytes) && n.len > 0 {
				b := m.tree.bytes[n.source].bytes
				b = b[min(n.off, len(b)):min(n.off+n.len, len(b))]
				add("b", "bytes of the field", hex.EncodeToString(b[:min(len(b), mostCopied/2)]))
			}
			add("d", "hex dump of the packet", hexDump(m.tree.bytes))
		}
		add("r", "row", m.rowLine(m.list.cur))
	}
	if len(u.items) == 0 {
		m.say("there is nothing to copy here", false)
		return
	}
	m.menu = u
}

func joinFollow(lines []followLine) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.text + "\n")
	}
	return b.String()
}

// rowLine writes a row of the list as text.
func (m *Model) rowLine(n packet.Number) string {
	row := m.src.row(n)
	if row == nil {
		return ""
	}
	t := m.src.text(n)
	return strings.Join([]string{strconv.FormatUint(uint64(n), 10), seconds(row.Time.Sub(m.src.status.First), 6), t.src, t.dst, t.proto,
		strconv.FormatUint(uint64(row.Len), 10), t.info}, "  ")
}

func hexDump(src []byteSource) string {
	if len(src) == 0 {
		return ""
	}
	b := src[0].bytes
	var out bytes.Buffer
	d := hex.Dumper(&out)
	d.Write(b[:min(len(b), mostCopied/8)])
	d.Close()
	return out.String()
}
