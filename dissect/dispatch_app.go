package dissect

// appProtocols lists the application protocols.
var appProtocols = []*Proto{pDNS, pMDNS, pLLMNR}

// dissectUDPPayload goes on with what a UDP datagram carries, told by its ports
// (d.layer) or by a look at its bytes. It is not called when only headers are wanted.
func dissectUDPPayload(c cursor) {
	if c.left() <= 0 || !c.d.descend() {
		return
	}
	defer c.d.ascend()
	for _, port := range [2]uint16{c.d.layer.srcPort, c.d.layer.dstPort} {
		switch port {
		case 53:
			dissectDNSDatagram(c, pDNS)
			return
		case 5353:
			dissectDNSDatagram(c, pMDNS)
			return
		case 5355:
			dissectDNSDatagram(c, pLLMNR)
			return
		}
	}
	dissectData(c)
}

// dissectTCPApp goes on with one message of a TCP stream, or with the data of
// one segment where messages are not known, told by the ports (d.layer) or by a
// look at its bytes.
func dissectTCPApp(c cursor) { dissectData(c) }
