package dissect

import (
	"fmt"

	"tcplens/internal/text"
)

var (
	pPPPoE        = newProto("PPP-over-Ethernet", "PPPoE", "pppoe")
	fPPPoEVersion = pPPPoE.u8("pppoe.version", "Version", Dec, mask(0xf0))
	fPPPoEType    = pPPPoE.u8("pppoe.type", "Type", Dec, mask(0x0f))
	fPPPoECode    = pPPPoE.u8("pppoe.code", "Code", Hex, names(pppoeCodes))
	fPPPoESession = pPPPoE.u16("pppoe.session_id", "Session ID", Hex)
	fPPPoELen     = pPPPoE.u16("pppoe.payload_length", "Payload Length", Dec)

	pPPPoES = newProto("PPP-over-Ethernet Session", "PPPoES", "pppoes")

	pPPPoED       = newProto("PPP-over-Ethernet Discovery", "PPPoED", "pppoed")
	fPPPoETags    = pPPPoED.none("pppoed.tags", "PPPoE Tags")
	fPPPoETag     = pPPPoED.u16("pppoed.tag", "Tag", Hex)
	fPPPoETagLen  = pPPPoED.u16("pppoed.tag_length", "Tag Length", Dec)
	fPPPoEUnknown = pPPPoED.bytes("pppoed.tag.unknown_data", "Unknown Data")
	fPPPoEVendor  = pPPPoED.u32("pppoed.tags.vendor_id", "Vendor id", Dec)
	fPPPoEUnspec  = pPPPoED.bytes("pppoed.tags.vendor_unspecified", "Vendor unspecified")
	fPPPoEACName  = pPPPoED.str("pppoed.tags.ac_name", "AC-Name")
	fPPPoEService = pPPPoED.str("pppoed.tags.service_name", "Service-Name")
	fPPPoECircuit = pPPPoED.str("pppoed.tags.circuit_id", "Circuit ID")
	fPPPoERemote  = pPPPoED.str("pppoed.tags.remote_id", "Remote ID")
	fPPPoEVendorT = pPPPoED.none("pppoed.tags.vendorspecific.tags", "Vendor Specific PPPoE Tags")
)

// pppoeTags are the fields of tags (RFC 2516 Appendix A, RFC 4638, RFC 5578).
var pppoeTags = map[uint16]*Field{
	0x0101: fPPPoEService,
	0x0102: fPPPoEACName,
	0x0103: pPPPoED.bytes("pppoed.tags.host_uniq", "Host-Uniq"),
	0x0104: pPPPoED.bytes("pppoed.tags.ac_cookie", "AC-Cookie"),
	0x0106: pPPPoED.bytes("pppoed.tags.credits", "Credits"),
	0x0107: pPPPoED.bytes("pppoed.tags.metrics", "Metrics"),
	0x0110: pPPPoED.bytes("pppoed.tags.relay_session_id", "Relay-Session-Id"),
	0x0111: pPPPoED.bytes("pppoed.tags.hurl", "HURL"),
	0x0112: pPPPoED.bytes("pppoed.tags.motm", "MOTM"),
	0x0120: pPPPoED.bytes("pppoed.tags.max_payload", "PPP-Max-Payload"),
	0x0121: pPPPoED.bytes("pppoed.tags.ip_route_add", "IP Route Add"),
	0x0201: pPPPoED.str("pppoed.tags.service_name_error", "Service-Name-Error"),
	0x0202: pPPPoED.str("pppoed.tags.ac_system_error", "AC-System-Error"),
	0x0203: pPPPoED.str("pppoed.tags.generic_error", "Generic-Error"),
}

// pppoeHeader reads the six bytes that both stages have (RFC 2516 §4). It gives
// the code and the length, and the place where the payload ends.
func (c *cursor) pppoeHeader(short string) (code uint8, n, end int) {
	d := c.d
	d.setProto(short)
	v := uint64(c.u8(nil))
	if c.ok() {
		c.bits(fPPPoEVersion, 1, v)
		c.bits(fPPPoEType, 1, v)
	}
	code = c.u8(fPPPoECode)
	if c.cols() && c.ok() {
		d.setInfo(orUnknown(pppoeCodes, uint64(code)))
	}
	c.u16(fPPPoESession)
	n = int(c.u16(fPPPoELen))
	return code, n, min(c.limit, c.pos+n)
}

// dissectPPPoEDiscovery takes a discovery message apart. It gives where it ends.
func dissectPPPoEDiscovery(c cursor) int {
	d := c.d
	if d.scan {
		return c.limit
	}
	c.proto(pPPPoED)
	_, n, end := c.pppoeHeader("PPPoED")
	if n > 0 && c.ok() {
		c.sub(fPPPoETags, "PPPoE Tags")
		tags := c.to(n)
		for tags.ok() && tags.left() >= 4 {
			t := tags.peek16(0)
			k := int(tags.peek16(2))
			if t == 0 {
				break
			}
			tags.pppoeTag(t, k)
		}
		c.end()
	}
	c.end()
	return end
}

// pppoeTag reads one tag.
func (c *cursor) pppoeTag(t uint16, n int) {
	f := pppoeTags[t]
	if f == nil && t != 0x0105 {
		c.u16(fPPPoETag)
		if c.on() && c.ok() {
			c.last().label(fmt.Sprintf("Tag: Unknown (0x%04x)", t))
		}
		c.u16(fPPPoETagLen)
		if n > 0 {
			c.bytes(fPPPoEUnknown, n)
		}
		return
	}
	c.skip(4)
	switch {
	case n == 0:
	case t == 0x0105:
		c.pppoeVendor(n)
	case f.Type == TString:
		s := c.str(f, n)
		if f == fPPPoEACName && c.cols() && c.ok() {
			c.d.infof(" %s='%s'", f.Name, text.Printable(s))
		}
	default:
		c.bytes(f, n)
	}
}

// pppoeVendor reads a vendor's tag: that of the broadband forum names the line.
func (c *cursor) pppoeVendor(n int) {
	if n < 4 {
		c.bytes(fPPPoEUnspec, n)
		return
	}
	id := c.u32(fPPPoEVendor)
	n -= 4
	if id != 3561 {
		if n > 0 {
			c.bytes(fPPPoEUnspec, n)
		}
		return
	}
	c.sub(fPPPoEVendorT, "Vendor Specific PPPoE Tags")
	v := c.to(n)
	for v.ok() && v.left() >= 2 {
		t := v.u8(nil)
		k := int(v.u8(nil))
		switch t {
		case 1:
			v.str(fPPPoECircuit, k)
		case 2:
			v.str(fPPPoERemote, k)
		default:
			if k > 0 {
				v.bytes(fPPPoEUnspec, k)
			}
		}
	}
	c.end()
}

// dissectPPPoESession takes the header of a session's packet apart and goes on
// with PPP. It gives the place where the packet ends.
func dissectPPPoESession(c cursor) int {
	d := c.d
	if p := c.proto(pPPPoES); p != nil {
		p.Len = int32(min(6, c.captured()))
	}
	_, _, end := c.pppoeHeader("PPPoES")
	c.end()
	if !c.ok() || !d.descend() {
		return end
	}
	defer d.ascend()
	whole := c.limit
	c.limit, c.have = end, min(c.have, end)
	dissectPPP(c.tail())
	return whole
}
