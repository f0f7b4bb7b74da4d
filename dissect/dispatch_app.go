package dissect

import "slices"

// appProtocols lists the application protocols.
var appProtocols = slices.Concat([]*Proto{pDNS, pMDNS, pLLMNR, pDHCP, pNTP, pQUIC}, portAppProtocols(), heuristicProtocols())

// udpKind is what a port of UDP stands for.
type udpKind uint8

const (
	uUnknown udpKind = iota
	uDNS
	uMDNS
	uLLMNR
	uDHCP
	uNTP
	uNamed // one of udpApps
)

// udpPortKind tells what a port stands for.
func udpPortKind(port uint16) udpKind {
	switch port {
	case 53:
		return uDNS
	case 5353:
		return uMDNS
	case 5355:
		return uLLMNR
	case 67, 68, 4011:
		return uDHCP
	case 123:
		return uNTP
	}
	if udpApps[port] != nil {
		return uNamed
	}
	return uUnknown
}

// udpPorts gives the ports in the order in which they are asked: the lower one
// first, as Wireshark does, since that is more often the server's.
func udpPorts(src, dst uint16) [2]uint16 { return [2]uint16{min(src, dst), max(src, dst)} }

// dissectUDPPayload goes on with what a UDP datagram carries, told by its ports
// (d.layer) or by a look at its bytes. It is not called when only headers are wanted.
func dissectUDPPayload(c cursor) {
	if c.left() <= 0 || !c.d.descend() {
		return
	}
	defer c.d.ascend()
	for _, port := range udpPorts(c.d.layer.srcPort, c.d.layer.dstPort) {
		if dissectUDPPort(c, port) {
			return
		}
	}
	if !dissectUDPByLook(c) {
		dissectData(c)
	}
}

// dissectUDPPort goes on with the protocol of a port, if what stands there is that.
func dissectUDPPort(c cursor, port uint16) bool {
	if da := c.d.decode; da != nil {
		if app, ok := da.UDP[port]; ok {
			if app == AppDNS {
				dissectDNSDatagram(c, pDNS)
			} else {
				dissectData(c)
			}
			return true
		}
	}
	switch udpPortKind(port) {
	case uDNS:
		dissectDNSDatagram(c, pDNS)
	case uMDNS:
		dissectDNSDatagram(c, pMDNS)
	case uLLMNR:
		dissectDNSDatagram(c, pLLMNR)
	case uDHCP:
		if !looksLikeDHCP(&c) {
			return false
		}
		dissectDHCP(c)
	case uNTP:
		dissectNTP(c)
	case uNamed:
		a := udpApps[port]
		if a.looks != nil && !a.looks(&c) {
			return false
		}
		dissectPortApp(c, a)
	default:
		return false
	}
	return true
}

// looksLikeDHCP wants one of the two kinds of message.
func looksLikeDHCP(c *cursor) bool {
	return c.peek(0) == 1 || c.peek(0) == 2 || c.d.layer.dstPort != 4011
}

// udpQuestionKind tells what a question between two ports is of.
func (da *DecodeAs) udpQuestionKind(src, dst uint16) udpKind {
	for _, port := range udpPorts(src, dst) {
		if da != nil {
			if app, ok := da.UDP[port]; ok {
				if app == AppDNS {
					return uDNS
				}
				return uUnknown
			}
		}
		if k := udpPortKind(port); k != uUnknown {
			return k
		}
	}
	return uUnknown
}

// dissectTCPApp goes on with data of a TCP stream that is recognised at most: the
// messages of app, or what the ports (d.layer) or a look at the bytes tell.
func dissectTCPApp(c cursor, app App) {
	if f := app.framed(); f != nil {
		dissectFramed(c, f)
		return
	}
	for _, port := range udpPorts(c.d.layer.srcPort, c.d.layer.dstPort) {
		a := tcpApps[port]
		if a != nil && (a.looks == nil || a.looks(&c)) {
			dissectPortApp(c, a)
			return
		}
	}
	if !dissectTCPByLook(c) {
		dissectData(c)
	}
}
