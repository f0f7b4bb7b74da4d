package problems

import (
	"encoding/binary"
	"math/bits"

	"tcplens/internal/packet"
)

// shape is where the headers of a common packet stand: one IP header behind one link
// header, and TCP or UDP behind that. Offsets are from the beginning of the frame.
type shape struct {
	ip, tp, end int // IP header, transport header, end of the datagram on the wire
	v6          bool
	proto       uint8
	sound       bool // link and IP header give no expert item
}

// IP protocols.
const (
	protoTCP = 6
	protoUDP = 17
)

// arpGRE is the hardware type behind which a cooked header's type is one of GRE's.
const arpGRE = 778

// shapeOf finds the headers. ok is false for what is not of that kind, a fragment,
// or cut before its transport header: such a packet must be taken apart to know.
func shapeOf(link packet.LinkType, b []byte, wire uint32) (s shape, ok bool) {
	off, sound := -1, true
	switch link {
	case packet.LinkEthernet:
		off = 12
		sound = len(b) > 6 && b[6]&1 == 0 // a sender that is a group is noted
	case packet.LinkLinuxSLL:
		off = 14
		sound = len(b) > 4 && binary.BigEndian.Uint16(b[2:]) != arpGRE
	case packet.LinkLinuxSLL2:
		if len(b) < 20 || binary.BigEndian.Uint16(b[8:]) == arpGRE {
			return s, false
		}
		switch binary.BigEndian.Uint16(b) {
		case 0x0800:
		case 0x86dd:
			s.v6 = true
		default:
			return s, false
		}
		s.ip = 20
		return s, s.network(b, wire, true)
	case packet.LinkRaw, packet.LinkIPv4, packet.LinkIPv6:
		if len(b) == 0 {
			return s, false
		}
		s.v6 = b[0]>>4 == 6
		return s, s.network(b, wire, true)
	default:
		return s, false
	}
	for tags := 0; ; tags++ {
		if len(b) < off+2 || tags > 2 {
			return s, false
		}
		switch binary.BigEndian.Uint16(b[off:]) {
		case 0x0800:
		case 0x86dd:
			s.v6 = true
		case 0x8100, 0x88a8: // IEEE 802.1Q §9.6: a tag, and the type behind it
			off += 4
			continue
		default:
			return s, false
		}
		s.ip = off + 2
		return s, s.network(b, wire, sound)
	}
}

// network finds the end of the datagram and the transport header.
func (s *shape) network(b []byte, wire uint32, sound bool) bool {
	if len(b) < s.ip+20 {
		return false
	}
	h := b[s.ip:]
	there := int(wire) - s.ip
	if s.v6 {
		if len(h) < 40 || h[0]>>4 != 6 {
			return false
		}
		s.tp, s.proto = s.ip+40, h[6]
		plen := int(binary.BigEndian.Uint16(h[4:]))
		if plen == 0 || 40+plen > there {
			return false
		}
		s.end = s.tp + plen
	} else {
		size := int(h[0]&15) * 4
		total := int(binary.BigEndian.Uint16(h[2:]))
		if h[0]>>4 != 4 || size < 20 || len(h) < size || binary.BigEndian.Uint16(h[6:])&0x3fff != 0 {
			return false
		}
		if total == 0 { // R9: segmentation offload
			total = there
		}
		if total < size || total > there {
			return false
		}
		s.tp, s.proto, s.end = s.ip+size, h[9], s.ip+total
		sound = sound && size == 20 && h[8] >= 5 && h[16] < 224 // options, the TTL and groups may be noted
	}
	s.sound = sound && (s.end == int(wire) || wire == 60 && len(b) == 60 && zeros(b[s.end:]))
	return s.proto == protoTCP || s.proto == protoUDP
}

func zeros(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// plainTCP says whether the TCP header at the shape's place, without SYN and FIN, gives
// no expert item but those that its flags and the sequence analysis make. Its options are those of every
// day: none, timestamps, selective acknowledgments of what is new.
func (s *shape) plainTCP(b []byte) bool {
	if s.proto != protoTCP || len(b) < s.tp+20 {
		return false
	}
	h := b[s.tp:]
	size := int(h[12]>>4) * 4
	flags := h[13]
	if size < 20 || len(h) < size || s.tp+size > s.end {
		return false
	}
	if flags&0x20 == 0 && binary.BigEndian.Uint16(h[18:]) != 0 {
		return false
	}
	o := h[20:size]
	if len(o) >= 12 && o[0] == 1 && o[1] == 1 && o[2] == 8 && o[3] == 10 {
		o = o[12:]
	}
	if len(o) == 0 {
		return true
	}
	if len(o) < 12 || o[0] != 1 || o[1] != 1 || o[2] != 5 || int(o[3]) != len(o)-2 || (len(o)-4)%8 != 0 {
		return false
	}
	// A block that has been acknowledged already is noted (R66).
	edge := func(i int) uint32 { return binary.BigEndian.Uint32(o[4+4*i:]) }
	ack := binary.BigEndian.Uint32(h[8:])
	return less(ack, edge(1)) && (len(o) < 20 || !less(edge(2), edge(1)) || less(edge(3), edge(1)))
}

// sum adds up 16-bit words in ones' complement (RFC 1071), on top of what there is;
// a last odd byte counts as the upper half of a word.
func sum(acc uint64, b []byte) uint64 {
	carry := uint64(0)
	for len(b) >= 8 {
		acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(b), carry)
		b = b[8:]
	}
	var tail uint64
	for i, c := range b {
		tail |= uint64(c) << (56 - 8*i)
	}
	acc, carry = bits.Add64(acc, tail, carry)
	acc, carry = bits.Add64(acc, 0, carry)
	return acc + carry
}

// fold brings a sum down to 16 bits.
func fold(acc uint64) uint16 {
	for acc>>16 != 0 {
		acc = acc&0xffff + acc>>16
	}
	return uint16(acc)
}

// check is what a checksum has turned out to be.
type check uint8

// The outcomes of checking.
const (
	checkNone    check = iota // none was made, or not all of the packet is there
	checkGood                 // right
	checkPartial              // only the pseudo-header's sum: the rest was to be filled in later
	checkBad
)

// transportCheck checks the checksum of the TCP or UDP header (RFC 9293 §3.1, RFC 768).
// For a bad one it gives what stands there and what should.
func (s *shape) transportCheck(b []byte) (c check, has, want uint16) {
	at := 16
	if s.proto == protoUDP {
		at = 6
	}
	if s.end > len(b) || s.end < s.tp+at+2 {
		return checkNone, 0, 0
	}
	seg := b[s.tp:s.end]
	if s.proto == protoUDP {
		n := int(binary.BigEndian.Uint16(seg[4:]))
		if n < 8 || n > len(seg) {
			return checkNone, 0, 0
		}
		seg = seg[:n]
	}
	has = binary.BigEndian.Uint16(seg[at:])
	if s.proto == protoUDP && has == 0 {
		return checkNone, 0, 0
	}
	var pseudo uint64
	if s.v6 {
		pseudo = sum(uint64(s.proto), b[s.ip+8:s.ip+40])
	} else {
		pseudo = sum(uint64(s.proto), b[s.ip+12:s.ip+20])
	}
	whole := fold(uint64(fold(pseudo)) + uint64(len(seg)))
	rest := fold(sum(uint64(whole), seg))
	if rest == 0xffff {
		return checkGood, has, has
	}
	// Linux leaves the folded sum of the pseudo-header in the field for the card, with
	// the length or, for a segment that the card is to cut up, without it.
	if has == whole || has == fold(pseudo) {
		return checkPartial, has, 0
	}
	// rest is the sum with the field in it: taking that out again gives what the field
	// should have been.
	want = ^fold(uint64(rest) + uint64(^has))
	if want == 0 && s.proto == protoUDP {
		want = 0xffff
	}
	return checkBad, has, want
}

// headerCheck checks the checksum of the IPv4 header (RFC 791 §3.1).
func (s *shape) headerCheck(b []byte) (c check, has, want uint16) {
	if s.v6 {
		return checkNone, 0, 0
	}
	h := b[s.ip:s.tp]
	has = binary.BigEndian.Uint16(h[10:])
	rest := fold(sum(0, h))
	switch {
	case rest == 0xffff:
		return checkGood, has, has
	case has == 0:
		return checkPartial, has, 0
	}
	return checkBad, has, ^fold(uint64(rest) + uint64(^has))
}
