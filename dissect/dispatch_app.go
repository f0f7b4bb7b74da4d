package dissect

// appProtocols lists the application protocols.
var appProtocols = []*Proto{}

// dissectUDPPayload goes on with what a UDP datagram carries, told by its ports
// (d.layer) or by a look at its bytes. It is not called when only headers are wanted.
func dissectUDPPayload(c cursor) {
	if c.left() <= 0 || !c.d.descend() {
		return
	}
	defer c.d.ascend()
	dissectData(c)
}

// dissectTCPPayload goes on with the data of a TCP segment: the messages that
// end in it. m is what is known of it; nil if nothing is. It is not called when
// only headers are wanted.
func dissectTCPPayload(c cursor, m *Messages) {
	if c.left() <= 0 || !c.d.descend() {
		return
	}
	defer c.d.ascend()
	dissectData(c)
}
