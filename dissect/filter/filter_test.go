package filter_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"tcplens/dissect"
	"tcplens/dissect/filter"
	"tcplens/internal/packet"
)

// frame makes the tree of an Ethernet frame.
func frame(t testing.TB, data []byte) *dissect.Tree {
	t.Helper()
	d := dissect.NewDissection(nil)
	in := dissect.Input{Number: 7, Packet: packet.Packet{Meta: packet.Meta{
		Time: 1700000000_250000000, CapLen: uint32(len(data)), Len: uint32(len(data)), Link: packet.LinkEthernet}, Data: data}}
	in.First, in.Prev = in.Packet.Time, in.Packet.Time
	tree, _ := d.Run(&in, dissect.WantTree)
	return tree
}

// segment is a TCP segment with some data: 10.0.0.1:34962 → 10.0.0.2:3000, PSH and ACK.
func segment(payload string) []byte {
	b := []byte{0, 0x1b, 0x21, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
		0x45, 0, 0, byte(40 + len(payload)), 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		0x88, 0x92, 0x0b, 0xb8, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0x01, 0, 0, 0, 0, 0}
	return append(b, payload...)
}

// datagram6 is a UDP datagram over IPv6: [fe80::1]:5353 → [ff02::fb]:5353.
func datagram6() []byte {
	b := []byte{0x33, 0x33, 0, 0, 0, 0xfb, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 12, 17, 255}
	b = append(b, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
	b = append(b, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfb)
	return append(b, 0x30, 0x39, 0x30, 0x39, 0, 12, 0, 0, 'a', 'b', 'c', 'd')
}

func TestMatch(t *testing.T) {
	known := dissect.NewLookup()
	tcp, udp := frame(t, segment("GET /x")), frame(t, datagram6())
	tests := []struct {
		expr     string
		tcp, udp bool
	}{
		{"", true, true},
		{"tcp", true, false},
		{"udp", false, true},
		{"not tcp", false, true},
		{"!tcp", false, true},
		{"tcp or udp", true, true},
		{"tcp && udp", false, false},
		{"ip or ipv6 and udp", true, true},
		{"(ip or ipv6) and udp", false, true},
		{"tcp.port == 3000", true, false},
		{"tcp.port eq 0xbb8", true, false},
		{"tcp.port == 34962 and tcp.port == 3000", true, false},
		{"tcp.port != 3000", false, false}, // one of the two is
		{"tcp.port !== 3000", true, false}, // the other is not
		{"not tcp.port == 3000", false, true},
		{"tcp.port === 3000", false, false}, // not all are
		{"tcp.port != 80", true, false},
		{"tcp.port > 30000", true, false},
		{"tcp.port ge 34962", true, false},
		{"tcp.port lt 3000", false, false},
		{"tcp.port in {80, 443, 3000}", true, false},
		{"tcp.port in {2990..3010}", true, false},
		{"tcp.port in {3001..34961}", false, false},
		{"tcp.port not in {80, 443}", true, true},
		{"ip.addr == 10.0.0.2", true, false},
		{"ip.addr == 10.0.0.0/8", true, false},
		{"ip.src == 10.0.0.0/31", true, false},
		{"ip.dst == 10.0.0.0/31", false, false},
		{"ip.addr != 192.168.0.0/16", true, false},
		{"ip.addr != 10.0.0.1", false, false},
		{"ip.src < 10.0.0.2", true, false},
		{"ip.addr in {10.0.0.2, 10.0.0.9}", true, false},
		{"ip.src in {10.0.0.0 .. 10.0.0.5}", true, false},
		{"ip.src == ip.dst", false, false},
		{"ip.src != ip.dst", true, false},
		{"ip.src < ip.dst", true, false},
		{"ipv6.addr == fe80::/10", false, true},
		{"ipv6.src == fe80::1", false, true},
		{"eth.src == 02:00:00:00:00:01", true, true},
		{"eth.src == 02-00-00-00-00-01", true, true},
		{"eth.addr == 00:1b:21:00:00:02", true, false},
		{"eth.dst[0:3] == 00:1b:21", true, false},
		{"eth.dst[0-2] == 00:1b:21", true, false},
		{"eth.dst[5] == 02", true, false},
		{"eth.dst[-1:] == 02", true, false},
		{"eth.dst[0:2,5] == 00:1b:02", true, false},
		{"eth.dst[4:9] == 00", false, false},
		{`frame contains "GET /x"`, true, false},
		{`frame contains 47:45:54`, true, false},
		{`tcp contains "GET"`, true, false}, // from the header on
		{`tcp[0:] contains "GET"`, true, false},
		{`frame matches r"get\s/."`, true, false},
		{`frame ~ "abc[d]"`, false, true},
		{"tcp.flags & 8", true, false},
		{"tcp.flags & 2", false, false},
		{"tcp.flags & 0x18 == 0x18", true, false},
		{"tcp.flags == 0x18", true, false},
		{"tcp.flags.push", true, false}, // presence, not the value
		{"tcp.flags.syn == 1", false, false},
		{"tcp.flags.syn == 0", true, false},
		{"tcp.flags.push == True", true, false},
		{"tcp.flags.push == False", false, false},
		{"ip.proto == 6", true, false},
		{`ip.proto == "TCP"`, true, false},
		{`ip.proto == "udp"`, false, false},
		{"ip.ttl == 64 and ip.ttl < 65", true, false},
		{"ip.ttl == 'A'", false, false},
		{"ip.ttl == '@'", true, false},
		{"frame.len == 60", true, false},
		{"frame.number in {1..9}", true, true},
		{`frame.time >= "2023-11-14 22:13:20"`, true, true},
		{`frame.time >= "2023-11-14 22:13:20.26"`, false, false},
		{"frame.time_relative == 0", true, true},
		{"frame.time_delta < 0.000001", true, true},
		{"len(frame) == 60", true, false},
		{"count(ip.addr) == 2", true, false},
		{"count(ip.addr) > 2", false, false},
		{`frame.protocols contains "udp"`, false, true},
		{`upper(frame.protocols) contains "UDP"`, false, true},
		{`frame.protocols matches "ipv6:udp"`, false, true},
	}
	for _, tt := range tests {
		f, err := filter.Parse(tt.expr, known)
		if err != nil {
			t.Errorf("%s: %v", tt.expr, err)
			continue
		}
		if got := f.Match(tcp); got != tt.tcp {
			t.Errorf("%s: %v for the TCP segment", tt.expr, got)
		}
		if got := f.Match(udp); got != tt.udp {
			t.Errorf("%s: %v for the UDP datagram", tt.expr, got)
		}
	}
}

// TestRows compares the answers from facts with those from the tree.
func TestRows(t *testing.T) {
	known := dissect.NewLookup()
	seg, dg := segment("GET /x"), datagram6()
	flow := packet.Flow{Src: packet.Endpoint{Addr: netip.MustParseAddr("10.0.0.1"), Port: 34962}, Dst: packet.Endpoint{Addr: netip.MustParseAddr("10.0.0.2"), Port: 3000}}
	flow6 := packet.Flow{Src: packet.Endpoint{Addr: netip.MustParseAddr("fe80::1"), Port: 12345}, Dst: packet.Endpoint{Addr: netip.MustParseAddr("ff02::fb"), Port: 12345}}
	at := packet.Time(1700000000_250000000)
	facts := func(f filter.Facts, data []byte) filter.Facts {
		f.Number, f.Len, f.CapLen, f.Single, f.Plain, f.Sound = 7, uint32(len(data)), uint32(len(data)), true, true, true
		f.Time, f.First, f.Prev, f.Timed = at, at, at, true
		return f
	}
	packets := []struct {
		tree  *dissect.Tree
		facts filter.Facts
	}{
		{frame(t, seg), facts(filter.Facts{Kind: filter.TCP, PayLen: 6, Flags: 0x18, Flow: &flow}, seg)},
		{frame(t, dg), facts(filter.Facts{Kind: filter.UDP, PayLen: 4, Flow: &flow6}, dg)},
		{frame(t, seg[:54]), facts(filter.Facts{Kind: filter.TCP, Flags: 0x18, Flow: &flow, Without: filter.WithoutApp | filter.WithoutHTTP | filter.WithoutTLS}, seg[:54])},
		{frame(t, seg), facts(filter.Facts{Kind: filter.TCP, PayLen: 6, Flags: 0x18, Flow: &packet.Flow{Src: flow.Dst, Dst: flow.Src}, Reverse: true}, seg)},
	}
	leaves := []string{"tcp", "udp", "tcp.port == 3000", "tcp.port != 3000", "tcp.port != 80", "tcp.port in {2000..3500}", "udp.port == 12345",
		"tcp.dstport > 3000", "tcp.flags.push == 1", "tcp.flags & 0x10", "tcp.flags == 0x18", "frame.len > 55", "frame.number == 7", "arp", "dns",
		"http", "frame", "ip", "ip.addr == 10.0.0.1", "tcp.analysis.flags", "udp.port in {1..3}", "ip.src == 10.0.0.0/31", "ip.addr != 10.0.0.1",
		"ip.addr !== 10.0.0.1", "all ip.addr == 10.0.0.0/8", "ip.dst > 10.0.0.1", "ipv6", "ipv6.addr == fe80::/10", "ip.addr in {10.0.0.2 .. 10.0.0.9, 1.2.3.4}",
		"ip.src not in {10.0.0.0/30}", "all tcp.port in {3000, 34962}", "all tcp.port in {1..40000}", "tcp.port === 3000", "tcp.port !== 3000", "tcp.srcport in {34962}",
		"frame.time_relative < 0.5", "frame.time_delta >= 0", "frame.time > \"2020-01-01\"", "frame.time_epoch < 5", "tcp.flags & 0x18 == 0x18", "tcp.flags & 2",
		"tcp.flags.syn == True", "udp.srcport == 12345", "tls", "quic", "frame.cap_len < 60", "tcp.flags == -1", "tcp.port > -1", "frame contains \"GET\"", "tcp.dstport"}
	answered := 0
	try := func(expr string) {
		f, err := filter.Parse(expr, known)
		if err != nil {
			t.Fatalf("%s: %v", expr, err)
		}
		for i, p := range packets {
			x := p.facts
			match, ok := f.Rows(&x)
			if !ok {
				continue
			}
			answered++
			if want := f.Match(p.tree); match != want {
				t.Errorf("%s, packet %d: the facts say %v, the tree %v", expr, i, match, want)
			}
		}
	}
	for _, a := range leaves {
		try(a)
		try("not " + a)
		for _, b := range leaves {
			try(a + " and " + b)
			try(a + " or not " + b)
			try("not (" + a + " and not " + b + ")")
		}
	}
	if answered < 1000 {
		t.Errorf("only %d answers came from facts", answered)
	}
}

func TestNames(t *testing.T) {
	n := filter.NewNames(dissect.NewLookup())
	got := n.Complete("tcp.po", 10)
	if len(got) == 0 || got[0] != "tcp.port" {
		t.Errorf("tcp.po is completed to %v", got)
	}
	if got := n.Complete("ip.", 3); len(got) != 3 {
		t.Errorf("three names were asked for: %v", got)
	}
	if d := n.Describe("tcp.srcport"); d != "Source Port" {
		t.Errorf("tcp.srcport is %q", d)
	}
	for _, tt := range []struct {
		expr       string
		pos        int
		start, end int
	}{{"tcp.po", 6, 0, 6}, {"tcp and ip.a", 12, 8, 12}, {"tcp and ip.a", 9, 8, 12}, {`a == "x y`, 9, 9, 9}, {"", 0, 0, 0}, {"(tcp", 4, 1, 4}} {
		if s, e := filter.WordAt(tt.expr, tt.pos); s != tt.start || e != tt.end {
			t.Errorf("the word at %d of %q is %d..%d", tt.pos, tt.expr, s, e)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"tcp", "ip.addr == 10.0.0.0/8 and not udp", `frame contains "\x00\"" or tcp.port in {1..5, 80}`, "eth.src[0:3,5] == 00:1b",
		"tcp.flags & 0x12 == 2", `http.host matches r"a\.b"`, "len(frame) > 3", "!(a", "'\\n' == ip.ttl", "\xff\xfe", "a..b", "tcp.port not in {1}"} {
		f.Add(s)
	}
	known := dissect.NewLookup()
	tcp, udp := frame(f, segment("GET / HTTP/1.1\r\n\r\n")), frame(f, datagram6())
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1<<12 {
			return
		}
		x, err := filter.Parse(s, known)
		if err != nil {
			var fe *filter.Error
			if !errors.As(err, &fe) || fe.Pos < 0 || fe.Len < 0 || fe.Pos+fe.Len > len(s) || fe.Msg == "" {
				t.Fatalf("%q: %#v", s, err)
			}
			fe.Caret(s)
			return
		}
		a := x.Match(tcp)
		if a != x.Match(tcp) {
			t.Fatalf("%q: two answers", s)
		}
		x.Match(udp)
		if y, err := filter.Parse("not ("+s+")", known); x != nil {
			if err != nil {
				t.Fatalf("%q cannot be negated: %v", s, err)
			}
			if y.Match(tcp) == a {
				t.Fatalf("%q and its negation agree", s)
			}
		}
		facts := filter.Facts{Number: 7, Len: 72, CapLen: 72, Kind: filter.TCP, Single: true, PayLen: 18, Flags: 0x18}
		x.Rows(&facts)
		filter.WordAt(s, len(s)/2)
	})
}

func TestCheck(t *testing.T) {
	known := dissect.NewLookup()
	tests := []struct {
		expr  string
		state filter.State
		pos   int
	}{
		{"", filter.Empty, 0}, {"  ", filter.Empty, 0}, {"tcp", filter.Valid, 0}, {"tcp.port == 80", filter.Valid, 0},
		{"ip.addr != 10.0.0.1", filter.Odd, 8}, {"tcp.flags.syn", filter.Odd, 0}, {"http.host == example", filter.Odd, 13},
		{"tcp.port ~= 80", filter.Odd, 9}, {"ip.ttl > -1", filter.Odd, 9}, {"tcp.port in {9..3}", filter.Odd, 13},
		{"tcp.prot == 80", filter.Invalid, 0}, {"tcp.port == ", filter.Invalid, 12},
	}
	for _, tt := range tests {
		if v := filter.Check(tt.expr, known); v.State != tt.state || v.Pos != tt.pos || (v.State > filter.Valid) != (v.Msg != "") {
			t.Errorf("%s: %+v", tt.expr, v)
		}
	}
	for expr, unended := range map[string]bool{"tcp.port == ": true, `http.host == "a`: true, "(tcp": true, "tcp and": true, "xyzzy": false, "frame[0:": true} {
		if v := filter.Check(expr, known); v.Unended != unended {
			t.Errorf("%s: %+v", expr, v)
		}
	}
}

func TestLanguages(t *testing.T) {
	known := dissect.NewLookup()
	capture := map[string]string{
		"port 3000": "tcp.port == 3000 or udp.port == 3000", "tcp port 80": "tcp.port == 80", "host 10.0.0.1 and tcp": "ip.addr == 10.0.0.1",
		"src host 10.0.0.1": "ip.src == 10.0.0.1", "net 10.0.0.0/8": "ip.addr == 10.0.0.0/8", "udp dst port 53": "udp.dstport == 53",
		"ether host 00:11:22:33:44:55": "eth.addr == 00:11:22:33:44:55", "not port 22": "udp.port == 22", "portrange 80-90": "tcp.port in {80..90}",
		"host ::1": "ipv6.addr == ::1", "host example.com": "", "tcp[tcpflags] & tcp-syn != 0": "", "src net 10": "",
	}
	for expr, want := range capture {
		got := filter.LooksLikeCapture(expr)
		if got == "" || !strings.HasSuffix(got, want) {
			t.Errorf("%s: %q", expr, got)
		}
		if v := filter.Check(expr, known); !v.Capture || v.Msg != got {
			t.Errorf("%s: %+v", expr, v)
		}
		if why := filter.LooksLikeDisplay(expr, known); why != "" {
			t.Errorf("%s: %s", expr, why)
		}
	}
	for _, expr := range []string{"tcp.port == 80", `http contains "x"`, "ip.addr == 10.0.0.1 and tcp", "frame.len > 5 &&", "http && dns"} {
		if filter.LooksLikeDisplay(expr, known) == "" {
			t.Errorf("%s is not taken for a display filter", expr)
		}
		if why := filter.LooksLikeCapture(expr); why != "" {
			t.Errorf("%s: %s", expr, why)
		}
	}
}

func TestCandidates(t *testing.T) {
	n := filter.NewNames(dissect.NewLookup())
	tests := []struct {
		expr       string // the cursor stands at |
		start, end int
		first      string
		kind       filter.CandidateKind
	}{
		{"tcp.po|", 0, 6, "tcp.port", filter.CandidateField},
		{"not http.requ|", 4, 13, "http.request", filter.CandidateField},
		{"tc|", 0, 2, "tcp", filter.CandidateProtocol},
		{"tcp.flags.syn == |", 17, 17, "True", filter.CandidateValue},
		{`ip.proto == "tc|"`, 12, 16, `"TCP"`, filter.CandidateValue},
		{`ip.proto == TC|`, 12, 14, `"TCP"`, filter.CandidateValue},
		{"ip.proto in {TCP, UD|}", 18, 20, `"UDP"`, filter.CandidateValue},
		{"tcp an|", 4, 6, "and", filter.CandidateKeyword},
		{"tcp.port == 80 o|", 15, 16, "or", filter.CandidateKeyword},
		{"uppe|", 0, 4, "upper(", filter.CandidateFunction},
		{"srcpor|", 0, 6, "tcp.srcport", filter.CandidateField},
	}
	for _, tt := range tests {
		at := strings.IndexByte(tt.expr, '|')
		c := n.Candidates(strings.Replace(tt.expr, "|", "", 1), at, 1000)
		found := false
		for i, x := range c.Candidates {
			found = found || x.Text == tt.first && x.Kind == tt.kind && (i == 0 || tt.kind == filter.CandidateField)
		}
		if c.Start != tt.start || c.End != tt.end || !found {
			t.Errorf("%s: %d..%d %v", tt.expr, c.Start, c.End, c.Candidates[:min(3, len(c.Candidates))])
		}
	}
	if c := n.Candidates("tcp.", 4, 5); len(c.Candidates) != 5 || c.Candidates[0].Type == "" || c.Candidates[0].Desc == "" {
		t.Errorf("five candidates were asked for: %+v", c.Candidates)
	}
	if c := n.Candidates("", 0, 5); len(c.Candidates) != 0 {
		t.Errorf("nothing was typed, but there are candidates: %v", c.Candidates)
	}
}

// TestOfEnds says which expressions have one answer for each way of a conversation.
func TestOfEnds(t *testing.T) {
	known := dissect.NewLookup()
	for expr, want := range map[string]bool{
		"ip.addr == 10.0.0.0/8":                    true,
		"tcp.port == 80 or udp.srcport in {53, 1}": true,
		"not ip.src == 10.0.0.1":                   true,
		"tcp.port":                                 true,
		"tcp.port == 80 and tcp.len > 0":           false,
		"ip.addr[0] == 10":                         false,
		"ip.addr#1 == 10.0.0.1":                    false,
		"ip.addr == ${ip.src}":                     false,
		"tcp.stream == 1":                          false,
		"http":                                     false,
	} {
		f, err := filter.Parse(expr, known)
		if err != nil {
			t.Fatal(expr, err)
		}
		if f.OfEnds() != want {
			t.Errorf("%s: %v", expr, !want)
		}
	}
	if (*filter.Filter)(nil).OfEnds() {
		t.Error("no filter asks for nothing")
	}
}
