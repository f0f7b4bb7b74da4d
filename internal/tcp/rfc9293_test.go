package tcp

import (
	"fmt"
	"strings"
	"testing"
)

// An event is what moves an end, as RFC 9293 names it.
type event string

// next is the state machine of RFC 9293: figure 5 in §3.3.2 with the cases of §3.5,
// §3.6 and §3.10.7 that it leaves out. What it does not name does not happen to a
// TCP that keeps to the RFC. An end that a segment reaches has "rcv", one that it
// leaves "snd". It is written from the RFC alone and knows nothing of the code.
var next = map[State]map[event]State{
	Closed: {
		"snd SYN": SynSent, // §3.3.2: active OPEN
	},
	Listen: {
		"rcv SYN": SynReceived, // §3.3.2
		"rcv RST": Listen,      // §3.10.7.2: ignored
	},
	SynSent: {
		"snd SYN":     SynSent,     // §3.8.1: retransmission
		"rcv SYN":     SynReceived, // §3.5, figure 8: simultaneous open
		"rcv SYN,ACK": Established, // §3.3.2
		"snd RST":     Closed,      // §3.10.5
		"rcv RST":     Closed,      // §3.10.7.3: refused
	},
	SynReceived: {
		"snd SYN":     SynReceived, // §3.5, figure 8: its SYN had left before the other's came
		"rcv SYN":     SynReceived, // §3.10.7.4: the SYN again
		"snd SYN,ACK": SynReceived, // §3.3.2, and again
		"rcv SYN,ACK": Established, // §3.5, figure 8, lines 6 and 7
		"rcv ACK":     Established, // §3.3.2: ACK of SYN
		"rcv data":    Established, // §3.10.7.4: it carries that ACK
		"snd data":    SynReceived, // RFC 7413 §4.2: after the data of a Fast Open
		"snd FIN":     FinWait1,    // §3.3.2
		"snd RST":     Closed,      // §3.10.5
		"rcv RST":     Closed,      // §3.10.7.4: after an active OPEN; else LISTEN, see receive
	},
	Established: {
		"rcv SYN":     Established, // §3.10.7.4: challenge ACK
		"rcv SYN,ACK": Established, // §3.10.7.4: likewise
		"snd SYN,ACK": Established, // §3.5, figure 8: crossed with the one that came
		"snd ACK":     Established,
		"rcv ACK":     Established,
		"snd data":    Established,
		"rcv data":    Established,
		"snd FIN":     FinWait1,  // §3.6: case 1
		"rcv FIN":     CloseWait, // §3.6: case 2
		"snd RST":     Closed,    // §3.10.5
		"rcv RST":     Closed,    // §3.10.7.4
	},
	FinWait1: {
		"snd FIN":        FinWait1, // §3.8.1: retransmission
		"snd ACK":        FinWait1,
		"rcv ACK":        FinWait1,
		"rcv data":       FinWait1,
		"rcv ACK of FIN": FinWait2, // §3.3.2
		"rcv FIN":        Closing,  // §3.6: case 3, figure 13
		"snd RST":        Closed,
		"rcv RST":        Closed,
	},
	FinWait2: {
		"snd ACK":        FinWait2,
		"rcv ACK":        FinWait2,
		"rcv ACK of FIN": FinWait2,
		"rcv data":       FinWait2, // §3.6: half-close
		"rcv FIN":        TimeWait, // §3.3.2
		"snd RST":        Closed,
		"rcv RST":        Closed,
	},
	CloseWait: {
		"snd ACK":  CloseWait,
		"rcv ACK":  CloseWait,
		"snd data": CloseWait, // §3.6: half-close
		"rcv FIN":  CloseWait, // §3.10.7.4: the FIN again
		"snd FIN":  LastAck,   // §3.3.2
		"snd RST":  Closed,
		"rcv RST":  Closed,
		// Its FIN had left before the other's came (§3.6, figure 13).
		"snd FIN that crosses": Closing,
	},
	Closing: {
		"snd FIN":              Closing,
		"snd FIN that crosses": Closing, // §3.8.1: retransmission
		"snd ACK":              Closing,
		"rcv ACK":              Closing,
		"rcv FIN":              Closing,
		"rcv ACK of FIN":       TimeWait, // §3.3.2
		"snd RST":              Closed,
		"rcv RST":              Closed,
	},
	LastAck: {
		"snd FIN":        LastAck,
		"snd ACK":        LastAck,
		"rcv ACK":        LastAck,
		"rcv FIN":        LastAck,
		"rcv ACK of FIN": Closed, // §3.3.2
		"snd RST":        Closed,
		"rcv RST":        Closed,
	},
	TimeWait: {
		"snd ACK":              TimeWait,
		"rcv ACK":              TimeWait,
		"rcv ACK of FIN":       TimeWait,
		"rcv FIN":              TimeWait, // §3.10.7.4: the FIN again; its 2 MSL begin anew
		"snd FIN":              TimeWait,
		"snd FIN that crosses": TimeWait,
		"rcv RST":              Closed, // §3.10.7.4
		// Timeout=2MSL brings CLOSED (§3.3.2): no segment shows it.
	},
}

// An end is one end of the model, with what it has sent and received.
type end struct {
	state   State
	active  bool   // it opened by itself
	next    uint32 // relative number of what it sends next
	fin     uint32 // number after its FIN; 0: none
	got     uint32 // what has come from the other end, and is acknowledged with the next segment
	gotFIN  bool
	sentSYN bool
	gotSYN  bool
}

// A step is a segment of the model: who sends it, and what.
type step struct {
	dir  uint8
	kind string // "SYN", "SYN,ACK", "ACK", "data", "FIN", "FIN that crosses", "RST"
}

// model is both ends, and what has passed between them.
type model struct {
	ends   [2]end
	script []string
}

// send lets an end send a segment, and the other one receive it. It says whether
// the machine of the RFC knows of either.
func (m *model) send(s step) bool {
	a, b := &m.ends[s.dir], &m.ends[s.dir^1]
	to, ok := next[a.state][event("snd "+s.kind)]
	if !ok {
		return false
	}
	// What is carried beside the kind.
	seg := struct {
		flags         string
		seq, ack, len uint32
	}{flags: "ACK", seq: a.next, ack: a.got}
	moves := []event{}
	acksFIN := b.fin != 0 && a.got >= b.fin
	switch s.kind {
	case "SYN":
		if a.sentSYN && a.next > 1 {
			return false
		}
		a.active, a.sentSYN, a.next = true, true, 1
		seg.flags, seg.seq, seg.ack = "SYN", 0, 0
		moves = append(moves, "rcv SYN")
	case "SYN,ACK":
		if !a.gotSYN {
			return false
		}
		a.sentSYN, a.next = true, max(a.next, 1)
		seg.flags, seg.seq, seg.ack = "SYN,ACK", 0, 1
		moves = append(moves, "rcv SYN,ACK")
	case "ACK":
		if !a.gotSYN {
			return false
		}
		moves = append(moves, "rcv ACK")
	case "data":
		seg.flags, seg.len = "PSH,ACK", 10
		a.next += 10
		moves = append(moves, "rcv data")
	case "FIN", "FIN that crosses":
		seg.flags = "FIN,ACK"
		crosses := s.kind != "FIN"
		if a.fin == 0 {
			a.fin = a.next + 1
			a.next++
		}
		seg.seq = a.fin - 1
		if crosses {
			if !a.gotFIN {
				return false
			}
			seg.ack = b.fin - 1
			acksFIN = false
		}
		moves = append(moves, "rcv FIN")
	case "RST":
		seg.flags = "RST,ACK"
		if a.state == SynSent {
			return false // what the client of a closed port gets is below
		}
		moves = append(moves, "rcv RST")
	}
	if acksFIN && s.kind != "RST" && s.kind != "SYN" && s.kind != "SYN,ACK" {
		// The ACK field is processed before the FIN (§3.10.7.4).
		switch {
		case s.kind == "ACK":
			moves = []event{"rcv ACK of FIN"}
		case b.state == FinWait1 || b.state == Closing || b.state == LastAck:
			moves = append([]event{"rcv ACK of FIN"}, moves...)
		}
	} else if s.kind == "FIN" && b.state == SynReceived {
		moves = append([]event{"rcv ACK"}, moves...)
	}
	a.state = to
	for _, e := range moves {
		was := b.state
		if was == Closed && e != "rcv RST" {
			break // what was still under way
		}
		if b.state, ok = next[was][e]; !ok {
			return false
		}
		if e == "rcv RST" && was == SynReceived && !b.active {
			b.state = Listen
		}
	}
	switch s.kind {
	case "SYN", "SYN,ACK":
		b.gotSYN, b.got = true, max(b.got, 1)
	case "FIN", "FIN that crosses":
		b.gotFIN = true
	}
	b.got = max(b.got, a.next)
	sign := map[uint8]string{0: ">", 1: "<"}[s.dir]
	m.script = append(m.script, fmt.Sprintf("%s %s %d %d %d", sign, seg.flags, seg.seq, seg.ack, seg.len))
	return true
}

// Whatever two ends that keep to RFC 9293 say to each other, both states are after
// every segment what its state machine has: all conversations of up to six
// segments after the first SYN are tried.
func TestStatesAreThoseOfRFC9293(t *testing.T) {
	kinds := []string{"SYN", "SYN,ACK", "ACK", "data", "FIN", "FIN that crosses", "RST"}
	reached, arrows := map[State]int{}, 0
	var walk func(m model, e Ends, tab *analyser, depth int)
	walk = func(m model, e Ends, tab *analyser, depth int) {
		if depth == 0 || t.Failed() {
			return
		}
		for dir := range uint8(2) {
			for _, k := range kinds {
				x := m
				x.script = append([]string(nil), m.script...)
				if !x.send(step{dir, k}) {
					continue
				}
				ends, a := e, *tab
				facts, flags := a.facts(t, x.script[len(x.script)-1])
				ends.Apply(&facts, flags)
				arrows++
				for i := range uint8(2) {
					reached[x.ends[i].state]++
					if got := ends.State(i); got != x.ends[i].state {
						t.Fatalf("end %d is in %q, by the RFC in %s, after\n%s", i, got, x.ends[i].state, strings.Join(x.script, "\n"))
					}
				}
				if x.ends[0].state == Closed || x.ends[1].state == Closed || x.ends[1].state == Listen {
					continue // the end of a conversation
				}
				walk(x, ends, &a, depth-1)
			}
		}
	}
	walk(model{ends: [2]end{{state: Closed}, {state: Listen}}}, Ends{}, &analyser{}, 7)
	for s := Closed; s <= TimeWait; s++ {
		if reached[s] == 0 {
			t.Errorf("%s was never reached", s)
		}
	}
	t.Logf("%d arrows", arrows)
}

// analyser says of a line of a script what the analysis would, as far as the states
// depend on it.
type analyser struct{ sent [2]uint32 }

func (a *analyser) facts(t *testing.T, line string) (Facts, Flags) {
	t.Helper()
	var sign, names string
	var length uint32
	f := Facts{Verdict: Analysed}
	if _, err := fmt.Sscanf(line, "%s %s %d %d %d", &sign, &names, &f.Seq, &f.Ack, &length); err != nil {
		t.Fatal(err)
	}
	if sign == "<" {
		f.Dir = 1
	}
	var flags Flags
	for name := range strings.SplitSeq(names, ",") {
		flags |= map[string]Flags{"SYN": SYN, "ACK": ACK, "FIN": FIN, "RST": RST, "PSH": PSH}[name]
	}
	f.NextSeq = f.Seq + length
	if flags&(SYN|FIN) != 0 {
		f.NextSeq++
	}
	if f.NextSeq > f.Seq && f.Seq < a.sent[f.Dir] {
		f.Verdict |= Retransmission
	}
	a.sent[f.Dir] = max(a.sent[f.Dir], f.NextSeq)
	return f, flags
}

// The table itself is whole: every arrow of figure 5 in §3.3.2 that a segment makes.
func TestTableHasFigure5(t *testing.T) {
	for _, x := range []struct {
		from State
		e    event
		to   State
	}{
		{Closed, "snd SYN", SynSent}, {Listen, "rcv SYN", SynReceived}, {SynSent, "rcv SYN", SynReceived},
		{SynSent, "rcv SYN,ACK", Established}, {SynReceived, "rcv ACK", Established}, {SynReceived, "snd FIN", FinWait1},
		{Established, "snd FIN", FinWait1}, {Established, "rcv FIN", CloseWait}, {FinWait1, "rcv ACK of FIN", FinWait2},
		{FinWait1, "rcv FIN", Closing}, {FinWait2, "rcv FIN", TimeWait}, {CloseWait, "snd FIN", LastAck},
		{Closing, "rcv ACK of FIN", TimeWait}, {LastAck, "rcv ACK of FIN", Closed},
	} {
		if got := next[x.from][x.e]; got != x.to {
			t.Errorf("%s, %s: %s, want %s", x.from, x.e, got, x.to)
		}
	}
	if len(next) != int(TimeWait) {
		t.Errorf("the table has %d states, want %d", len(next), TimeWait)
	}
}
