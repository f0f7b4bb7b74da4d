package flowgraph

import (
	"fmt"
	"strconv"

	"tcplens/internal/packet"
)

// count writes a number of bytes: "64 bytes", "12 kB", "1.2 MB".
func count(n uint64) string {
	switch {
	case n == 1:
		return "1 byte"
	case n < 1000:
		return strconv.FormatUint(n, 10) + " bytes"
	}
	return scaled(float64(n), 1000, []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"})
}

// scaled writes v with two significant digits or more and the unit that suits it.
func scaled(v, base float64, units []string) string {
	i := 0
	for v >= base-base/2000 && i < len(units)-1 {
		v /= base
		i++
	}
	if v < 9.95 {
		return fmt.Sprintf("%.1f %s", v, units[i])
	}
	return fmt.Sprintf("%.0f %s", v, units[i])
}

// span writes a length of time with three digits or so: "17 µs", "2.5 ms",
// "19.4 ms", "1.23 s", "2 m 05 s". At most 8 cells, sign excluded.
func span(ns int64) string {
	neg := ""
	if ns < 0 {
		neg, ns = "-", -ns
	}
	switch {
	case ns < 0: // the one value without a counterpart
		return "–"
	case ns < 1_000:
		return fmt.Sprintf("%s%d ns", neg, ns)
	case ns < 999_500:
		return fmt.Sprintf("%s%d µs", neg, (ns+500)/1000)
	case ns < 99_950_000:
		return fmt.Sprintf("%s%.1f ms", neg, float64(ns)/1e6)
	case ns < 999_500_000:
		return fmt.Sprintf("%s%d ms", neg, (ns+500_000)/1e6)
	case ns < 9_995_000_000:
		return fmt.Sprintf("%s%.2f s", neg, float64(ns)/1e9)
	case ns < 99_950_000_000:
		return fmt.Sprintf("%s%.1f s", neg, float64(ns)/1e9)
	}
	s := (ns + 500_000_000) / 1e9
	switch {
	case s < 600:
		return fmt.Sprintf("%s%d s", neg, s)
	case s < 36_000:
		return fmt.Sprintf("%s%d min", neg, s/60)
	case s < 360_000:
		return fmt.Sprintf("%s%d h", neg, s/3600)
	}
	return fmt.Sprintf("%s%d d", neg, s/86400)
}

// brief writes a length of time for a note: whole units from 10 on.
func brief(ns int64) string {
	switch {
	case ns >= 9_950_000 && ns < 999_500_000:
		return fmt.Sprintf("%d ms", (ns+500_000)/1e6)
	}
	return span(ns)
}

// seconds writes ns as seconds with six decimals, cut as tshark cuts them.
func seconds(ns int64) string {
	if ns < 0 {
		return "-" + seconds(-(ns + 1))
	}
	return fmt.Sprintf("%d.%06d", ns/1e9, ns%1e9/1000)
}

// clock writes a time of day in UTC.
func clock(t packet.Time) string { return t.Std().Format("15:04:05.000000") }
