package problems

import (
	"fmt"
	"strings"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// lost says what is missing before a segment, and what became of it.
func (w *walk) lost() string {
	if rebased(w.r) {
		return "previous segment not captured: it only seems so, as this SYN, ACK counts from another number than the one before"
	}
	next, _, ok := w.reached(w.r.Dir)
	if !ok || !less(next, w.r.Seq) {
		return fmt.Sprintf("previous segment not captured: bytes before %d are missing", w.r.Seq)
	}
	f := w.fateOf(w.r.Dir, []run{{next, w.r.Seq}})
	return "previous segment not captured: " + plural(uint64(f.missing), "byte") + " before this one " + are(f.missing) + " missing; " + f.text(w)
}

func are(n uint32) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// text says what became of missing bytes.
func (f *fate) text(w *walk) string {
	all := f.came == f.missing
	var parts []string
	switch {
	case f.came == 0:
	case all && f.first == f.last:
		parts = append(parts, fmt.Sprintf("%s came later in #%d", they(f.missing), f.first))
	case all:
		parts = append(parts, fmt.Sprintf("they came later, in #%d to #%d", f.first, f.last))
	case f.first == f.last:
		parts = append(parts, fmt.Sprintf("%d of them came later in #%d", f.came, f.first))
	default:
		parts = append(parts, fmt.Sprintf("%d of them came later, in #%d to #%d", f.came, f.first, f.last))
	}
	switch {
	case f.unseen == 0:
	case f.complete && f.came == 0 && f.unseen == f.missing:
		parts = append(parts, fmt.Sprintf("never captured, but acknowledged by #%d: lost by the capture, not by the network", f.acked))
	case f.complete:
		parts = append(parts, fmt.Sprintf("%d were never captured, but acknowledged by #%d: lost by the capture, not by the network", f.unseen, f.acked))
	default:
		parts = append(parts, fmt.Sprintf("#%d acknowledges %d of them: the receiver has these", f.acked, f.unseen))
	}
	if rest := f.missing - f.came - f.unseen; rest > 0 {
		rests := fmt.Sprintf("%d of them", rest)
		if rest == f.missing {
			rests = they(rest)
		}
		switch {
		case f.complete:
			parts = append(parts, rests+" never came, and nothing acknowledges "+map[bool]string{true: "it", false: "them"}[rest == 1])
		case !w.over:
			parts = append(parts, rests+" did not come yet")
		}
	}
	if len(parts) == 0 {
		return "what became of them is too far away"
	}
	return strings.Join(parts, ", ")
}

func they(n uint32) string {
	if n == 1 {
		return "it"
	}
	return "they"
}

// ackLost says which acknowledged bytes are not in the capture.
func (w *walk) ackLost() string {
	say := fmt.Sprintf("acknowledges all before byte %d", w.r.Ack)
	list, last, ok := w.holes(w.r.Dir^1, w.r.Ack)
	if !ok {
		return say + ", some of which the capture does not have"
	}
	if len(list) == 0 {
		// The analysis does not follow a segment that mixes old and new bytes.
		say += ", and what is new of it was captured"
		if last != 0 {
			say += fmt.Sprintf(", last in #%d", last)
		}
		return say
	}
	names := make([]string, 0, 3)
	n := uint64(0)
	for i, u := range list {
		n += uint64(u.len())
		if i < 3 {
			names = append(names, strings.TrimPrefix(strings.TrimPrefix(bytesText(u.start, u.end), "bytes "), "byte "))
		}
	}
	where := strings.Join(names, ", ")
	if len(list) > len(names) {
		where += ", …"
	}
	say += fmt.Sprintf(", but %s (%s)", plural(n, "byte"), where)
	f := w.fateOf(w.r.Dir^1, list)
	switch {
	case f.came == f.missing && f.first == f.last:
		return say + fmt.Sprintf(" came only later, in #%d: the capture has them in the wrong order", f.first)
	case f.came == f.missing:
		return say + fmt.Sprintf(" came only later, in #%d to #%d: the capture has them in the wrong order", f.first, f.last)
	case f.complete && f.came > 0:
		return say + fmt.Sprintf(" of it %s not captured before: %d came only later, the first in #%d, and %d never: lost by the capture, not by the network",
			were(f.missing), f.came, f.first, f.missing-f.came)
	case f.complete:
		return say + " of it " + were(f.missing) + " never captured: lost by the capture, not by the network"
	}
	return say + " of it " + were(f.missing) + " not captured before"
}

func were(n uint32) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// duplicateAck says what the receiver waits for.
func (w *walk) duplicateAck() string {
	r := w.r
	say := fmt.Sprintf("duplicate ACK %d of #%d", r.DupAck, r.DupAckOf())
	next, _, ok := w.reached(r.Dir ^ 1)
	if !ok {
		return say + fmt.Sprintf(": the receiver still waits for byte %d", r.Ack)
	}
	if !less(r.Ack, next) {
		// Nothing is under way: it repeats itself because something came twice.
		say += fmt.Sprintf(": byte %d is the next one and nothing beyond it was sent", r.Ack)
		if m, o := w.latest(r.Dir^1, nil); m != 0 && m > r.Prev-min(r.Prev, 1) && o.NextSeq() != o.Seq && !less(r.Ack, o.NextSeq()) {
			say += fmt.Sprintf("; it answers #%d, which brought nothing new", m)
		}
		return say
	}
	say += fmt.Sprintf(": the receiver still waits for byte %d", r.Ack)
	var m, repeat packet.Number
	var o *trace.Row
	whole := w.back(func(k packet.Number, x *trace.Row) bool {
		if x.Dir == r.Dir || x.Verdict&tcp.Analysed == 0 {
			return !rebased(x)
		}
		if nx := x.NextSeq(); !less(r.Ack, x.Seq) && less(r.Ack, nx) {
			if repeat == 0 {
				repeat = k
			}
			m, o = k, x // the first one that had it; later ones repeat it
		}
		return !(rebased(x) || fresh(x) && !less(r.Ack, x.NextSeq()))
	})
	switch {
	case m != 0 && o.Seq == r.Ack:
		say += fmt.Sprintf(", #%d (%s) has not arrived", m, what(o))
	case m != 0:
		say += fmt.Sprintf(", the rest of #%d has not arrived", m)
	case whole:
		say += ", which has not been captured so far"
	}
	if m != 0 && repeat != m {
		say += fmt.Sprintf(", nor has #%d, which has it again", repeat)
	}
	again := packet.Number(0)
	sure := w.ahead(func(k packet.Number, x *trace.Row) bool {
		if rebased(x) {
			return false
		}
		if x.Dir != r.Dir && x.Verdict&tcp.Analysed != 0 && !less(r.Ack, x.Seq) && less(r.Ack, x.NextSeq()) {
			again = k
			return false
		}
		return true
	})
	switch {
	case again != 0 && m != 0:
		say += fmt.Sprintf("; sent again in #%d", again)
	case again != 0:
		say += fmt.Sprintf("; it comes in #%d", again)
	case sure:
		by, _ := w.moved()
		switch {
		case by != 0 && repeat != m:
			say += fmt.Sprintf("; acknowledged in #%d", by)
		case by != 0:
			say += fmt.Sprintf("; acknowledged in #%d without being sent again", by)
		case repeat == m:
			say += "; never sent again"
		}
	}
	return say
}

// moved finds the first later packet of this end that acknowledges more than this one.
func (w *walk) moved() (packet.Number, bool) {
	var by packet.Number
	whole := w.ahead(func(m packet.Number, r *trace.Row) bool {
		if r.Dir == w.r.Dir && r.Flags&tcp.ACK != 0 && r.Verdict&tcp.Analysed != 0 && less(w.r.Ack, r.Ack) {
			by = m
			return false
		}
		return !rebased(r)
	})
	return by, whole
}
