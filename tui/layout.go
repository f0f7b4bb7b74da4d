package tui

// paneID names a pane of the packets view.
type paneID uint8

const (
	paneList paneID = iota
	paneDetail
	paneHex
)

// rect is a part of the screen: left and top cell, width and height. Without
// height it is not shown.
type rect struct{ x, y, w, h int }

func (r rect) shown() bool { return r.w > 0 && r.h > 0 }

// holds says whether a cell lies in the rectangle.
func (r rect) holds(x, y int) bool {
	return x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h
}

// The smallest screen on which something can be read.
const (
	minWidth  = 32
	minHeight = 7
)

// arrangement is what the layout depends on beside the size.
type arrangement struct {
	focus  paneID
	zoom   bool
	prompt int // lines that a prompt takes from the bottom
	grow   int // rows that the list was given by + and −
}

// screen is the layout of the packets view. Title lines belong to their panes:
// detail and hex begin with one, the list with the heads of its columns.
type screen struct {
	tooSmall bool
	header   rect
	filter   rect
	list     rect
	detail   rect
	hex      rect
	body     rect // all between filter line and footer: the other views
	footer   rect
}

// sideBySide is the width from which detail and hex stand beside each other.
const sideBySide = 150

// hexWidth is how wide a hex pane of sixteen bytes a row is.
const hexWidth = 74

// layout places the parts of the screen.
func layout(w, h int, a arrangement) screen {
	var s screen
	if w < minWidth || h < minHeight {
		s.tooSmall = true
		return s
	}
	foot := 1 + a.prompt
	if foot > h-5 {
		foot = 1
	}
	s.header = rect{0, 0, w, 1}
	s.filter = rect{0, 1, w, 1}
	s.footer = rect{0, h - foot, w, foot}
	s.body = rect{0, 2, w, h - 2 - foot}
	b := s.body
	low := b
	switch {
	case a.zoom || b.h < 11:
		// One pane only: the focused one.
		switch a.focus {
		case paneDetail:
			s.detail = b
		case paneHex:
			s.hex = b
		default:
			s.list = b
		}
		return s
	case b.h < 17:
		// Two: the list, and the one that the user looks at.
		n := min(max(b.h*6/10+a.grow, 4), b.h-3)
		s.list = rect{b.x, b.y, b.w, n}
		low.y, low.h = b.y+n, b.h-n
		if a.focus == paneHex {
			s.hex = low
		} else {
			s.detail = low
		}
		return s
	case w >= sideBySide:
		n := min(max(b.h*55/100+a.grow, 5), b.h-5)
		s.list = rect{b.x, b.y, b.w, n}
		s.detail = rect{b.x, b.y + n, b.w - hexWidth - 1, b.h - n}
		s.hex = rect{b.x + b.w - hexWidth, b.y + n, hexWidth, b.h - n}
		return s
	}
	// Three, one above the other. At 80×24 the list has twelve rows below the
	// heads of its columns, the detail pane four and the hex pane two.
	n := b.h*13/21 + a.grow
	hex := 3
	if b.h > 21 {
		n = 13 + (b.h-21)*45/100 + a.grow
		hex = 3 + min((b.h-21)*22/100, 6)
	}
	n = min(max(n, 4), b.h-hex-3)
	s.list = rect{b.x, b.y, b.w, n}
	s.detail = rect{b.x, b.y + n, b.w, b.h - n - hex}
	s.hex = rect{b.x, b.y + b.h - hex, b.w, hex}
	return s
}
