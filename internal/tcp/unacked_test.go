package tcp

import (
	"math/rand/v2"
	"testing"

	"tcplens/internal/packet"
)

// plainUnacked is the list as rules R34, R37 and R38 word it.
type plainUnacked []sent // oldest first

func (u *plainUnacked) ack(ack uint32) (hit sent, ok bool) {
	var kept plainUnacked
	for _, s := range *u {
		switch {
		case s.end == ack:
			if !ok {
				hit, ok = s, true
			}
			continue
		case less(s.start, ack) && less(ack, s.end):
			s.start = ack
		case !more(s.end, ack):
			continue
		}
		kept = append(kept, s)
	}
	*u = kept
	return hit, ok
}

func (u plainUnacked) span(base uint32) uint32 {
	lo, hi := ^uint32(0), uint32(0)
	for _, s := range u {
		lo, hi = min(lo, s.start-base), max(hi, s.end-base)
	}
	return hi - lo
}

// TestUnackedLikePlain holds the two-part list against the plain one over random
// sends and acknowledgements, near each other and anywhere on the circle.
func TestUnackedLikePlain(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		var u unacked
		var plain plainUnacked
		var free freeList
		base := r.Uint32()
		next := base + 1
		if seed%3 == 0 {
			base, next = 0, 0xfffff000 // wraps
		}
		for n := range packet.Number(400) {
			if r.IntN(3) > 0 {
				start := next
				switch r.IntN(12) {
				case 0:
					start -= uint32(r.IntN(2000))
				case 1:
					start += uint32(r.IntN(2000))
				case 2:
					if seed%5 == 0 {
						start = r.Uint32()
					}
				case 3:
					if seed%5 == 1 { // about half the circle away, and back from there
						start = base + uint32(r.IntN(2))<<31 + uint32(r.IntN(3000))
					}
				}
				s := sent{frame: n + 1, start: start, end: start + 1 + uint32(r.IntN(500))}
				if int32(s.end-next) > 0 {
					next = s.end
				}
				u.push(s, &free)
				plain = append(plain, s)
			} else {
				ack := next - uint32(r.IntN(1500))
				switch r.IntN(10) {
				case 0:
					if seed%5 == 0 {
						ack = r.Uint32()
					}
				case 1, 2, 3:
					if len(plain) > 0 {
						ack = plain[r.IntN(len(plain))].end
					}
				}
				h1, ok1 := u.ack(ack, &free)
				h2, ok2 := plain.ack(ack)
				if ok1 != ok2 || ok1 && h1 != h2 {
					t.Fatalf("seed %d, step %d: ack gives %v %v, want %v %v", seed, n, h1, ok1, h2, ok2)
				}
			}
			if u.len() != len(plain) {
				t.Fatalf("seed %d, step %d: %d segments, want %d", seed, n, u.len(), len(plain))
			}
			if len(plain) == 0 {
				continue
			}
			if got, want := u.span(base), plain.span(base); got != want {
				t.Fatalf("seed %d, step %d: span %d, want %d", seed, n, got, want)
			}
			if s, ok := u.oldest(); !ok || s != plain[0] {
				t.Fatalf("seed %d, step %d: oldest %v, want %v", seed, n, s, plain[0])
			}
		}
	}
}
