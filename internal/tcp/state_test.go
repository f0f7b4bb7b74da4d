package tcp

import (
	"net/netip"
	"strings"
	"testing"

	"tcplens/internal/packet"
)

var testFlow = packet.Flow{
	Src: packet.Endpoint{Addr: netip.MustParseAddr("10.0.0.1"), Port: 34962},
	Dst: packet.Endpoint{Addr: netip.MustParseAddr("10.0.0.2"), Port: 3000},
}

// talk puts segments written as "> SYN 0 0 0" in order: who sends, flags joined by
// commas, relative seq, ack and length. Raw numbers are relative ones plus 1000 and
// 5000.
func talk(t *testing.T, script string) (*Conversation, []string) {
	t.Helper()
	tab := NewTable()
	var c *Conversation
	var states []string
	for line := range strings.SplitSeq(strings.TrimSpace(script), "\n") {
		w := strings.Fields(line)
		if len(w) < 5 {
			t.Fatalf("line %q", line)
		}
		seg := Segment{Number: packet.Number(len(states) + 1), Flow: testFlow, Window: 1000,
			Time: packet.Time(1e18 + len(states)*1e9)}
		bases := [2]uint32{1000, 5000}
		if w[0] == "<" {
			seg.Flow = testFlow.Reverse()
			bases[0], bases[1] = bases[1], bases[0]
		}
		for f := range strings.SplitSeq(w[1], ",") {
			seg.Flags |= map[string]Flags{"SYN": SYN, "ACK": ACK, "FIN": FIN, "RST": RST, "PSH": PSH}[f]
		}
		seg.Seq, seg.Ack, seg.Len = bases[0]+atoi(t, w[2]), atoi(t, w[3]), atoi(t, w[4])
		if seg.Flags&ACK != 0 {
			seg.Ack += bases[1]
		}
		c, _ = tab.Add(&seg)
		s := c.Summary()
		states = append(states, s.Ends.State(0).String()+" "+s.Ends.State(1).String())
	}
	return c, states
}

func atoi(t *testing.T, s string) (n uint32) {
	for _, r := range s {
		if r < '0' || r > '9' {
			t.Fatalf("not a number: %q", s)
		}
		n = n*10 + uint32(r-'0')
	}
	return n
}

func TestEnds(t *testing.T) {
	for _, tt := range []struct {
		name, script, states string
		status               Status
	}{
		{"three-segment close", `
			> SYN 0 0 0
			< SYN,ACK 0 1 0
			> ACK 1 1 0
			> PSH,ACK 1 1 64
			< ACK 1 65 0
			< FIN,ACK 1 65 0
			> FIN,ACK 65 2 0
			< ACK 2 66 0`, `
			SYN_SENT SYN_RCVD
			ESTABLISHED SYN_RCVD
			ESTABLISHED ESTABLISHED
			ESTABLISHED ESTABLISHED
			ESTABLISHED ESTABLISHED
			CLOSE_WAIT FIN_WAIT_1
			LAST_ACK TIME_WAIT
			CLOSED TIME_WAIT`, StatusClosed},
		{"four-segment close, FIN sent twice", `
			> SYN 0 0 0
			< SYN,ACK 0 1 0
			> ACK 1 1 0
			> FIN,ACK 1 1 0
			> FIN,ACK 1 1 0
			< ACK 1 2 0
			< PSH,ACK 1 2 10
			> ACK 2 11 0
			< FIN,ACK 11 2 0
			< FIN,ACK 11 2 0
			> ACK 2 12 0`, `
			SYN_SENT SYN_RCVD
			ESTABLISHED SYN_RCVD
			ESTABLISHED ESTABLISHED
			FIN_WAIT_1 CLOSE_WAIT
			FIN_WAIT_1 CLOSE_WAIT
			FIN_WAIT_2 CLOSE_WAIT
			FIN_WAIT_2 CLOSE_WAIT
			FIN_WAIT_2 CLOSE_WAIT
			TIME_WAIT LAST_ACK
			TIME_WAIT LAST_ACK
			TIME_WAIT CLOSED`, StatusClosed},
		{"half-closed", `
			> ACK 1 1 10
			< ACK 1 11 5
			> FIN,ACK 11 6 0
			< ACK 6 12 0`, `
			|
			ESTABLISHED ESTABLISHED
			FIN_WAIT_1 CLOSE_WAIT
			FIN_WAIT_2 CLOSE_WAIT`, StatusHalfClosed},
		{"half-closed, and the capture does not tell by which of the two first", `
			> ACK 1 1 10
			> FIN,ACK 11 1 0
			< ACK 1 12 0`, `
			|
			|
			|`, StatusHalfClosed},
		{"a capture that began in mid-stream, the second to close tells of the first", `
			> ACK 1 1 10
			> FIN,ACK 11 1 0
			< ACK 1 12 0
			< ACK 1 12 30
			> ACK 12 31 0
			< FIN,ACK 31 12 0
			> ACK 12 32 0`, `
			|
			|
			|
			FIN_WAIT_2 CLOSE_WAIT
			FIN_WAIT_2 CLOSE_WAIT
			TIME_WAIT LAST_ACK
			TIME_WAIT CLOSED`, StatusClosed},
		{"a capture of one direction", `
			> ACK 1 1 10
			> ACK 11 1 10
			> FIN,ACK 21 1 0`, `
			|
			|
			|`, StatusHalfClosed},
		{"simultaneous close", `
			> ACK 1 1 10
			< ACK 1 11 0
			> FIN,ACK 11 1 0
			< FIN,ACK 1 11 0
			> ACK 12 2 0
			< ACK 2 12 0`, `
			|
			|
			|
			CLOSING CLOSING
			CLOSING TIME_WAIT
			TIME_WAIT TIME_WAIT`, StatusClosed},
		{"simultaneous open", `
			> SYN 0 0 0
			< SYN 0 0 0
			> SYN,ACK 0 1 0
			< SYN,ACK 0 1 0`, `
			SYN_SENT SYN_RCVD
			SYN_RCVD SYN_RCVD
			SYN_RCVD ESTABLISHED
			ESTABLISHED ESTABLISHED`, StatusOpen},
		{"refused", `
			> SYN 0 0 0
			< RST,ACK 0 1 0`, `
			SYN_SENT SYN_RCVD
			CLOSED CLOSED`, StatusRefused},
		{"refused, then tried again", `
			> SYN 0 0 0
			< RST,ACK 0 1 0
			> SYN 0 0 0`, `
			SYN_SENT SYN_RCVD
			CLOSED CLOSED
			SYN_SENT SYN_RCVD`, StatusSYNOnly},
		{"reset, data still under way", `
			> SYN 0 0 0
			< SYN,ACK 0 1 0
			> ACK 1 1 0
			< RST 1 0 0
			> ACK 1 1 100`, `
			SYN_SENT SYN_RCVD
			ESTABLISHED SYN_RCVD
			ESTABLISHED ESTABLISHED
			CLOSED CLOSED
			CLOSED CLOSED`, StatusReset},
		{"SYN and SYN+ACK sent twice", `
			> SYN 0 0 0
			> SYN 0 0 0
			< SYN,ACK 0 1 0
			< SYN,ACK 0 1 0`, `
			SYN_SENT SYN_RCVD
			SYN_SENT SYN_RCVD
			ESTABLISHED SYN_RCVD
			ESTABLISHED SYN_RCVD`, StatusOpening},
		{"a FIN before the data in front of it", `
			> ACK 1 1 10
			< ACK 1 11 5
			> FIN,ACK 111 6 0
			< ACK 6 11 0
			> ACK 11 6 100
			< ACK 6 112 0`, `
			|
			ESTABLISHED ESTABLISHED
			FIN_WAIT_1 ESTABLISHED
			FIN_WAIT_1 ESTABLISHED
			FIN_WAIT_1 ESTABLISHED
			FIN_WAIT_2 CLOSE_WAIT`, StatusHalfClosed},
		{"mid-stream with a keep-alive", `
			> ACK 1 1 10
			< ACK 1 11 0
			> ACK 10 1 1
			< ACK 1 11 0
			< ACK 1 11 7`, `
			|
			|
			|
			|
			ESTABLISHED ESTABLISHED`, StatusMidStream},
		{"only a SYN+ACK was captured", `
			> SYN,ACK 0 1 0
			< ACK 1 1 0`, `
			SYN_RCVD ESTABLISHED
			ESTABLISHED ESTABLISHED`, StatusOpen},
		{"closing", `
			> ACK 1 1 10
			> FIN,ACK 11 1 0
			< FIN,ACK 1 12 0`, `
			|
			|
			TIME_WAIT LAST_ACK`, StatusClosing},
		{"reset in SYN_RCVD: a server goes on listening, one that opened by itself does not", `
			> SYN 0 0 0
			< SYN,ACK 0 1 0
			> RST 1 0 0
			< ACK 1 1 0`, `
			SYN_SENT SYN_RCVD
			ESTABLISHED SYN_RCVD
			CLOSED LISTEN
			CLOSED LISTEN`, StatusReset},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, got := talk(t, tt.script)
			var want []string
			for l := range strings.SplitSeq(strings.TrimSpace(tt.states), "\n") {
				if l = strings.TrimSpace(l); l == "|" {
					l = " " // neither state is known
				}
				want = append(want, l)
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("states\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			s := c.Summary()
			if st := s.Ends.Status(); st != tt.status {
				t.Errorf("status %q, want %q", st, tt.status)
			}
		})
	}
}

func TestSummary(t *testing.T) {
	c, _ := talk(t, `
		> SYN 0 0 0
		< SYN,ACK 0 1 0
		> ACK 1 1 0
		> PSH,ACK 1 1 64
		< FIN,ACK 1 65 5`)
	c.Count(0, 130)
	c.Count(1, 70)
	c.Count(1, 70)
	s := c.Summary()
	if s.Server != 1 || s.Base != [2]uint32{1000, 5000} || !s.SYN[0] || !s.SentSYNACK[1] || !s.FIN[1] || s.FIN[0] {
		t.Errorf("ends: %+v", s)
	}
	want := [2]Traffic{{Packets: 3, Payload: 64, Bytes: 130}, {Packets: 2, Payload: 5, Bytes: 140}}
	if s.Traffic != want {
		t.Errorf("traffic %+v, want %+v", s.Traffic, want)
	}
	if s.IRTT != 2e9 || s.First != 1 || s.Last != 5 || s.Completeness != 31 {
		t.Errorf("iRTT %d, packets %d to %d, completeness %d", s.IRTT, s.First, s.Last, s.Completeness)
	}
	if got := CompletenessText(s.Completeness); got != "Complete, WITH_DATA" {
		t.Errorf("completeness %q", got)
	}
}
