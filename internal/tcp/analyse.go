package tcp

import "tcplens/internal/packet"

// less says a < b round the circle of sequence numbers (R1). At half the circle
// both less and more hold.
func less(a, b uint32) bool { return int32(a-b) < 0 }

// more says a > b (R1).
func more(a, b uint32) bool { return int32(b-a) < 0 }

// within says now − then < limit, where a time that runs backwards is never
// within (R2).
func within(now, then packet.Time, limit int64) bool {
	return uint64(now-then) < uint64(limit)
}

// Limits of the rules on time, in ns.
const (
	fastLimit    = 20_000_000 // R33b
	reorderLimit = 3_000_000  // R33c, without iRTT
)

// maxInFlight bounds what is believed as bytes in flight (R38).
const maxInFlight = 2_000_000_000

// analyse is §5 of the rules, step by step, for a segment of own's sender.
func (c *Conversation) analyse(seg *Segment, f *Facts, own, other *direction, free *freeList) {
	flags := seg.Flags
	data := seg.Len > 0
	var v Verdict
	if flags&ACK != 0 {
		other.noInFlight = false // R20
	}
	probe := seg.Len == 1 && seg.Seq == own.next && other.window == 0
	if probe {
		v |= ZeroWindowProbe // R21
	} else {
		v = own.judge(seg, other, c.mptcp)
		if v&DuplicateAck != 0 {
			f.DupAckNum, f.DupAckFrame = uint32(own.dups), own.nonDup
		}
	}
	if seg.Ack != own.lastAck { // R31
		own.nonDup, own.dups = seg.Number, 0
	}
	if flags&ACK != 0 && other.contig != 0 && more(seg.Ack, other.contig) { // R32
		f.Verdict |= HasRecord
		if less(other.contig, other.next) {
			other.contig = other.next
			v |= AckLostSegment
		} else if other.dups == 0 {
			v |= AckLostSegment
			other.dups = -1
		} else {
			other.dups = -1
		}
	}
	seqFlag := flags&(SYN|FIN) != 0
	if (data || seqFlag) && v&KeepAlive == 0 {
		v |= c.repeat(seg, f, own, other)
	}

	end := seg.Seq + seg.Len // R34
	if n := own.unacked.len(); (data || seqFlag) && n < maxUnacked {
		if seqFlag {
			end++
		}
		own.unacked.push(sent{seg.Time, seg.Number, seg.Seq, end}, free)
	}
	if !probe { // R35
		if more(end, own.next) || own.next == 0 {
			own.next, own.nextFrame, own.nextTime = end, seg.Number, seg.Time
		}
		if seg.Seq == own.contig || own.contig == 0 {
			own.contig = own.next
		}
	}
	own.window = uint32(seg.Window) // R36
	own.lastAck, own.lastAckTime = seg.Ack, seg.Time
	own.lastFlags = v
	own.mptcp = c.mptcp

	if hit, ok := other.unacked.ack(seg.Ack, free); ok { // R37
		f.Verdict |= HasRecord
		f.AcksFrame, f.RTT = hit.frame, int64(seg.Time-hit.time)
	}
	if data && !own.noInFlight && own.unacked.len() > 0 {
		own.inFlight(seg, f, other.sacked, seqFlag)
	}
	if v != 0 {
		f.Verdict |= v | HasRecord
	}
	if flags&FIN != 0 && !other.closing {
		own.closing = true
		f.Verdict |= FINInitiates
	}
}

// judge is R22 to R29: what a segment is by its numbers and its window.
func (own *direction) judge(seg *Segment, other *direction, mptcp uint16) (v Verdict) {
	data, ctl := seg.Len > 0, seg.Flags&(SYN|FIN|RST) != 0
	window := uint32(seg.Window)
	if window == 0 && !ctl {
		v |= ZeroWindow // R22
	}
	if own.next != 0 && more(seg.Seq, own.next) && seg.Flags&RST == 0 {
		v |= LostSegment // R23
		own.noInFlight = true
	}
	if seg.Len <= 1 && seg.Seq == own.next-1 && !ctl {
		v |= KeepAlive // R24
	}
	if data && !ctl && other.scale != ScaleUnknown { // R26
		w := other.window
		if !other.firstAck && other.scale != ScaleUnused {
			w <<= uint(other.scale)
		}
		if seg.Seq+seg.Len == other.lastAck+w {
			v |= WindowFull
		}
	}
	if data || ctl || seg.Seq != own.next || seg.Ack != own.lastAck {
		return v
	}
	switch { // an empty segment that repeats the last numbers
	case window == 0 && own.window == 0:
		if other.lastFlags&ZeroWindowProbe != 0 {
			v |= ZeroWindowProbeAck // R28
		}
	case window == 0:
	case window != own.window:
		v |= WindowUpdate // R25
	case other.lastFlags&KeepAlive != 0:
		v |= KeepAliveAck // R27
	case own.mptcp == mptcp: // R29
		if own.dups++; own.dups <= 0 {
			own.dups = 1
		}
		v |= DuplicateAck
	}
	return v
}

// repeat is R33: is it old data, and why was it sent again?
func (c *Conversation) repeat(seg *Segment, f *Facts, own, other *direction) Verdict {
	old := own.next != 0 && less(seg.Seq, own.next)
	if seg.Len > 1 && seg.Seq == own.next-1 {
		old = false
	}
	end := seg.Seq + seg.Len
	if seg.Len > 0 && other.lastAck != 0 && int32(end-other.lastAck) <= 0 {
		return SpuriousRetransmission
	}
	if !old {
		return 0
	}
	if uint32(other.dups) >= 2 && seg.Seq == other.lastAck && within(seg.Time, other.lastAckTime, fastLimit) {
		return FastRetransmission
	}
	limit := c.irtt
	if limit == 0 {
		limit = reorderLimit
	}
	next := end
	if seg.Flags&(SYN|FIN) != 0 {
		next++
	}
	if within(seg.Time, own.nextTime, limit) && own.next != next {
		return OutOfOrder
	}
	f.RTOFrame, f.RTO = own.nextFrame, int64(seg.Time-own.nextTime)
	if s, ok := own.unacked.oldest(); ok {
		f.RTOFrame, f.RTO = s.frame, int64(seg.Time-s.time)
	}
	return Retransmission
}

// inFlight is R38.
func (own *direction) inFlight(seg *Segment, f *Facts, sacked uint32, seqFlag bool) {
	f.Verdict |= HasRecord
	if n := own.unacked.span(own.base) - sacked; n > 0 && n < maxInFlight {
		if seqFlag {
			n--
		}
		f.BytesInFlight = n
	}
	psh := seg.Flags&PSH != 0
	if own.pushLast {
		own.pushed = seg.Len
	} else {
		own.pushed += seg.Len
	}
	own.pushLast = psh
	f.PushBytes = own.pushed
}
