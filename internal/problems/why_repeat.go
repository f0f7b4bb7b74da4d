package problems

import (
	"bytes"
	"fmt"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// text says why the packet has one of the rows' items.
func (w *walk) text(e *Explainer, item int) string {
	switch item {
	case itemRetransmission, itemFast, itemSpurious:
		return w.repeated(e)
	case itemOutOfOrder:
		return w.outOfOrder(e)
	case itemLost:
		return w.lost()
	case itemAckLost:
		return w.ackLost()
	case itemDuplicateAck:
		return w.duplicateAck()
	case itemZeroWindow:
		return w.zeroWindow()
	case itemWindowFull:
		return w.windowFull()
	case itemProbe:
		return w.probe()
	case itemProbeAck, itemKeepAliveAck:
		return w.probeAnswer(item)
	case itemKeepAlive:
		return w.keepAlive()
	case itemReused:
		return w.reused(e.t)
	case itemReset:
		return w.reset()
	case itemFINFirst, itemFINNext:
		return w.fin(item == itemFINFirst)
	case itemAckSet:
		return fmt.Sprintf("the acknowledgment number is %d, but the ACK flag that would make it count is not set", w.r.Ack)
	}
	return ""
}

// what names the bytes of a segment, or the flag that takes the one number it has.
func what(r *trace.Row) string {
	switch {
	case r.PayLen > 0:
		return plural(uint64(r.PayLen), "byte")
	case r.Flags&(tcp.SYN|tcp.ACK) == tcp.SYN|tcp.ACK:
		return "SYN, ACK"
	case r.Flags&tcp.SYN != 0:
		return "SYN"
	case r.Flags&tcp.FIN != 0:
		return "FIN"
	}
	return "number"
}

// data gives the relative numbers of a segment's payload, end excluded.
func data(r *trace.Row) (start, end uint32) {
	start = r.Seq
	if r.Flags&tcp.SYN != 0 {
		start++
	}
	return start, start + r.PayLen
}

// carried says what packet p had of this segment: the same, or a part.
func (w *walk) carried(e *Explainer, p *earlier) string {
	r := w.r
	switch {
	case p.same && r.PayLen == 0:
		return "the same " + what(r)
	case p.same:
		if differ, known := e.differ(p.first, w.n); known && differ {
			return fmt.Sprintf("the same numbers, but other contents in these %s", what(r))
		}
		return "the same " + what(r)
	case r.PayLen == 0:
		return what(r) + " again"
	}
	a, b := data(r)
	if p.fresh > 0 && p.whole && p.fresh < r.PayLen {
		return fmt.Sprintf("%s, of which %d are new", bytesText(a, b), p.fresh)
	}
	return bytesText(a, b) + " again"
}

// differ says whether two segments with the same numbers have different bytes, as far
// as both were captured.
func (e *Explainer) differ(m, n packet.Number) (differ, known bool) {
	a, err := e.w.reader.Payload(m)
	if err != nil {
		return false, false
	}
	e.w.seen[1] = append(e.w.seen[1][:0], a...)
	b, err := e.w.reader.Payload(n)
	if err != nil {
		return false, false
	}
	k := min(len(b), len(e.w.seen[1]))
	return !bytes.Equal(e.w.seen[1][:k], b[:k]), k > 0
}

// ordinal writes how many times something was sent by now.
func ordinal(n int) string {
	switch {
	case n%10 == 1 && n%100 != 11:
		return fmt.Sprintf("%dst", n)
	case n%10 == 2 && n%100 != 12:
		return fmt.Sprintf("%dnd", n)
	case n%10 == 3 && n%100 != 13:
		return fmt.Sprintf("%drd", n)
	}
	return fmt.Sprintf("%dth", n)
}

// repeated explains the three kinds of retransmissions.
func (w *walk) repeated(e *Explainer) string {
	r := w.r
	name := "retransmission"
	switch {
	case r.Verdict&tcp.SpuriousRetransmission != 0:
		name = "spurious retransmission"
	case r.Verdict&tcp.FastRetransmission != 0:
		name = "fast retransmission"
	}
	p := w.before()
	say := ""
	if p.first == 0 {
		say = w.firstTime(name, &p)
	} else {
		say = fmt.Sprintf("%s of #%d: %s", name, p.first, w.carried(e, &p))
		switch {
		case p.times > 1 && p.same:
			say += fmt.Sprintf(", for the %s time (last in #%d)", ordinal(p.times+1), p.last)
		case p.times > 1:
			say += fmt.Sprintf(" (#%d to #%d had parts of them)", p.first, p.last)
		}
	}
	switch {
	case r.Verdict&tcp.SpuriousRetransmission != 0:
		return say + w.spurious(&p)
	case r.Verdict&tcp.FastRetransmission != 0:
		return say + w.fast()
	}
	return say + w.unanswered(&p) + w.timeout(&p)
}

// firstTime is for a segment that is taken for a retransmission although nothing of it
// has been captured before.
func (w *walk) firstTime(name string, p *earlier) string {
	a, b := data(w.r)
	if w.r.PayLen == 0 {
		return name + ": " + what(w.r)
	}
	say := fmt.Sprintf("%s: %s", name, bytesText(a, b))
	if !p.whole {
		return say
	}
	say += " come for the first time in this capture"
	if next, at, ok := w.reached(w.r.Dir); ok && !less(next, b) {
		if o := w.s.Row(at); o != nil {
			say += fmt.Sprintf(", %s after #%d, which is beyond them", span(int64(w.r.Time-o.Time)), at)
		}
	}
	return say
}

// unanswered says what was acknowledged of a segment, before it was sent again and
// after.
func (w *walk) unanswered(p *earlier) string {
	start, end := numbersOf(w.r)
	switch {
	case p.first == 0 || !p.whole:
		return ""
	case p.acked != 0:
		if o := w.s.Row(p.acked); o != nil && o.Flags&tcp.RST != 0 {
			return fmt.Sprintf(", although #%d had answered it with a reset", p.acked)
		}
		return fmt.Sprintf(", although #%d had acknowledged it", p.acked)
	case p.acks && less(start, p.highest) && p.partly != 0:
		return fmt.Sprintf(", the first %d acknowledged by #%d", p.highest-start, p.partly)
	}
	by, sure := w.acknowledged(end)
	switch {
	case by != 0:
		return fmt.Sprintf(", never acknowledged before #%d", by)
	case sure:
		return ", never acknowledged"
	}
	return ", not acknowledged before"
}

// timeout says how long the sender waited.
func (w *walk) timeout(p *earlier) string {
	from := w.r.RTOFrom()
	o := w.s.Row(from)
	if from == 0 || o == nil {
		return ""
	}
	rto := span(int64(w.r.Time - o.Time))
	if p.first == 0 || from == p.first {
		if p.first == 0 {
			return fmt.Sprintf("; RTO %s since #%d", rto, from)
		}
		return "; RTO " + rto
	}
	return fmt.Sprintf("; %s after it, RTO %s since #%d", span(int64(w.r.Time-p.firstRow.Time)), rto, from)
}

// spurious says who had acknowledged a segment that was sent again.
func (w *walk) spurious(p *earlier) string {
	if p.acked == 0 {
		return ", acknowledged already"
	}
	say := fmt.Sprintf(", acknowledged already by #%d", p.acked)
	if o := w.s.Row(p.acked); o != nil {
		say += ", " + span(int64(w.r.Time-o.Time)) + " before"
	}
	return say
}

// fast says which duplicate ACKs asked for a segment.
func (w *walk) fast() string {
	var first, last packet.Number
	var of, count packet.Number
	w.back(func(m packet.Number, r *trace.Row) bool {
		if r.Dir == w.r.Dir || r.Verdict&tcp.Analysed == 0 {
			return !rebased(r)
		}
		if r.Flags&tcp.ACK != 0 && r.Ack != w.r.Seq {
			return false
		}
		if r.Verdict&tcp.DuplicateAck != 0 && (last == 0 || r.DupAckOf() == of) {
			if last == 0 {
				last, of, count = m, r.DupAckOf(), packet.Number(r.DupAck)
			}
			first = m
		}
		return last == 0 || m > of
	})
	switch {
	case last == 0:
		return ""
	case first == last:
		return fmt.Sprintf("; duplicate ACK %d of #%d (#%d) asked for byte %d", count, of, last, w.r.Seq)
	}
	return fmt.Sprintf("; %d duplicate ACKs of #%d asked for byte %d, the first #%d", count, of, w.r.Seq, first)
}

// outOfOrder says which packet came too early.
func (w *walk) outOfOrder(e *Explainer) string {
	r := w.r
	a, b := r.Seq, r.NextSeq()
	bytes := what(r)
	if r.PayLen > 0 {
		bytes = bytesText(data(r))
	}
	say := "out of order: " + bytes
	p := w.before()
	if p.first != 0 {
		say += fmt.Sprintf(" again (first in #%d)", p.first)
	}
	// The packet whose bytes follow directly, else the one that had got furthest.
	var at packet.Number
	w.back(func(m packet.Number, o *trace.Row) bool {
		if o.Dir == r.Dir && o.Verdict&tcp.Analysed != 0 && o.NextSeq() != o.Seq && o.Seq == b {
			at = m
		}
		return !(rebased(o) || o.Dir == r.Dir && fresh(o) && !less(a, o.NextSeq()))
	})
	if at == 0 {
		next, m, ok := w.reached(r.Dir)
		if !ok || less(next, b) {
			return say
		}
		at = m
	}
	o := w.s.Row(at)
	if o == nil {
		return say
	}
	verb := " came "
	if p.first != 0 {
		verb = " "
	}
	say += verb + span(int64(r.Time-o.Time)) + fmt.Sprintf(" after #%d", at)
	if !less(o.Seq, b) {
		say += map[bool]string{true: ", which follows them", false: ", which follows it"}[r.PayLen > 1]
	}
	if irtt := w.conv.IRTT; irtt > 0 && int64(r.Time-o.Time) < irtt && int64(r.Time-o.Time) >= 0 {
		say += ": too soon for having been asked for (iRTT " + span(irtt) + ")"
	}
	return say
}
