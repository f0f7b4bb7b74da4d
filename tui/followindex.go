package tui

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"tcplens/internal/follow"
	"tcplens/internal/packet"
	"tcplens/internal/text"
)

// followForm is how the bytes of a conversation are written.
type followForm uint8

const (
	formText followForm = iota
	formHex
	formMessages
	followForms
)

func (f followForm) String() string { return [...]string{"text", "hex", "messages"}[f] }

// followShape is what the lines of a conversation depend on.
type followShape struct {
	form  followForm
	side  int // 0, 1 or follow.Both
	width int
}

// followLines is a conversation as lines of the screen, which are made when they are
// asked for. A command indexes it while the screen reads it.
type followLines interface {
	looks() followShape
	// advance indexes until the deadline or the end.
	advance(ctx context.Context, deadline time.Time)
	// grow takes in that packets may have come.
	grow() bool
	// state tells how many lines there are so far, and whether that is all.
	state() (lines int, done bool)
	// get gives n lines from line i on, fewer at the end.
	get(i, n int) []followLine
	// place is where a packet stands, for lineOf; −1 if nowhere.
	place(n packet.Number) int
	// lineOf finds the line of a place; ok is false while it is not indexed.
	lineOf(place int) (line int, ok bool)
	// status is what the title line says.
	status() string
}

// followLine is a line of the follow view.
type followLine struct {
	text  string
	style style
	side  uint8
	frame packet.Number // packet of its first byte
	head  bool
	left  bool // sent by the end that is taken for the client
	chunk int
	pos   uint64 // of its first byte, among what its side sent
	n     int    // bytes that it shows
}

// followIndex finds lines of a conversation by their number, without keeping them:
// it remembers where every sixty-fourth begins and makes the others from there.
// The command that indexes and the screen share it; mu guards all of it.
type followIndex struct {
	mu     *sync.Mutex // of the stream: indexes that follow one another share it
	stream *follow.Stream
	form   followForm
	side   int // 0, 1 or follow.Both
	width  int

	points []followState // where lines 0, 64, 128, … begin
	lines  int           // lines known so far
	end    followState   // behind the last line
	done   bool
	marks  map[int][]follow.Differ
	buf    []byte
	chunk  int // whose bytes are in buf
}

// followState is a place between two lines.
type followState struct {
	turn   int
	chunk  int
	off    int // within the chunk
	headed bool
	marked int // differences of the chunk before that have been told
	tell   int // chunk whose differences are due, plus one; 0 none
}

const pointEvery = 64

// newFollowIndex makes the index of a stream. mu guards the stream.
func newFollowIndex(mu *sync.Mutex, s *follow.Stream, shape followShape) *followIndex {
	x := &followIndex{mu: mu, stream: s, form: shape.form, side: shape.side, width: shape.width, chunk: -1}
	mu.Lock()
	defer mu.Unlock()
	x.restart()
	return x
}

func (x *followIndex) looks() followShape { return followShape{x.form, x.side, x.width} }

// place finds the chunk that a packet brought.
func (x *followIndex) place(n packet.Number) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.stream.Find(n)
}

// status tells who sent how much, and what is missing.
func (x *followIndex) status() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := x.stream
	info := s.Info()
	t := info.Node[0].String() + " → " + size(s.Bytes(0)) + "  " + info.Node[1].String() + " → " + size(s.Bytes(1))
	if n := s.Missing(0) + s.Missing(1); n > 0 {
		t += "  " + count(n, "byte") + " missing"
	}
	if n := s.Waiting(); n > 0 {
		t += "  " + count(uint64(n), "segment") + " waiting for a gap"
	}
	return t
}

func (x *followIndex) restart() {
	x.points, x.lines, x.end, x.done = x.points[:0], 0, followState{}, false
	x.points = append(x.points, x.end)
	x.regard()
}

// regard sorts the differences by the chunk that they are in.
func (x *followIndex) regard() {
	x.marks = nil
	for _, d := range x.stream.Differs() {
		if i := x.stream.Chunk(d.Side, d.Pos); i >= 0 {
			if x.marks == nil {
				x.marks = make(map[int][]follow.Differ)
			}
			x.marks[i] = append(x.marks[i], d)
		}
	}
}

// grow takes in new packets and says whether there are any. The last lines may
// change by that: they are indexed again.
func (x *followIndex) grow() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.stream.Update() {
		return false
	}
	x.regard()
	x.chunk = -1
	if k := len(x.points) - 1; k > 0 {
		x.points = x.points[:k] // the last point may stand in a line that goes on
	}
	k := len(x.points) - 1
	x.end, x.lines, x.done = x.points[k], k*pointEvery, false
	return true
}

// advance indexes until the deadline or the end.
func (x *followIndex) advance(ctx context.Context, deadline time.Time) {
	for ctx.Err() == nil {
		x.mu.Lock()
		for range pointEvery {
			if x.done {
				break
			}
			x.step()
		}
		done := x.done
		x.mu.Unlock()
		if done || time.Now().After(deadline) {
			return
		}
	}
}

// step indexes one line more.
func (x *followIndex) step() {
	s := x.end
	if _, ok := x.next(&s); !ok {
		x.done = true
		return
	}
	x.end = s
	x.lines++
	if x.lines%pointEvery == 0 {
		x.points = append(x.points, s)
	}
}

// state tells how many lines there are so far, and whether that is all.
func (x *followIndex) state() (lines int, done bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.lines, x.done
}

// get makes n lines from line i on.
func (x *followIndex) get(i, n int) []followLine {
	x.mu.Lock()
	defer x.mu.Unlock()
	for x.lines < i+n && !x.done {
		x.step()
	}
	if i < 0 || i >= x.lines {
		return nil
	}
	k := i / pointEvery
	s := x.points[min(k, len(x.points)-1)]
	out := make([]followLine, 0, n)
	for j := k * pointEvery; j < i+n; j++ {
		l, ok := x.next(&s)
		if !ok {
			break
		}
		if j >= i {
			out = append(out, l)
		}
	}
	return out
}

// lineOf finds the line that has a chunk's first byte; ok is false while it is not indexed.
func (x *followIndex) lineOf(chunk int) (line int, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.done && x.end.chunk <= chunk {
		return 0, false
	}
	k := 0
	for k+1 < len(x.points) && x.points[k+1].chunk <= chunk && !(x.points[k+1].chunk == chunk && x.points[k+1].off > 0) {
		k++
	}
	s := x.points[k]
	for j := k * pointEvery; ; j++ {
		l, more := x.next(&s)
		if !more {
			return max(j-1, 0), true
		}
		if !l.head && (l.chunk >= chunk || s.chunk > chunk) {
			return j, true
		}
	}
}

// next makes the line that begins at s and moves s behind it. ok is false at the end.
func (x *followIndex) next(s *followState) (l followLine, ok bool) {
	turns, chunks := x.stream.Turns(), x.stream.Chunks()
	if s.tell > 0 {
		c := s.tell - 1
		d := x.marks[c][s.marked]
		s.marked++
		if s.marked >= len(x.marks[c]) {
			s.tell, s.marked = 0, 0
		}
		return followLine{text: d.String(), style: sWarn, side: d.Side, frame: d.Frame, chunk: c}, true
	}
	for s.turn < len(turns) && (s.chunk >= turns[s.turn].End || x.side >= 0 && int(turns[s.turn].Side) != x.side) {
		s.chunk = max(s.chunk, turns[s.turn].End)
		s.turn++
		s.off, s.headed = 0, false
	}
	if s.turn >= len(turns) {
		return l, false
	}
	t := &turns[s.turn]
	if !s.headed {
		s.headed = true
		s.chunk = max(s.chunk, t.Start)
		return x.head(t), true
	}
	c := &chunks[s.chunk]
	if c.Len == 0 {
		l = followLine{text: c.Gap(), style: sWarn, side: c.Side, frame: c.Frame, chunk: s.chunk}
		x.finish(s)
		return l, true
	}
	l = followLine{style: sSide0, side: c.Side, frame: c.Frame, chunk: s.chunk, pos: c.Pos + uint64(s.off)}
	if x.left() != c.Side {
		l.style = sSide1
	}
	if x.form == formHex {
		x.hexLine(s, c, &l)
	} else {
		x.textLine(s, t, &l)
	}
	return l, true
}

// left is the node that is taken for the client.
func (x *followIndex) left() uint8 {
	if x.stream.Info().Server == 0 {
		return 1
	}
	return 0
}

// finish goes behind a chunk; differences in it are told next.
func (x *followIndex) finish(s *followState) {
	if len(x.marks[s.chunk]) > 0 {
		s.tell, s.marked = s.chunk+1, 0
	}
	s.chunk++
	s.off = 0
}

// data gives the bytes of a chunk; none if its packet cannot be read again.
func (x *followIndex) data(i int) []byte {
	if x.chunk != i {
		x.chunk = i
		// What cannot be read again stays short: the line says so.
		x.buf, _ = x.stream.Append(x.buf[:0], i)
	}
	return x.buf
}

func (x *followIndex) hexLine(s *followState, c *follow.Chunk, l *followLine) {
	data := x.data(s.chunk)
	if s.off >= len(data) {
		l.text, l.style = "[these bytes are no longer kept]", sWarn
		x.finish(s)
		return
	}
	end := min(s.off+16, len(data))
	l.text = follow.HexLine(c.Pos+uint64(s.off), data[s.off:end])
	l.n = end - s.off
	s.off = end
	if s.off >= int(c.Len) {
		x.finish(s)
	}
}

// textLine collects bytes up to a line's end or the width, across the chunks of a turn.
func (x *followIndex) textLine(s *followState, t *follow.Turn, l *followLine) {
	var b strings.Builder
	used := 0
	chunks := x.stream.Chunks()
	for s.tell == 0 && s.chunk < t.End && chunks[s.chunk].Len > 0 {
		data := x.data(s.chunk)
		if s.off >= len(data) {
			if len(data) < int(chunks[s.chunk].Len) && used == 0 {
				l.text, l.style = "[these bytes are no longer kept]", sWarn
				x.finish(s)
				return
			}
			x.finish(s)
			continue
		}
		c := data[s.off]
		if c == '\n' || c == '\r' && s.off+1 < len(data) && data[s.off+1] == '\n' {
			n := 1
			if c == '\r' {
				n = 2
			}
			s.off += n
			l.n += n
			if s.off >= len(data) {
				x.finish(s)
			}
			break
		}
		piece, w, n := printable(data[s.off:])
		if c == '\t' {
			w = 4 - used%4
			piece = blanks(w)
		}
		if used+w > x.width {
			break
		}
		b.WriteString(piece)
		used += w
		s.off += n
		l.n += n
	}
	l.text = b.String()
	// What ends a chunk exactly is behind it.
	if s.tell == 0 && s.chunk < t.End && chunks[s.chunk].Len > 0 && s.off >= int(chunks[s.chunk].Len) {
		x.finish(s)
	}
}

// printable gives the first character of b as it may be shown, its width and length.
func printable(b []byte) (s string, w, n int) {
	if c := b[0]; c < utf8.RuneSelf {
		if c < 0x20 || c == 0x7f {
			return ".", 1, 1
		}
		return dots[c], 1, 1
	}
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError {
		return ".", 1, 1
	}
	s = string(b[:n])
	if text.Printable(s) != s {
		return ".", 1, n
	}
	w = cells(s)
	if w < 1 {
		return ".", 1, n
	}
	return s, w, n
}

// head is the line before a turn: who, how much, when.
func (x *followIndex) head(t *follow.Turn) followLine {
	info := x.stream.Info()
	role := "client"
	switch {
	case info.Server < 0:
		role = "node " + strconv.Itoa(int(t.Side))
	case int8(t.Side) == info.Server:
		role = "server"
	}
	at := ""
	if turns := x.stream.Turns(); len(turns) > 0 {
		at = seconds(t.Time.Sub(turns[0].Time), 6)
	}
	s := fmt.Sprintf("%s :%d · %s · packet %d · %s s", role, info.Node[t.Side&1].Port, count(t.Bytes, "byte"), t.First, at)
	if t.Since > 0 {
		s += " · " + took(time.Duration(t.Since)) + " after the last"
	}
	if t.Missing > 0 {
		s += " · " + count(t.Missing, "byte") + " missing"
	}
	return followLine{text: s, style: sHeading, side: t.Side, frame: t.First, head: true, left: t.Side == x.left(), chunk: t.Start}
}
