package dissect

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tcplens/internal/packet"
	"tcplens/internal/tlskeys"
)

// wire keeps what both sides of a connection write, in order.
type wire struct {
	mu    sync.Mutex
	turns []turn
}

// tapped is one side of a connection.
type tapped struct {
	net.Conn
	wire   *wire
	server bool
}

func (c *tapped) Write(b []byte) (int, error) {
	c.wire.mu.Lock()
	c.wire.turns = append(c.wire.turns, turn{c.server, slices.Clone(b)})
	c.wire.mu.Unlock()
	return c.Conn.Write(b)
}

// sealed gives what is on the wire when two ends say something to each other
// within TLS. The secrets go to log.
func sealed(t *testing.T, version uint16, log *tlskeys.Log, turns []turn) []turn {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	a, b := net.Pipe()
	w := &wire{}
	config := &tls.Config{MinVersion: version, MaxVersion: version, SessionTicketsDisabled: true, KeyLogWriter: log.Feed(), InsecureSkipVerify: true,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	ends := [2]*tls.Conn{tls.Client(&tapped{a, w, false}, config), tls.Server(&tapped{b, w, true}, config)}
	both := func(first, second func() error) {
		t.Helper()
		done := make(chan error, 1)
		go func() { done <- first() }()
		if err := second(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	both(ends[0].Handshake, ends[1].Handshake)
	for _, x := range turns {
		from, to := ends[0], ends[1]
		if x.server {
			from, to = to, from
		}
		both(func() error { _, err := from.Write(x.data); return err }, func() error { _, err := io.ReadFull(to, make([]byte, len(x.data))); return err })
	}
	return w.turns
}

// columns dissects a conversation and gives protocol and Info of each packet.
func columns(in []Input) (lines []string) {
	d := NewDissection(nil)
	for i := range in {
		_, c := d.Run(&in[i], WantColumns|WantTree)
		lines = append(lines, c.Proto+" | "+c.Info)
	}
	return lines
}

// A database that turns to TLS goes on inside of it.
func TestInsideAfterStartTLS(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		plain := talk(5432, pgsqlTalk())
		learn(plain)
		want := requestsOf(plain)
		var log tlskeys.Log
		turns := append([]turn{client(pgStart(80877103)), server("S")}, sealed(t, version, &log, pgsqlTalk())...)
		in := talk(5432, turns)
		learnKeys(in, &log)
		if got := requestsOf(in); len(want) == 0 || strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: inside was asked\n%s\nin the clear\n%s", tls.VersionName(version), strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		inside := strings.Join(columns(in), "\n")
		for _, line := range columns(plain) {
			proto, info, _ := strings.Cut(line, " | ")
			if !strings.Contains(inside, proto+" | "+info) && !strings.HasPrefix(proto, "TCP") {
				t.Errorf("%s: %q is not found inside:\n%s", tls.VersionName(version), line, inside)
			}
		}
	}
}

// What a proxy passes on is decrypted, be the way to the proxy encrypted itself.
func TestInsideOfTunnel(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, secure := range []bool{false, true} {
			var log tlskeys.Log
			turns := sealed(t, version, &log, []turn{
				client("GET /in/the/tunnel HTTP/1.1\r\nHost: inner.test\r\nX: " + strings.Repeat("long ", 8000) + "\r\n\r\n"),
				server("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 40000\r\n\r\n" + strings.Repeat("1234567890", 4000)),
			})
			turns = append([]turn{client("CONNECT inner.test:443 HTTP/1.1\r\nHost: inner.test:443\r\n\r\n"), server("HTTP/1.1 200 OK\r\n\r\n")}, turns...)
			port := uint16(3128)
			if secure {
				turns, port = sealed(t, version, &log, turns), 8443
			}
			in := talk(port, cutTurns(turns, func(int) int { return 1400 }))
			learnKeys(in, &log)
			got := strings.Join(columns(in), "\n")
			for _, want := range []string{"HTTP | CONNECT inner.test:443 HTTP/1.1 ", "HTTP | GET /in/the/tunnel HTTP/1.1 ", "HTTP | HTTP/1.1 200 OK  (text/plain)"} {
				if !strings.Contains(got, want) {
					t.Errorf("%s, proxy within TLS: %v: no %q:\n%s", tls.VersionName(version), secure, want, got)
				}
			}
			requests := strings.Join(requestsOf(in[:1]), "\n")
			if !strings.Contains(requests, `CONNECT "inner.test:443"`) || !strings.Contains(requests, `GET "https://inner.test/in/the/tunnel" "200 OK"`) {
				t.Errorf("%s, proxy within TLS: %v: asked\n%s", tls.VersionName(version), secure, requests)
			}
		}
	}
}

// A record that a loss has cut out of the stream costs no more than itself: those
// behind it are opened, and one whose rest comes late is opened then.
func TestRecordsAfterLoss(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		var log tlskeys.Log
		var said []turn
		for range 8 {
			said = append(said, server(strings.Repeat("0123456789abcdef", 500)))
		}
		turns := sealed(t, version, &log, append([]turn{client("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
			server("HTTP/1.1 200 OK\r\nContent-Length: 64000\r\n\r\n")}, said...))
		whole := talk(443, cutTurns(turns, func(int) int { return 1400 }))
		learnKeys(whole, &log)
		count := func(in []Input) (n int) {
			for i := range in {
				if k, ok := in[i].Known.(*tcpKnown); ok && k.session != nil {
					for dir := range 2 {
						n += len(k.session.tls.decrypted.opened[dir])
					}
					return n
				}
			}
			return 0
		}
		all := count(whole)
		lost := slices.Clone(whole[:len(whole)-20])
		lost = append(lost, whole[len(whole)-19:]...)
		late := append(slices.Clone(lost), whole[len(whole)-20])
		for _, c := range []struct {
			name string
			in   []Input
			want int
		}{{"all", whole, all}, {"one lost", lost, all - 1}, {"one late", late, all}} {
			in := make([]Input, len(c.in))
			for i := range in {
				in[i] = c.in[i]
				in[i].Number, in[i].Packet.Time = packet.Number(i+1), packet.Time(i)*1e6
				in[i].Known = nil
			}
			learnKeys(in, &log)
			if got := count(in); got != c.want || all < 10 {
				t.Errorf("%s, %s: %d records are opened, want %d of %d", tls.VersionName(version), c.name, got, c.want, all)
			}
		}
	}
}
