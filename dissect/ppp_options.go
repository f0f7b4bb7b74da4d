package dissect

import (
	"fmt"
	"strings"
)

var (
	pLCP          = newProto("PPP Link Control Protocol", "PPP LCP", "lcp")
	fLCPMagic     = pLCP.u32("lcp.magic_number", "Magic Number", Hex)
	fLCPData      = pLCP.bytes("lcp.data", "Data")
	fLCPMessage   = pLCP.str("lcp.message", "Message")
	fLCPSeconds   = pLCP.u32("lcp.secs_remaining", "Seconds Remaining", Dec, units(" seconds"))
	fLCPRejected  = pLCP.u16("lcp.rej_proto", "Rejected Protocol", Hex, names(pppProtocols))
	fLCPOptType   = pLCP.u8("lcp.opt.type", "Type", Dec, names(lcpOptionNames))
	fLCPOptLen    = pLCP.u8("lcp.opt.length", "Length", Dec)
	fLCPOptData   = pLCP.bytes("lcp.opt.data", "Data")
	fLCPMRU       = pLCP.u16("lcp.opt.mru", "Maximum Receive Unit", Dec)
	fLCPAsync     = pLCP.u32("lcp.opt.asyncmap", "Async Control Character Map", Hex)
	fLCPAuth      = pLCP.u16("lcp.opt.auth_protocol", "Authentication Protocol", Hex, names(pppProtocols))
	fLCPAlgorithm = pLCP.u8("lcp.opt.algorithm", "Algorithm", Dec, names(table(map[uint64]string{5: "CHAP with MD5", 6: "SHA-1", 128: "MS-CHAP", 129: "MS-CHAP-2"})))
	fLCPQuality   = pLCP.u16("lcp.opt.quality_protocol", "Quality Protocol", Hex, names(pppProtocols))
	fLCPOptMagic  = pLCP.u32("lcp.opt.magic_number", "Magic Number", Hex)
	fLCPMRRU      = pLCP.u16("lcp.opt.mrru", "MRRU", Dec)

	pIPCP       = newProto("PPP IP Control Protocol", "PPP IPCP", "ipcp")
	fIPCPType   = pIPCP.u8("ipcp.opt.type", "Type", Dec, names(ipcpOptionNames))
	fIPCPLen    = pIPCP.u8("ipcp.opt.length", "Length", Dec)
	fIPCPData   = pIPCP.bytes("ipcp.data", "Data")
	fIPCPAddr   = pIPCP.ip4("ipcp.opt.ip_address", "IP Address")
	fIPCPDNS1   = pIPCP.ip4("ipcp.opt.pri_dns_address", "Primary DNS Address")
	fIPCPNBNS1  = pIPCP.ip4("ipcp.opt.pri_nbns_address", "Primary NBNS Address")
	fIPCPDNS2   = pIPCP.ip4("ipcp.opt.sec_dns_address", "Secondary DNS Address")
	fIPCPNBNS2  = pIPCP.ip4("ipcp.opt.sec_nbns_address", "Secondary NBNS Address")
	fIPCPComp   = pIPCP.u16("ipcp.opt.compress_proto", "IP Compression Protocol", Hex, names(table(map[uint64]string{0x2d: "VJ compression", 0x61: "IP Header Compression", 3: "RObust Header Compression (ROHC)"})))
	fIPCPSlots  = pIPCP.u8("ipcp.opt.max_slot_id", "Max Slot ID", Dec)
	fIPCPSlotID = pIPCP.flag(TUint8, "ipcp.opt.comp_slot_id", "Comp Slot ID", 0x01, names(either("The slot identifier may be compressed", "The slot identifier must not be compressed")))

	pIPv6CP     = newProto("PPP IPv6 Control Protocol", "PPP IPV6CP", "ipv6cp")
	fIPv6CPType = pIPv6CP.u8("ipv6cp.opt.type", "Type", Dec, names(ipv6cpOptionNames))
	fIPv6CPLen  = pIPv6CP.u8("ipv6cp.opt.length", "Length", Dec)
	fIPv6CPData = pIPv6CP.bytes("ipv6cp.opt.data", "Data")
	fIPv6CPID   = pIPv6CP.bytesColons("ipv6cp.interface_identifier", "Interface Identifier")

	fLCPAsyncBits = asyncMapBits()
)

// The names of options, by their types (IANA's PPP registry).
var (
	lcpOptionNames = table(map[uint64]string{
		0:  "Vendor Specific",
		1:  "Maximum Receive Unit",
		2:  "Async Control Character Map",
		3:  "Authentication Protocol",
		4:  "Quality Protocol",
		5:  "Magic Number",
		7:  "Protocol Field Compression",
		8:  "Address and Control Field Compression",
		13: "Callback",
		17: "Multilink MRRU",
		18: "Multilink Short Sequence Number Header",
		19: "Multilink Endpoint Discriminator",
	})
	ipcpOptionNames = table(map[uint64]string{
		2:   "IP Compression Protocol",
		3:   "IP Address",
		129: "Primary DNS Server IP Address",
		130: "Primary NBNS Server IP Address",
		131: "Secondary DNS Server IP Address",
		132: "Secondary NBNS Server IP Address",
	})
	ipv6cpOptionNames = table(map[uint64]string{
		1: "Interface Identifier",
		2: "IPv6 compression",
	})
)

// asyncMapBits makes a flag of each control character, from 31 down to 0.
func asyncMapBits() []*Field {
	all := []string{"NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR", "SO", "SI", "DLE", "DC1 (XON)", "DC2",
		"DC3 (XOFF)", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US"}
	var out []*Field
	for i := 31; i >= 0; i-- {
		word, _, _ := strings.Cut(strings.ToLower(all[i]), " ")
		out = append(out, pLCP.flag(TUint32, "lcp.opt.asyncmap."+word, all[i], 1<<i, names(trueFalse)))
	}
	return out
}

// pppOption is one option of a control protocol.
type pppOption struct {
	typ   uint8
	field *Field // of the whole option, whose name is the option's
	value *Field // if it has one value
}

// pppOptions are the options of a control protocol.
type pppOptions struct {
	typ, length, data *Field
	list              []pppOption
}

func (o *pppOptions) find(t uint8) *pppOption {
	for i := range o.list {
		if o.list[i].typ == t {
			return &o.list[i]
		}
	}
	return nil
}

var lcpOptions, ipcpOptions, ipv6cpOptions = makePPPOptions()

func makePPPOptions() (lcp, ipcp, ipv6cp pppOptions) {
	lcp = pppOptions{fLCPOptType, fLCPOptLen, fLCPOptData, []pppOption{
		{0, pLCP.bytes("lcp.opt.vendor", "Vendor Specific"), nil},
		{1, pLCP.bytes("lcp.opt.mtu_bytes", "Maximum Receive Unit"), fLCPMRU},
		{2, pLCP.bytes("lcp.opt.asyncmap_bytes", "Async Control Character Map"), fLCPAsync},
		{3, pLCP.bytes("lcp.opt.auth_protocol_bytes", "Authentication Protocol"), fLCPAuth},
		{4, pLCP.bytes("lcp.opt.quality_protocol_bytes", "Quality Protocol"), fLCPQuality},
		{5, pLCP.bytes("lcp.opt.magic_number_bytes", "Magic Number"), fLCPOptMagic},
		{7, pLCP.bytes("lcp.opt.field_compress", "Protocol Field Compression"), nil},
		{8, pLCP.bytes("lcp.opt.addr_field_compress", "Address and Control Field Compression"), nil},
		{13, pLCP.bytes("lcp.opt.callback", "Callback"), nil},
		{17, pLCP.bytes("lcp.opt.multilink_mrru", "Multilink MRRU"), fLCPMRRU},
		{18, pLCP.bytes("lcp.opt.multilink_ssnh", "Multilink Short Sequence Number Header"), nil},
		{19, pLCP.bytes("lcp.opt.multilink_ep_disc", "Multilink Endpoint Discriminator"), nil},
	}}
	ipcp = pppOptions{fIPCPType, fIPCPLen, fIPCPData, []pppOption{
		{2, pIPCP.bytes("ipcp.opt.compress", "IP Compression Protocol"), fIPCPComp},
		{3, pIPCP.bytes("ipcp.opt.addr", "IP Address"), fIPCPAddr},
		{129, pIPCP.bytes("ipcp.opt.pri_dns", "Primary DNS Server IP Address"), fIPCPDNS1},
		{130, pIPCP.bytes("ipcp.opt.pri_nbns", "Primary NBNS Server IP Address"), fIPCPNBNS1},
		{131, pIPCP.bytes("ipcp.opt.sec_dns", "Secondary DNS Server IP Address"), fIPCPDNS2},
		{132, pIPCP.bytes("ipcp.opt.sec_nbns", "Secondary NBNS Server IP Address"), fIPCPNBNS2},
	}}
	ipv6cp = pppOptions{fIPv6CPType, fIPv6CPLen, fIPv6CPData, []pppOption{
		{1, pIPv6CP.bytes("ipv6cp.opt.interface_identifier", "Interface Identifier"), fIPv6CPID},
		{2, pIPv6CP.bytes("ipv6cp.opt.compress", "IPv6 compression"), nil},
	}}
	return lcp, ipcp, ipv6cp
}

// read reads the options of n bytes.
func (o *pppOptions) read(c *cursor, n int) {
	if !c.on() {
		c.skip(n)
		return
	}
	c.sub(nil, "Options: ("+plural(n, "byte")+")")
	head := c.d.openIndex()
	for c.ok() && c.left() > 0 {
		t, size := c.peek(0), int(c.peek(1))
		p := o.find(t)
		name, f := fmt.Sprintf("Unknown (%d)", t), o.data
		if p != nil {
			name, f = p.field.Name, p.field
		}
		c.nodeAt(head).append(", " + name)
		if size < 2 || size > c.left() {
			c.u8(o.typ)
			c.u8(o.length)
			c.need(max(size-2, 0) + c.left() + 1)
			break
		}
		if c.captured() >= size {
			c.addAt(f, c.pos, size, Node{raw: c.b[c.pos : c.pos+size], text: name})
			c.begin()
		} else {
			c.sub(nil, name)
		}
		node := c.d.openIndex()
		v := c.to(size)
		v.u8(o.typ)
		v.u8(o.length)
		o.value(&v, p, node)
		c.end()
	}
	c.end()
}

// value reads the value of an option, if it has one that is known.
func (o *pppOptions) value(v *cursor, p *pppOption, node int32) {
	if v.left() == 0 {
		return
	}
	if p == nil || p.value == nil {
		v.bytes(o.data, v.left())
		return
	}
	f := p.value
	switch {
	case f.Type == TIPv4 && v.left() == 4:
		v.ip4(f)
		return
	case f.Type == TBytes:
		v.bytes(f, v.left())
		return
	case f == fLCPAsync && v.left() == 4:
		v.asyncMap(node)
		return
	case f.Type == TUint16:
		v.u16(f)
	case f.Type == TUint32:
		v.u32(f)
	}
	if n := v.last(); n != nil && v.ok() && o != &ipcpOptions {
		_, value, _ := strings.Cut(n.Label(), ": ")
		v.nodeAt(node).label(p.field.Name + ": " + value)
	}
	switch {
	case f == fLCPAuth && v.left() > 0:
		v.u8(fLCPAlgorithm)
	case f == fIPCPComp && v.left() == 2:
		v.u8(fIPCPSlots)
		b := v.u8(nil)
		v.bits(fIPCPSlotID, 1, uint64(b))
	}
	if n := v.left(); n > 0 && v.ok() && f != fLCPQuality {
		v.bytes(o.data, n)
	}
}

// asyncMap reads which control characters are to be escaped (RFC 1662 §7.1).
func (c *cursor) asyncMap(node int32) {
	m := c.u32(fLCPAsync)
	if !c.ok() {
		return
	}
	var set []string
	for _, f := range fLCPAsyncBits {
		if uint64(m)&f.Mask != 0 {
			set = append(set, f.Name)
		}
	}
	text := fmt.Sprintf("Async Control Character Map: 0x%08x", m)
	long := text
	if len(set) > 0 {
		long += " (" + strings.Join(set, ", ") + ")"
		c.last().append(", " + strings.Join(set, ", "))
	}
	c.nodeAt(node).label(long)
	c.begin()
	for _, f := range fLCPAsyncBits {
		c.bits(f, 4, uint64(m))
	}
	c.end()
}
