package dissect

import (
	"fmt"
	"strconv"

	"tcplens/internal/tcp"
)

// infoHead writes the Info column up to the window (R50, R52).
func (s *tcpSegment) infoHead(c *cursor) {
	d := c.d
	b := d.info[:d.fence]
	s.prefix = len(b)
	for i := len(infoPrefixes) - 1; i >= 0 && s.Fit == tcp.Sound; i-- {
		p := infoPrefixes[i]
		if s.facts.Verdict&p.verdict == 0 {
			continue
		}
		b = append(b, "[TCP "...)
		b = append(b, p.text...)
		if p.verdict == tcp.DuplicateAck {
			b = fmt.Appendf(b, " %d#%d", s.facts.DupAckFrame, s.facts.DupAckNum)
		}
		b = append(b, "] "...)
	}
	d.fence = len(b)
	b = strconv.AppendUint(b, uint64(d.layer.srcPort), 10)
	b = append(b, " → "...)
	b = strconv.AppendUint(b, uint64(d.layer.dstPort), 10)
	b = append(b, " ["...)
	b = append(b, s.flagNames()...)
	b = append(b, "] Seq="...)
	b = strconv.AppendUint(b, uint64(s.facts.Seq), 10)
	if s.Flags&tcp.ACK != 0 {
		b = append(b, " Ack="...)
		b = strconv.AppendUint(b, uint64(s.facts.Ack), 10)
	}
	b = append(b, " Win="...)
	b = strconv.AppendUint(b, uint64(s.facts.Window), 10)
	switch {
	case s.Fit == tcp.Bogus:
		b = fmt.Appendf(b, ", bogus TCP header length (%d, must be at least 20)", s.hdrLen)
	case s.Flags&tcp.URG != 0:
		b = fmt.Appendf(b, " Urg=%d", s.urgent)
	}
	d.info = b
}

// dropPrefix takes the analysis' words out of the Info column again.
func (s *tcpSegment) dropPrefix(c *cursor) {
	if d := c.d; d.wantCols && !s.quote {
		d.info = append(d.info[:s.prefix], d.info[d.fence:]...)
		d.fence = s.prefix
	}
}

// infoTail writes the rest of the Info column: length and options (R51).
func (s *tcpSegment) infoTail(c *cursor) {
	if !c.cols() || s.quote {
		return
	}
	d := c.d
	if s.Fit != tcp.Short {
		d.info = append(d.info, " Len="...)
		d.info = strconv.AppendUint(d.info, uint64(s.Len), 10)
	}
	d.info = append(d.info, s.labels...)
}
