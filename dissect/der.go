package dissect

import (
	"strconv"
	"strings"
)

// der is one value in the distinguished encoding of ASN.1 (X.690 §8, §10). off is
// where its contents begin and head where its tag does, in the block of bytes it
// was found in.
type der struct {
	tag       byte // identifier octet: class, constructed bit and number below 31
	head, off int
	size      int
}

// The identifier octets that are looked for.
const (
	derBool      = 0x01
	derInteger   = 0x02
	derBits      = 0x03
	derOctets    = 0x04
	derOID       = 0x06
	derEnum      = 0x0a
	derUTF8      = 0x0c
	derPrintable = 0x13
	derTeletex   = 0x14
	derIA5       = 0x16
	derUTC       = 0x17
	derGenTime   = 0x18
	derUniversal = 0x1c
	derBMP       = 0x1e
	derSequence  = 0x30
	derSet       = 0x31
)

// derNames are those that tshark calls them by.
var derNames = map[byte]string{derInteger: "INTEGER", derBits: "BIT STRING", derSequence: "SEQUENCE"}

// derClass names the class of a tag.
func derClass(tag byte) string {
	return [...]string{"UNIVERSAL(0)", "APPLICATION(1)", "CONTEXT(2)", "PRIVATE(3)"}[tag>>6]
}

// derAt reads the value at pos, which must end by end. ok is false for what is
// none, or is longer than there is room for.
func derAt(b []byte, pos, end int) (v der, ok bool) {
	end = min(end, len(b))
	if pos < 0 || end-pos < 2 || b[pos]&0x1f == 0x1f {
		return v, false
	}
	v.tag, v.head = b[pos], pos
	n := int(b[pos+1])
	pos += 2
	if n >= 0x80 {
		k := n & 0x7f
		if k == 0 || k > 4 || end-pos < k {
			return v, false
		}
		n = 0
		for _, c := range b[pos : pos+k] {
			n = n<<8 | int(c)
		}
		pos += k
	}
	if n < 0 || n > end-pos {
		return v, false
	}
	v.off, v.size = pos, n
	return v, true
}

// end is one past the last byte of the value.
func (v der) end() int { return v.off + v.size }

// all is how long the value is with its tag and length.
func (v der) all() int { return v.end() - v.head }

// within reads the values that stand one after the other inside of v, up to most
// of them.
func (v der) within(b []byte, most int) []der {
	var out []der
	for pos := v.off; pos < v.end() && len(out) < most; {
		x, ok := derAt(b, pos, v.end())
		if !ok {
			break
		}
		out = append(out, x)
		pos = x.end()
	}
	return out
}

// derOIDText writes an object identifier in numbers (X.690 §8.19).
func derOIDText(b []byte) string {
	var s strings.Builder
	v, n := uint64(0), 0
	for _, c := range b {
		if v >= 1<<57 {
			return s.String()
		}
		v = v<<7 | uint64(c&0x7f)
		if c&0x80 != 0 {
			continue
		}
		if n == 0 {
			first := min(v/40, 2)
			s.WriteString(strconv.FormatUint(first, 10))
			v -= first * 40
		}
		s.WriteByte('.')
		s.WriteString(strconv.FormatUint(v, 10))
		v = 0
		n++
	}
	return s.String()
}
