package dissect

import (
	"encoding/hex"
	"fmt"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"tcplens/internal/text"
)

// Uint gives the node's number: an integer, a boolean, a time in ns, a frame number,
// a fraction in units of 10⁻⁹.
func (n *Node) Uint() uint64 { return n.num }

// Bytes gives the value's bytes, for bytes and addresses. They alias the source.
func (n *Node) Bytes() []byte { return n.raw }

// Str gives the value of a string field as it stands in the packet.
func (n *Node) Str() string { return n.str }

// Addr gives the value of an IPv4 or IPv6 field.
func (n *Node) Addr() netip.Addr {
	a, _ := netip.AddrFromSlice(n.raw)
	return a
}

// Value writes the value as tshark -T fields prints it.
func (n *Node) Value() string {
	f := n.Field
	if f == nil {
		return ""
	}
	switch {
	case f.Type == TProtocol:
		return n.Label()
	case f.Type == TNone:
		return "1"
	case f.Type == TBool:
		if n.num != 0 {
			return "1"
		}
		return "0"
	case f.Type == TFrame:
		return strconv.FormatUint(n.num, 10)
	case f.Type.Signed():
		return strconv.FormatInt(int64(n.num), 10)
	case f.Type.Unsigned():
		return f.number(n.num)
	}
	switch f.Type {
	case TIPv4, TIPv6:
		return n.Addr().String()
	case TEther:
		return Ether(n.raw)
	case TBytes, TUintBytes:
		switch f.Base {
		case Colons:
			return joined(n.raw, ':')
		case SpaceBase:
			return joined(n.raw, ' ')
		}
		return hex.EncodeToString(n.raw)
	case TGUID:
		return guid(n.raw)
	case TAbsTime:
		if n.str != "" {
			return n.str // no time: NTP's zero
		}
		if f.Base == Special {
			return relTime(int64(n.num)) // seconds since 1970
		}
		return absTime(int64(n.num))
	case TRelTime:
		return relTime(int64(n.num))
	case TFloat:
		return strconv.FormatFloat(float64(int64(n.num))/1e9, 'g', 6, 64)
	}
	return n.str
}

// number writes an unsigned value in the field's first base, hexadecimal with as
// many digits as the type has.
func (f *Field) number(v uint64) string { return f.inBase(v, f.Type.digits()) }

func (f *Field) inBase(v uint64, digits int) string {
	switch f.Base {
	case Hex, HexDec:
		return fmt.Sprintf("0x%0*x", digits, v)
	case Oct:
		return fmt.Sprintf("%#o", v)
	}
	return strconv.FormatUint(v, 10)
}

// shownDigits is how many hexadecimal digits the value is shown with: as many
// as the masked part needs.
func (f *Field) shownDigits() int {
	if f.Mask == 0 {
		return f.Type.digits()
	}
	w := bits.Len64(f.Mask >> bits.TrailingZeros64(f.Mask))
	return (w + 3) / 4
}

// Label writes the node as a line of the detail tree.
func (n *Node) Label() string {
	s := n.text
	if s == "" && n.Field != nil {
		s = n.Field.label(n) + n.suffix
	}
	if n.Flags&Generated != 0 {
		return "[" + s + "]"
	}
	return s
}

// label writes the field's own label with the node's value.
func (f *Field) label(n *Node) string {
	switch {
	case f.Type == TNone || f.Type == TProtocol:
		return f.Name
	case f.Type == TBool:
		return f.bitPrefix(n.num) + f.Name + ": " + f.Names(n.num)
	case f.Type == TFrame:
		return f.Name + ": " + strconv.FormatUint(n.num, 10)
	case f.Type.Unsigned(), f.Type.Signed():
		return f.bitPrefix(n.num) + f.Name + ": " + f.named(n.num)
	}
	switch f.Type {
	case TBytes, TUintBytes:
		if len(n.raw) == 0 {
			return f.Name + ": <MISSING>"
		}
		const most = 36 // bytes shown in a label; the hex pane has them all
		if len(n.raw) > most {
			cut := *n
			cut.raw = n.raw[:most]
			return f.Name + ": " + cut.Value() + "…"
		}
	case TRelTime:
		return f.Name + ": " + relTime(int64(n.num)) + " seconds"
	case TAbsTime:
		if f.Base == Special {
			return f.Name + ": " + n.Value() + " seconds"
		}
	case TEther:
		return f.Name + ": " + n.Value()
	case TString, TStringZ:
		return f.Name + ": " + text.Printable(n.str)
	}
	return f.Name + ": " + n.Value()
}

// named writes an integer as Wireshark's labels do: the text and the number, or
// the number in both bases.
func (f *Field) named(v uint64) string {
	if f.Names != nil {
		name := f.Names(v)
		if f.Base == Custom {
			return name
		}
		if name == "" {
			name = f.Unknown
		}
		if name == "" {
			name = "Unknown"
		}
		if f.Base == NoLabel {
			return name
		}
		return name + " (" + f.firstNumber(v) + ")"
	}
	if f.Type.Signed() {
		return strconv.FormatInt(int64(v), 10) + f.Units
	}
	switch f.Base {
	case DecHex:
		return fmt.Sprintf("%d (0x%0*x)", v, f.shownDigits(), v) + f.Units
	case HexDec:
		return fmt.Sprintf("0x%0*x (%d)", f.shownDigits(), v, v) + f.Units
	}
	return f.inBase(v, f.shownDigits()) + f.Units
}

func (f *Field) firstNumber(v uint64) string {
	if f.Type.Signed() {
		return strconv.FormatInt(int64(v), 10)
	}
	return f.inBase(v, f.shownDigits())
}

// bitPrefix draws the bits of a masked field: "0100 .... = ".
func (f *Field) bitPrefix(v uint64) string {
	if f.Mask == 0 {
		return ""
	}
	w := f.width()
	v <<= bits.TrailingZeros64(f.Mask)
	var b strings.Builder
	for i := w - 1; i >= 0; i-- {
		switch {
		case f.Mask>>i&1 == 0:
			b.WriteByte('.')
		case v>>i&1 == 1:
			b.WriteByte('1')
		default:
			b.WriteByte('0')
		}
		if i%4 == 0 && i > 0 {
			b.WriteByte(' ')
		}
	}
	b.WriteString(" = ")
	return b.String()
}

// Ether writes a hardware address: 02:00:00:00:00:01.
func Ether(b []byte) string { return joined(b, ':') }

func joined(b []byte, sep byte) string {
	if len(b) == 0 {
		return ""
	}
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 3*len(b))
	for i, x := range b {
		if i > 0 {
			out = append(out, sep)
		}
		out = append(out, digits[x>>4], digits[x&15])
	}
	return string(out)
}

func guid(b []byte) string {
	if len(b) != 16 {
		return hex.EncodeToString(b)
	}
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// absTime writes an instant as tshark does: "Nov 14, 2023 22:13:20.000000000 UTC".
func absTime(ns int64) string {
	return time.Unix(floorDiv(ns)).UTC().Format("Jan _2, 2006 15:04:05.000000000 UTC")
}

// relTime writes nanoseconds as seconds with nine places.
func relTime(ns int64) string {
	sign := ""
	u := uint64(ns)
	if ns < 0 {
		sign, u = "-", -u
	}
	return fmt.Sprintf("%s%d.%09d", sign, u/1e9, u%1e9)
}

func floorDiv(ns int64) (sec, nsec int64) {
	sec, nsec = ns/1e9, ns%1e9
	if nsec < 0 {
		sec, nsec = sec-1, nsec+1e9
	}
	return sec, nsec
}
