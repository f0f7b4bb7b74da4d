package tlskeys

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// tap keeps what is written to a connection.
type tap struct {
	net.Conn
	sent bytes.Buffer
}

func (t *tap) Write(b []byte) (int, error) {
	t.sent.Write(b)
	return t.Conn.Write(b)
}

// certificates makes one with an RSA key and one with an ECDSA key.
func certificates(t *testing.T) []tls.Certificate {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"test"}}
	a, err := x509.CreateCertificate(rand.Reader, template, template, &rsaKey.PublicKey, rsaKey)
	if err != nil {
		t.Fatal(err)
	}
	b, err := x509.CreateCertificate(rand.Reader, template, template, &ecKey.PublicKey, ecKey)
	if err != nil {
		t.Fatal(err)
	}
	return []tls.Certificate{{Certificate: [][]byte{a}, PrivateKey: rsaKey}, {Certificate: [][]byte{b}, PrivateKey: ecKey}}
}

// records cuts what one side has sent.
func records(t *testing.T, b []byte) (out []Record) {
	t.Helper()
	for len(b) > 0 {
		n := 5 + (int(b[3])<<8 | int(b[4]))
		if len(b) < n {
			t.Fatal("a record is cut short")
		}
		out = append(out, Record{Type: b[0], Version: uint16(b[1])<<8 | uint16(b[2]), Body: b[5:n]})
		b = b[n:]
	}
	return out
}

// Every cipher suite and version that crypto/tls speaks is opened with the secrets
// that it logs.
func TestOpenWhatGoSeals(t *testing.T) {
	certs := certificates(t)
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			for _, v := range suite.SupportedVersions {
				if v != version {
					continue
				}
				t.Run(tls.VersionName(version)+" "+suite.Name, func(t *testing.T) { openLive(t, version, suite, certs) })
			}
		}
	}
}

func openLive(t *testing.T, version uint16, suite *tls.CipherSuite, certs []tls.Certificate) {
	var keylog bytes.Buffer
	a, b := net.Pipe()
	clientEnd, serverEnd := &tap{Conn: a}, &tap{Conn: b}
	config := &tls.Config{MinVersion: version, MaxVersion: version, CipherSuites: []uint16{suite.ID}, Certificates: certs}
	server := tls.Server(serverEnd, config)
	config = config.Clone()
	config.InsecureSkipVerify, config.ServerName, config.KeyLogWriter = true, "test", &keylog
	client := tls.Client(clientEnd, config)
	done := make(chan error, 1)
	up, down := strings.Repeat("to the server ", 3000), strings.Repeat("to the client ", 100)
	go func() {
		got := make([]byte, len(up))
		if _, err := io.ReadFull(server, got); err != nil {
			done <- err
			return
		}
		_, err := io.WriteString(server, down)
		done <- err
	}()
	if _, err := io.WriteString(client, up); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(client, make([]byte, len(down))); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	chosen := client.ConnectionState().CipherSuite // TLS 1.3 chooses itself
	var log Log
	log.Add(keylog.Bytes())
	sent := [2][]Record{records(t, clientEnd.sent.Bytes()), records(t, serverEnd.sent.Bytes())}
	clientRandom, serverRandom := Random(sent[0][0].Body[6:38]), Random(sent[1][0].Body[6:38])
	secrets, ok := log.Of(clientRandom)
	if !ok {
		t.Fatal("the log does not have the connection")
	}
	s, ok := SuiteNamed(tls.CipherSuiteName(chosen))
	if !ok {
		t.Fatal("the suite is not known")
	}
	var epochs [2][]*Keys
	if version == tls.VersionTLS13 {
		for dir, list := range [2][2][]byte{{secrets.ClientHandshake, secrets.ClientTraffic}, {secrets.ServerHandshake, secrets.ServerTraffic}} {
			for _, secret := range list {
				k, err := NewTraffic(s, secret)
				if err != nil {
					t.Fatal(err)
				}
				epochs[dir] = append(epochs[dir], k)
			}
		}
	} else {
		c, d, err := NewKeys(version, s, secrets.Master, clientRandom, serverRandom, false)
		if err != nil {
			t.Fatal(err)
		}
		epochs[0], epochs[1] = []*Keys{c}, []*Keys{d}
	}
	for dir, want := range []string{up, down} {
		if got := opened(t, sent[dir], epochs[dir], version); got != want {
			t.Errorf("direction %d: %d bytes of plaintext, want %d", dir, len(got), len(want))
		}
	}
}

// opened gives the application data that one side has sent.
func opened(t *testing.T, sent []Record, epochs []*Keys, version uint16) string {
	t.Helper()
	var data []byte
	on, seq, pos := false, uint64(0), uint64(0)
	var chain []byte
	for _, r := range sent {
		if r.Type == 20 {
			on = on || version != tls.VersionTLS13
			continue
		}
		if !on && (r.Type != 23 || version != tls.VersionTLS13) {
			continue
		}
		r.Seq, r.Pos, r.Chain = seq, pos, chain
		plain, kind, err := epochs[0].Open(nil, &r)
		if err != nil {
			t.Fatalf("record of type %d, %d bytes: %v", r.Type, len(r.Body), err)
		}
		seq++
		pos += uint64(len(r.Body))
		chain = epochs[0].Chain(r.Body)
		switch {
		case kind == 23:
			data = append(data, plain...)
		case version == tls.VersionTLS13 && kind == 22 && hasFinished(plain):
			epochs, seq = epochs[1:], 0
		}
	}
	return string(data)
}

// hasFinished looks for a Finished among whole handshake messages.
func hasFinished(b []byte) bool {
	for len(b) >= 4 {
		if b[0] == 20 {
			return true
		}
		b = b[min(len(b), 4+(int(b[1])<<16|int(b[2])<<8|int(b[3]))):]
	}
	return false
}

// Nothing that is not authentic is opened, and nothing makes opening panic.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("0123456789abcdef0123456789abcdef"), uint8(0), uint64(0))
	f.Add(make([]byte, 256), uint8(5), uint64(1))
	var keys []*Keys
	for _, name := range []string{"TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_CCM_8",
		"TLS_RSA_WITH_RC4_128_MD5", "TLS_RSA_WITH_NULL_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"} {
		s, _ := SuiteNamed(name)
		for version := uint16(versionTLS10); version <= versionTLS12; version++ {
			for _, etm := range []bool{false, true} {
				if a, b, err := NewKeys(version, s, make([]byte, masterLen), Random{}, Random{1}, etm); err == nil {
					keys = append(keys, a, b)
				}
			}
		}
	}
	for _, name := range []string{"TLS_AES_256_GCM_SHA384", "TLS_AES_128_CCM_SHA256"} {
		s, _ := SuiteNamed(name)
		k, err := NewTraffic(s, make([]byte, s.prf.Size()))
		if err != nil {
			f.Fatal(err)
		}
		keys = append(keys, k, k.Next())
	}
	f.Fuzz(func(t *testing.T, body []byte, which uint8, seq uint64) {
		k := keys[int(which)%len(keys)]
		r := Record{Type: 23, Version: 0x0303, Seq: seq, Body: body, Pos: seq % 4096}
		if k.Chained() > 0 && len(body) > k.Chained() {
			r.Chain = body[:k.Chained()]
		}
		if plain, _, err := k.Open(nil, &r); err == nil {
			t.Errorf("opened %d bytes that nobody sealed", len(plain))
		}
	})
}
