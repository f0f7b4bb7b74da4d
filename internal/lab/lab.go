package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// A Lab is a set of running servers, and clients to talk to them. One goroutine
// at a time may call Play; the other methods may be called from any.
type Lab struct {
	lesson  Lesson
	opts    Options
	servers *servers
	wire    *wire // of the lesson lossy, else nil
	close   func() error
}

// Start starts what the lesson needs: the servers, or for lossy the two TUN
// devices with the link between them. Nothing is sent before Play, so a capture
// can begin in between. For lossy the process has to be Inside.
func Start(lesson string, opts Options) (*Lab, error) {
	found, err := Find(lesson)
	if err != nil {
		return nil, err
	}
	l := &Lab{lesson: found, opts: opts}
	if lesson == "lossy" {
		l.wire, err = newWire(opts.Script)
		if err != nil {
			return nil, err
		}
		l.close = sync.OnceValue(l.wire.close)
		return l, nil
	}
	l.servers, err = startServers(lesson == "ipv6")
	if err != nil {
		return nil, err
	}
	l.close = sync.OnceValue(l.servers.close)
	return l, nil
}

// Run starts the lesson, plays it, and ends it.
func Run(ctx context.Context, lesson string, opts Options) error {
	l, err := Start(lesson, opts)
	if err != nil {
		return err
	}
	return errors.Join(l.Play(ctx), l.Close())
}

// Lesson is the lesson that was started.
func (l *Lab) Lesson() Lesson { return l.lesson }

// Interface names the interface to capture on.
func (l *Lab) Interface() string { return Interface(l.lesson.Name) }

// Play plays the lesson: once, or with Repeat until ctx ends, which then is no
// error. When it returns nil, each connection it made has been closed by both
// ends and its last segment has arrived.
func (l *Lab) Play(ctx context.Context) error {
	for {
		err := l.lesson.play(l, ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			// What fails when everything is being torn down is no news.
			if l.opts.Repeat {
				return nil
			}
			return ctx.Err()
		case err != nil && l.lesson.Name == Mix:
			return fmt.Errorf("demo: %w", err)
		case err != nil:
			return fmt.Errorf("demo: lesson %s: %w", l.lesson.Name, err)
		case !l.opts.Repeat:
			return nil
		}
		if !wait(ctx, l.opts.pause()) {
			return nil
		}
	}
}

// Record is what the link did in the last play of the lesson lossy. It is empty
// for every other lesson.
func (l *Lab) Record() Record {
	if l.wire == nil {
		return Record{}
	}
	return l.wire.link.Record()
}

// Close stops the servers and the link and waits for their goroutines.
func (l *Lab) Close() error { return l.close() }

// wait waits for d, and says false when ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// local4 is the loopback address of IPv4.
func local4() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 1}) }

// local6 is the loopback address of IPv6.
func local6() netip.Addr { return netip.IPv6Loopback() }
