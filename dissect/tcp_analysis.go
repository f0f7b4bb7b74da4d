package dissect

import (
	"fmt"

	"tcplens/internal/tcp"
)

var (
	fTCPAnalysis   = pTCP.none("tcp.analysis", "SEQ/ACK analysis")
	fTCPAnaFlags   = pTCP.none("tcp.analysis.flags", "TCP Analysis Flags")
	fTCPDupAck     = pTCP.none("tcp.analysis.duplicate_ack", "Duplicate ACK")
	fTCPDupNum     = pTCP.u32("tcp.analysis.duplicate_ack_num", "Duplicate ACK #", Dec)
	fTCPDupFrame   = pTCP.frame("tcp.analysis.duplicate_ack_frame", "Duplicate to the ACK in frame")
	fTCPAcksFrame  = pTCP.frame("tcp.analysis.acks_frame", "This is an ACK to the segment in frame")
	fTCPRTT        = pTCP.rel("tcp.analysis.ack_rtt", "The RTT to ACK the segment was")
	fTCPIRTT       = pTCP.rel("tcp.analysis.initial_rtt", "iRTT")
	fTCPInFlight   = pTCP.u32("tcp.analysis.bytes_in_flight", "Bytes in flight", Dec)
	fTCPPushBytes  = pTCP.u32("tcp.analysis.push_bytes_sent", "Bytes sent since last PSH flag", Dec)
	fTCPRTO        = pTCP.rel("tcp.analysis.rto", "The RTO for this segment was")
	fTCPRTOFrame   = pTCP.frame("tcp.analysis.rto_frame", "RTO based on delta from frame")
	eTCPTFOSyn     = pTCP.none("tcp.analysis.tfo_syn", "TCP SYN with TFO Cookie")
	eTCPTFOAck     = pTCP.none("tcp.analysis.tfo_ack", "TCP SYN-ACK accepting TFO data")
	eTCPTFOIgnored = pTCP.none("tcp.analysis.tfo_ignored", "TCP SYN-ACK ignoring TFO data")
)

// infoPrefixes are the texts of the verdicts in the Info column; the last one
// ends up leftmost (R52).
var infoPrefixes = []struct {
	verdict tcp.Verdict
	text    string
}{
	{tcp.ReusedPorts, "Port numbers reused"},
	{tcp.Retransmission, "Retransmission"},
	{tcp.FastRetransmission, "Fast Retransmission"},
	{tcp.SpuriousRetransmission, "Spurious Retransmission"},
	{tcp.OutOfOrder, "Out-Of-Order"},
	{tcp.LostSegment, "Previous segment not captured"},
	{tcp.AckLostSegment, "ACKed unseen segment"},
	{tcp.WindowUpdate, "Window Update"},
	{tcp.WindowFull, "Window Full"},
	{tcp.KeepAlive, "Keep-Alive"},
	{tcp.KeepAliveAck, "Keep-Alive ACK"},
	{tcp.DuplicateAck, "Dup ACK"},
	{tcp.ZeroWindowProbe, "ZeroWindowProbe"},
	{tcp.ZeroWindow, "ZeroWindow"},
	{tcp.ZeroWindowProbeAck, "ZeroWindowProbeAck"},
}

// verdictItems are the expert items of the verdicts, in the order of the tree (R56, §7).
var verdictItems = []struct {
	verdict tcp.Verdict
	sev     Severity
	item    *Field
}{
	{tcp.ReusedPorts, NoteSev, pTCP.none("tcp.analysis.reused_ports", "A new tcp session is started with the same ports as an earlier session in this trace")},
	{tcp.FastRetransmission, NoteSev, pTCP.none("tcp.analysis.fast_retransmission", "This frame is a (suspected) fast retransmission")},
	{tcp.SpuriousRetransmission, NoteSev, pTCP.none("tcp.analysis.spurious_retransmission", "This frame is a (suspected) spurious retransmission")},
	{tcp.Retransmission | tcp.FastRetransmission | tcp.SpuriousRetransmission, NoteSev, pTCP.none("tcp.analysis.retransmission", "This frame is a (suspected) retransmission")},
	{tcp.OutOfOrder, WarnSev, pTCP.none("tcp.analysis.out_of_order", "This frame is a (suspected) out-of-order segment")},
	{tcp.LostSegment, WarnSev, pTCP.none("tcp.analysis.lost_segment", "Previous segment(s) not captured (common at capture start)")},
	{tcp.AckLostSegment, WarnSev, pTCP.none("tcp.analysis.ack_lost_segment", "ACKed segment that wasn't captured (common at capture start)")},
	{tcp.WindowUpdate, Chat, pTCP.none("tcp.analysis.window_update", "TCP window update")},
	{tcp.WindowFull, WarnSev, pTCP.none("tcp.analysis.window_full", "TCP window specified by the receiver is now completely full")},
	{tcp.KeepAlive, NoteSev, pTCP.none("tcp.analysis.keep_alive", "TCP keep-alive segment")},
	{tcp.KeepAliveAck, NoteSev, pTCP.none("tcp.analysis.keep_alive_ack", "ACK to a TCP keep-alive segment")},
	{tcp.ZeroWindowProbe, NoteSev, pTCP.none("tcp.analysis.zero_window_probe", "TCP Zero Window Probe")},
	{tcp.ZeroWindow, WarnSev, pTCP.none("tcp.analysis.zero_window", "TCP Zero Window segment")},
	{tcp.ZeroWindowProbeAck, NoteSev, pTCP.none("tcp.analysis.zero_window_probe_ack", "ACK to a TCP Zero Window Probe")},
}

// analysis shows the analysis record (R41, R56).
func (s *tcpSegment) analysis(c *cursor) {
	f := s.facts
	if !c.on() || f.Verdict&tcp.HasRecord == 0 || s.summary == nil {
		return
	}
	c.addAt(fTCPAnalysis, c.pos, 0, Node{Flags: Generated})
	c.begin()
	if f.AcksFrame != 0 {
		c.gen(fTCPAcksFrame, uint64(f.AcksFrame))
		if f.RTT != 0 {
			c.gen(fTCPRTT, uint64(f.RTT))
		}
	}
	if s.summary.IRTT != 0 {
		c.gen(fTCPIRTT, uint64(s.summary.IRTT))
	}
	if f.BytesInFlight != 0 {
		c.gen(fTCPInFlight, uint64(f.BytesInFlight))
		c.gen(fTCPPushBytes, uint64(f.PushBytes))
	}
	s.verdicts(c)
	c.end()
}

const anyVerdict = tcp.ZeroWindowProbeAck<<1 - 1

// verdicts shows what the analysis says of the segment.
func (s *tcpSegment) verdicts(c *cursor) {
	f := s.facts
	if f.Verdict&anyVerdict == 0 {
		return
	}
	c.addAt(fTCPAnaFlags, c.pos, 0, Node{Flags: Generated})
	c.begin()
	for _, v := range verdictItems {
		if f.Verdict&v.verdict == 0 {
			continue
		}
		c.expert(v.sev, GroupSequence, v.item, v.item.Name)
		if v.verdict&tcp.Retransmission != 0 && f.RTO != 0 {
			c.gen(fTCPRTO, uint64(f.RTO))
			c.gen(fTCPRTOFrame, uint64(f.RTOFrame))
		}
	}
	dup := f.Verdict&tcp.DuplicateAck != 0
	if dup {
		c.addAt(fTCPDupAck, c.pos, 0, Node{text: "This is a TCP duplicate ack", Flags: Generated})
	}
	c.end()
	if dup {
		c.gen(fTCPDupNum, uint64(f.DupAckNum))
		c.gen(fTCPDupFrame, uint64(f.DupAckFrame))
		c.begin()
		c.expert(NoteSev, GroupSequence, fTCPDupAck, fmt.Sprintf("Duplicate ACK (#%d)", f.DupAckNum))
		c.end()
	}
}
