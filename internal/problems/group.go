package problems

import (
	"cmp"
	"slices"

	"tcplens/dissect"
	"tcplens/internal/packet"
)

// Class says what a group of items is about.
type Class uint8

// The classes, in the order in which they are shown.
const (
	Capture   Class = iota // the capture itself: named once, with what to do about it
	Fault                  // something that happened on the network or at one of the ends
	Ordinary               // a note on what belongs to the life of a connection
	Explained              // an expert item that the capture itself has caused; not listed, see Capture
	classCount
)

// Key names a group.
type Key struct {
	Class    Class
	Kind     string           // the item's field, "tcp.analysis.retransmission"; of Capture a name of our own
	Protocol string           // "TCP"
	Severity dissect.Severity // Chat for Capture
	Group    dissect.Group    // 0 for Capture
}

// Group is what a list shows of a group of items.
type Group struct {
	Key
	Summary string
	Count   uint64 // items; a packet can have more than one of a kind
	Packets int    // packets that have them, as Index.Occurrences gives them
	First   packet.Number
	Last    packet.Number
	Filter  string // the display filter that selects the packets; empty if there is none
	Advice  string // of Capture: what to do about it
}

// group collects the packets of one group. The Index's lock guards it.
type group struct {
	Key
	summary string
	occ     []packet.Number          // ascending, each once
	more    map[packet.Number]uint32 // items beyond the first, of packets that have several
	extra   uint64                   // sum of more
	late    []packet.Number          // to be put between the others
	gone    []packet.Number          // to be taken out
}

// Limits of what an Index keeps.
const (
	maxGroups = 1024    // kinds of items; those beyond are not counted
	maxMore   = 1 << 16 // packets of a group with several items
)

// put adds an item of packet n.
func (g *group) put(n packet.Number) {
	switch k := len(g.occ); {
	case k == 0 || n > g.occ[k-1]:
		g.occ = append(g.occ, n)
	case n == g.occ[k-1]:
		g.again(n)
	default:
		g.late = append(g.late, n)
	}
}

// again counts another item of a packet that the group has.
func (g *group) again(n packet.Number) {
	if g.more == nil {
		g.more = make(map[packet.Number]uint32)
	}
	if len(g.more) < maxMore || g.more[n] > 0 {
		g.more[n]++
		g.extra++
	}
}

// take takes packet n out when settle is called next.
func (g *group) take(n packet.Number) { g.gone = append(g.gone, n) }

// settle takes out what is gone and puts in what came late.
func (g *group) settle() {
	if len(g.late) > 0 {
		slices.Sort(g.late)
		g.occ = g.merge(g.occ, g.late)
		g.late = g.late[:0]
	}
	if len(g.gone) > 0 {
		slices.Sort(g.gone)
		i := 0
		g.occ = slices.DeleteFunc(g.occ, func(n packet.Number) bool {
			for i < len(g.gone) && g.gone[i] < n {
				i++
			}
			return i < len(g.gone) && g.gone[i] == n
		})
		g.gone = g.gone[:0]
	}
}

// merge gives the union of two ascending lists. Numbers that are in both, or twice
// in the second, are packets with one item more.
func (g *group) merge(a, b []packet.Number) []packet.Number {
	from, _ := slices.BinarySearch(a, b[0])
	tail := slices.Clone(a[from:])
	a = a[:from]
	for len(tail) > 0 || len(b) > 0 {
		var n packet.Number
		switch {
		case len(b) == 0 || len(tail) > 0 && tail[0] <= b[0]:
			n, tail = tail[0], tail[1:]
		default:
			n, b = b[0], b[1:]
		}
		if k := len(a); k > 0 && a[k-1] == n {
			g.again(n)
		} else {
			a = append(a, n)
		}
	}
	return a
}

// evict forgets the packets before first.
func (g *group) evict(first packet.Number) {
	i, _ := slices.BinarySearch(g.occ, first)
	if i == 0 {
		return
	}
	g.occ = g.occ[i:]
	if len(g.occ) < cap(g.occ)/4 {
		g.occ = slices.Clone(g.occ)
	}
	for n, k := range g.more {
		if n < first {
			g.extra -= uint64(k)
			delete(g.more, n)
		}
	}
}

// has says whether packet n is in the group.
func (g *group) has(n packet.Number) bool {
	_, ok := slices.BinarySearch(g.occ, n)
	return ok
}

// view gives what others may see.
func (g *group) view() Group {
	v := Group{Key: g.Key, Summary: g.summary, Count: uint64(len(g.occ)) + g.extra, Packets: len(g.occ)}
	if len(g.occ) > 0 {
		v.First, v.Last = g.occ[0], g.occ[len(g.occ)-1]
	}
	return v
}

// compare orders groups as they are shown: by class, severity, count, and then by
// the first packet.
func compare(a, b Group) int {
	return cmp.Or(cmp.Compare(a.Class, b.Class), -cmp.Compare(a.Severity, b.Severity), -cmp.Compare(a.Count, b.Count),
		cmp.Compare(a.First, b.First), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Protocol, b.Protocol))
}
