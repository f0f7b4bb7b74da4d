package lab

import (
	"slices"
	"testing"
	"time"

	"tcplens/internal/packet"
	analysis "tcplens/internal/tcp"
)

// checkLossy holds the record against the capture on the client's device: up,
// the capture has what came to the link; down, what left it.
func checkLossy(t *testing.T, p played) {
	handshake(t, p.all)
	var up, down []tcp
	for i, s := range p.all {
		if s.up != p.frames[i].outgoing {
			t.Fatalf("packet %d went the wrong way: %v", i+1, s)
		}
		if s.up {
			up = append(up, s)
		} else {
			down = append(down, s)
		}
	}
	var came []Event
	for _, e := range p.record {
		if e.Dir == Up {
			came = append(came, e)
		}
	}
	same(t, "up", up, came)
	same(t, "down", down, p.record.Delivered(Down))
	if l := len(p.record.Delivered(Up)); l != len(came)-2 {
		t.Errorf("up, %d of %d packets were delivered, and two should be lost", l, len(came))
	}
	checkScript(t, p.record, DefaultScript())
	checkFastRetransmit(t, p)
	checkLabels(t, "client", p.record, clientsView(p))
	checkLabels(t, "server", p.record, serversView(p.record))
}

// sight is a packet as one end of the link saw it pass.
type sight struct {
	*Event
	at   time.Time
	sent bool // by that end
}

// clientsView is the capture, with the times of the kernel.
func clientsView(p played) []sight {
	var up, down []*Event
	for i := range p.record {
		if p.record[i].Dir == Up {
			up = append(up, &p.record[i])
		}
	}
	delivered := p.record.Delivered(Down)
	for i := range delivered {
		down = append(down, &delivered[i])
	}
	var all []sight
	for i, s := range p.all {
		from := &down
		if s.up {
			from = &up
		}
		all = append(all, sight{(*from)[0], time.Unix(p.frames[i].sec, p.frames[i].nsec), s.up})
		*from = (*from)[1:]
	}
	return all
}

// serversView is what a capture on the server's device would have: what the link
// took from it, and what it brought there.
func serversView(r Record) []sight {
	var all []sight
	for i := range r {
		e := &r[i]
		if e.Dir == Down {
			all = append(all, sight{e, e.Came, true})
			continue
		}
		for _, at := range e.Left {
			all = append(all, sight{e, at, false})
		}
	}
	slices.SortStableFunc(all, func(a, b sight) int { return a.at.Compare(b.at) })
	return all
}

// resend are the labels of what was sent again.
const resend = analysis.Retransmission | analysis.FastRetransmission | analysis.SpuriousRetransmission | analysis.OutOfOrder

// checkLabels holds what the analysis says of the packets that one end of the link
// saw against the record. A packet is labelled as sent again if and only if some
// of its bytes had passed there before. Of what that end sent itself these are
// exactly the packets that the link has counted as retransmissions, and whatever
// it lost is among them.
func checkLabels(t *testing.T, end string, r Record, view []sight) {
	t.Helper()
	table := analysis.NewTable()
	next := map[packet.Flow]uint32{} // the number after the highest byte that passed
	labelled := map[int]analysis.Verdict{}
	for i, s := range view {
		_, f := table.Add(&analysis.Segment{
			Number: packet.Number(i + 1), Time: packet.Time(s.at.UnixNano()), Flow: s.Flow, Seq: s.Seq, Ack: s.Ack,
			Flags: analysis.Flags(s.Flags), Window: 60_000, Len: uint32(s.Len), CapLen: uint32(s.Len),
		})
		past := s.Seq + uint32(s.Len)
		if s.Flags&(flagSYN|flagFIN) != 0 {
			past++
		}
		high, known := next[s.Flow]
		again := past != s.Seq && known && int32(s.Seq-high) < 0
		if !known || int32(past-high) > 0 {
			next[s.Flow] = past
		}
		if got := f.Verdict&resend != 0; got != again {
			t.Errorf("%s, packet %d: labelled as sent again: %v, and it was: %v: %+v", end, i+1, got, again, *s.Event)
		}
		if s.sent {
			labelled[s.N] = f.Verdict & resend
			if s.Len > 0 && s.Retransmit != again {
				t.Errorf("%s, packet %d: the link counts it as a retransmission: %v, and it was: %v", end, i+1, s.Retransmit, again)
			}
		}
	}
	for _, lost := range r {
		if _, here := labelled[lost.N]; !here || lost.Action != Drop {
			continue
		}
		found := slices.ContainsFunc(r[lost.N:], func(e Event) bool {
			return e.Dir == lost.Dir && e.Segment == lost.Segment && e.Retransmit && labelled[e.N]&^analysis.SpuriousRetransmission != 0
		})
		if !found {
			t.Errorf("%s: what was lost was not labelled when it was sent again: %+v", end, lost)
		}
	}
}

// same asserts that the capture has the packets of the record, in their order.
func same(t *testing.T, way string, got []tcp, want []Event) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d packets captured, %d recorded", way, len(got), len(want))
	}
	for i, e := range want {
		s := got[i]
		if s.seq != e.Seq || s.ack != e.Ack || s.flags != e.Flags || s.len != e.Len || s.flow != e.Flow {
			t.Errorf("%s, packet %d: captured %v seq %d, recorded %+v", way, i+1, s, s.seq, e)
		}
	}
}

// checkScript asserts that each rule was applied as often as it says, that all
// that was lost was sent again and got through, and that nothing else was done.
func checkScript(t *testing.T, r Record, script Script) {
	t.Helper()
	for _, rule := range script {
		var did []Event
		carried := 0
		for _, e := range r {
			if e.Dir != rule.Dir || e.Segment != rule.Segment {
				continue
			}
			carried += len(e.Out)
			if e.Action != Pass {
				did = append(did, e)
			}
		}
		if len(did) != rule.times() {
			t.Errorf("%+v: applied to %d packets: %+v", rule, len(did), did)
			continue
		}
		for i, e := range did {
			if e.Action != rule.Action || e.Retransmit != (i > 0) {
				t.Errorf("%+v: application %d was %+v", rule, i+1, e)
			}
		}
		if carried == 0 {
			t.Errorf("%+v: the segment never got through", rule)
		}
	}
	for _, e := range r {
		if e.Action == Pass {
			continue
		}
		if !slices.ContainsFunc(script, func(rule Rule) bool { return rule.Dir == e.Dir && rule.Segment == e.Segment }) {
			t.Errorf("no rule asks for this: %+v", e)
		}
	}
}

// checkFastRetransmit asserts that the segment which was lost in the middle was
// sent again because of duplicate ACKs: after three (RFC 5681 section 3.2), or
// after fewer when a round trip and a quarter have passed since it was sent, which
// is how long the kernel waits for a segment that may only be late (RFC 8985
// section 6.2). Both happen; which does is up to how busy the machine is, and on a
// very busy one the retransmission timer may be first (RFC 6298).
func checkFastRetransmit(t *testing.T, p played) {
	t.Helper()
	var lost Event
	for _, e := range p.record {
		if e.Dir == Up && e.Action == Drop {
			lost = e
			break
		}
	}
	const timeout = 200 * time.Millisecond // the least that the kernel waits without news: its TCP_RTO_MIN
	acks, seen := 0, false
	at := func(i int) time.Duration {
		return time.Duration(p.frames[i].sec)*time.Second + time.Duration(p.frames[i].nsec)
	}
	var sent time.Duration // of the lost segment
	for i, s := range p.all {
		switch {
		case !s.up && s.ack == lost.Seq && s.len == 0:
			acks++
		case s.up && s.len > 0 && s.seq == lost.Seq && !seen:
			seen, sent = true, at(i)
		case s.up && s.len > 0 && s.seq == lost.Seq:
			// The first of the ACKs is the one that the others are copies of.
			if at(i)-sent < timeout && (acks < 2 || acks < 4 && at(i)-sent < 2*Latency+2*Latency/4) {
				t.Errorf("sent again after %d duplicate ACKs and %v", acks-1, at(i)-sent)
			}
			return
		}
	}
	t.Error("the lost segment was not sent again")
}
