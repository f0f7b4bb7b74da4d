package dissect

import (
	"fmt"
	"strings"
)

var (
	pL2TP        = newProto("Layer 2 Tunneling Protocol", "L2TP", "l2tp")
	fL2TPFlags   = pL2TP.u16("l2tp.flags", "Flags", Hex)
	fL2TPType    = pL2TP.u16("l2tp.type", "Type", Dec, mask(0x8000), names(list("Data Message", "Control Message")))
	fL2TPLenBit  = pL2TP.flag(TUint16, "l2tp.length_bit", "Length Bit", 0x4000, names(either("Length field is present", "Length field is not present")))
	fL2TPSeqBit  = pL2TP.flag(TUint16, "l2tp.seq_bit", "Sequence Bit", 0x0800, names(either("Ns and Nr fields are present", "Ns and Nr fields are not present")))
	fL2TPOffBit  = pL2TP.flag(TUint16, "l2tp.offset_bit", "Offset bit", 0x0200, names(either("Offset Size field is present", "Offset size field is not present")))
	fL2TPPrio    = pL2TP.flag(TUint16, "l2tp.priority", "Priority", 0x0100, names(either("This data message has priority", "No priority")))
	fL2TPVersion = pL2TP.u16("l2tp.version", "Version", Dec, mask(0x000f))
	fL2TPLength  = pL2TP.u16("l2tp.length", "Length", Dec)
	fL2TPTunnel  = pL2TP.u16("l2tp.tunnel", "Tunnel ID", Dec)
	fL2TPSession = pL2TP.u16("l2tp.session", "Session ID", Dec)
	fL2TPNs      = pL2TP.u16("l2tp.Ns", "Ns", Dec)
	fL2TPNr      = pL2TP.u16("l2tp.Nr", "Nr", Dec)
	fL2TPOffset  = pL2TP.u16("l2tp.offset", "Offset", Dec)
	fL2TPPadding = pL2TP.none("l2tp.offset_padding", "Offset Padding")
	fL2TPZLB     = pL2TP.none("l2tp.zero_length_body_message", "Zero Length Body message")

	fL2TPMandatory = pL2TP.flag(TUint16, "l2tp.avp.mandatory", "Mandatory", 0x8000, names(trueFalse))
	fL2TPHidden    = pL2TP.flag(TUint16, "l2tp.avp.hidden", "Hidden", 0x4000, names(trueFalse))
	fL2TPAVPLength = pL2TP.u16("l2tp.avp.length", "Length", Dec, mask(0x03ff))
	fL2TPVendor    = pL2TP.u16("l2tp.avp.vendor_id", "Vendor ID", Dec, names(list("Reserved")))
	fL2TPAVPType   = pL2TP.u16("l2tp.avp.type", "AVP Type", Dec, names(l2tpAVPs))
	fL2TPMessage   = pL2TP.u16("l2tp.avp.message_type", "Message Type", Dec, names(l2tpMessages))
	eL2TPAVPLength = pL2TP.none("l2tp.avp_length.bad", "Bad AVP length")

	// namedL2TP is what goes for versions other than the second.
	namedL2TP = named{pL2TP, pL2TP.bytes("l2tp.bytes", "Bytes")}
)

// l2tpValues are the fields of attributes that have one value.
var l2tpValues = map[uint16]*Field{
	6:  pL2TP.u16("l2tp.avp.firmware_revision", "Firmware Revision", DecHex),
	7:  pL2TP.str("l2tp.avp.host_name", "Host Name"),
	8:  pL2TP.str("l2tp.avp.vendor_name", "Vendor Name"),
	9:  pL2TP.u16("l2tp.avp.assigned_tunnel_id", "Assigned Tunnel ID", Dec),
	10: pL2TP.u16("l2tp.avp.receive_window_size", "Receive Window Size", Dec),
	11: pL2TP.bytes("l2tp.avp.chap_challenge", "CHAP Challenge"),
	13: pL2TP.bytes("l2tp.avp.chap_challenge_response", "CHAP Challenge Response"),
	14: pL2TP.u16("l2tp.avp.assigned_session_id", "Assigned Session ID", Dec),
	15: pL2TP.u32("l2tp.avp.call_serial_number", "Call Serial Number", Dec),
	16: pL2TP.u32("l2tp.avp.minimum_bps", "Minimum BPS", Dec),
	17: pL2TP.u32("l2tp.avp.maximum_bps", "Maximum BPS", Dec),
	21: pL2TP.str("l2tp.avp.called_number", "Called Number"),
	22: pL2TP.str("l2tp.avp.calling_number", "Calling Number"),
	23: pL2TP.str("l2tp.avp.sub_address", "Sub-Address"),
	24: pL2TP.u32("l2tp.avp.connect_speed", "Connect Speed", Dec),
	25: pL2TP.u32("l2tp.avp.physical_channel", "Physical Channel", Dec),
	30: pL2TP.str("l2tp.avp.proxy_authen_name", "Proxy Authen Name"),
	31: pL2TP.bytes("l2tp.avp.proxy_authen_challenge", "Proxy Authen Challenge"),
	33: pL2TP.bytes("l2tp.avp.proxy_authen_response", "Proxy Authen Response"),
	36: pL2TP.bytes("l2tp.avp.random_vector", "Random Vector"),
	37: pL2TP.bytes("l2tp.avp.private_group_id", "Private Group ID"),
	38: pL2TP.u32("l2tp.avp.rx_connect_speed", "Rx Connect Speed", Dec),
}

// l2tpAVPs names the attributes (RFC 2661 §4.4).
var l2tpAVPs = list("Control Message", "Result-Error Code", "Protocol Version", "Framing Capabilities", "Bearer Capabilities", "Tie Breaker",
	"Firmware Revision", "Host Name", "Vendor Name", "Assigned Tunnel ID", "Receive Window Size", "Challenge", "Cause Code", "Challenge Response",
	"Assigned Session", "Call Serial Number", "Minimum BPS", "Maximum BPS", "Bearer Type", "Framing Type", "Reserved", "Called Number",
	"Calling Number", "Sub-Address", "Connect Speed", "Physical Channel", "Initial Received LCP CONFREQ", "Last Sent LCP CONFREQ",
	"Last Received LCP CONFREQ", "Proxy Authen Type", "Proxy Authen Name", "Proxy Authen Challenge", "Proxy Authen ID", "Proxy Authen Response",
	"Call status AVPs", "ACCM", "Random Vector", "Private group ID", "RxConnect Speed", "Sequencing Required")

// l2tpMessages names the control messages (RFC 2661 §3.2), l2tpShort for the
// Info column.
var (
	l2tpMessages = list("", "Start_Control_Request", "Start_Control_Reply", "Start_Control_Connected", "Stop_Control_Notification", "Reserved",
		"Hello", "Outgoing_Call_Request", "Outgoing_Call_Reply", "Outgoing_Call_Connected", "Incoming_Call_Request", "Incoming_Call_Reply",
		"Incoming_Call_Connected", "Reserved", "Call_Disconnect_Notification", "WAN_Error_Notify", "Set_Link_Info")
	l2tpShort = list("", "SCCRQ", "SCCRP", "SCCCN", "StopCCN", "Reserved", "Hello", "OCRQ", "OCRP", "OCCN", "ICRQ", "ICRP", "ICCN", "Reserved",
		"CDN", "WEN", "SLI")
)

// dissectL2TP takes a message of L2TP apart, and goes on with the PPP frame of a
// data message (RFC 2661 §3.1); false if it is none. Version 3 is shown by its name.
func dissectL2TP(c cursor) bool {
	d := c.d
	flags := c.peek16(0)
	switch flags & 15 {
	case 2:
	case 3:
		if !d.scan {
			dissectNamed(c, namedL2TP)
		}
		return true
	default:
		return false
	}
	control := flags&0x8000 != 0
	c.proto(pL2TP)
	d.setProto("L2TP")
	d.setInfo("")
	c.l2tpFlags()
	beyond := false
	if flags&0x4000 != 0 {
		n := max(0, int(c.u16(fL2TPLength))-c.off())
		beyond = n > c.left()
		c.limit = min(c.limit, c.pos+n)
		c.have = min(c.have, c.limit)
	}
	tunnel := c.u16(fL2TPTunnel)
	session := c.u16(fL2TPSession)
	if c.cols() && c.ok() {
		what := "Data    Message           "
		if control {
			what = c.l2tpWhat(flags)
		}
		d.setInfof("%s (tunnel id=%d, session id=%d)", what, tunnel, session)
	}
	if flags&0x0800 != 0 {
		c.u16(fL2TPNs)
		c.u16(fL2TPNr)
	}
	if control {
		if c.on() {
			c.l2tpAVPs()
		}
		if beyond {
			c.need(c.left() + 1)
		}
		c.end()
		return true
	}
	if flags&0x0200 != 0 {
		n := int(c.u16(fL2TPOffset))
		if n > 0 && c.ok() {
			c.addAt(fL2TPPadding, c.pos, min(n, c.left()), Node{})
			c.skip(min(n, c.left()))
		}
	}
	c.end()
	if c.ok() && c.left() > 0 {
		dissectPPP(c.tail())
	}
	return true
}

// l2tpFlags reads the first two bytes.
func (c *cursor) l2tpFlags() {
	v := uint64(c.u16(fL2TPFlags))
	if !c.on() || !c.ok() {
		return
	}
	n := c.last()
	n.append(", Type: " + fL2TPType.Names(v>>15))
	for _, f := range []*Field{fL2TPLenBit, fL2TPSeqBit, fL2TPOffBit, fL2TPPrio} {
		if v&f.Mask != 0 {
			n.append(", " + f.Name)
		}
	}
	c.begin()
	for _, f := range []*Field{fL2TPType, fL2TPLenBit, fL2TPSeqBit, fL2TPOffBit, fL2TPPrio, fL2TPVersion} {
		c.bits(f, 2, v)
	}
	c.end()
}

// l2tpWhat tells a control message by its first attribute, without moving. The
// cursor stands behind the session.
func (c *cursor) l2tpWhat(flags uint16) string {
	at := 0
	if flags&0x0800 != 0 {
		at = 4
	}
	if c.left() <= at {
		return "Control Message - ZLB     "
	}
	return "Control Message - " + orUnknown(l2tpShort, uint64(c.peek16(at+6)))
}

// l2tpAVPs shows the attributes of a control message (RFC 2661 §4.1).
func (c *cursor) l2tpAVPs() {
	if c.left() == 0 && c.ok() {
		c.addAt(fL2TPZLB, c.start, 0, Node{})
		return
	}
	for c.ok() && c.left() > 0 {
		head := c.peek16(0)
		size := int(head & 0x03ff)
		kind := c.peek16(4)
		name := orUnknown(l2tpAVPs, uint64(kind))
		if c.peek16(2) != 0 {
			name = fmt.Sprintf("Vendor %d", c.peek16(2))
		}
		if size < 6 {
			c.addAt(fText, c.pos, min(size, c.left()), Node{text: name + " AVP"})
			c.begin()
			c.expert(WarnSev, GroupMalformed, eL2TPAVPLength, fmt.Sprintf("AVP length must be >= 6, got %d", size))
			c.end()
			return
		}
		c.addAt(fText, c.pos, min(size, c.left()), Node{text: name + " AVP"})
		c.begin()
		if !c.need(size) {
			return
		}
		a := c.to(size)
		v := uint64(a.u16(nil))
		a.bits(fL2TPMandatory, 2, v)
		a.bits(fL2TPHidden, 2, v)
		a.bits(fL2TPAVPLength, 2, v)
		vendor := a.u16(fL2TPVendor)
		a.u16(fL2TPAVPType)
		a.l2tpValue(vendor, kind, head&0x4000 != 0)
		c.end()
	}
}

// l2tpValue shows what an attribute has to say.
func (c *cursor) l2tpValue(vendor, kind uint16, hidden bool) {
	if hidden || vendor != 0 {
		c.note(0, fmt.Sprintf("Value (%s), not dissected by tcplens", plural(c.left(), "byte"))).span(c.pos, c.left())
		return
	}
	f := l2tpValues[kind]
	if kind == 0 {
		f = fL2TPMessage
	}
	switch {
	case f == nil && c.left() > 0:
		c.note(0, fmt.Sprintf("Value (%s), not dissected by tcplens", plural(c.left(), "byte"))).span(c.pos, c.left())
	case f == nil:
	case f.Type == TUint16:
		c.u16(f)
	case f.Type == TUint32:
		c.u32(f)
	case f.Type == TString:
		s := c.rest()
		c.str(f, len(strings.TrimRight(string(s), "\x00")))
	default:
		c.bytes(f, c.left())
	}
}
