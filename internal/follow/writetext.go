package follow

import (
	"bufio"
	"fmt"
	"io"
	"sort"
	"unicode/utf8"

	"tcplens/internal/text"
)

// WriteText writes the conversation as text: before each turn a line that says who,
// in which packet, when, and how long after the turn before. UTF-8 stays as it is,
// also where a character stands in two packets; what is not printable is a dot. Gaps,
// and what happened to bytes on the way, stand in brackets on lines of their own:
// gaps in place, the others behind the line that they are about. side is 0, 1 or Both.
func (s *Stream) WriteText(w io.Writer, side int) error {
	b := bufio.NewWriterSize(w, 64<<10)
	s.head(b, "text")
	o := textWriter{b: b, s: s, side: side, marks: s.PlacedMarks()}
	for i := range s.turns {
		t := &s.turns[i]
		if side != Both && side != int(t.Side) {
			continue
		}
		s.turnHead(b, t)
		if err := o.turn(t); err != nil {
			b.Flush()
			return err
		}
	}
	s.foot(b)
	return b.Flush()
}

// turnHead writes the line before a turn.
func (s *Stream) turnHead(b *bufio.Writer, t *Turn) {
	arrow := "→"
	if t.Side == 1 {
		arrow = "←"
	}
	unit := "bytes"
	if t.Bytes == 1 {
		unit = "byte"
	}
	fmt.Fprintf(b, "\n%s node %d · packet %d · %.6f s", arrow, t.Side, t.First, float64(t.Time-s.turns[0].Time)/1e9)
	if t.Since > 0 {
		fmt.Fprintf(b, " · %s", after(t.Since))
	}
	fmt.Fprintf(b, " · %d %s\n", t.Bytes, unit)
}

// PlacedMark is a mark with the chunk that has its first byte.
type PlacedMark struct {
	Mark
	Chunk int
}

// PlacedMarks gives the marks in the order of the bytes that they are about. Those
// whose bytes the stream does not have are left out.
func (s *Stream) PlacedMarks() []PlacedMark {
	out := make([]PlacedMark, 0, len(s.marks))
	for _, m := range s.marks {
		if i := s.Chunk(m.Side, m.Pos); i >= 0 {
			out = append(out, PlacedMark{m, i})
		}
	}
	sort.SliceStable(out, func(a, b int) bool {
		if out[a].Chunk != out[b].Chunk {
			return out[a].Chunk < out[b].Chunk
		}
		return out[a].Pos < out[b].Pos
	})
	return out
}

// textWriter writes the bytes of turns.
type textWriter struct {
	b     *bufio.Writer
	s     *Stream
	marks []PlacedMark // in order
	next  int          // the first mark that has not been passed
	part  []byte       // the beginning of a character that the chunk before ended in
	open  bool         // the line has not ended
	side  int
}

func (o *textWriter) turn(t *Turn) error {
	for i := t.Start; i < t.End; i++ {
		c := &o.s.chunks[i]
		if c.Len == 0 {
			o.end()
			o.b.WriteString(c.Gap() + "\n")
			continue
		}
		data, err := o.s.read(c)
		if err != nil {
			return err
		}
		o.write(i, c, data)
	}
	o.end()
	o.tell(t.End, 0)
	return nil
}

// write writes the bytes of chunk i.
func (o *textWriter) write(i int, c *Chunk, data []byte) {
	all, skip := data, 0
	if len(o.part) > 0 {
		skip = len(o.part)
		all = append(o.part, data...)
		o.part = nil
	}
	for at := 0; at < len(all); {
		ch := all[at]
		switch {
		case ch == '\n':
			o.b.WriteByte('\n')
			o.open = false
			at++
			o.tell(i, c.Pos+uint64(max(at-skip, 0)))
			continue
		case ch == '\r' && at+1 == len(all):
			o.part, at = []byte{ch}, len(all) // a line end, if the next byte is the rest of it
		case ch == '\r' && all[at+1] == '\n', ch == '\t', ch >= 0x20 && ch < 0x7f:
			o.b.WriteByte(ch)
			at++
		case ch < utf8.RuneSelf:
			o.b.WriteByte('.')
			at++
		case !utf8.FullRune(all[at:]):
			o.part = append([]byte(nil), all[at:]...)
			at = len(all)
		default:
			_, n := utf8.DecodeRune(all[at:])
			if p := string(all[at : at+n]); n > 1 && text.Printable(p) == p {
				o.b.WriteString(p)
			} else {
				o.b.WriteByte('.')
			}
			at += n
		}
		o.open = true
	}
}

// end ends the line, and a character that will not be whole.
func (o *textWriter) end() {
	for range o.part {
		o.b.WriteByte('.')
	}
	o.part = nil
	if o.open {
		o.b.WriteByte('\n')
		o.open = false
	}
}

// tell writes the marks that are before byte pos of chunk i.
func (o *textWriter) tell(i int, pos uint64) {
	for ; o.next < len(o.marks); o.next++ {
		m := &o.marks[o.next]
		if m.Chunk > i || m.Chunk == i && m.Pos >= pos {
			return
		}
		if o.side == Both || o.side == int(m.Side) {
			o.b.WriteString(m.String() + "\n")
		}
	}
}
