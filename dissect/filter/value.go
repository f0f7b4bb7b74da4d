package filter

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"strings"

	"tcplens/dissect"
)

// value is one value of a field, or one that was written or computed. Only what
// belongs to its class is valid.
type value struct {
	c    class
	bits uint8   // of an address that count
	n    uint64  // integers (signed ones as int64), booleans, times
	f    float64 // cFloat
	b    []byte  // cBytes, cProto, and addresses
	rest []byte  // of cProto: b and what follows it, which contains and matches look at
	s    string  // cText
}

// compare orders two values of compatible classes as −1, 0 or 1. It fails where b
// is too small for a's class: what is negative compared with something unsigned. A
// comparison then holds for no value if any is asked for, and for all if all are.
// What is too large for a's class is larger.
func compare(a, b *value) (order int, ok bool) {
	switch a.c {
	case cUint, cUint64, cBool:
		v, ok := b.unsigned()
		return cmp.Compare(a.n, v), ok
	case cInt, cInt64:
		v, ok := b.signed()
		if !ok {
			return -1, true
		}
		return cmp.Compare(int64(a.n), v), a.c == cInt64 || v >= math.MinInt32
	case cRel, cAbs:
		return cmp.Compare(int64(a.n), int64(b.n)), true
	case cFloat:
		return cmp.Compare(a.f, b.f), true
	case cIPv4, cIPv6:
		return compareMasked(a.b, b.b, min(a.bits, b.bits)), true
	case cText:
		return strings.Compare(a.s, b.s), true
	case cBytes, cProto:
		if len(a.b) != len(b.b) { // the shorter is less, whatever it begins with
			return cmp.Compare(len(a.b), len(b.b)), true
		}
		return bytes.Compare(a.b, b.b), true
	}
	return 0, false
}

func (v *value) unsigned() (uint64, bool) {
	if v.c == cInt || v.c == cInt64 {
		return v.n, int64(v.n) >= 0
	}
	return v.n, true
}

func (v *value) signed() (int64, bool) {
	if v.c == cInt || v.c == cInt64 {
		return int64(v.n), true
	}
	return int64(v.n), v.n <= math.MaxInt64
}

// compareMasked compares the first n bits.
func compareMasked(a, b []byte, n uint8) int {
	whole := int(n / 8)
	if whole > len(a) || whole > len(b) {
		return cmp.Compare(len(a), len(b))
	}
	if c := bytes.Compare(a[:whole], b[:whole]); c != 0 || n%8 == 0 || whole >= len(a) || whole >= len(b) {
		return c
	}
	mask := byte(0xff) << (8 - n%8)
	return cmp.Compare(a[whole]&mask, b[whole]&mask)
}

// holds says whether a comparison is true of two values, and whether they could be
// compared.
func (o op) holds(a, b *value) (result, ok bool) {
	switch o {
	case opContains:
		if a.c == cText {
			return b.s != "" && strings.Contains(a.s, b.s), true
		}
		x := a.b
		if a.c == cProto {
			x = a.rest
		}
		return b.b != nil && bytes.Contains(x, b.b), true // an empty part is in all, a written empty text in none
	}
	c, ok := compare(a, b)
	return o.order(c), ok
}

// order says what an ordering (−1, 0, 1) means for the operator.
func (o op) order(c int) bool {
	switch o {
	case opEq:
		return c == 0
	case opNe:
		return c != 0
	case opLt:
		return c < 0
	case opLe:
		return c <= 0
	case opGt:
		return c > 0
	case opGe:
		return c >= 0
	}
	return false
}

// zero says whether there is nothing in a value.
func (v *value) zero() bool {
	switch v.c {
	case cFloat:
		return v.f == 0
	case cIPv4, cIPv6, cBytes, cProto:
		for _, x := range v.b {
			if x != 0 {
				return false
			}
		}
		return true
	case cText:
		return v.s == ""
	}
	return v.n == 0
}

// arith computes a op b; ok is false where there is no result: overflow, or a
// division by zero. The result is of a's class, but a negative difference of unsigned
// numbers is signed. b counts with its bits, as in Wireshark: −1 with something
// unsigned is the largest number.
func arith(op byte, a, b *value) (value, bool) {
	out := *a
	switch a.c {
	case cUint:
		x, y := uint32(a.n), uint32(b.n)
		switch op {
		case '+':
			out.n = uint64(x) + uint64(y)
		case '-':
			out.n = uint64(x) - uint64(y)
			if x < y {
				out.c = cInt
				return out, y-x <= math.MaxInt32
			}
		case '*':
			out.n = uint64(x) * uint64(y)
		case '/', '%':
			if y == 0 {
				return out, false
			}
			out.n = uint64(x / y)
			if op == '%' {
				out.n = uint64(x % y)
			}
		case '&':
			out.n = uint64(x & y)
		}
		return out, out.n <= math.MaxUint32
	case cInt:
		n, ok := signedArith(op, int64(int32(a.n)), int64(int32(b.n)))
		out.n = uint64(n)
		return out, ok && n == int64(int32(n))
	case cInt64:
		n, ok := signedArith(op, int64(a.n), int64(b.n))
		out.n = uint64(n)
		return out, ok
	case cUint64:
		return unsignedArith(op, out, b.n)
	case cRel:
		n, ok := signedArith(op, int64(a.n), int64(b.n))
		out.n = uint64(n)
		return out, ok
	case cFloat:
		switch op {
		case '+':
			out.f = a.f + b.f
		case '-':
			out.f = a.f - b.f
		case '*':
			out.f = a.f * b.f
		case '/':
			out.f = a.f / b.f
			return out, b.f != 0
		default:
			out.f = math.Mod(a.f, b.f)
			return out, b.f != 0
		}
		return out, true
	}
	out.b = make([]byte, min(len(a.b), len(b.b)))
	for i := range out.b {
		out.b[i] = a.b[i] & b.b[i]
	}
	return out, true
}

func unsignedArith(op byte, a value, y uint64) (value, bool) {
	x := a.n
	var over uint64
	switch op {
	case '+':
		a.n, over = bits.Add64(x, y, 0)
	case '-':
		a.n = x - y
		if x < y {
			a.c = cInt64
			return a, y-x <= math.MaxInt64
		}
	case '*':
		over, a.n = bits.Mul64(x, y)
	case '/', '%':
		if y == 0 {
			return a, false
		}
		a.n = x / y
		if op == '%' {
			a.n = x % y
		}
	case '&':
		a.n = x & y
	}
	return a, over == 0
}

func signedArith(op byte, x, y int64) (int64, bool) {
	switch op {
	case '+':
		n := x + y
		return n, (n > x) == (y > 0)
	case '-':
		n := x - y
		return n, (n < x) == (y > 0)
	case '*':
		if x == 0 || y == 0 {
			return 0, true
		}
		n := x * y
		return n, n/y == x && !(x == -1 && y == math.MinInt64) && !(y == -1 && x == math.MinInt64)
	case '/', '%':
		if y == 0 || x == math.MinInt64 && y == -1 {
			return 0, false
		}
		if op == '%' {
			return x % y, true
		}
		return x / y, true
	}
	return x & y, true
}

// negate gives −v; ok is false where it does not fit.
func negate(v *value) (value, bool) {
	out := *v
	switch v.c {
	case cFloat:
		out.f = -v.f
		return out, true
	case cUint:
		out.c, out.n = cInt, -v.n
		return out, v.n <= math.MaxInt32
	case cUint64:
		out.c, out.n = cInt64, -v.n
		return out, v.n <= math.MaxInt64
	case cInt:
		out.n = -v.n
		return out, int64(v.n) != math.MinInt32
	}
	out.n = -v.n
	return out, int64(v.n) != math.MinInt64
}

// absolute gives |v|.
func absolute(v *value) (value, bool) {
	switch {
	case v.c == cFloat:
		out := *v
		out.f = math.Abs(v.f)
		return out, true
	case (v.c == cInt || v.c == cInt64 || v.c == cRel) && int64(v.n) < 0:
		return negate(v)
	}
	return *v, true
}

// valueOf gives the value of a node of a tree.
func valueOf(t *dissect.Tree, x *dissect.Node) value {
	c := classOf(x.Field.Type)
	switch c {
	case cText:
		return value{c: c, s: x.Str()}
	case cIPv4:
		return value{c: c, b: x.Bytes(), bits: 32}
	case cIPv6:
		return value{c: c, b: x.Bytes(), bits: 128}
	case cBytes:
		if x.Field.Type == dissect.TOID {
			b, _ := encodeOID(x.Str())
			return value{c: c, b: b}
		}
		return value{c: c, b: x.Bytes()}
	case cProto:
		b, rest := protocolBytes(t, x)
		return value{c: c, b: b, rest: rest}
	case cFloat:
		return value{c: c, f: float64(int64(x.Uint())) / 1e9}
	case cBool:
		v := value{c: c}
		if x.Uint() != 0 {
			v.n = 1
		}
		return v
	}
	return value{c: c, n: x.Uint()}
}

// protocolBytes gives the bytes that a protocol's node stands for, and those up to
// the end of its data. TCP's own are its header and its data.
func protocolBytes(t *dissect.Tree, x *dissect.Node) (own, rest []byte) {
	if int(x.Source) >= len(t.Sources) {
		return nil, nil
	}
	b := t.Sources[x.Source].Bytes
	from := min(max(int(x.Off), 0), len(b))
	end := dataEnd(t, x, len(b))
	rest = b[from:max(end, from)]
	if x.Field.Abbrev == "tcp" {
		return rest, rest
	}
	return b[from:min(max(from+int(x.Len), from), len(b))], rest
}

// dataEnd finds where the data of a node ends that is inside of IP: behind it
// stands what a link fills short frames with.
func dataEnd(t *dissect.Tree, x *dissect.Node, end int) int {
	for i := range t.Nodes {
		y := &t.Nodes[i]
		if y == x && x.Field.Abbrev != "ip" && x.Field.Abbrev != "ipv6" {
			break
		}
		if y.Field == nil || y.Source != x.Source {
			continue
		}
		switch y.Field.Abbrev {
		case "ip.len": // at byte 2 of the header
			if at := int(y.Off) - 2; y.Uint() >= 20 && at <= int(x.Off) {
				end = min(end, at+int(y.Uint()))
			}
		case "ipv6.plen": // at byte 4 of the header, whose 40 bytes it does not count
			if at := int(y.Off) - 4; y.Uint() > 0 && at <= int(x.Off) {
				end = min(end, at+40+int(y.Uint()))
			}
		}
	}
	return end
}

// width is how many bytes len() gives for a value that is not held as bytes.
func width(t dissect.Type) int {
	switch t {
	case dissect.TUint8, dissect.TInt8:
		return 1
	case dissect.TUint16, dissect.TInt16:
		return 2
	case dissect.TUint24:
		return 3
	case dissect.TUint32, dissect.TInt32, dissect.TFrame, dissect.TIPv4, dissect.TFloat:
		return 4
	case dissect.TUint40:
		return 5
	case dissect.TUint48, dissect.TEther:
		return 6
	case dissect.TUint64, dissect.TInt64:
		return 8
	case dissect.TIPv6, dissect.TGUID:
		return 16
	}
	return 0
}

// encodeOID writes an object identifier as BER does (X.690 §8.19).
func encodeOID(s string) ([]byte, bool) {
	arcs := strings.Split(s, ".")
	if len(arcs) < 2 {
		return nil, false
	}
	var out []byte
	var first uint64
	for i, a := range arcs {
		v, ok := decimal(a)
		switch {
		case !ok:
			return nil, false
		case i == 0:
			if v > 2 {
				return nil, false
			}
			first = v * 40
			continue
		case i == 1:
			if v > math.MaxUint32 || first < 80 && v >= 40 {
				return nil, false
			}
			v += first
		}
		var buf [binary.MaxVarintLen64]byte
		n := len(buf) - 1
		buf[n] = byte(v & 0x7f)
		for v >>= 7; v > 0; v >>= 7 {
			n--
			buf[n] = byte(v&0x7f) | 0x80
		}
		out = append(out, buf[n:]...)
	}
	return out, true
}

func decimal(s string) (uint64, bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	v := uint64(0)
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		v = v*10 + uint64(s[i]-'0')
	}
	return v, true
}
