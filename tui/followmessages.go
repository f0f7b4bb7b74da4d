package tui

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"sync"
	"time"

	"tcplens/internal/follow"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// messageIndex lays the messages of a conversation out. It keeps how many lines each
// has, and makes them again when they are asked for. The command that indexes and
// the screen share it; mu guards all of it.
type messageIndex struct {
	mu    sync.Mutex
	msgs  *follow.Messages
	shape followShape

	heights map[messageID]int // lines of each message laid out so far
	shown   []int32           // messages of the sides asked for, in order; −1−side for what has not ended
	starts  []int             // and the line that each begins at
	next    int               // the first message that is not in shown or left out
	ended   bool              // what has not ended is in shown too
	lines   int
	done    bool

	laid int // the message that kept has the lines of
	kept []followLine
}

// messageID names a message in whatever order the messages are.
type messageID struct {
	frame packet.Number
	nth   uint16
}

// newMessageIndex opens the messages of a conversation.
func newMessageIndex(tr *trace.Trace, kind trace.Kind, stream uint32, s followShape) (*messageIndex, error) {
	msgs, err := follow.OpenMessages(tr, kind, stream)
	if err != nil {
		return nil, err
	}
	return &messageIndex{msgs: msgs, shape: s, heights: make(map[messageID]int), laid: none}, nil
}

func (x *messageIndex) looks() followShape { return x.shape }

// place is the packet itself: messages may be put in another order while more come.
func (x *messageIndex) place(n packet.Number) followPlace {
	return followPlace{known: true, frame: n, line: -1}
}

// at is the line itself.
func (x *messageIndex) at(line, _ int) followPlace {
	if l := x.get(line, 1); len(l) == 1 {
		return followPlace{known: true, line: line, frame: l[0].frame}
	}
	return followPlace{}
}

// spots: characters that are laid out stand for no bytes of a packet.
func (x *messageIndex) spots(*followLine) []followSpot { return nil }

// found are the cells of a line that a search has found.
func (x *messageIndex) found(l *followLine, q *query) []followSpot {
	var out []followSpot
	b := []byte(l.text)
	for base := 0; base < len(b); {
		i, j, ok := q.matchBytes(b[base:])
		if !ok || j <= i {
			break
		}
		out = append(out, followSpot{x: cells(l.text[:base+i]), w: cells(l.text[base+i : base+j])})
		base += j
	}
	return out
}

// seek looks for q among the lines from one on, or before it.
func (x *messageIndex) seek(q *query, from followPlace, dir int, deadline time.Time) seekResult {
	x.advance(context.Background(), deadline)
	lines, done := x.state()
	at := from.line
	if !from.known {
		if at = 0; dir < 0 {
			at = lines
		}
	}
	const batch = 64
	for {
		if dir > 0 && at >= lines || dir < 0 && at <= 0 {
			return seekResult{next: followPlace{known: true, line: at}, ended: done || dir < 0}
		}
		first := at
		if dir < 0 {
			first = max(at-batch, 0)
		}
		list := x.get(first, min(batch, lines-first))
		if dir < 0 {
			list = list[:min(len(list), at-first)]
		}
		for k := range list {
			i := k
			if dir < 0 {
				i = len(list) - 1 - k
			}
			if _, _, ok := q.matchBytes([]byte(list[i].text)); ok {
				hit := followPlace{known: true, line: first + i, frame: list[i].frame}
				return seekResult{hit: hit, next: hit}
			}
		}
		if at = first; dir > 0 {
			at += max(len(list), 1)
		}
		if time.Now().After(deadline) {
			return seekResult{next: followPlace{known: true, line: at}}
		}
	}
}

// grow begins to look at new packets: advance does the work.
func (x *messageIndex) grow() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.done = false
	return true
}

// advance looks at packets and lays out messages until the deadline or the end.
func (x *messageIndex) advance(ctx context.Context, deadline time.Time) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.msgs.Update(ctx) {
		x.restart()
	}
	for x.next < x.msgs.Len() && ctx.Err() == nil {
		x.step()
	}
	if x.next == x.msgs.Len() && !x.ended {
		x.ended = true
		for side := range uint8(2) {
			if x.msgs.Unfinished(side).Bytes > 0 && (x.shape.side == follow.Both || x.shape.side == int(side)) {
				i := -1 - int(side)
				x.shown = append(x.shown, int32(i))
				x.starts = append(x.starts, x.lines)
				x.lines += len(x.lay(i))
			}
		}
	}
	x.done = ctx.Err() == nil
}

// restart counts lines from the first message again, without laying any out twice.
func (x *messageIndex) restart() {
	x.shown, x.starts, x.next, x.lines, x.laid = x.shown[:0], x.starts[:0], 0, 0, none
	x.ended = false
}

// step takes one message more.
func (x *messageIndex) step() {
	i := x.next
	x.next++
	if s := x.shape.side; s != follow.Both && s != int(x.msgs.Side(i)) {
		return
	}
	frame, nth := x.msgs.Place(i)
	id := messageID{frame, nth}
	n, ok := x.heights[id]
	if !ok {
		n = len(x.lay(i))
		x.heights[id] = n
	}
	x.shown = append(x.shown, int32(i))
	x.starts = append(x.starts, x.lines)
	x.lines += n
}

// lay makes the lines of message i.
func (x *messageIndex) lay(i int) []followLine {
	if x.laid == i {
		return x.kept
	}
	if i < 0 {
		return x.layOpen(i)
	}
	m, err := x.msgs.At(i)
	if err != nil {
		return []followLine{{text: "[" + err.Error() + "]", style: sWarn}}
	}
	left := x.msgs.Info().Server != 0 == (m.Side == 0)
	body := sSide0
	if !left {
		body = sSide1
	}
	head := fmt.Sprintf("%s · packet %d", m.Title(), m.Frame)
	if m.Since > 0 {
		head += " · " + took(time.Duration(m.Since)) + " after the last"
	}
	out := []followLine{{text: head, style: sHeading, side: m.Side, frame: m.Frame, head: true, left: left}}
	for _, l := range m.Lines() {
		st := body
		switch l.Kind {
		case follow.LineStart:
			st = sHeader
		case follow.LineField:
			st = sText
		case follow.LineNote:
			st = sWarn
		}
		out = x.wrap(out, l.Text, followLine{style: st, side: m.Side, frame: m.Frame, left: left})
	}
	x.laid, x.kept = i, out
	return out
}

// none is no message: laid has the lines of none.
const none = -100

// layOpen makes the lines of what a side has sent behind its last message.
func (x *messageIndex) layOpen(i int) []followLine {
	side := uint8(-1 - i)
	o := x.msgs.Unfinished(side)
	l := followLine{side: side, frame: o.First, left: x.msgs.Info().Server != 0 == (side == 0)}
	head := l
	head.text, head.style, head.head = "not ended yet · since packet "+strconv.FormatUint(uint64(o.First), 10), sHeading, true
	out := []followLine{head}
	for _, t := range x.msgs.Open(side) {
		if l.style = sSide0; !l.left {
			l.style = sSide1
		}
		if t.Kind == follow.LineNote {
			l.style = sWarn
		}
		out = x.wrap(out, t.Text, l)
	}
	x.laid, x.kept = i, out
	return out
}

// wrap appends a text in lines of the width, each like l.
func (x *messageIndex) wrap(out []followLine, s string, l followLine) []followLine {
	for {
		l.text = head1(s, x.shape.width)
		out = append(out, l)
		if s = s[len(l.text):]; s == "" {
			return out
		}
	}
}

// head1 is head with at least one character, so that a line comes to its end.
func head1(s string, w int) string {
	if part := head(s, w); part != "" || s == "" {
		return part
	}
	for i := range s {
		if i > 0 {
			return s[:i]
		}
	}
	return s
}

func (x *messageIndex) state() (lines int, done bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.lines, x.done
}

func (x *messageIndex) get(i, n int) []followLine {
	x.mu.Lock()
	defer x.mu.Unlock()
	if i < 0 || i >= x.lines {
		return nil
	}
	var out []followLine
	k := sort.SearchInts(x.starts, i+1) - 1
	for ; k < len(x.shown) && len(out) < n; k++ {
		lines := x.lay(int(x.shown[k]))
		lines = lines[min(max(i-x.starts[k], 0), len(lines)):]
		out = append(out, lines[:min(len(lines), n-len(out))]...)
	}
	return out
}

// lineOf finds a line, or the first line of the message that a packet ends or goes into.
func (x *messageIndex) lineOf(p followPlace) (line, col int, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if p.line >= 0 {
		return min(p.line, max(x.lines-1, 0)), 0, x.done || p.line < x.lines
	}
	best := -1
	var found packet.Number
	for k, i := range x.shown {
		if i < 0 {
			continue
		}
		frame, _ := x.msgs.Place(int(i))
		if frame >= p.frame && (best < 0 || frame < found) {
			best, found = k, frame
		}
	}
	switch {
	case best >= 0 && (x.done || found == p.frame):
		return x.starts[best], 0, true
	case x.done:
		return max(x.lines-1, 0), 0, true
	}
	return 0, 0, false
}

// status is what the title line says.
func (x *messageIndex) status() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	info := x.msgs.Info()
	t := info.Node[0].String() + " ⇄ " + info.Node[1].String() + "  " + count(uint64(x.msgs.Len()), "message")
	for side := range uint8(2) {
		if o := x.msgs.Unfinished(side); o.Bytes > 0 {
			t += "  " + size(o.Bytes) + " of side " + strconv.Itoa(int(side)) + " unfinished"
		}
	}
	return t
}

// message gives the number of the message at a line, −1 if there is none.
func (x *messageIndex) message(line int) int {
	if k := sort.SearchInts(x.starts, line+1) - 1; k >= 0 {
		return int(x.shown[k])
	}
	return -1
}

// curl gives the command that asks again what the message at a line asked.
func (x *messageIndex) curl(line int) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	i := x.message(line)
	if i < 0 {
		return ""
	}
	m, err := x.msgs.At(i)
	if err != nil {
		return ""
	}
	if m.Stream != 0 && len(m.Head) > 0 && i+1 < x.msgs.Len() {
		// The body of HTTP/2 is the next message of its stream and side. The head's
		// texts are its own, and stay when the other packet is taken apart.
		if b, err := x.msgs.At(i + 1); err == nil && b.Stream == m.Stream && b.Side == m.Side && len(b.Head) == 0 {
			m.Body = b.Body
		}
	}
	s, _ := m.Curl()
	return s
}
