package tui

import (
	"strings"
	"testing"
)

// sketch draws a layout at an eighth of its width: a letter for each rectangle.
func sketch(w, h int, s screen) string {
	const scale = 8
	rows := make([][]byte, h)
	for y := range rows {
		rows[y] = []byte(strings.Repeat(".", w/scale))
	}
	fill := func(r rect, c byte) {
		for y := r.y; y < r.y+r.h; y++ {
			for x := r.x; x < r.x+r.w; x++ {
				if x/scale < w/scale {
					rows[y][x/scale] = c
				}
			}
		}
	}
	fill(s.header, 'H')
	fill(s.filter, '/')
	fill(s.list, 'L')
	fill(s.detail, 'D')
	fill(s.hex, 'X')
	fill(s.footer, 'F')
	var b strings.Builder
	for _, r := range rows {
		b.Write(r)
		b.WriteByte('\n')
	}
	return b.String()
}

func TestLayout(t *testing.T) {
	rep := func(line string, n int) string { return strings.Repeat(line+"\n", n) }
	tests := []struct {
		name string
		w, h int
		a    arrangement
		want string
	}{
		{"80x24", 80, 24, arrangement{}, "HHHHHHHHHH\n//////////\n" + rep("LLLLLLLLLL", 13) + rep("DDDDDDDDDD", 5) + rep("XXXXXXXXXX", 3) + "FFFFFFFFFF\n"},
		{"80x24 grown", 80, 24, arrangement{grow: 2}, "HHHHHHHHHH\n//////////\n" + rep("LLLLLLLLLL", 15) + rep("DDDDDDDDDD", 3) + rep("XXXXXXXXXX", 3) + "FFFFFFFFFF\n"},
		{"80x24 zoomed", 80, 24, arrangement{zoom: true, focus: paneHex}, "HHHHHHHHHH\n//////////\n" + rep("XXXXXXXXXX", 21) + "FFFFFFFFFF\n"},
		{"120x40", 120, 40, arrangement{}, rep("HHHHHHHHHHHHHHH", 1) + rep("///////////////", 1) + rep("LLLLLLLLLLLLLLL", 20) +
			rep("DDDDDDDDDDDDDDD", 11) + rep("XXXXXXXXXXXXXXX", 6) + rep("FFFFFFFFFFFFFFF", 1)},
		{"160x24", 160, 24, arrangement{}, rep(strings.Repeat("H", 20), 1) + rep(strings.Repeat("/", 20), 1) + rep(strings.Repeat("L", 20), 11) +
			rep("DDDDDDDDDDXXXXXXXXXX", 10) + rep(strings.Repeat("F", 20), 1)},
		{"80x18", 80, 18, arrangement{}, "HHHHHHHHHH\n//////////\n" + rep("LLLLLLLLLL", 9) + rep("DDDDDDDDDD", 6) + "FFFFFFFFFF\n"},
		{"80x18 hex", 80, 18, arrangement{focus: paneHex}, "HHHHHHHHHH\n//////////\n" + rep("LLLLLLLLLL", 9) + rep("XXXXXXXXXX", 6) + "FFFFFFFFFF\n"},
		{"40x10", 40, 10, arrangement{}, "HHHHH\n/////\n" + rep("LLLLL", 7) + "FFFFF\n"},
		{"40x10 detail", 40, 10, arrangement{focus: paneDetail}, "HHHHH\n/////\n" + rep("DDDDD", 7) + "FFFFF\n"},
	}
	for _, tt := range tests {
		if got := sketch(tt.w, tt.h, layout(tt.w, tt.h, tt.a)); got != tt.want {
			t.Errorf("%s:\n%s\nwanted:\n%s", tt.name, got, tt.want)
		}
	}
	if !layout(20, 5, arrangement{}).tooSmall {
		t.Error("20x5 is not too small")
	}
}

// TestLayoutCovers checks that the parts of any screen cover it without overlap.
func TestLayoutCovers(t *testing.T) {
	for w := minWidth; w < 220; w += 3 {
		for h := minHeight; h < 80; h++ {
			for focus := paneList; focus <= paneHex; focus++ {
				for _, grow := range []int{-50, 0, 3, 50} {
					s := layout(w, h, arrangement{focus: focus, grow: grow})
					cells := 0
					for _, r := range []rect{s.header, s.filter, s.list, s.detail, s.hex, s.footer} {
						if r.x < 0 || r.y < 0 || r.x+r.w > w || r.y+r.h > h {
							t.Fatalf("%dx%d: %+v lies outside", w, h, r)
						}
						cells += r.w * r.h
					}
					if s.hex.x > 0 {
						cells += s.hex.h // the line between
					}
					if cells != w*h {
						t.Fatalf("%dx%d focus %d grow %d: %d cells of %d are covered: %+v", w, h, focus, grow, cells, w*h, s)
					}
				}
			}
		}
	}
}

// TestColumns checks that columns neither overlap nor leave the screen, that Info
// is always there, and that they stand still while the list scrolls.
func TestColumns(t *testing.T) {
	for w := minWidth; w < 250; w++ {
		for _, m := range []measure{{length: 66, addr: 9, long: 9, proto: 3}, {length: 65549, addr: 15, long: 39, proto: 7, nano: true}} {
			for _, digits := range []int{1, 3, 7} {
				for _, tw := range []int{8, 13, 26} {
					c := columnsFor(w, digits, tw, m)
					end := marginWidth
					for k := range columnCount {
						p := c.at[k]
						if p.w == 0 {
							continue
						}
						if p.x < end {
							t.Fatalf("width %d: column %d begins at %d, before %d", w, k, p.x, end)
						}
						end = p.x + p.w
					}
					if c.at[colInfo].x+c.at[colInfo].w > max(w, c.at[colInfo].x) {
						t.Fatalf("width %d: Info ends at %d", w, end)
					}
					if w >= 80 && tw < 20 && digits < 7 && c.at[colInfo].w < 16 {
						t.Fatalf("width %d: Info has %d cells", w, c.at[colInfo].w)
					}
				}
			}
		}
	}
}
