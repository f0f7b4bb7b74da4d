package trace

import "testing"

// TestRowSize holds what a million packets cost.
func TestRowSize(t *testing.T) {
	if rowSize > 88 {
		t.Errorf("a row has %d bytes", rowSize)
	}
}

func TestScale(t *testing.T) {
	for _, f := range []int16{-2, -1, 0, 1, 2, 128, 16384} {
		r := Row{scale: scaleOf(f), window: 500}
		if r.factor() != f {
			t.Errorf("factor %d came back as %d", f, r.factor())
		}
		want := uint32(500)
		if f > 0 {
			want *= uint32(f)
		}
		if r.Window() != want {
			t.Errorf("factor %d: window %d, want %d", f, r.Window(), want)
		}
	}
}
