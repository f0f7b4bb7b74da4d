package dissect

var pTCP = newProto("Transmission Control Protocol", "TCP", "tcp")

func dissectTCP(c cursor) {
	c.proto(pTCP)
	c.end()
	dissectData(c.tail())
}
