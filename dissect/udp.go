package dissect

import (
	"fmt"
	"strconv"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

var (
	pUDP           = newProto("User Datagram Protocol", "UDP", "udp")
	fUDPSrc        = pUDP.add(TUint16, "udp.srcport", "Source Port", PortBase)
	fUDPDst        = pUDP.add(TUint16, "udp.dstport", "Destination Port", PortBase)
	fUDPPort       = pUDP.add(TUint16, "udp.port", "Source or Destination Port", PortBase)
	fUDPStream     = pUDP.u32("udp.stream", "Stream index", Dec)
	fUDPLen        = pUDP.u16("udp.length", "Length", Dec)
	fUDPCheck      = pUDP.u16("udp.checksum", "Checksum", Hex)
	fUDPCheckState = pUDP.u8("udp.checksum.status", "Checksum Status", NoLabel, names(checksumStates))
	fUDPSinceFirst = pUDP.rel("udp.time_relative", "Time since first frame")
	fUDPSincePrev  = pUDP.rel("udp.time_delta", "Time since previous frame")
	fUDPPayload    = pUDP.bytes("udp.payload", "Payload")
	eUDPLen        = pUDP.none("udp.length.bad", "Bad length value")
	eUDPZero       = pUDP.none("udp.checksum.zero", "Illegal checksum value (0)")
	eUDPTrace      = pUDP.none("udp.possible_traceroute", "Possible traceroute")
)

// flow is the two ends of the packet, with the addresses of the layer below.
func (l *layer) flow(src, dst uint16) packet.Flow {
	return packet.Flow{Src: packet.Endpoint{Addr: addr(l.src, l.v6), Port: src}, Dst: packet.Endpoint{Addr: addr(l.dst, l.v6), Port: dst}}
}

// dissectUDP takes a UDP header apart (RFC 768) and hands on what it carries.
func dissectUDP(c cursor) {
	d := c.d
	if p := c.proto(pUDP); p != nil {
		p.Len = int32(min(8, c.captured()))
	}
	node := d.openIndex()
	d.setProto("UDP")
	d.setInfo("")
	head := c.pos
	sport := c.u16(fUDPSrc)
	dport := c.u16(fUDPDst)
	if !c.ok() {
		c.end()
		return
	}
	if c.on() && dport > 33434 && dport <= 33534 {
		c.begin()
		c.expert(Chat, GroupSequence, eUDPTrace, fmt.Sprintf("Possible traceroute: hop #%d, attempt #%d", (dport-33435)/3+1, (dport-33435)%3+1))
		c.end()
	}
	if c.on() {
		c.nodeAt(node).label("User Datagram Protocol, Src Port: " + strconv.Itoa(int(sport)) + ", Dst Port: " + strconv.Itoa(int(dport)))
		c.addAt(fUDPPort, head, 2, Node{num: uint64(sport), Flags: Hidden})
		c.addAt(fUDPPort, head+2, 2, Node{num: uint64(dport), Flags: Hidden})
	}
	if c.cols() {
		d.setInfof("%d → %d", sport, dport)
	}
	k := d.transport
	d.transport++
	d.layer.srcPort, d.layer.dstPort = sport, dport
	ulen := int(c.peek16(0))
	reported := c.left() + 4 // of the datagram, with the ports
	wire := ulen
	if ulen == 0 && d.layer.v6 {
		wire = reported
	}
	if d.scan {
		if wire < 8 || c.captured() < 4 {
			return
		}
		d.scanUDP(&c, sport, dport, min(wire, reported))
		return
	}
	c.u16(fUDPLen)
	if !c.ok() {
		c.end()
		return
	}
	if wire < 8 || ulen > reported && !d.layer.quoted {
		if c.on() {
			bad := fmt.Sprintf("Bad length value %d > IP payload length", ulen)
			if ulen < 8 {
				bad = fmt.Sprintf("Bad length value %d < 8", ulen)
			}
			if ulen >= 8 {
				c.last().append(fmt.Sprintf(" (bogus, payload length %d)", reported))
			} else {
				c.last().append(" (bogus, must be >= 8)")
			}
			c.begin()
			c.expert(Error, GroupMalformed, eUDPLen, bad)
			c.end()
		}
		if ulen < 8 {
			d.infof(" [BAD UDP LENGTH %d < 8]", ulen)
			c.end()
			d.stop()
			return
		}
		d.infof(" [BAD UDP LENGTH %d > IP PAYLOAD LENGTH]", ulen)
	}
	d.infof(" Len=%d", wire-8)
	wire = min(wire, reported)
	if d.layer.v6 && c.peek16(0) == 0 && c.captured() >= 2 {
		d.infoAppend(" [ILLEGAL CHECKSUM (0)]")
	}
	c.udpChecksum(head, ulen)
	if d.in.Known != nil && c.on() {
		if s, first, prev, ok := d.in.Known.UDP(k); ok {
			c.gen(fUDPStream, uint64(s))
			if !d.layer.quoted && wire > 8 {
				c.addAt(fText, head, 0, Node{text: "Timestamps", Flags: Generated})
				c.begin()
				c.addAt(fUDPSinceFirst, head, 0, Node{num: uint64(first), Flags: Generated})
				c.addAt(fUDPSincePrev, head, 0, Node{num: uint64(prev), Flags: Generated})
				c.end()
			}
		}
	}
	after := c.rest() // the field holds what IP carries, even beyond the length
	payload := c.to(wire - 8)
	if b := payload.rest(); len(b) > 0 && c.ok() {
		if n := c.addAt(fUDPPayload, payload.pos, len(after), Node{raw: after}); n != nil {
			n.label("UDP payload (" + plural(len(b), "byte") + ")")
		}
	}
	c.end()
	if !c.ok() {
		return
	}
	if d.tree != nil && d.layer.quoted { // what is quoted stands beside the ICMP message
		open := d.tree.open
		d.tree.open = d.tree.open[:0:0]
		defer func() { d.tree.open = open }()
	}
	if !dissectTunnel(payload, sport, dport) {
		dissectUDPPayload(payload)
	}
}

// udpChecksum shows the checksum, which is not verified: 0 says that there is none.
func (c *cursor) udpChecksum(head, ulen int) {
	sum := c.u16(fUDPCheck)
	if !c.ok() || !c.on() {
		return
	}
	state, size := uint64(2), 2
	switch {
	case sum != 0:
		size = 0
		c.last().append(" [unverified]")
	case c.d.layer.v6 && ulen != 0:
		state = 4
		c.last().append(" [zero-value illegal]")
		c.begin()
		defer c.end()
		c.expert(Error, GroupChecksum, eUDPZero, eUDPZero.Name)
	default:
		state = 3
		c.last().append(" [zero-value ignored]")
		c.begin()
		defer c.end()
	}
	c.addAt(fUDPCheckState, head+6, size, Node{num: state, Flags: Generated})
}

// scanUDP notes the header for the trace. The cursor stands behind the ports.
func (d *Dissection) scanUDP(c *cursor, sport, dport uint16, wire int) {
	h := d.head
	c.skip(4)
	payload := c.to(wire - 8)
	h.Transports = append(h.Transports, Transport{
		Segment: tcp.Segment{Number: d.in.Number, Time: d.in.Packet.Time, Flow: d.layer.flow(sport, dport)},
		Payload: payload.rest(), PayOff: uint32(payload.pos), Wire: uint32(max(0, wire-8)),
	})
	dissectTunnel(payload, sport, dport)
}

// trim lets a node of the cursor's source end at a place in it.
func (c *cursor) trim(node int32, at int) {
	if n := c.nodeAt(node); n != nil && n.Source == c.source {
		n.Len = max(0, int32(min(at, len(c.b)))-n.Off)
	}
}

// stop ends the dissection after a dissector has said why.
func (d *Dissection) stop() {
	if d.fail == fine {
		d.fail = stopped
	}
}
