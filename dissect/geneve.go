package dissect

import "fmt"

var (
	pGeneve       = newProto("Generic Network Virtualization Encapsulation", "Geneve", "geneve")
	fGenVersion   = pGeneve.u8("geneve.version", "Version", Dec)
	fGenFlags     = pGeneve.u8("geneve.flags", "Flags", Hex)
	fGenOAM       = pGeneve.flag(TUint8, "geneve.flags.oam", "Operations, Administration and Management Frame", 0x80, names(trueFalse))
	fGenCritical  = pGeneve.flag(TUint8, "geneve.flags.critical", "Critical Options Present", 0x40, names(trueFalse))
	fGenFlagsRes  = pGeneve.flag(TUint8, "geneve.flags.reserved", "Reserved", 0x3f, names(trueFalse))
	fGenProto     = pGeneve.u16("geneve.proto_type", "Protocol Type", Hex, names(etherTypes))
	fGenVNI       = pGeneve.u24("geneve.vni", "Virtual Network Identifier (VNI)", HexDec)
	fGenReserved  = pGeneve.u8("geneve.reserved", "Reserved", Hex)
	fGenOptions   = pGeneve.bytes("geneve.options", "Geneve Options")
	fGenOption    = pGeneve.bytes("geneve.option", "Option")
	fGenOptClass  = pGeneve.u16("geneve.option.class", "Class", Hex, names(geneveClasses))
	fGenOptType   = pGeneve.u8("geneve.option.type", "Type", Hex)
	fGenOptCrit   = pGeneve.flag(TUint8, "geneve.option.type.critical", "Critical Option", 0x80, names(trueFalse))
	fGenOptFlags  = pGeneve.u8("geneve.option.flags", "Flags", Hex)
	fGenOptFlagsR = pGeneve.flag(TUint8, "geneve.option.flags.reserved", "Reserved", 0xe0, names(trueFalse))
	fGenOptLen    = pGeneve.u8("geneve.option.length", "Length", Dec)
	fGenOptData   = pGeneve.bytes("geneve.option.unknown.data", "Unknown Option Data")
	eGenVersion   = pGeneve.none("geneve.version.unknown", "Unknown version")
)

// geneveClasses names who owns a class of options (IANA's registry).
func geneveClasses(v uint64) string {
	switch {
	case v <= 0xff:
		return "Standard"
	case v == 0x100:
		return "Linux"
	case v == 0x101:
		return "Open vSwitch"
	case v == 0x102:
		return "Open Virtual Networking (OVN)"
	case v == 0x103:
		return "In-band Network Telemetry (INT)"
	case v == 0x104:
		return "VMware"
	case v == 0x105, v >= 0x108 && v <= 0x110:
		return "Amazon.com, Inc."
	case v == 0x106, v == 0x130, v == 0x131:
		return "Cisco Systems, Inc."
	case v == 0x107:
		return "Oracle Corporation"
	case v >= 0x111 && v <= 0x118:
		return "IBM"
	case v >= 0x119 && v <= 0x128:
		return "Ericsson"
	case v == 0x129:
		return "Oxide Computer Company"
	case v >= 0x132 && v <= 0x135:
		return "Google LLC"
	case v == 0x136:
		return "InfoQuick Global Connection Tech Ltd."
	case v >= 0x137 && v <= 0xfeff:
		return "Unassigned"
	case v >= 0xfff0:
		return "Experimental"
	}
	return ""
}

// dissectGeneve takes a Geneve header and its options apart (RFC 8926 §3) and goes
// on with what it carries.
func dissectGeneve(c cursor) {
	d := c.d
	c.proto(pGeneve)
	node := d.openIndex()
	d.setProto("Geneve")
	v := c.u8(nil)
	opts := int(v&0x3f) * 4
	if c.on() && c.ok() {
		c.add(fGenVersion, 1, Node{num: uint64(v >> 6)})
		if v>>6 != 0 {
			c.note(1, fmt.Sprintf("Unknown version %d", v>>6))
			c.begin()
			c.expert(WarnSev, GroupProtocol, eGenVersion, fmt.Sprintf("Unknown version %d", v>>6))
			c.end()
		}
		c.add(fGenOptLen, 1, Node{num: uint64(opts), text: fmt.Sprintf("Length: %d bytes", opts)})
	}
	flags := c.u8(fGenFlags)
	if c.on() && c.ok() {
		n := c.last()
		for _, f := range []*Field{fGenOAM, fGenCritical} {
			if uint64(flags)&f.Mask != 0 {
				n.append(", " + f.Name)
			}
		}
		c.begin()
		for _, f := range []*Field{fGenOAM, fGenCritical, fGenFlagsRes} {
			c.bits(f, 1, uint64(flags))
		}
		c.end()
	}
	t := c.u16(fGenProto)
	if c.cols() && c.ok() {
		name := etherTypes(uint64(t))
		if name == "" {
			d.setInfof("Encapsulated 0x%04x (unknown)", t)
		} else {
			d.setInfo("Encapsulated " + name)
		}
	}
	vni := c.u24(fGenVNI)
	if m := c.nodeAt(node); m != nil && c.ok() {
		m.append(fmt.Sprintf(", VNI: 0x%06x", vni))
		if flags&0x80 != 0 {
			m.append(", OAM")
		}
	}
	r := c.u8(fGenReserved)
	if c.on() && c.ok() && r == 0 {
		c.last().mark(Hidden)
	}
	if opts > 0 && c.ok() {
		o := c.to(opts)
		o.geneveOptions(opts)
	}
	c.end()
	if !c.ok() {
		return
	}
	rest := c.tail()
	switch t {
	case 0x0800, 0x0806, 0x86dd, 0x6558, 0x8847, 0x8848:
		dissectEtherType(rest, t)
	default:
		dissectData(rest)
	}
}

// geneveOptions reads options of n bytes together.
func (c *cursor) geneveOptions(n int) {
	if !c.need(n) {
		return
	}
	if !c.on() {
		for c.ok() && c.left() >= 4 {
			c.skip(4 + int(c.peek(3)&0x1f)*4)
		}
		return
	}
	c.addAt(fGenOptions, c.pos, n, Node{raw: c.b[c.pos : c.pos+n], text: fmt.Sprintf("Options: (%s)", plural(n, "byte"))})
	c.begin()
	for c.ok() && c.left() >= 4 {
		class, typ := c.peek16(0), c.peek(2)
		size := 4 + int(c.peek(3)&0x1f)*4
		crit := "Non-critical"
		if typ&0x80 != 0 {
			crit = "Critical"
		}
		if size > c.left() {
			c.need(size)
			break
		}
		c.addAt(fGenOption, c.pos, size, Node{raw: c.b[c.pos : c.pos+size],
			text: fmt.Sprintf("Unknown, Class: %s (0x%04x) Type: 0x%02x (%s)", orUnknown(geneveClasses, uint64(class)), class, typ, crit)})
		c.begin()
		c.u16(fGenOptClass)
		c.u8(fGenOptType)
		c.last().append(" (" + crit + ")")
		c.bits(fGenOptCrit, 1, uint64(typ))
		c.last().mark(Hidden)
		fl := c.u8(nil)
		c.add(fGenOptFlags, 1, Node{num: uint64(fl >> 5), Flags: Hidden})
		c.begin()
		c.bits(fGenOptFlagsR, 1, uint64(fl))
		c.end()
		c.add(fGenOptLen, 1, Node{num: uint64(size), text: fmt.Sprintf("Length: %d bytes", size)})
		if size > 4 {
			c.bytes(fGenOptData, size-4)
		}
		c.end()
	}
	c.end()
}
