package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tcplens/capture"
	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/pipeline"
	"tcplens/internal/tlskeys"
	"tcplens/internal/trace"
)

const keyed = "../../dissect/testdata/tls/keyed/"

// player is a source that gives the packets of a file as the test asks for them.
type player struct {
	packets []packet.Packet
	next    chan int // how many come next; 0 is a heartbeat
}

func (p *player) Read(ctx context.Context, b *capture.Batch) error {
	b.Reset()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case k, ok := <-p.next:
		if !ok {
			return io.EOF
		}
		b.Packets = append(b.Packets, p.packets[:k]...)
		p.packets = p.packets[k:]
		return nil
	}
}

func (p *player) Interfaces() []packet.Interface {
	return []packet.Interface{{Name: "test0", Link: packet.LinkEthernet}}
}

func (p *player) Close() error { return nil }

// packetsOf reads all packets of a capture.
func packetsOf(t *testing.T, path string) []packet.Packet {
	t.Helper()
	f, err := capture.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []packet.Packet
	var b capture.Batch
	for {
		err := f.Read(t.Context(), &b)
		for _, p := range b.Packets {
			p.Data, p.Pos, p.Iface = bytes.Clone(p.Data), -1, 0
			out = append(out, p)
		}
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// shown is what is shown of each packet.
func shown(t *testing.T, tr *trace.Trace) []string {
	t.Helper()
	var out []string
	r := tr.NewReader()
	s := tr.Snapshot()
	for n := s.First(); n <= s.Last(); n++ {
		tree, cols, err := r.Dissect(n, dissect.WantTree|dissect.WantColumns)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, cols.Proto+" "+cols.Info+"\n"+tree.Text())
	}
	return out
}

// run begins to run a pipeline. Its error comes when the source has ended.
func run(t *testing.T, p *pipeline.Pipeline, src capture.Source) <-chan error {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- p.Run(t.Context(), src) }()
	return ended
}

// Secrets that come after some of the packets open those too: in the end the same is
// shown as if they had been there from the start, wherever the capture stood.
func TestKeysComeLate(t *testing.T) {
	for _, c := range []struct {
		name string
		step int
	}{{"tls13_resume_aes128.pcap", 1}, {"tls12_cbc_alpn_resume.pcap", 3}, {"h2_tls13.pcap", 11}} {
		packets := packetsOf(t, keyed+c.name)
		secrets, err := os.ReadFile(keyed + c.name + ".keylog")
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for cut := 0; cut <= len(packets); cut += c.step {
			path := filepath.Join(t.TempDir(), "keys")
			p := start(t, pipeline.Options{KeyLog: path, KeyPoll: 1})
			src := &player{packets: slices.Clone(packets), next: make(chan int)}
			ended := run(t, p, src)
			if cut == 0 {
				write(t, path, secrets)
			}
			src.next <- cut
			src.next <- 0
			<-p.Idle()
			generation := p.Trace().Generation()
			write(t, path, secrets)
			src.next <- 0
			<-p.Idle()
			if cut > 0 && p.Trace().Generation() == generation {
				t.Errorf("%s: nobody was told of the secrets", c.name)
			}
			src.next <- len(packets) - cut
			close(src.next)
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			got := shown(t, p.Trace())
			if cut == 0 {
				if want = got; !strings.Contains(strings.Join(want, ""), "Decrypted") && !strings.Contains(strings.Join(want, ""), "GET") {
					t.Fatalf("%s: nothing is decrypted", c.name)
				}
				continue
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("%s, secrets after packet %d: packet %d is\n%s\ninstead of\n%s", c.name, cut, i+1, got[i], want[i])
				}
			}
		}
	}
}

// visited is what a first visit shows of each packet, as text does that is printed live.
func visited(t *testing.T, tr *trace.Trace) (out []string) {
	t.Helper()
	r := tr.NewVisitor(trace.FirstVisit)
	s := tr.Snapshot()
	for n := s.First(); n <= s.Last(); n++ {
		_, cols, err := r.Dissect(n, dissect.WantColumns)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, cols.Proto+" "+cols.Info)
	}
	return out
}

// Packets that lack secrets have the key log read at once: what is printed as it comes is
// decrypted although the time to look at the file has not come.
func TestKeysAreReadWhenLacking(t *testing.T) {
	for _, name := range []string{"tls13_resume_aes128.pcap", "tls12_cbc_alpn_resume.pcap", "h2_tls13.pcap", "roles.pcap", "ways.pcap"} {
		packets := packetsOf(t, keyed+name)
		secrets, err := os.ReadFile(keyed + name + ".keylog")
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for step := len(packets); step > 0; step /= 4 {
			path := filepath.Join(t.TempDir(), "keys")
			p := start(t, pipeline.Options{KeyLog: path, KeyPoll: time.Hour})
			src := &player{packets: slices.Clone(packets), next: make(chan int)}
			ended := run(t, p, src)
			src.next <- 0
			<-p.Idle()
			write(t, path, secrets)
			for rest := len(packets); rest > 0; rest -= step {
				src.next <- min(step, rest)
			}
			close(src.next)
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			got := visited(t, p.Trace())
			if want == nil {
				if want = got; !strings.Contains(strings.Join(want, "\n"), "GET /") {
					t.Fatalf("%s: nothing is decrypted:\n%s", name, strings.Join(want, "\n"))
				}
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("%s, %d packets at a time: packet %d is %s instead of %s", name, step, i+1, got[i], want[i])
				}
			}
		}
	}
}

// Secrets that come after the hellos open what follows before it is put in order, and what
// came before as well, though the time to look at the file has not come.
func TestKeysComeBetween(t *testing.T) {
	for _, name := range []string{"tls13_hrr.pcap", "tls12_ecdhe_aesgcm.pcap"} {
		packets := packetsOf(t, keyed+name)
		secrets, err := os.ReadFile(keyed + name + ".keylog")
		if err != nil {
			t.Fatal(err)
		}
		ask := 13 // the packet with the request
		if name == "tls12_ecdhe_aesgcm.pcap" {
			ask = 12
		}
		var want []string
		for cut := 0; cut < ask; cut++ {
			path := filepath.Join(t.TempDir(), "keys")
			p := start(t, pipeline.Options{KeyLog: path, KeyPoll: time.Hour})
			var hours atomic.Int64
			p.SetClock(func() time.Time { return time.Unix(3600*hours.Load(), 0) })
			src := &player{packets: slices.Clone(packets), next: make(chan int)}
			ended := run(t, p, src)
			src.next <- cut
			src.next <- 0
			<-p.Idle()
			write(t, path, secrets)
			hours.Add(1)
			src.next <- len(packets) - cut
			close(src.next)
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			if got := visited(t, p.Trace())[ask-1]; !strings.Contains(got, "GET /index.html") {
				t.Errorf("%s, secrets after packet %d: the request is %q", name, cut, got)
			}
			got := shown(t, p.Trace())
			if cut == 0 {
				want = got
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("%s, secrets after packet %d: packet %d is\n%s\ninstead of\n%s", name, cut, i+1, got[i], want[i])
				}
			}
		}
	}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A key log that is not there, or that is none, is told of and hurts nobody; once
// there is one, that is told too.
func TestKeyLogStatus(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	p := start(t, pipeline.Options{KeyLog: path, KeyPoll: 1})
	packets := packetsOf(t, keyed+"tls13_hrr.pcap")
	src := &player{packets: packets, next: make(chan int)}
	ended := run(t, p, src)
	beat := func() trace.KeyStatus {
		src.next <- 0
		<-p.Idle()
		return p.Trace().Status().Keys
	}
	if s := beat(); !errors.Is(s.Err, fs.ErrNotExist) || s.Path != path || !s.Waiting {
		t.Errorf("without a file: %+v", s)
	}
	write(t, path, []byte("this is no\nkey log\n"))
	if s := beat(); s.Err == nil || !strings.Contains(s.Err.Error(), "line 1") || s.Secrets != 0 || s.Waiting {
		t.Errorf("with nonsense: %+v", s)
	}
	good, err := os.ReadFile(keyed + "tls13_hrr.pcap.keylog")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if s := beat(); !errors.Is(s.Err, fs.ErrNotExist) {
		t.Errorf("with the file gone: %+v", s)
	}
	write(t, path, append([]byte("a line of something else\n"), good...))
	if s := beat(); s.Err == nil || s.Secrets != strings.Count(string(good), "\n") {
		t.Errorf("with nonsense among secrets: %+v", s)
	}
	src.next <- len(packets)
	close(src.next)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(shown(t, p.Trace()), ""), "GET /index.html") {
		t.Error("nothing was decrypted")
	}
}

// Secrets inside of a pcapng file open it, wherever in the file they are, of TLS 1.2 and 1.3.
func TestKeysInside(t *testing.T) {
	for _, name := range []string{"tls13_resume_aes128.pcap", "tls12_ecdhe_aesgcm.pcap", "ciphers.pcap"} {
		packets := packetsOf(t, keyed+name)
		secrets, err := os.ReadFile(keyed + name + ".keylog")
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, before := range []int{0, 5, len(packets)} {
			path := filepath.Join(t.TempDir(), "inside.pcapng")
			w, err := capture.CreateFile(path, packet.Interface{Name: "test0", Link: packet.LinkEthernet})
			if err != nil {
				t.Fatal(err)
			}
			err = errors.Join(w.WritePackets(packets[:before]), w.WriteSecrets(secrets), w.WritePackets(packets[before:]), w.Close())
			if err != nil {
				t.Fatal(err)
			}
			p, err := pipeline.LoadFile(path, pipeline.Options{KeyPoll: time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			got := shown(t, p.Trace())
			if want == nil {
				if want = got; !strings.Contains(strings.Join(want, ""), "GET /") {
					t.Fatalf("%s: nothing is decrypted", name)
				}
			}
			if k := p.Trace().Status().Keys; k.Secrets != strings.Count(string(secrets), "\n") || k.Path != "" || k.Waiting {
				t.Errorf("%s: status %+v", name, k)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("%s, secrets behind packet %d: packet %d is\n%s\ninstead of\n%s", name, before, i+1, got[i], want[i])
				}
			}
		}
	}
}

// Secrets that this program makes itself open what is captured; those of a file too
// that come after the end.
func TestKeysAfterTheEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	log := new(tlskeys.Log)
	p := start(t, pipeline.Options{Keys: log, KeyLog: path, KeyPoll: 1})
	a, b := packetsOf(t, keyed+"tls13_hrr.pcap"), packetsOf(t, keyed+"tls12_ecdhe_aesgcm.pcap")
	src := &player{packets: append(a, b...), next: make(chan int, 1)}
	src.next <- len(a) + len(b)
	close(src.next)
	if err := p.Run(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"tls13_hrr.pcap", "tls12_ecdhe_aesgcm.pcap"} {
		secrets, err := os.ReadFile(keyed + name + ".keylog")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		watching := make(chan struct{})
		go func() {
			p.Watch(ctx)
			close(watching)
		}()
		if i == 0 {
			if _, err := log.Feed().Write(secrets); err != nil {
				t.Fatal(err)
			}
		} else {
			write(t, path, secrets)
		}
		for strings.Count(strings.Join(shown(t, p.Trace()), ""), "Request URI: /index.html") < i+1 {
			<-p.Trace().Changed()
		}
		cancel()
		<-watching
	}
}

// What comes from a key log goes into the file that packets are saved to, whole
// lines only; secrets that the environment named do not.
func TestKeysAreSaved(t *testing.T) {
	for _, asked := range []bool{true, false} {
		dir := t.TempDir()
		keys, out := filepath.Join(dir, "keys"), filepath.Join(dir, "out.pcapng")
		secrets, err := os.ReadFile(keyed + "tls13_hrr.pcap.keylog")
		if err != nil {
			t.Fatal(err)
		}
		write(t, keys, secrets[:len(secrets)/2])
		w, err := capture.CreateFile(out)
		if err != nil {
			t.Fatal(err)
		}
		p := start(t, pipeline.Options{Save: w, SaveName: out, KeyLog: keys, SaveKeys: asked, KeyPoll: 1})
		src := &player{packets: packetsOf(t, keyed+"tls13_hrr.pcap"), next: make(chan int)}
		ended := run(t, p, src)
		src.next <- 10
		src.next <- 0
		<-p.Idle()
		write(t, keys, secrets)
		src.next <- 0
		close(src.next)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		f, err := capture.OpenFile(out)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var b capture.Batch
		for err == nil {
			err = f.Read(t.Context(), &b)
		}
		got := bytes.Join(f.Secrets(), nil)
		if asked && !bytes.Equal(got, secrets) || !asked && len(got) > 0 {
			t.Errorf("asked to save: %v, %d of %d bytes of secrets were saved", asked, len(got), len(secrets))
		}
	}
}
