package flowgraph

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// Conversation names a conversation of a trace.
type Conversation struct {
	Kind   trace.Kind
	Stream uint32
}

// MostConversations is how many conversations one graph may have.
const MostConversations = 256

// OpenMany makes one graph of several conversations of a trace, merged by time. One
// is what Open makes. It fails when there is none, or one does not exist, or there
// are more than MostConversations.
func OpenMany(t *trace.Trace, list []Conversation) (*Graph, error) {
	switch {
	case len(list) == 0:
		return nil, errors.New("no conversation to draw: name one, or widen the filter")
	case len(list) > MostConversations:
		return nil, fmt.Errorf("%d conversations are too many for one graph: at most %d", len(list), MostConversations)
	}
	var parts []*Graph
	for i, c := range list {
		if slices.Index(list, c) < i {
			continue // named twice
		}
		g, err := Open(t, c.Kind, c.Stream)
		if err != nil {
			return nil, err
		}
		parts = append(parts, g)
	}
	return Join(parts...), nil
}

// Join makes one graph of several, merged by time. The parts are the graph's from
// then on. A single one is given back as it is.
func Join(parts ...*Graph) *Graph {
	if len(parts) == 1 {
		return parts[0]
	}
	g := &Graph{parts: parts, info: Info{Kind: trace.TCP, Server: -1}}
	g.arrange()
	return g
}

// conversation names the graph's own.
func (g *Graph) conversation() Conversation { return Conversation{g.info.Kind, g.info.Stream} }

// Parts gives the conversations of a graph: itself if it is of one.
func (g *Graph) Parts() []*Graph {
	if g.parts == nil {
		return []*Graph{g}
	}
	return g.parts
}

// lane is an upright line of the drawing: an endpoint, or several of one host.
type lane struct {
	end  packet.Endpoint // the first one
	ends int             // how many
	host bool            // it stands for a host's client ports
}

// Limits of lanes.
const (
	fewLanes   = 8 // as many endpoints have a lane each
	permutable = 7 // lanes whose best order is looked for among all
)

// arrange makes the lanes of a joined graph, and puts them in an order in which the
// arrows cross few of them.
func (g *Graph) arrange() {
	g.lanes, g.laneOf = g.makeLanes(false)
	if len(g.lanes) > fewLanes {
		g.lanes, g.laneOf = g.makeLanes(true)
	}
	order := g.order()
	lanes := make([]lane, len(g.lanes))
	for i, at := range order {
		lanes[at] = g.lanes[i]
	}
	for p := range g.laneOf {
		for dir, k := range g.laneOf[p] {
			g.laneOf[p][dir] = order[k]
		}
	}
	g.lanes = lanes
}

// makeLanes gives the lanes and, for each part, those of its nodes. An endpoint has
// a lane of its own; but a client that is on the host of another part's server,
// which is what a proxy does, shares that server's lane, if the addresses tell hosts
// apart. When grouped, all client ports of a host that talk to one server share one.
func (g *Graph) makeLanes(grouped bool) (lanes []lane, of [][2]int) {
	of = make([][2]int, len(g.parts))
	at := map[string]int{}
	find := func(key string, end packet.Endpoint, host bool) int {
		k, ok := at[key]
		if !ok {
			k = len(lanes)
			at[key] = k
			lanes = append(lanes, lane{end: end, host: host})
		}
		return k
	}
	servers := map[string][]int{} // by address
	for p, part := range g.parts {
		c := part.client()
		end := part.info.Node[c^1]
		n := len(lanes)
		of[p][c^1] = find(end.String(), end, false)
		if len(lanes) > n {
			servers[end.Addr.String()] = append(servers[end.Addr.String()], n)
		}
	}
	for p, part := range g.parts {
		c := part.client()
		end, far := part.info.Node[c], part.info.Node[c^1]
		own := servers[end.Addr.String()]
		k, known := at[end.String()]
		switch {
		case known:
		case len(own) == 1 && end.Addr != far.Addr && !end.Addr.IsLoopback():
			k = own[0]
		case grouped:
			k = find(end.Addr.String()+" to "+far.String(), end, true)
		default:
			k = find(end.String(), end, false)
		}
		of[p][c] = k
		if lanes[k].end != end || lanes[k].ends == 0 {
			lanes[k].ends++
		}
	}
	return lanes, of
}

// order gives the place of each lane, so that the arrows cross as few lanes as can
// be and clients stand left of their servers.
func (g *Graph) order() []int {
	n := len(g.lanes)
	place := make([]int, n)
	for i := range place {
		place[i] = i
	}
	// First come those whose conversation begins first, the client before the server.
	next := 0
	first := make([]int, n)
	for i := range first {
		first[i] = -1
	}
	for p, part := range g.parts {
		c := part.client()
		for _, k := range []int{g.laneOf[p][c], g.laneOf[p][c^1]} {
			if first[k] < 0 {
				first[k] = next
				next++
			}
		}
	}
	copy(place, first)
	best, cost := slices.Clone(place), g.cost(place)
	if n <= permutable {
		permute(place, func(p []int) {
			if c := g.cost(p); c < cost {
				best, cost = slices.Clone(p), c
			}
		})
		return best
	}
	for better, rounds := true, 0; better && rounds < n; rounds++ {
		better = false
		for i := range n {
			for j := range i {
				best[i], best[j] = best[j], best[i]
				if c := g.cost(best); c < cost-1e-9 {
					cost, better = c, true
				} else {
					best[i], best[j] = best[j], best[i]
				}
			}
		}
	}
	return best
}

// cost is how many lanes the conversations cross; a little more for each that goes
// from right to left.
func (g *Graph) cost(place []int) float64 {
	sum := 0.0
	for p, part := range g.parts {
		c := part.client()
		a, b := place[g.laneOf[p][c]], place[g.laneOf[p][c^1]]
		sum += math.Abs(float64(a-b)) - 1
		if a > b {
			sum += 0.25
		}
	}
	return sum
}

// permute calls f with every order of p (Heap's algorithm). p is in its first order
// again afterwards or not.
func permute(p []int, f func([]int)) {
	var do func(k int)
	do = func(k int) {
		if k <= 1 {
			f(p)
			return
		}
		for i := range k {
			do(k - 1)
			if j := k - 1; k%2 == 0 {
				p[i], p[j] = p[j], p[i]
			} else {
				p[0], p[j] = p[j], p[0]
			}
		}
	}
	do(len(p))
}

// place is where a line of a joined drawing comes from.
type place struct{ part, item int32 }

// number is what the items of all parts are ordered by: the packet of their first
// event.
func (f *folder) number(item int) packet.Number { return f.g.events[f.items[item].first].Number }

// merge puts the items of all parts in one order: by packet, and within a part as
// they are. It goes on from the first one that is not as it was. What is not said of
// the drawing as a whole is left out: silence in one part while another one speaks.
func (v *View) merge() {
	const never = ^packet.Number(0)
	from := never
	for p := range v.fs {
		if f := &v.fs[p]; f.kept < len(f.items) {
			from = min(from, f.number(f.kept))
		}
	}
	v.order = v.order[:v.body]
	if v.order == nil {
		v.order, from = []place{}, 0
	}
	keep := sort.Search(len(v.order), func(i int) bool {
		x := v.order[i]
		f := &v.fs[x.part]
		return int(x.item) >= len(f.items) || f.number(int(x.item)) >= from
	})
	v.order = v.order[:keep]
	at := make([]int, len(v.fs))
	for p := range v.fs {
		f := &v.fs[p]
		at[p] = sort.Search(len(f.items), func(i int) bool { return f.number(i) >= from })
	}
	for {
		best, number := -1, never
		for p := range v.fs {
			if f := &v.fs[p]; at[p] < len(f.items) {
				if n := f.number(at[p]); best < 0 || n < number {
					best, number = p, n
				}
			}
		}
		if best < 0 {
			break
		}
		f := &v.fs[best]
		if it := &f.items[at[best]]; it.kind != LineIdle || !v.spoken(best, int(it.first)) {
			v.order = append(v.order, place{int32(best), int32(at[best])})
		}
		at[best]++
	}
	v.body = len(v.order)
	for p := range v.fs {
		if v.fs[p].g.ending() != "" {
			v.order = append(v.order, place{int32(p), int32(len(v.fs[p].items))})
		}
	}
}

// spoken says whether another part has a segment between event i of a part and the
// one before it.
func (v *View) spoken(part, i int) bool {
	events := v.fs[part].g.events
	from, to := events[i-1].Number, events[i].Number
	for p := range v.fs {
		if p == part {
			continue
		}
		other := v.fs[p].g.events
		k := sort.Search(len(other), func(k int) bool { return other[k].Number > from })
		if k < len(other) && other[k].Number < to {
			return true
		}
	}
	return false
}

// pick makes v.f the folder that line i comes from, and gives its item; the number
// of the folder's items stands for the line about the capture's end.
func (v *View) pick(i int) int {
	if v.order == nil {
		return i
	}
	v.part = int(v.order[i].part)
	v.f = &v.fs[v.part]
	return int(v.order[i].item)
}

// findMany is Find in a joined drawing.
func (v *View) findMany(n packet.Number) int {
	for p := range v.fs {
		f := &v.fs[p]
		e := f.g.index(n)
		if e < 0 {
			continue
		}
		k := f.lineOf(e)
		if k < 0 {
			return -1
		}
		number := f.number(k)
		i := sort.Search(v.body, func(i int) bool { return v.fs[v.order[i].part].number(int(v.order[i].item)) >= number })
		for ; i < v.body; i++ {
			if x := v.order[i]; int(x.part) == p && int(x.item) == k {
				return i
			}
		}
	}
	return -1
}

// lineOf gives the item that stands for event e, −1 if there is none.
func (f *folder) lineOf(e int) int {
	k := sort.Search(len(f.items), func(k int) bool { return int(f.items[k].last) >= e })
	for ; k < len(f.items); k++ {
		if it := &f.items[k]; it.kind == LineArrow || it.kind == LineFold {
			return k
		}
	}
	return -1
}

// name is what a lane is called, in full.
func (l *lane) name() string {
	if l.host && l.ends > 1 {
		return fmt.Sprintf("%s (%d ports)", l.end.Addr, l.ends)
	}
	return l.end.String()
}

// shortName is what it is called where there is no room.
func (l *lane) shortName() string {
	if l.host && l.ends > 1 {
		return fmt.Sprintf("%d ports", l.ends)
	}
	return ":" + digits(int(l.end.Port))
}

// joinedName lists the conversations: "tcp.stream 3, 4, udp.stream 1".
func (g *Graph) joinedName() string {
	var b strings.Builder
	for i, p := range g.parts {
		switch {
		case i == 0:
			b.WriteString(p.Name())
		case p.info.Kind == g.parts[i-1].info.Kind:
			b.WriteString(", " + digits(int(p.info.Stream)))
		default:
			b.WriteString(", " + p.Name())
		}
	}
	return b.String()
}

// extent is when the first segment of any part was captured, and how long all took.
func (g *Graph) extent() (first packet.Time, ns int64) {
	last, any := packet.Time(0), false
	for _, p := range g.Parts() {
		if n := len(p.events); n > 0 {
			a, b := p.events[0].Time, p.events[n-1].Time
			if !any {
				first, last, any = a, b, true
			}
			first, last = min(first, a), max(last, b)
		}
	}
	return first, int64(last - first)
}
