package tcp

import "tcplens/internal/packet"

// Flags are the twelve bits right of the header length: three reserved ones, AE
// (RFC 9768, NS of RFC 3540), CWR, ECE, URG, ACK, PSH, RST, SYN, FIN (RFC 9293 §3.1).
type Flags uint16

// The flag bits of the TCP header.
const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
	AE
)

// OptSet says which options a segment carried in readable form.
type OptSet uint16

// The options that the analysis looks at.
const (
	OptMSS OptSet = 1 << iota
	OptWScale
	OptSACKPerm
	OptSACK
	OptTimestamp
	OptMPTCP
	OptTFORequest // option 34 without a cookie
	OptTFOCookie
	OptAccECN
)

// Block is one SACK block: raw sequence numbers, right edge excluded (RFC 2018).
type Block struct{ Left, Right uint32 }

// Options are the facts of a segment's options that the analysis needs.
type Options struct {
	Has          OptSet
	WScale       uint8  // shift as sent, 0..255; valid with OptWScale
	MSS          uint16 // bytes; valid with OptMSS
	NSACK        uint8  // blocks in SACK
	MPTCPKinds   uint16 // bit n: an MPTCP option of subtype n
	TSVal, TSEcr uint32 // valid with OptTimestamp
	SACK         [4]Block
}

// Fit says how a header stands in its datagram.
type Fit uint8

// What a header can be apart from sound.
const (
	Sound  Fit = iota
	Bogus      // header length below 20: analysed, then given up (R10)
	Short      // header longer than the datagram: not analysed (R11)
	Quoted     // 20 bytes or more of it quoted in an ICMP error: looked up only (R8)
)

// Segment is one TCP header as the decoder found it, the input of the analysis.
// All numbers are raw, as on the wire.
type Segment struct {
	Number packet.Number
	Time   packet.Time
	Flow   packet.Flow
	Seq    uint32
	Ack    uint32
	Flags  Flags
	Window uint16
	Fit    Fit
	BadSum bool   // the checksum was looked at and is wrong: the data is joined with no other (R68)
	Len    uint32 // payload bytes on the wire (R9)
	CapLen uint32 // of those, captured
	Opts   Options
}

// Verdict is what the sequence analysis says of a segment (rules R5, R21–R33).
type Verdict uint32

// The verdicts, in the order in which the detail tree lists them; R52 gives the
// order of the texts in the Info column.
const (
	ReusedPorts Verdict = 1 << iota
	Retransmission
	FastRetransmission
	SpuriousRetransmission
	OutOfOrder
	LostSegment
	AckLostSegment
	WindowUpdate
	WindowFull
	KeepAlive
	KeepAliveAck
	DuplicateAck
	ZeroWindowProbe
	ZeroWindow
	ZeroWindowProbeAck

	// Not verdicts, but kept beside them.
	Analysed  // the segment went through §5
	HasRecord // an analysis record exists (R41)

	FINInitiates // the FIN begins the closing; with FIN and without this it answers (§7)
	TFOAccepted  // a SYN+ACK that takes the data of a Fast Open SYN (R40)
	TFOIgnored   // a SYN+ACK that does not
	AccECN       // the stream was known to use accurate ECN before this segment: ACE is shown (R50)
	KnownIRTT    // the initial round trip time was known with this segment (R43)

	// The six highest bits are what the conversation had shown of itself before
	// this segment (R44).
	completeShift = 26
)

// Completeness is R44 as it was before the segment, which is what a first visit
// shows. A Summary has the value for the whole capture.
func (v Verdict) Completeness() uint8 { return uint8(v >> completeShift) }

// Facts is what is known of one segment once it has been put in order. A row of
// the trace keeps it; the dissector of TCP shows it.
type Facts struct {
	Stream  uint32 // tcp.stream, from 0
	Dir     uint8  // 0: sent by the sender of the stream's first packet; 1: by the other end
	Verdict Verdict

	// Seq and Ack are relative to the bases that the stream has now (R12). Ack is
	// raw when the segment has no ACK flag. NextSeq is R13.
	Seq, Ack, NextSeq uint32

	Window uint32 // bytes, scaled as far as is known (R16)
	Scale  int16  // window scaling factor for display: −1 unknown, −2 not used, else 1..16384 (R17); 0: no line

	Prev packet.Number // the stream's packet before this one; 0 for the first

	AcksFrame     packet.Number // the segment that this one acknowledges exactly (R37); 0 none
	RTT           int64         // ns, with AcksFrame
	DupAckNum     uint32        // number of the duplicate ACK, from 1
	DupAckFrame   packet.Number // the ACK that it duplicates
	RTO           int64         // ns, on a retransmission (R33d)
	RTOFrame      packet.Number
	BytesInFlight uint32 // R38; 0 is not shown
	PushBytes     uint32 // bytes since the last PSH
	SeqOtherBase  uint32 // raw base of the other direction, for SACK edges
}

// State is what a TCP end is in after a segment has left or reached it (RFC 9293 §3.3.2).
type State uint8

// The states of a TCP end as far as a capture shows them.
const (
	StateUnknown State = iota // the capture began in the middle
	Closed
	Listen
	SynSent
	SynReceived
	Established
	FinWait1
	FinWait2
	CloseWait
	Closing
	LastAck
	TimeWait
)

var stateNames = [...]string{"", "CLOSED", "LISTEN", "SYN_SENT", "SYN_RCVD", "ESTABLISHED",
	"FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT"}

// String gives the state as netstat writes it; empty when unknown.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return ""
}
