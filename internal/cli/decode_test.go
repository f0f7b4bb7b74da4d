package cli

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// talkPcap makes a capture of raw IPv4 with what two ends say to each other in turn, the
// client on port 40000 first.
func talkPcap(port uint16, turns ...string) string {
	out := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	out = append(out, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 101, 0, 0, 0)
	seq := [2]uint32{1000, 5000}
	for i, data := range turns {
		side := i % 2
		b := make([]byte, 40, 40+len(data))
		b[0], b[8], b[9], b[12], b[15], b[16], b[19] = 0x45, 64, 6, 10, 1, 10, 2
		src, dst := uint16(40000), port
		if side == 1 {
			src, dst, b[15], b[19] = dst, src, 2, 1
		}
		binary.BigEndian.PutUint16(b[2:], uint16(40+len(data)))
		binary.BigEndian.PutUint16(b[20:], src)
		binary.BigEndian.PutUint16(b[22:], dst)
		binary.BigEndian.PutUint32(b[24:], seq[side])
		binary.BigEndian.PutUint32(b[28:], seq[1-side])
		b[32], b[33], b[34] = 5<<4, 0x18, 0xff
		b = append(b, data...)
		for _, v := range []uint32{uint32(i), 0, uint32(len(b)), uint32(len(b))} {
			out = binary.LittleEndian.AppendUint32(out, v)
		}
		out = append(out, b...)
		seq[side] += uint32(len(data))
	}
	return string(out)
}

// TestDecodeAs: -d says what is spoken on a port where the bytes do not tell, and who
// the server is.
func TestDecodeAs(t *testing.T) {
	for _, tt := range []struct {
		name  string
		turns []string
		want  []string
	}{
		{"redis", []string{"nosuch word\r\n", "-ERR unknown\r\n"}, []string{"Request: nosuch word", "Response: Error: ERR unknown"}},
		{"resp", []string{"*1\r\n$3\r\nFOO\r\n", "+OK\r\n"}, []string{"Request: FOO", "Response: OK"}},
		{"postgresql", []string{"Q\x00\x00\x00\x0bhello!\x00", "Z\x00\x00\x00\x05I"}, []string{"> hello!", "< Ready for query"}},
		{"mariadb", []string{"\x03\x00\x00\x00\x03hi", "\x07\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00"}, []string{"Request Query: hi", "Response OK"}},
		{"mqtt", []string{"\xc0\x00", "\xd0\x00"}, []string{"Ping Request", "Ping Response"}},
		{"ssh", []string{"\xee\xee\xee\xee\xee", "\xee"}, []string{"Client: Encrypted packet (len=5)", "Server: Encrypted packet (len=1)"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			capture := talkPcap(60000, tt.turns...)
			out, errs, code := tcplensWith(t, capture, "-r", "-")
			if code != ExitOK || strings.Contains(out, tt.want[0]) {
				t.Errorf("without -d: exit %d %s\n%s", code, errs, out)
			}
			out, errs, code = tcplensWith(t, capture, "-r", "-", "-d", "tcp.port==60000,"+tt.name)
			for _, s := range tt.want {
				if code != ExitOK || !strings.Contains(out, s) {
					t.Errorf("exit %d %s: there is no %q in\n%s", code, errs, s, out)
				}
			}
		})
	}
}

// TestReadingFlags: every command that reads a file understands how it is to be taken apart.
func TestReadingFlags(t *testing.T) {
	t.Setenv("SSLKEYLOGFILE", "")
	write := func(name, content string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	redis := write("redis.pcap", talkPcap(60000, "nosuch word\r\n", "-ERR unknown\r\n"))
	cut := write("cut.pcap", talkPcap(60000, "\x10\x01\x00"))
	tls := keyed + "tls12_ecdhe_aesgcm.pcap"
	bad := write("keys", "no\nkey\nlog\n")
	asRedis := []string{"-d", "tcp.port==60000,redis"}
	for _, tt := range []struct {
		args, with []string
		want, errs string // with the flags, and not without them
	}{
		{[]string{"requests", "-r", redis}, asRedis, "NOSUCH", ""},
		{[]string{"follow", "-r", redis, "0", "--format", "messages"}, asRedis, "Response: Error: ERR unknown", ""},
		{[]string{"problems", "-r", cut}, []string{"-d", "tcp.port==60000,mqtt"}, "Malformed Packet", ""},
		{[]string{"requests", "-r", tls}, []string{"--keylog", tls + ".keylog"}, "/index.html", ""},
		{[]string{"problems", "-r", tls, "-v"}, []string{"--keylog", bad}, "", "warning: key log"},
		{[]string{"flows", "-r", tls}, []string{"--keylog", bad}, "", "warning: key log"},
		{[]string{"flow", "-r", tls, "0"}, []string{"--keylog", bad}, "", "warning: key log"},
	} {
		out, errs, code := tcplens(t, tt.args...)
		if code != ExitOK || errs != "" || tt.want != "" && strings.Contains(out, tt.want) {
			t.Errorf("%v: exit %d, %q\n%s", tt.args, code, errs, out)
		}
		out, errs, code = tcplens(t, append(tt.args, tt.with...)...)
		if code != ExitOK || !strings.Contains(errs, tt.errs) || !strings.Contains(out, tt.want) {
			t.Errorf("%v %v: exit %d, %q\n%s", tt.args, tt.with, code, errs, out)
		}
	}
}

// TestTunnelTLS: TLS in a tunnel that CONNECT made is found by its bytes where the port
// does not tell, and put together, as packets come and in a file.
func TestTunnelTLS(t *testing.T) {
	hello := "\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03" + strings.Repeat("r", 32) + "\x00\x00\x02\x13\x01\x01\x00"
	capture := talkPcap(3128, "CONNECT a.test:18443 HTTP/1.1\r\nHost: a.test\r\n\r\n", "HTTP/1.1 200 Connection established\r\n\r\n",
		hello[:20], "", hello[20:], "\x15\x03\x03\x00\x02\x02\x28", "\x14\x03\x03\x00\x01\x01")
	path := filepath.Join(t.TempDir(), "tunnel.pcap")
	if err := os.WriteFile(path, []byte(capture), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"-", path} {
		out, errs, code := tcplensWith(t, capture, "-r", from, "-T", "text")
		for _, want := range []string{"Client Hello", "Alert (Level: Fatal, Description: Handshake Failure)", "Change Cipher Spec"} {
			if code != ExitOK || errs != "" || strings.Count(out, want) != 1 {
				t.Errorf("-r %s: exit %d %s: not one %q in\n%s", from, code, errs, want, out)
			}
		}
	}
}
