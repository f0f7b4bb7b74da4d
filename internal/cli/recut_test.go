package cli

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// turn is what one end of a conversation says before the other one does.
type turn struct {
	back bool // the end with the port of the server says it
	data []byte
}

// spoken is a conversation without its segments.
type spoken struct {
	client, server int
	turns          []turn
}

// conversations reads what was said in a capture that has lost nothing.
func conversations(t *testing.T, path string) []spoken {
	t.Helper()
	out, errs, code := tcplens(t, "-n", "-r", path, "-T", "fields", "-e", "tcp.stream", "-e", "tcp.srcport", "-e", "tcp.dstport", "-e", "tcp.payload", "-Y", "tcp && !icmp")
	if code != ExitOK {
		t.Fatalf("%s: exit %d: %s", path, code, errs)
	}
	var all []spoken
	place := map[string]int{}
	for _, line := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		c := strings.Split(line, "\t")
		if len(c) != 4 {
			t.Fatalf("%s: %q", path, line)
		}
		src, err := strconv.Atoi(c[1])
		if err != nil {
			t.Fatal(err)
		}
		dst, err := strconv.Atoi(c[2])
		if err != nil {
			t.Fatal(err)
		}
		data, err := hex.DecodeString(c[3])
		if err != nil {
			t.Fatal(err)
		}
		i, ok := place[c[0]]
		if !ok {
			i = len(all)
			place[c[0]] = i
			all = append(all, spoken{client: src, server: dst})
		}
		s := &all[i]
		back := src == s.server
		if n := len(s.turns); n > 0 && s.turns[n-1].back == back {
			s.turns[n-1].data = append(s.turns[n-1].data, data...)
		} else if len(data) > 0 {
			s.turns = append(s.turns, turn{back, data})
		}
	}
	return all
}

// overTCP puts the messages of a capture of DNS into one conversation over TCP (RFC
// 1035 §4.2.2).
func overTCP(t *testing.T, path string) []spoken {
	t.Helper()
	out, errs, code := tcplens(t, "-n", "-r", path, "-T", "fields", "-e", "udp.dstport", "-e", "udp.payload", "-Y", "udp.port == 53 && !icmp")
	if code != ExitOK {
		t.Fatalf("%s: exit %d: %s", path, code, errs)
	}
	s := spoken{client: 40000, server: 53}
	for _, line := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		port, payload, _ := strings.Cut(line, "\t")
		data, err := hex.DecodeString(payload)
		if err != nil {
			t.Fatal(err)
		}
		data = append(binary.BigEndian.AppendUint16(nil, uint16(len(data))), data...)
		back := port != "53"
		if n := len(s.turns); n > 0 && s.turns[n-1].back == back {
			s.turns[n-1].data = append(s.turns[n-1].data, data...)
		} else {
			s.turns = append(s.turns, turn{back, data})
		}
	}
	return []spoken{s}
}

// wire makes a capture: pcap of raw IP, with microseconds.
type wire struct {
	file []byte
	now  int64 // µs
}

const (
	tcpFIN = 1
	tcpSYN = 2
	tcpPSH = 8
	tcpACK = 16
)

// segment adds a TCP segment of conversation n; seq and acked are relative.
func (w *wire) segment(n int, s *spoken, back bool, flags byte, seq, acked uint32, data []byte) {
	be, le := binary.BigEndian, binary.LittleEndian
	src, dst := s.client, s.server
	from, to := []byte{10, 1, byte(n >> 8), byte(n)}, []byte{10, 2, byte(n >> 8), byte(n)}
	seq, acked = 1000+seq, 5000+acked
	if back {
		src, dst, from, to = dst, src, to, from
		seq, acked = seq+4000, acked-4000
	}
	if flags&tcpACK == 0 {
		acked = 0
	}
	p := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6, 0, 0}
	be.PutUint16(p[2:], uint16(40+len(data)))
	p = append(append(p, from...), to...)
	p = be.AppendUint16(be.AppendUint16(p, uint16(src)), uint16(dst))
	p = be.AppendUint32(be.AppendUint32(p, seq), acked)
	p = append(append(p, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0), data...)
	w.file = le.AppendUint32(le.AppendUint32(w.file, uint32(1700000000+w.now/1e6)), uint32(w.now%1e6))
	w.file = le.AppendUint32(le.AppendUint32(w.file, uint32(len(p))), uint32(len(p)))
	w.file = append(w.file, p...)
	w.now += 100
}

// recut makes a capture of conversations whose segments are of the sizes that size
// gives. With again, some segments are sent a second time after a while.
func recut(all []spoken, size func() int, again func() bool) []byte {
	le := binary.LittleEndian
	w := &wire{file: append(le.AppendUint32(nil, 0xa1b2c3d4), 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0)}
	for n := range all {
		s := &all[n]
		w.segment(n, s, false, tcpSYN, 0, 0, nil)
		w.segment(n, s, true, tcpSYN|tcpACK, 0, 1, nil)
		w.segment(n, s, false, tcpACK, 1, 1, nil)
		at := [2]uint32{1, 1}
		for _, x := range s.turns {
			dir := 0
			if x.back {
				dir = 1
			}
			for data := x.data; len(data) > 0; {
				k := min(len(data), max(1, size()))
				w.segment(n, s, x.back, tcpPSH|tcpACK, at[dir], at[1-dir], data[:k])
				if again() {
					w.now += 500000
					w.segment(n, s, x.back, tcpPSH|tcpACK, at[dir], at[1-dir], data[:k])
				}
				at[dir] += uint32(k)
				data = data[k:]
			}
			w.segment(n, s, !x.back, tcpACK, at[1-dir], at[dir], nil)
		}
		w.segment(n, s, false, tcpFIN|tcpACK, at[0], at[1], nil)
		w.segment(n, s, true, tcpFIN|tcpACK, at[1], at[0]+1, nil)
		w.segment(n, s, false, tcpACK, at[0]+1, at[1]+1, nil)
		w.now += 1e6
	}
	return w.file
}

// messageFields lists the fields of the application protocols that do not speak of
// packets, of time or of how a message was cut. What tshark counts by packets is left
// out, too (R95).
func messageFields(t *testing.T) []string {
	t.Helper()
	out, _, _ := tcplens(t, "-G", "fields")
	protos := strings.Fields("http http2 tls websocket dns resp pgsql mysql mqtt ssh grpc protobuf json xml png image-jfif image-gif mime_multipart urlencoded-form data x509af x509ce x509sat")
	var names []string
	for _, line := range strings.Split(out, "\n") {
		c := strings.Split(line, "\t")
		if len(c) < 5 || c[0] != "F" || !slices.Contains(protos, c[4]) || c[3] == "FT_FRAMENUM" || c[3] == "FT_RELATIVE_TIME" {
			continue
		}
		if strings.HasPrefix(c[2], "dns.retrans") || strings.Contains(c[2], "fragment") && c[2] != "tls.handshake.max_fragment_length" || strings.HasPrefix(c[2], "tls.segment") || strings.HasPrefix(c[2], "tls.reassembled") {
			continue
		}
		if slices.Contains([]string{"http.request_number", "http.response_number", "ssh.direction", "websocket.payload.continue"}, c[2]) || slices.Contains(names, c[2]) {
			continue
		}
		names = append(names, c[2])
	}
	if len(names) < 500 {
		t.Fatalf("only %d fields", len(names))
	}
	return names
}

// said gives the values of fields in each direction of each conversation of a
// capture, in the order in which they were sent.
func said(t *testing.T, file []byte, names []string, more ...string) map[string]string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cut.pcap")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-n", "-r", path, "-T", "fields", "-E", "aggregator=;", "-e", "tcp.stream", "-e", "tcp.srcport"}, more...)
	for _, n := range names {
		args = append(args, "-e", n)
	}
	out, errs, code := tcplens(t, args...)
	if code != ExitOK {
		t.Fatalf("exit %d: %s", code, errs)
	}
	values := map[string]string{}
	for _, line := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		c := strings.Split(line, "\t")
		if len(c) != len(names)+2 {
			t.Fatalf("%d cells, not %d", len(c), len(names)+2)
		}
		for i, v := range c[2:] {
			key := c[0] + " from " + c[1] + ": " + names[i]
			for one := range strings.SplitSeq(v, ";") {
				if one != "" { // a cell does not tell one empty value from none
					values[key] += one + ";"
				}
			}
		}
	}
	return values
}

// TestRecut: however a conversation is cut into segments, and whatever of it is sent
// twice, the same messages are found in it, with the same fields.
func TestRecut(t *testing.T) {
	names := messageFields(t)
	base := filepath.Join("..", "..", "dissect", "testdata")
	for _, name := range []string{
		"http/bodies", "http/images", "http/packed", "app/http_reassembly",
		"app/real_tls12", "app/real_tls13", "app/tls12_cbc_alpn_resume", "app/tls_client_cert",
		"tls/keyed/ciphers", "tls/keyed/h2_tls13", "tls/keyed/tls13_hrr", "tls/keyed/tls13_resume_aes128", "tls/keyed/tls12_ecdhe_aesgcm",
		"websocket/frames", "websocket/deflate", "resp/session", "pgsql/session", "mysql/session",
		"dns/messages", "dns/records", "mqtt/version31", "mqtt/version311", "mqtt/version5", "ssh/hello",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(base, name+".pcap")
			var all []spoken
			if strings.HasPrefix(name, "dns") {
				all = overTCP(t, path)
			} else {
				all = conversations(t, path)
			}
			for i := range all {
				if strings.Contains(name, "tls") {
					all[i].server = 443 // elsewhere TLS is not seen in a first segment of fewer than 5 bytes (R100)
				}
			}
			var more []string
			if _, err := os.Stat(path + ".keylog"); err == nil {
				more = []string{"--keylog", path + ".keylog"}
			}
			rnd := rand.New(rand.NewPCG(1, uint64(len(name))))
			never := func() bool { return false }
			whole := recut(all, func() int { return 60000 }, never)
			want := said(t, whole, names, more...)
			if len(want) < 5 {
				t.Fatalf("only %d values", len(want))
			}
			for _, cut := range []struct {
				name  string
				most  int
				again func() bool
			}{
				{"segments of 1 byte", 1, never},
				{"at most 7 bytes", 7, never},
				{"at most 100 bytes", 100, never},
				{"at most 1448 bytes", 1448, never},
				{"some twice", 300, func() bool { return rnd.IntN(4) == 0 }},
			} {
				if cut.most < 10 && len(whole) > 10000 && name != "websocket/frames" {
					continue // tens of thousands of segments: once is enough
				}
				got := said(t, recut(all, func() int { return 1 + rnd.IntN(cut.most) }, cut.again), names, more...)
				told := 0
				for _, k := range slices.Sorted(keysOf(want, got)) {
					if want[k] != got[k] && told < 4 {
						told++
						t.Errorf("%s: stream %s\n got  %s\n want %s", cut.name, k, shortened(got[k], want[k]), shortened(want[k], got[k]))
					}
				}
			}
		})
	}
}

// keysOf gives the keys of either.
func keysOf(a, b map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range a {
			if !yield(k) {
				return
			}
		}
		for k := range b {
			if _, ok := a[k]; !ok && !yield(k) {
				return
			}
		}
	}
}

// shortened gives the place where a begins to differ from b.
func shortened(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(0, i-20)
	return fmt.Sprintf("%q of %d characters", a[from:min(len(a), i+60)], len(a))
}
