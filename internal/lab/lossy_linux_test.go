package lab

import (
	"slices"
	"testing"
	"time"
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
// after fewer when a quarter of the round trip has passed since the first, which
// is how long the kernel waits for a segment that may only be late (RFC 8985
// section 6.2). Both happen; which does is up to how busy the machine is.
func checkFastRetransmit(t *testing.T, p played) {
	t.Helper()
	var lost Event
	for _, e := range p.record {
		if e.Dir == Up && e.Action == Drop {
			lost = e
			break
		}
	}
	acks, seen := 0, false
	at := func(i int) time.Duration {
		return time.Duration(p.frames[i].sec)*time.Second + time.Duration(p.frames[i].nsec)
	}
	var first time.Duration // of the first duplicate
	for i, s := range p.all {
		switch {
		case !s.up && s.ack == lost.Seq && s.len == 0:
			if acks++; acks == 2 {
				first = at(i)
			}
		case s.up && s.len > 0 && s.seq == lost.Seq && !seen:
			seen = true
		case s.up && s.len > 0 && s.seq == lost.Seq:
			// The first of the ACKs is the one that the others are copies of.
			if acks < 2 || acks < 4 && at(i)-first < 2*Latency/4 {
				t.Errorf("sent again after %d duplicate ACKs and %v", acks-1, at(i)-first)
			}
			return
		}
	}
	t.Error("the lost segment was not sent again")
}
