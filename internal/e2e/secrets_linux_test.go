package e2e

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// serveTLS starts a server of HTTP/1.1 and HTTP/2 with TLS of one version on the
// loopback interface. /json answers with a little JSON.
func serveTLS(t *testing.T, version uint16) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"said":{"in":"secret"}}`)
	})
	s := httptest.NewUnstartedServer(mux)
	s.TLS = &tls.Config{MinVersion: version, MaxVersion: version}
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// TestLiveDecrypted lets curl talk to a real server while the program watches, and
// reads what was said: in the list, as requests, and as messages. The file of secrets
// appears when curl writes it, after the capture has begun.
func TestLiveDecrypted(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Fatal("curl is not installed: it is the client of this test; make test installs it (Debian: apt-get install curl)")
	}
	if !alone(t) {
		return
	}
	for _, tt := range []struct {
		name    string
		version uint16
		flags   []string
		listed  []string // in the packet list
		said    []string // in follow
	}{
		{"TLS 1.2", tls.VersionTLS12, []string{"--http1.1"}, []string{"TLSv1.2", "GET /json HTTP/1.1", "HTTP/1.1 200 OK"}, []string{"GET /json HTTP/1.1", "Content-Type: application/json"}},
		{"TLS 1.3", tls.VersionTLS13, []string{"--http1.1"}, []string{"TLSv1.3", "GET /json HTTP/1.1", "HTTP/1.1 200 OK"}, []string{"GET /json HTTP/1.1", "Content-Type: application/json"}},
		{"HTTP/2", tls.VersionTLS13, []string{"--http2"}, []string{"TLSv1.3", "HEADERS[1]: GET /json", "200 OK"}, []string{"HTTP2 stream 1", ":path: /json", "content-type: application/json"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serveTLS(t, tt.version)
			keys := filepath.Join(t.TempDir(), "keys.log")
			_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "https://"), ":")
			tm := show(t, 140, 50, "-i", "lo", "-f", "tcp port "+port, "--keylog", keys)
			tm.see("listening on lo", "no packet yet")
			cmd := exec.Command(curl, append(tt.flags, "-sS", "-k", "--fail", s.URL+"/json")...)
			cmd.Env = environment("SSLKEYLOGFILE=" + keys)
			if got := run(t, cmd, nil); got.code != 0 || !strings.Contains(got.out, "secret") {
				t.Fatalf("curl: %+v", got)
			}
			tm.see(tt.listed...)
			tm.press("3")
			tm.see("Requests · 1", "127.0.0.1:"+port, "GET", "/json", "200 OK")
			tm.press("f")
			tm.see(append(tt.said, "messages", `  "said": {`, `    "in": "secret"`)...)
			tm.press(":")
			tm.write("q!")
			tm.press("Enter")
			tm.ended()
		})
	}
}

// TestLiveTextDecrypted reads what is printed while it is captured: each packet is printed
// once, and yet decrypted, as the secrets are read when they are needed. The file of secrets
// appears when curl writes it, after the capture has begun.
func TestLiveTextDecrypted(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Fatal("curl is not installed: it is the client of this test; make test installs it (Debian: apt-get install curl)")
	}
	if !alone(t) {
		return
	}
	for _, tt := range []struct {
		name    string
		version uint16
		flag    string
		printed []string
	}{
		{"TLS 1.2", tls.VersionTLS12, "--http1.1", []string{"GET /json HTTP/1.1", "HTTP/1.1 200 OK"}},
		{"TLS 1.3", tls.VersionTLS13, "--http1.1", []string{"GET /json HTTP/1.1", "HTTP/1.1 200 OK"}},
		{"HTTP/2", tls.VersionTLS13, "--http2", []string{"HEADERS[1]: GET /json", "HEADERS[1]: 200 OK"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serveTLS(t, tt.version)
			keys := filepath.Join(t.TempDir(), "keys.log")
			_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "https://"), ":")
			r := start(t, nil, "-i", "lo", "-f", "udp port 3000 or tcp port "+port, "--keylog", keys, "-T", "fields", "-e", "udp.payload", "-e", "_ws.col.Info")
			mark(t, "begin")
			r.until(hexOf("begin"))
			cmd := exec.Command(curl, tt.flag, "-sS", "-k", "--fail", s.URL+"/json")
			cmd.Env = environment("SSLKEYLOGFILE=" + keys)
			if got := run(t, cmd, nil); got.code != 0 || !strings.Contains(got.out, "secret") {
				t.Fatalf("curl: %+v", got)
			}
			mark(t, "end")
			lines := strings.Join(r.until(hexOf("end")), "\n")
			for _, want := range tt.printed {
				if !strings.Contains(lines, want) {
					t.Errorf("there is no %q in\n%s", want, lines)
				}
			}
			if code := r.end(syscall.SIGINT); code != 0 || strings.Contains(r.errs.String(), "key log") {
				t.Errorf("exit code %d, %s", code, r.errs)
			}
		})
	}
}
