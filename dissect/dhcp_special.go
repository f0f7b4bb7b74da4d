package dissect

import (
	"fmt"
	"net/netip"
	"strconv"
)

// The fields of the options of DHCP that are put together.
var (
	fDHCPRequested    = pDHCP.u8("dhcp.option.request_list_item", "Parameter Request List Item", Dec)
	fDHCPOverload     = pDHCP.u8("dhcp.option.option_overload", "Option Overload", Dec, names(dhcpOverloads))
	fDHCPVendorValue  = pDHCP.bytes("dhcp.option.vendor.value", "Value")
	fDHCPPolicyIP     = pDHCP.ip4("dhcp.option.policy_filter.ip", "IP Address")
	fDHCPPolicyMask   = pDHCP.ip4("dhcp.option.policy_filter.subnet_mask", "Subnet Mask")
	fDHCPRouteIP      = pDHCP.ip4("dhcp.option.static_route.ip", "Destination IP Address")
	fDHCPRouteRouter  = pDHCP.ip4("dhcp.option.static_route.router", "Destination Router")
	fDHCPClassless    = pDHCP.bytes("dhcp.option.classless_static_route", "Subnet/MaskWidth-Router")
	fDHCPClientIDType = pDHCP.u8("dhcp.client_id.type", "Type", Dec)
	fDHCPClientID     = pDHCP.str("dhcp.client_id.undef", "Client Identifier")
	fDHCPClientIAID   = pDHCP.str("dhcp.client_id.iaid", "IAID")
	fDHCPClientDUID   = pDHCP.u16("dhcp.client_id.duid_type", "DUID Type", Dec, names(dhcpDUIDs))
	fDHCPDUIDHw       = pDHCP.u16("dhcp.client_id.duid_llt_hw_type", "Hardware type", Dec, names(dhcpHardware))
	fDHCPDUIDTime     = pDHCP.u32("dhcp.client_id.time", "Time", Dec)
	fDHCPDUIDAddr     = pDHCP.mac("dhcp.client_id.link_layer_address", "Link layer address")
	fDHCPDUIDValue    = pDHCP.bytes("dhcp.client_identifier", "Client Identifier")
	fDHCPClientUUID   = pDHCP.add(TGUID, "dhcp.client_id.uuid", "Client Identifier (UUID)", None)
	fDHCPNetMajor     = pDHCP.u8("dhcp.client_network_id_major", "Major Version", Dec)
	fDHCPNetMinor     = pDHCP.u8("dhcp.client_network_id_minor", "Minor Version", Dec)
	fDHCPUserClass    = pDHCP.u8("dhcp.option.user_class", "Instance of User Class", Dec)
	fDHCPUserClassLen = pDHCP.u8("dhcp.option.user_class.length", "User Class Length", Dec)
	fDHCPUserClassVal = pDHCP.bytes("dhcp.option.user_class.data", "User Class Data")
	fDHCPUserClassTxt = pDHCP.str("dhcp.option.user_class.text", "User Class Data (Text)")
	fDHCPFQDNFlags    = pDHCP.u8("dhcp.fqdn.flags", "Flags", Hex)
	fDHCPFQDNMBZ      = pDHCP.u8("dhcp.fqdn.mbz", "Reserved flags", Hex, mask(0xf0))
	fDHCPFQDNN        = pDHCP.flag(TUint8, "dhcp.fqdn.n", "Server DDNS", 0x08, names(either("No server updates", "Some server updates")))
	fDHCPFQDNE        = pDHCP.flag(TUint8, "dhcp.fqdn.e", "Encoding", 0x04, names(either("Binary encoding", "ASCII encoding")))
	fDHCPFQDNO        = pDHCP.flag(TUint8, "dhcp.fqdn.o", "Server overrides", 0x02, names(either("Override", "No override")))
	fDHCPFQDNS        = pDHCP.flag(TUint8, "dhcp.fqdn.s", "Server", 0x01, names(either("Server", "Client")))
	fDHCPFQDNRcode1   = pDHCP.u8("dhcp.fqdn.rcode1", "A-RR result", Dec)
	fDHCPFQDNRcode2   = pDHCP.u8("dhcp.fqdn.rcode2", "PTR-RR result", Dec)
	fDHCPFQDNName     = pDHCP.str("dhcp.fqdn.name", "Client name")
	fDHCPSearch       = pDHCP.str("dhcp.option.dhcp_dns_domain_search_list_fqdn", "FQDN")
	fDHCPForceRenew   = pDHCP.u8("dhcp.option.forcerenew_nonce.algorithm", "Algorithm", Dec, names(list("", "HMAC-MD5")))
	fDHCPEnterprise   = pDHCP.add(TUint32, "dhcp.option.vi.enterprise", "Enterprise", Dec)
	fDHCPVILen        = pDHCP.u8("dhcp.option.vi.length", "Length", Dec)
	fDHCPVIData       = pDHCP.bytes("dhcp.vendor.data", "Data")

	fDHCPAgent        = pDHCP.u8("dhcp.option.agent_information_option.suboption", "Option 82 Suboption", Dec)
	fDHCPSubLen       = pDHCP.u8("dhcp.option.suboption_length", "Length", Dec)
	fDHCPAgentVal     = pDHCP.bytes("dhcp.option.agent_information_option.value", "Value")
	fDHCPAgentCircuit = pDHCP.bytes("dhcp.option.agent_information_option.agent_circuit_id", "Agent Circuit ID")
	fDHCPAgentRemote  = pDHCP.bytes("dhcp.option.agent_information_option.agent_remote_id", "Agent Remote ID")
	fDHCPAgentLink    = pDHCP.ip4("dhcp.option.agent_information_option.link_selection", "Link selection")
	fDHCPAgentSub     = pDHCP.str("dhcp.option.agent_information_option.subscriber_id", "Subscriber ID")
	fDHCPAgentServer  = pDHCP.ip4("dhcp.option.agent_information_option.server_id_override", "Server ID Override")
	fDHCPAgentFlags   = pDHCP.u8("dhcp.option.agent_information_option.flags", "Flags", Hex)
)

var (
	dhcpOverloads = list("", "Boot file name holds options", "Server host name holds options", "Boot file and server host names hold options")
	dhcpDUIDs     = list("", "link-layer address plus time", "assigned by vendor based on Enterprise number", "link-layer address",
		"Universally Unique IDentifier (UUID)")
	dhcpAgentNames = table(map[uint64]string{
		0: "Padding", 1: "Agent Circuit ID", 2: "Agent Remote ID", 3: "Reserved", 4: "DOCSIS Device Class", 5: "Link selection",
		6: "Subscriber ID", 7: "RADIUS Attributes", 8: "Authentication", 9: "Vendor-Specific Information", 10: "Flags",
		11: "Server ID Override", 12: "Relay Agent Identifier", 13: "Access Technology Type", 14: "Access Network Name",
		15: "Access Point Name", 16: "Access Point BSSID", 17: "Access Network Operator ID",
		18: "Access Network Operator Realm", 19: "Source Port", 150: "Link selection (Cisco proprietary)",
		151: "VRF name/VPN ID", 152: "Server ID Override (Cisco proprietary)",
	})
)

// special reads the options that hold more than one kind of value.
func (o dhcpOptionReader) special(code byte, end int) {
	n := end - o.pos
	switch code {
	case 21:
		o.pairs(fDHCPPolicyIP, fDHCPPolicyMask, end)
	case 33:
		o.pairs(fDHCPRouteIP, fDHCPRouteRouter, end)
	case 43:
		if n > 0 {
			o.bytes(fDHCPVendorValue, n)
		}
	case 52:
		if n == 1 {
			o.u8(fDHCPOverload)
		}
	case 53:
		if n != 1 {
			o.badLength("length isn't 1")
			return
		}
		v := uint64(o.u8(fDHCPMessage))
		kind := dhcpMessages(v)
		if kind == "" {
			kind = fmt.Sprintf("Unknown Message Type (0x%02x)", v)
		}
		o.opened().append(" (" + kind + ")")
	case 55:
		for o.ok() && o.pos < end {
			v := o.u8(fDHCPRequested)
			name := dhcpOptions[v].name
			if name == "" {
				name = "Unassigned"
			}
			o.last().label(fmt.Sprintf("Parameter Request List Item: (%d) %s", v, name))
		}
	case 61:
		o.clientID(end)
	case 77:
		o.userClass(end)
	case 81:
		o.fqdn(end)
	case 82:
		o.agent(end)
	case 94:
		if n == 3 {
			o.skip(1)
			o.u8(fDHCPNetMajor)
			o.u8(fDHCPNetMinor)
		}
	case 97:
		o.uuid(n)
	case 119:
		o.search(end)
	case 121, 249:
		o.classless(end)
	case 125:
		o.enterprises(end)
	case 145:
		for o.ok() && o.pos < end {
			o.u8(fDHCPForceRenew)
		}
	}
}

// pairs reads addresses that go in pairs.
func (o dhcpOptionReader) pairs(f, g *Field, end int) {
	if n := end - o.pos; n == 0 || n%8 != 0 {
		o.badLength("Option length isn't a multiple of 8")
		return
	}
	for o.ok() && o.pos < end {
		o.ip4(f)
		second := o.ip4(nil)
		if o.ok() {
			b := second.As4()
			o.add(g, 4, Node{raw: b[:]})
		}
	}
}

// clientID reads who the client is (RFC 2132 §9.14, RFC 4361 §6.1).
func (o dhcpOptionReader) clientID(end int) {
	n := end - o.pos
	if n == 0 {
		return
	}
	switch t := o.peek(0); {
	case n == 7 && t > 0 && t < 48:
		o.u8(fDHCPHwType)
		if t == 1 || t == 6 {
			o.bytes(fDHCPMAC, 6)
		} else {
			o.bytes(fDHCPHwAddr, 6)
		}
	case t == 255 && n >= 7:
		o.skip(1)
		b := o.raw(4)
		if !o.ok() {
			return
		}
		o.add(fDHCPClientIAID, 4, Node{str: fmt.Sprintf("%x", b)})
		switch duid := o.u16(fDHCPClientDUID); {
		case duid == 1 && end-o.pos >= 6:
			o.u16(fDHCPDUIDHw)
			o.u32(fDHCPDUIDTime)
			o.bytes(fDHCPDUIDAddr, end-o.pos)
		case duid == 3 && end-o.pos >= 2:
			o.u16(fDHCPDUIDHw)
			o.bytes(fDHCPDUIDAddr, end-o.pos)
		default:
			o.bytes(fDHCPDUIDValue, end-o.pos)
		}
	default:
		o.u8(fDHCPClientIDType)
		if n > 1 {
			o.text(fDHCPClientID, n-1)
		}
	}
}

// userClass reads the classes that the client belongs to (RFC 3004 §4), or plain
// text, which many send instead.
func (o dhcpOptionReader) userClass(end int) {
	i := o.pos
	for i < end && o.b[i] > 0 {
		i += 1 + int(o.b[i])
	}
	if i != end {
		o.text(fDHCPUserClassTxt, end-o.pos)
		return
	}
	for k := 0; o.ok() && o.pos < end; k++ {
		n := int(o.peek(0))
		o.addAt(fDHCPUserClass, o.pos, 1+n, Node{num: uint64(k), text: "Instance of User Class: [" + strconv.Itoa(k) + "]"})
		o.begin()
		o.u8(fDHCPUserClassLen)
		o.bytes(fDHCPUserClassVal, n)
		o.end()
	}
}

// fqdn reads the client's full name and who is to enter it into DNS (RFC 4702 §2).
func (o dhcpOptionReader) fqdn(end int) {
	if end-o.pos < 3 {
		o.badLength("length isn't >= 3")
		return
	}
	v := uint64(o.u8(fDHCPFQDNFlags))
	label := ""
	for _, f := range []*Field{fDHCPFQDNE, fDHCPFQDNO, fDHCPFQDNS} {
		if v&f.Mask != 0 {
			label += ", " + f.Name
		}
	}
	o.last().append(label)
	o.begin()
	for _, f := range []*Field{fDHCPFQDNMBZ, fDHCPFQDNN, fDHCPFQDNE, fDHCPFQDNO, fDHCPFQDNS} {
		o.bits(f, 1, v)
	}
	o.end()
	o.u8(fDHCPFQDNRcode1)
	o.u8(fDHCPFQDNRcode2)
	n := end - o.pos
	if n == 0 {
		return
	}
	if v&fDHCPFQDNE.Mask == 0 {
		o.text(fDHCPFQDNName, n)
		return
	}
	if name, used := dnsName(o.b, o.pos, end, o.pos); used >= 0 {
		o.addAt(fDHCPFQDNName, o.pos, n, Node{str: nameText(name)})
	}
}

// search reads the domains in which the client is to look for names (RFC 3397 §2).
func (o dhcpOptionReader) search(end int) {
	base := o.pos
	for o.ok() && o.pos < end {
		name, n := dnsName(o.b, base, end, o.pos)
		if n <= 0 {
			return
		}
		o.pos += n
		o.add(fDHCPSearch, n, Node{str: nameText(name)})
	}
}

// classless reads routes (RFC 3442).
func (o dhcpOptionReader) classless(end int) {
	if end-o.pos < 5 {
		o.badLength("length isn't >= 5")
		return
	}
	for o.ok() && o.pos < end {
		width := int(o.peek(0))
		n := (width + 7) / 8
		if width > 32 || o.pos+1+n+4 > end {
			return
		}
		var net [4]byte
		copy(net[:], o.b[o.pos+1:o.pos+1+n])
		router := netip.AddrFrom4([4]byte(o.b[o.pos+1+n : o.pos+5+n]))
		o.bytes(fDHCPClassless, 1+n+4)
		o.last().label(fmt.Sprintf(" %s/%d-%s", netip.AddrFrom4(net), width, router))
	}
}

// uuid reads the identity that a boot ROM gives (RFC 4578 §2.3). The first three
// parts are in the byte order of the machine that PXE was made for.
func (o dhcpOptionReader) uuid(n int) {
	if n != 17 || o.peek(0) != 0 {
		return
	}
	o.skip(1)
	b := o.raw(16)
	if o.ok() {
		g := []byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]}
		o.add(fDHCPClientUUID, 16, Node{raw: g})
	}
}

// enterprises reads what vendors give each other (RFC 3925 §4).
func (o dhcpOptionReader) enterprises(end int) {
	if end-o.pos < 5 {
		o.badLength("length < 5")
		return
	}
	for o.ok() && end-o.pos >= 5 {
		o.u32(fDHCPEnterprise)
		o.begin()
		n := int(o.u8(fDHCPVILen))
		if n > end-o.pos {
			o.end()
			return
		}
		if n > 0 {
			o.bytes(fDHCPVIData, n)
		}
		o.end()
	}
}

// agent reads what relay agents add (RFC 3046 §2).
func (o dhcpOptionReader) agent(end int) {
	for o.ok() && end-o.pos >= 2 {
		code, n := uint64(o.peek(0)), int(o.peek(1))
		if n > end-o.pos-2 {
			return
		}
		stop := o.pos + 2 + n
		o.addAt(fDHCPAgent, o.pos, 2+n, Node{num: code, text: fmt.Sprintf("Option 82 Suboption: (%d) %s", code, namedOr(dhcpAgentNames(code), "Unknown", code))})
		o.begin()
		o.skip(1)
		o.u8(fDHCPSubLen)
		o.addAt(fDHCPAgentVal, o.pos, n, Node{raw: o.b[o.pos:stop], Flags: Hidden})
		switch {
		case code == 1:
			o.bytes(fDHCPAgentCircuit, n)
		case code == 2:
			o.bytes(fDHCPAgentRemote, n)
		case code == 5 && n == 4:
			a := o.ip4(fDHCPAgentLink)
			o.opened().append(" (" + a.String() + ")")
		case code == 6:
			o.text(fDHCPAgentSub, n)
		case code == 10 && n == 1:
			o.u8(fDHCPAgentFlags)
		case code == 11 && n == 4:
			a := o.ip4(fDHCPAgentServer)
			o.opened().append(" (" + a.String() + ")")
		default:
			if v := o.last(); v != nil {
				v.Flags &^= Hidden
			}
		}
		o.end()
		if o.ok() {
			o.pos = stop
		}
	}
}
