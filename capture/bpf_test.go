package capture

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"tcplens/internal/packet"
)

// tcp80 is an IPv4 header and the ports of a segment from 1024 to 80.
const tcp80 = "\x45\x00\x00\x28\x00\x00\x00\x00\x40\x06\x00\x00\x7f\x00\x00\x01\x7f\x00\x00\x01\x04\x00\x00\x50"

// links are link types, each with a header that says that IPv4 follows. BSD
// loopback is told apart by the number of AF_INET, in the machine's order.
var links = map[packet.LinkType]string{
	packet.LinkEthernet:  "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00",
	packet.LinkRaw:       "",
	packet.LinkIPv4:      "",
	packet.LinkLoop:      "\x00\x00\x00\x02",
	packet.LinkLinuxSLL:  "\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00",
	packet.LinkLinuxSLL2: "\x08\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00\x00\x00",
	packet.LinkPPPSerial: "\xff\x03\x00\x21",
}

func TestFilter(t *testing.T) {
	for link, head := range links {
		data := []byte(head + tcp80)
		m := packet.Meta{Link: link, CapLen: uint32(len(data)), Len: 100}
		for expr, want := range map[string]bool{
			"": true, "tcp port 80": true, "tcp port 81": false, "udp": false, "greater 100": true, "greater 101": false,
			"host 127.0.0.1": true, "not tcp": false,
		} {
			f, err := NewFilter(expr, link, 0)
			if err != nil {
				t.Errorf("%v: %v", link, err)
				continue
			}
			if f.Match(m, data) != want {
				t.Errorf("%v: %q matches: %v, want %v", link, expr, !want, want)
			}
			if f.String() != expr {
				t.Errorf("%v: %q calls itself %q", link, expr, f)
			}
			// What was cut off cannot be found, and nothing reads beyond the data.
			for n := range data {
				f.Match(m, data[:n:n])
			}
			if f.Match(m, nil) != f.Match(m, []byte{}) {
				t.Errorf("%v: %q: no data and empty data differ", link, expr)
			}
		}
	}
	f, err := NewFilter("tcp port 80", packet.LinkEthernet, 0)
	if err != nil {
		t.Fatal(err)
	}
	if f.Match(packet.Meta{}, nil) {
		t.Error("no bytes at all pass a filter")
	}
}

func TestFilterErrors(t *testing.T) {
	for _, tt := range []struct{ expr, words string }{
		{"tcp prt 80", "syntax error"},
		{"port nonesuch", "unknown port 'nonesuch'"},
		{"host 1.2.3.4.5", "1.2.3.4.5"},
		{"(", "syntax error"},
	} {
		err := CheckFilter(tt.expr, packet.LinkEthernet, 65535)
		var fe *FilterError
		if !errors.As(err, &fe) || fe.Expr != tt.expr {
			t.Errorf("%q: %v", tt.expr, err)
			continue
		}
		if lines := strings.SplitN(err.Error(), "\n", 2); len(lines) != 2 || lines[0] != tt.expr || !strings.Contains(lines[1], tt.words) {
			t.Errorf("%q: %q", tt.expr, err)
		}
	}
	if err := CheckFilter("tcp", 60000, 0); err == nil {
		t.Error("an unknown link type: no error")
	}
	if err := CheckFilter("tcp and port 80", packet.LinkEthernet, 65535); err != nil {
		t.Error(err)
	}
}

// TestFilterShared uses one filter in many goroutines.
func TestFilterShared(t *testing.T) {
	f, err := NewFilter("tcp port 80", packet.LinkRaw, 0)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				if !f.Match(packet.Meta{Len: 24}, []byte(tcp80)) {
					t.Error("it does not match")
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestFilterSource(t *testing.T) {
	w := little().section().iface(1, 0, nil).iface(276, 0, nil).iface(101, 0, nil)
	eth, sll2 := links[packet.LinkEthernet]+tcp80, links[packet.LinkLinuxSLL2]+tcp80
	for range 20000 { // more than one chunk without a match
		w.packet(0, 0, eth[:20], 60, nil)
	}
	w.packet(0, 1, eth, 60, nil).packet(1, 2, sll2, 60, nil).packet(2, 3, "", 60, nil).packet(2, 4, tcp80, 60, nil)
	f, err := OpenFile(temp(t, "a.pcapng", w.b))
	if err != nil {
		t.Fatal(err)
	}
	src, err := FilterSource(f, "tcp port 80")
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	ps, err := readAll(t, src)
	if err != nil || len(ps) != 3 || ps[0].Time != 1000 || ps[1].Link != 276 || ps[2].Time != 4000 {
		t.Errorf("%+v, %v", ps, err)
	}
	if _, err := FilterSource(f, "prt 80"); err == nil {
		t.Error("a wrong filter: no error")
	}
}
