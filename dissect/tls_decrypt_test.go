package dissect

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tcplens/internal/tcp"
	"tcplens/internal/tlskeys"
)

// keyed lists the captures that have a key log beside them.
func keyed(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/tls/keyed/*.pcap")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d captures with keys (%v)", len(files), err)
	}
	return files
}

func keysOf(t testing.TB, capture string) *tlskeys.Log {
	t.Helper()
	text, err := os.ReadFile(capture + ".keylog")
	if err != nil {
		t.Fatal(err)
	}
	log := new(tlskeys.Log)
	log.Add(text)
	return log
}

// TestDecrypted holds captures of TLS, opened with their keys, against golden files.
func TestDecrypted(t *testing.T) {
	for _, f := range keyed(t) {
		t.Run(filepath.Base(f), func(t *testing.T) {
			in := readCapture(t, f)
			learnKeys(in, keysOf(t, f))
			var out strings.Builder
			d := NewDissection(nil)
			for i := range in {
				tr, c := d.Run(&in[i], WantTree|WantColumns)
				fmt.Fprintf(&out, "%d | %s | %s\n", i+1, c.Proto, c.Info)
				for _, s := range tr.Sources[1:] {
					fmt.Fprintf(&out, "%s: %d bytes\n", s.Name, len(s.Bytes))
				}
				if !slices.ContainsFunc(tr.Sources, func(s Source) bool { return s.Name == "Decrypted TLS" }) {
					continue // other golden files have it
				}
				tr.Walk(func(i, depth int, n *Node) bool {
					if depth < 5 && !below(&tr.Nodes[root(tr, i)]) {
						fmt.Fprintf(&out, "%s%s\n", strings.Repeat("    ", depth), n.Label())
					}
					return true
				})
				out.WriteByte('\n')
			}
			golden(t, strings.TrimSuffix(f, ".pcap")+".golden", out.String())
		})
	}
}

// root gives the protocol that a node is under.
func root(t *Tree, i int) int {
	for t.Parent(i) >= 0 {
		i = t.Parent(i)
	}
	return i
}

// below says that a node is of a protocol beneath TLS.
func below(n *Node) bool {
	switch n.Field.Abbrev {
	case "frame", "eth", "ip", "tcp":
		return true
	}
	return false
}

// With keys of other connections, or with wrong secrets, everything is shown as
// without keys.
func TestWrongKeys(t *testing.T) {
	for _, f := range keyed(t) {
		show := func(log *tlskeys.Log) (out []string) {
			in := readCapture(t, f)
			learnKeys(in, log)
			d := NewDissection(nil)
			for i := range in {
				tr, c := d.Run(&in[i], WantTree|WantColumns)
				out = append(out, c.Proto+" "+c.Info+"\n"+tr.Text())
			}
			return out
		}
		text, err := os.ReadFile(f + ".keylog")
		if err != nil {
			t.Fatal(err)
		}
		wrong := new(tlskeys.Log)
		for line := range strings.Lines(string(text)) {
			words := strings.Fields(line)
			if len(words) == 3 {
				words[2] = strings.Map(func(r rune) rune {
					if r == 'a' {
						return 'b'
					}
					return r
				}, words[2][:len(words[2])-1]) + "0"
				wrong.Add([]byte(strings.Join(words, " ")))
			}
		}
		if n, bad, _ := wrong.Lines(); n == 0 || bad > 0 {
			t.Fatalf("%s: %d wrong secrets, %d lines that are none", f, n, bad)
		}
		want, got := show(nil), show(wrong)
		for i := range want {
			// The NULL ciphers need no secret to be read, but one to be believed.
			if want[i] != got[i] {
				t.Errorf("%s, packet %d:\n%s\nwithout keys:\n%s", f, i+1, got[i], want[i])
				break
			}
		}
	}
}

// However the bytes of a connection are cut into segments, the same comes out of
// it: the same records, with the same plaintext, and the same messages inside.
func TestDecryptedHoweverCut(t *testing.T) {
	for _, f := range keyed(t) {
		in := readCapture(t, f)
		log := keysOf(t, f)
		learnKeys(in, log)
		streams := map[uint32][]*tcpKnown{}
		for i := range in {
			if k, ok := in[i].Known.(*tcpKnown); ok && len(k.payload) > 0 && k.facts.Verdict == 0 {
				streams[k.facts.Stream] = append(streams[k.facts.Stream], k)
			}
		}
		if strings.Contains(f, "loss") {
			continue // what was lost and came late is cut already
		}
		for stream, segments := range streams {
			want := opened(t, segments, log, 1<<20)
			if len(want) == 0 {
				t.Errorf("%s: nothing of stream %d is opened", f, stream)
			}
			for _, size := range []int{1, 7, 100, 1000} {
				got := opened(t, segments, log, size)
				if strings.Join(got, "\n") != strings.Join(want, "\n") {
					t.Errorf("%s: stream %d in pieces of %d bytes:\n%s\nwhole:\n%s", f, stream, size, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		}
	}
}

// opened pushes segments in pieces of at most size bytes, and tells which records
// were opened and what was asked inside.
func opened(t *testing.T, segments []*tcpKnown, log *tlskeys.Log, size int) (out []string) {
	t.Helper()
	var pdus tcp.PDUs
	s := NewSession(AppTLS)
	s.Decrypt(Decryption{Keys: log, PDUs: &pdus, Server: segments[0].segment.Flow.Dst.Port})
	order := tcp.NewReassembler(&pdus)
	order.SetFramer(0, s.Framer(0))
	order.SetFramer(1, s.Framer(1))
	for _, k := range segments {
		for off := 0; off < len(k.payload); off += size {
			b := k.payload[off:min(len(k.payload), off+size)]
			facts, segment := k.facts, k.segment
			facts.Seq += uint32(off)
			segment.Len, segment.Flags = uint32(len(b)), tcp.ACK
			s.Begin(segment.Number, segment.Time, facts.Dir, false)
			order.Add(&facts, &segment, b)
		}
	}
	for dir := range 2 {
		for _, o := range s.tls.decrypted.opened[dir] {
			out = append(out, fmt.Sprintf("%d: frame %d, at %d, %d bytes of type %d, number %d, offset %d", dir, o.frame, o.at, o.plain, o.kind, o.seq, o.off))
		}
	}
	for _, r := range s.Requests(0, nil) {
		out = append(out, fmt.Sprintf("%s %s %s %d", r.Method, r.Target, r.Status, r.Size))
	}
	return out
}

// FuzzDecrypt changes bytes of connections and opens them: nothing panics, and what
// is not authentic stays closed.
func FuzzDecrypt(f *testing.F) {
	files := keyed(f)
	for i := range files {
		f.Add(uint8(i), uint32(600), byte(1), uint8(100))
		f.Add(uint8(i), uint32(2000), byte(0x80), uint8(7))
	}
	type conversation struct {
		in  []Input
		log *tlskeys.Log
	}
	var all []conversation
	for _, name := range files {
		all = append(all, conversation{readCapture(f, name), keysOf(f, name)})
	}
	f.Fuzz(func(t *testing.T, which uint8, at uint32, flip byte, step uint8) {
		c := all[int(which)%len(all)]
		in := make([]Input, len(c.in))
		for i := range in {
			in[i] = c.in[i]
			in[i].Packet.Data = append([]byte(nil), c.in[i].Packet.Data...)
			for k := int(at) % 3000; k < len(in[i].Packet.Data); k += 1 + 16*int(step) {
				if k >= 60 { // behind the headers
					in[i].Packet.Data[k] ^= flip
				}
			}
		}
		learnKeys(in, c.log)
		d := NewDissection(nil)
		for i := range in {
			d.Run(&in[i], WantTree|WantColumns)
		}
	})
}

// hellos finds the client's random and the session id of the server in each
// conversation of a capture.
func hellos(in []Input) (random, session map[uint32]string) {
	random, session = map[uint32]string{}, map[uint32]string{}
	d := NewDissection(nil)
	for i := range in {
		k, ok := in[i].Known.(*tcpKnown)
		if !ok {
			continue
		}
		tree, _ := d.Run(&in[i], WantTree)
		kind := uint64(0)
		for n := range tree.Nodes {
			switch f := &tree.Nodes[n]; f.Field {
			case fTLSHandType:
				kind = f.num
			case fTLSRandom:
				if kind == 1 {
					random[k.facts.Stream] = fmt.Sprintf("%x", f.raw)
				}
			case fTLSID:
				if kind == 2 {
					session[k.facts.Stream] = fmt.Sprintf("%x", f.raw)
				}
			}
		}
	}
	return random, session
}

// Premaster secrets, and master secrets by session id, open the same as master
// secrets by random, the extended master secret (RFC 7627) among them.
func TestOtherSecrets(t *testing.T) {
	const path = "testdata/tls/keyed/ciphers.pcap"
	text, err := os.ReadFile("testdata/tls/keyed/ciphers.rsa.keylog")
	if err != nil {
		t.Fatal(err)
	}
	show := func(path string, log *tlskeys.Log, streams ...uint32) string {
		in := readCapture(t, path)
		learnKeys(in, log)
		var out strings.Builder
		d := NewDissection(nil)
		for i := range in {
			if k, ok := in[i].Known.(*tcpKnown); ok && slices.Contains(streams, k.facts.Stream) {
				_, c := d.Run(&in[i], WantColumns)
				fmt.Fprintf(&out, "%d %s %s\n", i+1, c.Proto, c.Info)
			}
		}
		return out.String()
	}
	in := readCapture(t, path)
	learnKeys(in, nil)
	random, _ := hellos(in)
	var byEncrypted, byRandom, bySession tlskeys.Log
	byEncrypted.Add(text)
	premasters := strings.Fields(string(text))
	streams := []uint32{0, 3, 9} // those that exchange keys by RSA
	for i, s := range streams {
		byRandom.Add([]byte("PMS_CLIENT_RANDOM " + random[s] + " " + premasters[3*i+2]))
	}
	want := show(path, keysOf(t, path), streams...)
	if strings.Count(want, "GET /") != len(streams) || strings.Count(want, "200 OK") != len(streams) {
		t.Fatalf("not all is decrypted:\n%s", want)
	}
	for name, log := range map[string]*tlskeys.Log{"RSA": &byEncrypted, "PMS_CLIENT_RANDOM": &byRandom} {
		if got := show(path, log, streams...); got != want {
			t.Errorf("with %s:\n%s\nwant\n%s", name, got, want)
		}
	}
	const resumed = "testdata/tls/keyed/tls12_cbc_alpn_resume.pcap"
	in = readCapture(t, resumed)
	learnKeys(in, nil)
	random, session := hellos(in)
	secrets, err := os.ReadFile(resumed + ".keylog")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(secrets)) {
		if words := strings.Fields(line); words[1] == random[1] && session[1] != "" {
			bySession.Add([]byte("RSA Session-ID:" + session[1] + " Master-Key:" + words[2]))
		}
	}
	want = show(resumed, keysOf(t, resumed), 1)
	if got := show(resumed, &bySession, 1); got != want || !strings.Contains(want, "GET /") {
		t.Errorf("by session id:\n%s\nwant\n%s", got, want)
	}
}

// TestRecordedSuites says what the recorded traffic covers: for each cipher suite that is to
// be opened, and for each turn that a connection may take, there is a recorded one whose
// records are opened in both directions.
func TestRecordedSuites(t *testing.T) {
	opened, turns := map[string]bool{}, map[string]bool{}
	for _, f := range append(keyed(t), "../testdata/lab/tls12.pcap", "../testdata/lab/tls13.pcap") {
		in := readCapture(t, f)
		learnKeys(in, keysOf(t, f))
		for i := range in {
			k, ok := in[i].Known.(*tcpKnown)
			if !ok || k.session == nil || k.session.tls == nil {
				continue
			}
			ts := k.session.tls
			if d := &ts.decrypted; len(d.opened[0]) == 0 || len(d.opened[1]) == 0 {
				continue
			}
			opened[fmt.Sprintf("%s %s", tlsVersions(uint64(ts.version)), tlsSuites(uint64(ts.suite)))] = true
			info := k.session.TLSInfo()
			for turn, taken := range map[string]bool{
				"encrypt-then-MAC": ts.lock.etm, "extended master secret": ts.lock.ems, "early data accepted": info.EarlyData == EarlyAccepted,
				"early data rejected": info.EarlyData == EarlyRejected, "Hello Retry Request": info.Retried, "resumed": info.Resumed,
				"Key Update": ts.version == 0x0304 && max(ts.lock.sides[0].epoch, ts.lock.sides[1].epoch) > epochData,
			} {
				turns[turn] = turns[turn] || taken
			}
		}
	}
	for _, name := range []string{
		"TLS 1.2 TLS_RSA_WITH_AES_128_CBC_SHA", "TLS 1.2 TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS 1.2 TLS_RSA_WITH_AES_256_CBC_SHA256", "TLS 1.2 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
		"TLS 1.2 TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "TLS 1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
		"TLS 1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS 1.2 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
		"TLS 1.3 TLS_AES_128_GCM_SHA256", "TLS 1.3 TLS_AES_256_GCM_SHA384", "TLS 1.3 TLS_CHACHA20_POLY1305_SHA256",
		"TLS 1.3 TLS_AES_128_CCM_SHA256", "TLS 1.3 TLS_AES_128_CCM_8_SHA256",
	} {
		if !opened[name] {
			t.Errorf("nothing of %s is opened", name)
		}
	}
	for _, turn := range []string{"encrypt-then-MAC", "extended master secret", "early data accepted", "early data rejected", "Hello Retry Request", "resumed", "Key Update"} {
		if !turns[turn] {
			t.Errorf("%s: there is no opened conversation with it", turn)
		}
	}
}
