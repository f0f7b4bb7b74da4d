package problems

import (
	"fmt"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// zeroWindow says how long the receiver took nothing.
func (w *walk) zeroWindow() string {
	r := w.r
	say := fmt.Sprintf("zero window: this end can take nothing from byte %d on", r.Ack)
	since, first := w.n, r
	whole := w.back(func(m packet.Number, o *trace.Row) bool {
		if o.Dir != r.Dir || o.Verdict&tcp.Analysed == 0 {
			return true
		}
		if o.Verdict&tcp.ZeroWindow == 0 {
			return false
		}
		since, first = m, o
		return true
	})
	if since != w.n && whole {
		say += fmt.Sprintf("; closed since #%d", since)
	} else if since != w.n {
		say += fmt.Sprintf("; closed since #%d or longer", since)
	}
	var opened, ended packet.Number
	var at *trace.Row
	sure := w.ahead(func(m packet.Number, o *trace.Row) bool {
		if o.Verdict&tcp.Analysed == 0 {
			return true
		}
		if o.Flags&tcp.RST != 0 {
			ended, at = m, o
			return false
		}
		if o.Dir == r.Dir && o.Window() > 0 {
			opened, at = m, o
			return false
		}
		return true
	})
	switch {
	case opened != 0:
		say += fmt.Sprintf(", reopened by #%d after %s (window %d)", opened, span(int64(at.Time-first.Time)), at.Window())
	case ended != 0:
		say += fmt.Sprintf(", until the connection was reset by #%d, %s later", ended, span(int64(at.Time-first.Time)))
	case sure:
		if last := w.s.Row(w.conv.Last); last != nil && w.conv.Last != w.n {
			say += fmt.Sprintf(", and not reopened in the %s to the conversation's last packet, #%d", span(int64(last.Time-first.Time)), w.conv.Last)
		} else {
			say += ", and it is the conversation's last packet"
		}
	}
	return say
}

// windowFull says who allowed what.
func (w *walk) windowFull() string {
	r := w.r
	end := r.Seq + r.PayLen
	m, o := w.latest(r.Dir^1, nil)
	if m == 0 || o.Ack+o.Window() != end || o.Flags&tcp.ACK == 0 {
		return fmt.Sprintf("window full: this segment ends at byte %d, the last that the other end allows", end-1)
	}
	say := fmt.Sprintf("window full: #%d allows %s from %d on, and this segment takes the last of them", m, plural(uint64(o.Window()), "byte"), o.Ack)
	var by packet.Number
	var at *trace.Row
	sure := w.ahead(func(k packet.Number, x *trace.Row) bool {
		if x.Dir != r.Dir && x.Verdict&tcp.Analysed != 0 && x.Flags&tcp.ACK != 0 && less(end, x.Ack+x.Window()) {
			by, at = k, x
			return false
		}
		return !rebased(x)
	})
	switch {
	case by != 0:
		say += fmt.Sprintf("; #%d allows more, %s later", by, span(int64(at.Time-r.Time)))
	case sure:
		say += "; no more is allowed afterwards"
	}
	return say
}

// probe says which window is tried.
func (w *walk) probe() string {
	r := w.r
	say := fmt.Sprintf("zero window probe: one byte at %d, to see whether there is room again", r.Seq)
	if m, o := w.latest(r.Dir^1, nil); m != 0 && o.Window() == 0 {
		say = fmt.Sprintf("zero window probe: one byte at %d although #%d says that there is no room (window 0)", r.Seq, m)
	}
	return say + w.answered()
}

// answered says what came back.
func (w *walk) answered() string {
	var by packet.Number
	var at *trace.Row
	sure := w.ahead(func(m packet.Number, o *trace.Row) bool {
		if o.Verdict&tcp.Analysed == 0 {
			return true
		}
		by, at = m, o
		return false
	})
	switch {
	case by != 0 && at.Dir != w.r.Dir && at.Flags&tcp.RST != 0:
		return fmt.Sprintf("; answered by a reset, #%d, after %s", by, span(int64(at.Time-w.r.Time)))
	case by != 0 && at.Dir != w.r.Dir && w.r.Verdict&tcp.ZeroWindowProbe != 0:
		return fmt.Sprintf("; answered by #%d after %s (window %d)", by, span(int64(at.Time-w.r.Time)), at.Window())
	case by != 0 && at.Dir != w.r.Dir:
		return fmt.Sprintf("; answered by #%d after %s", by, span(int64(at.Time-w.r.Time)))
	case by != 0:
		return fmt.Sprintf("; no answer before #%d of the same end, %s later", by, span(int64(at.Time-w.r.Time)))
	case sure:
		return "; not answered"
	}
	return ""
}

// probeAnswer says which probe or keep-alive is answered.
func (w *walk) probeAnswer(item int) string {
	want, name, say := tcp.KeepAlive, "keep-alive", fmt.Sprintf("still there, and the next byte is %d", w.r.Ack)
	if item == itemProbeAck {
		want, name, say = tcp.ZeroWindowProbe, "zero window probe", "the window is still 0"
	}
	m, _ := w.latest(w.r.Dir^1, func(r *trace.Row) bool { return r.Verdict&want != 0 })
	if m == 0 {
		return "answers a " + name + ": " + say
	}
	return fmt.Sprintf("answers the %s #%d: %s", name, m, say)
}

// keepAlive says how long it was quiet.
func (w *walk) keepAlive() string {
	r := w.r
	say := fmt.Sprintf("keep-alive: byte %d again", r.Seq)
	if r.Seq == 0 {
		say = "keep-alive: number 0 again, which comes before the first byte"
	}
	var acked packet.Number
	w.back(func(m packet.Number, o *trace.Row) bool {
		if o.Dir == r.Dir || o.Flags&tcp.ACK == 0 || o.Verdict&tcp.Analysed == 0 {
			return !rebased(o)
		}
		if less(r.Seq, o.Ack) {
			acked = m
			return !rebased(o)
		}
		return false
	})
	if acked != 0 {
		say += fmt.Sprintf(", acknowledged by #%d", acked)
	}
	if o := w.s.Row(r.Prev); o != nil && r.Prev != 0 {
		say += ", after " + span(int64(r.Time-o.Time)) + " of silence"
	}
	return say + w.answered()
}

// maxConversations is how many conversations are looked at for an earlier one with
// the same ports.
const maxConversations = 1 << 14

// reused says who had the ports before.
func (w *walk) reused(t *trace.Trace) string {
	r := w.r
	if r.Flags&tcp.ACK != 0 {
		m, _ := w.latest(r.Dir, func(o *trace.Row) bool { return o.Flags&(tcp.SYN|tcp.ACK) == tcp.SYN|tcp.ACK })
		if m == 0 {
			return "a SYN, ACK with another number than its end began with"
		}
		return fmt.Sprintf("a second SYN, ACK that counts from another number than #%d: its end has begun anew", m)
	}
	say := "a new connection between ports that had one before"
	key, _ := w.conv.Flow.Canonical()
	for k := r.Stream; k > 0 && r.Stream-k < maxConversations; {
		k--
		c, ok := t.Conversation(trace.TCP, k)
		if !ok {
			break
		}
		if other, _ := c.Flow.Canonical(); other != key || c.Traffic[0].Bytes+c.Traffic[1].Bytes == 0 {
			continue
		}
		say += fmt.Sprintf(": tcp.stream %d, #%d to #%d", k, c.First, c.Last)
		if state := c.State(); state != "" {
			say += " (" + state + ")"
		}
		if since := int64(r.Time - c.LastTime); since >= 0 {
			say += ", " + span(since) + " ago"
		}
		return say
	}
	return say
}

// reset says what a RST answers.
func (w *walk) reset() string {
	r := w.r
	m, o := w.latest(r.Dir^1, nil)
	own, _ := w.latest(r.Dir, func(x *trace.Row) bool { return x.Flags&tcp.RST != 0 })
	fin, _ := w.latest(r.Dir, func(x *trace.Row) bool { return x.Flags&tcp.FIN != 0 })
	after := ""
	if o != nil {
		after = ", " + span(int64(r.Time-o.Time)) + " after it"
	}
	port := w.conv.Flow.Src.Port
	if r.Dir&1 == 1 {
		port = w.conv.Flow.Dst.Port
	}
	switch {
	case m == 0 && own != 0:
		return fmt.Sprintf("reset again, as in #%d", own)
	case m == 0:
		return "reset: nothing of the other end was captured before"
	case o.Flags&(tcp.SYN|tcp.ACK) == tcp.SYN && r.Flags&tcp.ACK != 0 && r.Ack == o.NextSeq():
		return fmt.Sprintf("refuses the connection that #%d asks for%s: nothing listens on port %d, or something on the way will not let it pass", m, after, port)
	case o.Flags&tcp.RST != 0:
		return fmt.Sprintf("reset of a connection that #%d has reset already%s", m, after)
	case own != 0 && own > m:
		return fmt.Sprintf("reset again, as in #%d", own)
	case o.Flags&(tcp.SYN|tcp.ACK) == tcp.SYN|tcp.ACK && fin == 0 && r.Flags&tcp.ACK == 0 && r.Seq == o.Ack:
		return fmt.Sprintf("does not want the connection that #%d accepts%s: this end did not ask for it, or no longer does", m, after)
	}
	say := "reset"
	if r.Flags&tcp.ACK == 0 && o.Flags&tcp.ACK != 0 && r.Seq == o.Ack {
		// RFC 9293 §3.10.7.1: a reset gets its number from the segment that it answers.
		say = fmt.Sprintf("reset in answer to #%d", m)
		if o.NextSeq() != o.Seq {
			say += " (" + what(o) + ")"
		}
		say += after
	} else {
		say += fmt.Sprintf(", %s after #%d, the last of the other end", span(int64(r.Time-o.Time)), m)
	}
	if fin != 0 {
		return say + fmt.Sprintf(": this end had closed with #%d", fin)
	}
	next, at, ok := w.reached(r.Dir ^ 1)
	ack, any := w.acked(r)
	if !ok || !any {
		return say
	}
	left := next - ack
	switch x := w.s.Row(at); {
	case !less(ack, next):
		say += ": all that the other end sent was acknowledged"
	case x != nil && x.Flags&(tcp.SYN|tcp.FIN) != 0 && left == 1:
		say += fmt.Sprintf(": the %s of #%d was never acknowledged", what(&trace.Row{Flags: x.Flags}), at)
	case x != nil && x.Flags&(tcp.SYN|tcp.FIN) != 0:
		left--
		fallthrough
	default:
		say += fmt.Sprintf(": %s of the other end %s never acknowledged", plural(uint64(left), "byte"), were(left))
	}
	return say
}

// acked is the highest number that this end has acknowledged, this packet included.
func (w *walk) acked(r *trace.Row) (ack uint32, any bool) {
	if r.Flags&tcp.ACK != 0 {
		ack, any = r.Ack, true
	}
	if _, o := w.latest(r.Dir, func(x *trace.Row) bool { return x.Flags&tcp.ACK != 0 }); o != nil && (!any || less(ack, o.Ack)) {
		ack, any = o.Ack, true
	}
	return ack, any
}

// fin says who closes.
func (w *walk) fin(first bool) string {
	r := w.r
	same, _ := w.latest(r.Dir, func(x *trace.Row) bool { return x.Flags&tcp.FIN != 0 })
	end := r.NextSeq() - 1
	say := fmt.Sprintf("closes its direction first: it ends before byte %d", end)
	if !first {
		say = fmt.Sprintf("closes its direction, too: it ends before byte %d", end)
		if m, o := w.latest(r.Dir^1, func(x *trace.Row) bool { return x.Flags&tcp.FIN != 0 }); m != 0 {
			say = fmt.Sprintf("closes its direction, too, %s after #%d: it ends before byte %d", span(int64(r.Time-o.Time)), m, end)
		}
	}
	p := w.before()
	if same != 0 {
		say += fmt.Sprintf("; again, as in #%d", same)
	}
	switch by, sure := w.acknowledged(r.NextSeq()); {
	case p.acked != 0 && same != 0:
		say += fmt.Sprintf("; acknowledged already by #%d", p.acked)
	case by != 0:
		say += fmt.Sprintf("; acknowledged by #%d", by)
	case sure && p.acked == 0:
		say += "; never acknowledged"
	}
	return say
}
