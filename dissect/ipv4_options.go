package dissect

import (
	"fmt"
	"net/netip"
)

var (
	fOptIPType   = pIP.u8("ip.opt.type", "Type", Dec)
	fOptIPCopy   = pIP.flag(TUint8, "ip.opt.type.copy", "Copy on fragmentation", 0x80, names(yesNo))
	fOptIPClass  = pIP.u8("ip.opt.type.class", "Class", Dec, mask(0x60), names(list("Control", "Reserved for future use", "Debugging and measurement", "Reserved for future use")))
	fOptIPNumber = pIP.u8("ip.opt.type.number", "Number", Dec, mask(0x1f), names(ipOptionNumbers))
	fOptIPLen    = pIP.u8("ip.opt.len", "Length", Dec)
	fOptIPPtr    = pIP.u8("ip.opt.ptr", "Pointer", Dec)
	fOptIPSID    = pIP.u16("ip.opt.sid", "Stream Identifier", Dec)
	fOptIPMTU    = pIP.u16("ip.opt.mtu", "MTU", Dec)
	fOptIPID     = pIP.u16("ip.opt.id_number", "ID Number", Dec)
	fOptIPOut    = pIP.u16("ip.opt.ohc", "Outbound Hop Count", Dec)
	fOptIPReturn = pIP.u16("ip.opt.rhc", "Return Hop Count", Dec)
	fOptIPOrigin = pIP.ip4("ip.opt.originator", "Originator IP Address")
	fOptIPAlert  = pIP.u16("ip.opt.ra", "Router Alert", Dec, names(routerAlerts))
	fOptIPAddr   = pIP.ip4("ip.opt.addr", "IP Address")
	fOptIPPad    = pIP.bytes("ip.opt.padding", "Padding")
	fOptIPSec    = pIP.u16("ip.opt.sec_rfc791_sec", "Security", Hex, names(ipSecurityLevels))
	fOptIPComp   = pIP.u16("ip.opt.sec_rfc791_comp", "Compartments", Dec)
	fOptIPHR     = pIP.str("ip.opt.sec_rfc791_hr", "Handling Restrictions")
	fOptIPTCC    = pIP.str("ip.opt.sec_rfc791_tcc", "Transmission Control Code")
	fOptIPCL     = pIP.u8("ip.opt.sec_cl", "Classification Level", Hex, names(ipClassifications))
	fOptIPAuth   = pIP.u8("ip.opt.sec_prot_auth_flags", "Protection Authority Flags", Hex)
	fOptIPOver   = pIP.u8("ip.opt.overflow", "Overflow", Dec, mask(0xf0))
	fOptIPFlag   = pIP.u8("ip.opt.flag", "Flag", Hex, mask(0x0f), names(list("Time stamps only", "Time stamp and address", "", "Time stamps for prespecified addresses")))
	fOptIPTime   = pIP.u32("ip.opt.time_stamp", "Time stamp", Dec)
	fOptIPTimeAd = pIP.ip4("ip.opt.time_stamp_addr", "Address")
	fOptIPQSFunc = pIP.u8("ip.opt.qs_func", "Function", Dec, mask(0xf0), names(table(map[uint64]string{0: "Rate request", 8: "Rate report"})))
	fOptIPQSRate = pIP.u8("ip.opt.qs_rate", "Rate", Dec, mask(0x0f), names(quickStartRates))
	fOptIPQSTTL  = pIP.u8("ip.opt.qs_ttl", "QS TTL", Dec)
	fOptIPQSNone = pIP.u32("ip.opt.qs_nonce", "QS Nonce", Hex, mask(0xfffffffc))
	fOptIPQSRes  = pIP.u32("ip.opt.qs_reserved", "Reserved", Hex, mask(0x00000003))
	fRouteRec    = pIP.ip4("ip.rec_rt", "Recorded Route")
	fRouteRecHst = pIP.str("ip.rec_rt_host", "Recorded Route Host")
	fRouteCur    = pIP.ip4("ip.cur_rt", "Current Route")
	fRouteCurHst = pIP.str("ip.cur_rt_host", "Current Route Host")
	fRouteSrc    = pIP.ip4("ip.src_rt", "Source Route")
	fRouteSrcHst = pIP.str("ip.src_rt_host", "Source Route Host")
	fRouteEmpty  = pIP.ip4("ip.empty_rt", "Empty Route")
	fRouteEmpHst = pIP.str("ip.empty_rt_host", "Empty Route Host")
	eOptIPLen    = pIP.none("ip.opt.len.invalid", "Invalid length for option")
	eOptIPNOP    = pIP.none("ip.nop", "4 NOP in a row - a router may have removed some options")
	eOptIPPtrLow = pIP.none("ip.opt.ptr.before_address", "Pointer points before first address")
	eOptIPPtrMid = pIP.none("ip.opt.ptr.middle_address", "Pointer points to middle of address")
)

func routerAlerts(v uint64) string {
	if v == 0 {
		return "Router shall examine packet"
	}
	return "Reserved"
}

// ipOption is how an option is called and shown.
type ipOption struct {
	number uint8
	name   string
	field  *Field // the whole option
	length int    // of the whole option; 0: any
}

func newIPOption(number uint8, abbrev, name string, length int) ipOption {
	return ipOption{number, name, pIP.bytes("ip.options."+abbrev, "IP Option - "+name), length}
}

var ipOptionsKnown = []ipOption{
	newIPOption(0, "eol", "End of Options List (EOL)", 1),
	newIPOption(1, "nop", "No-Operation (NOP)", 1),
	newIPOption(2, "security", "Security", 0),
	newIPOption(3, "route", "Loose Source Route", 0),
	newIPOption(4, "timestamp", "Time Stamp", 0),
	newIPOption(5, "ext_security", "Extended Security", 0),
	newIPOption(6, "cipso", "Commercial Security", 0),
	newIPOption(7, "record_route", "Record Route", 0),
	newIPOption(8, "sid", "Stream ID", 4),
	newIPOption(9, "source_route", "Strict Source Route", 0),
	newIPOption(11, "mtu_probe", "MTU Probe", 4),
	newIPOption(12, "mtu_reply", "MTU Reply", 4),
	newIPOption(18, "traceroute", "Traceroute", 12),
	newIPOption(20, "routeralert", "Router Alert", 4),
	newIPOption(21, "sdb", "Selective Directed Broadcast", 0),
	newIPOption(25, "qs", "Quick-Start", 8),
}

func findIPOption(number uint8) *ipOption {
	for i := range ipOptionsKnown {
		if ipOptionsKnown[i].number == number {
			return &ipOptionsKnown[i]
		}
	}
	return nil
}

// ipv4Options reads the options of a header, n bytes (RFC 791 §3.1).
func ipv4Options(c cursor, n int) {
	if !c.on() {
		c.skip(n)
		return
	}
	c.sub(nil, "Options: ("+plural(n, "byte")+")")
	head := c.d.openIndex()
	c.trim(head, c.pos+n)
	nops := 0
	for c.ok() && c.left() > 0 {
		t := c.peek(0)
		o := findIPOption(t & 0x1f)
		if t&0x1f == 1 {
			if nops == 0 || c.off()%4 != 0 {
				nops++
			} else {
				nops = 0
			}
			if nops == 4 {
				c.expert(WarnSev, GroupProtocol, eOptIPNOP, eOptIPNOP.Name)
			}
		}
		ok := c.ipv4Option(t, o)
		if ok && t > 1 && o != nil {
			c.nodeAt(head).append(", " + o.name)
		}
		if !ok || t == 0 {
			break
		}
	}
	c.end()
}

// ipv4Option reads one option and says whether there may be another behind it.
func (c *cursor) ipv4Option(t uint8, o *ipOption) bool {
	size := 1
	if t > 1 {
		size = int(c.peek(1))
	}
	name, f := fmt.Sprintf("Unknown (0x%02x)", t), fText
	if o != nil {
		name, f = o.name, o.field
	}
	if t > 1 && (c.left() < 2 || size < 2 || size > c.left()) {
		why := "length byte past end of options"
		if c.left() >= 2 {
			why = "option length = " + plural(size, "byte") + " says option goes past end of options"
			if size < 2 {
				why = "with too-short option length = " + plural(size, "byte")
			}
		}
		c.note(0, name+" ("+why+")").span(c.pos, min(2, c.captured()))
		c.begin()
		c.expert(WarnSev, GroupProtocol, eOptIPLen, name+" ("+why+")")
		c.end()
		return false
	}
	if !c.need(size) {
		return false
	}
	if o == nil {
		c.note(0, name+" ("+plural(size, "byte")+")").span(c.pos, size)
		c.skip(size)
		return true
	}
	label := "IP Option - " + name
	if t > 1 {
		label += " (" + plural(size, "byte") + ")"
	}
	c.addAt(f, c.pos, size, Node{raw: c.b[c.pos : c.pos+size], text: label})
	c.begin()
	node := c.d.openIndex()
	v := c.to(size)
	v.u8(fOptIPType)
	v.begin()
	v.bits(fOptIPCopy, 1, uint64(t))
	v.bits(fOptIPClass, 1, uint64(t))
	v.bits(fOptIPNumber, 1, uint64(t))
	v.end()
	if t > 1 {
		v.u8(fOptIPLen)
		if o.length != 0 && size != o.length {
			v.begin()
			v.expert(WarnSev, GroupProtocol, eOptIPLen, fmt.Sprintf("%s (with option length = %s; should be %d)", name, plural(size, "byte"), o.length))
			v.end()
		}
		if ipOptionFits(t&0x1f, size, o.length) {
			v.ipv4OptionValue(t&0x1f, node)
		}
	}
	c.end()
	return true
}

// ipOptionFits says whether an option is as long as its value takes. One that is
// not says nothing, and does not end the datagram.
func ipOptionFits(number uint8, size, want int) bool {
	switch number {
	case 2, 3, 7, 9:
		return size >= 3
	case 4:
		return size >= 4
	}
	return want == 0 || size == want
}

// ipv4OptionValue reads what follows the length of an option.
func (c *cursor) ipv4OptionValue(number uint8, node int32) {
	switch number {
	case 2:
		c.ipSecurity()
	case 3, 7, 9:
		c.ipRoute(number == 7)
	case 4:
		c.ipTimestamps()
	case 8:
		c.u16(fOptIPSID)
	case 11, 12:
		c.u16(fOptIPMTU)
	case 18:
		c.u16(fOptIPID)
		c.u16(fOptIPOut)
		c.u16(fOptIPReturn)
		c.ip4(fOptIPOrigin)
	case 20:
		v := c.u16(fOptIPAlert)
		c.nodeAt(node).append(fmt.Sprintf(": %s (%d)", routerAlerts(uint64(v)), v))
	case 21:
		for c.ok() && c.left() >= 4 {
			c.ip4(fOptIPAddr)
		}
	case 25:
		c.quickStart(node)
	}
}

// ipSecurity reads the basic security option, of RFC 791 if it has 11 bytes, of
// RFC 1108 otherwise.
func (c *cursor) ipSecurity() {
	if c.left() == 9 {
		c.u16(fOptIPSec)
		c.u16(fOptIPComp)
		c.str(fOptIPHR, 2)
		c.str(fOptIPTCC, 3)
		return
	}
	c.u8(fOptIPCL)
	for more := true; more && c.ok() && c.left() > 0; {
		v := c.u8(fOptIPAuth)
		more = v&1 != 0
	}
}

// ipRoute reads the addresses of a route: those that are passed, the next one, and
// those to come; or those recorded, and the room for more.
func (c *cursor) ipRoute(record bool) {
	at := c.pos - 2
	ptr := int(c.u8(fOptIPPtr))
	if !c.ok() {
		return
	}
	if ptr < 4 || ptr%4 != 0 {
		item, msg := eOptIPPtrLow, eOptIPPtrLow.Name
		if ptr >= 4 {
			item, msg = eOptIPPtrMid, eOptIPPtrMid.Name
		}
		c.begin()
		c.expert(WarnSev, GroupProtocol, item, msg)
		c.end()
	}
	for c.ok() && c.left() >= 4 {
		pos := c.pos - at + 1
		f, host, next := fRouteRec, fRouteRecHst, false
		switch {
		case record && pos >= ptr:
			f, host, next = fRouteEmpty, fRouteEmpHst, pos == ptr
		case !record && pos >= ptr && c.left() < 8: // the last one is where it goes
			a := c.ip4(fIPDst)
			c.hiddenAddr(fIPAddr, fIPDstHost, fIPHost, a.String())
			continue
		case !record && pos >= ptr:
			f, host, next = fRouteSrc, fRouteSrcHst, pos == ptr
		}
		a := c.ip4(f)
		if next {
			c.last().append(" <- (next)")
		}
		c.add(host, 4, Node{str: a.String(), Flags: Hidden | Generated})
	}
	if n := c.left(); n > 0 && c.ok() {
		c.bytes(fOptIPPad, n)
	}
}

// routeEnd looks for a source route in the options, n bytes of them, that is not
// yet at its end: its last address is where the datagram goes. The cursor stands
// before the destination of the header.
func (c *cursor) routeEnd(n int) (netip.Addr, bool) {
	for i := 4; i < 4+n; {
		t, size := c.peek(i), int(c.peek(i+1))
		switch {
		case t == 0:
			return netip.Addr{}, false
		case t == 1:
			i++
			continue
		case size < 2 || i+size > 4+n:
			return netip.Addr{}, false
		case t == 131 || t == 137:
			if ptr := int(c.peek(i + 2)); size >= 7 && ptr >= 4 && ptr <= size-3 && i+size <= c.captured() {
				at := c.pos + i + 3 + (size-3)/4*4 - 4
				return netip.AddrFrom4([4]byte(c.b[at : at+4])), true
			}
		}
		i += size
	}
	return netip.Addr{}, false
}

// ipTimestamps reads time stamps, with or without the addresses that gave them.
func (c *cursor) ipTimestamps() {
	ptr := c.u8(fOptIPPtr)
	if c.ok() {
		c.last().label(fmt.Sprintf("Pointer: %d", ptr))
	}
	v := uint64(c.u8(nil))
	if !c.ok() {
		return
	}
	c.bits(fOptIPOver, 1, v)
	c.bits(fOptIPFlag, 1, v)
	for c.ok() && c.left() >= 4 {
		if v&15 != 0 {
			if c.left() < 8 {
				break
			}
			c.ip4(fOptIPTimeAd)
		}
		c.u32(fOptIPTime)
	}
}

// quickStart reads a rate request or report (RFC 4782 §3).
func (c *cursor) quickStart(node int32) {
	v := uint64(c.u8(nil))
	if !c.ok() {
		return
	}
	c.bits(fOptIPQSFunc, 1, v)
	c.bits(fOptIPQSRate, 1, v)
	c.nodeAt(node).append(fmt.Sprintf(": %s (%d), %s", fOptIPQSFunc.named(v>>4), v>>4, quickStartRates(v&15)))
	c.u8(fOptIPQSTTL)
	w := uint64(c.u32(nil))
	if c.ok() {
		c.bits(fOptIPQSNone, 4, w)
		c.bits(fOptIPQSRes, 4, w)
	}
}
