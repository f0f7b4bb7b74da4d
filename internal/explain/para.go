package explain

import (
	"strconv"
	"strings"

	"tcplens/internal/packet"
	"tcplens/internal/text"
)

// Para is a paragraph, in pieces of one kind each.
type Para []Run

// Run is a piece of a paragraph.
type Run struct {
	Text   string // printable; U+00A0 for a blank at which no line should be broken
	Kind   RunKind
	Packet packet.Number // of a ToPacket
}

// RunKind says what a piece of a paragraph is.
type RunKind uint8

// The kinds of pieces.
const (
	Plain    RunKind = iota
	Value            // a number of this packet: "64 bytes"
	ToPacket         // another packet: "#4"
	Key              // what can be typed: a key, a filter, a command
)

// noBreak stands in values for a blank at which no line is broken: "64 bytes".
const noBreak = "\u00a0"

// String gives the paragraph without its marks.
func (p Para) String() string { return strings.ReplaceAll(p.joined(), noBreak, " ") }

func (p Para) joined() string {
	var b strings.Builder
	for _, r := range p {
		b.WriteString(r.Text)
	}
	return b.String()
}

// The marks that functions put around what they write. None of them is printable, so
// nothing else that is written can contain them.
const (
	markValue  = "\x0e"
	markPacket = "\x0f"
	markEnd    = "\x10"
)

// value marks a number of the packet.
func value(s string) string { return markValue + s + markEnd }

// paragraph takes apart what a template has written. Blanks are put together: texts
// are full of conditions, which leave some behind.
func paragraph(s string) (p Para) {
	s = spaced(strings.Join(strings.Fields(s), " "))
	add := func(k RunKind, s string) {
		if s = text.Printable(s); s != "" {
			if k == Value {
				s = strings.ReplaceAll(s, " ", noBreak)
			}
			p = append(p, Run{Text: s, Kind: k})
		}
	}
	for s != "" {
		i := strings.IndexAny(s, markValue+markPacket+"`")
		if i < 0 {
			add(Plain, s)
			break
		}
		add(Plain, s[:i])
		mark, end := s[i:i+1], markEnd
		if mark == "`" {
			end = "`"
		}
		body, rest, _ := strings.Cut(s[i+1:], end)
		s = rest
		switch mark {
		case "`":
			add(Key, body)
		case markValue:
			add(Value, body)
		default:
			add(ToPacket, body)
			n, _ := strconv.ParseUint(strings.TrimPrefix(body, "#"), 10, 32)
			p[len(p)-1].Packet = packet.Number(n)
		}
	}
	return p
}

// spaced puts a blank between Chinese characters and Latin ones or digits, where the
// pieces that a text was put together from left none.
func spaced(s string) string {
	var b strings.Builder
	marks := 0 // bytes of marks just written, before which the blank belongs
	before := rune(0)
	for _, r := range s {
		if strings.ContainsRune(markValue+markPacket+markEnd, r) {
			b.WriteRune(r)
			marks++
			continue
		}
		if han(before) && latin(r) || latin(before) && han(r) {
			t := b.String()
			b.Reset()
			b.WriteString(t[:len(t)-marks] + " " + t[len(t)-marks:])
		}
		b.WriteRune(r)
		before, marks = r, 0
	}
	return b.String()
}

// han says whether a character is a Chinese one, of those that modern texts use.
func han(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }

func latin(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '#'
}

// Packets lists the packets that a text names, in the order in which it does, each
// once and without the packet that it is about.
func (t *Text) Packets() (out []packet.Number) {
	seen := map[packet.Number]bool{t.Packet: !t.flow}
	for _, s := range t.Sections {
		for _, p := range append(append([]Para(nil), s.Paras...), s.Look...) {
			for _, r := range p {
				if r.Kind == ToPacket && !seen[r.Packet] {
					seen[r.Packet] = true
					out = append(out, r.Packet)
				}
			}
		}
	}
	return out
}

// Topics lists the texts that go on from a text, each once and without its own.
func (t *Text) Topics() (out []Topic) {
	seen := map[string]bool{}
	for _, s := range t.Sections {
		seen[s.Key] = true
	}
	for _, s := range t.Sections {
		for _, x := range s.See {
			if !seen[x.Key] {
				seen[x.Key] = true
				out = append(out, x)
			}
		}
	}
	return out
}

// Write gives the text for a terminal or a file, in lines of at most w cells.
func (t *Text) Write(b *Book, w int) string {
	var out strings.Builder
	line := func(indent, s string) {
		for _, l := range text.Wrap(s, w-len(indent)) {
			out.WriteString(indent + strings.ReplaceAll(l, noBreak, " ") + "\n")
		}
	}
	for i, s := range t.Sections {
		if i > 0 {
			out.WriteByte('\n')
		}
		line("", s.Title)
		line("", s.Source)
		for _, p := range s.Paras {
			out.WriteByte('\n')
			line("  ", p.joined())
		}
		for _, p := range s.Look {
			out.WriteByte('\n')
			line("  ", b.Before("look")+p.joined())
		}
	}
	if see := t.Topics(); len(see) > 0 {
		out.WriteByte('\n')
		for _, x := range see {
			line("  ", x.Key+"  "+x.Title)
		}
	}
	return out.String()
}
