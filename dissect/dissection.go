package dissect

import (
	"strings"
	"unicode/utf8"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// Want says what a dissection is to make.
type Want uint8

// What can be wanted. Without any of them only Headers are found.
const (
	WantTree    Want = 1 << iota // the detail tree
	WantColumns                  // Source, Destination, Protocol, Info
	WantFields                   // the tree, but for lines of a text that have no field: for filters
)

// Input is what is to be taken apart, and what is known of it beside its bytes.
type Input struct {
	Number  packet.Number
	Packet  packet.Packet
	Iface   string      // the interface's name; empty if not known
	First   packet.Time // of the capture's first packet
	Prev    packet.Time // of the packet before; Packet.Time for the first
	Known   Knowledge   // what other packets have to do with this one; nil if nothing is known
	Section Section     // how the file was captured
}

// Section is what the file says of the packet's surroundings.
type Section struct {
	Number   uint32 // of the section, from 1; 0: the format has none
	HasIface bool   // the format has interfaces (pcapng, live), so frame.interface_id is shown
	IfaceID  uint32 // as the file counts them
	IfaceDsc string // its description
}

// Columns are the texts of the packet list.
type Columns struct {
	Src, Dst, Proto, Info string
}

// Knowledge is what the order of packets teaches of one packet: the trace keeps
// it, and a dissection asks for it. It must be safe to call from the goroutine
// that dissects. k counts the packet's transport headers from 0, outermost first.
type Knowledge interface {
	// TCP gives the facts of the k-th transport header, if it is a TCP one that
	// was put in order, and what is known of its stream.
	TCP(k int) (*tcp.Facts, *tcp.Summary)

	// TimeOf gives the time of another packet; false if it is not kept.
	TimeOf(n packet.Number) (packet.Time, bool)

	// UDP gives the stream number of the k-th transport header and the times since
	// the stream's first packet and since the one before, in ns.
	UDP(k int) (stream uint32, sinceFirst, sincePrev int64, ok bool)

	// Fragments gives the pieces of the datagram that this fragment completes, in
	// order of offset; none unless this packet completes one. in is the packet
	// that completes it, 0 if it is not complete.
	Fragments() (pieces []Piece, in packet.Number)

	// Messages gives the application's side of the packet; nil if nothing is known.
	Messages() *Messages

	// Sent gives what the direction of this packet has sent in its conversation from
	// one relative sequence number up to another, as far as it is kept: first is
	// the packet with the first of these bytes, and this packet brings the last. It
	// gives less of what is very long.
	Sent(first packet.Number, from, to uint32) []byte

	// QUIC gives what is remembered of QUIC in the packet's UDP conversation; nil for
	// nothing.
	QUIC() *QUICSession

	// DTLS gives what is remembered of DTLS in the packet's UDP conversation, nil for
	// nothing; the packet's direction there, 0 for that of the first one; and whether
	// only what was known when the packet came is shown.
	DTLS() (s *DTLSSession, dir uint8, first bool)

	// Peer gives the packet that this one answers or is answered by: DNS over UDP
	// and the like. 0 if there is none.
	Peer() Peer
}

// Piece is a part of something that was put together from several packets.
type Piece struct {
	Frame  packet.Number
	Off    uint32 // where it begins in the whole, bytes
	Data   []byte
	Flags  PieceFlags
	SrcOff uint32 // where its bytes begin in its own frame
}

// PieceFlags say what was odd about a piece (R73).
type PieceFlags uint8

// The oddities of pieces.
const (
	PieceOverlap  PieceFlags = 1 << iota // covers bytes that an earlier piece gave
	PieceConflict                        // and differs from them
	PieceTooLong
)

// Peer is the other half of a question and an answer.
type Peer struct {
	Query    packet.Number // the question; 0 unknown
	Response packet.Number // the answer; 0 unknown
	Time     int64         // ns from question to answer, where both are known
	Resent   packet.Number // the first packet with the same question, if this one repeats it
	Pending  bool          // an answer may still come: this is a first visit
}

// Headers is what the scan of a packet finds: its transport headers, and the
// fragment that it is. It holds no pointers into the packet but Payload.
type Headers struct {
	Transports []Transport // outermost first; the last is the one that conversations go by
	Fragment   Fragment    // valid if HasFragment
	Echo       Echo        // an ICMP echo message
	Networks   int         // IP headers, those quoted in ICMP errors too
	HasFragment,
	Malformed,
	Stopped bool // for whatever reason the headers were not gone through to their end
}

// Echo is an ICMP or ICMPv6 echo message: a question and an answer as those over
// UDP are. The sequence number is its id; its identifier stands for the ports of
// both ends in Flow, so that it can be paired in the same way.
type Echo struct {
	Question
	Flow  packet.Flow
	Valid bool
}

// Transport is one TCP or UDP header.
type Transport struct {
	tcp.Segment        // Flow is valid for UDP too; the rest for TCP only
	IsTCP       bool   // else UDP
	Payload     []byte // captured payload; aliases the packet
	PayOff      uint32 // where the payload begins in its source
	Wire        uint32 // payload bytes on the wire
}

// Fragment is an IP fragment.
type Fragment struct {
	Key   FragmentKey
	Off   uint32 // bytes
	More  bool
	Data  []byte // captured bytes of it; aliases the packet
	Whole bool   // all of its bytes were captured
	// V6 says that Key.Proto is the next header after the fragment header.
	V6 bool
}

// FragmentKey says which fragments belong together (RFC 791 §3.2, RFC 8200 §4.5).
type FragmentKey struct {
	Src, Dst [16]byte
	ID       uint32
	Proto    uint8
	V6       bool
}

// Dissection takes packets apart, one after the other. It may be reused for the
// next packet, which invalidates what the last one gave. It belongs to one
// goroutine.
type Dissection struct {
	in       *Input
	tree     *Tree // nil when nobody looks
	wantCols bool
	bare     bool // lines that have no field are left out of texts
	scan     bool // headers only: stop at the transport's payload
	decode   *DecodeAs

	head      *Headers
	protos    []*Proto
	depth     int // of nested protocols
	fail      failure
	failProto *Proto
	contained bool // it was bytes of a part that its whole does not have
	// Where the bytes end that the dissector had that failed.
	failEnd    int
	failSource uint8
	transport  int // index of the next transport header

	cols      Columns
	info      []byte
	fence     int  // Info before this stays when a protocol sets it
	protoLock bool // the Protocol column is fixed
	protoEnd  int  // what stands before it in the Protocol column stays
	twins     bool // fields are shown as those of the protocol that shares them

	// Where the sizes of messages go that are found inside of the head of a segment
	// and of the rest: behind these nodes of TCP's own; −1 without one.
	sizesAfter [2]int32

	treeMem Tree
	layer   layer
}

// layer is what an upper protocol must know of those below it.
type layer struct {
	src, dst         [16]byte
	v6               bool
	proto            uint8
	srcPort, dstPort uint16
	quoted           bool  // inside an ICMP error
	ttl              uint8 // hop limit for IPv6
	node6            int32 // of the innermost IPv6 header
}

type failure uint8

const (
	fine      failure = iota
	cutShort          // the snap length cut the packet
	malformed         // the packet ends where it must not
	stopped           // a dissector gave up after saying why
)

// maxDepth bounds how many protocols may be nested in one packet: more is not
// of this world, and recursion must end.
const maxDepth = 40

// NewDissection makes a Dissection. da may be nil.
func NewDissection(da *DecodeAs) *Dissection { return &Dissection{decode: da} }

// Scan finds the headers of a packet, without a tree, without columns and
// without memory of its own but what h has. h may be reused.
func (d *Dissection) Scan(in *Input, h *Headers) {
	d.reset(in, 0)
	d.scan, d.head = true, h
	*h = Headers{Transports: h.Transports[:0]}
	d.run()
	h.Malformed, h.Stopped = d.fail == malformed, d.fail != fine
}

// ScanDatagram finds the headers in a datagram that was put together from
// fragments, whose payload is whole, and adds them to h.
func (d *Dissection) ScanDatagram(g *Fragment, whole []byte, h *Headers) {
	key := g.Key
	if d.in == nil {
		d.in = new(Input)
	}
	d.reset(d.in, 0)
	d.scan, d.head = true, h
	d.layer.src, d.layer.dst, d.layer.v6, d.layer.proto = key.Src, key.Dst, key.V6, key.Proto
	c := cursor{d: d, b: whole, have: len(whole), limit: len(whole)}
	dissectIPProto(c, key.Proto)
	h.Malformed = h.Malformed || d.fail == malformed
}

// Run takes a packet apart. The results are valid until the next Run or Scan,
// and as long as the packet's bytes are.
func (d *Dissection) Run(in *Input, want Want) (*Tree, Columns) {
	d.reset(in, want)
	d.scan = false
	d.run()
	if d.wantCols {
		d.cols.Info = string(cutInfo(d.info))
	}
	return d.tree, d.cols
}

// maxInfo is how many bytes of the Info column are kept, as in Wireshark.
const maxInfo = 4095

// cutInfo shortens a text to maxInfo, without cutting a character.
func cutInfo(b []byte) []byte {
	if len(b) <= maxInfo {
		return b
	}
	n := maxInfo
	for n > maxInfo-utf8.UTFMax && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n]
}

func (d *Dissection) reset(in *Input, want Want) {
	mem := d.treeMem
	if d.tree != nil {
		mem = *d.tree
	}
	protos, info := d.protos[:0], d.info[:0]
	*d = Dissection{in: in, decode: d.decode, protos: protos, info: info, wantCols: want&WantColumns != 0, treeMem: mem}
	d.bare = want&WantTree == 0
	if want&(WantTree|WantFields) != 0 {
		d.treeMem.reset()
		d.tree = &d.treeMem
	}
}

func (d *Dissection) run() {
	data := d.in.Packet.Data
	c := cursor{d: d, b: data, have: len(data), limit: max(len(data), int(d.in.Packet.Len))}
	if d.tree != nil {
		d.tree.Sources = append(d.tree.Sources, Source{Name: "Frame", Bytes: data})
	}
	frame := dissectFrame(&c)
	dissectLink(c, d.in.Packet.Link)
	d.explainFailure(&c)
	if d.tree != nil {
		d.tree.open = d.tree.open[:0]
		if frame >= 0 {
			d.finishFrame(frame)
		}
	}
}

// network counts an IP header.
func (d *Dissection) network() {
	if d.scan && d.head != nil {
		d.head.Networks++
	}
}

// enter notes that a protocol begins.
func (d *Dissection) enter(p *Proto) {
	if d.scan {
		return
	}
	d.protos = append(d.protos, p)
}

// enterOnce notes a protocol unless it was the last one noted.
func (d *Dissection) enterOnce(p *Proto) {
	if d.scan || len(d.protos) > 0 && d.protos[len(d.protos)-1] == p {
		return
	}
	d.protos = append(d.protos, p)
}

// current gives the protocol that was entered last.
func (d *Dissection) current() *Proto {
	if len(d.protos) == 0 {
		return pFrame
	}
	return d.protos[len(d.protos)-1]
}

// cut ends the dissection: bytes were asked for that are not there.
func (d *Dissection) cut(beyondMessage bool) {
	if d.fail != fine {
		return
	}
	d.fail = cutShort
	if beyondMessage {
		d.fail = malformed
	}
	d.failProto = d.current()
}

func (d *Dissection) push() {
	if t := d.tree; t != nil {
		t.open = append(t.open, int32(len(t.Nodes)-1))
	}
}

// guard runs one message's dissector so that its failure is shown and does not
// end what follows it, as for messages that follow each other in a stream.
func (d *Dissection) guard(c *cursor, f func()) {
	if d.fail != fine {
		return
	}
	open := 0
	if d.tree != nil {
		open = len(d.tree.open)
	}
	f()
	if d.fail == fine || d.fail == stopped {
		d.fail = fine
		return
	}
	d.closeFailed(open)
	d.explainFailure(c)
	d.fail = fine
}

// closeFailed closes the nodes that a failure left open, down to the first n. They
// reach to where the bytes end that the dissector had.
func (d *Dissection) closeFailed(n int) {
	t := d.tree
	if t == nil {
		return
	}
	for _, i := range t.open[min(n, len(t.open)):] {
		if i < 0 {
			continue
		}
		if o := &t.Nodes[i]; o.Len == 0 && o.Source == d.failSource && o.Flags&Generated == 0 && (o.Field.Type == TProtocol || o.Field == fText) {
			o.Len = int32(max(0, min(d.failEnd, len(t.Sources[o.Source].Bytes))-int(o.Off)))
		}
	}
	t.open = t.open[:min(n, len(t.open))]
}

// explainFailure shows why a dissection ended early.
func (d *Dissection) explainFailure(c *cursor) {
	if d.scan || d.fail == fine || d.fail == stopped {
		return
	}
	d.closeFailed(0)
	short, why := d.failProto.Short, ""
	if d.contained {
		why = ": length of contained item exceeds length of containing item"
	}
	if d.fail == cutShort {
		if c.on() {
			c.addAt(&pShort.field, c.have, 0, Node{text: "Packet size limited during capture: " + short + " truncated", Flags: Generated | Warn})
		}
		d.infoAppend("[Packet size limited during capture]")
		return
	}
	if c.on() {
		c.addAt(&pMalformed.field, c.have, 0, Node{text: "Malformed Packet: " + short + why, Flags: Generated | Warn})
		d.push()
		c.expert(Error, GroupMalformed, eMalformed, "Malformed Packet (Exception occurred)")
		c.end()
	}
	d.infoAppend("[Malformed Packet" + why + "]")
}

// protocols names the frame's protocols, outermost first, as frame.protocols has them.
func (d *Dissection) protocolNames() string {
	var b strings.Builder
	for i, p := range d.protos {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(p.Abbrev)
	}
	return b.String()
}

// Protos lists the protocols that the last Run found, outermost first.
func (d *Dissection) Protos() []*Proto { return d.protos }
