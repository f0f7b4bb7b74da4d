package filter

import (
	"encoding/hex"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"tcplens/dissect"
)

// literal reads a written value as one of a type.
func literal(t token, want typ, part bool) (value, *Error) {
	c := want.class()
	switch {
	case c == cNone:
		return value{}, errAt(t, want.name+" is a label without a value: name it alone")
	case c == cText:
		return value{c: c, s: t.text}, nil
	case c == cBool:
		return boolean(t, want)
	case c.integer():
		return integer(t, want)
	case t.kind == tChar && (want.t == dissect.TBytes || c == cProto):
		return value{c: c, b: []byte(t.text)}, nil
	case t.kind == tString && (want.t == dissect.TBytes || c == cProto):
		if t.text == "" {
			return value{c: c}, nil
		}
		return value{c: c, b: []byte(t.text)}, nil
	case t.kind == tChar, t.kind == tString && c != cAbs:
		return value{}, quotedBadly(t, want, part)
	}
	v := value{c: c}
	ok := false
	switch c {
	case cRel:
		v.n, ok = seconds(t.text)
	case cFloat:
		var err error
		v.f, err = strconv.ParseFloat(t.text, 64)
		ok = err == nil && !strings.ContainsAny(t.text, "_xXnN")
	case cAbs:
		var ns int64
		ns, ok = instant(t.text)
		v.n = uint64(ns)
	case cIPv4, cIPv6:
		return address(t, want)
	case cBytes, cProto:
		return byteString(t, want, part)
	}
	if !ok {
		return v, notOfType(t, want)
	}
	return v, nil
}

func notOfType(t token, want typ) *Error {
	e := errAt(t, fmt.Sprintf("%s is not %s, as %s wants", quote(t), want.words(), want.name))
	if want.class() == cRel && t.kind == tWord && strings.HasPrefix(t.src, ".") {
		e.Suggest = "0" + t.src
	}
	return e
}

// quotedBadly says that a value stands in quotes that must not.
func quotedBadly(t token, want typ, part bool) *Error {
	e := errAt(t, fmt.Sprintf("%s is a text, but %s wants %s", quote(t), want.name, want.words()))
	bare := token{kind: tWord, text: t.text, src: t.text}
	if _, err := literal(bare, want, part); err == nil && t.kind == tString {
		e.Msg = want.name + " wants " + want.words() + ", without quotes"
		e.Suggest = t.text
	}
	return e
}

func boolean(t token, want typ) (value, *Error) {
	v := value{c: cBool}
	if t.kind == tWord {
		switch t.text {
		case "True", "TRUE":
			v.n = 1
			return v, nil
		case "False", "FALSE":
			return v, nil
		}
	}
	if n, ok := number(t); ok {
		if n != 0 {
			v.n = 1
		}
		return v, nil
	}
	if n, ok := named(want.field, t.text); ok {
		v.n = n
		return v, nil
	}
	e := notOfType(t, want)
	switch strings.ToLower(t.text) {
	case "true", "yes", "on":
		e.Suggest = "True"
	case "false", "no", "off":
		e.Suggest = "False"
	}
	return v, e
}

// limits gives the least and the largest number that a type holds.
func limits(t dissect.Type) (int64, uint64) {
	switch t {
	case dissect.TUint8:
		return 0, math.MaxUint8
	case dissect.TUint16:
		return 0, math.MaxUint16
	case dissect.TUint24:
		return 0, 1<<24 - 1
	case dissect.TUint40:
		return 0, 1<<40 - 1
	case dissect.TUint48:
		return 0, 1<<48 - 1
	case dissect.TUint64:
		return 0, math.MaxUint64
	case dissect.TInt8:
		return math.MinInt8, math.MaxInt8
	case dissect.TInt16:
		return math.MinInt16, math.MaxInt16
	case dissect.TInt32:
		return math.MinInt32, math.MaxInt32
	case dissect.TInt64:
		return math.MinInt64, math.MaxInt64
	}
	return 0, math.MaxUint32
}

func integer(t token, want typ) (value, *Error) {
	v := value{c: want.class()}
	n, ok := number(t)
	_, most := limits(want.t)
	switch {
	case ok && n > most:
		return v, errAt(t, fmt.Sprintf("%s is too large for %s, whose most is %d", t.src, want.name, most))
	case ok:
		v.n = n
		return v, nil
	case t.kind == tWord && tooLong(t.text):
		return v, errAt(t, fmt.Sprintf("%s is too large for %s, whose most is %d", t.src, want.name, most))
	}
	if n, ok := named(want.field, t.text); ok {
		v.n = n
		return v, nil
	}
	if t.kind != tWord && !hasNames(want.field) {
		return v, quotedBadly(t, want, false)
	}
	e := notOfType(t, want)
	if strings.HasPrefix(t.text, "0") && strings.ContainsAny(t.text, "89") && strings.Trim(t.text, "0123456789") == "" {
		e.Msg = fmt.Sprintf("%s begins with 0, which makes it octal, and octal has no 8 and 9", quote(t))
		e.Suggest = strings.TrimLeft(t.text, "0")
	}
	if hasNames(want.field) {
		e.Msg = fmt.Sprintf("%s is neither a number nor the name of a value that %s has", quote(t), want.name)
		e.Suggest = nearName(want.field, t.text)
	}
	return v, e
}

// number reads an integer in decimal, 0x hexadecimal, 0b binary or 0 octal, or a
// character.
func number(t token) (uint64, bool) {
	if t.kind == tChar {
		return uint64(t.text[0]), true
	}
	if t.kind != tWord {
		return 0, false
	}
	digits, base := radix(t.text)
	v, err := strconv.ParseUint(digits, base, 64)
	return v, err == nil
}

func radix(s string) (digits string, base int) {
	switch {
	case len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'):
		return s[2:], 16
	case len(s) > 2 && s[0] == '0' && (s[1] == 'b' || s[1] == 'B'):
		return s[2:], 2
	case len(s) > 1 && s[0] == '0':
		return s[1:], 8
	}
	return s, 10
}

// tooLong says whether s is a number that no integer holds.
func tooLong(s string) bool {
	digits, base := radix(s)
	_, err := strconv.ParseUint(digits, base, 64)
	return err != nil && strings.HasSuffix(err.Error(), "out of range")
}

func address(t token, want typ) (value, *Error) {
	v := value{c: want.class(), bits: 32}
	if v.c == cIPv6 {
		v.bits = 128
	}
	host, prefix, cut := strings.Cut(t.text, "/")
	a, err := netip.ParseAddr(host)
	if err != nil || a.Zone() != "" || a.Is4() != (v.c == cIPv4) {
		e := notOfType(t, want)
		switch {
		case err == nil && a.Is4() && v.c == cIPv6:
			e.Msg = otherIP(t, want, "ipv6", "ip")
		case err == nil && v.c == cIPv4 && a.Zone() == "":
			e.Msg = otherIP(t, want, "ip", "ipv6")
		case strings.Trim(t.text, "0123456789.") != "" && !strings.Contains(t.text, ":"):
			e.Msg += "; names of hosts are not looked up"
		}
		return v, e
	}
	if cut {
		n, err := strconv.ParseUint(prefix, 10, 8)
		if err != nil || n > uint64(v.bits) {
			return v, errAt(t, fmt.Sprintf("a prefix of %s has 0 to %d bits, not %s", want.name, v.bits, prefix))
		}
		v.bits = uint8(n)
	}
	v.b = a.AsSlice()
	return v, nil
}

// otherIP says that an address is of the other IP than its field, and which field
// has such addresses.
func otherIP(t token, want typ, from, to string) string {
	s := fmt.Sprintf("%s is not %s, as %s wants", quote(t), want.words(), want.name)
	if rest, ok := strings.CutPrefix(want.name, from+"."); ok {
		s += fmt.Sprintf("; %s.%s has those of the other kind", to, rest)
	}
	return s
}

func byteString(t token, want typ, part bool) (value, *Error) {
	v := value{c: want.class()}
	switch want.t {
	case dissect.TOID:
		b, ok := encodeOID(t.text)
		if !ok {
			return v, notOfType(t, want)
		}
		v.b = b
		return v, nil
	case dissect.TGUID:
		b, err := hex.DecodeString(strings.ReplaceAll(t.text, "-", ""))
		if err != nil || len(b) != 16 || len(t.text) != 36 {
			return v, notOfType(t, want)
		}
		v.b = b
		return v, nil
	}
	b, ok := hexBytes(t.text)
	if !ok {
		e := notOfType(t, want)
		if want.t == dissect.TBytes || want.t == dissect.TProtocol {
			e.Suggest = asWritten(t.text)
		}
		return v, e
	}
	if want.t == dissect.TEther && !part && len(b) != 6 {
		return v, errAt(t, fmt.Sprintf("a hardware address has 6 bytes, not %d; a part of one is compared as %s[0:%d] == %s", len(b), want.name, len(b), t.src))
	}
	v.b = b
	return v, nil
}

// hexBytes reads 00:1b:21, 00-1b-21, 0.1b.21, 001b.213c, 001b21 or 0x1b.
func hexBytes(s string) ([]byte, bool) {
	if len(s) == 4 && (s[:2] == "0x" || s[:2] == "0X") {
		s = s[2:]
	}
	var out []byte
	for i := 0; i < len(s); {
		if !isHex(s[i]) {
			return nil, false
		}
		v := digit(s[i])
		i++
		if i < len(s) && isHex(s[i]) {
			v = v<<4 | digit(s[i])
			i++
		}
		out = append(out, byte(v))
		if i < len(s) && strings.IndexByte(":-.", s[i]) >= 0 {
			if i++; i == len(s) {
				return nil, false
			}
		}
	}
	return out, len(out) > 0
}

// timeForms are the ways to write an instant. Without a zone it is UTC, as the
// times are that tcplens prints.
var timeForms = [...]string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700",
	"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02", "Jan _2, 2006 15:04:05", "January _2, 2006 15:04:05"}

func instant(s string) (int64, bool) {
	s = strings.TrimSuffix(strings.TrimSpace(s), " UTC")
	if len(s) > 10 && s[10] == ' ' && s[4] == '-' {
		s = s[:10] + "T" + s[11:]
	}
	for _, f := range timeForms {
		if t, err := time.Parse(f, s); err == nil {
			return t.UnixNano(), t.Year() > 1677 && t.Year() < 2262
		}
	}
	return 0, false
}

// seconds reads seconds with up to nine places, as ns.
func seconds(s string) (uint64, bool) {
	whole, frac, dot := strings.Cut(s, ".")
	w, ok := decimal(whole)
	if !ok || w > 9e9 || len(frac) > 9 || dot && frac == "" {
		return 0, false
	}
	f := uint64(0)
	if frac != "" {
		if f, ok = decimal(frac + strings.Repeat("0", 9-len(frac))); !ok {
			return 0, false
		}
	}
	return w*1e9 + f, true
}
