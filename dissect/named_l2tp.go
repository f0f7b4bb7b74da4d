package dissect

// namedL2TP is recognised, and what its data messages carry is taken apart.
var namedL2TP = namedIPProtos[115]

// dissectL2TP shows a message of L2TP by its name, and goes on with the PPP frame
// of a data message of version 2 (RFC 2661 §3.1).
func dissectL2TP(c cursor) {
	a := portApp{named: namedL2TP}
	flags := c.peek16(0)
	const control, length, sequence, offset = 0x8000, 0x4000, 0x0800, 0x0200
	n := 6
	if flags&length != 0 {
		n += 2
	}
	if flags&sequence != 0 {
		n += 4
	}
	if flags&offset != 0 {
		n += 2 + int(c.peek16(n))
	}
	if flags&control != 0 || flags&15 != 2 || n >= c.left() {
		dissectPortApp(c, &a)
		return
	}
	dissectPortApp(c.to(n), &a)
	dissectPPP(c.tail())
}
