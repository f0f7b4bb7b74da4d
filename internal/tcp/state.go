package tcp

// Ends is what the two ends of a conversation are in, as far as a capture between
// them shows it: the state machine of RFC 9293 §3.3.2, moved by the segments. A
// segment counts as sent and received at once, so the state is the one that an end
// is in when the segment has left or reached it.
//
// The zero value is a conversation of which nothing has been seen. It is a small
// plain value: whoever draws a flow graph runs it again from the start.
type Ends struct {
	fin   [2]uint32 // relative number after the FIN that the end sent
	state [2]State
	seen  endsSeen
}

// endsSeen is what has happened to a conversation. The bits for end 1 stand one
// left of those for end 0.
type endsSeen uint16

const (
	seenFIN endsSeen = 1 << iota // the end sent a FIN
	_
	gotFIN // the other end's FIN has reached the end
	_
	seenOpen // the end had not closed yet: it sent data, or a FIN
	_
	seenActive // the end sent a SYN without ACK: it opened by itself
	_
	seenAny // a segment
	seenSYN
	seenAnswer // a SYN+ACK
	seenRST
	seenRefused // the RST came in the place of a SYN+ACK
)

// State gives the state of an end: 0 is the sender of the first packet.
func (e *Ends) State(dir uint8) State { return e.state[dir&1] }

// Apply moves both ends by the next segment and gives their states after it. f is
// what Table.Add said of the segment; one that was not analysed changes nothing.
func (e *Ends) Apply(f *Facts, flags Flags) (a, b State) {
	if f.Verdict&Analysed != 0 {
		e.apply(f, flags, f.Dir&1)
	}
	return e.state[0], e.state[1]
}

func (e *Ends) apply(f *Facts, flags Flags, own uint8) {
	other := own ^ 1
	e.seen |= seenAny
	switch {
	case flags&RST != 0:
		if e.seen&(seenSYN|seenAnswer|seenRST) == seenSYN && e.state[other] == SynSent {
			e.seen |= seenRefused
		}
		e.seen |= seenRST
		e.state[own] = Closed
		e.resetBy(other)
		return
	case flags&(SYN|ACK) == SYN:
		e.syn(own)
		return
	case flags&SYN != 0:
		e.synACK(own)
		return
	case over(e.state[own]) && over(e.state[other]):
		return // what was still under way when the connection ended
	}
	e.established(f, flags, own)
	if flags&ACK != 0 && e.seen&(seenFIN<<other) != 0 && int32(f.Ack-e.fin[other]) >= 0 {
		e.receiveFIN(own)
		switch e.state[other] {
		case FinWait1:
			e.state[other] = FinWait2
		case Closing:
			e.state[other] = TimeWait
		case LastAck:
			e.state[other] = Closed
		}
	}
	if flags&FIN != 0 {
		e.sendFIN(f, own)
	}
}

// over says whether an end has no connection.
func over(s State) bool { return s == Closed || s == Listen }

// resetBy is the arrival of a RST at end own. One that waits for a connection goes
// on waiting, if it had not opened by itself (RFC 9293 §3.10.7.4, SYN-RECEIVED).
func (e *Ends) resetBy(own uint8) {
	switch {
	case e.state[own] == Listen:
	case e.state[own] == SynReceived && e.seen&(seenActive<<own) == 0 && e.seen&seenAnswer != 0:
		e.state[own] = Listen
	default:
		e.state[own] = Closed
	}
}

// syn is a SYN without ACK: a new connection, a repeat, or the other half of a
// simultaneous open (RFC 9293 §3.5).
func (e *Ends) syn(own uint8) {
	other := own ^ 1
	switch e.state[own] {
	case Closed, TimeWait:
		*e = Ends{seen: seenAny} // the same SYN again after the end: one more try
	case StateUnknown, Listen, SynSent:
	case SynReceived:
		// It had sent its own SYN before the other's came.
		e.seen |= seenActive << own
		if e.state[other] == SynSent {
			e.state[other] = SynReceived
		}
		return
	default:
		return // stray: answered with a challenge ACK
	}
	e.seen |= seenSYN | seenActive<<own
	e.state[own] = SynSent
	switch e.state[other] {
	case StateUnknown, Listen, Closed:
		e.state[other] = SynReceived
	}
}

// synACK is a SYN+ACK.
func (e *Ends) synACK(own uint8) {
	other := own ^ 1
	e.seen |= seenAnswer
	switch e.state[own] {
	case StateUnknown, Listen, Closed, SynSent:
		e.state[own] = SynReceived
	}
	switch e.state[other] {
	case StateUnknown, Listen, Closed, SynSent, SynReceived:
		e.state[other] = Established
	}
}

// established moves the ends out of the handshake by a segment without SYN. Where
// the capture began later, an end is known to be established only when both have
// sent what an end that has closed does not send: data, or a FIN. Until then it may
// as well be in CLOSE_WAIT or in one of the states after its own FIN.
func (e *Ends) established(f *Facts, flags Flags, own uint8) {
	other := own ^ 1
	const again = Retransmission | FastRetransmission | SpuriousRetransmission | KeepAlive | ZeroWindowProbe
	if f.NextSeq != f.Seq && f.Verdict&again == 0 {
		e.seen |= seenOpen << own
	}
	switch e.state[own] {
	case SynSent:
		e.state[own] = Established // it answers a SYN+ACK, even if the capture lacks that
	case StateUnknown, Listen:
		const both = seenOpen | seenOpen<<1
		switch {
		case e.seen&(seenSYN|seenAnswer) != 0:
			e.state[own] = Established
		case e.seen&both == both:
			e.began(own)
		}
	}
	if e.state[other] == SynReceived && flags&ACK != 0 && f.Ack != 0 {
		e.state[other] = Established
	}
}

// began is the moment when a conversation of which the capture lacks the beginning
// tells its states: own, of which nothing was known, sends what only an end sends
// that has not closed. The other end had not closed either when it last sent.
func (e *Ends) began(own uint8) {
	other := own ^ 1
	e.state[own], e.state[other] = Established, Established
	if e.seen&(seenFIN<<other) != 0 {
		e.state[other] = FinWait1
	}
	if e.seen&(gotFIN<<own) != 0 {
		e.state[own] = CloseWait
	}
}

// sendFIN is the FIN of own's segment: own closes, and the FIN reaches the other
// end unless a segment before it is missing.
func (e *Ends) sendFIN(f *Facts, own uint8) {
	other := own ^ 1
	switch e.state[own] {
	case SynReceived, Established:
		e.state[own] = FinWait1
	case CloseWait:
		e.state[own] = LastAck
		if int32(f.Ack-e.fin[other]) < 0 {
			e.state[own] = Closing // both closed at once: this FIN left before that one came
		}
	case StateUnknown:
		if e.seen&(seenFIN<<own) != 0 {
			return
		}
	default:
		return // sent again
	}
	e.fin[own] = f.NextSeq
	e.seen |= seenFIN << own
	if f.Verdict&LostSegment == 0 {
		e.receiveFIN(other)
	}
}

// receiveFIN is the arrival of the other end's FIN.
func (e *Ends) receiveFIN(own uint8) {
	if e.seen&(gotFIN<<own) != 0 {
		return
	}
	e.seen |= gotFIN << own
	switch e.state[own] {
	case SynReceived, Established:
		e.state[own] = CloseWait
	case FinWait1:
		e.state[own] = Closing
	case FinWait2:
		e.state[own] = TimeWait
	}
}

// Status is what a list says of a conversation as a whole.
type Status uint8

// The statuses of a conversation.
const (
	StatusNone       Status = iota // no segment analysed
	StatusSYNOnly                  // a SYN without any answer
	StatusOpening                  // the handshake has begun
	StatusOpen                     // established, handshake seen
	StatusMidStream                // established, the capture began later
	StatusHalfClosed               // one end has closed, the other goes on
	StatusClosing                  // both FINs sent, the last ACK not seen
	StatusClosed                   // closed by both
	StatusReset                    // ended by a RST
	StatusRefused                  // a RST in answer to the SYN
)

var statusNames = [...]string{"", "SYN only", "opening", "open", "mid-stream", "half-closed",
	"closing", "closed", "reset", "refused"}

// String gives the word that the list shows; empty for none.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return ""
}

// Status names what the conversation as a whole has come to.
func (e *Ends) Status() Status {
	a, b := e.state[0], e.state[1]
	fins := e.seen & (seenFIN | seenFIN<<1)
	switch {
	case e.seen&seenRefused != 0:
		return StatusRefused
	case e.seen&seenRST != 0 && over(a) && over(b):
		return StatusReset
	case fins == seenFIN|seenFIN<<1:
		if (a == Closed || a == TimeWait) && (b == Closed || b == TimeWait) {
			return StatusClosed
		}
		return StatusClosing
	case fins != 0:
		return StatusHalfClosed
	case e.seen == 0:
		return StatusNone
	case a == StateUnknown && b == StateUnknown:
		return StatusMidStream
	case a == Established && b == Established:
		if e.seen&(seenSYN|seenAnswer) == 0 {
			return StatusMidStream
		}
		return StatusOpen
	case e.seen&seenAnswer == 0 && e.seen&seenSYN != 0:
		return StatusSYNOnly
	}
	return StatusOpening
}
