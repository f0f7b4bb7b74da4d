package dissect

import (
	"encoding/binary"
	"fmt"

	"tcplens/internal/tcp"
)

var (
	fTCPCheckWant = pTCP.u16("tcp.checksum_calculated", "Calculated Checksum", Hex)
	eTCPCheckBad  = pTCP.none("tcp.checksum_bad.expert", "Bad checksum")
	eTCPCheckFFFF = pTCP.none("tcp.checksum.ffff", "TCP Checksum 0xffff instead of 0x0000 (see RFC 1624)")
)

// checked is what verifying a segment's checksum has given (R68).
type checked struct {
	done bool   // it was asked for, and all bytes are there
	want uint16 // what it should be
	bad  bool
}

// verify calculates the checksum of the segment that begins at start, if that was
// asked for and the segment was captured whole (RFC 9293 §3.1, RFC 1071).
func (s *tcpSegment) verify(c *cursor, start int) (k checked) {
	d := c.d
	if d.decode == nil || !d.decode.Checksums || s.quote || s.Fit != tcp.Sound || c.have-start < s.total {
		return k
	}
	b := c.b[start : start+s.total]
	src, dst := d.layer.src[:], d.layer.dst[:]
	if !d.layer.v6 {
		src, dst = src[12:], dst[12:]
	}
	const protocol = 6
	sum := sum16(src) + sum16(dst) + protocol + uint64(s.total>>16) + uint64(s.total&0xffff) + sum16(b) - uint64(s.check)
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	k.done, k.want = true, ^uint16(sum)
	k.bad = k.want != s.check
	return k
}

// sum16 adds up the words of b, whose last byte may stand alone.
func sum16(b []byte) (sum uint64) {
	for ; len(b) > 1; b = b[2:] {
		sum += uint64(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint64(b[0]) << 8
	}
	return sum
}

// checksum shows what became of the checksum, which has just been read.
func (s *tcpSegment) checksum(c *cursor, k checked) {
	if !c.ok() {
		return
	}
	if !k.done {
		c.last().append(" [unverified]")
		c.gen(fTCPCheckState, 2).span(c.pos, 0)
		return
	}
	calculated := func() { c.gen(fTCPCheckWant, uint64(k.want)).span(c.pos-2, 2) }
	switch {
	case !k.bad:
		c.last().append(" [correct]")
		c.gen(fTCPCheckState, 1).span(c.pos, 0)
		calculated()
	case k.want == 0 && s.check == 0xffff:
		c.d.infoAppend(" [TCP CHECKSUM 0xFFFF]")
		c.last().append(" [should be 0x0000 (see RFC 1624)]")
		c.begin()
		calculated()
		c.gen(fTCPCheckState, 0).span(c.pos, 0)
		c.begin()
		c.expert(WarnSev, GroupChecksum, eTCPCheckFFFF, eTCPCheckFFFF.Name)
		c.end()
		c.end()
	default:
		c.d.infoAppend(" [TCP CHECKSUM INCORRECT]")
		c.last().append(fmt.Sprintf(` incorrect, should be 0x%04x(maybe caused by "TCP checksum offload"?)`, k.want))
		c.begin()
		c.expert(Error, GroupChecksum, eTCPCheckBad, fmt.Sprintf("Bad checksum [should be 0x%04x]", k.want))
		c.end()
		c.gen(fTCPCheckState, 0).span(c.pos, 0)
		calculated()
	}
}
