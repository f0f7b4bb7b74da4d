package dissect

import (
	"slices"
	"strings"
	"testing"

	"tcplens/internal/tlskeys"
)

// recordsOf lists the records of a capture: what is told of them and what could be
// read in them.
func recordsOf(t *testing.T, path string, log *tlskeys.Log) (out []tlsRecordSeen) {
	t.Helper()
	in := readCapture(t, path)
	learnKeys(in, log)
	d := NewDissection(nil)
	for i := range in {
		tree, _ := d.Run(&in[i], WantTree)
		for n := range tree.Nodes {
			x := &tree.Nodes[n]
			if x.Field == fTLSRecord {
				out = append(out, tlsRecordSeen{frame: i + 1})
			}
			if len(out) == 0 || out[len(out)-1].frame != i+1 {
				continue
			}
			r := &out[len(out)-1]
			switch x.Field {
			case fTLSRole:
				r.role = x.str
			case fTLSEvidence:
				r.why = x.str
			case fTLSData:
				r.data = true
			case fTLSDesc:
				r.holds = append(r.holds, "Alert", tlsAlerts(x.num))
			case fTLSHandType:
				r.holds = append(r.holds, tlsHandshakeName(byte(x.num)))
			case fTLSHand, fTLSAlert:
				r.sealed = r.sealed || strings.Contains(x.text, "Encrypted")
			}
		}
	}
	return out
}

type tlsRecordSeen struct {
	frame        int
	role, why    string
	holds        []string // messages and alerts that could be read
	data, sealed bool
}

// infosOf says what is known of the conversations of a capture.
func infosOf(t *testing.T, path string, log *tlskeys.Log) map[uint32]TLSInfo {
	t.Helper()
	in := readCapture(t, path)
	learnKeys(in, log)
	out := map[uint32]TLSInfo{}
	for i := range in {
		if k, ok := in[i].Known.(*tcpKnown); ok {
			if info := k.session.TLSInfo(); info.Known() {
				out[k.facts.Stream] = info
			}
		}
	}
	return out
}

// TestRolesAgainstTruth takes every recorded conversation once with its keys and once
// without, and holds what is told without to be what is in there.
func TestRolesAgainstTruth(t *testing.T) {
	files := append(keyed(t), "../testdata/lab/tls12.pcap", "../testdata/lab/tls13.pcap")
	told := map[string]int{}
	for _, f := range files {
		guess, truth := recordsOf(t, f, nil), recordsOf(t, f, keysOf(t, f))
		if len(guess) != len(truth) || len(guess) == 0 {
			t.Fatalf("%s: %d records without keys, %d with", f, len(guess), len(truth))
		}
		for i, g := range guess {
			w := truth[i]
			if w.role != "" && !w.data && len(w.holds) > 0 {
				t.Errorf("%s, packet %d: it was read, and yet there is a guess: %s", f, w.frame, w.role)
			}
			if g.role == "" || w.role != "" {
				continue // nothing is told, or the keys of the record are not there
			}
			if g.why == "" {
				t.Errorf("%s, packet %d: %s, but why?", f, g.frame, g.role)
			}
			what, who := strings.TrimPrefix(g.role, "likely "), ""
			if k := strings.Index(what, " of the "); k > 0 {
				what, who = what[:k], what[k:]
			}
			told[what+who]++
			var want []string
			switch {
			case what == "early data":
				if len(w.holds) > 0 {
					t.Errorf("%s, packet %d: %s, but it has %v", f, g.frame, g.role, w.holds)
				}
				continue
			case strings.HasPrefix(what, "handshake message of a renegotiation"), strings.HasPrefix(what, "part of"):
				if len(w.holds) == 0 {
					t.Errorf("%s, packet %d: %s, but it has nothing of a handshake", f, g.frame, g.role)
				}
				continue
			case strings.HasPrefix(what, "Encrypted Extensions, perhaps"):
				want = []string{"Encrypted Extensions"}
				w.holds = w.holds[:min(1, len(w.holds))]
			case what == "Alert":
				want = []string{"Alert"}
				w.holds = w.holds[:min(1, len(w.holds))]
			case what == "Close Notify":
				want = []string{"Alert", "Close Notify"}
			default:
				want = strings.Split(what, ", ")
			}
			if !slices.Equal(want, w.holds) {
				t.Errorf("%s, packet %d: %s, but it has %v", f, g.frame, g.role, w.holds)
			}
		}
	}
	for _, f := range files {
		guess, truth := infosOf(t, f, nil), infosOf(t, f, keysOf(t, f))
		for stream, w := range truth {
			g := guess[stream]
			// A renegotiation of TLS 1.2 may give more that cannot be read.
			if g.TicketsLikely && g.Tickets != w.Tickets || g.Tickets > w.Tickets {
				t.Errorf("%s, stream %d: %d tickets, not %d", f, stream, w.Tickets, g.Tickets)
			}
			if e := strings.TrimPrefix(g.EarlyData.String(), "likely "); e != "" && e != strings.TrimPrefix(w.EarlyData.String(), "likely ") {
				t.Errorf("%s, stream %d: early data is %s, not %s", f, stream, w.EarlyData, g.EarlyData)
			}
			if g.Resumed != w.Resumed || g.Full != w.Full {
				t.Errorf("%s, stream %d: without keys %v, with them %v", f, stream, g.Outcome(), w.Outcome())
			}
			if a, b := g.End, w.End; a.By != NoParty && (a.By != b.By || !a.Unsure && (a.FIN != b.FIN || a.Alert != b.Alert)) {
				t.Errorf("%s, stream %d: without keys %q, with them %q", f, stream, a, b)
			}
		}
	}
	for what, least := range map[string]int{
		"Finished of the client": 40, "Finished of the server": 40, "Encrypted Extensions of the server": 30,
		"Certificate of the server": 30, "Certificate Verify of the server": 30, "Certificate Request of the server": 1,
		"Certificate of the client": 2, "Certificate Verify of the client": 1, "New Session Ticket of the server": 30,
		"early data of the client": 3, "End of Early Data of the client": 2, "handshake message of a renegotiation": 1,
		"Close Notify of the client": 20, "Close Notify of the server": 20, "Alert of the server": 2,
	} {
		if told[what] < least {
			t.Errorf("%s was told %d times only", what, told[what])
		}
	}
}
