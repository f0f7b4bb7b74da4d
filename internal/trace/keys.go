package trace

import (
	"slices"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/tlskeys"
)

// KeyStatus says how a key log stands.
type KeyStatus struct {
	Path    string // of the file that is read as it grows; empty if there is none
	Waiting bool   // it is not there: it is read as soon as it is
	Secrets int    // lines with a secret, those inside of the capture file included
	Err     error  // what is wrong with it, if anything: it is looked at again
}

// UseKeys says which key log opens TLS. It is called before the trace has packets;
// the log may grow later: see Writer.Rekey.
//
// refresh, which may be nil, is called while packets are put in order, by the goroutine that
// does so, when secrets are missing: it may add to the log what has come meanwhile, and must
// return soon. again says that they were missing before.
func (t *Trace) UseKeys(log *tlskeys.Log, refresh func(again bool)) { t.keys, t.refresh = log, refresh }

// session makes what an application remembers of a conversation.
func (w *Writer) session(kind dissect.App, a *app, stream uint32, flow packet.Flow) *dissect.Session {
	s := dissect.NewSession(kind)
	if w.t.keys != nil {
		d := dissect.Decryption{
			Keys:    w.t.keys,
			PDUs:    &w.t.tables.pdus,
			Stream:  stream,
			Server:  a.serverPort(flow),
			Missing: func() { w.lacks(stream) },
		}
		if w.t.refresh != nil {
			d.Refresh = func() { w.t.refresh(false) }
		}
		s.Decrypt(d)
	}
	return s
}

// maxLacking bounds the conversations that are remembered because their secrets
// were not there.
const maxLacking = 1 << 16

// lacks notes that the secrets of a conversation were not all there.
func (w *Writer) lacks(stream uint32) {
	if w.lacking == nil || len(w.lacking) >= maxLacking {
		w.lacking = make(map[uint32]struct{})
	}
	if _, ok := w.lacking[stream]; !ok {
		w.recent[w.lacked%len(w.recent)] = stream
		w.lacked++
	}
	w.lacking[stream] = struct{}{}
}

// keysCome finds the conversations, among those that lacked secrets most recently, whose
// secrets have come before a packet: what was captured of them is to be gone through again
// before the packet is put in order.
func (w *Writer) keysCome(s *Scanned) (found []uint32) {
	h := &s.Headers
	if len(w.lacking) == 0 || w.t.refresh == nil || len(h.Transports) == 0 || len(h.Transports[len(h.Transports)-1].Payload) == 0 {
		return nil
	}
	w.t.refresh(true)
	v := w.t.keys.Version()
	if v == w.checked {
		return nil
	}
	w.checked = v
	for _, stream := range w.recent[:min(w.lacked, len(w.recent))] {
		if _, ok := w.lacking[stream]; ok && w.t.tables.apps[stream].session.Unlocks() {
			found = append(found, stream)
		}
	}
	return found
}

// Rekey looks again at the conversations whose secrets were not there: the key log
// has grown. Where there are some by now, what was captured of the conversation
// is gone through again. Rows do not change by it, but what is inside of their
// packets does.
func (w *Writer) Rekey() {
	v := w.t.keys.Version()
	if v == w.rekeyed {
		return
	}
	w.rekeyed = v
	var found []uint32
	for stream := range w.lacking {
		if w.t.tables.apps[stream].session.Unlocks() {
			found = append(found, stream)
		}
	}
	w.unlock(found)
}

// unlock goes again through conversations whose secrets have come.
func (w *Writer) unlock(found []uint32) {
	if len(found) == 0 {
		return
	}
	slices.Sort(found)
	r := w.t.NewReader()
	for _, stream := range found {
		delete(w.lacking, stream)
		w.replay(r, stream)
	}
	w.t.notify()
}

// replay goes through a conversation again with the secrets that are known now.
// What of its beginning is no longer kept leaves it as it is.
func (w *Writer) replay(r *Reader, stream uint32) {
	tb := &w.t.tables
	a := &tb.apps[stream]
	s := w.t.Snapshot()
	summary := tb.convs[stream].Summary()
	numbers := s.chain(summary.Last, TCP, stream, a.session.From())
	if len(numbers) == 0 || numbers[0] != a.session.From() {
		return
	}
	session := a.session.Renew()
	var scratch tcp.PDUs
	order := tcp.NewReassembler(&scratch)
	order.SetFramer(0, session.Framer(0))
	order.SetFramer(1, session.Framer(1))
	for _, n := range numbers {
		row := s.Row(n)
		if row == nil || row.bits&rowOdd != 0 {
			continue
		}
		data, err := r.Payload(n)
		if err != nil {
			return
		}
		facts := row.facts(s)
		segment := tcp.Segment{Number: n, Time: row.Time, Len: row.PayLen, Flags: row.Flags}
		session.Begin(n, row.Time, row.Dir, row.Flags&tcp.FIN != 0)
		order.Add(&facts, &segment, data)
	}
	w.t.mu.Lock()
	defer w.t.mu.Unlock()
	a.order.Adopt(order)
	a.session = session
}

// serverPort is the port of the server as far as is known: that of the SYN, else
// the lower one (R76).
func (a *app) serverPort(flow packet.Flow) uint16 {
	if a.server != 0 {
		return a.server
	}
	return min(flow.Src.Port, flow.Dst.Port)
}

// Sent implements dissect.Knowledge.
func (k *knowledge) Sent(first packet.Number, from, to uint32) []byte {
	row := k.row
	if row.Kind != TCP || to-from > 1<<31 {
		return nil
	}
	var frags []tcp.Fragment
	total := 0
	for _, n := range k.s.chain(k.n, TCP, k.stream, first) {
		x := k.s.Row(n)
		seq := x.dataSeq()
		if x.Dir != row.Dir || x.PayLen == 0 || seq >= to || seq+x.PayLen <= from || total >= maxJoined {
			continue
		}
		b, err := k.r.Payload(n)
		if err != nil {
			continue
		}
		total += len(b)
		frags = append(frags, tcp.Fragment{Number: n, Seq: seq, Data: append([]byte(nil), b...)})
	}
	data, _, _ := tcp.Joined(frags, from, to)
	return data
}
