package lab

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tcplens/internal/packet"
)

// played is what a lesson left behind.
type played struct {
	all    []tcp
	frames []frame
	keys   string
	record Record
}

// TestLessons plays every lesson, captures it, and looks whether the exchange
// that it promises has happened.
func TestLessons(t *testing.T) {
	checks := map[string]func(*testing.T, played){
		"http":      checkHTTP,
		"big":       checkBig,
		"close3":    checkClose3,
		"close4":    checkClose4,
		"reset":     checkReset,
		"refused":   checkRefused,
		"halfclose": checkHalfClose,
		"tls12":     checkTLS12,
		"tls13":     checkTLS13,
		"ipv6":      checkIPv6,
		"lossy":     checkLossy,
	}
	for _, lesson := range Lessons() {
		t.Run(lesson.Name, func(t *testing.T) {
			check := checks[lesson.Name]
			if check == nil {
				t.Fatal("this lesson has no check")
			}
			if lesson.Name == "lossy" {
				if err := CheckTUN(); err != nil && os.Getenv(userVar) != "" {
					needsTUN(t)
					return
				}
			}
			check(t, playLesson(t, lesson.Name))
		})
	}
}

// playLesson plays a lesson once under capture, and keeps the capture if asked.
func playLesson(t *testing.T, name string) played {
	t.Helper()
	var keys bytes.Buffer
	l, err := Start(name, Options{KeyLog: &keys})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	c := startCapture(t, l.Interface())
	if err := l.Play(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := played{frames: c.stop(), keys: keys.String(), record: l.Record()}
	p.all = conversation(t, p.frames)
	if *record != "" {
		save(t, filepath.Join(*record, name), p, c.tun)
	}
	return p
}

// save writes the capture of a lesson with what belongs to it.
func save(t *testing.T, base string, p played, tun bool) {
	t.Helper()
	err := writePcap(base+".pcap", p.frames, tun)
	if p.keys != "" {
		err = errors.Join(err, os.WriteFile(base+".pcap.keylog", []byte(p.keys), 0o644))
	}
	if len(p.record) > 0 {
		var b bytes.Buffer
		err = errors.Join(err, p.record.WriteJSON(&b), os.WriteFile(base+".json", b.Bytes(), 0o644))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// needsTUN holds what a user hears who may not open /dev/net/tun.
func needsTUN(t *testing.T) {
	_, err := Start("lossy", Options{})
	var ns *NamespaceError
	if !errors.As(err, &ns) {
		t.Fatalf("no remedy is named: %v", err)
	}
	if !strings.Contains(ns.Fix, "sudo") {
		t.Errorf("the remedy is no command: %v", ns)
	}
}

// handshake asserts the three segments of the handshake.
func handshake(t *testing.T, all []tcp) {
	t.Helper()
	if got := texts(all, 0); len(got) < 3 || !slices.Equal(got[:3], []string{"> S", "< SA", "> A"}) {
		t.Errorf("the connection does not begin with a handshake: %q", got)
	}
}

// closed asserts that each end sent one FIN, and none a RST.
func closed(t *testing.T, all []tcp) {
	t.Helper()
	fins := map[bool]int{}
	for _, s := range all {
		if s.flags&flagFIN != 0 {
			fins[s.up]++
		}
		if s.flags&flagRST != 0 {
			t.Errorf("a reset: %q", texts(all, 0))
		}
	}
	if fins[true] != 1 || fins[false] != 1 {
		t.Errorf("not one FIN from each end: %q", texts(all, 0))
	}
}

// teardown asserts exactly how the connection ended, from the first FIN on.
func teardown(t *testing.T, all []tcp, want ...string) {
	t.Helper()
	handshake(t, all)
	if got := texts(all, flagFIN); !slices.Equal(got, want) {
		t.Errorf("the connection ended with %q, not with %q", got, want)
	}
}

func checkHTTP(t *testing.T, p played) {
	handshake(t, p.all)
	closed(t, p.all)
	if got := sent(p.all, true); !bytes.HasPrefix(got, []byte("GET / HTTP/1.1\r\n")) {
		t.Errorf("the client said %q", got)
	}
	got := sent(p.all, false)
	if !bytes.HasPrefix(got, []byte("HTTP/1.1 200 OK\r\n")) || !bytes.HasSuffix(got, []byte("\r\n\r\n"+hello)) {
		t.Errorf("the server said %q", got)
	}
	if first := texts(p.all, flagFIN)[0]; first != "< FA" {
		t.Errorf("the server should close first, not %q", first)
	}
}

func checkBig(t *testing.T, p played) {
	handshake(t, p.all)
	closed(t, p.all)
	_, body, _ := bytes.Cut(sent(p.all, false), []byte("\r\n\r\n"))
	if !bytes.Equal(body, text(BigSize)) {
		t.Errorf("the body has %d bytes, or not the right ones", len(body))
	}
	largest, full := 0, 0
	for _, s := range p.all {
		largest = max(largest, s.len)
		if s.len == 65_483 {
			full++
		}
	}
	if largest != 65_483 || full < 3 {
		t.Errorf("%d segments of 65,483 bytes, the largest of %d: %q", full, largest, texts(p.all, 0))
	}
}

func checkClose3(t *testing.T, p played) { teardown(t, p.all, "< FA", "> FA", "< A") }

func checkClose4(t *testing.T, p played) { teardown(t, p.all, "< FA", "> A", "> FA", "< A") }

func checkHalfClose(t *testing.T, p played) {
	teardown(t, p.all, "> FA", "< A", "< PA 12", "> A", "< PA 12", "> A", "< PA 12", "> A", "< FA", "> A")
}

func checkReset(t *testing.T, p played) {
	handshake(t, p.all)
	if got := texts(p.all, flagFIN|flagRST); !slices.Equal(got, []string{"> RA"}) {
		t.Errorf("the connection ended with %q, not with the client's reset", got)
	}
	if got := sent(p.all, false); !bytes.HasSuffix(got, []byte("never be read\n")) {
		t.Errorf("nothing was left unread: %q", got)
	}
}

func checkRefused(t *testing.T, p played) {
	if got := texts(p.all, 0); !slices.Equal(got, []string{"> S", "< RA"}) {
		t.Errorf("got %q, not a SYN that is refused", got)
	}
}

func checkIPv6(t *testing.T, p played) {
	checkHTTP(t, p)
	want := packet.Endpoint{Addr: local6(), Port: PortHTTP}
	if got := p.all[0].flow; got.Dst != want || got.Src.Addr != local6() {
		t.Errorf("it went %v", got)
	}
}

func checkTLS12(t *testing.T, p played) {
	checkTLS(t, p, 0x0303, "CLIENT_RANDOM ")
	if !slices.Contains(handshakes(sent(p.all, false)), 11) {
		t.Error("no certificate in the clear")
	}
}

func checkTLS13(t *testing.T, p played) {
	checkTLS(t, p, 0x0304, "SERVER_TRAFFIC_SECRET_0 ")
	if got := handshakes(sent(p.all, false)); !slices.Equal(got, []byte{2}) {
		t.Errorf("handshake messages in the clear: %v, not the Server Hello alone", got)
	}
}

// checkTLS asserts the version that the server chose, that the content is hidden,
// and that the key log is about this connection.
func checkTLS(t *testing.T, p played, version uint16, label string) {
	handshake(t, p.all)
	closed(t, p.all)
	up, down := sent(p.all, true), sent(p.all, false)
	if len(up) < 43 || up[0] != 22 || up[5] != 1 {
		t.Fatalf("no Client Hello: % x", up[:min(len(up), 43)])
	}
	if random := hex.EncodeToString(up[11:43]); !strings.Contains(p.keys, label+random+" ") {
		t.Errorf("the key log has no %swith the random %s:\n%s", label, random, p.keys)
	}
	// The supported_versions extension with TLS 1.3 (RFC 8446 section 4.2.1).
	chose13 := bytes.Contains(down[:min(len(down), 200)], []byte{0, 43, 0, 2, 3, 4})
	if chose13 != (version == 0x0304) {
		t.Errorf("the server chose TLS 1.3: %v", chose13)
	}
	if bytes.Contains(up, []byte("GET /")) || bytes.Contains(down, []byte("HTTP/1.1")) {
		t.Error("HTTP is in the clear")
	}
}

// handshakes gives the types of the handshake messages that are in the clear:
// those of the records before the first Change Cipher Spec.
func handshakes(stream []byte) []byte {
	var messages, types []byte
	for len(stream) >= 5 && stream[0] == 22 {
		n := 5 + int(stream[3])<<8 + int(stream[4])
		if n > len(stream) {
			break
		}
		messages = append(messages, stream[5:n]...)
		stream = stream[n:]
	}
	for len(messages) >= 4 {
		n := 4 + int(messages[1])<<16 + int(messages[2])<<8 + int(messages[3])
		types = append(types, messages[0])
		messages = messages[min(n, len(messages)):]
	}
	return types
}

// signalWriter says on a channel that something was written.
type signalWriter chan struct{}

func (w signalWriter) Write(b []byte) (int, error) {
	select {
	case w <- struct{}{}:
	default:
	}
	return len(b), nil
}

// TestRepeat lets the mix go on until it is told to stop, which is no error.
func TestRepeat(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	secrets := make(signalWriter, 16)
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, Mix, Options{Repeat: true, Pace: 1, KeyLog: secrets}) }()
	// Each round has one handshake with four secrets (RFC 8446 section 7.1).
	for range 5 {
		select {
		case <-secrets:
		case err := <-ended:
			t.Fatalf("it ended by itself: %v", err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestTaken holds what one hears when a port is in use.
func TestTaken(t *testing.T) {
	first, err := Start("http", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	_, err = Start("http", Options{})
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1:3000: another program listens there") {
		t.Errorf("got %v", err)
	}
}
