package tcp

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"tcplens/internal/packet"
)

// forkFramer is a prefixFramer that can begin anew in front of an open message.
type forkFramer struct {
	prefixFramer
	forks []*prefixFramer
}

func (f *forkFramer) Fork() Framer {
	n := &prefixFramer{t: f.t}
	f.forks = append(f.forks, n)
	return n
}

// TestHoleInFront: a hole in front of an open message fills piece by piece. Each
// message in it is found, and the open one goes on.
func TestHoleInFront(t *testing.T) {
	data := records(rand.New(rand.NewPCG(3, 3)), 9000)
	starts := []uint32{1}
	for at := 0; at < len(data); {
		at += 2 + int(data[at])<<8 + int(data[at+1])
		starts = append(starts, uint32(at)+1)
	}
	if len(starts) < 5 {
		t.Fatalf("only %d messages", len(starts)-1)
	}
	second, third, fourth := starts[1], starts[2], starts[3]
	pdus := new(PDUs)
	ra := NewReassembler(pdus)
	framer := &forkFramer{prefixFramer: prefixFramer{t: t}}
	ra.SetFramer(0, framer)
	n := packet.Number(0)
	add := func(from, to uint32) Result {
		n++
		f := Facts{Seq: from, NextSeq: to, Verdict: Analysed}
		return ra.Add(&f, &Segment{Number: n, Flags: ACK, Len: to - from, CapLen: to - from}, data[from-1:to-1])
	}
	add(1, second)
	open := add(third, third+5) // the second is lost, the third begins
	late := add(second, second+3)
	if late.Tail == 0 || open.Tail == 0 || late.Tail == open.Tail {
		t.Fatalf("the late one begins message %d, the open one is %d", late.Tail, open.Tail)
	}
	if done := add(second+3, third); done.Head != late.Tail || done.Flags&HeadDone == 0 {
		t.Errorf("the late message is not complete: %+v", done)
	}
	if done := add(third+5, fourth); done.Head != open.Tail || done.Flags&HeadDone == 0 {
		t.Errorf("the open message is not complete: %+v", done)
	}
	if len(framer.forks) != 1 || len(framer.forks[0].got) != 1 || !bytes.Equal(framer.forks[0].got[0], data[second+1:third-1]) {
		t.Errorf("the late message was not seen whole: %d framers", len(framer.forks))
	}
	if len(framer.got) != 2 || !bytes.Equal(framer.got[1], data[third+1:fourth-1]) {
		t.Errorf("%d messages seen in order, not 2", len(framer.got))
	}
	if f := ra.Find(0, second+1); f.ID != late.Tail || f.StartSeq != second || f.EndSeq != third || f.Have != third {
		t.Errorf("a byte of the second message is in %+v", f)
	}
	if f := ra.Find(0, 0); f.ID != 0 {
		t.Errorf("a byte in front of all is in %+v", f)
	}
}
