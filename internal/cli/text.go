package cli

import (
	"fmt"
	"io"
	"time"

	"tcplens/dissect"
	"tcplens/internal/text"
)

// textFormat is one line a packet as tshark prints it, or its tree, or its bytes.
type textFormat struct {
	verbose, hex bool
	times        string // as -t has it
}

func (f *textFormat) want() dissect.Want {
	if f.verbose {
		return dissect.WantTree
	}
	return dissect.WantColumns
}

func (f *textFormat) begin(io.Writer) error { return nil }
func (f *textFormat) end(io.Writer) error   { return nil }

func (f *textFormat) packet(w io.Writer, r *record) error {
	if f.verbose {
		if _, err := io.WriteString(w, r.tree.Text()); err != nil {
			return err
		}
	} else {
		c := r.cols
		_, err := fmt.Fprintf(w, "%5d %10s %12s → %-12s %s %d %s\n", r.number, stamp(f.times, r),
			text.Printable(c.Src), text.Printable(c.Dst), text.Printable(c.Proto), r.row.Len, text.Printable(c.Info))
		if err != nil {
			return err
		}
	}
	if f.hex {
		if _, err := io.WriteString(w, "\n"+hexDump(r.bytes)); err != nil {
			return err
		}
	}
	if f.verbose || f.hex {
		_, err := io.WriteString(w, "\n")
		return err
	}
	return nil
}

// stamp writes the time of a packet as -t asks.
func stamp(how string, r *record) string {
	at := r.row.Time
	clock := "15:04:05.000000"
	if r.nano {
		clock += "000"
	}
	switch how {
	case "d":
		return seconds(int64(at-r.prev), r.nano)
	case "a":
		return at.Std().In(time.Local).Format(clock)
	case "ad":
		return at.Std().In(time.Local).Format("2006-01-02 " + clock)
	case "e":
		return seconds(int64(at), r.nano)
	}
	return seconds(int64(at-r.first), r.nano)
}

// seconds writes nanoseconds as seconds with six places, or nine.
func seconds(ns int64, nano bool) string {
	sign := ""
	u := uint64(ns)
	if ns < 0 {
		sign, u = "-", -u
	}
	if nano {
		return fmt.Sprintf("%s%d.%09d", sign, u/1e9, u%1e9)
	}
	return fmt.Sprintf("%s%d.%06d", sign, u/1e9, u%1e9/1000)
}

// hexDump writes bytes sixteen a line as tshark -x does.
func hexDump(b []byte) string {
	out := make([]byte, 0, len(b)*5)
	for i := 0; i < len(b); i += 16 {
		line := b[i:min(i+16, len(b))]
		out = fmt.Appendf(out, "%04x  ", i)
		for _, c := range line {
			out = fmt.Appendf(out, "%02x ", c)
		}
		for k := len(line); k < 16; k++ {
			out = append(out, "   "...)
		}
		out = append(out, "  "...)
		for _, c := range line {
			out = append(out, text.Dot(c))
		}
		out = append(out, '\n')
	}
	return string(out)
}
