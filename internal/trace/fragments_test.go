package trace

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"tcplens/dissect"
	"tcplens/internal/packet"
)

func fragment(id uint32, off int, data []byte, more bool) *dissect.Fragment {
	return &dissect.Fragment{Key: dissect.FragmentKey{ID: id, Proto: 17}, Off: uint32(off), Data: data, More: more, Whole: true}
}

// TestFragmentsAnyOrder cuts datagrams into pieces that may overlap and gives them
// in any order: what comes out is what was cut.
func TestFragmentsAnyOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range 300 {
		var f fragments
		f.init()
		whole := make([]byte, 1+rnd.IntN(5000))
		for i := range whole {
			whole[i] = byte(rnd.Uint32())
		}
		type cut struct{ from, to int }
		var cuts []cut
		for at := 0; at < len(whole); {
			next := min(len(whole), at+1+rnd.IntN(900))
			cuts = append(cuts, cut{max(0, at-rnd.IntN(2)*rnd.IntN(50)), next})
			at = next
		}
		rnd.Shuffle(len(cuts), func(i, j int) { cuts[i], cuts[j] = cuts[j], cuts[i] })
		var got []byte
		for i, c := range cuts {
			if got != nil {
				break // the pieces that are left were covered by others
			}
			got = f.add(packet.Number(i+1), fragment(7, c.from, whole[c.from:c.to], c.to < len(whole)))
		}
		if !bytes.Equal(got, whole) {
			t.Fatalf("round %d: %d bytes of %d", round, len(got), len(whole))
		}
		if f.held != 0 || len(f.open) != 0 {
			t.Fatalf("round %d: %d bytes held, %d open", round, f.held, len(f.open))
		}
	}
}

func TestFragmentsApart(t *testing.T) {
	var f fragments
	f.init()
	f.add(1, fragment(1, 0, []byte("one "), true))
	f.add(2, fragment(2, 0, []byte("two "), true))
	if got := f.add(3, fragment(2, 4, []byte("II"), false)); string(got) != "two II" {
		t.Errorf("%q", got)
	}
	if got := f.add(4, fragment(1, 4, []byte("I"), false)); string(got) != "one I" {
		t.Errorf("%q", got)
	}
	if d := f.of[1]; d == nil || d.done != 4 {
		t.Errorf("packet 1 is of %+v", d)
	}
}

// TestFragmentsBounded sends first pieces only: what is held must not grow.
func TestFragmentsBounded(t *testing.T) {
	var f fragments
	f.init()
	data := make([]byte, 60000)
	for i := range 2000 {
		f.add(packet.Number(i+1), fragment(uint32(i), 0, data, true))
	}
	if f.held > maxHeldFrags || len(f.open) > maxHeldFrags/60000 {
		t.Errorf("%d bytes of %d datagrams are held", f.held, len(f.open))
	}
	if got := f.add(9999, fragment(5, 65000, data, true)); got != nil {
		t.Error("a piece beyond what IP can say was taken")
	}
}
