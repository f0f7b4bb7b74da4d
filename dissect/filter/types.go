package filter

import "tcplens/dissect"

// class is how values are held and compared: Wireshark has more types than ways
// to compare them.
type class uint8

const (
	cNone class = iota // a label without a value
	cUint              // up to 32 bits
	cInt               // up to 32 bits
	cUint64
	cInt64
	cBool
	cRel // ns
	cAbs // ns since 1970 UTC
	cFloat
	cIPv4
	cIPv6
	cBytes
	cProto
	cText
)

func classOf(t dissect.Type) class {
	switch t {
	case dissect.TProtocol:
		return cProto
	case dissect.TBool:
		return cBool
	case dissect.TUint8, dissect.TUint16, dissect.TUint24, dissect.TUint32, dissect.TFrame:
		return cUint
	case dissect.TUint40, dissect.TUint48, dissect.TUint64:
		return cUint64
	case dissect.TInt8, dissect.TInt16, dissect.TInt32:
		return cInt
	case dissect.TInt64:
		return cInt64
	case dissect.TIPv4:
		return cIPv4
	case dissect.TIPv6:
		return cIPv6
	case dissect.TEther, dissect.TBytes, dissect.TUintBytes, dissect.TGUID, dissect.TOID:
		return cBytes
	case dissect.TString, dissect.TStringZ:
		return cText
	case dissect.TAbsTime:
		return cAbs
	case dissect.TRelTime:
		return cRel
	case dissect.TFloat:
		return cFloat
	}
	return cNone
}

func (c class) integer() bool { return c >= cUint && c <= cInt64 }

// typ is the type of an operand, and what errors call it.
type typ struct {
	t     dissect.Type
	field *dissect.Field // whose names of values may be used; nil for what is computed
	name  string
}

func (t typ) class() class { return classOf(t.t) }

// words says what a value of the type looks like, for messages.
func (t typ) words() string {
	switch t.class() {
	case cUint, cUint64:
		return "a whole number such as 80 or 0x50"
	case cInt, cInt64:
		return "a whole number such as 5 or -5"
	case cBool:
		return "True or False"
	case cRel:
		return "a number of seconds such as 0.25"
	case cAbs:
		return `a time such as "2026-08-20 14:30:00"`
	case cFloat:
		return "a number such as 5.5"
	case cIPv4:
		return "an IPv4 address or network such as 10.0.0.1 or 10.0.0.0/8"
	case cIPv6:
		return "an IPv6 address or network such as fe80::1 or fe80::/10"
	case cText:
		return `a text such as "abc"`
	case cProto:
		return `bytes such as 0d:0a, or a text such as "abc"`
	}
	switch t.t {
	case dissect.TEther:
		return "a hardware address such as 00:1b:21:3c:4d:5e"
	case dissect.TGUID:
		return "a GUID such as 00112233-4455-6677-8899-aabbccddeeff"
	case dissect.TOID:
		return "an object identifier such as 2.5.29.15"
	case dissect.TUintBytes:
		return "bytes such as 0d:0a"
	}
	return `bytes such as 0d:0a, or a text such as "abc"`
}

// kindWord names the kind of the type's values in a few words.
func (t typ) kindWord() string {
	switch t.class() {
	case cUint, cInt, cUint64, cInt64:
		return "a number"
	case cBool:
		return "true or false"
	case cRel:
		return "a length of time"
	case cAbs:
		return "a time"
	case cFloat:
		return "a fraction"
	case cIPv4:
		return "an IPv4 address"
	case cIPv6:
		return "an IPv6 address"
	case cText:
		return "a text"
	case cProto:
		return "a protocol"
	case cNone:
		return "a label without a value"
	}
	switch t.t {
	case dissect.TEther:
		return "a hardware address"
	case dissect.TGUID:
		return "a GUID"
	case dissect.TOID:
		return "an object identifier"
	}
	return "bytes"
}

// The operations that the types have, as Wireshark 4.0 has them.

func (t typ) contains() bool {
	switch t.class() {
	case cText, cProto:
		return true
	case cBytes:
		return t.t != dissect.TGUID
	}
	return false
}

func (t typ) matches() bool {
	switch t.t {
	case dissect.TString, dissect.TStringZ, dissect.TProtocol, dissect.TBytes, dissect.TEther:
		return true
	}
	return false
}

func (t typ) sliced() bool {
	switch t.class() {
	case cText, cProto, cIPv4, cIPv6:
		return true
	case cBytes:
		return t.t != dissect.TGUID
	}
	return false
}

func (t typ) arith(op byte) bool {
	c := t.class()
	switch op {
	case '&':
		return c.integer() || c == cIPv4 || c == cIPv6 || c == cBytes && t.t != dissect.TGUID
	case '+', '-':
		return c.integer() || c == cRel || c == cFloat
	case 'n': // the sign
		return c.integer() || c == cRel || c == cFloat
	case '*', '/', '%':
		return c.integer() || c == cFloat
	}
	return false
}

func (t typ) absolute() bool {
	c := t.class()
	return c.integer() || c == cBool || c == cRel || c == cFloat
}

// texted says whether string() takes the type.
func (t typ) texted() bool {
	c := t.class()
	switch {
	case c.integer(), c == cIPv4, c == cIPv6, c == cFloat:
		return true
	}
	return t.t == dissect.TEther || t.t == dissect.TGUID || t.t == dissect.TOID
}

// compatible says whether values of b may be compared with those of a.
func compatible(a, b typ) bool {
	x, y := a.class(), b.class()
	switch {
	case x == cNone || y == cNone:
		return false
	case x.integer():
		return y.integer() || y == cBool
	}
	return x == y
}
