package tcp

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"tcplens/internal/packet"
)

// chat puts segments in order as talk does, between two ports. A line may end with
// the window, and may be repeated: "3* > ACK 1 1 0".
func chat(t *testing.T, client, server uint16, script string) *Conversation {
	t.Helper()
	flow := packet.Flow{Src: packet.Endpoint{Addr: netip.MustParseAddr("10.0.0.1"), Port: client},
		Dst: packet.Endpoint{Addr: netip.MustParseAddr("10.0.0.2"), Port: server}}
	tab := NewTable()
	var c *Conversation
	n := 0
	for line := range strings.SplitSeq(strings.TrimSpace(script), "\n") {
		times := 1
		if count, rest, ok := strings.Cut(line, "*"); ok {
			times, line = int(atoi(t, strings.TrimSpace(count))), rest
		}
		w := strings.Fields(line)
		if len(w) < 5 {
			t.Fatalf("line %q", line)
		}
		for range times {
			n++
			seg := Segment{Number: packet.Number(n), Flow: flow, Window: 1000, Time: packet.Time(1e18 + n*1e9)}
			bases := [2]uint32{1000, 5000}
			if w[0] == "<" {
				seg.Flow = flow.Reverse()
				bases[0], bases[1] = bases[1], bases[0]
			}
			for f := range strings.SplitSeq(w[1], ",") {
				seg.Flags |= map[string]Flags{"SYN": SYN, "ACK": ACK, "FIN": FIN, "RST": RST}[f]
			}
			seg.Seq, seg.Ack, seg.Len = bases[0]+atoi(t, w[2]), atoi(t, w[3]), atoi(t, w[4])
			if seg.Flags&ACK != 0 {
				seg.Ack += bases[1]
			}
			if len(w) > 5 {
				seg.Window = uint16(atoi(t, w[5]))
			}
			c, _ = tab.Add(&seg)
		}
	}
	return c
}

const shake = `> SYN 0 0 0
	< SYN,ACK 0 1 0
	> ACK 1 1 0
	`

// TestZeek holds state and history to what Zeek's documentation says of each state
// and letter, and to what its own tests expect of such connections.
func TestZeek(t *testing.T) {
	for _, tt := range []struct {
		name, script   string
		client, server uint16
		state, history string
	}{
		{"SYN", `> SYN 0 0 0`, 0, 0, "S0", "S"},
		{"SYN, SYN again", `3* > SYN 0 0 0`, 0, 0, "S0", "S"},
		{"established", shake, 0, 0, "S1", "ShA"},
		{"SYN and SYN+ACK only", `> SYN 0 0 0
			< SYN,ACK 0 1 0`, 0, 0, "S1", "Sh"},
		{"normal", shake + `> ACK 1 1 64
			< ACK 1 65 0
			< ACK 1 65 10
			> ACK 65 11 0
			> FIN,ACK 65 11 0
			< FIN,ACK 11 66 0
			> ACK 66 12 0`, 0, 0, "SF", "ShADadFf"},
		{"closed by the originator", shake + `> FIN,ACK 1 1 0
			< ACK 1 2 0`, 0, 0, "S2", "ShAFa"},
		{"closed by the responder", shake + `< FIN,ACK 1 1 0
			> ACK 1 2 0`, 0, 0, "S3", "ShAf"},
		{"FIN sent twice, then with more data", shake + `2* > FIN,ACK 1 1 0
			> FIN,ACK 1 1 5`, 0, 0, "S2", "ShAFF"},
		{"refused", `> SYN 0 0 0
			< RST,ACK 0 1 0`, 0, 0, "REJ", "Sr"},
		{"reset by the originator", shake + `> RST 1 0 0`, 0, 0, "RSTO", "ShAR"},
		{"reset by the responder", shake + `< RST 1 0 0`, 0, 0, "RSTR", "ShAr"},
		{"RST twice with another number", shake + `> RST 1 0 0
			> RST 2 0 0
			> RST 2 0 0`, 0, 0, "RSTO", "ShARR"},
		{"only a RST", `> RST 0 0 0`, 0, 0, "OTH", "R"},
		{"SYN, RST", `> SYN 0 0 0
			> RST 1 0 0`, 0, 0, "RSTOS0", "SR"},
		{"SYN, ACK, RST", `> SYN 0 0 0
			< ACK 1 1 0
			> RST 1 0 0`, 0, 0, "RSTOS0", "SaR"},
		{"SYN, ACK, FIN, RST", `> SYN 0 0 0
			< ACK 1 1 0
			> FIN,ACK 1 1 0
			> RST 2 0 0`, 0, 0, "OTH", "SaFR"},
		{"SYN, FIN", `> SYN 0 0 0
			> FIN 1 0 0`, 0, 0, "SH", "SF"},
		{"SYN+ACK and FIN of a server", `> SYN,ACK 0 1 0
			> FIN,ACK 1 1 0`, 80, 0, "SHR", "^hf"},
		{"SYN+ACK and RST of a server", `> SYN,ACK 0 1 0
			> RST 1 0 0`, 80, 0, "RSTRH", "^hr"},
		{"data, RST of the other", `> ACK 1 1 109
			< RST 1 0 0`, 0, 502, "RSTRH", "Dr"},
		{"the SYN is missing", `> SYN,ACK 0 1 0
			< ACK 1 1 0
			< ACK 1 1 136
			> ACK 1 137 0
			> ACK 1 137 500
			< FIN,ACK 137 501 0
			> FIN,ACK 501 138 0`, 80, 6669, "SF", "^hADadFf"},
		{"the SYN and all that the client sent are missing", `> SYN,ACK 0 1 0
			> ACK 1 1 0
			> FIN,ACK 1 1 0`, 2745, 1433, "SHR", "^haf"},
		{"a scan with SYN+ACKs", `> SYN,ACK 0 1 0
			< RST 1 0 0`, 4000, 4001, "REJ", "Hr"},
		{"SYN and SYN+ACK changed places", `> SYN,ACK 0 1 0
			< SYN 0 0 0
			< ACK 1 1 0`, 0, 3000, "S1", "Hs^A"},
		{"mid-stream", `> ACK 1 1 10
			< ACK 1 11 0`, 0, 0, "OTH", "Da"},
		{"mid-stream, server first", `> ACK 1 1 10
			< ACK 1 11 0`, 443, 0, "OTH", "^dA"},
		{"mid-stream, both likely, the lower port first", `> ACK 1 1 10`, 80, 8080, "OTH", "^d"},
		{"mid-stream, both likely, the higher port first", `> ACK 1 1 10`, 8080, 80, "OTH", "D"},
		{"simultaneous open", `> SYN 0 0 0
			< SYN 0 0 0
			> SYN,ACK 0 1 0
			< SYN,ACK 0 1 0`, 0, 0, "S1", "Ss"},
		{"RST after both FINs", shake + `> FIN,ACK 1 1 0
			< FIN,ACK 1 2 0
			> RST 2 0 0`, 0, 0, "SF", "ShAFfR"},
		{"FIN and RST before the other's FIN", shake + `> FIN,ACK 1 1 0
			> RST 2 0 0
			< FIN,ACK 1 2 0`, 0, 0, "SF", "ShAFRf"},
		{"once more after both have closed", shake + `> FIN,ACK 1 1 0
			< FIN,ACK 1 2 0
			> SYN 0 0 0`, 0, 0, "S0", "S"},
		{"FIN with RST", shake + `2* > FIN,RST,ACK 1 1 0`, 0, 0, "RSTO", "ShAI"},
		{"SYN with FIN", `2* > SYN,FIN 0 0 0`, 0, 0, "SH", "Q"},
		{"retransmissions", shake + `101* > ACK 1 1 10
			12* < ACK 1 11 4`, 0, 0, "S1", "ShADTTTdtt"},
		{"zero windows", shake + `> ACK 1 1 10
			9* < ACK 1 11 0 0`, 0, 0, "S1", "ShADaw"},
		{"ten zero windows", shake + `> ACK 1 1 10
			10* < ACK 1 11 0 0`, 0, 0, "S1", "ShADaww"},
		{"zero window after the other's FIN", shake + `> FIN,ACK 1 1 0
			< ACK 1 2 0 0`, 0, 0, "S2", "ShAFa"},
		{"gaps", shake + `> ACK 11 1 10
			< ACK 1 21 0
			> ACK 31 1 10
			< ACK 1 41 0`, 0, 0, "S1", "ShADaG"},
		{"a gap while it is mid-stream", `> ACK 1 1 10
			> ACK 21 1 10
			< ACK 1 31 0`, 0, 0, "OTH", "Da"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := chat(t, max(tt.client, 1), max(tt.server, 1), tt.script).Summary()
			if got := s.Zeek.State.String() + " " + s.Zeek.History.String(); got != tt.state+" "+tt.history {
				t.Errorf("%s, want %s %s", got, tt.state, tt.history)
			}
			if s.Zeek.State.Meaning(false) == "" {
				t.Error("the state is not explained")
			}
			if words := s.Zeek.History.Words(); len(words) != len(tt.history) {
				t.Errorf("%d words for %d letters: %q", len(words), len(tt.history), words)
			}
		})
	}
}

// TestZeekLab holds the lab's captures to what their lessons are about.
func TestZeekLab(t *testing.T) {
	for name, want := range map[string]string{
		"http":      "SF ShADadfF",
		"close3":    "SF ShADadfF",
		"halfclose": "SF ShADadFf",
		"refused":   "REJ Sr",
		"reset":     "RSTO ShADadR",
		"lossy":     "SF ShADaTdtFf",
		"tls13":     "SF ShADadfF",
	} {
		a := analyseAll(readCapture(t, "../../testdata/lab/"+name+".pcap"))
		s := a.conv[0].Summary()
		if got := s.Zeek.State.String() + " " + s.Zeek.History.String(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestHistoryWords(t *testing.T) {
	c := chat(t, 1, 1, shake+`10* > ACK 1 1 64
		< ACK 1 65 0 0
		> RST 65 0 0`)
	s := c.Summary()
	got := strings.Join(s.Zeek.History.Words(), ", ")
	want := "client SYN, server SYN+ACK, client ACK, client data, client retransmission, server ACK, server zero window, client RST"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := (&History{letters: [mostHistory]byte{'^', 'G', 'G'}, n: 3, more: true}).Words(); len(got) != 4 || got[2] != "10 times client data missing" {
		t.Errorf("%q", got)
	}
}

func TestDatagrams(t *testing.T) {
	end := func(port uint16) packet.Endpoint {
		return packet.Endpoint{Addr: netip.MustParseAddr("10.0.0.1"), Port: port}
	}
	for _, tt := range []struct {
		from, to uint16
		sent     [2]bool
		want     string
	}{
		{40000, 53, [2]bool{true, true}, "SF Dd 0"},
		{40000, 53, [2]bool{true, false}, "S0 D 0"},
		{53, 40000, [2]bool{true, false}, "SHR ^d 1"},
		{53, 40000, [2]bool{true, true}, "SF ^dD 1"},
		{67, 68, [2]bool{true, true}, "SF Dd 0"},
		{40000, 40001, [2]bool{false, false}, "  0"},
	} {
		z := Datagrams(packet.Flow{Src: end(tt.from), Dst: end(tt.to)}, tt.sent)
		if got := fmt.Sprint(z.State, " ", z.History.String(), " ", z.Orig); got != tt.want {
			t.Errorf("%d to %d: %s, want %s", tt.from, tt.to, got, tt.want)
		}
		if (z.State != ConnNone) != (z.State.Meaning(true) != "") {
			t.Errorf("%s means %q", z.State, z.State.Meaning(true))
		}
	}
}

// TestTrouble counts by hand what the segments of a script show.
func TestTrouble(t *testing.T) {
	s := chat(t, 1, 1, shake+`> ACK 1 1 100
		< ACK 1 101 0 0
		> ACK 101 1 1
		< ACK 1 101 0 0
		< ACK 1 101 0 500
		> ACK 101 1 100
		> ACK 101 1 100
		> ACK 301 1 100
		2* < ACK 1 201 0 500
		< ACK 1 401 0 500`).Summary()
	// The window was closed from the 5th to the 8th second.
	want := [2]Trouble{{Missing: 100, Gaps: 1, Resent: 1, ResentBytes: 100}, {ZeroTime: 3e9, ZeroWindows: 2, DupAcks: 1}}
	if s.Trouble != want {
		t.Errorf("%+v\nwant\n%+v", s.Trouble, want)
	}
	if r := s.RTT[1]; r.N != 1 || r.Min != 1e9 || r.Mean() != 1e9 {
		t.Errorf("round trips %+v", r)
	}
	if s.InFlight[0] == 0 || s.InFlight[1] != 0 {
		t.Errorf("in flight %v", s.InFlight)
	}
	// A window that stays closed counts up to the last packet.
	s = chat(t, 1, 1, shake+`< ACK 1 1 0 0
		3* > ACK 1 1 0`).Summary()
	if got := s.Trouble[1].ZeroTime; got != 3e9 {
		t.Errorf("closed for %d ns", got)
	}
	s = chat(t, 1, 1, shake+`< ACK 1 1 0 0
		> FIN,ACK 1 1 0
		3* < ACK 1 2 0 0`).Summary()
	if got := s.Trouble[1].ZeroTime; got != 1e9 {
		t.Errorf("closed for %d ns, though the other end has nothing more to send", got)
	}
}

// TestMissing takes segments out of a transfer and looks whether just their bytes
// are missing afterwards.
func TestMissing(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 7))
	frames := readCapture(t, "../../testdata/lab/big.pcap")
	for range 10 {
		tab := NewTable()
		var c *Conversation
		have := map[uint32]bool{}
		var acked, first uint32
		for i := range frames {
			f := &frames[i]
			server := f.seg.Flow.Src.Port == 3000
			if server && f.seg.Flags&SYN != 0 {
				first = f.seg.Seq + 1
			}
			if server && f.seg.Len > 0 {
				if rnd.IntN(3) == 0 {
					continue
				}
				for k := range f.seg.Len {
					have[f.seg.Seq+k] = true
				}
			}
			if !server && f.seg.Flags&ACK != 0 {
				acked = f.seg.Ack
			}
			c, _ = tab.Add(&f.seg)
		}
		acked-- // the FIN
		var missing uint64
		var gaps uint32
		for n := first; n != acked; n++ {
			if !have[n] {
				missing++
				if n == first || have[n-1] {
					gaps++
				}
			}
		}
		s := c.Summary()
		if got := s.Trouble[1]; got.Missing != missing || got.Gaps < gaps {
			t.Fatalf("%d bytes missing at %d places, want %d at %d", got.Missing, got.Gaps, missing, gaps)
		}
		if (missing > 0) != strings.Contains(s.Zeek.History.String(), "g") {
			t.Fatalf("%d bytes missing, history %s", missing, s.Zeek.History.String())
		}
	}
}

// TestHold keeps ranges in any order, and more of them than there is room for.
func TestHold(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range 200 {
		var d troubled
		have := map[uint32]bool{}
		base := uint32(0xffffff00) // the numbers pass zero
		n := 10 + round
		for range n {
			b := block{start: base + 10 + uint32(rnd.IntN(900))}
			b.end = b.start + 1 + uint32(rnd.IntN(20))
			for k := b.start; k != b.end; k++ {
				have[k-base] = true
			}
			d.hold(b)
			if len(d.held) > maxHoles {
				t.Fatalf("%d ranges", len(d.held))
			}
		}
		full := len(d.held) == maxHoles
		got := map[uint32]bool{}
		for i, b := range d.held {
			if !less(b.start, b.end) || i > 0 && !less(d.held[i-1].end, b.start) {
				t.Fatalf("ranges %v", d.held)
			}
			for k := b.start; k != b.end; k++ {
				got[k-base] = true
			}
		}
		for k := range have {
			if !got[k] {
				t.Fatalf("round %d: byte %d was captured and is not held: %v", round, k, d.held)
			}
		}
		if !full && n <= maxHoles && len(got) != len(have) {
			t.Fatalf("round %d: %d bytes held of %d", round, len(got), len(have))
		}
		e := zeekEnd{upto: base}
		for len(d.held) > 0 {
			e.upto = d.held[0].start
			d.join(&e)
		}
		if e.upto-base > 1000 {
			t.Fatalf("joined up to %d", e.upto-base)
		}
	}
}

func TestScaled(t *testing.T) {
	for n, want := range map[uint32]bool{0: false, 1: true, 2: false, 9: false, 10: true, 11: false, 20: false, 99: false,
		100: true, 110: false, 1000: true, 1_000_000_000: true, 4_000_000_000: false} {
		if scaled(n) != want {
			t.Errorf("scaled(%d) is %v", n, !want)
		}
	}
}

// TestNoAllocation holds that segments in trouble cost no memory, once there is a
// place to count it.
func TestNoAllocation(t *testing.T) {
	segs := bulk(4000, 1)
	for i := range segs {
		switch {
		case i%7 == 0:
			segs[i].Window = 0
		case i%11 == 0 && segs[i].Len > 0:
			segs[i].Seq += 20_000
		}
	}
	tab := NewTable()
	add := func() {
		for i := range segs {
			tab.Add(&segs[i])
		}
	}
	add()
	if n := testing.AllocsPerRun(20, add); n > 0 {
		t.Errorf("%v allocations for %d segments", n, len(segs))
	}
}
