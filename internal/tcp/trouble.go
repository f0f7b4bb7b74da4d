package tcp

// Trouble is what went wrong in one direction of a conversation, as far as the
// capture shows it.
type Trouble struct {
	// Missing counts bytes that the other end acknowledged and that are not in the
	// capture, from the first segment of this direction on. It is Zeek's
	// missed_bytes, which counts only where the handshake was seen.
	Missing     uint64
	ResentBytes uint64 // payload of segments that were judged to be retransmissions (R33)
	// ZeroTime is for how long, in ns, this end said that it can take no more: from
	// a window of zero until another one, or the last packet.
	ZeroTime    int64
	Gaps        uint32 // places at which bytes are missing
	Resent      uint32 // retransmissions: segments
	DupAcks     uint32 // duplicate ACKs sent by this end (R29)
	ZeroWindows uint32 // segments of this end with a window of zero (R22)
}

// RTT is how long the segments of one direction took until they were acknowledged
// (R37), as seen from where the capture was made: a capture at the receiver shows
// almost nothing.
type RTT struct {
	Min int64  // ns, the smallest; valid with N
	Sum int64  // ns
	N   uint32 // measurements
}

// Mean is the mean in ns, 0 without a measurement.
func (r *RTT) Mean() int64 {
	if r.N == 0 {
		return 0
	}
	return r.Sum / int64(r.N)
}

// troubles is Trouble while it is counted. Most conversations have none, so it is
// made when it is first needed.
type troubles struct {
	dirs [2]troubled
}

type troubled struct {
	Trouble // ZeroTime less the time at which the window closed, while it is closed
	closed  bool
	held    []block // captured behind a gap, in order, at most maxHoles

	// How often each letter of the history that counts was due.
	zeroLetters, againLetters, gapLetters uint32
}

// block is a range of sequence numbers, the end excluded.
type block struct{ start, end uint32 }

// maxHoles is how many ranges behind a gap are kept for a direction.
const maxHoles = 32

// farAck is how far beyond what was captured an acknowledgment is believed: no
// window is larger (RFC 7323 §2.3).
const farAck = 1 << 30

// troubles gives the place for counting them.
func (c *Conversation) troubles() *troubles {
	if c.trouble == nil {
		c.trouble = new(troubles)
	}
	return c.trouble
}

// count counts one more and says whether the history records it.
func (*troubled) count(n *uint32) bool {
	if *n == ^uint32(0) {
		return false
	}
	*n++
	return scaled(*n)
}

// measure keeps what a segment adds to the numbers of its conversation.
func (c *Conversation) measure(seg *Segment, f *Facts) {
	own, other := f.Dir, f.Dir^1
	if f.BytesInFlight > c.inFlight[own] {
		c.inFlight[own] = f.BytesInFlight
	}
	if f.AcksFrame != 0 && f.RTT >= 0 {
		r := &c.rtt[other]
		if r.N == 0 || f.RTT < r.Min {
			r.Min = f.RTT
		}
		r.Sum += f.RTT
		r.N++
	}
	const bad = Retransmission | FastRetransmission | SpuriousRetransmission | DuplicateAck | ZeroWindow
	if f.Verdict&bad == 0 && c.trouble == nil {
		return
	}
	t := &c.troubles().dirs[own]
	if f.Verdict&(Retransmission|FastRetransmission|SpuriousRetransmission) != 0 {
		t.Resent++
		t.ResentBytes += uint64(seg.Len)
	}
	if f.Verdict&DuplicateAck != 0 {
		t.DupAcks++
	}
	if f.Verdict&ZeroWindow != 0 {
		t.ZeroWindows++
	}
	switch {
	case t.closed && (seg.Window != 0 || seg.Flags&RST != 0):
		t.ZeroTime += int64(seg.Time)
		t.closed = false
	case !t.closed && f.Verdict&ZeroWindow != 0 && c.shown&(sentFIN<<other|sentRST<<other) == 0:
		// An end that has nothing more to send does not mind the window.
		t.ZeroTime -= int64(seg.Time)
		t.closed = true
	}
	if o := &c.trouble.dirs[other]; o.closed && seg.Flags&(FIN|RST) != 0 {
		o.ZeroTime += int64(seg.Time)
		o.closed = false
	}
}

// troubleOf gives the trouble of a direction as it stands.
func (c *Conversation) troubleOf(dir int) Trouble {
	if c.trouble == nil {
		return Trouble{}
	}
	t := &c.trouble.dirs[dir]
	out := t.Trouble
	if t.closed {
		out.ZeroTime += int64(c.lastTime)
	}
	out.ZeroTime = max(out.ZeroTime, 0) // times can run backwards
	return out
}

// zeekData notes that bytes of end dir were captured.
func (c *Conversation) zeekData(dir uint8, start, end uint32) {
	e := &c.zeek.ends[dir]
	if !more(end, e.upto) {
		return
	}
	if !more(start, e.upto) {
		e.upto = end
		if c.trouble != nil {
			c.trouble.dirs[dir].join(e)
		}
		return
	}
	if start-e.upto < farAck {
		t := &c.troubles().dirs[dir]
		t.hold(block{start, end})
	}
}

// zeekAcked notes that the other end has everything of end dir before ack.
func (c *Conversation) zeekAcked(dir uint8, ack uint32) {
	z := &c.zeek
	e := &z.ends[dir]
	if e.seen&zeekEnded != 0 && !less(ack, e.fin) {
		ack = e.fin - 1
	}
	if !more(ack, e.upto) || ack-e.upto > farAck {
		return
	}
	if e.state == zeekInactive || e.state == zeekPartial && ack-e.start <= 2 ||
		e.state == zeekReset || z.ends[dir^1].state == zeekReset {
		// Nothing of it was captured yet, or a keep-alive only; or the numbers come from a RST.
		e.upto = ack
		return
	}
	t := &c.troubles().dirs[dir]
	for t.join(e); more(ack, e.upto); t.join(e) {
		to := ack
		if len(t.held) > 0 && less(t.held[0].start, ack) {
			to = t.held[0].start
		}
		t.Missing += uint64(to - e.upto)
		t.Gaps++
		e.upto = to
		if e.clean() && z.ends[dir^1].clean() && t.count(&t.gapLetters) {
			z.letter(dir, 'G')
		}
	}
}

// zeekForget drops what was held of end dir: its numbers begin anew.
func (c *Conversation) zeekForget(dir uint8) {
	if c.trouble != nil {
		t := &c.trouble.dirs[dir]
		t.held = t.held[:0]
	}
}

// join takes the ranges over that the end's data have reached.
func (t *troubled) join(e *zeekEnd) {
	n := 0
	for ; n < len(t.held) && !more(t.held[n].start, e.upto); n++ {
		if more(t.held[n].end, e.upto) {
			e.upto = t.held[n].end
		}
	}
	if n > 0 {
		t.held = t.held[:copy(t.held, t.held[n:])]
	}
}

// hold keeps a range behind a gap. If there are too many of them, the gap before it
// is taken for filled: what is missing is then counted too low, never too high.
func (t *troubled) hold(b block) {
	h := t.held
	i := len(h)
	for i > 0 && more(h[i-1].start, b.start) {
		i--
	}
	switch {
	case i > 0 && (!less(h[i-1].end, b.start) || len(h) >= maxHoles):
		i--
		if more(b.end, h[i].end) {
			h[i].end = b.end
		}
	case len(h) >= maxHoles:
		h[0].start = b.start
		if more(b.end, h[0].end) {
			h[0].end = b.end
		}
	default:
		h = append(h, block{})
		copy(h[i+1:], h[i:])
		h[i] = b
	}
	j := i + 1
	for ; j < len(h) && !more(h[j].start, h[i].end); j++ {
		if more(h[j].end, h[i].end) {
			h[i].end = h[j].end
		}
	}
	t.held = append(h[:i+1], h[j:]...)
}
