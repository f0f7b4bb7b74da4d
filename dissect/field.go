package dissect

import (
	"strconv"
	"strings"
)

// Type is what a field's value is, named as Wireshark's field types are.
type Type uint8

// The field types.
const (
	TNone     Type = iota // a label, no value
	TProtocol             // a protocol's own node
	TBool
	TUint8
	TUint16
	TUint24
	TUint32
	TUint40
	TUint48
	TUint64
	TInt8
	TInt16
	TInt32
	TInt64
	TIPv4
	TIPv6
	TEther
	TBytes
	TUintBytes // bytes with a length before them
	TString
	TStringZ
	TAbsTime // ns since 1970 UTC
	TRelTime // ns
	TFrame   // a packet number
	TGUID
	TOID
	TFloat // as an integer in units of 10⁻⁹
)

var typeNames = [...]string{"FT_NONE", "FT_PROTOCOL", "FT_BOOLEAN", "FT_UINT8", "FT_UINT16", "FT_UINT24", "FT_UINT32",
	"FT_UINT40", "FT_UINT48", "FT_UINT64", "FT_INT8", "FT_INT16", "FT_INT32", "FT_INT64", "FT_IPv4", "FT_IPv6",
	"FT_ETHER", "FT_BYTES", "FT_UINT_BYTES", "FT_STRING", "FT_STRINGZ", "FT_ABSOLUTE_TIME", "FT_RELATIVE_TIME",
	"FT_FRAMENUM", "FT_GUID", "FT_OID", "FT_FLOAT"}

// String gives the type as tshark -G fields prints it.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "FT_NONE"
}

// Unsigned says whether values of the type are unsigned integers.
func (t Type) Unsigned() bool { return t >= TUint8 && t <= TUint64 || t == TFrame || t == TBool }

// Signed says whether values of the type are signed integers.
func (t Type) Signed() bool { return t >= TInt8 && t <= TInt64 }

// digits is how many hexadecimal digits a value of the type is shown with.
func (t Type) digits() int {
	switch t {
	case TUint8, TInt8:
		return 2
	case TUint16, TInt16:
		return 4
	case TUint24:
		return 6
	case TUint32, TInt32:
		return 8
	case TUint40:
		return 10
	case TUint48:
		return 12
	}
	return 16
}

// bits is the width of an integer type on the wire.
func (t Type) bits() int {
	if t == TBool {
		return 8
	}
	return t.digits() * 4
}

// Base is how an integer is shown.
type Base uint8

// The bases. The first one named is the one used for values (tshark -T fields).
const (
	Dec Base = iota
	Hex
	DecHex
	HexDec
	Oct
	None
	UTC       // absolute time in UTC
	Local     // absolute time in the viewer's zone
	Colons    // bytes joined by colons
	PortBase  // a port number, decimal
	Special   // the label is made by hand
	NoLabel   // shown with its value only
	Custom    // Names makes the whole text of the value
	SpaceBase // bytes joined by spaces
)

var baseNames = [...]string{"BASE_DEC", "BASE_HEX", "BASE_DEC_HEX", "BASE_HEX_DEC", "BASE_OCT", "BASE_NONE", "ABSOLUTE_TIME_UTC",
	"ABSOLUTE_TIME_LOCAL", "SEP_COLON", "BASE_PT_TCP", "BASE_NONE", "BASE_NONE", "BASE_CUSTOM", "SEP_SPACE"}

// String gives the base as tshark -G fields prints it.
func (b Base) String() string {
	if int(b) < len(baseNames) {
		return baseNames[b]
	}
	return "BASE_NONE"
}

// Names gives the text of a value, or "" where the value has none.
type Names func(uint64) string

// Proto is a protocol, and the owner of its fields. All are made while package
// variables are initialised and do not change afterwards.
type Proto struct {
	Name   string // "Transmission Control Protocol"
	Short  string // "TCP", as in the Protocol column
	Abbrev string // "tcp", as in filters and in frame.protocols
	Fields []*Field
	field  Field // the protocol's own node

	// also is a protocol that has the same fields under its own name, but for those
	// that it does not have; nil if there is none.
	also    *Proto
	without func(abbrev string) bool
}

// Field is one field that a dissector can find, under Wireshark's name.
type Field struct {
	Name    string // "Time to Live"
	Abbrev  string // "ip.ttl"
	Type    Type
	Base    Base
	Mask    uint64 // bits of the value within what was read; 0: all of it
	Names   Names  // texts of the values; nil if none
	Unknown string // shown for a value without a text; empty: "Unknown"
	Units   string // appended to the number: " bytes"
	Width   uint8  // bits of the value that holds a flag; 0: the type's own
	Proto   *Proto
	twin    *Field // the same field of Proto.also; nil if it has none
}

func newProto(name, short, abbrev string) *Proto {
	p := &Proto{Name: name, Short: short, Abbrev: abbrev}
	p.field = Field{Name: name, Abbrev: abbrev, Type: TProtocol, Base: None, Proto: p}
	return p
}

// add makes a field of the protocol; options refine it.
func (p *Proto) add(t Type, abbrev, name string, base Base, opts ...func(*Field)) *Field {
	f := &Field{Name: name, Abbrev: abbrev, Type: t, Base: base, Proto: p}
	for _, o := range opts {
		o(f)
	}
	p.Fields = append(p.Fields, f)
	if p.also != nil && !p.without(abbrev) {
		f.twin = p.also.add(t, p.also.Abbrev+strings.TrimPrefix(abbrev, p.Abbrev), name, base, opts...)
	}
	return f
}

// sharing lets another protocol have the same fields, but for some.
func (p *Proto) sharing(also *Proto, without func(abbrev string) bool) *Proto {
	p.also, p.without = also, without
	return p
}

func (p *Proto) u8(abbrev, name string, base Base, opts ...func(*Field)) *Field {
	return p.add(TUint8, abbrev, name, base, opts...)
}
func (p *Proto) u16(abbrev, name string, base Base, opts ...func(*Field)) *Field {
	return p.add(TUint16, abbrev, name, base, opts...)
}
func (p *Proto) u24(abbrev, name string, base Base, opts ...func(*Field)) *Field {
	return p.add(TUint24, abbrev, name, base, opts...)
}
func (p *Proto) u32(abbrev, name string, base Base, opts ...func(*Field)) *Field {
	return p.add(TUint32, abbrev, name, base, opts...)
}
func (p *Proto) u64(abbrev, name string, base Base, opts ...func(*Field)) *Field {
	return p.add(TUint64, abbrev, name, base, opts...)
}

// flag makes a one-bit field inside a value of width t.
func (p *Proto) flag(t Type, abbrev, name string, mask uint64, opts ...func(*Field)) *Field {
	f := &Field{Name: name, Abbrev: abbrev, Type: TBool, Base: Dec, Mask: mask, Width: uint8(t.bits()), Proto: p}
	for _, o := range opts {
		o(f)
	}
	p.Fields = append(p.Fields, f)
	if f.Names == nil {
		f.Names = setNotSet
	}
	return f
}
func (p *Proto) bool(abbrev, name string, opts ...func(*Field)) *Field {
	f := p.add(TBool, abbrev, name, None, opts...)
	if f.Names == nil {
		f.Names = trueFalse
	}
	return f
}
func (p *Proto) ip4(abbrev, name string) *Field    { return p.add(TIPv4, abbrev, name, None) }
func (p *Proto) ip6(abbrev, name string) *Field    { return p.add(TIPv6, abbrev, name, None) }
func (p *Proto) mac(abbrev, name string) *Field    { return p.add(TEther, abbrev, name, None) }
func (p *Proto) bytes(abbrev, name string) *Field  { return p.add(TBytes, abbrev, name, None) }
func (p *Proto) str(abbrev, name string) *Field    { return p.add(TString, abbrev, name, None) }
func (p *Proto) strz(abbrev, name string) *Field   { return p.add(TStringZ, abbrev, name, None) }
func (p *Proto) none(abbrev, name string) *Field   { return p.add(TNone, abbrev, name, None) }
func (p *Proto) frame(abbrev, name string) *Field  { return p.add(TFrame, abbrev, name, None) }
func (p *Proto) rel(abbrev, name string) *Field    { return p.add(TRelTime, abbrev, name, None) }
func (p *Proto) abs(abbrev, name string) *Field    { return p.add(TAbsTime, abbrev, name, Local) }
func (p *Proto) absUTC(abbrev, name string) *Field { return p.add(TAbsTime, abbrev, name, UTC) }

// mask says which bits of the read value belong to the field.
func mask(m uint64) func(*Field) { return func(f *Field) { f.Mask = m } }

// width says how many bits the value that holds a flag has.
func width(bits uint8) func(*Field) { return func(f *Field) { f.Width = bits } }

// names gives values their texts.
func names(n Names) func(*Field) { return func(f *Field) { f.Names = n } }

// units is appended to the number in the label.
func units(u string) func(*Field) { return func(f *Field) { f.Units = u } }

// table makes Names of a map.
func table(m map[uint64]string) Names { return func(v uint64) string { return m[v] } }

// list makes Names of texts for 0, 1, 2, ….
func list(texts ...string) Names {
	return func(v uint64) string {
		if v < uint64(len(texts)) {
			return texts[v]
		}
		return ""
	}
}

// either makes Names of a boolean.
func either(yes, no string) Names {
	return func(v uint64) string {
		if v != 0 {
			return yes
		}
		return no
	}
}

var (
	setNotSet = either("Set", "Not set")
	trueFalse = either("True", "False")
	yesNo     = either("Yes", "No")
)

// width is how many bits the value that holds the field has on the wire.
func (f *Field) width() int {
	if f.Width != 0 {
		return int(f.Width)
	}
	return f.Type.bits()
}

// TypeName is the field's type as tshark -G fields prints it.
func (f *Field) TypeName() string { return f.Type.String() }

// BaseName is the field's base as tshark -G fields prints it.
func (f *Field) BaseName() string {
	if f.Type == TBool {
		if f.Mask == 0 {
			return "BASE_NONE"
		}
		return strconv.Itoa(f.width())
	}
	return f.Base.String()
}

// Protocols lists every protocol that tcplens knows by name, with its fields.
// The list and what it points to must not be changed.
func Protocols() []*Proto { return protocols() }

// Lookup finds fields and protocols by abbreviation. More than one field may
// bear a name (Wireshark has the same): all are returned.
type Lookup map[string][]*Field

// NewLookup indexes all fields.
func NewLookup() Lookup {
	l := make(Lookup, 1024)
	for _, p := range protocols() {
		l[p.Abbrev] = append(l[p.Abbrev], &p.field)
		for _, f := range p.Fields {
			l[f.Abbrev] = append(l[f.Abbrev], f)
		}
	}
	return l
}
