package explain

import (
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// maxWalk bounds the conversations that are gone through from end to end: about 10 ms.
// Of longer ones only the summary is told.
const maxWalk = 1 << 20

// repeats are the verdicts on bytes that were sent before.
const repeats = tcp.Retransmission | tcp.FastRetransmission | tcp.SpuriousRetransmission

// walk is a conversation as it is gone through.
type walk struct {
	s    trace.Snapshot
	nums []packet.Number // nil: not gone through
	flow *Flow
}

// walk goes through a conversation and keeps it for the next question.
func (e *Explainer) walk(kind trace.Kind, stream uint32) *walk {
	c, ok := e.t.Conversation(kind, stream)
	if !ok {
		return &walk{s: e.snap}
	}
	w := &walk{s: e.snap, flow: e.flowOf(&c)}
	if c.Traffic[0].Packets+c.Traffic[1].Packets <= maxWalk {
		w.nums = e.t.Packets(kind, stream)
	}
	if kind == trace.TCP {
		w.life(&c)
	}
	return w
}

// flowOf takes over what the summary says.
func (e *Explainer) flowOf(c *trace.Conversation) *Flow {
	f := &Flow{
		Stream: c.Stream, Begin: c.First, End: c.Last, Duration: int64(c.LastTime.Sub(c.FirstTime)), IRTT: c.IRTT, State: c.State(),
		TLS: c.TLS.VersionName(), Name: text.Printable(c.TLS.Name), ALPN: text.Printable(c.TLS.Protocol()), b: e.book, ends: [2]packet.Endpoint{c.Flow.Src, c.Flow.Dst},
	}
	if c.Server >= 0 {
		f.known, f.client = true, uint8(c.Server)&1^1
	}
	f.Known = f.known
	a, b := f.client, f.client^1
	f.Client, f.Server = f.ends[a].String(), f.ends[b].String()
	f.ClientSent, f.ServerSent = c.Traffic[a].Payload, c.Traffic[b].Payload
	f.ClientMSS, f.ServerMSS = uint32(c.MSS[a]), uint32(c.MSS[b])
	factor := func(shift int8) int {
		if shift <= 0 {
			return 0
		}
		return 1 << shift
	}
	f.ClientFactor, f.ServerFactor = factor(c.Scale[a]), factor(c.Scale[b])
	for i := range c.Traffic {
		f.Packets += uint64(c.Traffic[i].Packets)
		f.Bytes += c.Traffic[i].Bytes
		f.Resent += c.Trouble[i].ResentBytes
		f.ResentSegments += c.Trouble[i].Resent
		f.ZeroTime += c.Trouble[i].ZeroTime
	}
	if c.Kind == trace.TCP {
		f.MidStream = !c.SYN[0] && !c.SYN[1] && !c.SentSYNACK[0] && !c.SentSYNACK[1]
	}
	return f
}

// life finds the handshake and the end of a conversation.
func (w *walk) life(c *trace.Conversation) {
	f := w.flow
	var synAt, answerAt packet.Time
	var fins [2]packet.Number
	var next [2]uint32 // after each FIN
	var acked [2]packet.Number
	for _, n := range w.nums {
		r := w.s.Row(n)
		if r == nil || r.Broken() || r.Verdict&tcp.Analysed == 0 {
			continue
		}
		d := r.Dir & 1
		ack := r.Flags&tcp.ACK != 0
		switch {
		case r.Flags&tcp.RST != 0:
			if f.RST == 0 {
				f.RST, f.rst = n, d
				f.Refused = f.SYN != 0 && f.SYNACK == 0
			}
		case r.Flags&tcp.SYN != 0 && !ack:
			if f.SYN == 0 {
				f.SYN, synAt = n, r.Time
			}
			f.SYNs++
		case r.Flags&tcp.SYN != 0:
			if f.SYNACK == 0 {
				f.SYNACK, answerAt = n, r.Time
				if f.SYN != 0 {
					f.SYNTime = int64(r.Time - synAt)
				}
			}
		case f.SYNACK != 0 && f.Third == 0 && ack && d == f.client:
			f.Third, f.ThirdTime = n, int64(r.Time-answerAt)
		}
		if fins[d^1] != 0 && ack && acked[d^1] == 0 && int32(r.Ack-next[d^1]) >= 0 && r.Flags&tcp.RST == 0 {
			acked[d^1] = n
		}
		if r.Flags&tcp.FIN != 0 && fins[d] == 0 {
			fins[d], next[d] = n, r.NextSeq()
			if f.FIN == 0 {
				f.FIN, f.first = n, d
			} else {
				f.FIN2 = n
				f.Crossed = !ack || int32(r.Ack-next[d^1]) < 0
			}
		}
		if f.FIN != 0 && d != f.first {
			if r.Verdict&repeats == 0 {
				f.Half += uint64(r.PayLen)
			}
		}
	}
	f.FINAck, f.FIN2Ack = acked[f.first], acked[f.first^1]
	if f.FIN == 0 {
		f.FINAck = 0
	}
	if f.FIN2 == 0 {
		f.FIN2Ack = 0
	}
	if f.FIN2Ack != 0 && f.FINAck != 0 && !f.Crossed {
		f.Segments = 4
		if f.FINAck == f.FIN2 {
			f.Segments = 3
		}
	}
}

// met describes packet m as packet n sees it.
func (w *walk) met(m packet.Number, now packet.Time) *Met {
	o := w.s.Row(m)
	if o == nil {
		return nil
	}
	after := int64(now - o.Time)
	x := &Met{Packet: m, After: max(after, -after), From: o.Seq, Bytes: o.PayLen, SYN: o.Flags&tcp.SYN != 0, FIN: o.Flags&tcp.FIN != 0, Window: o.Window()}
	if x.To = o.NextSeq() - 1; o.NextSeq() == o.Seq {
		x.To = o.Seq
	}
	if o.PayLen > 0 { // the numbers of the bytes alone
		if x.SYN {
			x.From++
		}
		x.To = x.From + o.PayLen - 1
	}
	return x
}

// relate says what packet n has to do with the others of its conversation.
func (w *walk) relate(v *Values, n packet.Number, r *trace.Row) {
	if w.flow != nil {
		switch n {
		case w.flow.SYN:
			v.HandshakeStep = 1
		case w.flow.SYNACK:
			v.HandshakeStep = 2
		case w.flow.Third:
			v.HandshakeStep = 3
		}
	}
	if r.Acks != 0 {
		v.Answered = w.met(r.Acks, r.Time)
	}
	var ends tcp.Ends
	var next [2]uint32 // highest so far
	var seen [2]bool
	own, other, behind := r.Dir&1, r.Dir&1^1, false
	for _, m := range w.nums {
		o := w.s.Row(m)
		if o == nil || o.Broken() {
			continue
		}
		if m == n {
			v.StateBefore, v.PeerWas = ends.State(own).String(), ends.State(other).String()
			w.compare(v, r, next, seen)
		}
		facts := tcp.Facts{Dir: o.Dir, Verdict: o.Verdict, Seq: o.Seq, Ack: o.Ack, NextSeq: o.NextSeq()}
		ends.Apply(&facts, o.Flags)
		if m == n {
			v.State, v.PeerState = ends.State(own).String(), ends.State(other).String()
			behind = true
			continue
		}
		if behind {
			if w.later(v, m, o, r) {
				break
			}
			continue
		}
		d := o.Dir & 1
		if d == other && o.Flags&tcp.RST == 0 {
			v.PeerWindow, v.PeerSaid = o.Window(), true
		}
		if d == own && o.NextSeq() != o.Seq && int32(o.NextSeq()-r.Seq) > 0 && int32(v.Next-o.Seq) > 0 {
			v.Earlier = w.met(m, r.Time)
		}
		if s := o.NextSeq(); !seen[d] || int32(s-next[d]) > 0 || o.Flags&tcp.SYN != 0 {
			next[d], seen[d] = s, true
		}
	}
}

// compare holds a segment against the highest numbers before it.
func (w *walk) compare(v *Values, r *trace.Row, next [2]uint32, seen [2]bool) {
	own, other := r.Dir&1, r.Dir&1^1
	if seen[own] && r.Verdict&tcp.LostSegment != 0 && int32(r.Seq-next[own]) > 0 {
		v.Gap = &Gap{From: next[own], To: r.Seq - 1, Bytes: r.Seq - next[own]}
	}
	if seen[other] && r.Verdict&tcp.AckLostSegment != 0 && int32(r.Ack-next[other]) > 0 {
		v.Beyond = r.Ack - next[other]
	}
}

// later takes what packet m, which follows, says of the packet that is explained; true
// when there is nothing more to find.
func (w *walk) later(v *Values, m packet.Number, o, r *trace.Row) bool {
	own := r.Dir & 1
	ack := o.Flags&tcp.ACK != 0
	if v.AnsweredBy == nil && o.Dir&1 != own && ack && v.Next != v.Seq && int32(o.Ack-v.Next) >= 0 {
		v.AnsweredBy = w.met(m, r.Time)
	}
	if v.Reopened == nil && r.Verdict&tcp.ZeroWindow != 0 && o.Dir&1 == own && o.Window() > 0 && o.Flags&(tcp.RST|tcp.SYN) == 0 {
		v.Reopened = w.met(m, r.Time)
	}
	if v.Again == nil && o.Dir&1 == own && o.Verdict&repeats != 0 && o.NextSeq() != o.Seq && int32(o.NextSeq()-r.Seq) > 0 && int32(v.Next-o.Seq) > 0 {
		v.Again = w.met(m, r.Time)
	}
	if g := v.Gap; g != nil && g.Late == 0 && o.Dir&1 == own && o.PayLen > 0 && int32(g.From-o.Seq) >= 0 && int32(o.NextSeq()-g.From) > 0 {
		g.Late = m
	}
	return v.AnsweredBy != nil && (r.Verdict&tcp.ZeroWindow == 0 || v.Reopened != nil) && (v.Gap == nil || v.Gap.Late != 0)
}
