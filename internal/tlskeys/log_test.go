package tlskeys

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestLog(t *testing.T) {
	r := strings.Repeat("a1", 32)
	id := Random(bytes.Repeat([]byte{0xa1}, 32))
	var l Log
	l.Add([]byte("# a comment\r\n\n" +
		"CLIENT_RANDOM " + r + " " + strings.Repeat("0B", 48) + "\r\n" +
		"CLIENT_EARLY_TRAFFIC_SECRET " + r + " " + strings.Repeat("01", 32) + "\n" +
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET " + r + " " + strings.Repeat("02", 48) + "\n" +
		"SERVER_HANDSHAKE_TRAFFIC_SECRET\t" + r + " " + strings.Repeat("03", 32) + "\n" +
		"CLIENT_TRAFFIC_SECRET_0 " + r + "  " + strings.Repeat("04", 32) + "\n" +
		"  SERVER_TRAFFIC_SECRET_0 " + r + " " + strings.Repeat("05", 32) + "\n" +
		"EXPORTER_SECRET " + r + " " + strings.Repeat("06", 32) + "\n" +
		"CLIENT_TRAFFIC_SECRET_N " + r + " 00\n" +
		"QUIC_CLIENT_TRAFFIC_SECRET_0 " + r + " 00\n" +
		"RSA 0102030405060708 " + strings.Repeat("07", 48) + "\n" +
		"RSA Session-ID:0a0b Master-Key:" + strings.Repeat("08", 48) + "\n" +
		"PMS_CLIENT_RANDOM " + r + " 0909"))
	s, ok := l.Of(id)
	if !ok {
		t.Fatal("nothing for the random")
	}
	for i, c := range []struct {
		got  []byte
		b    byte
		size int
	}{
		{s.Master, 0x0b, 48}, {s.ClientEarly, 1, 32}, {s.ClientHandshake, 2, 48}, {s.ServerHandshake, 3, 32}, {s.ClientTraffic, 4, 32},
		{s.ServerTraffic, 5, 32}, {l.PremasterOf([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9}), 7, 48}, {l.MasterOf([]byte{10, 11}), 8, 48}, {s.Premaster, 9, 2},
	} {
		if !bytes.Equal(c.got, bytes.Repeat([]byte{c.b}, c.size)) {
			t.Errorf("secret %d is %x", i, c.got)
		}
	}
	if n, bad, _ := l.Lines(); n != 9 || bad != 0 {
		t.Errorf("%d secrets, %d bad lines", n, bad)
	}
	if !l.HasPremasters() {
		t.Error("no premaster secrets")
	}
	if _, ok := l.Of(Random{1}); ok || l.PremasterOf(make([]byte, 7)) != nil || l.PremasterOf(make([]byte, 8)) != nil || l.MasterOf(nil) != nil {
		t.Error("secrets of nobody")
	}
}

func TestLogWithoutSense(t *testing.T) {
	r := strings.Repeat("a1", 32)
	for _, line := range []string{
		"CLIENT_RANDOM", "CLIENT_RANDOM " + r, "CLIENT_RANDOM " + r + " 00", "CLIENT_RANDOM " + r[2:] + " " + strings.Repeat("0b", 48),
		"CLIENT_RANDOM " + r + " " + strings.Repeat("0g", 48), "CLIENT_RANDOM " + r + " " + strings.Repeat("0b", 48) + " more",
		"SOMETHING_ELSE " + r + " " + strings.Repeat("0b", 48), "CLIENT_TRAFFIC_SECRET_0 " + r + " " + strings.Repeat("0b", 31),
		"RSA 01 " + strings.Repeat("07", 48), "RSA Session-ID: Master-Key:00", "RSA Session-ID:00 Master-Key:00", "RSA Session-ID:00 " + r,
		"PMS_CLIENT_RANDOM " + r + " xx", "\x00\xff\x16\x03\x01 a b", "CLIENT_RANDOM " + strings.Repeat("0", 2*maxLine), "CLIENT_RANDOM " + r + " 0",
	} {
		var l Log
		l.Add([]byte("#\n" + line + "\n#"))
		if n, bad, first := l.Lines(); n != 0 || bad != 1 || first != 2 {
			t.Errorf("%.60q: %d secrets, %d bad lines, the first is %d", line, n, bad, first)
		}
		if l.Version() != 0 {
			t.Errorf("%.60q changed the log", line)
		}
	}
}

// A file that grows is read like one that is whole, however it is cut.
func TestFeedInPieces(t *testing.T) {
	line := "CLIENT_RANDOM " + strings.Repeat("a1", 32) + " " + strings.Repeat("0b", 48) + "\n"
	text := "# head\n" + line + strings.Repeat("x", maxLine+100) + "\n" + strings.ReplaceAll(line, "a1", "a2")
	for size := 1; size < len(text); size = size*3 + 1 {
		var l Log
		f := l.Feed()
		for rest := []byte(text); len(rest) > 0; {
			n := min(size, len(rest))
			f.Push(rest[:n])
			rest = rest[n:]
		}
		if n, bad, first := l.Lines(); n != 2 || bad != 1 || first != 3 {
			t.Errorf("in pieces of %d bytes: %d secrets, %d bad lines, the first is %d", size, n, bad, first)
		}
		f.End()
		if n, _, _ := l.Lines(); n != 2 {
			t.Errorf("in pieces of %d bytes: %d secrets in the end", size, n)
		}
	}
}

// Memory is bounded: the oldest connections are forgotten, the newest kept.
func TestLogIsBounded(t *testing.T) {
	var l Log
	const n = 3*maxEntries + 10
	for i := range n {
		l.line(fmt.Appendf(nil, "CLIENT_TRAFFIC_SECRET_0 %064x %064x", i, i))
	}
	if k := l.now.size() + l.old.size(); k > 2*maxEntries {
		t.Errorf("%d entries are kept", k)
	}
	for _, i := range []int{n - 1, n - maxEntries} {
		if _, ok := l.Of(Random(unhex(fmt.Appendf(nil, "%064x", i)))); !ok {
			t.Errorf("entry %d of %d is gone", i, n)
		}
	}
	if _, ok := l.Of(Random{}); ok {
		t.Error("the first is still there")
	}
}

func FuzzLog(f *testing.F) {
	f.Add([]byte("CLIENT_RANDOM " + strings.Repeat("a1", 32) + " " + strings.Repeat("0b", 48) + "\n"))
	f.Add([]byte("RSA Session-ID:00 Master-Key:00\r\nRSA 01 02\n#\n\n\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var l, m Log
		l.Add(b)
		feed := m.Feed()
		for i := range b {
			feed.Push(b[i : i+1])
		}
		feed.End()
		n1, bad1, first1 := l.Lines()
		n2, bad2, first2 := m.Lines()
		if n1 != n2 || bad1 != bad2 || first1 != first2 {
			t.Errorf("whole: %d %d %d, in pieces: %d %d %d", n1, bad1, first1, n2, bad2, first2)
		}
	})
}
