package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// think is how long an end thinks in the lessons whose point is that one end
// takes its time. It is longer than a delayed ACK waits (40 ms in Linux).
const think = 120 * time.Millisecond

// A pair is both ends of one connection to the plain server, so that a lesson
// can say in which order they act.
type pair struct {
	client, server *net.TCPConn
	end            func()
}

// connect makes a connection to the plain server, over which a line has gone
// each way and been read.
func (l *Lab) connect(ctx context.Context) (pair, error) {
	const greeting = "hello\n"
	c, stopClient, err := dial(ctx, local4(), PortPlain)
	if err != nil {
		return pair{}, err
	}
	claimed := l.servers.claim(addrPort(c.LocalAddr()))
	var s *net.TCPConn
	if _, err = io.WriteString(c, greeting); err == nil {
		select {
		case s = <-claimed:
			err = s.SetDeadline(time.Now().Add(patience))
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if err != nil {
		stopClient()
		return pair{}, errors.Join(err, c.Close())
	}
	stopServer := closeWith(ctx, s)
	p := pair{client: c, server: s, end: func() {
		stopClient()
		stopServer()
		l.servers.forget(s)
		// Most lessons have closed both by now.
		_ = c.Close()
		_ = s.Close()
	}}
	if err := say(s, c, greeting); err != nil {
		p.end()
		return pair{}, err
	}
	return p, nil
}

// say sends what from one end to the other and reads it there.
func say(from io.Writer, to io.Reader, what string) error {
	if _, err := io.WriteString(from, what); err != nil {
		return err
	}
	got := make([]byte, len(what))
	if _, err := io.ReadFull(to, got); err != nil {
		return err
	}
	if string(got) != what {
		return fmt.Errorf("%q came as %q", what, got)
	}
	return nil
}

// playClose3 has the client close as soon as the server has. Linux delays the
// ACK of a FIN by 40 ms, and the client's FIN is far quicker, so one segment
// carries both. (BSD kernels acknowledge a FIN at once: there it is four.)
func (l *Lab) playClose3(ctx context.Context) error {
	p, err := l.connect(ctx)
	if err != nil {
		return err
	}
	defer p.end()
	if err := p.server.Close(); err != nil {
		return err
	}
	if err := expectEOF(p.client); err != nil {
		return err
	}
	return closeAcked(p.client)
}

// playClose4 has the client acknowledge the server's FIN, think, and close.
func (l *Lab) playClose4(ctx context.Context) error {
	p, err := l.connect(ctx)
	if err != nil {
		return err
	}
	defer p.end()
	if err := p.server.Close(); err != nil {
		return err
	}
	if err := expectEOF(p.client); err != nil {
		return err
	}
	if err := ackNow(p.client); err != nil {
		return err
	}
	if !wait(ctx, think) {
		return ctx.Err()
	}
	return closeAcked(p.client)
}

// playReset has the client close over the server's unread words (RFC 9293
// section 3.6.1: a host that closes with data unread SHOULD send a reset).
func (l *Lab) playReset(ctx context.Context) error {
	p, err := l.connect(ctx)
	if err != nil {
		return err
	}
	defer p.end()
	if _, err := io.WriteString(p.server, "these words will never be read\n"); err != nil {
		return err
	}
	if err := waitReadable(p.client); err != nil {
		return err
	}
	if err := p.client.Close(); err != nil {
		return err
	}
	_, err = p.server.Read(make([]byte, 1))
	if !isReset(err) {
		return fmt.Errorf("the server should have seen a reset, but saw: %v", err)
	}
	return p.server.Close()
}

// playHalfClose has the client send its FIN and the server go on talking.
func (l *Lab) playHalfClose(ctx context.Context) error {
	p, err := l.connect(ctx)
	if err != nil {
		return err
	}
	defer p.end()
	if err := say(p.client, p.server, "tell me all, I have no more to say\n"); err != nil {
		return err
	}
	if err := p.client.CloseWrite(); err != nil {
		return err
	}
	if err := expectEOF(p.server); err != nil {
		return err
	}
	if err := ackNow(p.server); err != nil {
		return err
	}
	for i := range 3 {
		if !wait(ctx, think) {
			return ctx.Err()
		}
		if err := say(p.server, p.client, fmt.Sprintf("part %d of 3\n", i+1)); err != nil {
			return err
		}
	}
	if !wait(ctx, think) {
		return ctx.Err()
	}
	if err := closeAcked(p.server); err != nil {
		return err
	}
	if err := expectEOF(p.client); err != nil {
		return err
	}
	return p.client.Close()
}
