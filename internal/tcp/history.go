package tcp

import (
	"bytes"
	"net/netip"
	"strings"

	"tcplens/internal/packet"
)

// Zeek is what Zeek's conn.log says of a conversation: the columns conn_state and
// history (https://docs.zeek.org, base/protocols/conn). The state machine behind
// them is Zeek's own and simpler than that of RFC 9293: see zeekEnd.
type Zeek struct {
	History History
	State   ConnState
	Orig    uint8 // which node is the originator, whose letters are upper case: 0 or 1
}

// ConnState is the conn_state of Zeek's conn.log.
type ConnState uint8

// The states of a connection as Zeek names them.
const (
	ConnNone   ConnState = iota // nothing that Zeek would look at
	ConnS0                      // a SYN without an answer
	ConnS1                      // established, not closed
	ConnSF                      // established and closed by both
	ConnREJ                     // refused
	ConnS2                      // established, closed by the originator only
	ConnS3                      // established, closed by the responder only
	ConnRSTO                    // reset by the originator
	ConnRSTR                    // reset by the responder
	ConnRSTOS0                  // a SYN, then a RST from the same end
	ConnRSTRH                   // a RST from the responder, no SYN of the originator seen
	ConnSH                      // a SYN and a FIN of the originator, nothing from the responder
	ConnSHR                     // a SYN+ACK and a FIN of the responder, no SYN of the originator
	ConnOTH                     // anything else: mid-stream
)

var connStates = [...]struct{ name, tcp string }{
	{"", ""},
	{"S0", "the client's SYN was not answered"},
	{"S1", "handshake seen, not closed yet"},
	{"SF", "handshake seen, closed by both ends"},
	{"REJ", "refused: the server answered the SYN with a RST"},
	{"S2", "handshake seen, closed by the client only"},
	{"S3", "handshake seen, closed by the server only"},
	{"RSTO", "handshake seen, broken off by a RST of the client"},
	{"RSTR", "broken off by a RST of the server"},
	{"RSTOS0", "the client sent a SYN and then a RST; no SYN+ACK of the server seen"},
	{"RSTRH", "the server sent a RST; no SYN of the client seen"},
	{"SH", "the client sent a SYN and a FIN; nothing seen from the server"},
	{"SHR", "the server sent a SYN+ACK and a FIN; no SYN of the client seen"},
	{"OTH", "no whole handshake seen: the capture began in mid-stream or the ends do not agree"},
}

// String gives the state as conn.log writes it; empty for none.
func (s ConnState) String() string {
	if int(s) < len(connStates) {
		return connStates[s].name
	}
	return ""
}

// Meaning says in words what a state means for a TCP conversation, or for one of
// datagrams, for which Zeek uses three of the states; empty for none.
func (s ConnState) Meaning(datagrams bool) string {
	switch {
	case int(s) >= len(connStates):
		return ""
	case !datagrams:
		return connStates[s].tcp
	case s == ConnS0:
		return "only the client has sent"
	case s == ConnSF:
		return "both ends have sent"
	case s == ConnSHR:
		return "only the server has sent"
	}
	return ""
}

// mostHistory is how many letters of a history are kept. A long transfer over a bad
// link has about twenty.
const mostHistory = 28

// History is the history of Zeek's conn.log: a letter for each kind of thing that
// has been seen, in the order in which it was first seen, upper case for the
// originator. It is a plain value; two are equal if they say the same.
type History struct {
	letters [mostHistory]byte
	n       uint8
	more    bool // there was no room for a letter
}

func (h *History) add(letter byte) {
	if int(h.n) == len(h.letters) {
		h.more = true
		return
	}
	h.letters[h.n] = letter
	h.n++
}

// String gives the letters. A + at the end stands for those that found no room.
func (h *History) String() string {
	s := string(h.letters[:h.n])
	if h.more {
		s += "+"
	}
	return s
}

// Compare orders histories by their letters, for a list that is sorted by them.
func (h *History) Compare(other *History) int {
	return bytes.Compare(h.letters[:h.n], other.letters[:other.n])
}

// Words says what each letter stands for, in order: "client SYN", "server SYN+ACK".
func (h *History) Words() []string {
	var out []string
	seen := map[byte]int{}
	for _, c := range h.letters[:h.n] {
		who := "client "
		if c >= 'a' {
			who = "server "
		}
		// The letters that count come at the 1st, 10th, 100th time.
		times := "1" + strings.Repeat("0", seen[c])
		seen[c]++
		many := func(one, more string) string {
			if times == "1" {
				return who + one
			}
			return times + " times " + who + more
		}
		switch c | 0x20 {
		case 's':
			out = append(out, who+"SYN")
		case 'h':
			out = append(out, who+"SYN+ACK")
		case 'a':
			out = append(out, who+"ACK")
		case 'd':
			out = append(out, who+"data")
		case 'f':
			out = append(out, who+"FIN")
		case 'r':
			out = append(out, who+"RST")
		case 'i':
			out = append(out, who+"FIN with RST")
		case 'q':
			out = append(out, who+"SYN with FIN or RST")
		case 'g':
			out = append(out, many("data missing from the capture", "data missing"))
		case 't':
			out = append(out, many("retransmission", "retransmission"))
		case 'w':
			out = append(out, many("zero window", "zero window"))
		default:
			out = append(out, "turned round: the first packet seen was the server's")
		}
	}
	if h.more {
		out = append(out, "and more")
	}
	return out
}

// Datagrams gives the state and the history of a conversation over UDP: its flow
// is that of the first packet, and sent says which node has sent anything. The
// ports of flow decide which end Zeek takes for the originator.
func Datagrams(flow packet.Flow, sent [2]bool) Zeek {
	var z Zeek
	if flow.Dst.Addr != broadcast() && likelyUDP(flow.Src.Port) && !likelyUDP(flow.Dst.Port) {
		z.Orig = 1
		z.History.add('^')
	}
	letters := [2]byte{'D', 'd'}
	for node := range uint8(2) { // node 0 was the first
		if sent[node] {
			z.History.add(letters[node^z.Orig])
		}
	}
	switch o, r := sent[z.Orig], sent[z.Orig^1]; {
	case o && r:
		z.State = ConnSF
	case o:
		z.State = ConnS0
	case r:
		z.State = ConnSHR
	}
	return z
}

func broadcast() netip.Addr { return netip.AddrFrom4([4]byte{255, 255, 255, 255}) }

// backwards says whether Zeek takes the sender of the first packet for the
// responder: it sends from a port that a server is likely to have, and the other
// port is not as likely one. A SYN shows who is who.
func backwards(seg *Segment) bool {
	if seg.Flags&(SYN|ACK) == SYN || !likelyTCP(seg.Flow.Src.Port) || seg.Flow.Dst.Addr == broadcast() {
		return false
	}
	if likelyTCP(seg.Flow.Dst.Port) {
		return seg.Flags&SYN == 0 && seg.Flow.Src.Port < seg.Flow.Dst.Port
	}
	return true
}

// likelyTCP are Zeek's likely_server_ports for TCP, as its scripts set them.
func likelyTCP(port uint16) bool {
	switch port {
	case 21, 22, 25, 53, 79, 80, 81, 88, 135, 139, 143, 389, 443, 445, 465, 502, 563, 585, 587, 614, 631, 636,
		989, 990, 992, 993, 995, 1080, 1434, 1883, 2811, 3128, 3268, 3306, 3389, 5222, 5223, 5269, 5432, 6379,
		6666, 6667, 6668, 6669, 8000, 8080, 8888, 20000:
		return true
	}
	return false
}

// likelyUDP are those for UDP.
func likelyUDP(port uint16) bool {
	switch port {
	case 53, 67, 68, 88, 123, 137, 161, 162, 389, 443, 514, 1812, 2123, 2152, 3268, 3389, 3544, 4789, 5060,
		5072, 5353, 5355, 6081, 20000:
		return true
	}
	return false
}

// conn_state rests on what each end is in and, for one state, on the history.
func (z *zeek) connState() ConnState {
	o, r := &z.ends[z.orig], &z.ends[z.orig^1]
	oUnknown := o.state == zeekInactive || o.state == zeekPartial
	rUnknown := r.state == zeekInactive || r.state == zeekPartial
	pick := func(first bool, a, b ConnState) ConnState {
		if first {
			return a
		}
		return b
	}
	switch {
	case !z.begun:
		return ConnNone
	case r.state == zeekReset:
		if o.state == zeekSynSent || o.state == zeekSynAckSent || o.state == zeekReset && o.size() == 0 && r.size() == 0 {
			return ConnREJ
		}
		return pick(oUnknown, ConnRSTRH, ConnRSTR)
	case o.state == zeekReset:
		if rUnknown {
			return pick(z.hist.synThenRST(), ConnRSTOS0, ConnOTH)
		}
		return ConnRSTO
	case o.state == zeekClosed && r.state == zeekClosed:
		return ConnSF
	case o.state == zeekClosed:
		return pick(rUnknown, ConnSH, ConnS2)
	case r.state == zeekClosed:
		return pick(oUnknown, ConnSHR, ConnS3)
	case o.state == zeekSynSent && r.state == zeekInactive:
		return ConnS0
	case o.state == zeekEstablished && r.state == zeekEstablished:
		return ConnS1
	}
	return ConnOTH
}

// synThenRST says whether the originator's SYN was followed by its RST with
// nothing else of weight from it in between.
func (h *History) synThenRST() bool {
	s := strings.TrimPrefix(string(h.letters[:h.n]), "^")
	if !strings.HasPrefix(s, "S") {
		return false
	}
	at := strings.IndexAny(s, "RHAFGIQ")
	return at > 0 && s[at] == 'R'
}

// scaled says whether a count is one of those that the history records: 1, 10,
// 100 and so on.
func scaled(n uint32) bool {
	for n >= 10 && n%10 == 0 {
		n /= 10
	}
	return n == 1
}
