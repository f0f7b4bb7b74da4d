package dissect

import (
	"iter"
	"strings"
)

// NodeFlags say how a node came about.
type NodeFlags uint8

// The node flags.
const (
	Generated NodeFlags = 1 << iota // not in the bytes: shown in brackets
	Hidden                          // for filters and fields only, not shown
	Warn                            // an expert item or a malformed part: shown as a warning
)

// Node is one line of the detail tree: a field, its value and where it stands.
type Node struct {
	Field  *Field // nil for a line that is only text
	Off    int32  // first byte within its source
	Len    int32  // bytes; 0 for a value that has no bytes of its own
	Source uint8  // index into Tree.Sources
	Flags  NodeFlags
	Depth  uint8 // 0 for protocols

	parent, next, first, last int32

	num    uint64 // integers, booleans, times (ns), frame numbers
	raw    []byte // bytes and addresses; aliases the source
	str    string // strings
	text   string // the whole label, where it is not the field's own
	suffix string // what follows the field's own label
}

// Source is one block of bytes that nodes point into: the frame itself, or
// what was put together from several.
type Source struct {
	Name  string // "Frame", "Reassembled TCP", "Reassembled IPv4"
	Bytes []byte
}

// Tree is the detail tree of one packet. Nodes are held in the order in which
// they were found, a parent before its children. It belongs to one goroutine
// until its dissection is over; then it is only read.
type Tree struct {
	Nodes   []Node
	Sources []Source

	first, last int32
	open        []int32 // the nodes that new ones go into
}

func (t *Tree) reset() {
	clear(t.Nodes)
	t.Nodes, t.Sources, t.open = t.Nodes[:0], t.Sources[:0], t.open[:0]
	t.first, t.last = -1, -1
}

// maxNodes bounds a tree: no packet of sense has more lines, and hostile ones
// must not take memory without end. What is beyond is counted by a last line.
const maxNodes = 20000

// add puts a node under the open one and gives its index; −1 when the tree is full.
func (t *Tree) add(n Node) int32 {
	if len(t.Nodes) >= maxNodes {
		return -1
	}
	i := int32(len(t.Nodes))
	n.parent, n.next, n.first, n.last = -1, -1, -1, -1
	if k := len(t.open); k > 0 {
		n.parent = t.open[k-1]
	}
	if n.parent >= 0 {
		p := &t.Nodes[n.parent]
		n.Depth = p.Depth + 1
		if p.last >= 0 {
			t.Nodes[p.last].next = i
		} else {
			p.first = i
		}
		p.last = i
	} else {
		if t.last >= 0 {
			t.Nodes[t.last].next = i
		} else {
			t.first = i
		}
		t.last = i
	}
	t.Nodes = append(t.Nodes, n)
	return i
}

// moveAfter puts node i behind another one of the same parent.
func (t *Tree) moveAfter(i, after int32) {
	n, to := &t.Nodes[i], &t.Nodes[after]
	if i == after || to.next == i || n.parent != to.parent {
		return
	}
	first, last := &t.first, &t.last
	if n.parent >= 0 {
		first, last = &t.Nodes[n.parent].first, &t.Nodes[n.parent].last
	}
	before := int32(-1)
	for k := *first; k >= 0 && k != i; k = t.Nodes[k].next {
		before = k
	}
	if before < 0 {
		*first = n.next
	} else {
		t.Nodes[before].next = n.next
	}
	if *last == i {
		*last = before
	}
	n.next, to.next = to.next, i
	if *last == after {
		*last = i
	}
}

// full says that nothing more is added.
func (t *Tree) full() bool { return len(t.Nodes) >= maxNodes }

// First gives the index of the first node at the top, −1 for an empty tree.
func (t *Tree) First() int {
	if len(t.Nodes) == 0 {
		return -1
	}
	return int(t.first)
}

// Next gives the index of node i's next sibling, −1 if it is the last.
func (t *Tree) Next(i int) int { return int(t.Nodes[i].next) }

// Child gives the index of node i's first child, −1 if it has none.
func (t *Tree) Child(i int) int { return int(t.Nodes[i].first) }

// Parent gives the index of the node that i is under, −1 at the top.
func (t *Tree) Parent(i int) int { return int(t.Nodes[i].parent) }

// At finds the deepest visible node that covers byte off of a source, −1 if
// there is none. Of equally deep ones the shortest wins.
func (t *Tree) At(source, off int) int {
	best := -1
	for i := range t.Nodes {
		n := &t.Nodes[i]
		if int(n.Source) != source || n.Flags&Hidden != 0 || n.Len <= 0 || off < int(n.Off) || off >= int(n.Off)+int(n.Len) {
			continue
		}
		if n.Field == pFrame.self() {
			continue
		}
		if best < 0 || n.Len < t.Nodes[best].Len || n.Len == t.Nodes[best].Len && n.Depth > t.Nodes[best].Depth && n.Flags&Generated == 0 {
			best = i
		}
	}
	return best
}

// Find calls f with each node of a field or protocol, in the tree's order (which
// is not that of Nodes: a trailer is found after the payload before it), until f
// says false. Hidden nodes count.
func (t *Tree) Find(abbrev string, f func(*Node) bool) {
	for n := range t.All() {
		if n.Field != nil && n.Field.Abbrev == abbrev && !f(n) {
			return
		}
	}
}

// All goes through the nodes in the tree's order, hidden ones too.
func (t *Tree) All() iter.Seq[*Node] {
	return func(yield func(*Node) bool) {
		for i := t.First(); i >= 0; i = t.after(i) {
			if !yield(&t.Nodes[i]) {
				return
			}
		}
	}
}

// after gives the node that follows i depth first, hidden or not; −1 at the end.
func (t *Tree) after(i int) int {
	if c := t.Child(i); c >= 0 {
		return c
	}
	for i >= 0 && t.Next(i) < 0 {
		i = t.Parent(i)
	}
	if i < 0 {
		return -1
	}
	return t.Next(i)
}

// Walk visits the visible nodes depth first, with their index and depth, until f says false.
func (t *Tree) Walk(f func(i, depth int, n *Node) bool) {
	i := t.First()
	depth := 0
	for i >= 0 {
		n := &t.Nodes[i]
		if n.Flags&Hidden == 0 {
			if !f(i, depth, n) {
				return
			}
			if n.first >= 0 {
				i, depth = int(n.first), depth+1
				continue
			}
		}
		for n.next < 0 && n.parent >= 0 {
			i, depth = int(n.parent), depth-1
			n = &t.Nodes[i]
		}
		i = int(n.next)
	}
}

// Text writes the whole tree as tshark -V does: four spaces a level.
func (t *Tree) Text() string {
	var b strings.Builder
	t.Walk(func(_, depth int, n *Node) bool {
		for range depth {
			b.WriteString("    ")
		}
		b.WriteString(n.Label())
		b.WriteByte('\n')
		return true
	})
	return b.String()
}

// append adds to the node's label. It and the other methods that change a node
// may be called on nil: without a tree there is nothing to change.
func (n *Node) append(s string) {
	if n == nil {
		return
	}
	if n.text != "" {
		n.text += s
		return
	}
	n.suffix += s
}

// label replaces the node's whole label.
func (n *Node) label(s string) {
	if n != nil {
		n.text, n.suffix = s, ""
	}
}

// mark sets flags.
func (n *Node) mark(f NodeFlags) *Node {
	if n != nil {
		n.Flags |= f
	}
	return n
}

// span sets where the node stands.
func (n *Node) span(off, length int) *Node {
	if n != nil {
		n.Off, n.Len = int32(off), int32(length)
	}
	return n
}
