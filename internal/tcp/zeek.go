package tcp

// zeekState is what Zeek takes an end to be in.
type zeekState uint8

const (
	zeekInactive    zeekState = iota // has not sent anything that counts
	zeekSynSent                      // a SYN
	zeekSynAckSent                   // a SYN+ACK, though it is the originator
	zeekPartial                      // something else came first
	zeekEstablished                  // there was a SYN+ACK; usual wants it next to zeekPartial
	zeekClosed                       // sent a FIN
	zeekReset                        // sent a RST
)

// zeekSeen is what an end's letters have recorded already.
type zeekSeen uint8

const (
	zeekSYN zeekSeen = 1 << iota
	zeekFIN
	zeekRST
	zeekFINRST
	zeekData
	zeekACK
	zeekMulti
	zeekEnded // a FIN was sent, alone or with other flags
)

// zeekEnd is what Zeek's reading of a connection knows of one end. All numbers are
// raw sequence numbers. They differ from those of the analysis in how they are
// taken up again after a SYN that contradicts the one before, and in what they
// believe of a RST.
type zeekEnd struct {
	start   uint32 // number of the SYN, or the one before the first byte seen
	last    uint32 // highest number after what was sent
	upto    uint32 // everything before it was captured, or acknowledged without that
	fin     uint32 // number after the FIN; valid with zeekEnded
	lastSYN uint32 // number of the last SYN, counted from start; valid with zeekSYN
	lastRST uint32 // the same of the last RST
	state   zeekState
	before  zeekState // the state before this one
	seen    zeekSeen
}

// zeek is Zeek's reading of a connection so far.
type zeek struct {
	ends  [2]zeekEnd
	hist  History
	orig  uint8 // node of the originator
	begun bool
}

// farJump is a jump of sequence numbers that a SYN or RST is not believed.
const farJump = 1 << 20

func (e *zeekEnd) set(s zeekState) {
	if s != e.state {
		e.before, e.state = e.state, s
	}
}

// begin starts counting at a segment with this number.
func (e *zeekEnd) begin(seq uint32, syn bool, end uint32) {
	e.start, e.last, e.upto = seq-1, seq, seq
	if syn {
		e.start, e.last, e.upto = seq, end, seq+1
	}
}

// size is how many bytes of payload the end has sent, SYN and FIN not counted.
func (e *zeekEnd) size() uint32 {
	last := e.last
	if more(e.upto, last) {
		last = e.upto
	}
	n := last - e.start
	if n > 0 {
		n--
	}
	if n > 0 && e.seen&zeekEnded != 0 {
		n--
	}
	return n
}

// clean says that the end's data can be believed to be whole.
func (e *zeekEnd) clean() bool {
	return e.state == zeekEstablished || e.state == zeekClosed && e.before == zeekEstablished
}

// letter records one thing that end dir did.
func (z *zeek) letter(dir uint8, upper byte) {
	if dir != z.orig {
		upper |= 0x20
	}
	z.hist.add(upper)
}

// once records a letter the first time. It says whether it was recorded before.
func (z *zeek) once(dir uint8, bit zeekSeen, upper byte) bool {
	e := &z.ends[dir]
	if e.seen&bit != 0 {
		return true
	}
	e.seen |= bit
	z.letter(dir, upper)
	return false
}

// first begins the record with a segment of end dir.
func (z *zeek) first(seg *Segment, dir uint8) {
	*z = zeek{orig: dir, begun: true}
	if backwards(seg) {
		z.orig ^= 1
		z.hist.add('^')
	}
}

// turn makes the responder of an end that began with a SYN+ACK, now that more than
// a scan has been seen of the connection.
func (z *zeek) turn() {
	z.ends[z.orig].set(zeekEstablished)
	z.orig ^= 1
	z.hist = History{}
	z.hist.add('^')
	z.hist.add('h')
}

// zeekAdd puts the next segment of end dir into Zeek's reading of the connection.
// The order of the steps is what gives the letters their order.
func (c *Conversation) zeekAdd(seg *Segment, dir uint8) {
	z := &c.zeek
	if z.usual(seg, dir) {
		return
	}
	flags, seq := seg.Flags, seg.Seq
	ended := z.ends[0].state >= zeekClosed && z.ends[1].state >= zeekClosed
	if !z.begun || ended && flags&(SYN|ACK) == SYN {
		// A SYN after both ends have closed opens a new connection, whatever its number.
		z.first(seg, dir)
		c.zeekForget(0)
		c.zeekForget(1)
	}
	if z.hist.n == 1 && z.hist.letters[0] == 'H' && flags&(SYN|FIN|RST) == 0 && (flags&ACK != 0 || seg.Len > 0) {
		z.turn()
	}
	own, other := &z.ends[dir], &z.ends[dir^1]

	end := seq // number after the segment; data in a RST are not part of the stream
	if flags&RST == 0 {
		end += seg.Len
	}
	if flags&SYN != 0 {
		end++
	}
	if flags&FIN != 0 {
		end++
	}
	if own.begins(seq, flags&SYN != 0) {
		own.begin(seq, flags&SYN != 0, end)
		c.zeekForget(dir)
	}
	z.flagLetters(seg, dir, seq-own.start)
	if seg.Window == 0 && flags&RST == 0 && other.state != zeekClosed && own.state != zeekReset {
		if t := &c.troubles().dirs[dir]; t.count(&t.zeroLetters) {
			z.letter(dir, 'W')
		}
	}
	if flags&FIN != 0 {
		own.fin = end
		own.seen |= zeekEnded
	}
	if flags&ACK != 0 && other.state == zeekInactive {
		other.begin(seg.Ack, false, 0)
		other.last = other.start
	}
	if own.sent(end, flags) && seg.Len > 0 {
		if t := &c.troubles().dirs[dir]; t.count(&t.againLetters) {
			z.letter(dir, 'T')
		}
	}
	if own.state < zeekClosed && (own.state < zeekPartial || flags&(SYN|FIN|RST) != 0) || own.state == zeekClosed && flags&RST != 0 {
		z.step(seg, dir)
	}
	if flags&(ACK|RST) == ACK {
		c.zeekAcked(dir^1, seg.Ack)
	}
	if seg.Len > 0 && flags&RST == 0 && !less(seq, own.start) {
		if flags&SYN != 0 {
			seq++
		}
		c.zeekData(dir, seq, seq+seg.Len)
	}
}

// usual does what zeekAdd does for most segments, which only move numbers on; for
// the others it does nothing and says so.
func (z *zeek) usual(seg *Segment, dir uint8) bool {
	own, other := &z.ends[dir], &z.ends[dir^1]
	if own.state-zeekPartial > 1 || other.state-zeekPartial > 1 ||
		seg.Flags&(SYN|FIN|RST|ACK) != ACK || seg.Window == 0 || more(seg.Ack, other.upto) {
		return false
	}
	if seg.Len == 0 {
		if own.seen&zeekACK == 0 {
			return false
		}
		if more(seg.Seq, own.last) {
			own.last = seg.Seq
		}
		return true
	}
	if own.seen&zeekData == 0 || own.upto != own.last || seg.Seq != own.last {
		return false
	}
	own.last += seg.Len
	own.upto = own.last
	return true
}

// begins says whether counting begins with this segment, for the first time or
// again.
func (e *zeekEnd) begins(seq uint32, syn bool) bool {
	switch e.state {
	case zeekInactive:
		return true
	case zeekSynSent, zeekSynAckSent:
		return syn && seq != e.start
	case zeekEstablished, zeekPartial:
		return syn
	case zeekReset:
		return syn && e.before == zeekInactive
	}
	return false
}

// flagLetters records what the flags of a segment say. at is its number, counted
// from the end's start.
func (z *zeek) flagLetters(seg *Segment, dir uint8, at uint32) {
	e := &z.ends[dir]
	switch seg.Flags & (SYN | FIN | RST) {
	case 0:
		switch {
		case seg.Len > 0:
			z.once(dir, zeekData, 'D')
		case seg.Flags&ACK != 0:
			z.once(dir, zeekACK, 'A')
		}
	case SYN:
		letter := byte('S')
		if seg.Flags&ACK != 0 {
			letter = 'H'
		}
		if z.once(dir, zeekSYN, letter) && at != e.lastSYN {
			z.letter(dir, letter)
		}
		e.lastSYN = at
	case FIN:
		if z.once(dir, zeekFIN, 'F') && seg.Seq+seg.Len+1 != e.fin {
			z.letter(dir, 'F')
		}
	case RST:
		if z.once(dir, zeekRST, 'R') && at != e.lastRST {
			z.letter(dir, 'R')
		}
		e.lastRST = at
	default:
		if seg.Flags&(FIN|RST) == FIN|RST {
			z.once(dir, zeekFINRST, 'I')
		} else {
			z.once(dir, zeekMulti, 'Q')
		}
	}
}

// sent takes over the number after a segment. It says whether it was there before.
func (e *zeekEnd) sent(end uint32, flags Flags) (again bool) {
	d := int32(end - e.last)
	switch {
	case flags&(SYN|RST) != 0 && (d > farJump || d < -farJump):
	case flags&FIN != 0 && e.last == e.start+1:
		e.last = end
	case e.state == zeekReset:
	case d > 0:
		e.last = end
	default:
		return true
	}
	return false
}

// step moves the states of both ends by a segment of end dir.
func (z *zeek) step(seg *Segment, dir uint8) {
	own, other := &z.ends[dir], &z.ends[dir^1]
	syn, ack := seg.Flags&SYN != 0, seg.Flags&ACK != 0
	fin, rst := seg.Flags&FIN != 0, seg.Flags&RST != 0
	switch own.state {
	case zeekInactive:
		if syn {
			z.stepSYN(dir, ack)
		}
		if fin {
			own.set(zeekClosed)
		}
		if rst {
			own.set(zeekReset)
		}
		switch {
		case own.state != zeekInactive:
		case dir != z.orig && seg.Len == 0 && other.state == zeekSynSent:
			// An ACK of the SYN before the SYN+ACK: not yet a part of a connection.
		case ack && other.state == zeekEstablished:
			own.set(zeekEstablished) // a SYN+ACK was seen, so only the SYN is missing
		default:
			own.set(zeekPartial)
		}
	case zeekSynSent, zeekSynAckSent:
		if fin {
			own.set(zeekClosed)
		}
		if rst {
			own.set(zeekReset)
		}
	case zeekEstablished, zeekPartial:
		if syn && !ack && own.state == zeekPartial && other.state == zeekInactive {
			own.set(zeekSynSent)
		}
		if fin && !rst {
			own.set(zeekClosed)
			if other.state == zeekReset && other.before == zeekClosed {
				other.set(zeekClosed) // a FIN and a RST behind it: a normal end after all
			}
		}
		if rst {
			own.set(zeekReset)
		}
	case zeekClosed:
		if rst && other.state != zeekClosed {
			own.set(zeekReset)
		}
	}
}

// stepSYN is a SYN of an end that has sent nothing yet.
func (z *zeek) stepSYN(dir uint8, ack bool) {
	own, other := &z.ends[dir], &z.ends[dir^1]
	if dir == z.orig {
		own.set(zeekSynSent)
		if ack {
			own.set(zeekSynAckSent)
		}
		return
	}
	switch {
	case !ack && other.state == zeekSynAckSent:
		// The SYN+ACK came before its SYN, as when two interfaces are captured.
		z.orig = dir
		z.hist.add('^')
		other.set(zeekEstablished)
	case other.state == zeekSynSent:
		other.set(zeekEstablished)
	}
	own.set(zeekEstablished)
}
