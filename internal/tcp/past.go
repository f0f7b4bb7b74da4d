package tcp

import "tcplens/internal/packet"

// past is what a conversation must remember of its earlier states, since packets
// are shown by them. Most have none: the numbers of a direction count from the same
// base all the time, and one handshake agrees on the use of ECN.
type past struct {
	bases []baseBefore
	ecn   []ecnBefore
}

// maxPast bounds how many changes of one conversation are remembered.
const maxPast = 1 << 10

// baseBefore is what a SYN+ACK with another number changed (R6). A second visit
// begins with the base that was there in the end and goes by the SYN+ACKs.
type baseBefore struct {
	n      packet.Number
	base   uint32 // what the first visit counted from
	synACK uint32 // the number of the SYN+ACK before
	dir    uint8
}

// ecnBefore is what a SYN or SYN+ACK said of accurate ECN before another one came.
type ecnBefore struct {
	n      packet.Number
	flag   convFlags // which of the two
	before convFlags // it, or 0
}

func (c *Conversation) remember() *past {
	if c.past == nil {
		c.past = &past{}
	}
	return c.past
}

// answered is R6: a SYN+ACK. It takes note of it for the second visit too, to which
// a header counts that was only quoted.
func (c *Conversation) answered(seg *Segment, f *Facts, created bool) {
	d := &c.dirs[f.Dir]
	rebase := !created && d.baseSet && d.base != seg.Seq
	if rebase || d.synACK != 0 && d.synSeq != seg.Seq {
		if p := c.remember(); len(p.bases) < maxPast {
			p.bases = append(p.bases, baseBefore{seg.Number, d.base, d.synSeq, f.Dir})
		}
	}
	if rebase {
		d.base = seg.Seq
		f.Verdict |= ReusedPorts | HasRecord
	}
	if d.synACK == 0 {
		d.synACK = seg.Number
	}
	d.synSeq = seg.Seq
}

// setBase is R12 for one direction.
func (d *direction) setBase(base uint32, n packet.Number) {
	if !d.baseSet {
		d.base, d.baseSet, d.baseIn = base, true, n
	}
}

// BaseAt gives the raw number that counted as 0 of a direction once packet n had
// been put in order; 0 while none did.
func (c *Conversation) BaseAt(dir uint8, n packet.Number) uint32 {
	d := &c.dirs[dir&1]
	if n < d.baseIn {
		return 0
	}
	if c.past != nil {
		for _, b := range c.past.bases {
			if b.dir == dir&1 && b.n > n {
				return b.base
			}
		}
	}
	return d.base
}

// secondBase is BaseAt for the second visit.
func (c *Conversation) secondBase(dir uint8, n packet.Number) uint32 {
	d := &c.dirs[dir&1]
	if !d.baseSet || d.synACK == 0 || n < d.synACK {
		return d.base
	}
	if c.past != nil {
		for _, b := range c.past.bases {
			if b.dir == dir&1 && b.n > n {
				return b.synACK
			}
		}
	}
	return d.synSeq
}

// told sets one of the two flags of accurate ECN, which a SYN and a SYN+ACK decide
// (RFC 9768 §3.1.1, R50).
func (c *Conversation) told(flag convFlags, on bool, n packet.Number) {
	now := convFlags(0)
	if on {
		now = flag
	}
	if flag == synACE && c.synIn == 0 {
		c.synIn = n
	} else if before := c.flags & flag; before != now && n != c.firstSYNACK() {
		if p := c.remember(); len(p.ecn) < maxPast {
			p.ecn = append(p.ecn, ecnBefore{n, flag, before})
		}
	}
	c.flags = c.flags&^flag | now
}

// firstSYNACK is the first SYN+ACK of either side, 0 if there was none.
func (c *Conversation) firstSYNACK() packet.Number {
	a, b := c.dirs[0].synACK, c.dirs[1].synACK
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// ace says whether the three ECN bits count under these flags.
func (f convFlags) ace() bool {
	return f&optACE != 0 || f&(synACE|synACKACE) == synACE|synACKACE
}

// aceAt is whether they count in packet n on a second visit, which begins with what
// was known in the end.
func (c *Conversation) aceAt(n packet.Number) bool {
	f := c.flags
	if c.past != nil {
		for _, flag := range []convFlags{synACE, synACKACE} {
			first := c.synIn
			if flag == synACKACE {
				first = c.firstSYNACK()
			}
			if n < first {
				continue
			}
			for _, e := range c.past.ecn {
				if e.flag == flag && e.n > n {
					f = f&^flag | e.before
					break
				}
			}
		}
	}
	return f.ace()
}

// visited is what a second visit counts from in one packet, for each direction.
type visited struct {
	base, before [2]uint32 // with the packet, and before it
}

// SummaryAt is Summary for a reader that shows packet n.
func (c *Conversation) SummaryAt(n packet.Number) Summary {
	s := c.Summary()
	for i := range c.dirs {
		dir := uint8(i)
		s.at.base[i], s.at.before[i] = c.secondBase(dir, n), c.secondBase(dir, n-1)
	}
	s.AccECN = c.aceAt(n)
	return s
}
