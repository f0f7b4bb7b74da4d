package tcp

import "tcplens/internal/packet"

// Framer finds where the messages of one direction end: the records of TLS, the
// messages of HTTP, the length-prefixed queries of DNS. It is the only thing that
// reassembly asks of an upper layer.
//
// A framer is fed by the sequencing goroutine and may keep state of its own; the
// two framers of a conversation may share a session, since they are never called
// at the same time. It must be incremental: each byte is looked at once, and
// nothing of a Piece is kept after Push returns except copies of what it wants.
//
// The bytes of one message come in order and without holes. Between two messages
// there may be a hole in the stream that nobody speaks of: whoever is not inside a
// message takes the next byte for the first byte of one (rule R75). Data that
// begins no message of the protocol is taken whole, as if it were one message that
// ends with the piece.
type Framer interface {
	// Push gives the next bytes. It appends to ends, for every message that ends
	// in p.Data, the offset in p.Data one past its last byte, ascending, and
	// returns the longer slice. The answer says what the message that is still
	// open after that wants: the zero Need when none is, which is only right when
	// the last offset given is len(p.Data).
	//
	// A piece with Cut > 0 is not joined with anything: it is given after a Skip
	// and followed by one, and the Need is ignored (rule R70).
	Push(p Piece, ends []uint32) ([]uint32, Need)

	// Skip says that the open message, if there is one, has been given up: the
	// next byte that Push sees begins a new one. What the framer knows of the
	// session stays.
	Skip()
}

// Ender is a Framer that is told how long, in bytes, a message was that reached to
// the end of its direction (NeedFIN), once all of it has come.
type Ender interface {
	Framer
	Ended(n uint32)
}

// Keeper is a Framer that has a use for a message also where reassembly gives it up:
// what is encrypted can be read only by who has seen all that was sent.
type Keeper interface {
	Framer

	// Keeps says whether the open message is wanted to its end, be it that a
	// segment completes it which the upper layer is not given (R72).
	Keeps() bool

	// Aside takes the open message out of the framer, which begins a new one with
	// the next byte: the stream has gone on behind a hole (R75). Should the hole
	// fill, the rest of the message is pushed to what Aside gives. It gives nil for
	// a message that is of no use any more.
	Aside() Framer
}

// Forker is a Framer that can begin anew elsewhere in the stream: a hole in front of
// the message that it is inside of fills.
type Forker interface {
	Framer

	// Fork gives a framer of the same session and direction that is inside of no
	// message; nil if there can't be one.
	Fork() Framer
}

// Piece is a run of bytes of one direction.
type Piece struct {
	Data   []byte        // at least one byte; only lent
	Number packet.Number // the packet that is being put in order
	Seq    uint32        // relative sequence number of Data[0]
	Cut    uint32        // bytes that followed Data on the wire and were not captured
	FIN    bool          // the segment closes its direction: nothing follows it (R92)
}

// NeedKind is what an unfinished message waits for.
type NeedKind uint8

// What an unfinished message can wait for (rules R70.5, R92, R101).
const (
	// NeedNone: no message is open.
	NeedNone NeedKind = iota
	// NeedBytes: the message ends exactly N bytes on.
	NeedBytes
	// NeedBlind: as NeedBytes, and the framer does not want to see those N bytes.
	// The next byte that Push gives is the one after them. Large bodies then cost
	// nothing.
	NeedBlind
	// NeedSegment: where it ends will be known when more has come; ask again with
	// the next segment, whatever it brings.
	NeedSegment
	// NeedFIN: it ends where the direction does. Push is not called any more.
	NeedFIN
)

// Need is what a framer says of the message that is still open.
type Need struct {
	Kind NeedKind
	N    uint32 // bytes still to come, at least 1; with NeedBytes and NeedBlind
}

// PDUID names a message that took more than one segment: its place in the table of
// them, from 1. Zero is "none".
type PDUID uint32

// PDU is an upper-layer message that took more than one segment. Sequence numbers
// are relative to the bases that the stream has when the message began.
type PDU struct {
	Stream   uint32
	StartSeq uint32 // first byte
	EndSeq   uint32 // one past the last byte; while open: where the end is expected
	First    packet.Number
	Last     packet.Number // the packet that gave bytes to it last; with Complete: the one that completed it
	Asked    packet.Number // the last packet with which the upper layer was given it so far, and asked for more; 0 none
	Dir      uint8
	Complete bool
	Cut      bool // the upper layer had been given what follows it in Last, too, and left that for the next message
	State    PDUState
}

// PDUState says how a message came to its end, or why it has not.
type PDUState uint8

// The states of a message.
const (
	PDUOpen      PDUState = iota // more is to come
	PDUDone                      // complete and given to the upper layer
	PDUWithheld                  // complete, but not given on: an out-of-order segment completed it (R72)
	PDUAbandoned                 // the stream went on behind it while it had a hole (R75); it may still fill
)

// ResultFlags say what became of a segment's data.
type ResultFlags uint16

// The flags of a Result.
const (
	// HeadDone: the head is complete with this segment.
	HeadDone ResultFlags = 1 << iota
	// Retransmitted: the bytes had been seen and were not used ("Retransmitted TCP
	// segment data", R70.1 and R70.2).
	Retransmitted
	// Dropped: not used and not spoken of: a spurious retransmission, a reset's
	// text (R70, R70.2).
	Dropped
	// Withheld: at least one byte was not given to the upper layer because the
	// segment came out of order or kept the connection alive (R72).
	Withheld
	// Direct: the upper layer gets the segment as it is, joined with nothing: the
	// snap length cut it (R70), or it fills a hole in front of the open message.
	Direct
	// Overlaps: bytes came for a message that was already complete; nothing else
	// of the segment was used (R74).
	Overlaps
	// FINRepeated: the FIN had come before and had ended a message (R70.7).
	FINRepeated
	// Dissected: the upper layer was given bytes, alone or joined.
	Dissected
	// Asked: the upper layer was given the head as far as it had come with this
	// segment, and asked for more (R70.6).
	Asked
)

// Result says, for one segment, which messages it belongs to.
//
// A segment's bytes are, in this order: the end or the middle of the head, whole
// messages, the beginning of the tail. Any of the three may be missing. Where they
// meet follows from the head's EndSeq and the tail's StartSeq.
type Result struct {
	Head  PDUID // the message begun earlier that this segment adds to; 0 none
	Tail  PDUID // the message that begins here and does not end here; 0 none
	Flags ResultFlags
}
