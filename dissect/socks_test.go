package dissect

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// spoken is what one end of a conversation says; back says that it is the server.
type spoken struct {
	back bool
	data []byte
}

func asks(data ...[]byte) spoken    { return spoken{data: cat(data...)} }
func answers(data ...[]byte) spoken { return spoken{true, cat(data...)} }

// talksCapture makes a capture of conversations with a port of 10.0.0.2, one after
// the other, which are opened and closed.
func talksCapture(port int, talks ...[]spoken) []byte {
	var packets [][]byte
	for i, talk := range talks {
		client := 40000 + i
		seq := [2]int{1000, 5000}
		add := func(back bool, flags tcp.Flags, data []byte) {
			h := tcpHead{src: client, dst: port, seq: seq[0], flags: flags}
			own, other := 0, 1
			if back {
				h.src, h.dst, h.seq = port, client, seq[1]
				own, other = 1, 0
			}
			if flags&tcp.ACK != 0 {
				h.ack = seq[other]
			}
			packets = append(packets, tcpFrame(len(packets)+1, back, h.with(data)))
			seq[own] += len(data)
			if flags&(tcp.SYN|tcp.FIN) != 0 {
				seq[own]++
			}
		}
		add(false, tcp.SYN, nil)
		add(true, tcp.SYN|tcp.ACK, nil)
		add(false, tcp.ACK, nil)
		for _, s := range talk {
			add(s.back, tcp.PSH|tcp.ACK, s.data)
		}
		add(false, tcp.FIN|tcp.ACK, nil)
		add(true, tcp.FIN|tcp.ACK, nil)
		add(false, tcp.ACK, nil)
	}
	return pcapBytes(packet.LinkEthernet, packets...)
}

// socksTalks are conversations of SOCKS: every command, every kind of address and
// of authentication that tshark follows, refusals, and what goes through a tunnel.
func socksTalks() [][]spoken {
	hello, open := asks(hx("050100")), answers(hx("0500"))
	name := cat(hx("05010003 0b"), []byte("example.org"), hx("0050"))
	granted := answers(hx("05000001 0a000002 1f90"))
	get := []byte("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
	reply := []byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello")
	return [][]spoken{
		{hello, open, asks(name), granted, asks(get), answers(reply[:20]), answers(reply[20:40]), answers(reply[40:])},
		{hello, open, asks(hx("05010004 20010db8000000000000000000000001 01bb")), answers(hx("05050004 20010db8000000000000000000000002 01bb")), asks([]byte("hello")), answers([]byte("world"))},
		{asks(hx("05020002")), answers(hx("0502")), asks(hx("01 04 75736572 04 70617373")), answers(hx("0100")), asks(hx("05020001 0a000009 0050")), answers(hx("05000001 0a000009 0050")), answers(hx("05000001 0a000009 0051"))},
		{asks(hx("050102")), answers(hx("0502")), asks(hx("01 04 75736572 01 78")), answers(hx("0101"))},
		{hello, open, asks(hx("05030001 00000000 0000")), answers(hx("05000001 0a000002 2710"))},
		{asks(hx("04010050 00000001 626f6200 6578616d706c652e6f726700")), answers(hx("005a 0050 0a000002"))},
		{asks(hx("04010050 0a000009 00")), answers(hx("005b 0000 00000000"))},
		{asks(hx("0503008003")), answers(hx("05ff"))},
		{asks(hx("050101")), answers(hx("0501")), asks(hx("0101 0003 616263")), answers(hx("0101 0003 616263"))},
		{asks(hx("0604")), answers(hx("0600"))},
		{hello, open, asks(name), granted, asks(get), answers(reply)},
	}
}

// TestSOCKSCrafted holds the committed capture against the code that made it.
// TestGolden, TestPDML and TestColumns say what it holds.
func TestSOCKSCrafted(t *testing.T) {
	const name = "testdata/app/socks.pcap"
	want := talksCapture(1080, socksTalks()...)
	if *flagUpdate {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what this test makes (%v): run go test ./dissect -run 'SOCKS|TestGolden' -update", name, err)
	}
}

// TestSOCKSTunnel goes through conversations step by step.
func TestSOCKSTunnel(t *testing.T) {
	for _, tt := range []struct {
		what  string
		talk  []spoken
		phase []socksPhase
		port  int // of the tunnel once something has gone through it; −1: none
		app   App
	}{
		{"version 5", socksTalks()[0], []socksPhase{socksMethod, socksCommand, socksReply, socksTunnel, socksTunnel, socksTunnel, socksTunnel, socksTunnel}, 80, AppHTTP},
		{"a password", socksTalks()[2], []socksPhase{socksMethod, socksAuth, socksAuthReply, socksCommand, socksReply, socksBound, socksTunnel}, -1, AppNone},
		{"version 4", []spoken{asks(hx("0401 01bb 0a000001 00")), answers(hx("005a 0000 00000000")), asks(hx("1603010200"))}, []socksPhase{socksReply, socksTunnel, socksTunnel}, 443, AppTLS},
		{"version 4, Bind", []spoken{asks(hx("0402 0050 0a000001 00")), answers(hx("005a 0050 0a000002")), answers(hx("005a 0050 0a000002"))}, []socksPhase{socksReply, socksTunnel, socksTunnel}, 0, AppNone},
		{"tokens", []spoken{asks(hx("050101")), answers(hx("0501")), asks(hx("0101000161")), answers(hx("0101000161")), asks(hx("0501000101020304 1234")), answers(hx("0500000101020304 1234")), asks([]byte("x"))},
			[]socksPhase{socksMethod, socksAuth, socksAuthReply, socksAuth, socksReply, socksTunnel, socksTunnel}, 0x1234, AppNone},
		{"nothing acceptable", socksTalks()[7], []socksPhase{socksMethod, socksNothing}, -1, AppNone},
		{"another protocol", socksTalks()[9], []socksPhase{socksNothing, socksNothing}, -1, AppNone},
		{"pieces", []spoken{asks([]byte{5}), answers([]byte{5}), asks([]byte{1})}, []socksPhase{socksMethod, socksNothing, socksNothing}, -1, AppNone},
		{"a cut command", []spoken{asks(hx("050100")), answers(hx("0500")), asks(hx("0501")), answers(hx("0500")), asks([]byte("x"))}, []socksPhase{socksMethod, socksCommand, socksReply, socksTunnel, socksTunnel}, 0, AppNone},
	} {
		t.Run(tt.what, func(t *testing.T) {
			s := NewSession(AppNone + App(slices.IndexFunc(applications[:], func(a application) bool { _, ok := a.(socksApplication); return ok })))
			tunnel := -1
			for i, m := range tt.talk {
				dir := uint8(0)
				if m.back {
					dir = 1
				}
				n := packet.Number(i + 1)
				s.Begin(n, 0, dir, false)
				s.Framer(dir).Push(tcp.Piece{Data: m.data, Number: n}, nil)
				if st, ok := s.socksBefore(n + 1); !ok || st.phase != tt.phase[i] {
					t.Errorf("after message %d: phase %d, want %d", n, st.phase, tt.phase[i])
				}
				if port, ok := s.TunnelPort(); ok {
					if tunnel >= 0 {
						t.Errorf("message %d: the tunnel was told of before", n)
					}
					tunnel = int(port)
				}
			}
			if tunnel != tt.port || s.through != tt.app {
				t.Errorf("tunnel to %d of %v, want %d of %v", tunnel, s.through, tt.port, tt.app)
			}
		})
	}
}
