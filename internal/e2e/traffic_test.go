package e2e

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
)

// traffic makes TCP segments that no kernel would send: conversations whose ends
// mostly keep to the rules and then do not. What it makes depends on its seed
// alone.
type traffic struct {
	r     *rand.Rand
	now   int64 // ns since 1970
	ports uint16
	open  []*talk
	old   [][2]end // ends of conversations that are over, whose ports may be used again
	file  []byte   // the capture so far: pcap with nanoseconds
	count int
}

// talk is a conversation in the making.
type talk struct {
	v6    bool
	ends  [2]end
	stage int // of the handshake: 0 SYN, 1 SYN+ACK, 2 ACK, 3 over
	left  int // frames still to be made
	tsval uint32
	stamp bool // segments have time stamps
	mptcp bool
	turn  int // who sends oftener
}

// end is what one end of a conversation has sent.
type end struct {
	addr   byte // the last one of its address
	port   uint16
	isn    uint32
	next   uint32    // the number after all that it sent
	acked  uint32    // its last ack number
	window uint16    // its last window
	shift  int       // of its window; −1: none was told
	sent   [8][2]int // the newest segments: offset from isn, length
	n      int       // how many there have been
}

// The flag bits of the header (RFC 9293 §3.1).
const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
	urg
	ece
	cwr
	ae
)

// newTraffic begins a capture.
func newTraffic(seed uint64) *traffic {
	t := &traffic{r: rand.New(rand.NewPCG(seed, 4)), now: 1_700_000_000_000_000_000, ports: 50000}
	for _, v := range []uint32{0xa1b23c4d, 2 | 4<<16, 0, 0, 262144, 1} {
		t.file = binary.LittleEndian.AppendUint32(t.file, v)
	}
	return t
}

// capture makes a capture of n frames.
func (t *traffic) capture(n int) []byte {
	for t.count < n {
		for len(t.open) == 0 || len(t.open) < 6 && t.one(30) {
			t.open = append(t.open, t.begin())
		}
		i := t.r.IntN(len(t.open))
		c := t.open[i]
		t.step()
		t.act(c)
		if c.left--; c.left <= 0 {
			t.old = append(t.old, c.ends)
			t.open = slices.Delete(t.open, i, i+1)
		}
	}
	return t.file
}

// one is true once in n times.
func (t *traffic) one(n int) bool { return t.r.IntN(n) == 0 }

// pick chooses one of several.
func pick[T any](t *traffic, of ...T) T { return of[t.r.IntN(len(of))] }

// step lets time pass, with a liking for the limits of the rules.
func (t *traffic) step() {
	const ms = 1_000_000
	switch t.r.IntN(12) {
	case 0:
		t.now += pick[int64](t, 0, 1, 1000, 100_000, ms)
	case 1:
		t.now += pick[int64](t, 3*ms-1, 3*ms, 3*ms+1, 20*ms-1, 20*ms, 20*ms+1, 10*ms)
	case 2:
		t.now += pick[int64](t, 200*ms, 1000*ms, 60_000*ms)
	case 3:
		if t.one(4) {
			t.now -= pick[int64](t, 1, 1000, ms, 30*ms, 5000*ms)
		}
		if t.one(20) {
			t.now += 3_600_000 * ms
		}
	default:
		t.now += t.r.Int64N(5 * ms)
	}
}

// begin starts a conversation, sometimes between ends that have had one before,
// sometimes with itself, and often with numbers that are about to wrap.
func (t *traffic) begin() *talk {
	c := &talk{v6: t.one(8), left: 4 + t.r.IntN(60), stamp: t.one(4), mptcp: t.one(12), tsval: t.r.Uint32()}
	for i := range c.ends {
		t.ports++
		if t.ports > 57_000-2 {
			t.ports = 50_000
		}
		e := &c.ends[i]
		e.addr, e.port = byte(1+i+t.r.IntN(2)*2), t.ports
	}
	if n := len(t.old); n > 0 && t.one(6) {
		ends := t.old[t.r.IntN(n)]
		if t.one(3) {
			ends[0], ends[1] = ends[1], ends[0]
		}
		for i := range ends {
			c.ends[i].addr, c.ends[i].port = ends[i].addr, ends[i].port
			if t.one(3) {
				c.ends[i] = ends[i] // goes on with the numbers of the one before
			}
		}
	}
	if t.one(40) {
		c.ends[1].addr, c.ends[1].port = c.ends[0].addr, c.ends[0].port
	}
	for i := range c.ends {
		e := &c.ends[i]
		if e.next != 0 {
			continue
		}
		e.isn = pick(t, t.r.Uint32(), 0, 1, ^uint32(0), ^uint32(0)-uint32(t.r.IntN(5000)), 1<<31, 1<<31-uint32(t.r.IntN(3000)), 1000)
		e.next, e.shift, e.window = e.isn, -1, uint16(t.r.IntN(1<<16))
	}
	if t.one(4) { // its beginning was not captured
		c.stage = 3
		for i := range c.ends {
			c.ends[i].next++
			c.ends[i].acked = c.ends[1-i].next
		}
	}
	c.turn = t.r.IntN(2)
	return c
}

// act makes the next frame of a conversation.
func (t *traffic) act(c *talk) {
	if c.stage < 3 && !t.one(10) {
		t.handshake(c)
		return
	}
	d := c.turn
	if t.one(3) {
		d = 1 - d
	}
	if t.one(25) {
		c.turn = 1 - c.turn
	}
	e, o := &c.ends[d], &c.ends[1-d]
	s := segment{flags: ack, seq: e.next, ack: e.acked, window: e.window}
	switch t.r.IntN(32) {
	case 0, 1, 2, 3, 4, 5: // new data
		s.size = t.size()
		if s.size == 0 {
			s.size = 1
		}
		s.flags |= psh * t.r.IntN(2)
	case 6, 7, 8, 9, 10: // an acknowledgement of all
		s.ack = o.next
	case 11: // of a part, of less, of more
		s.ack = o.next + pick(t, ^uint32(0), 1, uint32(t.r.IntN(3000)), -uint32(t.r.IntN(3000)))
	case 12: // of one segment
		if k := min(o.n, len(o.sent)); k > 0 {
			x := o.sent[t.r.IntN(k)]
			s.ack = o.isn + uint32(x[0]+x[1])
		}
	case 13, 14: // the same once more
	case 15: // with another window
		s.window = t.window(o)
	case 16: // the window closes
		s.window, s.ack = 0, pick(t, s.ack, o.next)
	case 17: // a probe, or an answer to one
		if o.window == 0 || t.one(2) {
			s.size = 1
		}
	case 18: // a keep-alive
		s.seq--
		s.size = t.r.IntN(2)
		if t.one(8) {
			s.size = 2
		}
	case 19, 20, 21: // old data again: a segment, a part of one, more than one
		if k := min(e.n, len(e.sent)); k > 0 {
			x := e.sent[t.r.IntN(k)]
			s.seq, s.size = e.isn+uint32(x[0]), x[1]
			switch t.r.IntN(6) {
			case 0:
				s.seq += uint32(t.r.IntN(max(1, s.size)))
			case 1:
				s.size += t.size()
			case 2:
				s.size = 1 + t.r.IntN(max(1, s.size))
			case 3:
				s.seq = o.acked // where the other end waits
			}
		}
	case 22: // a gap
		s.seq += uint32(1 + t.r.IntN(3000))
		s.size = t.size()
	case 23: // back into a gap
		s.seq -= uint32(1 + t.r.IntN(3000))
		s.size = t.size()
	case 24: // as much as the window lets in
		s.size = int(min(uint32(t.scaled(o))+o.acked-e.next, 4000))
		if uint32(s.size) > 4000 {
			s.size = 1
		}
	case 25: // SACK blocks
		s.sack = 1 + t.r.IntN(4)
	case 26: // the end
		if t.one(2) {
			s.flags |= fin
			s.size = t.r.IntN(2) * t.size()
		}
	case 27: // an abrupt end
		if t.one(3) {
			s.flags = pick(t, rst, rst|ack, rst|psh|ack)
			s.size = t.r.IntN(2) * t.r.IntN(20)
		}
	case 28: // numbers out of nowhere
		s.seq = pick(t, t.r.Uint32(), e.next+1<<31, e.next-1<<31, 0, s.seq)
		s.ack = pick(t, t.r.Uint32(), e.acked+1<<31, 0, s.ack)
		s.size = t.r.IntN(2) * t.size()
	case 29: // any flags
		s.flags = t.r.IntN(1 << 9)
		if t.one(3) {
			s.flags = t.r.IntN(1 << 12)
		}
		s.size = t.r.IntN(2) * t.size()
	case 30: // a SYN in the middle
		if t.one(2) {
			t.reopen(c, &s, e)
		}
	case 31:
		t.odd(c, &s)
	}
	if t.one(12) {
		s.ack = o.next
	}
	if t.one(40) {
		s.flags &^= ack
	}
	if t.one(60) {
		s.flags |= urg
		s.urgent = uint16(t.r.IntN(3))
	}
	t.send(c, d, &s)
}

// size is how much data a segment carries.
func (t *traffic) size() int {
	return pick(t, 0, 1, 2, 10, t.r.IntN(100), 100, 536, t.r.IntN(1460), 1460)
}

// window is what a receiver may offer.
func (t *traffic) window(o *end) uint16 {
	return pick(t, 0, 1, uint16(t.r.IntN(20)), uint16(t.r.IntN(3000)), uint16(t.r.IntN(1<<16)), 0xffff, 500)
}

// scaled is an end's window in bytes.
func (t *traffic) scaled(e *end) int {
	if e.shift > 0 {
		return int(e.window) << e.shift
	}
	return int(e.window)
}

// handshake makes the next frame of one, which may go wrong.
func (t *traffic) handshake(c *talk) {
	d := 0
	if c.stage == 1 {
		d = 1
	}
	e, o := &c.ends[d], &c.ends[1-d]
	s := segment{seq: e.isn, window: e.window}
	switch c.stage {
	case 0:
		s.flags = syn
		if t.one(5) {
			s.flags |= pick(t, ece|cwr, ece|cwr|ae, ae, ece)
		}
		if t.one(20) {
			s.size = t.size()
		}
	case 1:
		s.flags, s.ack = syn|ack, o.next
		if t.one(5) {
			s.flags |= pick(t, ece, cwr, ae, ece|ae)
		}
		if t.one(15) {
			s.ack = o.isn + 1
		}
		if t.one(20) {
			e.isn = t.r.Uint32()
			s.seq = e.isn
		}
		if t.one(30) {
			s.flags = pick(t, rst|ack, syn)
		}
	case 2:
		s.flags, s.seq, s.ack = ack, e.next, o.next
		if t.one(10) {
			s.size = t.size()
		}
	}
	if !t.one(8) { // else it is sent again
		c.stage++
	}
	t.send(c, d, &s)
}

// reopen makes a SYN or SYN+ACK out of a segment.
func (t *traffic) reopen(c *talk, s *segment, e *end) {
	s.seq = pick(t, e.isn, e.isn, t.r.Uint32(), e.next)
	s.flags = pick(t, syn, syn, syn|ack, syn|ack, syn|rst, syn|fin)
	if t.one(3) && s.flags == syn {
		e.isn, e.n = s.seq, 0
		c.stage = 1
	}
	if s.flags&ack == 0 && !t.one(6) {
		s.ack = 0
	}
}
