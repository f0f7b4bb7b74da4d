package dissect

var (
	pData    = newProto("Data", "Data", "data")
	fData    = pData.bytes("data.data", "Data")
	fDataLen = pData.add(TInt32, "data.len", "Length", Dec)
)

// dissectData shows what nobody knows.
func dissectData(c cursor) {
	if c.left() <= 0 || c.d.fail != fine || c.d.scan {
		return
	}
	n := c.captured()
	if n == 0 {
		c.need(1)
		return
	}
	if p := c.proto(pData); p != nil {
		p.label("Data (" + plural(n, "byte") + ")")
		p.span(c.pos, n)
	}
	c.bytes(fData, n)
	if g := c.gen(fDataLen, uint64(n)); g != nil {
		g.span(c.pos-n, 0)
	}
	c.end()
}
