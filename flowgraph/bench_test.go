package flowgraph

import "testing"

// BenchmarkBuild makes the graph of 100,000 segments and its lines.
func BenchmarkBuild(b *testing.B) {
	s := newScene(b)
	s.handshake()
	for i := range uint32(100_000) {
		s.seg(20000+int64(i), uint8(i&1), "A", 1+1460*(i/2), 1, 1460*(i&1^1))
	}
	b.ReportAllocs()
	for b.Loop() {
		NewView(s.graph(), Options{})
	}
}

// BenchmarkScreen draws the 40 lines of a screen.
func BenchmarkScreen(b *testing.B) {
	v := NewView(interfaceScene(b).graph(), Options{Width: 120})
	b.ReportAllocs()
	for b.Loop() {
		for i := range 40 {
			v.Line(i % v.Len())
		}
	}
}
