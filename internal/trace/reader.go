package trace

import (
	"fmt"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// Reader dissects packets of a trace with all that the trace knows of them. It
// belongs to one goroutine; make as many as there are goroutines.
type Reader struct {
	t     *Trace
	visit Visit
	d     *dissect.Dissection
	buf   []byte
	in    dissect.Input
	know  knowledge
	nano  bool // the time stamps of the packet's interface carry nanoseconds

	window window // of Bytes

	scan  *dissect.Dissection // to find payloads again
	heads dissect.Headers
	side  []byte
	frags []byte // payloads of the message that was put together last
	whole []byte // and what they are together
}

// NewReader makes a reader that shows all that the trace knows by now.
func (t *Trace) NewReader() *Reader { return t.NewVisitor(SecondVisit) }

// Dissect takes packet n apart. What it gives is valid until the next call. An
// error means that the packet is not kept any more or cannot be read again.
func (r *Reader) Dissect(n packet.Number, want dissect.Want) (*dissect.Tree, dissect.Columns, error) {
	if err := r.load(n); err != nil {
		return nil, dissect.Columns{}, err
	}
	tree, cols := r.d.Run(&r.in, want)
	return tree, cols, nil
}

// Packet gives packet n with its bytes, valid until the next call of the reader.
func (r *Reader) Packet(n packet.Number) (packet.Packet, error) {
	if err := r.load(n); err != nil {
		return packet.Packet{}, err
	}
	return r.in.Packet, nil
}

// Bytes gives the captured bytes of packet n of a snapshot, valid until the next
// call of Bytes. Packets in order are read together, which makes it far quicker
// than Packet; nothing else becomes known of them.
func (r *Reader) Bytes(s Snapshot, n packet.Number) ([]byte, error) {
	row := s.Row(n)
	if row == nil {
		return nil, fmt.Errorf("packet %d is not kept", n)
	}
	return r.window.read(r.t, row)
}

// Captured gives the bytes of the packet that was read last, valid until the next call.
func (r *Reader) Captured() []byte { return r.in.Packet.Data }

// Nano says whether the time stamp of the packet that was read last carries
// nanoseconds; microseconds it always does.
func (r *Reader) Nano() bool { return r.nano }

// Protocols names the protocols of the packet that was dissected last.
func (r *Reader) Protocols() []*dissect.Proto { return r.d.Protos() }

// load reads packet n and gathers what is known of it.
func (r *Reader) load(n packet.Number) error {
	s := r.t.Snapshot()
	row := s.Row(n)
	if row == nil {
		return fmt.Errorf("packet %d is not kept", n)
	}
	var err error
	if r.buf, err = r.t.read(row, r.buf); err != nil {
		return fmt.Errorf("packet %d: %w", n, err)
	}
	r.in = dissect.Input{Number: n, First: row.Time, Prev: row.Time, Known: &r.know}
	if prev := s.Row(n - 1); prev != nil {
		r.in.Prev = prev.Time
	}
	r.know = knowledge{r: r, s: s, n: n, row: row}
	r.t.mu.RLock()
	defer r.t.mu.RUnlock()
	tb := &r.t.tables
	r.in.First = r.t.status.First
	r.in.Packet = packet.Packet{Meta: tb.meta(row), Data: r.buf, Pos: row.pos}
	r.nano = false
	if i := int(row.iface); i < len(tb.ifaces) {
		r.nano = tb.ifaces[i].Nano
		r.in.Iface = tb.ifaces[i].Name
		r.in.Section.IfaceDsc = tb.ifaces[i].Description
	}
	if g, ok := tb.sections[uint32(row.iface)]; ok {
		r.in.Section.Number, r.in.Section.HasIface, r.in.Section.IfaceID = g.number, g.has, g.id
	}
	if row.bits&rowComment != 0 {
		r.in.Packet.Comment = tb.comments[n]
	}
	r.know.gather(tb)
	switch {
	case r.visit == FirstVisit:
		r.know.firstVisit(tb)
	case row.Kind == TCP:
		r.know.plan.secondVisit(row, n, tb.apps[row.Stream].order)
	}
	return nil
}

// noIface is the interface of a row that is a record of the file.
const noIface = 0xffff

// meta gives what the capture says of a row's packet.
func (t *tables) meta(row *Row) packet.Meta {
	m := packet.Meta{Time: row.Time, CapLen: row.CapLen, Len: row.Len, Iface: uint32(row.iface), NoTime: row.bits&rowNoTime != 0}
	if row.iface == noIface {
		m.Iface, m.Link = packet.NoIface, packet.LinkRecord
		return m
	}
	if i := int(row.iface); i < len(t.ifaces) {
		m.Link = t.ifaces[i].Link
	}
	return m
}

// knowledge is what the trace knows of one packet: copied when the packet is
// loaded, so that a dissection holds no lock.
type knowledge struct {
	r   *Reader
	s   Snapshot
	n   packet.Number
	row *Row

	first   bool   // only what was known when the packet came
	inner   int    // which transport header the row is of; −1 none
	stream  uint32 // of the row
	summary tcp.Summary
	facts   tcp.Facts
	udp     udpConv
	outer   []outerKnown
	pieces  []piece
	done    packet.Number
	peer    dissect.Peer
	plan    messagePlan
}

type outerKnown struct {
	outer
	summary tcp.Summary
	udp     udpConv
}

// gather copies from the tables, whose lock is held.
func (k *knowledge) gather(tb *tables) {
	row := k.row
	for _, o := range tb.outer[k.n] {
		x := outerKnown{outer: o}
		if o.kind == TCP {
			x.summary = tb.convs[o.facts.Stream].SummaryAt(k.n)
		} else {
			x.udp = tb.udp[o.facts.Stream]
		}
		k.outer = append(k.outer, x)
	}
	k.inner, k.stream = -1, row.Stream
	switch row.Kind {
	case TCP:
		k.inner = len(k.outer)
		k.summary = tb.convs[row.Stream].SummaryAt(k.n)
		k.facts = row.facts(k.s)
		k.facts.SeqOtherBase = tb.convs[row.Stream].BaseAt(row.Dir^1, k.n)
		k.plan = tb.plan(row)
	case UDP:
		k.inner = len(k.outer)
		k.udp = tb.udp[row.Stream]
	}
	k.peer = tb.peer(k.n)
	if d := tb.frags.of[k.n]; d != nil {
		k.done = d.done
		if d.done == k.n {
			k.pieces = append(k.pieces, d.pieces...)
		}
	}
}

// facts puts a row's facts together again, but for SeqOtherBase.
func (r *Row) facts(s Snapshot) tcp.Facts {
	f := tcp.Facts{
		Stream: r.Stream, Dir: r.Dir, Verdict: r.Verdict,
		Seq: r.Seq, Ack: r.Ack, NextSeq: r.NextSeq(), Window: r.Window(), Scale: r.factor(), Prev: r.Prev,
		AcksFrame: r.Acks, DupAckNum: r.DupAck, BytesInFlight: r.InFlight, PushBytes: r.push,
	}
	if r.Verdict&tcp.Analysed == 0 {
		f.Window = uint32(r.window)
	}
	if a := s.Row(r.Acks); a != nil {
		f.RTT = int64(r.Time - a.Time)
	}
	if r.Verdict&tcp.DuplicateAck != 0 {
		f.DupAckFrame = r.ref
	} else if r.ref != 0 {
		f.RTOFrame = r.ref
		if a := s.Row(r.ref); a != nil {
			f.RTO = int64(r.Time - a.Time)
		}
	}
	return f
}

// TCP implements dissect.Knowledge.
func (k *knowledge) TCP(i int) (*tcp.Facts, *tcp.Summary) {
	if i == k.inner && k.row.Kind == TCP {
		return &k.facts, &k.summary
	}
	for j := range k.outer {
		if o := &k.outer[j]; o.k == i && o.kind == TCP {
			return &o.facts, &o.summary
		}
	}
	return nil, nil
}

// TimeOf implements dissect.Knowledge.
func (k *knowledge) TimeOf(n packet.Number) (packet.Time, bool) {
	if r := k.s.Row(n); r != nil {
		return r.Time, true
	}
	return 0, false
}

// UDP implements dissect.Knowledge.
func (k *knowledge) UDP(i int) (stream uint32, sinceFirst, sincePrev int64, ok bool) {
	times := func(first packet.Time, prev packet.Number) (int64, int64) {
		since := int64(0)
		if r := k.s.Row(prev); r != nil {
			since = int64(k.row.Time - r.Time)
		}
		return int64(k.row.Time - first), since
	}
	if i == k.inner && k.row.Kind == UDP {
		a, b := times(k.udp.firstTime, k.row.Prev)
		return k.stream, a, b, true
	}
	for j := range k.outer {
		if o := &k.outer[j]; o.k == i && o.kind == UDP {
			a, b := times(o.udp.firstTime, o.facts.Prev)
			return o.facts.Stream, a, b, true
		}
	}
	return 0, 0, 0, false
}

// Fragments implements dissect.Knowledge.
func (k *knowledge) Fragments() ([]dissect.Piece, packet.Number) {
	if k.done != k.n {
		return nil, k.done
	}
	out := make([]dissect.Piece, 0, len(k.pieces))
	for _, p := range k.pieces {
		out = append(out, dissect.Piece{Frame: p.frame, Off: p.off, Data: k.r.fragment(k.s, p.frame)})
	}
	return out, k.done
}

// fragment reads the bytes of a fragment again.
func (r *Reader) fragment(s Snapshot, n packet.Number) []byte {
	if !r.rescan(s, n) || !r.heads.HasFragment {
		return nil
	}
	return append([]byte(nil), r.heads.Fragment.Data...)
}

// rescan reads packet n into the side buffer and finds its headers.
func (r *Reader) rescan(s Snapshot, n packet.Number) bool {
	row := s.Row(n)
	if row == nil {
		return false
	}
	var err error
	if r.side, err = r.t.read(row, r.side); err != nil {
		return false
	}
	r.t.mu.RLock()
	meta := r.t.tables.meta(row)
	r.t.mu.RUnlock()
	in := dissect.Input{Number: n, Packet: packet.Packet{Meta: meta, Data: r.side}}
	r.scan.Scan(&in, &r.heads)
	return true
}

// Payload gives the captured payload of packet n's innermost TCP or UDP header,
// nil if it has none. It is valid until the next call of the reader.
func (r *Reader) Payload(n packet.Number) ([]byte, error) {
	s := r.t.Snapshot()
	row := s.Row(n)
	if row == nil {
		return nil, fmt.Errorf("packet %d is not kept", n)
	}
	if row.Kind == NoKind {
		return nil, nil
	}
	if row.payOff != farOff && row.bits&rowFragment == 0 {
		var err error
		if r.side, err = r.t.read(row, r.side); err != nil {
			return nil, fmt.Errorf("packet %d: %w", n, err)
		}
		if int(row.payOff) > len(r.side) {
			return nil, nil
		}
		b := r.side[row.payOff:]
		return b[:min(len(b), int(row.PayLen))], nil
	}
	if !r.rescan(s, n) {
		return nil, fmt.Errorf("packet %d cannot be read again", n)
	}
	if r.heads.HasFragment {
		whole := r.joined(s, n)
		if whole == nil {
			return nil, nil
		}
		r.scan.ScanDatagram(&r.heads.Fragment, whole, &r.heads)
	}
	if k := len(r.heads.Transports); k > 0 {
		return r.heads.Transports[k-1].Payload, nil
	}
	return nil, nil
}

// joined puts the datagram together that packet n completed.
func (r *Reader) joined(s Snapshot, n packet.Number) []byte {
	r.t.mu.RLock()
	var pieces []piece
	if d := r.t.tables.frags.of[n]; d != nil && d.done == n {
		pieces = append(pieces, d.pieces...)
	}
	r.t.mu.RUnlock()
	var whole []byte
	for _, p := range pieces {
		data := r.fragment(s, p.frame)
		if have := uint32(len(whole)); p.off <= have && p.off+uint32(len(data)) > have {
			whole = append(whole, data[have-p.off:]...)
		}
	}
	r.rescan(s, n)
	return whole
}

// QUIC implements dissect.Knowledge.
func (k *knowledge) QUIC() *dissect.QUICSession {
	if k.inner < 0 || k.row.Kind != UDP {
		return nil
	}
	return k.udp.quic
}

// DTLS implements dissect.Knowledge.
func (k *knowledge) DTLS() (*dissect.DTLSSession, uint8, bool) {
	if k.inner < 0 || k.row.Kind != UDP {
		return nil, 0, false
	}
	return k.udp.dtls, k.row.Dir, k.first
}

// Peer implements dissect.Knowledge.
func (k *knowledge) Peer() dissect.Peer { return k.peer }

// peer gives the other half of a question and its answer.
func (t *tables) peer(n packet.Number) dissect.Peer {
	resent := t.resent[n]
	i := t.exchangeOf.get(n)
	if i == 0 {
		return dissect.Peer{Resent: resent}
	}
	return t.exchanges[i-1].Peer(resent)
}

// Relations is what a packet has to do with others, for the marks in the margin
// of the packet list (R85–R87). Zero is "none".
type Relations struct {
	Kind        Kind
	Stream      uint32
	First, Last packet.Number // of the conversation

	Request  packet.Number // this packet answers it
	Response packet.Number // this packet is answered by it
	Acks     packet.Number
	DupAckOf packet.Number
	Parts    []packet.Number // other packets that its fields name
}

// Relations finds what packet n has to do with others. It dissects the packet,
// so it ends what the last Dissect gave.
func (r *Reader) Relations(n packet.Number) Relations {
	tree, _, err := r.Dissect(n, dissect.WantTree)
	if err != nil {
		return Relations{}
	}
	row := r.know.row
	rel := Relations{Kind: row.Kind, Stream: row.Stream}
	if c, ok := r.t.Conversation(row.Kind, row.Stream); ok && row.Kind != NoKind {
		rel.First, rel.Last = c.First, c.Last
	}
	for i := range tree.Nodes {
		x := &tree.Nodes[i]
		if x.Field == nil || x.Field.Type != dissect.TFrame {
			continue
		}
		to := packet.Number(x.Uint())
		switch x.Field.Abbrev {
		case "tcp.analysis.acks_frame":
			rel.Acks = to
		case "tcp.analysis.duplicate_ack_frame":
			rel.DupAckOf = to
		case "http.request_in", "dns.response_to":
			rel.Request = to
		case "http.response_in", "dns.response_in":
			rel.Response = to
		default:
			rel.Parts = append(rel.Parts, to)
		}
	}
	return rel
}
