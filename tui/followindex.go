package tui

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"tcplens/internal/follow"
	"tcplens/internal/packet"
)

// followForm is how the bytes of a conversation are written.
type followForm uint8

const (
	formText followForm = iota
	formHex
	formMessages
	formC
	formRaw
	followForms
)

func (f followForm) String() string {
	return [...]string{"text", "hex", "messages", "C arrays", "raw"}[f]
}

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
	// place is where a packet stands, for lineOf.
	place(n packet.Number) followPlace
	// at is the place of a line's column.
	at(line, col int) followPlace
	// lineOf finds the line of a place, and where in it the place is; ok is false
	// while it is not indexed.
	lineOf(followPlace) (line, col int, ok bool)
	// spots are the characters of a line that stand for bytes.
	spots(*followLine) []followSpot
	// found are the cells of a line that a search has found.
	found(*followLine, *query) []followSpot
	// seek looks for q from a place on.
	seek(q *query, from followPlace, dir int, deadline time.Time) seekResult
	// status is what the title line says.
	status() string
}

// followPlace is a place in a conversation: a byte, or a message's line.
type followPlace struct {
	known bool
	turn  int    // the turn that the byte is in
	chunk int    // the chunk
	pos   uint64 // of the byte among what its side sent
	end   uint64 // behind the last byte of what was found there
	frame packet.Number
	line  int // of messages: the line
}

// followSpot is a run of cells of a line, and the byte that they stand for.
type followSpot struct {
	x, w int
	off  int // bytes from the line's first
	n    int // bytes
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
	note  bool   // it tells of bytes, and shows none
}

// followIndex finds lines of a conversation by their number, without keeping them:
// it remembers where every pointEvery-th begins and makes the others from there.
// The command that indexes and the screen share it; mu guards all of it.
type followIndex struct {
	mu     *sync.Mutex // of the stream: indexes that follow one another share it
	stream *follow.Stream
	form   followForm
	side   int // 0, 1 or follow.Both
	width  int

	points []followState // where lines 0, pointEvery, 2·pointEvery … begin
	lines  int           // lines known so far
	end    followState   // behind the last line
	done   bool
	others bool         // the stream has not taken in all packets
	marks  []placedMark // in the order of the bytes that they are about
	buf    []byte
	chunk  int    // whose bytes are in buf
	ahead  []byte // bytes across the border of two chunks
	window []byte // what a search looks at
}

// placedMark is a mark, with how many like it stand at the same place.
type placedMark struct {
	follow.PlacedMark
	more int
}

// followState is a place between two lines.
type followState struct {
	turn   int32
	chunk  int32
	mark   int32  // the first mark that has not been told
	off    uint32 // within the chunk
	headed bool
	begun  bool // of C: the array's head was written
}

const pointEvery = 256

// newFollowIndex makes the index of a stream. mu guards the stream.
func newFollowIndex(mu *sync.Mutex, s *follow.Stream, shape followShape) *followIndex {
	x := &followIndex{mu: mu, stream: s, form: shape.form, side: shape.side, width: shape.width, chunk: -1}
	mu.Lock()
	defer mu.Unlock()
	x.points = append(x.points, x.end)
	x.others = true
	x.take(firstTaken)
	return x
}

func (x *followIndex) looks() followShape { return followShape{x.form, x.side, x.width} }

// place is the first byte that a packet brought: lineOf finds it.
func (x *followIndex) place(n packet.Number) followPlace {
	return followPlace{known: true, chunk: -1, frame: n}
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

// regard takes the marks over; those of one kind about one chunk become one.
func (x *followIndex) regard() {
	x.marks = x.marks[:0]
	for _, m := range x.stream.PlacedMarks() {
		if k := len(x.marks) - 1; k >= 0 && m.Kind == follow.MarkAgain && x.marks[k].Kind == m.Kind && x.marks[k].Chunk == m.Chunk {
			x.marks[k].more++
			continue
		}
		x.marks = append(x.marks, placedMark{m, 0})
	}
}

// grow takes in new packets and says whether there are any. The last lines may
// change by that, and those that new marks are about: they are indexed again.
func (x *followIndex) grow() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.others = true
	return x.take(laterTaken)
}

// How many packets of a conversation are taken in at a time. The first ones are few,
// so that the first screen is there at once.
const (
	firstTaken = 2000
	laterTaken = 20000
)

// take takes in some packets more and says whether that changes anything.
func (x *followIndex) take(most int) bool {
	had := len(x.stream.Marks())
	changed, others := x.stream.Take(most)
	x.others = others
	if !changed {
		if len(x.marks) == 0 {
			x.regard() // of a stream that another index has taken in
		}
		return false
	}
	x.chunk = -1
	k := max(len(x.points)-1, 1) // the last point may stand in a line that goes on
	if fresh := x.stream.Marks()[had:]; len(fresh) > 0 {
		for _, m := range fresh {
			if c := x.stream.Chunk(m.Side, m.Pos); c >= 0 {
				k = min(k, max(sort.Search(len(x.points), func(i int) bool { return int(x.points[i].chunk) >= c }), 1))
			}
		}
		x.regard()
	}
	x.points = x.points[:k]
	x.end, x.lines, x.done = x.points[k-1], (k-1)*pointEvery, false
	return true
}

// advance indexes until the deadline or the end.
func (x *followIndex) advance(ctx context.Context, deadline time.Time) {
	for ctx.Err() == nil {
		x.mu.Lock()
		for range pointEvery {
			if x.done && x.others {
				x.take(laterTaken)
			}
			if x.done {
				break
			}
			x.step()
		}
		done := x.done && !x.others
		x.mu.Unlock()
		if done || time.Now().After(deadline) {
			return
		}
	}
}

// step indexes one line more.
func (x *followIndex) step() {
	s := x.end
	n := x.leap(&s)
	if n == 0 {
		if _, ok := x.next(&s, false); !ok {
			x.done = true
			return
		}
		n = 1
	}
	x.end = s
	x.lines += n
	if x.lines%pointEvery == 0 {
		x.points = append(x.points, s)
	}
}

// state tells how many lines there are so far, and whether that is all.
func (x *followIndex) state() (lines int, done bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.lines, x.done && !x.others
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
		l, ok := x.next(&s, j >= i)
		if !ok {
			break
		}
		if j >= i {
			out = append(out, l)
		}
	}
	return out
}

// at is the byte that stands at a column of a line, or the first one behind it.
func (x *followIndex) at(line, col int) followPlace {
	ls := x.get(line, 1)
	if len(ls) == 0 {
		return followPlace{}
	}
	l := &ls[0]
	p := followPlace{known: true, chunk: l.chunk, pos: l.pos, frame: l.frame}
	x.mu.Lock()
	defer x.mu.Unlock()
	if l.n > 0 {
		p.pos += uint64(spotAt(x.spotsOf(l), col).off)
		if c := x.stream.Chunk(l.side, p.pos); c >= 0 {
			p.chunk, p.frame = c, x.stream.Chunks()[c].Frame
		}
	} else {
		p.pos = x.stream.Chunks()[p.chunk].Pos
	}
	p.turn = x.stream.Turn(p.chunk)
	return p
}

// spotAt gives the spot at column col, or the last one before it.
func spotAt(spots []followSpot, col int) followSpot {
	k := sort.Search(len(spots), func(i int) bool { return spots[i].x > col })
	if len(spots) == 0 {
		return followSpot{}
	}
	return spots[max(k-1, 0)]
}

// lineOf finds the line and the column of a byte; ok is false while it is not indexed.
func (x *followIndex) lineOf(p followPlace) (line, col int, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	all := x.done && !x.others
	if p.chunk < 0 {
		if !all && x.stream.Last() <= p.frame {
			return 0, 0, false
		}
		if p.chunk = x.stream.Find(p.frame); p.chunk >= 0 {
			p.pos = x.stream.Chunks()[p.chunk].Pos
		}
	}
	chunks := x.stream.Chunks()
	if p.chunk < 0 || p.chunk >= len(chunks) {
		return max(x.lines-1, 0), 0, all
	}
	off := uint32(p.pos - chunks[p.chunk].Pos)
	if !all && (int(x.end.chunk) < p.chunk || int(x.end.chunk) == p.chunk && x.end.off <= off) {
		return 0, 0, false
	}
	k := sort.Search(len(x.points), func(i int) bool {
		t := &x.points[i]
		return int(t.chunk) > p.chunk || int(t.chunk) == p.chunk && t.off > off
	}) - 1
	k = max(k, 0)
	s := x.points[k]
	for j := k * pointEvery; ; j++ {
		l, more := x.next(&s, false)
		if !more {
			return max(j-1, 0), 0, true
		}
		if l.head {
			continue
		}
		if int(s.chunk) > p.chunk || int(s.chunk) == p.chunk && s.off > off {
			if l.n > 0 && int(chunks[p.chunk].Side) == int(l.side) && p.pos >= l.pos {
				for _, t := range x.spotsOf(&l) {
					if uint64(t.off) <= p.pos-l.pos {
						col = t.x
					}
				}
			}
			return j, col, true
		}
	}
}

// next makes the line that begins at s and moves s behind it; without its text if
// that is not wanted. ok is false at the end.
func (x *followIndex) next(s *followState, want bool) (l followLine, ok bool) {
	turns, chunks := x.stream.Turns(), x.stream.Chunks()
	for int(s.mark) < len(x.marks) && x.passed(s) {
		m := &x.marks[s.mark]
		s.mark++
		if x.side >= 0 && int(m.Side) != x.side {
			continue
		}
		t := m.String()
		if m.more > 0 {
			t = strings.TrimSuffix(t, "]") + "; " + count(uint64(m.more), "packet") + " more have some of these]"
		}
		return followLine{text: t, style: sWarn, side: m.Side, frame: m.Frame, chunk: m.Chunk, note: true}, true
	}
	for int(s.turn) < len(turns) && (int(s.chunk) >= turns[s.turn].End || x.side >= 0 && int(turns[s.turn].Side) != x.side) {
		s.chunk = max(s.chunk, int32(turns[s.turn].End))
		s.turn++
		s.off, s.headed, s.begun = 0, false, false
	}
	if int(s.turn) >= len(turns) {
		return l, false
	}
	t := &turns[s.turn]
	if !s.headed {
		s.headed = true
		s.chunk = max(s.chunk, int32(t.Start))
		return x.head(t, want), true
	}
	c := &chunks[s.chunk]
	if c.Len == 0 {
		l = followLine{text: c.Gap(), style: sWarn, side: c.Side, frame: c.Frame, chunk: int(s.chunk), note: true}
		s.chunk++
		return l, true
	}
	l = followLine{style: sSide0, side: c.Side, frame: c.Frame, chunk: int(s.chunk), pos: c.Pos + uint64(s.off)}
	if x.left() != c.Side {
		l.style = sSide1
	}
	switch {
	case x.form == formText:
		x.textLine(s, t.End, &l, want, nil)
	case x.form == formC && !s.begun:
		s.begun = true
		l.text, l.style, l.note = follow.CHead(c, x.stream.Nth(int(s.chunk))), sDim, true
	default:
		x.rowLine(s, c, &l, want)
	}
	return l, true
}

// leap moves s over lines of one chunk whose bytes need not be looked at, up to where
// a point is due, and says how many.
func (x *followIndex) leap(s *followState) int {
	turns, chunks := x.stream.Turns(), x.stream.Chunks()
	if x.form == formText || s.off == 0 || int(s.turn) >= len(turns) || int(s.mark) < len(x.marks) && x.marks[s.mark].Chunk <= int(s.chunk) {
		return 0
	}
	per := uint32(x.perLine())
	n := min((chunks[s.chunk].Len-s.off-1)/per, uint32(pointEvery-x.lines%pointEvery))
	s.off += n * per
	return int(n)
}

// passed says whether the next mark is about bytes before s.
func (x *followIndex) passed(s *followState) bool {
	m := &x.marks[s.mark]
	if m.Chunk != int(s.chunk) {
		return m.Chunk < int(s.chunk)
	}
	return m.Pos < x.stream.Chunks()[s.chunk].Pos+uint64(s.off)
}

// left is the node that is taken for the client.
func (x *followIndex) left() uint8 {
	if x.stream.Info().Server == 0 {
		return 1
	}
	return 0
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

// head is the line before a turn: who, how much, when.
func (x *followIndex) head(t *follow.Turn, want bool) followLine {
	l := followLine{style: sHeading, side: t.Side, frame: t.First, head: true, left: t.Side == x.left(), chunk: t.Start, pos: t.Pos}
	if !want {
		return l
	}
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
	l.text = s
	return l
}
