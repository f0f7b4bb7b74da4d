package lab

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

const (
	// idle is how long the HTTP and TLS servers wait for another request before
	// they close. It is short, so that the close is seen too.
	idle = 300 * time.Millisecond
	// maxLine bounds a line to the plain server, in bytes.
	maxLine = 64 << 10
	// hello is what the HTTP servers say at /.
	hello = "hello from tcplens\n"
)

// servers are the running servers. The fields below mu are shared between the
// lesson and the plain server's goroutines, and mu guards them.
type servers struct {
	roots *x509.CertPool // what a client has to trust
	web   *http.Server   // on both ports, 3000 and 3443
	plain []*net.TCPListener
	has6  bool // whether they are on ::1 too
	wg    sync.WaitGroup

	mu     sync.Mutex
	closed bool
	conns  map[*net.TCPConn]struct{}              // the plain server's
	claims map[netip.AddrPort]chan<- *net.TCPConn // by the client's address
}

// startServers starts every server on 127.0.0.1, and on ::1 where the system
// has it. With need6 it is an error when it has not.
func startServers(need6 bool) (*servers, error) {
	cert, roots, err := certificate()
	if err != nil {
		return nil, fmt.Errorf("demo: making a certificate: %w", err)
	}
	s := &servers{
		roots:  roots,
		conns:  make(map[*net.TCPConn]struct{}),
		claims: make(map[netip.AddrPort]chan<- *net.TCPConn),
		web: &http.Server{
			Handler:           handler(),
			ReadHeaderTimeout: 10 * time.Second,
			IdleTimeout:       idle,
			// A client that goes away is what some lessons show.
			ErrorLog: log.New(io.Discard, "", 0),
		},
	}
	tlsConfig := &tls.Config{
		Certificates: []tls.Certificate{cert},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"http/1.1"},
	}
	for _, addr := range []netip.Addr{local4(), local6()} {
		err := s.listen(addr, tlsConfig)
		if err == nil {
			s.has6 = s.has6 || addr.Is6()
			continue
		}
		if addr.Is6() && !need6 && !errors.Is(err, errTaken) {
			continue // a system without IPv6
		}
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// listen starts the three servers on one address.
func (s *servers) listen(addr netip.Addr, tlsConfig *tls.Config) error {
	web, err := listenTCP(addr, PortHTTP)
	if err != nil {
		return err
	}
	s.serve(func() error { return s.web.Serve(web) })
	secure, err := listenTCP(addr, PortTLS)
	if err != nil {
		return err
	}
	s.serve(func() error { return s.web.Serve(tls.NewListener(secure, tlsConfig)) })
	plain, err := listenTCP(addr, PortPlain)
	if err != nil {
		return err
	}
	s.plain = append(s.plain, plain)
	s.serve(func() error { return s.accept(plain) })
	return nil
}

// serve runs a server's loop, which ends when its listener is closed. There is
// nobody to hear of its error: clients will be refused, and say so.
func (s *servers) serve(loop func() error) {
	s.wg.Go(func() { _ = loop() })
}

// errTaken marks a port that another program has.
var errTaken = errors.New("another program listens there: stop it and try again")

// listenTCP listens on one port of addr.
func listenTCP(addr netip.Addr, port uint16) (*net.TCPListener, error) {
	at := netip.AddrPortFrom(addr, port)
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
	if isTaken(err) {
		return nil, fmt.Errorf("demo: %v: %w", at, errTaken)
	}
	if err != nil {
		return nil, fmt.Errorf("demo: %v: this address can't be listened on: %w", at, err)
	}
	return l, nil
}

// close ends the servers and all their connections, and waits for them.
func (s *servers) close() error {
	err := s.web.Close()
	s.mu.Lock()
	s.closed = true
	for _, l := range s.plain {
		err = errors.Join(err, l.Close())
	}
	for c := range s.conns {
		// It may be closed already, by the side that a lesson plays.
		_ = c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
	return err
}

// handler is the HTTP server of both ports.
func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, "text/plain; charset=utf-8", []byte(hello))
	})
	mux.HandleFunc("GET /json", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, "application/json", []byte(`{"program":"tcplens","lessons":`+strconv.Itoa(len(Lessons()))+`,"private":true}`+"\n"))
	})
	big := text(BigSize)
	mux.HandleFunc("GET /big", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, "text/plain; charset=utf-8", big)
	})
	return mux
}

// reply writes a whole body of known length. One write hands it to the kernel,
// so the kernel alone decides how to cut it into segments.
func reply(w http.ResponseWriter, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	// The client may have gone, and then nobody waits for the rest.
	_, _ = w.Write(body)
}

// text makes n bytes of numbered lines, 64 bytes each, so that a place in a
// stream can be told from what stands there.
func text(n int) []byte {
	b := make([]byte, 0, n+64)
	for at := 0; at < n; at += 64 {
		b = fmt.Appendf(b, "byte %9d  tcplens shows what the kernel's own TCP does...\n", at)
	}
	return b[:n]
}

// accept takes the connections of one plain listener.
func (s *servers) accept(l *net.TCPListener) error {
	for {
		c, err := l.AcceptTCP()
		if err != nil {
			return err
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			return c.Close()
		}
		s.conns[c] = struct{}{}
		s.wg.Go(func() { s.echo(c) })
		s.mu.Unlock()
	}
}

// echo sends every line back as it came, and closes after the line "bye". A connection that a lesson has claimed
// is handed over at its first line, which is not answered here.
func (s *servers) echo(c *net.TCPConn) {
	lines := bufio.NewScanner(c)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if claim, ok := s.claimed(c); ok {
			claim <- c
			return
		}
		if _, err := fmt.Fprintf(c, "%s\n", lines.Bytes()); err != nil || lines.Text() == "bye" {
			break
		}
	}
	s.forget(c)
	// The client has closed or gone; there is nobody to tell of an error.
	_ = c.Close()
}

// claimed takes the claim that a lesson has laid on c, if there is one.
func (s *servers) claimed(c *net.TCPConn) (chan<- *net.TCPConn, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	client := addrPort(c.RemoteAddr())
	claim, ok := s.claims[client]
	delete(s.claims, client)
	return claim, ok
}

// claim asks for the server's side of the connection from client. It has to be
// called before that client sends its first line.
func (s *servers) claim(client netip.AddrPort) <-chan *net.TCPConn {
	got := make(chan *net.TCPConn, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claims[client] = got
	return got
}

// forget drops a connection that is about to be closed.
func (s *servers) forget(c *net.TCPConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// addrPort is the address of a TCP socket.
func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort()
	}
	return netip.AddrPort{}
}
