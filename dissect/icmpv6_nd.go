package dissect

import (
	"fmt"
	"net/netip"
	"strings"

	"tcplens/internal/text"
)

var (
	fRAHops      = pICMPv6.u8("icmpv6.nd.ra.cur_hop_limit", "Cur hop limit", Dec)
	fRAFlags     = pICMPv6.u8("icmpv6.nd.ra.flag", "Flags", Hex)
	fRAFlagM     = pICMPv6.flag(TUint8, "icmpv6.nd.ra.flag.m", "Managed address configuration", 0x80)
	fRAFlagO     = pICMPv6.flag(TUint8, "icmpv6.nd.ra.flag.o", "Other configuration", 0x40)
	fRAFlagH     = pICMPv6.flag(TUint8, "icmpv6.nd.ra.flag.h", "Home Agent", 0x20)
	fRAFlagPrf   = pICMPv6.u8("icmpv6.nd.ra.flag.prf", "Prf (Default Router Preference)", Dec, mask(0x18), names(routePrefs))
	fRAFlagP     = pICMPv6.flag(TUint8, "icmpv6.nd.ra.flag.p", "Proxy", 0x04)
	fRAFlagRes   = pICMPv6.u8("icmpv6.nd.ra.flag.rsv", "Reserved", Dec, mask(0x03))
	fRALife      = pICMPv6.u16("icmpv6.nd.ra.router_lifetime", "Router lifetime (s)", Dec)
	fRAReach     = pICMPv6.u32("icmpv6.nd.ra.reachable_time", "Reachable time (ms)", Dec)
	fRARetrans   = pICMPv6.u32("icmpv6.nd.ra.retrans_timer", "Retrans timer (ms)", Dec)
	fNSTarget    = pICMPv6.ip6("icmpv6.nd.ns.target_address", "Target Address")
	fNAFlags     = pICMPv6.u32("icmpv6.nd.na.flag", "Flags", Hex)
	fNAFlagR     = pICMPv6.flag(TUint32, "icmpv6.nd.na.flag.r", "Router", 0x80000000)
	fNAFlagS     = pICMPv6.flag(TUint32, "icmpv6.nd.na.flag.s", "Solicited", 0x40000000)
	fNAFlagO     = pICMPv6.flag(TUint32, "icmpv6.nd.na.flag.o", "Override", 0x20000000)
	fNAFlagRes   = pICMPv6.u32("icmpv6.nd.na.flag.rsv", "Reserved", Dec, mask(0x1fffffff))
	fNATarget    = pICMPv6.ip6("icmpv6.nd.na.target_address", "Target Address")
	fRDTarget    = pICMPv6.ip6("icmpv6.nd.rd.target_address", "Target Address")
	fRDDest      = pICMPv6.ip6("icmpv6.rd.na.destination_address", "Destination Address")
	fNDOpt       = pICMPv6.none("icmpv6.opt", "ICMPv6 Option")
	fNDOptType   = pICMPv6.u8("icmpv6.opt.type", "Type", Dec, names(icmpv6Options))
	fNDOptLen    = pICMPv6.u8("icmpv6.opt.length", "Length", Dec)
	fNDReserved  = pICMPv6.none("icmpv6.opt.reserved", "Reserved")
	fNDPadding   = pICMPv6.none("icmpv6.opt.padding", "Padding")
	fNDLink      = pICMPv6.bytesColons("icmpv6.opt.linkaddr", "Link-layer address")
	fNDLinkSrc   = pICMPv6.bytesColons("icmpv6.opt.src_linkaddr", "Source Link-layer address")
	fNDLinkDst   = pICMPv6.bytesColons("icmpv6.opt.target_linkaddr", "Target Link-layer address")
	fNDPfxLen    = pICMPv6.u8("icmpv6.opt.prefix.length", "Prefix Length", Dec)
	fNDPfxFlags  = pICMPv6.u8("icmpv6.opt.prefix.flag", "Flag", Hex)
	fNDPfxL      = pICMPv6.flag(TUint8, "icmpv6.opt.prefix.flag.l", "On-link flag(L)", 0x80)
	fNDPfxA      = pICMPv6.flag(TUint8, "icmpv6.opt.prefix.flag.a", "Autonomous address-configuration flag(A)", 0x40)
	fNDPfxR      = pICMPv6.flag(TUint8, "icmpv6.opt.prefix.flag.r", "Router address flag(R)", 0x20)
	fNDPfxRes    = pICMPv6.u8("icmpv6.opt.prefix.flag.reserved", "Reserved", Dec, mask(0x1f))
	fNDPfxValid  = pICMPv6.u32("icmpv6.opt.prefix.valid_lifetime", "Valid Lifetime", Dec)
	fNDPfxPref   = pICMPv6.u32("icmpv6.opt.prefix.preferred_lifetime", "Preferred Lifetime", Dec)
	fNDPrefix    = pICMPv6.ip6("icmpv6.opt.prefix", "Prefix")
	fNDRedirect  = pICMPv6.none("icmpv6.opt.redirected_packet", "Redirected Packet")
	fNDMTU       = pICMPv6.u32("icmpv6.opt.mtu", "MTU", Dec)
	fNDInterval  = pICMPv6.u32("icmpv6.opt.advertisement_interval", "Advertisement Interval", Dec)
	fNDHomePref  = pICMPv6.u16("icmpv6.opt.home_agent_preference", "Home Agent Preference", Dec)
	fNDHomeLife  = pICMPv6.u16("icmpv6.opt.home_agent_lifetime", "Home Agent Preference", Dec)
	fNDNonce     = pICMPv6.bytes("icmpv6.opt.nonce", "Nonce")
	fNDRouteFl   = pICMPv6.u8("icmpv6.opt.route_info.flag", "Flag", Hex)
	fNDRoutePrf  = pICMPv6.u8("icmpv6.opt.route_info.flag.route_preference", "Route Preference", Dec, mask(0x18), names(routePrefs))
	fNDRouteRes  = pICMPv6.u8("icmpv6.opt.route_info.flag.reserved", "Reserved", Dec, mask(0xe7))
	fNDRouteLife = pICMPv6.u32("icmpv6.opt.route_lifetime", "Route Lifetime", Dec)
	fNDDNSLife   = pICMPv6.u32("icmpv6.opt.rdnss.lifetime", "Lifetime", Dec)
	fNDDNS       = pICMPv6.ip6("icmpv6.opt.rdnss", "Recursive DNS Servers")
	fNDDNSSLLife = pICMPv6.u32("icmpv6.opt.dnssl.lifetime", "Lifetime", Dec)
	fNDDNSSL     = pICMPv6.str("icmpv6.opt.dnssl", "Domain Names")
	fNDPortal    = pICMPv6.str("icmpv6.opt.captive_portal", "Captive Portal")
	fND64        = pICMPv6.u16("icmpv6.opt.pref64.scaled_lifetime", "Scaled Lifetime", Dec, mask(0xfff8))
	fND64PLC     = pICMPv6.u16("icmpv6.opt.pref64.plc", "PLC (Prefix Length Code)", Hex, mask(0x0007))
	fND64Prefix  = pICMPv6.ip6("icmpv6.opt.pref64.prefix", "Prefix")
	eNDOptLen    = pICMPv6.none("icmpv6.invalid_option_length", "Invalid Option Length")
)

var routePrefs = list("Medium", "High", "Reserved", "Low")

// bytesColons makes a field of bytes that are written with colons.
func (p *Proto) bytesColons(abbrev, name string) *Field { return p.add(TBytes, abbrev, name, Colons) }

// neighbour reads the messages of neighbour discovery (RFC 4861 §4).
func (c *cursor) neighbour(typ uint8) {
	d := c.d
	info := ""
	switch typ {
	case 133:
		c.bytes(fICMP6Reserv, 4)
	case 134:
		c.routerAdvertisement()
	case 135:
		c.bytes(fICMP6Reserv, 4)
		if a := c.ip6(fNSTarget); c.cols() && a.IsValid() {
			info = " for " + a.String()
		}
	case 136:
		info = c.neighbourAdvertisement()
	case 137:
		c.bytes(fICMP6Reserv, 4)
		c.ip6(fRDTarget)
		c.ip6(fRDDest)
	}
	if info != "" {
		d.infoAppend(info)
	}
	c.neighbourOptions(typ)
}

func (c *cursor) routerAdvertisement() {
	c.u8(fRAHops)
	v := c.u8(fRAFlags)
	if c.on() && c.ok() {
		var set []string
		for _, f := range []*Field{fRAFlagM, fRAFlagO, fRAFlagH} {
			if uint64(v)&f.Mask != 0 {
				set = append(set, f.Name)
			}
		}
		prf := routePrefs(uint64(v >> 3 & 3))
		set = append(set, "Prf (Default Router Preference): "+prf)
		if v&4 != 0 {
			set = append(set, fRAFlagP.Name)
		}
		c.last().append(", " + strings.Join(set, ", "))
		c.begin()
		for _, f := range []*Field{fRAFlagM, fRAFlagO, fRAFlagH, fRAFlagPrf, fRAFlagP, fRAFlagRes} {
			c.bits(f, 1, uint64(v))
		}
		c.end()
	}
	c.u16(fRALife)
	c.u32(fRAReach)
	c.u32(fRARetrans)
}

func (c *cursor) neighbourAdvertisement() string {
	v := c.u32(fNAFlags)
	var long, short []string
	for _, f := range []*Field{fNAFlagR, fNAFlagS, fNAFlagO} {
		if uint64(v)&f.Mask != 0 {
			long = append(long, f.Name)
			short = append(short, map[string]string{"Router": "rtr", "Solicited": "sol", "Override": "ovr"}[f.Name])
		}
	}
	if c.on() && c.ok() {
		if len(long) > 0 {
			c.last().append(", " + strings.Join(long, ", "))
		}
		c.begin()
		for _, f := range []*Field{fNAFlagR, fNAFlagS, fNAFlagO, fNAFlagRes} {
			c.bits(f, 4, uint64(v))
		}
		c.end()
	}
	a := c.ip6(fNATarget)
	if !c.cols() || !a.IsValid() {
		return ""
	}
	flags := "none"
	if len(short) > 0 {
		flags = strings.Join(short, ", ")
	}
	return " " + a.String() + " (" + flags + ")"
}

// neighbourOptions reads the options behind a message, to its end (RFC 4861 §4.6).
func (c *cursor) neighbourOptions(typ uint8) {
	for c.ok() && c.left() > 0 {
		t := c.peek(0)
		n := int(c.peek(1)) * 8
		if c.on() {
			c.sub(fNDOpt, "ICMPv6 Option ("+orUnknown(icmpv6Options, uint64(t)))
		}
		node := c.d.openIndex()
		c.u8(fNDOptType)
		c.u8(fNDOptLen)
		if c.on() && c.ok() {
			c.last().append(fmt.Sprintf(" (%d bytes)", n))
		}
		if n == 0 && c.ok() {
			if c.on() {
				c.nodeAt(node).append(")")
				c.begin()
				c.expert(Error, GroupMalformed, eNDOptLen, "Invalid option length (Zero)")
				c.end()
			}
			c.end()
			return
		}
		o := c.to(n - 2)
		if o.left() < n-2 {
			o.limit = max(o.limit, o.pos)
		}
		what := text.Printable(o.neighbourOption(t, typ))
		if m := c.nodeAt(node); m != nil {
			if what != "" && t != 25 && t != 31 {
				what = ": " + what
			}
			if what != "" {
				m.append(" " + what)
			}
			m.append(")")
			c.trim(node, min(int(m.Off)+n, c.have))
		}
		c.end()
	}
}

// neighbourOption reads one option's value and gives what its heading says of it.
func (c *cursor) neighbourOption(t, typ uint8) string {
	switch t {
	case 1, 2:
		return c.linkOption(t, typ)
	case 3:
		return c.prefixOption()
	case 4:
		c.noneBytes(fNDReserved, 6)
		if c.ok() && c.left() > 0 {
			c.noneBytes(fNDRedirect, 0)
			q := c.tail()
			c.d.quote(func() { dissectIPv6(q) })
		}
	case 5:
		c.noneBytes(fNDReserved, 2)
		return fmt.Sprint(c.u32(fNDMTU))
	case 7:
		c.noneBytes(fNDReserved, 2)
		return fmt.Sprint(c.u32(fNDInterval))
	case 8:
		c.noneBytes(fNDReserved, 2)
		c.u16(fNDHomePref)
		c.u16(fNDHomeLife)
	case 14:
		c.bytes(fNDNonce, c.left())
	case 24:
		return c.routeOption()
	case 25:
		return c.dnsOption()
	case 31:
		return c.searchOption()
	case 37:
		s := strings.TrimRight(c.str(fNDPortal, c.left()), "\x00")
		return s
	case 38:
		v := uint64(c.u16(nil))
		if c.ok() {
			c.bits(fND64, 2, v)
			c.bits(fND64PLC, 2, v)
		}
		if n := c.left(); n > 0 && c.ok() {
			c.paddedPrefix(fND64Prefix, n)
		}
	default:
		if n := c.left(); n > 0 {
			c.bytes(fICMP6Data, n)
		}
	}
	return ""
}

// noneBytes puts a node without a value for n bytes.
func (c *cursor) noneBytes(f *Field, n int) {
	if c.need(n) {
		c.pos += n
		c.add(f, n, Node{})
	}
}

func (c *cursor) linkOption(t, typ uint8) string {
	n := 6
	if c.left() < 6 {
		n = c.left()
	}
	b := c.bytes(fNDLink, n)
	if b == nil {
		return ""
	}
	f, word := fNDLinkSrc, " from "
	if t == 2 {
		f, word = fNDLinkDst, " is at "
	}
	c.hiddenCopy(f)
	mac := ""
	if c.on() || c.cols() {
		mac = Ether(b)
		if t == 1 && typ != 137 || t == 2 && typ == 136 {
			c.d.infoAppend(word + mac)
		}
	}
	if k := c.left(); k > 0 {
		c.noneBytes(fNDPadding, k)
	}
	return mac
}

func (c *cursor) prefixOption() string {
	n := c.u8(fNDPfxLen)
	v := c.u8(fNDPfxFlags)
	if c.on() && c.ok() {
		var set []string
		for _, f := range []*Field{fNDPfxL, fNDPfxA, fNDPfxR} {
			if uint64(v)&f.Mask != 0 {
				set = append(set, f.Name)
			}
		}
		if len(set) > 0 {
			c.last().append(", " + strings.Join(set, ", "))
		}
		c.begin()
		for _, f := range []*Field{fNDPfxL, fNDPfxA, fNDPfxR, fNDPfxRes} {
			c.bits(f, 1, uint64(v))
		}
		c.end()
	}
	c.lifetime(fNDPfxValid)
	c.lifetime(fNDPfxPref)
	c.noneBytes(fNDReserved, 4)
	a := c.ip6(fNDPrefix)
	if !c.on() || !a.IsValid() {
		return ""
	}
	return fmt.Sprintf("%s/%d", a, n)
}

// lifetime reads seconds, of which all ones are for ever.
func (c *cursor) lifetime(f *Field) {
	v := c.u32(f)
	if !c.on() || !c.ok() {
		return
	}
	if v == 0xffffffff {
		c.last().label(f.Name + ": Infinity (4294967295)")
	}
}

func (c *cursor) routeOption() string {
	n := c.u8(fNDPfxLen)
	v := c.u8(fNDRouteFl)
	prf := routePrefs(uint64(v >> 3 & 3))
	if c.on() && c.ok() {
		c.last().append(", Route Preference: " + prf)
		c.begin()
		c.bits(fNDRoutePrf, 1, uint64(v))
		c.bits(fNDRouteRes, 1, uint64(v))
		c.end()
	}
	c.lifetime(fNDRouteLife)
	if !c.ok() {
		return ""
	}
	a := c.paddedPrefix(fNDPrefix, min(c.left(), 16))
	if !c.on() {
		return ""
	}
	return fmt.Sprintf("%s %s/%d", prf, a, n)
}

// paddedPrefix reads an address of which only the first n bytes are there.
func (c *cursor) paddedPrefix(f *Field, n int) netip.Addr {
	b := c.raw(n)
	if b == nil && n > 0 {
		return netip.Addr{}
	}
	var full [16]byte
	copy(full[:], b)
	if c.on() {
		c.add(f, n, Node{raw: full[:]})
	}
	return netip.AddrFrom16(full)
}

func (c *cursor) dnsOption() string {
	c.noneBytes(fNDReserved, 2)
	c.lifetime(fNDDNSLife)
	var all []string
	for c.ok() && c.left() >= 16 {
		a := c.ip6(fNDDNS)
		if c.on() && a.IsValid() {
			all = append(all, a.String())
		}
	}
	return strings.Join(all, " ")
}

func (c *cursor) searchOption() string {
	c.noneBytes(fNDReserved, 2)
	c.lifetime(fNDDNSSLLife)
	var all []string
	for c.ok() && c.left() > 0 && c.peek(0) != 0 {
		off := c.pos
		var labels []string
		for c.ok() {
			n := int(c.u8(nil))
			if n == 0 || n > 63 {
				break
			}
			labels = append(labels, string(c.raw(n)))
		}
		name := strings.Join(labels, ".")
		c.addAt(fNDDNSSL, off, c.pos-off, Node{str: name})
		all = append(all, name)
	}
	if n := c.left(); n > 0 && c.ok() {
		c.noneBytes(fNDPadding, n)
	}
	return strings.Join(all, " ")
}
