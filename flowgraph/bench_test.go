package flowgraph

import "testing"

// long is a conversation of n segments after its handshake, requests and answers of
// some segments each, with a loss now and then.
func long(tb testing.TB, n int) *scene {
	s := newScene(tb)
	s.handshake()
	next := [2]uint32{1, 1}
	for i := range n {
		dir := uint8(i / 10 & 1)
		seq := next[dir]
		if i%97 == 0 && seq > 1460 {
			seq -= 1460
		}
		s.seg(20000+int64(i)*300, dir, "A", seq, next[dir^1], 1460)
		next[dir] = max(next[dir], seq+1460)
	}
	return s
}

// BenchmarkBuild makes the graph of 100,000 segments and its lines.
func BenchmarkBuild(b *testing.B) {
	s := long(b, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		NewView(s.graph(), Options{})
	}
}

// BenchmarkFrame draws a screen of 200 by 50 somewhere in a conversation of 100,000
// arrows, as moving about in it does.
func BenchmarkFrame(b *testing.B) {
	v := NewView(long(b, 100_000).graph(), Options{Width: 200, Fold: FoldNone})
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		v.Head()
		for k := range 48 {
			v.Line((i + k) % v.Len())
		}
		i = (i + 7919) % (v.Len() - 48)
	}
}

// BenchmarkGrowingFrame is a frame of such a conversation while it runs: ten
// segments come, and the end of it is drawn.
func BenchmarkGrowingFrame(b *testing.B) {
	s := long(b, 200_000)
	g := New(s.info(), s.lookup)
	g.Add(s.segs[:100_000]...)
	v := NewView(g, Options{Width: 200, Fold: FoldNone})
	at := 100_000
	b.ReportAllocs()
	for b.Loop() {
		if at+10 > len(s.segs) {
			b.StopTimer()
			g = New(s.info(), s.lookup)
			g.Add(s.segs[:100_000]...)
			v, at = NewView(g, Options{Width: 200, Fold: FoldNone}), 100_000
			b.StartTimer()
		}
		g.Add(s.segs[at : at+10]...)
		at += 10
		v.Update()
		v.Head()
		for k := range 48 {
			v.Line(v.Len() - 48 + k)
		}
	}
}
