package tui

import (
	"encoding/binary"
	"encoding/hex"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"tcplens/internal/follow"
	"tcplens/internal/text"
)

// perLine is how many bytes a line has in forms other than text.
func (x *followIndex) perLine() int {
	switch {
	case x.form == formC:
		return follow.CLine
	case x.form == formRaw && x.width >= 64:
		return 32
	}
	return 16
}

// rowLine is a line of hex, of an array of C, or of raw digits. Such lines end with
// their chunk.
func (x *followIndex) rowLine(s *followState, c *follow.Chunk, l *followLine, want bool) {
	from, end := int(s.off), min(int(s.off)+x.perLine(), int(c.Len))
	l.n = end - from
	s.off = uint32(end)
	last := end == int(c.Len)
	if last {
		s.chunk++
		s.off, s.begun = 0, false
	}
	if !want {
		return
	}
	data := x.data(l.chunk)
	if end > len(data) {
		l.text, l.style = "[these bytes are no longer kept]", sWarn
		return
	}
	data = data[from:end]
	switch x.form {
	case formC:
		l.text = follow.CBytes(data, last)
	case formRaw:
		l.text = hex.EncodeToString(data)
	default:
		l.text = follow.HexLine(l.pos, data)
	}
}

// textLine collects bytes up to a line's end or the width, across the chunks of a
// turn that ends before chunk end. spots, if not nil, gets where each character stands.
func (x *followIndex) textLine(s *followState, end int, l *followLine, want bool, spots *[]followSpot) {
	var b []byte
	used := 0
	chunks := x.stream.Chunks()
	put := func(piece string, w, n int) {
		if spots != nil {
			*spots = append(*spots, followSpot{x: used, w: w, off: l.n, n: n})
		}
		if want {
			b = append(b, piece...)
		}
		used += w
		x.pass(s, n)
		l.n += n
	}
	for int(s.chunk) < end && chunks[s.chunk].Len > 0 {
		data := x.data(int(s.chunk))
		if int(s.off) >= len(data) {
			if l.n == 0 {
				l.text, l.style = "[these bytes are no longer kept]", sWarn
				l.n = int(chunks[s.chunk].Len - s.off)
				x.pass(s, l.n)
				return
			}
			break
		}
		d := data[s.off:]
		run := printableRun(d[:min(len(d), x.width-used)])
		if run > 0 && (run == len(d) || d[run] >= 0xcc) {
			run-- // what follows may join with the last one
		}
		if run > 0 {
			if spots != nil {
				for i := range run {
					*spots = append(*spots, followSpot{x: used + i, w: 1, off: l.n + i, n: 1})
				}
			}
			if want {
				b = append(b, d[:run]...)
			}
			used += run
			s.off += uint32(run)
			l.n += run
			continue
		}
		c := d[0]
		if c == '\n' {
			l.n++
			x.pass(s, 1)
			break
		}
		if c == '\r' {
			if p := x.peek(s, end); len(p) > 1 && p[1] == '\n' {
				l.n += 2
				x.pass(s, 2)
				break
			}
		}
		piece, w, n := ".", 1, 1
		switch {
		case c == '\t':
			w = 4 - used%4
			piece = blanks(w)
		case c >= 0x20 && c != 0x7f:
			piece, w, n = character(x.peek(s, end))
		}
		if used+w > x.width {
			break
		}
		put(piece, w, n)
	}
	if want {
		l.text = string(b)
	}
}

// pass moves s over n bytes that follow one another.
func (x *followIndex) pass(s *followState, n int) {
	chunks := x.stream.Chunks()
	for n > 0 {
		k := min(n, int(chunks[s.chunk].Len-s.off))
		s.off += uint32(k)
		n -= k
		if s.off == chunks[s.chunk].Len {
			s.chunk++
			s.off = 0
		}
	}
}

// mostJoined bounds the bytes of what is taken for one character.
const mostJoined = 64

// peek gives the bytes at s that follow one another before chunk end, some at least.
func (x *followIndex) peek(s *followState, end int) []byte {
	d := x.data(int(s.chunk))[s.off:]
	if len(d) >= mostJoined {
		return d[:mostJoined]
	}
	chunks := x.stream.Chunks()
	n := len(d)
	for i := int(s.chunk) + 1; i < end && chunks[i].Len > 0 && n < mostJoined; i++ {
		n += int(chunks[i].Len)
	}
	if n == len(d) {
		return d
	}
	c := &chunks[s.chunk]
	if cap(x.ahead) < mostJoined {
		x.ahead = make([]byte, mostJoined)
	}
	x.ahead = x.ahead[:min(n, mostJoined)]
	got, err := x.stream.ReadAt(c.Side, x.ahead, c.Pos+uint64(s.off))
	if err != nil || got < len(d) {
		return d // the next packet is no longer kept
	}
	return x.ahead[:got]
}

// character gives the first character of b as it may be shown, its width and its bytes.
func character(b []byte) (s string, w, n int) {
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError && n <= 1 {
		return ".", 1, 1
	}
	if cluster, w := ansi.FirstGraphemeCluster(b, ansi.GraphemeWidth); len(cluster) < len(b) || len(b) < mostJoined {
		if s := string(cluster); w > 0 && text.Printable(s) == s {
			return s, w, len(s)
		}
	}
	s = string(b[:n])
	if w := cells(s); w > 0 && text.Printable(s) == s {
		return s, w, n
	}
	return ".", 1, n
}

// printableRun is how many of the first bytes of b are printable ASCII.
func printableRun(b []byte) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(b); i += 8 {
		v := binary.LittleEndian.Uint64(b[i:])
		low := (v - 0x20*ones) &^ v   // a byte below 0x20
		del := (v ^ 0x7f*ones) - ones // a byte 0x7f, if its top bit is not set
		if (v|low|del&^(v^0x7f*ones))&tops != 0 {
			break
		}
	}
	for i < len(b) && b[i] >= 0x20 && b[i] < 0x7f {
		i++
	}
	return i
}

// spots are the characters of a line that stand for bytes.
func (x *followIndex) spots(l *followLine) []followSpot {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.spotsOf(l)
}

func (x *followIndex) spotsOf(l *followLine) []followSpot {
	if l.n == 0 || l.head || l.note {
		return nil
	}
	if x.form == formText {
		c := &x.stream.Chunks()[l.chunk]
		s := followState{chunk: int32(l.chunk), off: uint32(l.pos - c.Pos)}
		var out []followSpot
		again := followLine{chunk: l.chunk}
		x.textLine(&s, x.stream.Turns()[x.stream.Turn(l.chunk)].End, &again, false, &out)
		return out
	}
	out := make([]followSpot, l.n)
	for i := range out {
		switch x.form {
		case formC:
			out[i] = followSpot{x: 6 * i, w: 4, off: i, n: 1}
		case formRaw:
			out[i] = followSpot{x: 2 * i, w: 2, off: i, n: 1}
		default:
			out[i] = followSpot{x: 10 + 3*i + i/8, w: 2, off: i, n: 1}
		}
	}
	return out
}
