package dissect

import (
	"time"

	"tcplens/internal/packet"
)

// Question is what the header of a datagram says of a question or an answer.
type Question struct {
	ID     uint16 // the transaction id that both bear
	Answer bool
}

// UDPQuestion tells whether the payload of a UDP datagram between two ports is a
// question or an answer of DNS, mDNS or LLMNR; da, which may be nil, has the ports
// that the user has overruled. It reads the first bytes of the
// header and takes no memory. Such messages belong together within one UDP
// conversation (the two ends, whichever asks) if their ids are the same: keep one
// Exchange for each conversation and id, and bring it forward with Next.
// Datagrams that are quoted in ICMP errors ask nothing.
func (da *DecodeAs) UDPQuestion(payload []byte, src, dst uint16) (q Question, ok bool) {
	if len(payload) < 4 {
		return q, false
	}
	switch da.udpQuestionKind(src, dst) {
	case uDNS, uMDNS, uLLMNR:
		return dnsQuestion(payload), true
	}
	return q, false
}

// dnsQuestion reads id and direction of a message of at least four bytes.
func dnsQuestion(b []byte) Question {
	return Question{ID: uint16(b[0])<<8 | uint16(b[1]), Answer: b[2]&0x80 != 0}
}

// Exchange is a question and its answer, as far as they have been seen.
type Exchange struct {
	Query, Response packet.Number // 0: not seen
	Asked, Answered packet.Time   // of the two
}

// resendTime is how long a question with the id of one that has no answer yet
// is taken for the same question sent again; later it is a new one.
const resendTime = packet.Time(5 * time.Second)

// Next brings the exchanges of one conversation and id forward by packet n. It
// gives the exchange that the packet belongs to: x itself, a new one if the packet
// opens one, or nil for an answer that nobody asked for. resent is the packet that
// n repeats, 0 if none. x is nil at first.
func (x *Exchange) Next(q Question, n packet.Number, t packet.Time) (y *Exchange, resent packet.Number) {
	switch {
	case q.Answer && x == nil:
		return nil, 0
	case q.Answer && x.Response == 0:
		x.Response, x.Answered = n, t
		return x, 0
	case q.Answer:
		return x, x.Response
	case x == nil || x.Response != 0 || t-x.Asked > resendTime:
		return &Exchange{Query: n, Asked: t}, 0
	}
	return x, x.Query
}

// Peer gives what a dissection wants to know of a packet of the exchange: resent
// as Next gave it. x may be nil.
func (x *Exchange) Peer(resent packet.Number) Peer {
	switch {
	case x == nil || resent != 0:
		return Peer{Resent: resent}
	case x.Response == 0:
		return Peer{Query: x.Query}
	}
	return Peer{Query: x.Query, Response: x.Response, Time: int64(x.Answered - x.Asked)}
}

// Until takes back what packets after n have told.
func (p Peer) Until(n packet.Number) Peer {
	if p.Response > n {
		p.Response, p.Time = 0, 0
	}
	p.Pending = p.Response == 0
	return p
}

// IsSNMP says whether a UDP datagram between two ports is taken for SNMP: by the
// ports of agents and managers, and because it begins with a BER sequence that
// fits into it, which is what a message is (RFC 3417 §2, X.690 §8.1).
func IsSNMP(payload []byte, src, dst uint16) bool {
	if src != 161 && dst != 161 && src != 162 && dst != 162 {
		return false
	}
	if len(payload) < 2 || payload[0] != 0x30 {
		return false
	}
	length, head := int(payload[1]), 2
	if length >= 0x80 {
		n := length & 0x7f
		if n == 0 || n > 3 || len(payload) < 2+n {
			return n == 0 // of indefinite length
		}
		length, head = 0, 2+n
		for _, b := range payload[2 : 2+n] {
			length = length<<8 | int(b)
		}
	}
	return head+length <= len(payload)
}
