package tui

import (
	"sort"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/internal/follow"
)

// seekResult is what a part of a search came to.
type seekResult struct {
	hit   followPlace // known if something was found
	next  followPlace // where to go on
	ended bool        // there is nothing more in this direction
}

// searchSpan bounds how many lines one search of the flow graph looks at.
const searchSpan = 1 << 20

const (
	seekWindow  = 64 << 10 // bytes that a search looks at at a time
	seekOverlap = 4 << 10  // bytes that what is looked for may have, at a window's end
	mostHits    = 10000    // places of a search that are counted
)

// seek looks for q behind a place, or before it; from the first byte, or the last,
// if the place is not known. What is looked for is found across packets, but not
// across what the other side said in between.
func (x *followIndex) seek(q *query, from followPlace, dir int, deadline time.Time) seekResult {
	x.mu.Lock()
	defer x.mu.Unlock()
	for dir < 0 && !from.known && x.others {
		x.take(laterTaken)
	}
	turns := x.stream.Turns()
	at := from
	if !at.known {
		at = followPlace{known: true, turn: -1}
		if dir < 0 {
			at.turn = len(turns)
		}
	}
	for {
		wanted := at.turn >= 0 && at.turn < len(turns) && (x.side < 0 || int(turns[at.turn].Side) == x.side)
		if !wanted || dir > 0 && at.pos >= turns[at.turn].Pos+turns[at.turn].Bytes || dir < 0 && at.pos <= turns[at.turn].Pos {
			switch next := at.turn + dir; {
			case next < 0:
				return seekResult{next: at, ended: true}
			case next < len(turns):
				at.turn, at.pos = next, turns[next].Pos
				if dir < 0 {
					at.pos += turns[next].Bytes
				}
			case !x.others:
				return seekResult{next: at, ended: true}
			default:
				x.take(laterTaken) // the last turn may have grown
				turns = x.stream.Turns()
			}
			continue
		}
		t := &turns[at.turn]
		var hit followPlace
		if dir > 0 {
			hit = x.forward(q, t, &at)
		} else {
			hit = x.backward(q, t, &at)
		}
		if hit.known {
			hit.turn, hit.chunk = at.turn, max(x.stream.Chunk(t.Side, hit.pos), 0)
			hit.frame = x.stream.Chunks()[hit.chunk].Frame
			return seekResult{hit: hit, next: hit}
		}
		if time.Now().After(deadline) {
			return seekResult{next: at}
		}
	}
}

// look reads the bytes of a turn's side from one to another.
func (x *followIndex) look(side uint8, from, to uint64) []byte {
	if cap(x.window) < seekWindow+seekOverlap {
		x.window = make([]byte, seekWindow+seekOverlap)
	}
	// Where packets are no longer kept there is nothing to be found.
	n, _ := x.stream.ReadAt(side, x.window[:to-from], from)
	return x.window[:n]
}

// forward looks at one window behind at and moves at over it.
func (x *followIndex) forward(q *query, t *follow.Turn, at *followPlace) (hit followPlace) {
	end := t.Pos + t.Bytes
	to := min(at.pos+seekWindow, end)
	b := x.look(t.Side, at.pos, to)
	if i, j, ok := q.matchBytes(b); ok && j > i && (i < seekWindow-seekOverlap || to == end) {
		return followPlace{known: true, pos: at.pos + uint64(i), end: at.pos + uint64(j)}
	}
	if to == end {
		at.pos = end
	} else {
		at.pos = to - seekOverlap
	}
	return hit
}

// backward looks at one window before at and moves at over it.
func (x *followIndex) backward(q *query, t *follow.Turn, at *followPlace) (hit followPlace) {
	from := max(t.Pos, at.pos-min(at.pos, seekWindow-seekOverlap))
	b := x.look(t.Side, from, min(at.pos+seekOverlap, t.Pos+t.Bytes))
	for base := 0; base < len(b); {
		i, j, ok := q.matchBytes(b[base:])
		if !ok || j <= i || from+uint64(base+i) >= at.pos {
			break
		}
		hit = followPlace{known: true, pos: from + uint64(base+i), end: from + uint64(base+j)}
		base += i + 1
	}
	at.pos = from
	return hit
}

// found are the cells of a line that a search has found.
func (x *followIndex) found(l *followLine, q *query) []followSpot {
	if l.n == 0 {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	t := &x.stream.Turns()[x.stream.Turn(l.chunk)]
	const around = 256 // bytes before and behind the line that may belong to what is found
	from := max(t.Pos, l.pos-min(l.pos, around))
	b := x.look(l.side, from, min(l.pos+uint64(min(l.n, seekWindow))+around, t.Pos+t.Bytes))
	var spots, out []followSpot
	for base := 0; base < len(b); {
		i, j, ok := q.matchBytes(b[base:])
		if !ok || j <= i {
			break
		}
		a, z := from+uint64(base+i), from+uint64(base+j)
		base += j
		if z <= l.pos || a >= l.pos+uint64(l.n) {
			continue
		}
		if spots == nil {
			spots = x.spotsOf(l)
		}
		for _, s := range spots {
			if p := l.pos + uint64(s.off); p+uint64(s.n) > a && p < z {
				out = append(out, s)
			}
		}
	}
	return out
}

// followSeek is a search of the follow view: the one under way, and what is counted.
type followSeek struct {
	kind    findKind // what the prompt is set to
	q       *query   // what was looked for last; nil nothing
	id      int      // of the search under way
	era     int      // of what is counted
	running bool
	dir     int
	wrapped bool // it has passed an end
	from    followPlace
	hit     followPlace // what was found last

	hits  []followPlace // those counted so far, in order
	tally tally
}

// tally is how far the counting has come.
type tally struct {
	running bool
	next    followPlace
	ended   bool // all that is there is counted
	full    bool // there are more than are counted
	stale   bool // the conversation has grown since
}

// seekMsg reports a part of a search, or of the counting.
type seekMsg struct {
	id    int // of the search; of the counting, its era
	count bool
	hits  []followPlace
	res   seekResult
}

// forget begins to count anew.
func (k *followSeek) forget() {
	k.era++
	k.running = false
	k.hits, k.tally, k.hit = nil, tally{}, followPlace{}
}

// startSeek gives a command that looks for the next place, or the one before; here
// says that the byte under the cursor counts.
func (m *Model) startSeek(dir int, here bool) tea.Cmd {
	p := &m.conv
	k := &p.seek
	if k.q == nil {
		m.say("nothing has been looked for yet: / finds", false)
		return nil
	}
	if p.index == nil {
		return nil
	}
	from := p.index.at(p.cur, p.col)
	if l := p.index.get(p.cur, 1); from.known && dir > 0 && !here && len(l) == 1 && (l[0].n > 0 || p.form == formMessages) {
		from.pos++
		from.line++
	}
	k.id++
	k.running, k.dir, k.wrapped, k.from = true, dir, false, from
	return m.seekOn(from)
}

// seekOn gives the command that goes on from a place.
func (m *Model) seekOn(from followPlace) tea.Cmd {
	k := &m.conv.seek
	x, q, id, dir := m.conv.index, k.q, k.id, k.dir
	return func() tea.Msg {
		return seekMsg{id: id, res: x.seek(q, from, dir, time.Now().Add(chunkTime))}
	}
}

// countOn gives the command that counts what is found, nil if there is nothing to do.
func (m *Model) countOn() tea.Cmd {
	p := &m.conv
	k := &p.seek
	t := &k.tally
	if k.q == nil || p.index == nil || p.running || t.running || t.full || t.ended && !t.stale {
		return nil
	}
	if t.stale && t.ended {
		t.ended, t.stale = false, false
		if p.form == formMessages {
			k.hits, t.next = nil, followPlace{} // they may stand in another order now
		}
	}
	t.running = true
	x, q, id, next, room := p.index, k.q, k.era, t.next, mostHits-len(k.hits)
	return func() tea.Msg {
		msg := seekMsg{id: id, count: true, res: seekResult{next: next}}
		for deadline := time.Now().Add(chunkTime); time.Now().Before(deadline) && !msg.res.ended && len(msg.hits) < room; {
			r := x.seek(q, msg.res.next, 1, deadline)
			if r.hit.known {
				msg.hits = append(msg.hits, r.hit)
				r.next.pos, r.next.line = max(r.hit.end, r.hit.pos+1), r.hit.line+1
			}
			msg.res = r
		}
		return msg
	}
}

// takeSeek takes over what a search has found.
func (m *Model) takeSeek(msg seekMsg) tea.Cmd {
	p := &m.conv
	k := &p.seek
	if msg.count {
		if msg.id == k.era {
			k.tally.running = false
			k.hits = append(k.hits, msg.hits...)
			k.tally.next, k.tally.ended, k.tally.full = msg.res.next, msg.res.ended, len(k.hits) >= mostHits
		}
		return nil
	}
	if msg.id != k.id || !k.running {
		return nil
	}
	switch {
	case msg.res.hit.known:
	case !msg.res.ended:
		return m.seekOn(msg.res.next)
	case !k.wrapped:
		k.wrapped = true
		return m.seekOn(followPlace{})
	default:
		k.running = false
		m.say(k.q.text+": not found", true)
		return nil
	}
	k.running = false
	hit := msg.res.hit
	switch {
	case k.wrapped && k.hit.known && hit == k.hit:
		m.say("this is the only one", false)
	case k.wrapped && k.dir > 0:
		m.say("past the end: on from the beginning", false)
	case k.wrapped:
		m.say("past the beginning: on from the end", false)
	}
	k.hit = hit
	p.goTo, p.tail = hit, false
	return nil
}

// hits says which of how many was found last: "hit 3 of 17"; empty if nothing was.
func (p *followPane) hitText() string {
	k := &p.seek
	if k.q == nil || !k.hit.known {
		return ""
	}
	all := strconv.Itoa(len(k.hits))
	if !k.tally.ended || k.tally.full {
		all += "+"
	}
	i := sort.Search(len(k.hits), func(i int) bool {
		h := &k.hits[i]
		if h.turn != k.hit.turn {
			return h.turn > k.hit.turn
		}
		if h.line != k.hit.line {
			return h.line > k.hit.line
		}
		return h.pos >= k.hit.pos
	})
	if i < len(k.hits) {
		return "hit " + strconv.Itoa(i+1) + " of " + all
	}
	return all + " hits"
}

// findInFollow looks for what was typed, from the cursor on.
func (m *Model) findInFollow(s string) tea.Cmd {
	p, k := &m.prompt, &m.conv.seek
	if s == "" {
		p.close()
		k.q = nil
		k.forget()
		return nil
	}
	q, err := newQuery(k.kind, findInBytes, s, m.lookup)
	if err != nil {
		p.message = err.Error()
		return nil
	}
	p.keep(s)
	p.close()
	again := k.q != nil && k.q.text == q.text && k.q.kind == q.kind
	k.q = &q
	k.forget()
	return m.startSeek(1, !again)
}
