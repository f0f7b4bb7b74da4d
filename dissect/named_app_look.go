package dissect

import (
	"bytes"
	"slices"
)

// lookApp is a protocol that is known by its bytes on whatever port.
type lookApp struct {
	named
	udp, tcp func(c *cursor) bool
	inside   func(c cursor) (int, *portApp) // as in portApp
}

// lookApps are asked in this order, when the ports say nothing.
var lookApps = []lookApp{
	{named: newNamed("Session Traversal Utilities for NAT", "STUN", "stun"), udp: looksLikeSTUN, tcp: looksLikeSTUN},
	{named: newNamed("WireGuard Protocol", "WireGuard", "wg"), udp: looksLikeWireGuard},
	{named: newNamed("GQUIC (Google Quick UDP Internet Connections)", "GQUIC", "gquic"), udp: looksLikeGQUIC},
	{named: newNamed("BitTorrent DHT Protocol", "BT-DHT", "bt-dht"), udp: looksLikeDHT},
	{named: newNamed("Local Service Discovery", "LSD", "lsd"), udp: begins("BT-SEARCH * HTTP/1.1\r\n")},
	{named: appSIP, udp: looksLikeSIP, tcp: looksLikeSIP},
	{named: newNamed("Real-time Transport Control Protocol", "RTCP", "rtcp"), udp: looksLikeRTCP},
	{named: appBitTorrent, tcp: begins("\x13BitTorrent protocol")},
	{named: newNamed("Distributed Computing Environment / Remote Procedure Call (DCE/RPC)", "DCERPC", "dcerpc"), udp: looksLikeDCERPC4, tcp: looksLikeDCERPC},
	{named: appRPC, udp: looksLikeRPC, tcp: looksLikeRPC, inside: insideRPC},
	{named: newNamed("Yahoo YMSG Messenger Protocol", "YMSG", "ymsg"), tcp: begins("YMSG")},
	{named: newNamed("General Inter-ORB Protocol", "GIOP", "giop"), tcp: begins("GIOP")},
}

// heuristicProtocols lists the protocols of this file for the list of all.
func heuristicProtocols() []*Proto {
	known := map[string]bool{}
	for _, p := range slices.Concat(portAppProtocols(), webProtocols) {
		known[p.Abbrev] = true
	}
	var all []*Proto
	for _, a := range lookApps {
		if !known[a.proto.Abbrev] {
			all = append(all, a.proto)
		}
	}
	return all
}

// dissectUDPByLook goes on with what the bytes of a datagram look like.
func dissectUDPByLook(c cursor) bool {
	if looksLikeQUIC(&c) || speaksQUIC(&c) {
		dissectQUIC(c)
		return true
	}
	if looksLikeDTLS(&c) {
		dissectDTLS(c)
		return true
	}
	return dissectByLook(c, func(a *lookApp) func(*cursor) bool { return a.udp })
}

// dissectTCPByLook goes on with what the data of a segment looks like.
func dissectTCPByLook(c cursor) bool {
	return dissectByLook(c, func(a *lookApp) func(*cursor) bool { return a.tcp })
}

func dissectByLook(c cursor, over func(*lookApp) func(*cursor) bool) bool {
	for i := range lookApps {
		a := &lookApps[i]
		if looks := over(a); looks != nil && looks(&c) {
			dissectPortApp(c, &portApp{named: a.named, inside: a.inside})
			return true
		}
	}
	return false
}

// looksLikeSTUN looks for the magic cookie and the length (RFC 8489 §5).
func looksLikeSTUN(c *cursor) bool {
	return c.left() >= 20 && c.peek(0)&0xc0 == 0 && c.peek32(4) == 0x2112a442 && c.peek(3)&3 == 0 && int(c.peek16(2))+20 == c.left()
}

// looksLikeWireGuard looks at the type and the length that goes with it (the
// protocol's white paper, §5.4).
func looksLikeWireGuard(c *cursor) bool {
	if c.peek16(1) != 0 || c.peek(3) != 0 {
		return false
	}
	switch c.peek(0) {
	case 1:
		return c.left() == 148
	case 2:
		return c.left() == 92
	case 3:
		return c.left() == 64
	case 4:
		return c.left() >= 32
	}
	return false
}

// looksLikeGQUIC looks for the version in the public header of Google's QUIC.
func looksLikeGQUIC(c *cursor) bool {
	f := c.peek(0)
	return f&0xc1 == 0x01 && f&0x08 != 0 && c.peek(9) == 'Q' && c.peek(10) == '0' && c.left() > 13
}

// looksLikeDHT wants a dictionary in bencoding with a key of the protocol (BEP 5).
func looksLikeDHT(c *cursor) bool {
	b := c.rest()
	for _, s := range []string{"d1:ad", "d1:rd", "d2:ip", "d1:el"} {
		if bytes.HasPrefix(b, []byte(s)) {
			return true
		}
	}
	return false
}

// looksLikeRTCP looks at the version, the type and the length of the first packet
// (RFC 3550 §6.4).
func looksLikeRTCP(c *cursor) bool {
	t := c.peek(1)
	return c.left() >= 8 && c.left()%4 == 0 && c.peek(0)>>6 == 2 && t >= 200 && t <= 204 && 4+4*int(c.peek16(2)) <= c.left()
}

// looksLikeDCERPC looks at version, type and data representation of the
// connection-oriented kind (DCE 1.1: RPC, chapter 12.6).
func looksLikeDCERPC(c *cursor) bool { return beginsDCERPC(c.rest()) }

// looksLikeDCERPC4 looks at the header of the connectionless kind (chapter 12.5).
func looksLikeDCERPC4(c *cursor) bool {
	return c.left() >= 80 && c.peek(0) == 4 && c.peek(1)&0xe0 == 0 && c.peek(1) <= 19 && c.peek(3)&0xfc == 0 && c.peek(4)&0xee == 0 && c.peek(5) <= 3
}

// looksLikeRPC wants a call of version 2 to a program whose number is an assigned
// one (RFC 5531 §9, §13).
func looksLikeRPC(c *cursor) bool {
	at := 0
	if c.d.layer.proto == 6 {
		at = 4 // the record mark
		if int(c.peek32(0)&0x7fffffff)+4 < c.left() {
			return false
		}
	}
	program := c.peek32(at + 12)
	return c.left() >= at+40 && c.peek32(at+4) == 0 && c.peek32(at+8) == 2 && program >= 100000 && program < 101000
}
