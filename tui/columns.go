package tui

import (
	"strconv"
	"time"

	"tcplens/internal/packet"
)

// column is a column of the packet list.
type column uint8

const (
	colNo column = iota
	colTime
	colSrc
	colDst
	colProto
	colLen
	colInfo
	columnCount
)

// place is where a column stands: first cell and width. Width 0: not shown.
type place struct{ x, w int }

// columns are the places of all columns at some width, and how the time is written.
type columns struct {
	at       [columnCount]place
	wide     bool // full headings
	decimals int  // of seconds
}

// marginWidth is what the bracket and the marks take: " │ → ".
const marginWidth = 4

// wideFrom is the width from which the texts stand in full, as Wireshark has them.
const wideFrom = 110

// columnsFor lays the columns of the list out. They shorten and drop with the
// width; they depend on nothing that changes while scrolling. digits is how many
// the largest packet number has, timeWidth how wide a time is with six decimals.
func columnsFor(width int, digits, timeWidth int, m measure) columns {
	var c columns
	x := marginWidth
	put := func(k column, w, gap int) {
		c.at[k] = place{x, w}
		x += w + gap
	}
	c.decimals = 6
	length := len(strconv.FormatUint(uint64(m.length), 10))
	switch {
	case width >= wideFrom:
		c.wide = true
		if m.nano && width >= 130 {
			c.decimals = 9
			timeWidth += 3
		}
		put(colNo, max(digits, 4), 2)
		put(colTime, max(timeWidth, 10), 2)
		addr := min(max(m.long, 15), max(15, (width-80)*2/5))
		put(colSrc, addr, 2)
		put(colDst, addr, 2)
		put(colProto, max(8, min(m.proto, 10)), 2)
		put(colLen, max(6, length), 2)
	case width >= 64:
		if timeWidth > 10 {
			c.decimals = 3
			timeWidth -= 3
		}
		put(colNo, max(digits, 3), 1)
		put(colTime, max(timeWidth, 10), 2)
		addr := min(max(m.addr, 12), 12+max(0, min(3, width-70)))
		if width > 80 {
			addr = min(max(m.long, 12), 15+(width-80)/3)
		}
		proto := max(min(m.proto, 8), 5)
		gap := max(1, 10-proto-max(length, 3))
		// Info counts more than whole addresses: it has what tells packets apart.
		if room := width - x - proto - gap - max(length, 3) - 6; room-2*addr < 16 {
			addr = max((room-16)/2, 11)
		}
		put(colSrc, addr, 2)
		put(colDst, addr, 2)
		put(colProto, proto, gap)
		put(colLen, max(length, 3), 2)
	case width >= 48:
		c.decimals = 3
		put(colNo, max(digits, 3), 1)
		put(colTime, max(timeWidth-3, 7), 2)
		put(colProto, max(min(m.proto, 7), 5), 1)
		put(colLen, max(length, 3), 2)
	default:
		c.decimals = 3
		put(colNo, max(digits, 2), 1)
		put(colTime, max(timeWidth-3, 7), 1)
		put(colProto, max(min(m.proto, 7), 5), 1)
	}
	c.at[colInfo] = place{x, max(width-x, 0)}
	return c
}

// heading gives the head of a column.
func (c *columns) heading(k column, t timeFormat) string {
	switch k {
	case colNo:
		return "No."
	case colTime:
		return t.heading()
	case colSrc:
		return "Source"
	case colDst:
		return "Destination"
	case colProto:
		if c.wide {
			return "Protocol"
		}
		return "Proto"
	case colLen:
		if c.wide {
			return "Length"
		}
		return "Len"
	}
	return "Info"
}

// timeFormat is what the time column shows.
type timeFormat uint8

const (
	timeRelative timeFormat = iota // since the first packet, or the reference
	timeDelta                      // since the packet shown before
	timeAbsolute                   // time of day, UTC
	timeDate                       // with the date
	timeEpoch                      // seconds since 1970
	timeFormats
)

func (t timeFormat) heading() string {
	return [...]string{"Time", "Delta", "UTC", "Date, UTC", "Epoch"}[t]
}

func (t timeFormat) String() string {
	return [...]string{"relative", "delta to the packet shown before", "time of day (UTC)", "date and time (UTC)", "epoch"}[t]
}

// format writes a time. base is what relative and delta times count from.
func (t timeFormat) format(at, base packet.Time, decimals int) string {
	switch t {
	case timeAbsolute:
		return at.Std().Format("15:04:05" + fraction(decimals))
	case timeDate:
		return at.Std().Format("2006-01-02 15:04:05" + fraction(decimals))
	case timeEpoch:
		return seconds(time.Duration(at), decimals)
	}
	return seconds(at.Sub(base), decimals)
}

// width is how many cells a time takes with six decimals. early and late are the
// bounds of what relative and delta times may be.
func (t timeFormat) width(early, late time.Duration) int {
	switch t {
	case timeAbsolute:
		return 15
	case timeDate:
		return 26
	case timeEpoch:
		return 17
	}
	return max(len(seconds(early, 6)), len(seconds(late, 6)))
}

func fraction(decimals int) string { return ".000000000"[:decimals+1] }

// seconds writes a duration in seconds with some decimals, cut and not rounded,
// as tshark does.
func seconds(d time.Duration, decimals int) string {
	sign := ""
	u := uint64(d)
	if d < 0 {
		sign, u = "-", -u
	}
	frac := strconv.FormatUint(u%1e9+1e9, 10)[1:]
	return sign + strconv.FormatUint(u/1e9, 10) + "." + frac[:decimals]
}
