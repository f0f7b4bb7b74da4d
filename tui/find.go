package tui

import (
	"context"
	"runtime"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// finder looks for a packet, from the selected one on, and around the end.
type finder struct {
	kind    findKind // what the prompt is set to
	in      findIn
	what    query // what was looked for last with ^F
	id      int
	running bool
	problem bool // it is the next problem that is looked for
	again   int  // steps on, or back, that were asked for meanwhile
	done    int  // packets looked at
	of      int  // packets to look at
}

// places says whether it can be said where the prompt's kind of thing is looked for.
func (f *finder) places() bool { return f.kind == findText || f.kind == findRegexp }

// findMsg reports a part of a search.
type findMsg struct {
	id      int
	hit     hit
	wrapped int // 1: the last packet was passed on the way, −1: the first
	done    int
	next    func() tea.Msg // goes on; nil when all have been looked at
}

// start gives a command that looks for q among the packets shown, in direction
// dir from the selected one.
func (f *finder) start(ctx context.Context, s *source, p *listPane, q query, dir int) tea.Cmd {
	n := p.count(s)
	if n == 0 {
		return nil
	}
	f.id++
	f.running, f.problem, f.again, f.done, f.of = true, false, 0, 0, n
	w := walk{
		ctx: ctx, id: f.id, dir: dir, n: n, from: min(p.index(s, p.cur), n-1), left: n,
		snap: s.snap, shown: p.shown, filtered: p.filtered,
	}
	if p.order != nil {
		w.shown, w.filtered = p.order, true
	}
	for range runtime.GOMAXPROCS(0) {
		w.seekers = append(w.seekers, newSeeker(s.tr, s.snap, q))
	}
	return w.step
}

// walk is a search under way. It is handed from one command to the next.
type walk struct {
	ctx      context.Context
	id       int
	dir      int
	from     int // where the search began; it is looked at last
	left     int // packets that have not been looked at
	n        int
	snap     trace.Snapshot
	shown    []packet.Number
	filtered bool
	seekers  []*seeker // one a goroutine
}

// stretch is how many packets a goroutine looks at before all wait for each other:
// the first hit in order counts.
const stretch = 512

func (w walk) step() tea.Msg {
	end := time.Now().Add(chunkTime)
	hits := make([]hit, len(w.seekers))
	for w.left > 0 {
		done := w.n - w.left
		var wg sync.WaitGroup
		for g, s := range w.seekers {
			first := done + g*stretch
			wg.Go(func() {
				hits[g] = hit{}
				for i := first; i < min(first+stretch, w.n); i++ {
					if h, ok := s.look(w.packet(i)); ok {
						hits[g] = h
						hits[g].step = i
						return
					}
				}
			})
		}
		wg.Wait()
		for _, h := range hits {
			if h.n != 0 {
				return findMsg{id: w.id, hit: h, wrapped: w.wrapped(h.step), done: h.step + 1}
			}
		}
		w.left = max(w.left-stretch*len(w.seekers), 0)
		if w.left > 0 && (w.ctx.Err() != nil || time.Now().After(end)) {
			return findMsg{id: w.id, done: w.n - w.left, next: w.step}
		}
	}
	return findMsg{id: w.id, done: w.n}
}

// packet gives the packet that is looked at after i others.
func (w *walk) packet(i int) packet.Number {
	at := ((w.from+w.dir*(i+1))%w.n + w.n) % w.n
	if w.filtered {
		return w.shown[at]
	}
	return w.snap.First() + packet.Number(at)
}

// wrapped says which end of the packets is passed on the way to the one that is
// looked at after i others: 1 the last, −1 the first, 0 none.
func (w *walk) wrapped(i int) int {
	switch at := w.from + w.dir*(i+1); {
	case at < 0:
		return -1
	case at >= w.n:
		return 1
	}
	return 0
}
