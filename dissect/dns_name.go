package dissect

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// What Wireshark prints for names that cannot be written out.
const (
	dnsRoot    = "<Root>"
	dnsTooLong = "<Name too long>"
	dnsLoops   = "<Name contains a pointer that loops>"
)

// maxDNSName is how many characters of a name are written, dots included
// (RFC 1035 §2.3.4 allows 253).
const maxDNSName = 254

// maxDNSJumps is how many pointers of one name are followed.
const maxDNSJumps = 255

// dnsName reads the name at offset off of a source's bytes, in a message that
// begins at base and of which have bytes are there (RFC 1035 §4.1.4). It gives the
// name as it stands, without its last dot, and how many bytes stand for it at off; n
// is −1 if the name runs beyond have, and −2 if it has a kind of label that nobody
// uses.
//
// Hostile names cost no more than the bytes they take up: what comes after the
// first pointer is followed for as long as the name has room for it.
func dnsName(b []byte, base, have, off int) (name string, n int) {
	var out []byte
	n = -1
	pos, seen, jumps, long := off, 0, 0, false
	for {
		if pos >= have {
			return "", -1
		}
		l := int(b[pos])
		pos++
		switch l & 0xc0 {
		case 0:
			if l == 0 {
				if n < 0 {
					n = pos - off
				}
				switch {
				case long:
					return dnsTooLong, n
				case len(out) == 0:
					return dnsRoot, n
				}
				return string(out), n
			}
			if pos+l > have {
				return "", -1
			}
			seen += l + 1
			switch {
			case long:
			case len(out)+min(len(out), 1)+l > maxDNSName:
				long = true
			default:
				if len(out) > 0 {
					out = append(out, '.')
				}
				out = append(out, b[pos:pos+l]...)
			}
			pos += l
			if long && n >= 0 {
				return dnsTooLong, n
			}
		case 0xc0:
			if pos >= have {
				return "", -1
			}
			to := base + (l&0x3f)<<8 + int(b[pos])
			pos++
			if n < 0 {
				n = pos - off
			}
			// Whoever has read as many bytes as there are reads some of them again.
			// A name has 127 labels at most, so it needs no more pointers either.
			seen += 2
			if jumps++; seen >= have-base || jumps > maxDNSJumps {
				return dnsLoops, n
			}
			if long {
				return dnsTooLong, n
			}
			pos = to
		default:
			return "", -2
		}
	}
}

// nameText writes a name as Wireshark does, which is also what the field's value
// is: control characters escaped, what is not UTF-8 replaced. A backslash is left
// as it is.
func nameText(s string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] >= 0x20 && s[i] < 0x7f
	}
	if plain {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch i := strings.IndexRune("\a\b\t\n\v\f\r", r); {
		case i >= 0:
			b.WriteByte('\\')
			b.WriteByte("abtnvfr"[i])
		case r < 0x20 || r == 0x7f:
			b.Write([]byte{'\\', '0' + byte(r>>6), '0' + byte(r>>3&7), '0' + byte(r&7)})
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// asciiText gives bytes as text, each one that is not ASCII as U+FFFD.
func asciiText(b []byte) string {
	for i, x := range b {
		if x >= 0x80 {
			var s strings.Builder
			s.Write(b[:i])
			for _, x := range b[i:] {
				if x >= 0x80 {
					s.WriteRune(utf8.RuneError)
				} else {
					s.WriteByte(x)
				}
			}
			return s.String()
		}
	}
	return string(b)
}

// secondsText writes a time in seconds as Wireshark does: "1 day, 2 minutes".
func secondsText(s uint32) string {
	if s == 0 {
		return "0 seconds"
	}
	var b strings.Builder
	for _, u := range []struct {
		size uint32
		name string
	}{{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}} {
		if n := s / u.size; n > 0 {
			if b.Len() > 0 {
				b.WriteString(", ")
			}
			b.WriteString(strconv.FormatUint(uint64(n), 10))
			b.WriteByte(' ')
			b.WriteString(u.name)
			if n != 1 {
				b.WriteByte('s')
			}
			s %= u.size
		}
	}
	return b.String()
}
