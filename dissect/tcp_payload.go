package dissect

// dissectTCPPayload goes on with the data of a TCP segment: the messages that
// end in it. m is what is known of it; nil if nothing is. It is not called when
// only headers are wanted.
func dissectTCPPayload(c cursor, m *Messages) {
	if c.left() <= 0 || !c.d.descend() {
		return
	}
	defer c.d.ascend()
	dissectTCPApp(c)
}
