package tcp

import "tcplens/internal/packet"

// What a conversation has shown of itself (R44).
const (
	CompleteSYN    = 1
	CompleteSYNACK = 2
	CompleteACK    = 4
	CompleteData   = 8
	CompleteFIN    = 16
	CompleteRST    = 32
)

// Scale values that are not a shift (R14).
const (
	ScaleUnknown int8 = -1
	ScaleUnused  int8 = -2
)

// unsetWindow is what a direction's last window is before its first segment (§5).
const unsetWindow = ^uint32(0)

// direction is what is known of one direction of a conversation.
type direction struct {
	unacked unacked

	nextTime    packet.Time // when next was reached
	lastAckTime packet.Time // when the last segment was seen

	base       uint32 // raw number that counts as 0
	next       uint32 // highest next number; 0 unset
	contig     uint32 // highest next number without a gap; 0 unset
	nextFrame  packet.Number
	lastAck    uint32
	nonDup     packet.Number // the last segment whose ack number was new
	window     uint32        // last raw window
	dups       int32         // duplicates of nonDup; −1: silenced (R32)
	pushed     uint32        // bytes since PSH
	sacked     uint32        // bytes in the SACK blocks of the last segment
	lastFlags  Verdict       // verdicts of the last segment
	synACK     packet.Number // first SYN+ACK
	synSeq     uint32        // the raw number of the last one
	baseIn     packet.Number // the packet that set base for the first time; 0 none
	mptcp      uint16        // MPTCP kinds of the conversation when the last segment was analysed
	mss        uint16        // as the newest SYN announced it; 0 none
	scale      int8
	baseSet    bool
	firstAck   bool // a SYN was sent and no ACK since
	noInFlight bool // a segment is missing: what is in flight isn't known (R23)
	pushLast   bool // the last segment had PSH
	closing    bool // this end began to close
}

// Traffic counts what one direction sent.
type Traffic struct {
	Packets uint32
	Payload uint64 // bytes of TCP payload on the wire, repeats included
	Bytes   uint64 // bytes of whole frames, as Conversation.Count was told
}

// Conversation is one tcp.stream. It belongs to the goroutine that calls
// Table.Add; others get a Summary.
type Conversation struct {
	dirs [2]direction
	flow packet.Flow // of the first packet: node 0 → node 1

	firstTime packet.Time
	lastTime  packet.Time
	synTime   packet.Time // of the last SYN; 0 none (R43)
	ackTime   packet.Time // of the first ACK without SYN, if it came before any SYN; 0 none
	irtt      int64       // ns; 0 unknown
	traffic   [2]Traffic
	ends      Ends
	past      *past // nil: none
	zeek      zeek
	rtt       [2]RTT
	inFlight  [2]uint32 // the most there has been
	trouble   *troubles // nil: none so far

	stream   uint32
	first    packet.Number
	last     packet.Number
	synIn    packet.Number // first SYN
	mptcp    uint16        // MPTCP kinds seen so far in either direction
	complete uint8         // R44, after the last packet
	created  uint8         // what the first packet would have added, had it not been the first
	flags    convFlags
	shown    convFlags // see the sent… bits
}

// convFlags is what has been seen in a conversation.
type convFlags uint8

const (
	tfoData   convFlags = 1 << iota // the SYN had data behind a Fast Open cookie (R40)
	synACE                          // the last SYN offered accurate ECN (R50)
	synACKACE                       // the last SYN+ACK took it, or would have
	optACE                          // an option of it was seen
)

const (
	sentSYN convFlags = 1 << iota // bit 0: by direction 0, bit 1: by direction 1
	_
	sentSYNACK
	_
	sentFIN
	_
	sentRST
)

// Stream is tcp.stream, from 0.
func (c *Conversation) Stream() uint32 { return c.stream }

// Flow is that of the first packet: its source is node 0.
func (c *Conversation) Flow() packet.Flow { return c.flow }

// First is the packet that created the conversation.
func (c *Conversation) First() packet.Number { return c.first }

// Last is the newest packet.
func (c *Conversation) Last() packet.Number { return c.last }

// IRTT is the initial round trip time in ns, 0 while unknown (R43).
func (c *Conversation) IRTT() int64 { return c.irtt }

// Count adds the whole length of a frame, in bytes on the wire, to what direction
// dir has sent. Add does not know it.
func (c *Conversation) Count(dir uint8, frameLen uint32) {
	c.traffic[dir&1].Bytes += uint64(frameLen)
}

// Summary is what a list of conversations shows of one, and what a reader needs to
// show a packet as it is known once the whole capture has been read. It is a plain
// value without pointers.
type Summary struct {
	Stream      uint32
	Flow        packet.Flow // of the first packet: node 0 → node 1
	First, Last packet.Number
	FirstTime   packet.Time
	LastTime    packet.Time
	Traffic     [2]Traffic // sent by node 0, by node 1
	IRTT        int64      // ns; 0 unknown

	Zeek     Zeek       // what Zeek's conn.log says
	Trouble  [2]Trouble // what went wrong with what node 0 sent, and node 1
	RTT      [2]RTT     // of what node 0 sent, and node 1
	InFlight [2]uint32  // the most bytes in flight at once (R38)

	Base    [2]uint32 // raw sequence number that counts as 0
	Scale   [2]int8   // −1 unknown, −2 unused, else the shift
	MSS     [2]uint16 // bytes, as each end's newest SYN announced it (RFC 9293 §3.7.1); 0 none
	Ends    Ends      // states after the last packet
	BaseSet [2]bool

	// Completeness is R44 as the second visit shows it on every packet but the
	// first, CompletenessFirst on that.
	Completeness, CompletenessFirst uint8

	SYN, SentSYNACK, FIN, RST [2]bool // sent by node 0, by node 1
	AccECN                    bool    // accurate ECN is used: in the end, or in the packet of SummaryAt (R50)
	Server                    int8    // which node is the server: 0, 1, or −1 when no SYN told

	first bool // see FirstVisit
	tfo   bool // a SYN had data behind a Fast Open cookie (R40)
	at    visited
}

// Summary copies what others may know of c.
func (c *Conversation) Summary() Summary {
	s := Summary{
		Stream: c.stream, Flow: c.flow, First: c.first, Last: c.last,
		FirstTime: c.firstTime, LastTime: c.lastTime, Traffic: c.traffic, IRTT: c.irtt,
		Completeness: c.complete | c.created, CompletenessFirst: c.complete,
		AccECN: c.flags.ace(), Ends: c.ends, Server: -1, tfo: c.flags&tfoData != 0,
		Zeek: Zeek{c.zeek.hist, c.zeek.connState(), c.zeek.orig}, RTT: c.rtt, InFlight: c.inFlight,
	}
	if s.IRTT == 0 && c.synTime != 0 && c.ackTime != 0 {
		// The SYN came last. A second visit then measures back from it.
		s.IRTT = int64(c.ackTime - c.synTime)
	}
	for i := range c.dirs {
		d := &c.dirs[i]
		s.Base[i], s.BaseSet[i], s.Scale[i], s.MSS[i] = d.base, d.baseSet, d.scale, d.mss
		s.at.base[i], s.at.before[i] = d.base, d.base
		s.SYN[i] = c.shown&(sentSYN<<i) != 0
		s.SentSYNACK[i] = c.shown&(sentSYNACK<<i) != 0
		s.FIN[i] = c.shown&(sentFIN<<i) != 0
		s.RST[i] = c.shown&(sentRST<<i) != 0
		s.Trouble[i] = c.troubleOf(i)
	}
	switch {
	case s.SentSYNACK[0] != s.SentSYNACK[1]:
		s.Server = 0
		if s.SentSYNACK[1] {
			s.Server = 1
		}
	case s.SYN[0] != s.SYN[1]:
		s.Server = 1
		if s.SYN[1] {
			s.Server = 0
		}
	}
	return s
}

// Final gives the facts of a segment as they are shown once the whole capture has
// been read; s is SummaryAt of its packet. The window is scaled by what the
// direction uses in the end. Before the first SYN+ACK of a direction numbers count
// from the base that it has in the end, and a first SYN+ACK that a later one
// contradicts is marked too (R6).
//
// seq and ack are the raw numbers of the segment.
func (s *Summary) Final(f Facts, seq, ack uint32, flags Flags) Facts {
	if s.first {
		return f
	}
	own, other := f.Dir&1, f.Dir&1^1
	analysed := f.Verdict&Analysed != 0
	if f.Scale != 0 {
		if f.Scale > 0 && analysed {
			f.Window /= uint32(f.Scale)
		}
		window := f.Window
		f.setScale(s.Scale[own])
		if !analysed {
			f.Window = window
		}
	}
	f.SeqOtherBase = s.at.base[other]
	if analysed {
		length := f.NextSeq - f.Seq
		f.Seq = seq - s.at.base[own]
		f.NextSeq = f.Seq + length
		if flags&ACK != 0 {
			f.Ack = ack - s.at.base[other]
		}
	} else if s.at.base[own] != 0 || flags&ACK != 0 && s.at.base[other] != 0 {
		// Of a quoted header. tshark finds its record again only if what it looks
		// for are raw numbers.
		f.Verdict &^= ReusedPorts | HasRecord
	}
	if flags&(SYN|ACK) == SYN|ACK {
		f.fastOpen(s.tfo)
		if s.BaseSet[own] && s.at.before[own] != seq {
			f.Verdict |= ReusedPorts | HasRecord
		}
	}
	return f
}

// fastOpen is what a SYN+ACK says of the data of a Fast Open SYN (R40); seen says
// whether there was one.
func (f *Facts) fastOpen(seen bool) {
	f.Verdict &^= TFOAccepted | TFOIgnored
	if f.Ack > 1 {
		f.Verdict |= TFOAccepted
	} else if seen {
		f.Verdict |= TFOIgnored
	}
}

// FirstVisit takes back what was not known yet when a packet came: v is the
// verdict of that packet's segment. What it leaves is what a first visit shows,
// and Final then changes nothing.
func (s *Summary) FirstVisit(v Verdict) {
	s.Completeness, s.CompletenessFirst = v.Completeness(), v.Completeness()
	s.AccECN = v&AccECN != 0
	if v&KnownIRTT == 0 {
		s.IRTT = 0
	}
	s.first = true
}

// completenessOf is what a packet that did not create the conversation adds (R44).
func completenessOf(flags Flags, data bool) (bits uint8) {
	switch flags & (SYN | ACK) {
	case SYN | ACK:
		bits = CompleteSYNACK
	case ACK:
		bits = CompleteACK
		if data {
			bits = CompleteData
		}
	}
	if flags&(FIN|ACK) == FIN|ACK {
		bits |= CompleteFIN
	}
	if flags&RST != 0 {
		bits |= CompleteRST
	}
	return bits
}

// CompletenessText is how Wireshark words a completeness value (R44), without the
// number behind it.
func CompletenessText(v uint8) string {
	switch v {
	case 1:
		return "Incomplete, SYN_SENT"
	case 3:
		return "Incomplete, CLIENT_ESTABLISHED"
	case 7:
		return "Incomplete, ESTABLISHED"
	case 15:
		return "Incomplete, DATA"
	case 31, 47, 63:
		return "Complete, WITH_DATA"
	case 23, 39, 55:
		return "Complete, NO_DATA"
	}
	return "Incomplete"
}
