package trace

import (
	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/tlskeys"
)

// KeyStatus says how a key log stands.
type KeyStatus struct {
	Path    string // of the file that is read as it grows; empty if there is none
	Secrets int    // lines with a secret, those inside of the capture file included
	Err     error  // what is wrong with it, if anything: it is looked at again
}

// UseKeys says which key log opens TLS. It is called before the trace has packets;
// the log may grow later: see Writer.Rekey.
func (t *Trace) UseKeys(log *tlskeys.Log) { t.keys = log }

// session makes what an application remembers of a conversation.
func (w *Writer) session(kind dissect.App, a *app, stream uint32, flow packet.Flow) *dissect.Session {
	s := dissect.NewSession(kind)
	if w.t.keys != nil {
		s.Decrypt(dissect.Decryption{
			Keys:   w.t.keys,
			PDUs:   &w.t.tables.pdus,
			Stream: stream,
			Server: a.serverPort(flow),
		})
	}
	return s
}

// Rekey looks again at the conversations whose secrets were not there: the key log
// has grown.
func (w *Writer) Rekey() {
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
