package trace

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// Scanned is one packet with the headers that decoding found in it.
type Scanned struct {
	Packet  packet.Packet
	Headers dissect.Headers
}

// Writer puts packets into a trace, in capture order. There is one, and it
// belongs to the pipeline's sequencing goroutine.
type Writer struct {
	t    *Trace
	scan *dissect.Dissection // for datagrams put together from fragments
	now  func() time.Time

	facts tcp.Facts // of the segment at hand; here, so that it need not be allocated

	lacking map[uint32]struct{} // conversations whose secrets were not all there
	recent  [64]uint32          // the newest of them, in a ring
	lacked  int                 // how many there have been
	checked uint64              // the version of the key log that those were looked for in
	rekeyed uint64              // the version of the key log that they were looked for in
}

// Writer gives the trace's writer. It is asked for once.
func (t *Trace) Writer() *Writer {
	w := &Writer{t: t, scan: dissect.NewDissection(t.as), now: time.Now}
	t.mu.Lock()
	t.status.Started = w.now()
	t.mu.Unlock()
	return w
}

// Set changes what the status says: the source, the filter, the progress.
func (w *Writer) Set(change func(*Status)) {
	w.t.mu.Lock()
	change(&w.t.status)
	w.t.mu.Unlock()
	w.t.notify()
}

// Interfaces tells the interfaces known so far. section gives, for one of them,
// the number of its file's section, from 1, and the number by which that counts it,
// from 0; nil when the format has no interfaces.
func (w *Writer) Interfaces(list []packet.Interface, sectionOf func(iface uint32) (section, id uint32)) {
	w.t.mu.Lock()
	defer w.t.mu.Unlock()
	for i := len(w.t.tables.ifaces); i < len(list) && sectionOf != nil; i++ {
		number, id := sectionOf(uint32(i))
		w.t.tables.sections[uint32(i)] = section{true, number, id}
	}
	w.t.tables.ifaces = append(w.t.tables.ifaces[:0:0], list...)
}

// End says that no more packets will come, and why; nil and io.EOF are a clean end.
func (w *Writer) End(err error) {
	w.t.mu.Lock()
	tb := &w.t.tables
	for i := range len(tb.udp) {
		if tb.udp[i].snmp {
			first := tb.udp[i].first
			w.t.restream(first, tb.recount(uint32(i)))
		}
	}
	w.t.mu.Unlock()
	w.Set(func(s *Status) {
		s.Done, s.Ended = true, w.now()
		if err != nil && !errors.Is(err, io.EOF) {
			s.Err = err
		}
	})
}

// Append puts packets in order behind those that are there and publishes them.
// The packets' Pos must be where the store has their bytes.
func (w *Writer) Append(batch []Scanned) {
	for {
		k, found := w.append(batch)
		if batch = batch[k:]; len(found) == 0 {
			return
		}
		w.unlock(found)
	}
}

// append is Append up to a packet before which secrets have come that conversations
// lacked; those are in found. It says how many packets it has put in order.
func (w *Writer) append(batch []Scanned) (done int, found []uint32) {
	t := w.t
	t.mu.Lock()
	n := packet.Number(t.count.Load())
	for i := range batch {
		if found = w.keysCome(&batch[i]); len(found) > 0 {
			batch = batch[:i]
			break
		}
		n++
		r := t.slot(n)
		w.row(r, n, &batch[i])
	}
	st := &t.status
	if len(batch) > 0 {
		if st.Packets == 0 {
			st.First = batch[0].Packet.Time
			st.Earliest, st.Latest = st.First, st.First
		}
		st.Packets += uint64(len(batch))
		for i := range batch {
			st.Earliest = min(st.Earliest, batch[i].Packet.Time)
			st.Latest = max(st.Latest, batch[i].Packet.Time)
			st.Back = max(st.Back, st.Latest.Sub(batch[i].Packet.Time))
			st.Bytes += uint64(batch[i].Packet.Len)
		}
	}
	t.count.Store(uint32(n))
	t.mu.Unlock()
	t.notify()
	return len(batch), found
}

// restream changes the number of the conversation that packet n belongs to: the
// one thing of a row that may change, by one store, after it has been published.
func (t *Trace) restream(n packet.Number, stream uint32) {
	ix := t.rows.Load()
	if n < ix.first {
		return
	}
	i := int(n - ix.base)
	atomic.StoreUint32(&ix.chunks[i/chunkRows][i%chunkRows].Stream, stream)
}

// slot gives the place of row n, which is the one after the newest.
func (t *Trace) slot(n packet.Number) *Row {
	ix := t.rows.Load()
	i := int(n - ix.base)
	if i/chunkRows == len(ix.chunks) {
		next := &index{chunks: append(ix.chunks, new(chunk)), base: ix.base, first: ix.first}
		t.rows.Store(next)
		ix = next
	}
	return &ix.chunks[i/chunkRows][i%chunkRows]
}

// Evict forgets the packets up to and with last: their bytes are gone.
func (w *Writer) Evict(last packet.Number) {
	t := w.t
	ix := t.rows.Load()
	if last < ix.first {
		return
	}
	next := &index{base: ix.base, first: last + 1, chunks: ix.chunks}
	if k := int(next.first-ix.base) / chunkRows; k > 0 {
		k = min(k, len(ix.chunks))
		next.chunks = append([]*chunk(nil), ix.chunks[k:]...)
		next.base += packet.Number(k * chunkRows)
	}
	t.rows.Store(next)
	t.mu.Lock()
	t.status.Evicted = last
	t.tables.forget(last)
	t.mu.Unlock()
	t.notify()
}

// forget drops what the tables keep of single packets up to last.
func (t *tables) forget(last packet.Number) {
	for n := range t.outer {
		if n <= last {
			delete(t.outer, n)
		}
	}
	for n := range t.comments {
		if n <= last {
			delete(t.comments, n)
		}
	}
	for n := range t.frags.of {
		if n <= last {
			delete(t.frags.of, n)
		}
	}
	for n := range t.resent {
		if n <= last {
			delete(t.resent, n)
		}
	}
	t.pdus.Forget(last + 1)
	for i := range t.apps {
		t.apps[i].session.Forget(last)
	}
	for k := range min(int(last)/chunkRows, len(t.exchangeOf.page)) {
		t.exchangeOf.page[k] = nil
	}
}

// row fills the row of packet n.
func (w *Writer) row(r *Row, n packet.Number, s *Scanned) {
	p := &s.Packet
	*r = Row{Time: p.Time, pos: p.Pos, CapLen: p.CapLen, Len: p.Len, iface: uint16(min(p.Iface, 0xffff)), payOff: farOff}
	if p.NoTime {
		r.bits |= rowNoTime
	}
	tb := &w.t.tables
	if p.Comment != "" {
		r.bits |= rowComment
		tb.comments[n] = p.Comment
	}
	h := &s.Headers
	if h.HasFragment {
		r.bits |= rowFragment
		if whole := tb.frags.add(n, &h.Fragment); whole != nil {
			w.scan.ScanDatagram(&h.Fragment, whole, h)
		}
	}
	if h.Malformed {
		r.bits |= rowMalformed
	}
	if h.Networks == 1 && !h.Stopped {
		r.bits |= rowPlain
	}
	if h.Echo.Valid {
		tb.ask(n, p.Time, question{echo: echoKey(h.Echo.Flow)}, h.Echo.Question)
	}
	last := len(h.Transports) - 1
	for k := range h.Transports {
		x := &h.Transports[k]
		x.Number, x.Time = n, p.Time
		inner := k == last && !(x.IsTCP && x.Fit == tcp.Quoted)
		w.transport(r, n, x, k, inner)
	}
	if last > 0 {
		r.bits |= rowMany
	}
}

// transport puts one transport header into its conversation.
func (w *Writer) transport(r *Row, n packet.Number, x *dissect.Transport, k int, inner bool) {
	tb := &w.t.tables
	if !x.IsTCP {
		stream, dir, prev := tb.putUDP(n, x.Time, x.Flow, x.Wire, r.Len, w.t.restream)
		if !inner {
			tb.outer[n] = append(tb.outer[n], outer{k: k, kind: UDP, facts: tcp.Facts{Stream: stream, Dir: dir, Prev: prev}})
			return
		}
		r.Kind, r.Stream, r.Dir, r.Prev, r.PayLen = UDP, stream, dir, prev, x.Wire
		r.payOff = uint8(min(x.PayOff, farOff))
		if len(x.Payload) > 0 && x.Payload[0]&0xc0 == 0xc0 {
			tb.putQUIC(n, stream, x.Payload)
		}
		if len(x.Payload) > 0 && x.Payload[0] >= 20 && x.Payload[0] <= 25 {
			tb.putDTLS(n, stream, dir, x.Payload)
		}
		if prev == 0 && dissect.IsSNMP(x.Payload, x.Flow.Src.Port, x.Flow.Dst.Port) {
			tb.udp[stream].snmp = true
		}
		if q, ok := w.t.as.UDPQuestion(x.Payload, x.Flow.Src.Port, x.Flow.Dst.Port); ok {
			tb.ask(n, x.Time, question{stream: stream}, q)
		}
		return
	}
	conv, facts := tb.tcp.Add(&x.Segment)
	w.facts = facts
	f := &w.facts
	if int(f.Stream) == len(tb.convs) {
		tb.convs = append(tb.convs, conv)
		tb.apps = append(tb.apps, app{})
	}
	if x.Fit != tcp.Quoted {
		conv.Count(f.Dir, r.Len)
	}
	if !inner {
		tb.outer[n] = append(tb.outer[n], outer{k: k, kind: TCP, quoted: x.Fit == tcp.Quoted, facts: *f})
		return
	}
	r.Kind, r.Stream, r.Dir, r.Prev = TCP, f.Stream, f.Dir, f.Prev
	r.Seq, r.Ack, r.PayLen, r.Flags, r.window = f.Seq, f.Ack, x.Len, x.Flags, x.Window
	r.Verdict, r.scale = f.Verdict, scaleOf(f.Scale)
	r.Acks, r.DupAck, r.InFlight, r.push = f.AcksFrame, f.DupAckNum, f.BytesInFlight, f.PushBytes
	r.ref = f.RTOFrame
	if f.Verdict&tcp.DuplicateAck != 0 {
		r.ref = f.DupAckFrame
	}
	r.payOff = uint8(min(x.PayOff, farOff))
	if x.Opts.Has&tcp.OptSACK != 0 && x.Opts.NSACK == 0 {
		r.bits &^= rowPlain // the detail tree stops at such an option
	}
	if x.Fit != tcp.Sound {
		r.bits |= rowOdd
	}
	if x.Fit == tcp.Sound {
		w.messages(r, n, f, x)
	}
}

// echoKey is the two ends of an ICMP echo, whichever asks.
func echoKey(f packet.Flow) packet.Flow {
	key, _ := f.Canonical()
	return key
}

// ask pairs questions with answers. key says between whom.
func (t *tables) ask(n packet.Number, at packet.Time, key question, q dissect.Question) {
	key.id = q.ID
	i := t.pending[key]
	var x *dissect.Exchange
	if i > 0 {
		x = &t.exchanges[i-1]
	}
	y, resent := x.Next(q, n, at)
	if resent > 0 {
		t.resent[n] = resent
	}
	if y == nil {
		return
	}
	if y != x {
		const most = 1 << 18 // questions kept: a flood of unanswered ones must not take memory without end
		if len(t.pending) >= most {
			clear(t.pending)
		}
		t.exchanges = append(t.exchanges, *y)
		i = uint32(len(t.exchanges))
		t.pending[key] = i
	}
	t.exchangeOf.set(n, i)
}
