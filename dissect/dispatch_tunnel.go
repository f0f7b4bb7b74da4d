package dissect

// dissectTunnel goes on with a tunnel over UDP, told by its ports as other
// protocols are: the lower one is asked first. It gives false if the datagram is
// no tunnel's. It serves the scan too: a tunnel's inner packet has headers.
func dissectTunnel(c cursor, sport, dport uint16) bool {
	if !isTunnel(sport) && !isTunnel(dport) {
		return false
	}
	for _, port := range udpPorts(sport, dport) {
		if !isTunnel(port) {
			if udpPortKind(port) != uUnknown {
				return false
			}
			continue
		}
		if !c.d.descend() {
			return true
		}
		ok := dissectTunnelPort(c, port)
		c.d.ascend()
		if ok {
			return true
		}
	}
	return false
}

// isTunnel says whether a port is one of those that dissectTunnelPort knows.
func isTunnel(port uint16) bool {
	switch port {
	case 1701, 2123, 2152, 4789, 4790, 6081:
		return true
	}
	return false
}

// dissectTunnelPort goes on with the tunnel of a port; false if the bytes do not
// look like it.
func dissectTunnelPort(c cursor, port uint16) bool {
	switch port {
	case 1701:
		return dissectL2TP(c)
	case 2123, 2152:
		return dissectGTP(c)
	case 4789:
		dissectVXLAN(c)
	case 4790:
		dissectVXLANGPE(c)
	case 6081:
		dissectGeneve(c)
	}
	return true
}
