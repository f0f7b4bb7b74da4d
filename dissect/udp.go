package dissect

var (
	pUDP    = newProto("User Datagram Protocol", "UDP", "udp")
	fUDPSrc = pUDP.add(TUint16, "udp.srcport", "Source Port", PortBase)
	fUDPDst = pUDP.add(TUint16, "udp.dstport", "Destination Port", PortBase)
)

func dissectUDP(c cursor) {
	c.proto(pUDP)
	c.u16(fUDPSrc)
	c.u16(fUDPDst)
	c.end()
	if !c.d.scan {
		dissectUDPPayload(c.tail())
	}
}
