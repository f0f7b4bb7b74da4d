package trace

import (
	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// tables hold what spans packets. The writer changes them, readers copy from
// them; Trace.mu guards both.
type tables struct {
	ifaces []packet.Interface

	tcp   *tcp.Table
	convs []*tcp.Conversation // by stream
	apps  []app               // by stream

	udpKey map[packet.Flow]uint32
	quics  uint32 // QUIC connections so far
	spoken int    // UDP conversations of which QUIC is remembered
	udp    []udpConv

	pdus tcp.PDUs

	outer    map[packet.Number][]outer // transport headers that the row has no room for
	comments map[packet.Number]string
	sections map[uint32]section // by interface index

	frags      fragments
	exchanges  []dissect.Exchange
	pending    map[question]uint32 // newest exchange of a conversation and id: place in exchanges, from 1
	exchangeOf pages               // by packet, the same
	resent     map[packet.Number]packet.Number
}

func (t *tables) init() {
	t.tcp = tcp.NewTable()
	t.udpKey = make(map[packet.Flow]uint32)
	t.outer = make(map[packet.Number][]outer)
	t.comments = make(map[packet.Number]string)
	t.sections = make(map[uint32]section)
	t.pending = make(map[question]uint32)
	t.resent = make(map[packet.Number]packet.Number)
	t.frags.init()
}

// udpConv is one udp.stream.
type udpConv struct {
	flow        packet.Flow // of the first packet
	first, last packet.Number
	firstTime   packet.Time
	lastTime    packet.Time
	traffic     [2]tcp.Traffic
	quic        *dissect.QUICSession // nil unless QUIC was seen to begin
	dtls        *dissect.DTLSSession // nil unless a DTLS handshake was seen
	snmp        bool                 // still to be counted again: see recount
	recounted   bool                 // it had the number was before
	was         uint32
}

// outer is a transport header that the row has no room for: those outside a
// tunnel's innermost one, and those quoted in an ICMP error.
type outer struct {
	k      int // which of the packet's headers
	kind   Kind
	quoted bool
	facts  tcp.Facts // for UDP: Stream, Dir and Prev only
}

type section struct {
	has    bool
	number uint32
	id     uint32
}

type question struct {
	stream uint32      // of UDP
	echo   packet.Flow // of ICMP; zero for UDP
	id     uint16
}

func (t *tables) streams(k Kind) int {
	switch k {
	case TCP:
		return len(t.convs)
	case UDP:
		return len(t.udp)
	}
	return 0
}

func (t *tables) conversation(k Kind, stream uint32) (Conversation, bool) {
	if int(stream) >= t.streams(k) {
		return Conversation{}, false
	}
	if k == TCP {
		return Conversation{TCP, t.convs[stream].Summary(), t.apps[stream].session.TLSInfo()}, true
	}
	u := &t.udp[stream]
	info := u.quic.TLSInfo()
	if u.dtls != nil {
		info = u.dtls.TLSInfo()
	}
	return Conversation{Kind: UDP, TLS: info, Summary: tcp.Summary{
		Stream: stream, Flow: u.flow, First: u.first, Last: u.last,
		FirstTime: u.firstTime, LastTime: u.lastTime, Traffic: u.traffic, Server: -1,
		Zeek: tcp.Datagrams(u.flow, [2]bool{u.traffic[0].Packets > 0, u.traffic[1].Packets > 0}),
	}}, true
}

func (t *tables) conversations(k Kind, buf []Conversation) []Conversation {
	for i := range t.streams(k) {
		if c, _ := t.conversation(k, uint32(i)); c.First != 0 {
			buf = append(buf, c)
		}
	}
	return buf
}

// recount gives a UDP conversation a new number and leaves the old one unused.
//
// Wireshark's dissector of SNMP opens a second conversation for the same two ends,
// which counts: with their second packet, or, if there is none, when a complete
// capture is gone through again. Numbers that differ from Wireshark's would be
// worse than numbers that skip one.
func (t *tables) recount(stream uint32) uint32 {
	u := t.udp[stream]
	u.snmp, u.recounted, u.was = false, true, stream
	next := uint32(len(t.udp))
	t.udp = append(t.udp, u)
	t.udp[stream] = udpConv{}
	key, _ := u.flow.Canonical()
	t.udpKey[key] = next
	return next
}

// putUDP puts a datagram into its conversation.
func (t *tables) putUDP(n packet.Number, at packet.Time, flow packet.Flow, wire, frame uint32, restream func(packet.Number, uint32)) (stream uint32, dir uint8, prev packet.Number) {
	key, _ := flow.Canonical()
	stream, ok := t.udpKey[key]
	if ok && t.udp[stream].snmp {
		first := t.udp[stream].first
		stream = t.recount(stream)
		restream(first, stream)
	}
	if !ok {
		stream = uint32(len(t.udp))
		t.udpKey[key] = stream
		t.udp = append(t.udp, udpConv{flow: flow, first: n, firstTime: at})
	}
	u := &t.udp[stream]
	if flow != u.flow {
		dir = 1
	}
	prev = u.last
	u.last, u.lastTime = n, at
	u.traffic[dir].Packets++
	u.traffic[dir].Payload += uint64(wire)
	u.traffic[dir].Bytes += uint64(frame)
	return stream, dir, prev
}

// maxQUIC bounds the UDP conversations of which QUIC or DTLS is remembered: some kilobytes each.
const maxQUIC = 1 << 15

// putQUIC takes over what is to be remembered of a datagram of QUIC.
func (t *tables) putQUIC(n packet.Number, stream uint32, payload []byte) {
	u := &t.udp[stream]
	if u.quic == nil {
		if t.spoken >= maxQUIC || !dissect.IsQUICInitial(payload) {
			return
		}
		t.spoken++
		u.quic = dissect.NewQUICSession(&t.quics)
	}
	u.quic.Add(n, payload)
}

// putDTLS takes over what is to be remembered of a datagram of DTLS.
func (t *tables) putDTLS(n packet.Number, stream uint32, dir uint8, payload []byte) {
	u := &t.udp[stream]
	if u.dtls == nil {
		if t.spoken >= maxQUIC || !dissect.IsDTLS(payload) {
			return
		}
		t.spoken++
		u.dtls = dissect.NewDTLSSession()
	}
	u.dtls.Add(n, dir, payload)
}

// pages is a sparse array of numbers by packet number.
type pages struct{ page []*[chunkRows]uint32 }

func (p *pages) set(n packet.Number, v uint32) {
	k := int(n) / chunkRows
	for len(p.page) <= k {
		p.page = append(p.page, nil)
	}
	if p.page[k] == nil {
		p.page[k] = new([chunkRows]uint32)
	}
	p.page[k][int(n)%chunkRows] = v
}

func (p *pages) get(n packet.Number) uint32 {
	if k := int(n) / chunkRows; k < len(p.page) && p.page[k] != nil {
		return p.page[k][int(n)%chunkRows]
	}
	return 0
}

// stateOf words how a TCP conversation stands.
func stateOf(s *tcp.Summary) string { return s.Ends.Status().String() }

// Memory is roughly how many bytes the trace keeps for rows and tables.
func (t *Trace) Memory() int64 {
	ix := t.rows.Load()
	t.mu.RLock()
	defer t.mu.RUnlock()
	tb := &t.tables
	const (
		perConv  = 1200 // a conversation with its place in the maps, and its session
		perUDP   = 250
		perQUIC  = 6000
		perPDU   = 32
		perOuter = 250
	)
	return int64(len(ix.chunks))*chunkRows*rowSize + int64(len(tb.convs))*perConv + int64(len(tb.udp))*perUDP + int64(tb.spoken)*perQUIC +
		int64(tb.pdus.Len())*perPDU + int64(len(tb.outer))*perOuter + int64(len(tb.frags.of))*100
}
