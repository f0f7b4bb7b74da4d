package filter

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"tcplens/dissect"
)

// value is what a field is compared with, in the form of the field's type. Only
// the members of its form are valid.
type value struct {
	form   form
	u      uint64       // formUint, formTime (ns)
	i      int64        // formInt, formRel (ns, or 10⁻⁹)
	prefix netip.Prefix // formAddr
	b      []byte       // formBytes
	s      string       // formText, formName
}

type form uint8

const (
	formUint form = iota
	formInt
	formAddr
	formBytes
	formText
	formTime
	formRel
	formName // the text of an integer's value: "A" for dns.qry.type
)

func isText(t dissect.Type) bool {
	return t == dissect.TString || t == dissect.TStringZ || t == dissect.TOID
}

func isBytes(t dissect.Type) bool {
	return t == dissect.TBytes || t == dissect.TUintBytes || t == dissect.TEther || t == dissect.TProtocol || t == dissect.TGUID ||
		t == dissect.TIPv4 || t == dissect.TIPv6
}

// parseUint reads an integer in decimal, 0x hexadecimal, 0b binary or 0 octal, or
// a character.
func parseUint(t token) (uint64, bool) {
	if t.kind == tChar {
		return uint64(t.text[0]), true
	}
	v, err := strconv.ParseUint(t.text, 0, 64)
	return v, err == nil && t.kind != tString && !strings.Contains(t.text, "_")
}

// literal reads a value in the form that the operand has.
func literal(o *operand, t token) (value, *Error) {
	bad := func(want string) (value, *Error) {
		return value{}, &Error{t.pos, t.len, fmt.Sprintf("%q is not %s, as %s wants", t.text, want, o.tok.text)}
	}
	f := o.field[0]
	typ := f.Type
	switch {
	case o.fn == "len" || o.fn == "count":
		v, ok := parseUint(t)
		if !ok {
			return bad("a number")
		}
		return value{form: formUint, u: v}, nil
	case len(o.slices) > 0 && isText(typ):
		return value{form: formText, s: t.text}, nil
	case len(o.slices) > 0:
		b, ok := parseBytes(t)
		if !ok {
			return bad("a row of bytes such as 00:1b")
		}
		return value{form: formBytes, b: b}, nil
	case typ == dissect.TBool:
		switch strings.ToLower(t.text) {
		case "true", "set", "yes":
			return value{u: 1}, nil
		case "false", "not set", "no":
			return value{u: 0}, nil
		}
		v, ok := parseUint(t)
		if !ok {
			return bad("true or false (1 or 0)")
		}
		if v != 0 {
			v = 1
		}
		return value{u: v}, nil
	case typ.Unsigned():
		if v, ok := parseUint(t); ok {
			return value{u: v}, nil
		}
		if f.Names != nil {
			return value{form: formName, s: strings.ToLower(t.text)}, nil
		}
		return bad("a number")
	case typ.Signed():
		if v, err := strconv.ParseInt(t.text, 0, 64); err == nil && t.kind != tString {
			return value{form: formInt, i: v}, nil
		}
		if f.Names != nil {
			return value{form: formName, s: strings.ToLower(t.text)}, nil
		}
		return bad("a number")
	case typ == dissect.TIPv4 || typ == dissect.TIPv6:
		p, ok := parsePrefix(t.text)
		if !ok || p.Addr().Is4() != (typ == dissect.TIPv4) {
			if typ == dissect.TIPv4 {
				return bad("an IPv4 address or network such as 10.0.0.1 or 10.0.0.0/8")
			}
			return bad("an IPv6 address or network such as ::1 or fe80::/10")
		}
		return value{form: formAddr, prefix: p}, nil
	case isText(typ):
		return value{form: formText, s: t.text}, nil
	case typ == dissect.TAbsTime:
		ns, ok := parseTime(t.text)
		if !ok {
			return bad(`a time such as "2026-08-20 14:30:00"`)
		}
		return value{form: formTime, i: ns}, nil
	case typ == dissect.TRelTime:
		ns, ok := parseSeconds(t.text)
		if !ok {
			return bad("a number of seconds such as 0.25")
		}
		return value{form: formRel, i: ns}, nil
	case typ == dissect.TFloat:
		v, ok := parseSeconds(t.text)
		if !ok {
			return bad("a number such as 5.5")
		}
		return value{form: formRel, i: v}, nil
	case isBytes(typ):
		b, ok := parseBytes(t)
		if !ok {
			return bad("a row of bytes such as 00:1b:21")
		}
		if typ == dissect.TEther && len(b) != 6 {
			return bad("a hardware address such as 00:1b:21:3c:4d:5e")
		}
		return value{form: formBytes, b: b}, nil
	}
	return value{}, &Error{o.tok.pos, o.tok.len, o.tok.text + " has no value to compare: name it alone"}
}

func parsePrefix(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

// parseBytes reads 00:1b:21, 00-1b-21, 00.1b.21, 001b21, or a quoted text.
func parseBytes(t token) ([]byte, bool) {
	if t.kind != tWord {
		return []byte(t.text), true
	}
	s := t.text
	if len(s) == 1 {
		s = "0" + s
	}
	for _, sep := range []string{":", "-", "."} {
		if !strings.Contains(s, sep) {
			continue
		}
		var out []byte
		for _, part := range strings.Split(s, sep) {
			v, err := strconv.ParseUint(part, 16, 8)
			if err != nil || len(part) > 2 {
				return nil, false
			}
			out = append(out, byte(v))
		}
		return out, true
	}
	s = strings.TrimPrefix(s, "0x")
	b, err := hex.DecodeString(s)
	return b, err == nil && len(b) > 0
}

// timeForms are the ways to write an instant. Without a zone it is UTC, as the
// values of -T fields are.
var timeForms = [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999",
	"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02", "Jan _2, 2006 15:04:05.999999999", "Jan _2, 2006 15:04:05.999999999 MST"}

func parseTime(s string) (int64, bool) {
	for _, f := range timeForms {
		if t, err := time.Parse(f, s); err == nil {
			return t.UnixNano(), true
		}
	}
	return parseSeconds(s) // epoch
}

// parseSeconds reads seconds with up to nine places, exactly.
func parseSeconds(s string) (int64, bool) {
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	whole, frac, _ := strings.Cut(s, ".")
	if whole == "" {
		whole = "0"
	}
	w, err := strconv.ParseUint(whole, 10, 33)
	if err != nil || len(frac) > 9 {
		return 0, false
	}
	f := uint64(0)
	if frac != "" {
		if f, err = strconv.ParseUint(frac+strings.Repeat("0", 9-len(frac)), 10, 64); err != nil {
			return 0, false
		}
	}
	ns := int64(w*1e9 + f)
	if neg {
		ns = -ns
	}
	return ns, true
}
