package dissect

import "fmt"

var (
	pNFLOG         = newProto("Linux Netfilter NFLOG", "NFLOG", "nflog")
	fNFLOGFamily   = pNFLOG.u8("nflog.family", "Family", Dec, names(nflogFamilies))
	fNFLOGVersion  = pNFLOG.u8("nflog.version", "Version", Dec)
	fNFLOGResource = pNFLOG.u16("nflog.res_id", "Resource id", Dec)
	fNFLOGTLV      = pNFLOG.bytes("nflog.tlv", "TLV")
	fNFLOGLength   = pNFLOG.u16("nflog.tlv_length", "Length", Dec)
	fNFLOGType     = pNFLOG.u16("nflog.tlv_type", "Type", Dec, mask(0x7fff), names(nflogTypes))
	fNFLOGProto    = pNFLOG.u16("nflog.protocol", "HW protocol", Hex, names(etherTypes))
	fNFLOGHook     = pNFLOG.u8("nflog.hook", "Netfilter hook", Dec, names(list("Pre routing", "Local in", "Forward", "Local out", "Post routing")))
	fNFLOGIn       = pNFLOG.u32("nflog.ifindex_indev", "IFINDEX_INDEV", Dec)
	fNFLOGOut      = pNFLOG.u32("nflog.ifindex_outdev", "IFINDEX_OUTDEV", Dec)
	fNFLOGPhysIn   = pNFLOG.u32("nflog.ifindex_physindev", "IFINDEX_PHYSINDEV", Dec)
	fNFLOGPhysOut  = pNFLOG.u32("nflog.ifindex_physoutdev", "IFINDEX_PHYSOUTDEV", Dec)
	fNFLOGPrefix   = pNFLOG.strz("nflog.prefix", "Prefix")
	fNFLOGUID      = pNFLOG.add(TInt32, "nflog.uid", "UID", Dec)
	fNFLOGGID      = pNFLOG.add(TInt32, "nflog.gid", "GID", Dec)
	fNFLOGTime     = pNFLOG.abs("nflog.timestamp", "Timestamp")
	fNFLOGValue    = pNFLOG.bytes("nflog.tlv_value", "Value")
	nflogFamilies  = table(map[uint64]string{0: "Unspecified", 1: "IPv4/IPv6", 2: "IPv4", 3: "ARP", 5: "Netdev", 7: "Bridge", 10: "IPv6", 12: "DECNET"})
)

// nflogTypes names the attributes (linux/netfilter/nfnetlink_log.h).
var nflogTypes = list("NFULA_UNSPEC", "NFULA_PACKET_HDR", "NFULA_MARK", "NFULA_TIMESTAMP", "NFULA_IFINDEX_INDEV", "NFULA_IFINDEX_OUTDEV",
	"NFULA_IFINDEX_PHYSINDEV", "NFULA_IFINDEX_PHYSOUTDEV", "NFULA_HWADDR", "NFULA_PAYLOAD", "NFULA_PREFIX", "NFULA_UID",
	"NFULA_SEQ", "NFULA_SEQ_GLOBAL", "NFULA_GID", "NFULA_HWTYPE", "NFULA_HWHEADER", "NFULA_HWLEN")

// The attributes that are taken apart.
const (
	nflogHeader = 1 + iota
	_
	nflogTime
	nflogIn
	nflogOut
	nflogPhysIn
	nflogPhysOut
	_
	nflogPayload
	nflogPrefix
	nflogUID
	nflogGID = 14
)

// dissectNFLOG takes what Linux's netfilter logs of a packet apart (LINKTYPE_NFLOG),
// and goes on with the packet. Lengths and types are in the byte order of the host
// that logged: little-endian, unless a first length so read is too large.
func dissectNFLOG(c cursor) {
	d := c.d
	d.setProto("NFLOG")
	d.setInfo("")
	c.proto(pNFLOG)
	family := c.u8(fNFLOGFamily)
	c.u8(fNFLOGVersion)
	c.u16(fNFLOGResource)
	big := c.captured() >= 2 && int(c.peek(1))<<8|int(c.peek(0)) > c.left() && int(c.peek16(0)) <= c.left()
	var inner cursor
	found := false
	for c.ok() && c.left() > 0 {
		if !c.need(4) {
			return
		}
		n, kind := int(c.peek(1))<<8|int(c.peek(0)), uint16(c.peek(3))<<8|uint16(c.peek(2))
		if big {
			n, kind = int(c.peek16(0)), c.peek16(2)
		}
		kind &= 0x7fff
		whole := (n + 3) &^ 3
		if n < 4 {
			break // nothing that can be stepped over
		}
		if c.on() {
			c.addAt(fNFLOGTLV, c.pos, min(whole, c.captured()), Node{text: fmt.Sprintf("TLV Type: %s (%d), Length: %d", nflogName(kind), kind, n)})
			c.begin()
			c.addAt(fNFLOGLength, c.pos, 2, Node{num: uint64(n)})
			c.addAt(fNFLOGType, c.pos+2, 2, Node{num: uint64(kind)})
		}
		c.skip(4)
		body := c.to(n - 4)
		if kind == nflogPayload {
			inner, found = body, true
		} else {
			nflogValue(&body, kind)
		}
		c.end()
		c.skip(min(whole-n, c.left()))
	}
	c.end()
	if !found || !c.ok() {
		return
	}
	switch family {
	case 2:
		dissectIPv4(inner)
	case 10:
		dissectIPv6(inner)
	default:
		dissectData(inner)
	}
}

func nflogName(kind uint16) string {
	if s := nflogTypes(uint64(kind)); s != "" {
		return s
	}
	return "Unknown"
}

// nflogValue shows what an attribute holds, which is in network byte order.
func nflogValue(c *cursor, kind uint16) {
	switch kind {
	case nflogHeader:
		c.u16(fNFLOGProto)
		c.u8(fNFLOGHook)
	case nflogIn:
		c.u32(fNFLOGIn)
	case nflogOut:
		c.u32(fNFLOGOut)
	case nflogPhysIn:
		c.u32(fNFLOGPhysIn)
	case nflogPhysOut:
		c.u32(fNFLOGPhysOut)
	case nflogPrefix:
		if c.left() > 0 {
			c.str(fNFLOGPrefix, c.left())
		}
	case nflogUID:
		c.i32(fNFLOGUID)
	case nflogGID:
		c.i32(fNFLOGGID)
	case nflogTime:
		if c.need(16) {
			sec, usec := uint64(c.peek32(0))<<32|uint64(c.peek32(4)), uint64(c.peek32(8))<<32|uint64(c.peek32(12))
			c.add(fNFLOGTime, 16, Node{num: sec*1e9 + usec*1e3})
		}
	default:
		if c.left() > 0 {
			c.bytes(fNFLOGValue, c.left())
		}
	}
}
