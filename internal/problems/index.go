package problems

import (
	"context"
	"math"
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"time"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// Index is what has been found in one trace so far. Step belongs to one goroutine at
// a time; everything else may be called from any.
type Index struct {
	t      *trace.Trace
	lookup dissect.Lookup

	mu      sync.Mutex // guards what follows
	rowed   packet.Number
	looked  packet.Number // trees up to here have been looked at
	first   packet.Number // the oldest packet that is kept
	groups  map[Key]*group
	fromRow [rowItemCount][classCount]*group
	notes   [noteCount]*group

	streams []stream // by tcp.stream
	gaps    map[uint32][]gap
	doubt   []packet.Number        // segments whose gaps have changed in this row
	moved   map[packet.Number]bool // segments whose gaps the capture has made, or not, since the last settle

	newest     packet.Time // of the last row
	back       int64       // ns: the longest step back in time
	cut        uint32      // bytes: the longest packet that was cut
	unseen     uint64      // bytes that were acknowledged and never captured
	longest    uint32      // bytes: the longest joined segment
	longestAt  packet.Number
	longestMSS uint16
	leastMSS   uint16
	open       uint64 // conversations that had not ended when the capture did

	// Of Step alone.
	workers []*worker
	found   [][]finding
	waiting []packet.Number // packets to be looked at again: what they lack may still come
	ended   bool            // endings has been called
}

// New makes an index over a trace. Nothing is looked at before Step.
func New(t *trace.Trace) *Index {
	x := &Index{
		t: t, lookup: dissect.NewLookup(), groups: make(map[Key]*group), gaps: make(map[uint32][]gap),
		moved: make(map[packet.Number]bool), leastMSS: math.MaxUint16,
	}
	for i := range rowItems {
		it := &rowItems[i]
		name := it.kind
		if f := x.lookup[it.kind]; len(f) > 0 {
			name = f[0].Name
		}
		for _, c := range [...]Class{Fault, Ordinary, Explained} {
			x.fromRow[i][c] = x.group(Key{Class: c, Kind: it.kind, Protocol: "TCP", Severity: it.sev, Group: it.group}, name)
		}
	}
	return x
}

// byRow is the group of one of the rows' items: Fault, Ordinary or Explained.
func (x *Index) byRow(i int, c Class) *group { return x.fromRow[i][c] }

// group finds or makes a group; nil when there are too many.
func (x *Index) group(k Key, summary string) *group {
	g := x.groups[k]
	if g == nil {
		if len(x.groups) >= maxGroups {
			return nil
		}
		g = &group{Key: k, summary: summary}
		x.groups[k] = g
	}
	return g
}

// settle brings all groups in order.
func (x *Index) settle() {
	x.moveLost()
	for _, g := range x.groups {
		g.settle()
	}
	for _, g := range x.notes {
		if g != nil {
			g.settle()
		}
	}
}

// Progress says how far an index has got.
type Progress struct {
	Rows  packet.Number // what the rows say is in the index up to this packet
	Trees packet.Number // and all the rest up to this one
	Done  bool          // both have reached the end of the snapshot that Step was given
}

// Progress says how far the index has got, as of the last Step.
func (x *Index) Progress() Progress {
	x.mu.Lock()
	defer x.mu.Unlock()
	return Progress{Rows: x.rowed, Trees: x.looked}
}

// rowSlice is how many rows are looked at under the lock, so that whoever asks does
// not wait.
const rowSlice = 1 << 13

// Step goes on with the packets of a snapshot until it has seen them all, the
// context ends, or until has passed. It uses all processors. done says that the trace
// will not grow any more and that the snapshot has all of it.
func (x *Index) Step(ctx context.Context, s trace.Snapshot, done bool, until time.Time) Progress {
	more := func() bool { return ctx.Err() == nil && time.Now().Before(until) }
	x.evict(s.First())
	for first := true; first || more(); first = false {
		x.mu.Lock()
		x.rows(s, rowSlice)
		all := x.rowed >= s.Last()
		x.mu.Unlock()
		if all {
			break
		}
	}
	p := x.Progress()
	for p.Rows >= s.Last() && p.Trees < s.Last() && more() {
		x.trees(ctx, s, until)
		p = x.Progress()
	}
	x.again(s, done)
	p = x.Progress()
	p.Done = p.Rows >= s.Last() && p.Trees >= s.Last()
	switch {
	case done && p.Done && !x.ended:
		x.ended = true
		x.endings()
	case !done && x.ended: // it was taken up again
		x.ended = false
		x.mu.Lock()
		x.open, x.notes[noteOpen] = 0, nil
		x.mu.Unlock()
	}
	return p
}

// Rows takes what the rows of a snapshot say into the index, all of them unless the
// context ends. It may run beside Step.
func (x *Index) Rows(ctx context.Context, s trace.Snapshot) {
	for all := false; !all && ctx.Err() == nil; {
		x.mu.Lock()
		x.rows(s, rowSlice)
		all = x.rowed >= s.Last()
		x.mu.Unlock()
	}
}

// All looks at the whole of a trace that is done.
func (x *Index) All(ctx context.Context) {
	s := x.t.Snapshot()
	for !x.Step(ctx, s, true, time.Now().Add(time.Second)).Done && ctx.Err() == nil {
	}
}

// evict forgets packets that the trace does not keep any more.
func (x *Index) evict(first packet.Number) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if first <= x.first {
		return
	}
	x.first = first
	for _, g := range x.groups {
		g.evict(first)
	}
	for _, g := range x.notes {
		if g != nil {
			g.evict(first)
		}
	}
	i, _ := slices.BinarySearch(x.waiting, first)
	x.waiting = x.waiting[i:]
}

// Groups lists what has been found, in the order in which it is shown: the capture's
// own matters, then faults, what is ordinary, and the items that the capture explains.
func (x *Index) Groups() []Group {
	st := x.t.Status()
	ifaces := x.t.Interfaces()
	x.mu.Lock()
	defer x.mu.Unlock()
	out := x.ownNotes(st, ifaces)
	for _, g := range x.groups {
		if len(g.occ) == 0 {
			continue
		}
		v := g.view()
		if g.Class != Explained {
			if f := x.lookup[g.Kind]; len(f) > 0 && g.Kind != malformedKind {
				v.Filter = g.Kind
			}
		}
		if g.Kind == malformedKind {
			v.Filter = "_ws.malformed"
		}
		out = append(out, v)
	}
	slices.SortFunc(out, compare)
	return out
}

// Occurrences gives up to len(buf) packets of a group, from the i-th on, in order,
// and how many it filled in.
func (x *Index) Occurrences(k Key, i int, buf []packet.Number) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	g := x.find(k)
	if g == nil || i < 0 || i >= len(g.occ) {
		return 0
	}
	return copy(buf, g.occ[i:])
}

// Place gives the index of packet n among a group's packets, or that of the next one.
func (x *Index) Place(k Key, n packet.Number) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	g := x.find(k)
	if g == nil {
		return 0
	}
	i, _ := slices.BinarySearch(g.occ, n)
	return i
}

func (x *Index) find(k Key) *group {
	if k.Class == Capture {
		for _, g := range x.notes {
			if g != nil && g.Kind == k.Kind {
				return g
			}
		}
		return nil
	}
	return x.groups[k]
}

// Next gives the nearest packet beyond n, in direction dir (1 or −1), of which a fault
// is known; 0 if there is none. Of packets beyond Progress.Trees only what their rows
// tell is known.
func (x *Index) Next(n packet.Number, dir int) packet.Number {
	x.mu.Lock()
	defer x.mu.Unlock()
	var best packet.Number
	for _, g := range x.groups {
		if g.Class != Fault {
			continue
		}
		i, ok := slices.BinarySearch(g.occ, n)
		if dir < 0 {
			i--
		} else if ok {
			i++
		}
		if i < 0 || i >= len(g.occ) {
			continue
		}
		if m := g.occ[i]; best == 0 || (dir > 0) == (m < best) {
			best = m
		}
	}
	return best
}

// Seeker looks at single packets whether or not the index has got to them. It belongs
// to one goroutine.
type Seeker struct {
	x   *Index
	w   *worker
	out []finding
}

// NewSeeker makes a seeker.
func (x *Index) NewSeeker() *Seeker { return &Seeker{x: x, w: newWorker(x.t)} }

// Fault says whether packet n has a fault.
func (k *Seeker) Fault(s trace.Snapshot, n packet.Number) bool {
	if n <= k.x.Progress().Trees {
		return k.x.Next(n-1, 1) == n
	}
	r := s.Row(n)
	if r == nil {
		return false
	}
	set := itemsOf(r)
	if set != 0 && k.x.Next(n-1, 1) != n && k.x.Progress().Rows >= n {
		set = 0 // the capture explains it, or it is ordinary
	}
	k.out = k.w.look(s, n, true, k.out[:0])
	for i := range k.out {
		switch f := &k.out[i]; {
		case f.what == foundItem && f.item.Class == Fault:
			return true
		case f.what == foundTwin:
			set = 0
		case f.what == foundGone:
			set &^= f.set
		}
	}
	for ; set != 0; set &= set - 1 {
		if it := &rowItems[bits.TrailingZeros32(uint32(set))]; classOf(it.kind, it.sev) == Fault {
			return true
		}
	}
	return false
}

// processors is how many goroutines a scan has.
func processors() int { return max(1, runtime.GOMAXPROCS(0)) }
