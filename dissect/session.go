package dissect

import (
	"tcplens/internal/packet"
)

// Messages is what reassembly knows of the application data of one TCP segment
// (R70–R76). The trace makes one for each dissection of such a segment.
type Messages struct {
	Session *Session // what the application protocol remembers of the conversation; nil: nobody claims the data
	Dir     uint8    // as in tcp.Facts
	Frame   packet.Number

	// Withheld says that the data of this segment was not given to the
	// application protocol, and why.
	Withheld Withheld

	// Head is the message that an earlier segment began and this one continues or
	// ends. HeadIn is the packet in which it ends, 0 if it never does. If that is
	// this packet, Pieces are its parts in order, Whole its bytes, and HeadLen
	// how many bytes of this segment belong to it.
	Head    bool
	HeadIn  packet.Number
	HeadLen uint32
	Pieces  []Piece
	Whole   []byte
	Kept    bool // the joined bytes were given to the application; false under R72

	// Tail is a message that begins at TailOff of this segment's payload and does
	// not end in it. TailIn is the packet in which it ends, 0 if it never does.
	Tail    bool
	TailOff uint32
	TailIn  packet.Number
}

// Withheld says why the data of a segment was not passed on.
type Withheld uint8

// The reasons.
const (
	PassedOn      Withheld = iota
	Repeated               // data that was given before (R70.1, R70.2)
	Silent                 // spurious retransmission, keep-alive, RST: nothing is shown
	OutOfStep              // out of order, and there is nothing it belongs to
	ReassemblyErr          // overlaps a finished message (R74)
)
