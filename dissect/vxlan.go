package dissect

var (
	pVXLAN      = newProto("Virtual eXtensible Local Area Network", "VxLAN", "vxlan")
	fVXFlags    = pVXLAN.u16("vxlan.flags", "Flags", Hex)
	fVXFlagG    = pVXLAN.flag(TUint16, "vxlan.flag_g", "GBP Extension", 0x8000, names(either("Defined", "Not defined")))
	fVXFlagI    = pVXLAN.flag(TUint16, "vxlan.flag_i", "VXLAN Network ID (VNI)", 0x0800, names(trueFalse))
	fVXFlagD    = pVXLAN.flag(TUint16, "vxlan.flag_d", "Don't Learn", 0x0040, names(trueFalse))
	fVXFlagA    = pVXLAN.flag(TUint16, "vxlan.flag_a", "Policy Applied", 0x0008, names(trueFalse))
	fVXReserved = pVXLAN.u16("vxlan.flags_reserved", "Reserved(R)", Hex, mask(0x77b7))
	fVXGBP      = pVXLAN.u16("vxlan.gbp", "Group Policy ID", Dec)
	fVXVNI      = pVXLAN.u24("vxlan.vni", "VXLAN Network Identifier (VNI)", Dec)
	fVXRes8     = pVXLAN.u8("vxlan.reserved8", "Reserved", Dec)
)

var (
	fGPEFlags = pVXLAN.u8("vxlan.flags", "Flags", Hex)
	fGPEVer   = pVXLAN.u8("vxlan.ver", "Version", Dec, mask(0x30))
	fGPEI     = pVXLAN.u8("vxlan.i_bit", "Instance", Dec, mask(0x08))
	fGPEP     = pVXLAN.u8("vxlan.p_bit", "Next Protocol Bit", Dec, mask(0x04))
	fGPEO     = pVXLAN.u8("vxlan.o_bit", "OAM bit", Dec, mask(0x01))
	fGPERes   = pVXLAN.u16("vxlan.reserved_16", "Reserved", Dec)
	fGPENext  = pVXLAN.u8("vxlan.next_proto", "Next Protocol", Dec, names(list("", "IPv4", "IPv6", "Ethernet", "Network Service Header", "MPLS")))
)

// dissectVXLANGPE takes the header of VXLAN with a next protocol apart
// (draft-ietf-nvo3-vxlan-gpe §3) and goes on with that.
func dissectVXLANGPE(c cursor) {
	d := c.d
	if p := c.proto(pVXLAN); p != nil {
		p.label("Virtual eXtensible Local Area Network")
		d.protos = d.protos[:len(d.protos)-1] // tshark does not list it here
	}
	d.setProto("VxLAN")
	v := c.u8(fGPEFlags)
	if c.on() && c.ok() {
		c.begin()
		for _, f := range []*Field{fGPEVer, fGPEI, fGPEP, fGPEO} {
			c.bits(f, 1, uint64(v))
		}
		c.end()
	}
	c.u16(fGPERes)
	next := c.u8(fGPENext)
	c.u24(fVXVNI)
	c.u8(fVXRes8)
	c.end()
	if !c.ok() {
		return
	}
	rest := c.tail()
	switch next {
	case 1:
		dissectIPv4(rest)
	case 2:
		dissectIPv6(rest)
	case 3:
		dissectEthernet(rest, false)
	case 5:
		dissectMPLS(rest)
	default:
		dissectData(rest)
	}
}

// dissectVXLAN takes a VXLAN header apart (RFC 7348 §5) and goes on with the frame.
func dissectVXLAN(c cursor) {
	d := c.d
	c.proto(pVXLAN)
	d.setProto("VxLAN")
	d.setInfo("")
	v := c.u16(fVXFlags)
	if c.on() && c.ok() {
		n := c.last()
		for _, f := range []*Field{fVXFlagG, fVXFlagI, fVXFlagD, fVXFlagA} {
			if uint64(v)&f.Mask != 0 {
				n.append(", " + f.Name)
			}
		}
		c.begin()
		for _, f := range []*Field{fVXFlagG, fVXFlagI, fVXFlagD, fVXFlagA, fVXReserved} {
			c.bits(f, 2, uint64(v))
		}
		c.end()
	}
	c.u16(fVXGBP)
	c.u24(fVXVNI)
	c.u8(fVXRes8)
	c.end()
	if c.ok() {
		dissectEthernet(c.tail(), false)
	}
}
