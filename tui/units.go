package tui

import (
	"fmt"
	"strconv"
	"time"
)

// count writes a number with its noun: "1 byte", "2 bytes".
func count(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatUint(n, 10) + " " + noun + "s"
}

// size writes a number of bytes in three digits or so: "88 kB", "1.2 MB".
func size(n uint64) string {
	units := [...]string{"B", "kB", "MB", "GB", "TB", "PB"}
	if n < 1000 {
		return strconv.FormatUint(n, 10) + " B"
	}
	v, k := float64(n), 0
	for v >= 999.5 && k < len(units)-1 {
		v /= 1000
		k++
	}
	if v < 9.95 {
		return fmt.Sprintf("%.1f %s", v, units[k])
	}
	return fmt.Sprintf("%.0f %s", v, units[k])
}

// number writes a count in five cells or so: "412", "12.3 k", "1.23 M".
func number(n uint64) string {
	switch {
	case n < 100000:
		return strconv.FormatUint(n, 10)
	case n < 1000000:
		return fmt.Sprintf("%.0fk", float64(n)/1e3)
	case n < 100000000:
		return fmt.Sprintf("%.2fM", float64(n)/1e6)
	}
	return fmt.Sprintf("%.0fM", float64(n)/1e6)
}

// clock writes how long something runs: "00:12", "1:02:03".
func clock(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// took writes a duration in three digits: "17 µs", "2.5 ms", "0.329 s", "12 s".
func took(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + took(-d)
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d)
	case d < 10*time.Millisecond && d >= time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1e3)
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d/time.Microsecond)
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", d.Seconds()*1e3)
	case d < 10*time.Second:
		return fmt.Sprintf("%.3f s", d.Seconds())
	case d < 100*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return clock(d)
}
