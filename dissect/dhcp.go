package dissect

import (
	"fmt"
	"strings"
)

var (
	pDHCP         = newProto("Dynamic Host Configuration Protocol", "DHCP/BOOTP", "dhcp")
	fDHCPType     = pDHCP.u8("dhcp.type", "Message type", Dec, names(list("", "Boot Request", "Boot Reply")))
	fDHCPHwType   = pDHCP.u8("dhcp.hw.type", "Hardware type", Hex, names(dhcpHardware))
	fDHCPHwLen    = pDHCP.u8("dhcp.hw.len", "Hardware address length", Dec)
	fDHCPHops     = pDHCP.u8("dhcp.hops", "Hops", Dec)
	fDHCPID       = pDHCP.u32("dhcp.id", "Transaction ID", Hex)
	fDHCPSecs     = pDHCP.u16("dhcp.secs", "Seconds elapsed", Dec)
	fDHCPFlags    = pDHCP.u16("dhcp.flags", "Bootp flags", Hex)
	fDHCPFlagsBC  = pDHCP.flag(TUint16, "dhcp.flags.bc", "Broadcast flag", 0x8000, names(dhcpBroadcast))
	fDHCPFlagsRes = pDHCP.u16("dhcp.flags.reserved", "Reserved flags", Hex, mask(0x7fff))
	fDHCPClient   = pDHCP.ip4("dhcp.ip.client", "Client IP address")
	fDHCPYour     = pDHCP.ip4("dhcp.ip.your", "Your (client) IP address")
	fDHCPNext     = pDHCP.ip4("dhcp.ip.server", "Next server IP address")
	fDHCPRelay    = pDHCP.ip4("dhcp.ip.relay", "Relay agent IP address")
	fDHCPMAC      = pDHCP.mac("dhcp.hw.mac_addr", "Client MAC address")
	fDHCPHwAddr   = pDHCP.bytes("dhcp.hw.addr", "Client hardware address")
	fDHCPHwPad    = pDHCP.bytes("dhcp.hw.addr_padding", "Client hardware address padding")
	fDHCPServer   = pDHCP.str("dhcp.server", "Server host name")
	fDHCPFile     = pDHCP.str("dhcp.file", "Boot file name")
	fDHCPBootp    = pDHCP.bool("dhcp.bootp", "Frame is BOOTP")
	fDHCPCookie   = pDHCP.ip4("dhcp.cookie", "Magic cookie")
	fDHCPVendor   = pDHCP.bytes("dhcp.vendor", "Bootp Vendor Options")

	fDHCPOption  = pDHCP.u8("dhcp.option.type", "Option", Dec)
	fDHCPOptLen  = pDHCP.u8("dhcp.option.length", "Length", Dec)
	fDHCPOptVal  = pDHCP.bytes("dhcp.option.value", "Value")
	fDHCPOptPad  = pDHCP.bytes("dhcp.option.padding", "Padding")
	fDHCPOptEnd  = pDHCP.u8("dhcp.option.end", "Option End", Dec)
	fDHCPMessage = pDHCP.u8("dhcp.option.dhcp", "DHCP", Dec, names(dhcpMessages))

	eDHCPBadLength  = pDHCP.none("dhcp.bad_length", "Bad length of option")
	eDHCPEndMissing = pDHCP.none("dhcp.end_option_missing", "End option missing")
)

var (
	dhcpBroadcast = either("Broadcast", "Unicast")
	dhcpMessages  = list("", "Discover", "Offer", "Request", "Decline", "ACK", "NAK", "Release", "Inform", "Force Renew", "Lease query",
		"Lease Unassigned", "Lease Unknown", "Lease Active", "Bulk Lease Query", "Lease Query Done", "Active LeaseQuery",
		"Lease Query Status", "TLS")
	dhcpHardware = list("NET/ROM pseudo", "Ethernet", "Experimental Ethernet", "AX.25", "ProNET", "Chaos", "IEEE 802", "ARCNET",
		"Hyperchannel", "Lanstar", "Autonet Short Address", "Localtalk", "LocalNet", "Ultra link", "SMDS", "Frame Relay DLCI",
		"ATM", "HDLC", "Fibre Channel", "ATM (RFC 2225)", "Serial Line", "ATM", "MIL-STD-188-220", "Metricom STRIP",
		"IEEE 1394.1995", "MAPOS", "Twinaxial", "EUI-64", "HIPARP", "IP and ARP over ISO 7816-3", "ARPSec", "IPsec tunnel",
		"InfiniBand", "TIA-102 Project 25 CAI", "Wiegand Interface", "Pure IP", "Experimental 1", "HFI")
)

// dhcpCookie begins the options (RFC 2131 §3).
const dhcpCookie = 0x63825363

// dissectDHCP takes a message of BOOTP or DHCP apart (RFC 951 §3, RFC 2131 §2).
func dissectDHCP(c cursor) {
	d := c.d
	d.setProto("BOOTP")
	d.setInfo("")
	c.proto(pDHCP)
	begin := c.pos
	op, hw, hlen := c.peek(0), c.peek(1), int(c.peek(2))
	if !c.need(1) {
		return
	}
	if c.cols() {
		switch {
		case op == 1 && (hw == 1 || hw == 6) && hlen == 6 && c.captured() >= 34:
			mac := Ether(c.b[c.pos+28 : c.pos+34])
			d.setInfo("Boot Request from " + mac + " (" + mac + ")")
		case op == 1 && c.captured() >= 28+min(hlen, 16):
			d.setInfo("Boot Request from " + joined(c.b[c.pos+28:c.pos+28+min(hlen, 16)], ':'))
		case op == 2:
			d.setInfo("Boot Reply")
		}
	}
	c.u8(fDHCPType)
	c.u8(fDHCPHwType)
	c.u8(fDHCPHwLen)
	c.u8(fDHCPHops)
	id := c.u32(fDHCPID)
	c.u16(fDHCPSecs)
	flags := uint64(c.u16(fDHCPFlags))
	if c.on() && c.ok() {
		label := " (Unicast)"
		if flags&0x8000 != 0 {
			label = ", Broadcast flag (Broadcast)"
		}
		c.last().append(label)
		c.begin()
		c.bits(fDHCPFlagsBC, 2, flags)
		c.bits(fDHCPFlagsRes, 2, flags)
		c.end()
	}
	c.ip4(fDHCPClient)
	c.ip4(fDHCPYour)
	c.ip4(fDHCPNext)
	c.ip4(fDHCPRelay)
	dhcpHardwareAddress(&c, hw, hlen)
	dhcpName(&c, fDHCPServer, 64)
	dhcpName(&c, fDHCPFile, 128)
	if !c.ok() {
		return
	}
	o := dhcpOptionReader{cursor: &c}
	kind, isDHCP := o.message()
	if isDHCP {
		d.setProto("DHCP")
		if c.cols() {
			d.setInfo(fmt.Sprintf("DHCP %-8s - Transaction ID 0x%x", kind, id))
		}
		if c.on() {
			c.opened().label("Dynamic Host Configuration Protocol (" + kind + ")")
		}
	} else {
		c.addAt(fDHCPBootp, begin, 0, Node{num: 1, Flags: Generated | Hidden})
	}
	if c.peek32(0) != dhcpCookie {
		c.bytes(fDHCPVendor, 64)
		if c.ok() {
			c.end()
		}
		return
	}
	c.ip4(fDHCPCookie)
	if c.on() {
		c.last().label("Magic cookie: DHCP")
	}
	o.all()
	if c.ok() {
		c.end()
	}
}

// dhcpHardwareAddress reads the sixteen bytes that hold the client's address.
func dhcpHardwareAddress(c *cursor, hw byte, n int) {
	switch {
	case n == 0 || n > 16:
		if b := c.raw(16); b != nil {
			c.add(fDHCPHwAddr, 16, Node{raw: b})
		}
		return
	case (hw == 1 || hw == 6) && n == 6:
		c.bytes(fDHCPMAC, 6)
	default:
		c.bytes(fDHCPHwAddr, n)
	}
	if n < 16 {
		c.bytes(fDHCPHwPad, 16-n)
	}
}

// dhcpName reads a name that is filled up with zeros.
func dhcpName(c *cursor, f *Field, n int) {
	b := c.raw(n)
	if b == nil || !c.on() {
		return
	}
	s, _, _ := strings.Cut(asciiText(b), "\x00")
	node := c.add(f, n, Node{str: s})
	if s == "" {
		node.label(f.Name + " not given")
	}
}

// dhcpOptionReader reads options (RFC 2132 §2).
type dhcpOptionReader struct {
	*cursor
}

// message looks for the option that makes a message of BOOTP one of DHCP, and
// names the message.
func (o dhcpOptionReader) message() (kind string, ok bool) {
	if o.peek32(0) != dhcpCookie {
		return "", false
	}
	for i, n := 4, o.captured(); i+2 < n; {
		switch code := o.peek(i); code {
		case 0:
			i++
		case 255:
			return "", false
		case 53:
			v := o.peek(i + 2)
			if kind = dhcpMessages(uint64(v)); kind == "" {
				kind = fmt.Sprintf("Unknown Message Type (0x%02x)", v)
			}
			return kind, true
		default:
			i += 2 + int(o.peek(i+1))
		}
	}
	return "", false
}

// all reads the options to the end of the message.
func (o dhcpOptionReader) all() {
	ended := false
	for o.ok() && o.left() > 0 && !ended {
		start := o.pos
		switch code := o.peek(0); code {
		case 0:
			n := 1
			for n < o.captured() && o.peek(n) == 0 {
				n++
			}
			if o.on() {
				o.addAt(fDHCPOption, start, 1, Node{text: "Option: (0) Padding"})
				o.begin()
				o.addAt(fDHCPOptPad, start, n, Node{raw: o.b[start : start+n]})
				o.end()
			}
			o.skip(n)
		case 255:
			// The node's value is 0, as Wireshark has it.
			if o.on() {
				o.addAt(fDHCPOption, start, 1, Node{text: "Option: (255) End"})
				o.begin()
				o.addAt(fDHCPOptEnd, start, 1, Node{num: 255})
				o.end()
			}
			o.skip(1)
			ended = true
		default:
			o.option(code)
		}
	}
	if !o.ok() {
		return
	}
	if !ended {
		o.expert(Error, GroupProtocol, eDHCPEndMissing, "End option missing")
		return
	}
	if n := o.left(); n > 0 {
		o.bytes(fDHCPOptPad, n)
	}
}

// option reads one option with its length and its value.
func (o dhcpOptionReader) option(code byte) {
	if !o.on() {
		o.skip(2)
		if o.ok() {
			o.skip(int(o.b[o.pos-1]))
		}
		return
	}
	n := int(o.peek(1))
	name := dhcpOptions[code].name
	if name == "" {
		name = "Unassigned"
	}
	o.addAt(fDHCPOption, o.pos, min(2+n, o.captured()), Node{num: uint64(code), text: fmt.Sprintf("Option: (%d) %s", code, name)})
	o.begin()
	o.skip(1)
	o.u8(fDHCPOptLen)
	if !o.need(n) {
		return
	}
	end := o.pos + n
	value := o.addAt(fDHCPOptVal, o.pos, n, Node{raw: o.b[o.pos:end], Flags: Hidden})
	before := len(o.d.tree.Nodes)
	o.value(code, end)
	if !o.ok() {
		return
	}
	if value != nil && !o.told(before) {
		// Nothing is known of the value, so it is shown as it is.
		o.d.tree.Nodes[before-1].Flags &^= Hidden
	}
	o.pos = end
	o.end()
}

// told says whether the nodes from i on show the value: an expert item does not.
func (o dhcpOptionReader) told(i int) bool {
	return i < len(o.d.tree.Nodes) && o.d.tree.Nodes[i].Field != &pExpert.field
}

// badLength says that an option is not as long as it has to be.
func (o dhcpOptionReader) badLength(what string) {
	o.expert(Error, GroupProtocol, eDHCPBadLength, what)
}

// value reads the value of an option, which ends at end.
func (o dhcpOptionReader) value(code byte, end int) {
	f, n := dhcpOptions[code].field, end-o.pos
	switch dhcpOptions[code].kind {
	case dhcpIP:
		if n != 4 {
			o.badLength("length isn't 4")
			return
		}
		a := o.ip4(f)
		o.opened().append(" (" + a.String() + ")")
	case dhcpIPs:
		if n == 0 || n%4 != 0 {
			o.badLength("Option length isn't a multiple of 4")
			return
		}
		for o.ok() && o.pos < end {
			o.ip4(f)
		}
	case dhcpText:
		o.text(f, n)
	case dhcpByte:
		if n != 1 {
			o.badLength("length isn't 1")
			return
		}
		o.u8(f)
	case dhcpShort:
		if n != 2 {
			o.badLength("length isn't 2")
			return
		}
		o.u16(f)
	case dhcpShorts:
		if n == 0 || n%2 != 0 {
			o.badLength("Option length isn't a multiple of 2")
			return
		}
		for o.ok() && o.pos < end {
			o.u16(f)
		}
	case dhcpSeconds:
		if n != 4 {
			o.badLength("length isn't 4")
			return
		}
		o.seconds(f)
	default:
		o.special(code, end)
	}
}

// text reads n characters, shown up to the first zero.
func (o dhcpOptionReader) text(f *Field, n int) {
	b := o.raw(n)
	if !o.ok() {
		return
	}
	s, _, _ := strings.Cut(asciiText(b), "\x00")
	o.add(f, n, Node{str: s})
}

// seconds reads a time in seconds.
func (o dhcpOptionReader) seconds(f *Field) {
	v := o.peek32(0)
	sign, abs := "", v
	if f.Type.Signed() {
		o.i32(f)
		if int32(v) < 0 {
			sign, abs = "-", -v
		}
	} else {
		o.u32(f)
	}
	if o.ok() {
		o.last().label(fmt.Sprintf("%s: (%s%ds) %s%s", f.Name, sign, abs, sign, secondsText(abs)))
	}
}
