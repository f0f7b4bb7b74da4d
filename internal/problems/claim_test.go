package problems

import (
	"encoding/binary"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// wire is a segment as it stands in the bytes of a built capture, with numbers that
// count from the handshake's as the screen has them.
type wire struct {
	dir        int
	start, end uint32
	ack        uint32
	data       string
}

// wires reads the segments of a play again, with nothing of the product's.
func wires(frames []frame) []wire {
	out := []wire{{}} // packets count from 1
	for _, f := range frames {
		h := f.data[34:]
		w := wire{dir: int(f.data[5]) - 1}
		w.dir = 1 - w.dir // the destination's address ends in 2 for what end 0 sends
		base, peer := uint32(1000), uint32(5000)
		if w.dir == 1 {
			base, peer = peer, base
		}
		size := int(h[12]>>4) * 4
		w.data = string(h[size:])
		w.start = binary.BigEndian.Uint32(h[4:]) - base
		w.end = w.start + uint32(len(w.data))
		if h[13]&3 != 0 {
			w.end++
		}
		if h[13]&0x10 != 0 {
			w.ack = binary.BigEndian.Uint32(h[8:]) - peer
		}
		out = append(out, w)
	}
	return out
}

// claim is a way of saying something, and what must then be so. a are the numbers that
// it names.
type claim struct {
	re *regexp.Regexp
	ok func(all []wire, n int, a []int) bool
}

func claims() []claim {
	ackedBy := func(all []wire, from, to int, dir int, end uint32) int {
		for i := from; i < to; i++ {
			if all[i].dir != dir && all[i].ack >= end {
				return i
			}
		}
		return 0
	}
	covers := func(w wire, dir int, b uint32) bool { return w.dir == dir && w.start <= b && b < w.end }
	c := func(re string, ok func(all []wire, n int, a []int) bool) claim {
		return claim{regexp.MustCompile(re), ok}
	}
	return []claim{
		c(`retransmission of #(\d+): the same (\d+) bytes?`, func(all []wire, n int, a []int) bool {
			o, w := all[a[0]], all[n]
			first := slices.IndexFunc(all[1:n], func(x wire) bool { return x.dir == w.dir && x.start < w.end && w.start < x.end }) + 1
			return a[0] < n && first == a[0] && o.start == w.start && o.data == w.data && len(w.data) == a[1]
		}),
		c(`bytes (\d+)–(\d+), of which (\d+) are new`, func(all []wire, n int, a []int) bool {
			fresh := 0
			for b := uint32(a[0]); b <= uint32(a[1]); b++ {
				if !slices.ContainsFunc(all[1:n], func(x wire) bool { return covers(x, all[n].dir, b) }) {
					fresh++
				}
			}
			return fresh == a[2] && all[n].start == uint32(a[0]) && all[n].end == uint32(a[1])+1
		}),
		c(`for the (\d+)\w\w time \(last in #(\d+)\)`, func(all []wire, n int, a []int) bool {
			times, last := 1, 0
			for i := 1; i < n; i++ {
				if all[i].dir == all[n].dir && all[i].start == all[n].start && all[i].end == all[n].end {
					times, last = times+1, i
				}
			}
			return times == a[0] && last == a[1]
		}),
		c(`come for the first time in this capture`, func(all []wire, n int, a []int) bool {
			return !slices.ContainsFunc(all[1:n], func(x wire) bool {
				return x.dir == all[n].dir && x.start < all[n].end && all[n].start < x.end
			})
		}),
		c(`never acknowledged before #(\d+)`, func(all []wire, n int, a []int) bool {
			return a[0] > n && ackedBy(all, 1, len(all), all[n].dir, all[n].end) == a[0]
		}),
		c(`never acknowledged;`, func(all []wire, n int, a []int) bool {
			return ackedBy(all, 1, len(all), all[n].dir, all[n].end) == 0
		}),
		c(`the first (\d+) acknowledged by #(\d+)`, func(all []wire, n int, a []int) bool {
			w, by := all[n], all[a[1]]
			return a[1] < n && by.dir != w.dir && w.start < by.ack && ackedBy(all, 1, n, w.dir, w.start+uint32(a[0])) != 0 &&
				ackedBy(all, 1, n, w.dir, w.start+uint32(a[0])+1) == 0
		}),
		c(`acknowledged already by #(\d+)`, func(all []wire, n int, a []int) bool {
			return a[0] < n && ackedBy(all, 1, n, all[n].dir, all[n].end) == a[0]
		}),
		c(`(\d+) duplicate ACKs of #(\d+) asked for byte (\d+), the first #(\d+)`, func(all []wire, n int, a []int) bool {
			return all[n].start == uint32(a[2]) && all[a[1]].ack == uint32(a[2]) && all[a[3]].ack == uint32(a[2]) && a[1] < a[3] && a[3] < n
		}),
		c(`out of order: bytes (\d+)–(\d+)(?: again \(first in #\d+\))? (?:came )?\S+ \S+ after #(\d+), which follows`, func(all []wire, n int, a []int) bool {
			return a[2] < n && all[a[2]].dir == all[n].dir && all[a[2]].start >= uint32(a[1])+1 && all[n].start == uint32(a[0]) && all[n].end == uint32(a[1])+1
		}),
		c(`waits for byte (\d+), #(\d+) \((\d+) bytes?\) has not arrived`, func(all []wire, n int, a []int) bool {
			o := all[a[1]]
			return a[1] < n && all[n].ack == uint32(a[0]) && o.dir != all[n].dir && o.start == uint32(a[0]) && len(o.data) == a[2]
		}),
		c(`waits for byte (\d+), the rest of #(\d+) has not arrived`, func(all []wire, n int, a []int) bool {
			return a[1] < n && all[n].ack == uint32(a[0]) && covers(all[a[1]], 1-all[n].dir, uint32(a[0]))
		}),
		c(`waits for byte (\d+), which has not been captured so far`, func(all []wire, n int, a []int) bool {
			return !slices.ContainsFunc(all[1:n], func(x wire) bool { return covers(x, 1-all[n].dir, uint32(a[0])) })
		}),
		c(`(?:sent again|it comes) in #(\d+)`, func(all []wire, n int, a []int) bool {
			first := slices.IndexFunc(all[n:], func(x wire) bool { return covers(x, 1-all[n].dir, all[n].ack) }) + n
			return first == a[0]
		}),
		c(`acknowledged in #(\d+) without being sent again`, func(all []wire, n int, a []int) bool {
			carriers := 0
			for _, x := range all[1:] {
				if covers(x, 1-all[n].dir, all[n].ack) {
					carriers++
				}
			}
			return carriers <= 1 && all[a[0]].ack > all[n].ack
		}),
		c(`has not arrived, nor has #(\d+), which has it again`, func(all []wire, n int, a []int) bool {
			last := 0
			for i := 1; i < n; i++ {
				if covers(all[i], 1-all[n].dir, all[n].ack) {
					last = i
				}
			}
			return last == a[0]
		}),
		c(`; acknowledged in #(\d+)$`, func(all []wire, n int, a []int) bool {
			return a[0] > n && all[a[0]].dir == all[n].dir && all[a[0]].ack > all[n].ack
		}),
		c(`: (\d+) bytes? before this one (?:is|are) missing; (?:it|they) came later in #(\d+)`, func(all []wire, n int, a []int) bool {
			for b := all[n].start - uint32(a[0]); b < all[n].start; b++ {
				if slices.ContainsFunc(all[1:n], func(x wire) bool { return covers(x, all[n].dir, b) }) || !covers(all[a[1]], all[n].dir, b) {
					return false
				}
			}
			return true
		}),
		c(`: (\d+) bytes? before this one (?:is|are) missing; never captured, but acknowledged by #(\d+)`, func(all []wire, n int, a []int) bool {
			for b := all[n].start - uint32(a[0]); b < all[n].start; b++ {
				if slices.ContainsFunc(all[1:], func(x wire) bool { return covers(x, all[n].dir, b) }) {
					return false
				}
			}
			return all[a[1]].dir != all[n].dir && all[a[1]].ack >= all[n].start
		}),
		c(`: (\d+) bytes? before this one (?:is|are) missing; \w+ never came, and nothing acknowledges`, func(all []wire, n int, a []int) bool {
			low := all[n].start - uint32(a[0])
			return ackedBy(all, 1, len(all), all[n].dir, low+1) == 0 &&
				!slices.ContainsFunc(all[1:], func(x wire) bool { return x.dir == all[n].dir && x.start < all[n].start && low < x.end })
		}),
		c(`acknowledges all before byte (\d+), but (\d+) bytes? \(([\d–, ]+)\) of it w\w+ never captured`, func(all []wire, n int, a []int) bool {
			missing := 0
			for b := uint32(1); b < all[n].ack; b++ {
				if !slices.ContainsFunc(all[1:], func(x wire) bool { return covers(x, 1-all[n].dir, b) }) {
					missing++
				}
			}
			return all[n].ack == uint32(a[0]) && missing >= a[1] && a[1] > 0
		}),
		c(`of it \w+ not captured before: (\d+) came only later, the first in #(\d+), and (\d+) never`, func(all []wire, n int, a []int) bool {
			old := uint32(1)
			for _, w := range all[1:n] {
				if w.dir == all[n].dir {
					old = w.ack
				}
			}
			late, first, never := 0, len(all), 0
			for b := old; b < all[n].ack; b++ {
				i := slices.IndexFunc(all[1:], func(x wire) bool { return covers(x, 1-all[n].dir, b) }) + 1
				switch {
				case i == 0:
					never++
				case i > n:
					late++
					first = min(first, i)
				}
			}
			return late == a[0] && first == a[1] && never == a[2]
		}),
		c(`and what is new of it was captured, last in #(\d+)`, func(all []wire, n int, a []int) bool {
			old := uint32(1)
			for _, w := range all[1:n] {
				if w.dir == all[n].dir {
					old = w.ack // the last one that was captured
				}
			}
			for b := old; b < all[n].ack; b++ {
				if !slices.ContainsFunc(all[1:n], func(x wire) bool { return covers(x, 1-all[n].dir, b) }) {
					return false
				}
			}
			return true
		}),
	}
}

// TestClaims makes conversations at random and holds every sentence to the bytes of
// the capture.
func TestClaims(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	list := claims()
	made := make([]int, len(list))
	for round := range 800 {
		frames := play(random, newEnds())
		tr := built(t, frames...)
		s := tr.Snapshot()
		e := NewExplainer(tr)
		all := wires(frames)
		for n := s.First(); n <= s.Last(); n++ {
			for _, reason := range e.Packet(s, n) {
				for i, c := range list {
					m := c.re.FindStringSubmatch(reason.Text)
					if m == nil {
						continue
					}
					made[i]++
					var a []int
					for _, x := range m[1:] {
						v, _ := strconv.Atoi(x)
						a = append(a, v)
					}
					if !c.ok(all, int(n), a) {
						t.Errorf("round %d, #%d: %s\nis not so: %s", round, n, reason.Text, m[0])
						for k := 1; k < len(all); k++ {
							t.Logf("#%d dir %d %d–%d ack %d", k, all[k].dir, all[k].start, all[k].end, all[k].ack)
						}
						return
					}
				}
			}
		}
	}
	for i, k := range made {
		if k == 0 {
			t.Errorf("never said: %s", list[i].re)
		}
	}
}
