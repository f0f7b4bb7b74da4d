// Package scan runs display filters over a trace: on all cores, in order, from
// where the user looks, and no further than it is wanted.
//
//	s := scan.New(tr, trace.SecondVisit)
//	err := s.Run(ctx, f, scan.Query{Snap: tr.Snapshot(), From: 1}, func(b scan.Batch) bool {
//		…
//		return true
//	})
//
// What dissecting a packet told of a test of the expression is kept, by the test and
// for as long as nothing happens that could change it: the same test in another
// expression, or the same expression again, then needs no dissection. What the rows
// of the trace can answer is not kept, since asking them is faster.
package scan

import (
	"context"
	"runtime"
	"sync"

	"tcplens/dissect/filter"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// Scanner runs filters over one trace. It may be used by several goroutines.
type Scanner struct {
	t     *trace.Trace
	visit trace.Visit
	kept  *kept

	mu   sync.Mutex
	idle []*worker // of earlier runs of f, since they know the conversations
	f    *filter.Filter
}

// worker is what one goroutine needs.
type worker struct{ m *trace.Matcher }

// New makes a scanner that judges packets as of a visit.
func New(t *trace.Trace, v trace.Visit) *Scanner {
	return &Scanner{t: t, visit: v, kept: newKept()}
}

// Query says which packets are to be looked at, and in which order.
type Query struct {
	Snap trace.Snapshot
	// From is the packet to begin with: those from it on come first, in order, then
	// those before it, the nearest blocks first. Numbers outside are moved inside.
	From packet.Number
	// Only leaves out the packets before From.
	Only bool
}

// Batch is what was found in a block of packets.
type Batch struct {
	First, Last packet.Number   // looked at
	Found       []packet.Number // that match, in order; the receiver may keep them
}

// blockRows is how many packets are looked at as one, enough that handing them out
// costs nothing. The blocks of a trace are aligned, so that what is kept of them is
// found again. The first ones of a query are parts of blocks, from firstRows on, so
// that a first screen comes at once.
const (
	blockRows = 4096
	firstRows = 64
)

// Run looks at packets and calls emit with each block, in the order of the query and
// from one goroutine at a time, until all were looked at, emit says false, or ctx is
// done; then it gives the error of ctx. A nil filter is satisfied by every packet.
func (s *Scanner) Run(ctx context.Context, f *filter.Filter, q Query, emit func(Batch) bool) error {
	blocks := q.blocks()
	n := min(runtime.GOMAXPROCS(0), len(blocks))
	if n <= 1 {
		w := s.worker(f)
		defer s.rest(f, w)
		for _, b := range blocks {
			found := s.look(ctx, w, f, q.Snap, b)
			if ctx.Err() != nil || !emit(found) {
				break
			}
		}
		return ctx.Err()
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	s.parallel(inner, cancel, f, q.Snap, blocks, n, emit)
	return ctx.Err()
}

// parallel looks at blocks with n goroutines and gives them out in order.
func (s *Scanner) parallel(ctx context.Context, cancel func(), f *filter.Filter, snap trace.Snapshot, blocks []block, n int, emit func(Batch) bool) {
	type job struct {
		b    block
		done chan Batch // has room for one
	}
	ahead := 8 * n // blocks that may be looked at before the one that is waited for
	todo := make(chan job)
	order := make(chan job, ahead)
	var group sync.WaitGroup
	group.Go(func() {
		defer close(todo)
		defer close(order)
		for _, b := range blocks {
			j := job{b, make(chan Batch, 1)}
			select {
			case order <- j:
			case <-ctx.Done():
				return
			}
			select {
			case todo <- j:
			case <-ctx.Done():
				return
			}
		}
	})
	for range n {
		group.Go(func() {
			w := s.worker(f)
			defer s.rest(f, w)
			for j := range todo {
				j.done <- s.look(ctx, w, f, snap, j.b)
			}
		})
	}
	defer group.Wait()
	defer cancel()
	for j := range order {
		select {
		case b := <-j.done:
			if ctx.Err() != nil || !emit(b) {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// worker gives a matcher for f, one that was used before if there is one.
func (s *Scanner) worker(f *filter.Filter) *worker {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := len(s.idle); k > 0 && s.f == f {
		w := s.idle[k-1]
		s.idle = s.idle[:k-1]
		return w
	}
	return &worker{s.t.NewMatcherOf(s.visit, f)}
}

// rest takes a worker back.
func (s *Scanner) rest(f *filter.Filter, w *worker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.f != f {
		s.f, s.idle = f, nil
	}
	s.idle = append(s.idle, w)
}

// look looks at the packets of a block. When ctx is done it may give fewer.
func (s *Scanner) look(ctx context.Context, w *worker, f *filter.Filter, snap trace.Snapshot, b block) Batch {
	out := Batch{First: b.first, Last: b.last}
	var memory *memory // of what the rows do not tell
	for n := b.first; n <= b.last; n++ {
		if n%32 == 0 && ctx.Err() != nil {
			break
		}
		match, ok := w.m.Row(snap, n)
		if !ok {
			if memory == nil {
				memory = s.kept.open(s.t, f, snap.First(), b)
			}
			known, holds := memory.get(n)
			var nowKnown, nowHolds uint64
			match, nowKnown, nowHolds = w.m.MatchKnown(snap, n, known, holds)
			if nowKnown != known {
				memory.put(n, nowKnown, nowHolds)
			}
		}
		if match {
			if out.Found == nil {
				out.Found = make([]packet.Number, 0, b.last-n+1)
			}
			out.Found = append(out.Found, n)
		}
	}
	if memory != nil {
		memory.close()
	}
	return out
}

// block is some packets whose numbers follow each other, all of one aligned block.
type block struct{ first, last packet.Number }

// blocks lists the blocks of a query in its order.
func (q *Query) blocks() []block {
	first, last := q.Snap.First(), q.Snap.Last()
	if first > last {
		return nil
	}
	from := min(max(q.From, first), last+1)
	var out []block
	size := packet.Number(firstRows)
	for n := from; n <= last; size = min(2*size, blockRows) {
		end := min(n-n%blockRows+blockRows-1, n+size-1, last)
		out = append(out, block{n, end})
		n = end + 1
	}
	if q.Only {
		return out
	}
	for n := from; n > first; {
		begin := max((n-1)-(n-1)%blockRows, first)
		out = append(out, block{begin, n - 1})
		n = begin
	}
	return out
}
