package dissect

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tcplens/internal/packet"
)

// turn is what one side of a conversation sends, as one segment.
type turn struct {
	server bool
	data   []byte
}

func client(b ...string) turn { return turn{false, []byte(strings.Join(b, ""))} }
func server(b ...string) turn { return turn{true, []byte(strings.Join(b, ""))} }

// talk makes packets of turns between port 40000 and a server's port.
func talk(port uint16, turns []turn) []Input {
	var in []Input
	seq := [2]uint32{1000, 5000}
	for _, x := range turns {
		side := 0
		if x.server {
			side = 1
		}
		in = append(in, segment(packet.Number(len(in)+1), port, seq[side], x.server, x.data, len(x.data)))
		seq[side] += uint32(len(x.data))
	}
	return in
}

// cutTurns cuts each turn into pieces as size says.
func cutTurns(turns []turn, size func(i int) int) (out []turn) {
	for _, x := range turns {
		for b := x.data; len(b) > 0; {
			n := min(len(b), max(1, size(len(x.data)-len(b))))
			out = append(out, turn{x.server, b[:n]})
			b = b[n:]
		}
	}
	return out
}

// serviceCrafts are conversations of which tshark makes the same tree as we do.
func serviceCrafts() (out []craft) {
	for _, x := range []struct {
		name  string
		port  uint16
		turns []turn
	}{
		{"resp/session", 6379, respPlainTalk()},
		{"mysql/session", 3306, mysqlPlainTalk()},
		{"mqtt/version31", 1883, mqttTalk(3)},
		{"mqtt/version311", 1883, mqttTalk(4)},
		{"mqtt/version5", 1883, mqttTalk(5)},
		{"ssh/hello", 22, sshPlainTalk()},
	} {
		c := craft{name: x.name, link: packet.LinkRaw}
		for _, in := range talk(x.port, x.turns) {
			c.packets = append(c.packets, in.Packet.Data)
		}
		out = append(out, c)
	}
	return out
}

// requestsOf gives the requests of the only conversation, without what depends on
// where segments end.
func requestsOf(in []Input) (lines []string) {
	for _, x := range in {
		k, ok := x.Known.(*tcpKnown)
		if !ok || k.session == nil {
			continue
		}
		for _, r := range k.session.Requests(0, nil) {
			lines = append(lines, fmt.Sprintf("%s %q %q failed=%v done=%v size=%d rows=%d", r.Method, r.Target, r.Status, r.Failed, r.Done, r.Size, r.Rows))
		}
		return lines
	}
	return nil
}

// said lists what is shown of a protocol's messages in a conversation, each side by
// itself: the lines below the protocol's nodes, without places and without packet
// numbers and times.
func said(in []Input, p *Proto) (sides [2][]string, malformed int) {
	learn(in)
	d := NewDissection(nil)
	for i := range in {
		tr, _ := d.Run(&in[i], WantTree|WantColumns)
		side := 0
		if in[i].Packet.Data[15] == 2 { // of the source address
			side = 1
		}
		inside := false
		tr.Walk(func(_, depth int, n *Node) bool {
			if depth == 0 {
				inside = n.Field == &p.field
				if n.Field == &pMalformed.field {
					malformed++
				}
			} else if inside && n.Field.Type != TFrame && n.Field.Type != TRelTime && n.Field != fSSHDirection { // which is said once a call
				sides[side] = append(sides[side], strings.Repeat(" ", depth)+n.Field.Abbrev+" "+n.Label())
			}
			return true
		})
	}
	return sides, malformed
}

// checkSegments holds that a conversation is taken apart in the same way however it
// was cut into segments.
func checkSegments(t *testing.T, p *Proto, port uint16, turns []turn) {
	t.Helper()
	whole := talk(port, turns)
	want, bad := said(whole, p)
	if bad > 0 || len(want[0]) == 0 || len(want[1]) == 0 {
		t.Fatalf("in whole turns there are %d and %d lines, %d malformed packets", len(want[0]), len(want[1]), bad)
	}
	asked := requestsOf(whole)
	check := func(what string, cut []turn) {
		t.Helper()
		in := talk(port, cut)
		got, bad := said(in, p)
		for side := range got {
			if !slices.Equal(got[side], want[side]) || bad > 0 {
				for i := range got[side] {
					if i >= len(want[side]) || got[side][i] != want[side][i] {
						t.Fatalf("%s, side %d: line %d is %q, want %q", what, side, i, got[side][i], want[side][min(i, len(want[side])-1)])
					}
				}
				t.Fatalf("%s, side %d: %d lines, want %d; %d malformed", what, side, len(got[side]), len(want[side]), bad)
			}
		}
		if got := requestsOf(in); !slices.Equal(got, asked) {
			t.Fatalf("%s: requests\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(asked, "\n"))
		}
	}
	most := 0
	for _, x := range turns {
		most = max(most, len(x.data))
	}
	for at := 1; at < most; at += 1 + at/50 {
		check(fmt.Sprintf("cut at %d", at), cutTurns(turns, func(i int) int {
			if i == 0 {
				return at
			}
			return most
		}))
	}
	for _, size := range []int{1, 2, 3, 7} {
		check(fmt.Sprintf("in pieces of %d", size), cutTurns(turns, func(int) int { return size }))
	}
}

// checkTalk holds what is shown of a conversation against a golden file: the list,
// the protocol's own part of the tree, and the requests.
func checkTalk(t *testing.T, name string, p *Proto, port uint16, turns []turn) {
	t.Helper()
	in := talk(port, turns)
	learn(in)
	var out strings.Builder
	d := NewDissection(nil)
	for i := range in {
		tr, c := d.Run(&in[i], WantTree|WantColumns)
		checkSound(t, tr, c)
		fmt.Fprintf(&out, "%d | %s | %s | %s\n", i+1, d.protocolNames(), c.Proto, c.Info)
		inside := false
		tr.Walk(func(_, depth int, n *Node) bool {
			if depth == 0 {
				inside = n.Field == &p.field || n.Field == &pMalformed.field || n.Field == fTCPSegments || n.Field == &pTLS.field
			}
			if inside {
				fmt.Fprintf(&out, "    %s%s\n", strings.Repeat("    ", depth), n.Label())
			}
			return true
		})
	}
	out.WriteString("\n")
	for _, l := range requestsOf(in) {
		out.WriteString(l + "\n")
	}
	golden(t, "testdata/app/"+name+".golden", out.String())
}

// checkSegmentsFrom is checkSegments for a port that tells nothing: the first turn
// is left whole, as the protocol is to be known by it.
func checkSegmentsFrom(t *testing.T, p *Proto, port uint16, turns []turn) {
	t.Helper()
	want, _ := said(talk(port, turns), p)
	if len(want[0]) == 0 || len(want[1]) == 0 {
		t.Fatalf("on port %d there are %d and %d lines", port, len(want[0]), len(want[1]))
	}
	for _, size := range []int{1, 5, 20} {
		cut := append(slices.Clone(turns[:1]), cutTurns(turns[1:], func(int) int { return size })...)
		if got, bad := said(talk(port, cut), p); bad > 0 || !slices.Equal(got[0], want[0]) || !slices.Equal(got[1], want[1]) {
			t.Errorf("on port %d in pieces of %d: %d and %d lines, want %d and %d; %d malformed",
				port, size, len(got[0]), len(got[1]), len(want[0]), len(want[1]), bad)
		}
	}
}

// fuzzTalk gives any bytes to both directions of a conversation, cut in any way:
// nothing may panic, ends must ascend, each node must stand within its bytes.
func fuzzTalk(f *testing.F, port uint16, seeds []turn) {
	for i, x := range seeds {
		f.Add(x.data, x.server, uint8(3+i))
	}
	var all [2][]byte
	for _, x := range seeds {
		if x.server {
			all[1] = append(all[1], x.data...)
		} else {
			all[0] = append(all[0], x.data...)
		}
	}
	f.Add(all[0], false, uint8(200))
	f.Add(all[1], true, uint8(50))
	f.Fuzz(func(t *testing.T, b []byte, fromServer bool, size uint8) {
		if len(b) > 1<<14 {
			return
		}
		fuzzPayload(t, true, 40000, port, b)
		fuzzPayload(t, true, port, 40000, b)
		turns := append(slices.Clone(seeds[:min(len(seeds), 4)]), turn{fromServer, b})
		in := talk(port, cutTurns(turns, func(int) int { return int(size) + len(b)/64 }))
		learn(in)
		d := NewDissection(nil)
		for i := range in {
			tr, c := d.Run(&in[i], WantTree|WantColumns)
			checkSound(t, tr, c)
			d.Run(&in[i], 0)
		}
	})
}

// appOf gives an application by the name that filters have for it.
func appOf(t *testing.T, name string) App {
	t.Helper()
	a, ok := AppNamed(name)
	if !ok {
		t.Fatalf("there is no application %s", name)
	}
	return a
}
