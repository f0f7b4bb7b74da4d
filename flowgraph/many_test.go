package flowgraph

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"tcplens/internal/packet"
	"tcplens/internal/text"
)

func endpoint(s string) packet.Endpoint {
	a := netip.MustParseAddrPort(s)
	return packet.Endpoint{Addr: a.Addr(), Port: a.Port()}
}

// hop makes a conversation whose packets have the numbers from, from+step …
func hop(t *testing.T, client, server string, from, step packet.Number, late int64) *Graph {
	s := newScene(t)
	s.flow = packet.Flow{Src: endpoint(client), Dst: endpoint(server)}
	s.handshake()
	exchange(s)
	s.seg(60000, 0, "FA", 65, 128, 0)
	s.seg(69000, 1, "FA", 128, 66, 0)
	s.seg(70000, 0, "A", 66, 129, 0)
	words := map[packet.Number]Detail{}
	for i := range s.segs {
		n := from + packet.Number(i)*step
		words[n] = s.words[s.segs[i].Number]
		s.segs[i].Number, s.segs[i].Time = n, s.segs[i].Time+packet.Time(late)
		s.segs[i].Acks, s.segs[i].DupAckOf = 0, 0
	}
	info := s.info()
	info.Stream = uint32(from)
	return Build(Input{Info: info, Segments: s.segs, Lookup: func(n packet.Number) Detail { return words[n] }})
}

func proxy(t *testing.T) *Graph {
	return Join(hop(t, "10.0.0.3:41000", "10.0.0.9:3000", 2, 2, 500_000), hop(t, "10.0.0.1:50000", "10.0.0.3:80", 1, 2, 0))
}

// A proxy has one lane, between its client and what is behind it.
func TestProxyStandsInTheMiddle(t *testing.T) {
	g := proxy(t)
	if names := g.laneNames(); !slices.Equal(names, []string{"10.0.0.1:50000", "10.0.0.3:80", "10.0.0.9:3000"}) {
		t.Errorf("the lanes are %q", names)
	}
	for _, w := range []int{60, 80, 120} {
		golden(t, "proxy."+digits(w)+".txt", texts(Render(g, Options{Width: w})))
	}
}

// On loopback a proxy's two ports have lanes of their own, side by side.
func TestLoopbackHasALaneAPort(t *testing.T) {
	g := Join(hop(t, "127.0.0.1:41000", "127.0.0.1:3000", 2, 2, 0), hop(t, "127.0.0.1:50000", "127.0.0.1:80", 1, 2, 0))
	if n := len(g.laneNames()); n != 4 {
		t.Errorf("%d lanes, want 4", n)
	}
}

// Lanes stand so that no arrow crosses another lane where that can be.
func TestOrderOfLanes(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 9))
		// A chain of hosts, its conversations in any order.
		n := 2 + r.IntN(5)
		var parts []*Graph
		for i := range n {
			from, to := "10.0.0."+digits(i+1), "10.0.0."+digits(i+2)
			parts = append(parts, hop(t, from+":50000", to+":80", packet.Number(i+1), packet.Number(n), 0))
		}
		r.Shuffle(n, func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		g := Join(parts...)
		for p := range g.parts {
			if a, b := g.laneOf[p][0], g.laneOf[p][1]; b != a+1 {
				t.Errorf("seed %d: a client in lane %d speaks to lane %d", seed, a, b)
			}
		}
	}
}

// Many clients of one host share a lane.
func TestManyClientsShareALane(t *testing.T) {
	var parts []*Graph
	for i := range 12 {
		parts = append(parts, hop(t, "10.0.0.1:"+digits(50000+i), "10.0.0.3:80", packet.Number(i+1), 12, 0))
	}
	g := Join(parts...)
	if names := g.laneNames(); !slices.Equal(names, []string{"10.0.0.1 (12 ports)", "10.0.0.3:80"}) {
		t.Errorf("the lanes are %q", names)
	}
}

// Every segment of every part is in one line, in order, at every width.
func TestJoinedDrawsEverySegment(t *testing.T) {
	g := proxy(t)
	for _, width := range []int{1, 12, 20, 40, 60, 80, 100, 120, 200, 300} {
		for _, fold := range []Fold{FoldNone, FoldBulk, FoldACKs} {
			count, last := 0, packet.Number(0)
			v := NewView(g, Options{Width: width, Fold: fold})
			for _, l := range v.Head() {
				if w := text.Width(l.Text); w > width {
					t.Errorf("width %d: a head has %d cells", width, w)
				}
			}
			for i := range v.Len() {
				l := v.Line(i)
				if w := text.Width(l.Text); w > width {
					t.Errorf("width %d: line %d has %d cells", width, i, w)
				}
				if count += l.Count; l.Count > 0 && l.First < last {
					t.Errorf("packet %d stands after %d", l.First, last)
				} else if l.Count > 0 {
					last = l.First
				}
			}
			if count != g.Len() {
				t.Errorf("width %d, fold %d: the lines stand for %d of %d segments", width, fold, count, g.Len())
			}
			for _, p := range g.Parts() {
				for i := range p.Len() {
					n := p.Segment(i).Number
					if k := v.Find(n); k < 0 || v.Line(k).First > n || v.Line(k).Last < n {
						t.Errorf("packet %d is on line %d", n, k)
					}
				}
			}
		}
	}
}

// A joined view that grows shows what one made at the end does, whichever part the
// segments come to first.
func TestJoinedGrows(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 21))
		var segs [2][]Segment
		var scenes [2]*scene
		for p := range scenes {
			s := newScene(t)
			s.flow.Src.Port += uint16(p)
			wild(s, r, 120)
			for i := range s.segs {
				s.segs[i].Number = packet.Number(2*i + p + 1)
				s.segs[i].Acks, s.segs[i].DupAckOf = 0, 0
			}
			scenes[p], segs[p] = s, s.segs
		}
		parts := func() (out []*Graph) {
			for p, s := range scenes {
				info := s.info()
				info.Stream = uint32(p)
				out = append(out, New(info, nil))
			}
			return out
		}
		o := Options{Width: 100, Fold: Fold(int(seed%3) - 1)}
		grown := Join(parts()...)
		v := NewView(grown, o)
		var at [2]int
		for at[0] < len(segs[0]) || at[1] < len(segs[1]) {
			p := r.IntN(2)
			n := min(r.IntN(9), len(segs[p])-at[p])
			grown.Parts()[p].Add(segs[p][at[p] : at[p]+n]...)
			at[p] += n
			v.Update()
		}
		whole := Join(parts()...)
		for p, g := range whole.Parts() {
			g.Add(segs[p]...)
		}
		w := NewView(whole, o)
		if v.Len() != w.Len() {
			t.Fatalf("seed %d: %d lines when grown, %d when made whole", seed, v.Len(), w.Len())
		}
		for i := range v.Len() {
			if a, b := v.Line(i).Text, w.Line(i).Text; a != b {
				t.Fatalf("seed %d: line %d is\n%s\nwhen grown, but\n%s\nwhen made whole", seed, i, a, b)
			}
		}
	}
}

// Silence in one conversation is none of the drawing while another one speaks.
func TestSilenceOfTheWhole(t *testing.T) {
	a, b := newScene(t), newScene(t)
	a.handshake()
	b.flow.Src.Port++
	a.seg(20000, 0, "PA", 1, 1, 10)
	a.seg(900000, 1, "PA", 1, 11, 10)
	b.n = 4
	b.seg(300000, 0, "S", 0, 0, 0)
	a.segs[4].Number = 6
	join := func(parts ...*scene) string {
		var gs []*Graph
		for _, s := range parts {
			gs = append(gs, s.graph())
		}
		return texts(Render(Join(gs...), Options{Width: 100}))
	}
	if got := join(a, b); strings.Contains(got, "⋮") {
		t.Errorf("silence is drawn while the other one spoke:\n%s", got)
	}
	if got := join(a); !strings.Contains(got, "880 ms: the client waits for the server") {
		t.Errorf("silence is not drawn:\n%s", got)
	}
}

// Several conversations of anything can be written in every form.
func TestFormatsOfJoined(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 31))
		var parts []*Graph
		for p := range 2 + r.IntN(10) {
			s := newScene(t)
			s.flow.Src.Port += uint16(p)
			wild(s, r, 30)
			for i := range s.segs {
				s.segs[i].Number = packet.Number(12*i + p + 1)
			}
			parts = append(parts, s.graph())
		}
		formats(t, Join(append(parts, datagrams(t))...), Options{Fold: Fold(int(seed%3) - 1), Time: TimeFormat(seed % 4), Raw: seed%2 == 0})
	}
}
