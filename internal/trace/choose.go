package trace

import (
	"tcplens/dissect"
	"tcplens/dissect/filter"
	"tcplens/internal/packet"
)

// Chooser finds the first of several display filters that a packet satisfies. It asks
// the row as long as that can answer, and leaves the tree to the caller, who may need
// it for other things. It belongs to one goroutine.
type Chooser struct {
	facts   Matcher
	filters []*filter.Filter
}

// NewChooser makes a chooser of filters, of which nil ones match no packet.
func (t *Trace) NewChooser(filters []*filter.Filter) *Chooser {
	c := &Chooser{filters: filters, facts: Matcher{t: t}}
	for _, f := range filters {
		c.facts.asks(f)
	}
	return c
}

// Row answers for packet n of a snapshot from its row: the first filter that matches,
// −1 if none does. Where the row does not know, known is false, and i is the filter
// with which Tree has to go on.
func (c *Chooser) Row(s Snapshot, n packet.Number) (i int, known bool) {
	row := s.Row(n)
	if row == nil {
		return -1, true
	}
	x := &c.facts.facts
	c.facts.fill(x, s, n, row)
	for i, f := range c.filters {
		if f == nil {
			continue
		}
		if match, known := f.Rows(x); !known {
			return i, false
		} else if match {
			return i, true
		}
	}
	return -1, true
}

// Tree answers from the tree of a packet, from filter i on: the first that matches,
// −1 if none does.
func (c *Chooser) Tree(t *dissect.Tree, i int) int {
	for ; i < len(c.filters); i++ {
		if f := c.filters[i]; f != nil && f.Match(t) {
			return i
		}
	}
	return -1
}
