package tcp

import "tcplens/internal/packet"

// Table holds the conversations of a capture (R3–R7). One goroutine calls Add, in
// capture order; nothing in it may be used by another.
type Table struct {
	newest map[key]*Conversation // of each pair of ends, the one created last
	slab   []Conversation        // room for the next ones
	last   *Conversation         // of the packet before: bursts come from one
	free   freeList
	count  uint32
}

// NewTable makes an empty table.
func NewTable() *Table { return &Table{newest: make(map[key]*Conversation)} }

// slabSize is how many conversations are allocated at once: they fill one of the
// allocator's blocks of 32 kB.
const slabSize = 56

// Len is how many conversations there have been; the next one gets this number.
func (t *Table) Len() int { return int(t.count) }

// key is the unordered pair of ends (R3), without padding so that the map hashes
// it in one piece.
type key struct {
	lo, hi [16]byte // addresses
	ports  uint32   // that of lo, then that of hi
	family uint32   // 4 or 6 for each: a mapped address is not the plain one
}

// keyOf gives the key of a flow.
func keyOf(f *packet.Flow) key {
	a, b := &f.Src, &f.Dst
	if a.Compare(*b) > 0 {
		a, b = b, a
	}
	k := key{ports: uint32(a.Port)<<16 | uint32(b.Port)}
	k.lo, k.hi = a.Addr.As16(), b.Addr.As16()
	if a.Addr.Is4() {
		k.family |= 1
	}
	if b.Addr.Is4() {
		k.family |= 2
	}
	return k
}

// lookup finds the conversation of a segment and its direction; nil when there is
// none (R4, R7).
func (t *Table) lookup(f *packet.Flow) (*Conversation, uint8) {
	if c := t.last; c != nil {
		if c.flow == *f {
			return c, 0
		}
		if c.flow.Src == f.Dst && c.flow.Dst == f.Src {
			return c, 1
		}
	}
	c := t.newest[keyOf(f)]
	if c == nil || c.flow == *f {
		return c, 0
	}
	return c, 1
}

// create begins a conversation.
func (t *Table) create(seg *Segment) *Conversation {
	if len(t.slab) == 0 {
		t.slab = make([]Conversation, slabSize)
	}
	c := &t.slab[0]
	t.slab = t.slab[1:]
	c.stream, c.flow = t.count, seg.Flow
	c.first, c.firstTime = seg.Number, seg.Time
	for i := range c.dirs {
		c.dirs[i].scale, c.dirs[i].window = ScaleUnknown, unsetWindow
	}
	t.count++
	t.newest[keyOf(&seg.Flow)] = c
	return c
}

// Reserve gives two ends a conversation, with the next number, if they have none: a
// protocol speaks of them before the first of their segments. It returns nil if
// they have one. The conversation's time begins now.
func (t *Table) Reserve(flow packet.Flow, now packet.Time) *Conversation {
	if c, _ := t.lookup(&flow); c != nil {
		return nil
	}
	return t.create(&Segment{Flow: flow, Time: now})
}

// Add puts the next segment of the capture in order: it finds or creates its
// conversation, numbers it and analyses it. The segment isn't kept. What is wrong
// with a segment is a verdict, never an error.
func (t *Table) Add(seg *Segment) (*Conversation, Facts) {
	c, dir := t.lookup(&seg.Flow)
	var f Facts
	created := c == nil
	if c != nil && c.first == 0 { // see Reserve
		c.first = seg.Number
	}
	if created {
		c = t.create(seg)
	} else if seg.Flags&(SYN|ACK) == SYN && c.dirs[dir].baseSet && c.dirs[dir].base != seg.Seq {
		c, dir, created = t.create(seg), 0, true // R5
		c.complete = CompleteSYN
		f.Verdict = ReusedPorts | HasRecord
	}
	t.last = c
	f.Stream, f.Dir, f.Prev = c.stream, dir, c.last
	c.observe(seg, &f, created, &t.free)
	return c, f
}

// observe does all that one segment does to its conversation.
func (c *Conversation) observe(seg *Segment, f *Facts, created bool, free *freeList) {
	own, other := &c.dirs[f.Dir], &c.dirs[f.Dir^1]
	data := seg.Len > 0 && seg.Fit != Quoted
	c.last, c.lastTime = seg.Number, seg.Time
	c.count(seg, f.Dir)

	switch seg.Flags & (SYN | ACK) {
	case SYN:
		if !created && own.baseSet && own.base == seg.Seq { // R5: the same once more
			own.next = own.contig
			f.Verdict |= HasRecord
		}
	case SYN | ACK:
		c.answered(seg, f, created)
	}
	own.sacked = 0 // R39, by quoted headers too
	analysed := seg.Fit == Sound || seg.Fit == Bogus
	if analysed {
		base := seg.Seq // R12
		if seg.Flags&SYN == 0 {
			base--
		}
		own.setBase(base, seg.Number)
		if seg.Flags&ACK != 0 {
			other.setBase(seg.Ack-1, seg.Number)
		}
		f.number(seg, own, other)
		f.window(seg, own)
		c.analyse(seg, f, own, other, free)
		f.Verdict |= Analysed
		c.ends.Apply(f, seg.Flags)
		c.measure(seg, f)
		if seg.Fit == Sound {
			c.zeekAdd(seg, f.Dir)
		}
	} else {
		f.Seq, f.Ack, f.NextSeq = seg.Seq, seg.Ack, seg.Seq
		f.SeqOtherBase = other.base
		f.window(seg, own)
		f.Window = uint32(seg.Window)
	}

	f.Verdict |= Verdict(c.complete) << completeShift
	if c.flags.ace() {
		f.Verdict |= AccECN
	}
	if seg.Fit != Bogus {
		if seg.Flags&(SYN|ACK) != 0 {
			own.firstAck = seg.Flags&SYN != 0 // R26
		}
		c.times(seg)
		bits := completenessOf(seg.Flags, data)
		switch {
		case !created || f.Verdict&ReusedPorts != 0:
			c.complete |= bits
		default:
			c.created = bits
			if seg.Flags&(SYN|ACK) == SYN {
				c.complete |= CompleteSYN
				if data {
					c.complete |= CompleteData
				}
			}
		}
		c.options(seg, own, other, f)
		if seg.Flags&(SYN|ACK) == SYN {
			c.synTime = seg.Time
		}
	}
	if c.irtt != 0 {
		f.Verdict |= KnownIRTT
	}
}

// number gives the relative numbers (R12, R13).
func (f *Facts) number(seg *Segment, own, other *direction) {
	f.Seq = seg.Seq - own.base
	f.Ack = seg.Ack
	if seg.Flags&ACK != 0 {
		f.Ack -= other.base
	}
	f.NextSeq = f.Seq + seg.Len
	if seg.Flags&(SYN|FIN) != 0 {
		f.NextSeq++
	}
	f.SeqOtherBase = other.base
}

// window gives the window as it is meant (R16, R17).
func (f *Facts) window(seg *Segment, own *direction) {
	f.Window = uint32(seg.Window)
	if seg.Flags&SYN != 0 {
		return
	}
	f.setScale(own.scale)
}

// setScale scales a window that is still as it was sent.
func (f *Facts) setScale(scale int8) {
	f.Scale = int16(scale)
	if scale >= 0 {
		f.Window <<= uint(scale)
		f.Scale = 1 << uint(scale)
	}
}

// count keeps the counters.
func (c *Conversation) count(seg *Segment, dir uint8) {
	t := &c.traffic[dir]
	t.Packets++
	t.Payload += uint64(seg.Len)
	switch seg.Flags & (SYN | ACK) {
	case SYN:
		c.shown |= sentSYN << dir
	case SYN | ACK:
		c.shown |= sentSYNACK << dir
	}
	if seg.Flags&FIN != 0 {
		c.shown |= sentFIN << dir
	}
	if seg.Flags&RST != 0 {
		c.shown |= sentRST << dir
	}
}

// times is R43.
func (c *Conversation) times(seg *Segment) {
	if seg.Flags&(SYN|ACK) != ACK {
		return
	}
	switch {
	case c.synTime == 0 && c.ackTime == 0:
		c.ackTime = seg.Time
	case c.synTime != 0 && c.irtt == 0:
		c.irtt = int64(seg.Time - c.synTime)
	}
}

// options takes over what the options of a segment say, after the analysis (R15,
// R29, R39, R40, R50).
func (c *Conversation) options(seg *Segment, own, other *direction, f *Facts) {
	o := &seg.Opts
	if o.Has&OptWScale != 0 {
		own.scale = int8(min(o.WScale, 14))
	}
	if seg.Flags&SYN != 0 {
		if o.Has&OptMSS != 0 {
			own.mss = o.MSS
		}
		if own.scale == ScaleUnknown {
			own.scale, other.scale = ScaleUnused, ScaleUnused
		} else if seg.Flags&ACK != 0 && other.scale == ScaleUnused {
			own.scale = ScaleUnused
		}
	}
	if o.Has&OptMPTCP != 0 {
		c.mptcp |= o.MPTCPKinds
	}
	if o.Has&OptSACK != 0 {
		own.sacked = 0
		for _, b := range o.SACK[:min(int(o.NSACK), 3)] {
			own.sacked += b.Right - b.Left
		}
	}
	switch seg.Flags & (SYN | ACK) {
	case SYN:
		c.told(synACE, seg.Flags>>6&7 == 7, seg.Number)
		if o.Has&OptTFOCookie != 0 && seg.Len > 0 {
			c.flags |= tfoData
		}
	case SYN | ACK:
		f.fastOpen(c.flags&tfoData != 0)
		// RFC 9768 §3.1.1: a SYN with all three bits, and an answer that is
		// neither plain ECN nor none nor broken.
		ace := seg.Flags >> 6 & 7
		c.told(synACKACE, ace != 0 && ace != 1 && ace != 5 && ace != 7, seg.Number)
	}
	if o.Has&OptAccECN != 0 {
		c.flags |= optACE
	}
}
