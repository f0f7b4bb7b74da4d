package dissect

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// TestNamed holds what is shown of protocols that are only recognised.
func TestNamed(t *testing.T) {
	in := readCapture(t, "testdata/named/ports.cap")
	learn(in)
	var list strings.Builder
	d := NewDissection(nil)
	for i := range in {
		tree, c := d.Run(&in[i], WantTree|WantColumns)
		fmt.Fprintf(&list, "%d | %s | %s | %s\n%s\n", i+1, d.protocolNames(), c.Proto, c.Info, tree.Text())
	}
	golden(t, "testdata/named/ports.golden", list.String())
}

// payloadOf dissects the payload of a datagram or a segment by itself, and gives
// the protocols that were found.
func payloadOf(isTCP bool, src, dst uint16, b []byte, want Want) (string, *Dissection) {
	d := NewDissection(nil)
	d.reset(&Input{}, want)
	d.layer.srcPort, d.layer.dstPort, d.layer.proto = src, dst, 17
	if d.tree != nil {
		d.tree.Sources = append(d.tree.Sources, Source{Name: "Frame", Bytes: b})
	}
	c := cursor{d: d, b: b, have: len(b), limit: len(b)}
	if isTCP {
		d.layer.proto = 6
		dissectTCPPayload(c, nil)
	} else {
		dissectUDPPayload(c)
	}
	d.explainFailure(&c)
	return d.protocolNames(), d
}

func TestDispatch(t *testing.T) {
	dns := string(hx("123401000001000000000000016100000100 01"))
	tests := []struct {
		what     string
		tcp      bool
		src, dst uint16
		payload  string
		want     string
	}{
		{"DNS", false, 40000, 53, dns, "dns"},
		{"mDNS", false, 5353, 5353, dns, "mdns"},
		{"LLMNR", false, 5355, 40000, dns, "llmnr"},
		{"the lower port goes first", false, 53, 5353, dns, "dns"},
		{"DNS over TCP", true, 40000, 53, "\x00\x11" + dns, "dns"},
		{"two messages are one layer", true, 40000, 53, "\x00\x11" + dns + "\x00\x11" + dns, "dns"},
		{"DHCP", false, 68, 67, strings.Repeat("\x01", 300), "dhcp"},
		{"NTP", false, 123, 123, "\x23" + strings.Repeat("\x00", 47), "ntp"},
		{"SNMP", false, 40000, 161, "\x30\x10aaaaaaaaaaaaaaaa", "snmp"},
		{"not SNMP", false, 40000, 161, "hello", "data"},
		{"an unknown port", false, 40000, 40001, "hello", "data"},
		{"QUIC by its version", false, 40000, 4433, "\xc0\x00\x00\x00\x01\x04abcd\x00\x00\x04abcd", "quic"},
		{"an unknown version", false, 40000, 443, "\xc0\x12\x34\x56\x78\x04abcd\x00\x00\x04abcd", "data"},
		{"WireGuard", false, 40000, 40001, "\x04\x00\x00\x00" + strings.Repeat("a", 28), "wg"},
		{"too short for WireGuard", false, 40000, 40001, "\x04\x00\x00\x00" + strings.Repeat("a", 27), "data"},
		{"STUN", false, 40000, 40001, "\x00\x01\x00\x00\x21\x12\xa4\x42" + strings.Repeat("a", 12), "stun"},
		{"DTLS", false, 40000, 40001, "\x16\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04abcd", "dtls"},
		{"SSH", true, 22, 40000, "SSH-2.0-x\r\n", "ssh"},
		{"SSH on another port", true, 40001, 40000, "SSH-2.0-x\r\n", "ssh"},
		{"SMB", true, 40000, 445, "\x00\x00\x00\x08\xffSMBabcd", "nbss:smb"},
		{"SMB2", true, 40000, 445, "\x00\x00\x00\x08\xfeSMBabcd", "nbss:smb2"},
		{"COTP", true, 40000, 102, "\x03\x00\x00\x0b\x06\xe0aaaaa", "tpkt:cotp"},
		{"S7", true, 40000, 102, "\x03\x00\x00\x0b\x02\xf0\x80\x32aaa", "tpkt:cotp:s7comm"},
		{"not TPKT", true, 40000, 102, "hello", "data"},
		{"Modbus", true, 40000, 502, "\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00\x01", "mbtcp:modbus"},
		{"CIP", true, 40000, 44818, "\x6f\x00\x12\x00" + strings.Repeat("\x00", 20) + "\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\xb2\x00\x02\x00\x0e\x00", "enip:cip"},
		{"mail", true, 40000, 25, "Subject: hello world\r\n", "smtp:data-text-lines"},
		{"a command", true, 40000, 25, "MAIL FROM:<a@b>\r\n", "smtp"},
		{"an answer", true, 25, 40000, "250 ok\r\n", "smtp"},
		{"DCE/RPC by its look", true, 40000, 40001, "\x05\x00\x0b\x03\x10\x00\x00\x00\x14\x00\x00\x00\x01\x00\x00\x00aaaa", "dcerpc"},
		{"a session setup", true, 40000, 445, "\x00\x00\x00\x68\xfeSMB" + strings.Repeat("\x00", 8) + "\x01" + strings.Repeat("\x00", 51) +
			"\x19\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x58\x00\x10\x00" + strings.Repeat("\x00", 8) + "\xa1NTLMSSP\x00aaaaaaa",
			"nbss:smb2:gss-api:spnego:ntlmssp"},
		{"plain data", true, 40000, 40001, "hello", "data"},
	}
	for _, tt := range tests {
		if got, _ := payloadOf(tt.tcp, tt.src, tt.dst, []byte(tt.payload), WantTree|WantColumns); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.what, got, tt.want)
		}
	}
}

func TestUDPQuestion(t *testing.T) {
	tests := []struct {
		src, dst uint16
		payload  string
		want     Question
		ok       bool
	}{
		{40000, 53, "\x12\x34\x01\x00", Question{0x1234, false}, true},
		{53, 40000, "\x12\x34\x81\x80", Question{0x1234, true}, true},
		{5353, 5353, "\x00\x00\x84\x00", Question{0, true}, true},
		{40000, 5355, "\xff\xff\x00\x00", Question{0xffff, false}, true},
		{40000, 53, "\x12\x34\x01", Question{}, false},
		{40000, 123, "\x12\x34\x01\x00", Question{}, false},
		{7, 53, "\x12\x34\x01\x00", Question{}, false}, // the echo port is the lower one
		{40000, 40001, "\x12\x34\x01\x00", Question{}, false},
	}
	for _, tt := range tests {
		got, ok := (*DecodeAs)(nil).UDPQuestion([]byte(tt.payload), tt.src, tt.dst)
		if got != tt.want || ok != tt.ok {
			t.Errorf("%d→%d %x: got %v %v, want %v %v", tt.src, tt.dst, tt.payload, got, ok, tt.want, tt.ok)
		}
	}
}

// TestUDPQuestionDecodedAs overrules ports: -d makes DNS of one and data of another.
func TestUDPQuestionDecodedAs(t *testing.T) {
	da := &DecodeAs{UDP: map[uint16]App{5653: AppDNS, 53: AppNone}}
	payload := []byte("\x12\x34\x81\x80")
	if q, ok := da.UDPQuestion(payload, 5653, 40000); !ok || q != (Question{0x1234, true}) {
		t.Errorf("a port that is DNS: %v %v", q, ok)
	}
	if _, ok := da.UDPQuestion(payload, 53, 40000); ok {
		t.Error("a port that is data has a question")
	}
}

// TestExchange plays what Wireshark makes of repeated questions and answers.
func TestExchange(t *testing.T) {
	type step struct {
		answer       bool
		at           float64 // seconds
		want, resent packet.Number
		opens        bool // the packet is the question of its exchange
	}
	tests := map[string][]step{
		"a question and its answer":            {{false, 0, 0, 0, true}, {true, 20, 1, 0, false}},
		"a question sent again":                {{false, 0, 0, 0, true}, {false, 4, 1, 1, false}, {true, 5, 1, 0, false}},
		"sent again after the first timed out": {{false, 0, 0, 0, true}, {false, 4, 1, 1, false}, {false, 8, 0, 0, true}, {true, 9, 3, 0, false}},
		"an answer sent again":                 {{false, 0, 0, 0, true}, {true, 1, 1, 0, false}, {true, 60, 1, 2, false}},
		"the id used again":                    {{false, 0, 0, 0, true}, {true, 1, 1, 0, false}, {false, 2, 0, 0, true}, {true, 3, 3, 0, false}},
		"an answer that nobody asked for":      {{true, 0, 0, 0, false}, {false, 1, 0, 0, true}},
	}
	for name, steps := range tests {
		var x *Exchange
		for i, s := range steps {
			n := packet.Number(i + 1)
			y, resent := x.Next(Question{ID: 7, Answer: s.answer}, n, packet.Time(s.at*float64(time.Second)))
			if resent != s.resent {
				t.Errorf("%s: packet %d repeats %d, want %d", name, n, resent, s.resent)
			}
			if s.opens != (y != nil && y.Query == n) {
				t.Errorf("%s: packet %d: opens %v", name, n, !s.opens)
			}
			if s.want != 0 && (y == nil || y.Query != s.want) {
				t.Errorf("%s: packet %d belongs to %v, want question %d", name, n, y, s.want)
			}
			if y != nil {
				x = y
			}
		}
	}
}

func TestDNSName(t *testing.T) {
	long := strings.Repeat("\x3f"+strings.Repeat("x", 63), 4) + "\x00"
	tests := []struct {
		what  string
		bytes string
		off   int
		want  string
		n     int
	}{
		{"the root", "\x00", 0, "<Root>", 1},
		{"two labels", "\x01a\x02bc\x00", 0, "a.bc", 6},
		{"a pointer", "\x02bc\x00\x01a\xc0\x00", 4, "a.bc", 4},
		{"a pointer to a pointer", "\x02bc\x00\xc0\x00\x01a\xc0\x04", 6, "a.bc", 4},
		{"a pointer to itself", "\x00\x00\xc0\x02\x00", 2, dnsLoops, 2},
		{"two pointers that loop", "\xc0\x02\xc0\x00\x00", 0, dnsLoops, 2},
		{"a label that loops", "\x01a\xc0\x00\x00\x00\x00\x00\x00", 0, dnsLoops, 4},
		{"a pointer beyond the end", "\xc0\x30\x00\x00", 0, "", -1},
		{"half a pointer", "\x01a\xc0", 0, "", -1},
		{"half a label", "\x05ab", 0, "", -1},
		{"no end", "\x01a", 0, "", -1},
		{"nothing", "", 0, "", -1},
		{"a kind of label that nobody uses", "\x80a\x00", 0, "", -2},
		{"too long", long, 0, dnsTooLong, len(long)},
		{"too long by a pointer", long + "\x01a\xc0\x00", len(long), dnsTooLong, 4},
		{"as long as it may be", strings.Repeat("\x3f"+strings.Repeat("x", 63), 3) + "\x3d" + strings.Repeat("y", 61) + "\x00", 0,
			strings.Repeat(strings.Repeat("x", 63)+".", 3) + strings.Repeat("y", 61), 255},
	}
	for _, tt := range tests {
		got, n := dnsName([]byte(tt.bytes), 0, len(tt.bytes), tt.off)
		if got != tt.want && !(tt.want == dnsLoops && got == dnsTooLong) || n != tt.n {
			t.Errorf("%s: got %q %d, want %q %d", tt.what, got, n, tt.want, tt.n)
		}
	}
	if got := nameText("a\x00\n\x7fb\\\xff"); got != `a\000\n\177b\`+"\ufffd" {
		t.Errorf("nameText: got %q", got)
	}
}

func TestSecondsText(t *testing.T) {
	for s, want := range map[uint32]string{0: "0 seconds", 1: "1 second", 60: "1 minute", 3661: "1 hour, 1 minute, 1 second",
		172800: "2 days", 0xffffffff: "49710 days, 6 hours, 28 minutes, 15 seconds"} {
		if got := secondsText(s); got != want {
			t.Errorf("%d: got %q, want %q", s, got, want)
		}
	}
}

// TestHostileDNS dissects messages that try to cost more than their size.
func TestHostileDNS(t *testing.T) {
	head := func(questions, answers int) []byte {
		return cat(hx("12348180"), put16(questions), put16(answers), hx("00000000"))
	}
	labels := bytes.Repeat([]byte("\x01a"), 15000)
	pointers := bytes.Repeat(hx("c00c00010001"), 5000)
	records := bytes.Repeat(hx("c00c0010000100000e100002 0161"), 4500)
	chain := make([]byte, 0, 32768)
	for i := range 16000 {
		chain = append(chain, 0xc0|byte((12+2*i+2)>>8&0x3f), byte(12+2*i+2))
	}
	options := bytes.Repeat(hx("fde90000"), 16000)
	tests := map[string][]byte{
		"a name of 64 KiB":                     cat(head(1, 0), labels, hx("0000010001")),
		"thousands of pointers to one name":    cat(head(65535, 0), pointers),
		"thousands of records":                 cat(head(0, 65535), records),
		"a chain of pointers":                  cat(head(1, 0), chain),
		"an option record full of nothing":     cat(head(0, 1), hx("000029100000000000"), put16(len(options)&0xffff), options),
		"a length that lies":                   cat(head(0, 1), hx("00000100010000000affff01020304")),
		"more questions than there are":        head(65535, 65535),
		"a type map that is longer than it is": cat(head(0, 1), hx("00002f000100000000 0004 00 00ff40")),
	}
	for name, b := range tests {
		for _, port := range []uint16{53, 5353, 5355} {
			_, d := payloadOf(false, port, 40000, b, WantTree|WantColumns)
			if n := len(d.tree.Nodes); n > maxNodes {
				t.Errorf("%s: %d nodes", name, n)
			}
			for i := range d.tree.Nodes {
				n := &d.tree.Nodes[i]
				if n.Off < 0 || n.Len < 0 || int(n.Off)+int(n.Len) > len(b) {
					t.Fatalf("%s: %s stands at %d+%d of %d", name, n.Label(), n.Off, n.Len, len(b))
				}
			}
			if len(cutInfo(d.info)) > maxInfo {
				t.Errorf("%s: Info is too long", name)
			}
		}
	}
}

// ends collects where a framer finds the ends of messages in b, given in pieces
// of the sizes that cut tells.
func ends(f tcp.Framer, b []byte, cut func(i int) int) []int {
	var out []int
	for at, i := 0, 0; at < len(b); i++ {
		n := min(max(1, cut(i)), len(b)-at)
		e, _ := f.Push(tcp.Piece{Data: b[at : at+n], Number: packet.Number(i + 1)}, nil)
		for _, x := range e {
			out = append(out, at+int(x))
		}
		at += n
	}
	return out
}

func TestDNSFramer(t *testing.T) {
	var b []byte
	var want []int
	for _, n := range []int{4, 20, 0, 5, 300, 4} {
		b = binary.BigEndian.AppendUint16(b, uint16(n))
		b = append(b, bytes.Repeat([]byte{0x81}, n)...)
		want = append(want, len(b))
	}
	for size := 1; size < 40; size++ {
		var seen []Question
		f := NewDNSFramer(func(q Question) { seen = append(seen, q) })
		if got := ends(f, b, func(int) int { return size }); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("pieces of %d: ends %v, want %v", size, got, want)
		}
		if len(seen) != 5 || seen[0] != (Question{0x8181, true}) {
			t.Fatalf("pieces of %d: messages %v", size, seen)
		}
	}
	f := NewDNSFramer(nil)
	if _, need := f.Push(tcp.Piece{Data: []byte{0}}, nil); need.Kind != tcp.NeedSegment {
		t.Errorf("half a length: %v", need)
	}
	if _, need := f.Push(tcp.Piece{Data: []byte{9, 1}}, nil); need != (tcp.Need{Kind: tcp.NeedBytes, N: 8}) {
		t.Errorf("a length of nine: %v", need)
	}
	f.Skip()
	if e, need := f.Push(tcp.Piece{Data: []byte{0, 1, 7}}, nil); len(e) != 1 || e[0] != 3 || need.Kind != tcp.NeedNone {
		t.Errorf("after Skip: %v %v", e, need)
	}
}

// TestFramedApps gives each protocol two messages in pieces of every size.
func TestFramedApps(t *testing.T) {
	messages := map[string]string{
		"enip": "65000400" + strings.Repeat("00", 20) + "01000000", "gryphon": "0000000000050000" + strings.Repeat("61", 8),
		"mqtt": "108001" + strings.Repeat("61", 128), "mysql": "0300000061626f", "ldap": "3005020101420000"[:14],
		"kerberos": "000000026a00", "openvpn": "00033801ff", "iec60870_104": "680407000000", "mbtcp": "000100000003010300",
		"dnp3": "056408c001000a0071afc0c001cfba", "skinny": "04000000000000000d000000",
		"tacplus": "c0010100000000010000000261ff", "pgsql": "510000000561", "doip": "02fd000500000001aa",
		"kafka": "000000020012", "diameter": "01000014000000000000000000000000deadbeef", "nbss": "00000004fe534d42",
		"bgp": strings.Repeat("ff", 16) + "001304", "tpkt": "0300000702f080",
		"dcerpc": "05000b03100000001400000001000000aabbccdd", "bittorrent": "13" + fmt.Sprintf("%x", "BitTorrent protocol") + strings.Repeat("00", 48),
	}
	for i := range len(framedApps) + len(framedLooks) {
		app := appFramed + App(i)
		a := app.framed()
		one := hx(messages[a.abbrev])
		if len(one) == 0 {
			t.Errorf("%s: no example", a.abbrev)
			continue
		}
		both, want := cat(one, one), fmt.Sprint([]int{len(one), 2 * len(one)})
		for size := 1; size <= len(both); size++ {
			if got := fmt.Sprint(ends(&appFramer{app: a}, both, func(int) int { return size })); got != want {
				t.Errorf("%s in pieces of %d: ends %s, want %s", a.abbrev, size, got, want)
				break
			}
		}
		if a.begins != nil && !a.begins(both) {
			t.Errorf("%s: a conversation cannot begin with %x", a.abbrev, one)
		}
		if tcpAppNamed(a.abbrev) == nil {
			t.Errorf("%s: is not a protocol of a port", a.abbrev)
		}
		port := uint16(40001)
		if p := tcpAppNamed(a.abbrev).tcp; len(p) > 0 {
			port = p[0]
		}
		if got := GuessTCP(nil, 40000, port, 0, both); got != app || got.String() != a.abbrev {
			t.Errorf("%s: taken for %s", a.abbrev, got)
		}
		if got, _ := payloadOf(true, 40000, port, both, WantTree); !strings.HasPrefix(got, a.abbrev) {
			t.Errorf("%s: dissected as %s", a.abbrev, got)
		}
	}
}

// TestDNSSession pairs messages of a conversation over TCP.
func TestDNSSession(t *testing.T) {
	s := NewSession(AppDNS)
	message := func(id, flags int) []byte { return cat(put16(12), put16(id), put16(flags), make([]byte, 8)) }
	s.Begin(5, 1e9, 0, false)
	s.Framer(0).Push(tcp.Piece{Data: cat(message(1, 0x100), message(2, 0x100)), Number: 5}, nil)
	s.Begin(7, 3e9, 1, false)
	s.Framer(1).Push(tcp.Piece{Data: message(2, 0x8180), Number: 7}, nil)
	for _, tt := range []struct {
		q     Question
		frame packet.Number
		want  Peer
		ok    bool
	}{
		{Question{2, false}, 5, Peer{Query: 5, Response: 7, Time: 2e9}, true},
		{Question{2, true}, 7, Peer{Query: 5, Response: 7, Time: 2e9}, true},
		{Question{1, false}, 5, Peer{Query: 5}, true},
		{Question{1, true}, 7, Peer{}, false},
		{Question{2, true}, 6, Peer{}, false},
	} {
		if got, ok := s.dnsPeer(tt.q, tt.frame); got != tt.want || ok != tt.ok {
			t.Errorf("%v in %d: got %v %v, want %v %v", tt.q, tt.frame, got, ok, tt.want, tt.ok)
		}
	}
}

// TestMidConversation has messages that are told only by what the conversation is.
func TestMidConversation(t *testing.T) {
	for _, tt := range []struct {
		what string
		port uint16
		data string
		want string
	}{
		{"what SASL wraps", 389, "\x00\x00\x00\x06\x05\x04aaaa", "ldap:gss-api:spnego-krb5"},
		{"RDP without TPKT", 3389, "\x04abcdefgh", "tpkt:rdp"},
		{"encrypted RDP", 3389, "\x06abcdefgh", "tpkt"},
		{"the rest of a long message", 445, "abcdefgh", "nbss"},
	} {
		d := NewDissection(nil)
		d.reset(&Input{}, WantTree|WantColumns)
		d.layer.srcPort, d.layer.dstPort, d.layer.proto = 40000, tt.port, 6
		d.tree.Sources = append(d.tree.Sources, Source{Name: "Frame", Bytes: []byte(tt.data)})
		dissectTCPApp(cursor{d: d, b: []byte(tt.data), have: len(tt.data), limit: len(tt.data)}, framedPorts[tt.port])
		if got := d.protocolNames(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.what, got, tt.want)
		}
	}
}

// TestProtocolsOnce holds that no two protocols share an abbreviation.
func TestProtocolsOnce(t *testing.T) {
	seen := map[string]string{}
	for _, p := range Protocols() {
		if other, ok := seen[p.Abbrev]; ok {
			t.Errorf("%s is both %s and %s", p.Abbrev, other, p.Name)
		}
		seen[p.Abbrev] = p.Name
	}
}
