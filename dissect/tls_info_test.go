package dissect

import (
	"strings"
	"testing"

	"tcplens/internal/tcp"
)

// helloOf makes the body of a Client Hello with extensions.
func helloOf(exts ...string) string {
	all := strings.Join(exts, "")
	return "\x03\x03" + strings.Repeat("r", 32) + "\x00" + "\x00\x02\x13\x01" + "\x01\x00" + vec16(all)
}

func vec16(s string) string { return string([]byte{byte(len(s) >> 8), byte(len(s))}) + s }

func extension16(kind int, body string) string {
	return string([]byte{byte(kind >> 8), byte(kind)}) + vec16(body)
}

func TestTLSInfo(t *testing.T) {
	sni := extension16(0, vec16("\x00"+vec16("example.com")))
	alpn := extension16(16, vec16("\x02\x8a\x8a\x02h2\x08http/1.1"))
	long := extension16(16, vec16(strings.Repeat("\x40"+strings.Repeat("p", 64), 20)))
	for _, c := range []struct {
		name, body string
		want       TLSInfo
	}{
		{"whole", helloOf(sni, alpn), TLSInfo{Name: "example.com", Offered: "h2,http/1.1"}},
		{"early data", helloOf(extension16(42, "")), TLSInfo{Early: true}},
		{"no extensions", helloOf()[:41], TLSInfo{}},
		{"a name that says it is longer", helloOf(extension16(0, "\x00\xff\x00\x01\xffab")), TLSInfo{Name: "ab"}},
		{"a name that moves the cursor", helloOf(extension16(0, vec16("\x00"+vec16("a\x1b[2J")))), TLSInfo{Name: `a\x1b[2J`}},
		{"an extension beyond the end", helloOf(sni[:len(sni)-1]), TLSInfo{}},
		{"more offers than are kept", helloOf(long), TLSInfo{Offered: strings.Repeat("p", 64) + "," + strings.Repeat("p", 64)}},
		{"nothing", "", TLSInfo{}},
	} {
		var got TLSInfo
		got.clientSaid([]byte(c.body))
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		for n := range c.body {
			new(TLSInfo).clientSaid([]byte(c.body[:n]))
			new(TLSInfo).serverSaid([]byte("\x02\x00\x00\x00" + c.body[:n]))
		}
	}
}

// TestTLSInfoOfSession feeds hellos to a session as the order of packets does.
func TestTLSInfoOfSession(t *testing.T) {
	record := func(kind byte, body string) []byte {
		m := string([]byte{kind, 0, byte(len(body) >> 8), byte(len(body))}) + body
		return []byte("\x16\x03\x01" + vec16(m))
	}
	server := func(random string, exts ...string) string {
		return "\x03\x03" + random + "\x00\x13\x02\x00" + vec16(strings.Join(exts, ""))
	}
	const retry = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"
	v13 := extension16(43, "\x03\x04")
	s := NewSession(AppTLS)
	if i := s.TLSInfo(); i.Known() {
		t.Errorf("before anything was said: %+v", i)
	}
	for n, m := range [][]byte{
		record(1, helloOf(extension16(0, vec16("\x00"+vec16("a.example"))), extension16(42, ""))),
		record(2, server(retry, v13)),
		record(1, helloOf(extension16(0, vec16("\x00"+vec16("a.example"))), extension16(16, vec16("\x02h2")))),
		record(2, server(strings.Repeat("s", 32), v13, extension16(41, "\x00\x00"))),
	} {
		dir := uint8(n & 1)
		s.Begin(1, 0, dir, false)
		s.Framer(dir).Push(tcp.Piece{Data: m, Number: 1}, nil)
	}
	got := s.TLSInfo()
	want := TLSInfo{Name: "a.example", Offered: "h2", Version: 0x0304, Suite: 0x1302, Resumed: true, Retried: true}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got.VersionName() != "TLS 1.3" || got.SuiteName() != "TLS_AES_256_GCM_SHA384" || got.Protocol() != "h2" {
		t.Errorf("%s, %s, %s", got.VersionName(), got.SuiteName(), got.Protocol())
	}
	var none *Session
	if i := none.TLSInfo(); i.Known() || i.VersionName() != "" || i.SuiteName() != "" {
		t.Errorf("without a session: %+v", i)
	}
}
