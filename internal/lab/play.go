package lab

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// patience bounds what a lesson waits for: something is wrong after that.
const patience = 20 * time.Second

// dial connects to a server of the lab. The connection is closed when ctx ends,
// so nothing that waits on it outlives the lesson. stop ends that watch.
func dial(ctx context.Context, addr netip.Addr, port uint16) (c *net.TCPConn, stop func() bool, err error) {
	d := net.Dialer{Control: roomForTwo}
	conn, err := d.DialContext(ctx, "tcp", netip.AddrPortFrom(addr, port).String())
	if err != nil {
		return nil, nil, err
	}
	c, ok := conn.(*net.TCPConn)
	if !ok {
		return nil, nil, errors.Join(fmt.Errorf("port %d: not a TCP connection", port), conn.Close())
	}
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, nil, errors.Join(err, c.Close())
	}
	return c, closeWith(ctx, c), nil
}

// closeWith closes c when ctx ends. The function it returns ends that watch.
func closeWith(ctx context.Context, c io.Closer) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		// It may be closed already, which is as well.
		_ = c.Close()
	})
}

// get asks for a path over rw as a browser would, and reads the whole reply.
func get(rw io.ReadWriter, path string) ([]byte, error) {
	req, err := http.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "tcplens-demo")
	req.Header.Set("Accept", "*/*")
	if err := req.Write(rw); err != nil {
		return nil, fmt.Errorf("sending GET %s: %w", path, err)
	}
	resp, err := http.ReadResponse(bufio.NewReaderSize(rw, 256<<10), req)
	if err != nil {
		return nil, fmt.Errorf("reading the reply to GET %s: %w", path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the body of %s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", path, resp.Status)
	}
	return body, nil
}

// expectEOF reads on where the other side is to close without another byte.
func expectEOF(r io.Reader) error {
	n, err := r.Read(make([]byte, 1))
	if n > 0 {
		return errors.New("more came where the other side should have closed")
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("waiting for the other side to close: %w", err)
}

// exchange is one GET over TCP. size is the length of the body in bytes. The server closes first, when it has been idle.
func (l *Lab) exchange(ctx context.Context, addr netip.Addr, path string, size int) error {
	c, stop, err := dial(ctx, addr, PortHTTP)
	if err != nil {
		return err
	}
	defer stop()
	defer c.Close()
	body, err := get(c, path)
	if err != nil {
		return err
	}
	if len(body) != size {
		return fmt.Errorf("GET %s: %d bytes came, %d were expected", path, len(body), size)
	}
	if err := expectEOF(c); err != nil {
		return err
	}
	return closeAcked(c)
}

func (l *Lab) playHTTP(ctx context.Context) error {
	return l.exchange(ctx, local4(), "/", len(hello))
}

func (l *Lab) playIPv6(ctx context.Context) error {
	return l.exchange(ctx, local6(), "/", len(hello))
}

func (l *Lab) playBig(ctx context.Context) error {
	return l.exchange(ctx, local4(), "/big", BigSize)
}

func (l *Lab) playTLS12(ctx context.Context) error { return l.secure(ctx, tls.VersionTLS12) }
func (l *Lab) playTLS13(ctx context.Context) error { return l.secure(ctx, tls.VersionTLS13) }

// secure is one GET over exactly that version of TLS.
func (l *Lab) secure(ctx context.Context, version uint16) error {
	c, stop, err := dial(ctx, local4(), PortTLS)
	if err != nil {
		return err
	}
	defer stop()
	defer c.Close()
	t := tls.Client(c, &tls.Config{
		RootCAs:      l.servers.roots,
		ServerName:   serverName,
		MinVersion:   version,
		MaxVersion:   version,
		NextProtos:   []string{"http/1.1"},
		KeyLogWriter: l.opts.KeyLog,
		// Whoever could not come back with a ticket is given none.
		ClientSessionCache: tls.NewLRUClientSessionCache(1),
	})
	if _, err := get(t, "/json"); err != nil {
		return err
	}
	// First comes the close_notify alert, then the FIN. Were the client to close
	// t, it would send an alert of its own to a closed socket, and earn a RST.
	if err := expectEOF(t); err != nil {
		return err
	}
	if err := expectEOF(c); err != nil {
		return err
	}
	return closeAcked(c)
}

// playMix plays one of each that makes a gentle picture.
func (l *Lab) playMix(ctx context.Context) error {
	parts := []func(context.Context) error{l.playHTTP, l.playEcho, l.playTLS13}
	if l.servers.has6 {
		parts = append(parts, l.playIPv6)
	}
	for i, part := range parts {
		if i > 0 && !wait(ctx, l.opts.pause()) {
			return ctx.Err()
		}
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// playEcho sends a few lines to the plain server and reads them back.
func (l *Lab) playEcho(ctx context.Context) error {
	c, stop, err := dial(ctx, local4(), PortPlain)
	if err != nil {
		return err
	}
	defer stop()
	defer c.Close()
	lines := bufio.NewReader(c)
	for _, line := range []string{"good day\n", "is anybody there?\n", "bye\n"} {
		if _, err := io.WriteString(c, line); err != nil {
			return err
		}
		got, err := lines.ReadString('\n')
		if err != nil {
			return err
		}
		if got != line {
			return fmt.Errorf("%q came back as %q", line, got)
		}
	}
	if err := expectEOF(c); err != nil {
		return err
	}
	return closeAcked(c)
}

func (l *Lab) playRefused(ctx context.Context) error {
	c, stop, err := dial(ctx, local4(), PortClosed)
	if err == nil {
		stop()
		return errors.Join(fmt.Errorf("port %d answers, but should be closed: stop the program that listens there", PortClosed), c.Close())
	}
	if isRefused(err) {
		return nil
	}
	return err
}
