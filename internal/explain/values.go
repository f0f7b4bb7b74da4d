package explain

import (
	"fmt"
	"strings"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// Values is what the texts can say of the packet that they are shown for. Sequence and
// acknowledgment numbers are relative (R12), sizes are bytes, times nanoseconds; what
// is not known is zero, empty or nil, and the texts ask before they say it.
//
// docs/translating.md lists all of it for translators.
type Values struct {
	Packet   packet.Number // 0 in a text about a conversation
	Length   uint32        // of the frame on the wire
	Captured uint32

	TCP, UDP             bool
	SYN, ACK, FIN, RST   bool
	PSH, URG             bool
	Flags                string // "SYN, ACK"
	Src, Dst             string // address and port
	Seq, Ack, Next       uint32
	Len, First, Last     uint32 // payload: its length, and the numbers of its first and last byte
	Window, WindowEnd    uint32 // scaled; WindowEnd is the first byte that it does not cover
	InFlight             uint32
	PeerWindow           uint32 // what the other end said last before this packet
	PeerSaid             bool   // it had said it
	DupAck               uint32
	DupOf                packet.Number
	Waited               int64         // of a retransmission: the time since WaitedFrom
	WaitedFrom           packet.Number // the packet that its timer ran from
	Answered             *Met          // what this segment answers exactly by its acknowledgment number
	AnsweredBy           *Met          // the first segment that acknowledges all of this one
	Again                *Met          // the first packet after that sends bytes of this one again, before they are acknowledged
	Earlier              *Met          // the last packet before that had bytes of this one
	Gap                  *Gap          // bytes missing before this segment
	Beyond               uint32        // acknowledged bytes that the capture had not seen by then
	Reopened             *Met          // of a closed window: the packet that opened it
	State, PeerState     string        // after this packet, of its sender and of the other end
	StateBefore, PeerWas string
	HandshakeStep        int // 1 SYN, 2 SYN+ACK, 3 the ACK; 0 another
	Number               uint64
	Value, Label         string // of the field that is explained
	Flow                 *Flow

	b      *Book
	dir    uint8
	end    uint8 // the end whose state is explained
	fields func(abbrev string) []node
}

// node is what is kept of a field of the packet.
type node struct {
	value, label string
	number       uint64
}

// Met is another packet that this one has to do with.
type Met struct {
	Packet   packet.Number
	After    int64  // ns between the two
	From, To uint32 // its numbers, To being the last
	Bytes    uint32 // of payload
	SYN, FIN bool
	Window   uint32
}

// Gap is bytes that are missing.
type Gap struct {
	From, To, Bytes uint32
	Late            packet.Number // the packet that brought the first of them later; 0 none
}

// Flow is the conversation.
type Flow struct {
	Stream             uint32
	Client, Server     string // ends; where nothing tells, Client is the sender of the first packet
	Known              bool   // it is known which is the server
	Packets            uint64
	Bytes              uint64 // of frames
	ClientSent         uint64 // payload
	ServerSent         uint64
	Duration           int64
	IRTT               int64
	Begin, End         packet.Number
	SYN, SYNACK, Third packet.Number // the handshake
	SYNs               int           // how many SYNs the client sent
	SYNTime            int64         // from SYN to SYN+ACK
	ThirdTime          int64         // from SYN+ACK to the ACK
	ClientMSS          uint32
	ServerMSS          uint32
	ClientFactor       int // window scaling factors; 0 not used or unknown
	ServerFactor       int
	MidStream          bool // its beginning was not captured
	FIN, FIN2          packet.Number
	FINAck, FIN2Ack    packet.Number // the first segment that acknowledges each
	Segments           int           // how many segments the close took: 3 or 4; 0 another kind
	Half               uint64        // bytes sent after the other end's FIN
	Crossed            bool          // both FINs were under way at once
	RST                packet.Number
	Refused            bool
	Resent             uint64 // bytes
	ResentSegments     uint32
	ZeroTime           int64
	State              string // of the whole, as the list of flows words it
	TLS, Name, ALPN    string

	first  uint8 // the end that closed first
	rst    uint8 // the end that sent the RST
	client uint8
	b      *Book
	ends   [2]packet.Endpoint
	known  bool
}

// role is what an end is called: the client, the server, or by its port.
func (f *Flow) role(dir uint8) string {
	switch {
	case !f.known:
		return strings.ReplaceAll(f.b.word("end"), "%", fmt.Sprint(f.ends[dir&1].Port))
	case dir == f.client:
		return f.b.word("client")
	}
	return f.b.word("server")
}

// sure is the role of an end of a conversation that there is.
func (f *Flow) sure(dir uint8) (string, error) {
	if f == nil {
		return "", errEmpty
	}
	return f.role(dir), nil
}

// Closer is the end that sent its FIN first.
func (f *Flow) Closer() string { return f.role(f.first) }

// Follower is the other one.
func (f *Flow) Follower() string { return f.role(f.first ^ 1) }

// Resetter is the end that sent the RST.
func (f *Flow) Resetter() string { return f.role(f.rst) }

// From is the sender's role, To the receiver's.
func (v *Values) From() (string, error) { return v.Flow.sure(v.dir) }

// To is the receiver's role.
func (v *Values) To() (string, error) { return v.Flow.sure(v.dir ^ 1) }

// Who is the role of the end whose state is explained.
func (v *Values) Who() (string, error) { return v.Flow.sure(v.end) }

// Other is the role of the end opposite to Who.
func (v *Values) Other() (string, error) { return v.Flow.sure(v.end ^ 1) }

// IsSender says whether Who sent this packet.
func (v *Values) IsSender() bool { return v.end == v.dir }

// ByClient says whether the client sent this packet; false where nobody knows.
func (v *Values) ByClient() bool { return v.Flow != nil && v.Flow.known && v.dir == v.Flow.client }

// ByServer says whether the server sent this packet; false where nobody knows.
func (v *Values) ByServer() bool { return v.Flow != nil && v.Flow.known && v.dir != v.Flow.client }

// Has says whether the packet has a field.
func (v *Values) Has(abbrev string) bool { return v.Count(abbrev) > 0 }

// Count is how many of a field the packet has.
func (v *Values) Count(abbrev string) int {
	if v.fields == nil {
		return 0
	}
	return len(v.fields(abbrev))
}

// Field is the first value of a field of this packet, in the words of the tree; empty
// if it has none.
func (v *Values) Field(abbrev string) string {
	n := v.find(abbrev)
	_, s, ok := strings.Cut(n.label, ": ")
	if !ok {
		s = n.value
	}
	return strings.Trim(s, "[] ")
}

// Raw is the first value of a field as -T fields prints it; empty if there is none.
func (v *Values) Raw(abbrev string) string { return v.find(abbrev).value }

// Int is the first value of a field that is a number; 0 if there is none.
func (v *Values) Int(abbrev string) uint64 { return v.find(abbrev).number }

// find gives the first field of a name; the zero node if there is none.
func (v *Values) find(abbrev string) (n node) {
	if v.fields != nil {
		if l := v.fields(abbrev); len(l) > 0 {
			n = l[0]
		}
	}
	return n
}

// RawWindow is the window as it stands in the header, before scaling.
func (v *Values) RawWindow() uint64 { return v.Int("tcp.window_size_value") }

// Factor is what the window in the header is multiplied by; 0 if scaling is not used,
// or not known to be.
func (v *Values) Factor() uint64 {
	if k := int64(v.Int("tcp.window_size_scalefactor")); k > 0 && k <= 1<<14 {
		return uint64(k)
	}
	return 0
}

// flagNames writes flags as the texts do.
func flagNames(f tcp.Flags) string {
	var out []string
	for _, x := range []struct {
		f tcp.Flags
		s string
	}{{tcp.FIN, "FIN"}, {tcp.SYN, "SYN"}, {tcp.RST, "RST"}, {tcp.PSH, "PSH"}, {tcp.ACK, "ACK"}, {tcp.URG, "URG"}, {tcp.ECE, "ECE"}, {tcp.CWR, "CWR"}, {tcp.AE, "AE"}} {
		if f&x.f != 0 {
			out = append(out, x.s)
		}
	}
	return strings.Join(out, ", ")
}

// values fills in what the row of a packet and its conversation tell.
func (e *Explainer) values(n packet.Number) *Values {
	v := &Values{Packet: n, b: e.book}
	r := e.snap.Row(n)
	if r == nil {
		return v
	}
	v.Length, v.Captured, v.dir = r.Len, r.CapLen, r.Dir&1
	if r.Kind == trace.NoKind {
		return v
	}
	w := e.walk(r.Kind, r.Stream)
	v.Flow = w.flow
	if w.flow != nil {
		v.Src, v.Dst = w.flow.ends[v.dir].String(), w.flow.ends[v.dir^1].String()
	}
	v.Len = r.PayLen
	if r.Kind == trace.UDP {
		v.UDP = true
		return v
	}
	if r.Broken() {
		return v
	}
	v.TCP = true
	f := r.Flags
	v.SYN, v.ACK, v.FIN, v.RST, v.PSH, v.URG = f&tcp.SYN != 0, f&tcp.ACK != 0, f&tcp.FIN != 0, f&tcp.RST != 0, f&tcp.PSH != 0, f&tcp.URG != 0
	v.Flags, v.Seq, v.Ack, v.Next = flagNames(f), r.Seq, r.Ack, r.NextSeq()
	v.First = r.Seq
	if v.SYN {
		v.First++
	}
	if r.PayLen > 0 {
		v.Last = v.First + r.PayLen - 1
	}
	v.Window, v.WindowEnd = r.Window(), r.Ack+r.Window()
	v.InFlight, v.DupAck, v.DupOf = r.InFlight, r.DupAck, r.DupAckOf()
	if r.Verdict&tcp.DuplicateAck == 0 {
		v.DupAck = 0
	}
	if o := e.snap.Row(r.RTOFrom()); o != nil {
		v.WaitedFrom, v.Waited = r.RTOFrom(), int64(r.Time-o.Time)
	}
	w.relate(v, n, r)
	return v
}

// look gathers the fields of a packet's tree once they are asked for.
func (e *Explainer) look(v *Values, tree *dissect.Tree) {
	found := map[string][]node{}
	const most = 64 // of one field: the texts count, but do not list
	tree.Walk(func(_, _ int, n *dissect.Node) bool {
		if f := n.Field; f != nil && len(found[f.Abbrev]) < most {
			x := node{label: text.Printable(n.Label()), number: n.Uint()}
			if f.Type != dissect.TNone && f.Type != dissect.TProtocol {
				x.value = text.Printable(n.Value())
			}
			found[f.Abbrev] = append(found[f.Abbrev], x)
		}
		return true
	})
	v.fields = func(abbrev string) []node { return found[abbrev] }
}
