package capture

import (
	"bufio"
	"context"
	"io"
	"sync"
	"time"

	"tcplens/internal/packet"
)

const (
	// heartbeat is how long a source stays quiet before its Read comes back
	// without packets.
	heartbeat = 100 * time.Millisecond

	// streamBuffers is how many chunks may be read ahead from a stream.
	streamBuffers = 4

	// streamChunk is how much of a stream is read at a time, in bytes. A pipe of
	// Linux holds 64 KiB.
	streamChunk = 64 << 10
)

// Stream is a capture that comes through a pipe, from standard input or over a
// connection: the formats of OpenFile, packets as they come. It is a Source, and
// nothing backs its packets, so their Pos is −1.
type Stream struct {
	scan scanner
	pump pump
}

var _ Source = (*Stream)(nil)

// NewStreamReader reads a capture from r, which is called name in errors. It
// does not wait for anything: what r turns out to be, the first Read tells.
//
// A goroutine reads r until it ends or the Stream is closed. A read that blocks
// then keeps that goroutine, and nothing else, until it comes back; whoever
// opened r closes it.
func NewStreamReader(r io.Reader, name string) *Stream {
	s := &Stream{pump: pump{
		full:  make(chan chunk, streamBuffers),
		empty: make(chan []byte, streamBuffers),
		done:  make(chan struct{}),
	}}
	for range streamBuffers {
		s.pump.empty <- nil
	}
	s.scan = scanner{name: name, src: &s.pump}
	go s.pump.run(r)
	return s
}

// Read fills b with the packets that are there, waiting for the first. A stream
// that is quiet for a heartbeat gives none, and no error.
func (s *Stream) Read(ctx context.Context, b *Batch) error {
	s.pump.ctx = ctx
	return s.scan.read(ctx, b)
}

// Interfaces lists the interfaces that were named so far.
func (s *Stream) Interfaces() []packet.Interface { return s.scan.interfaces() }

// Section is as in File.
func (s *Stream) Section(iface uint32) (section int, id uint32) { return s.scan.section(iface) }

// Secrets is as in File.
func (s *Stream) Secrets() [][]byte { return s.scan.secrets() }

// Counters is as in File.
func (s *Stream) Counters() Counters { return s.scan.counters() }

// Comments is as in File.
func (s *Stream) Comments() []string { return s.scan.comments() }

// Close ends the reading. It does not close what is read from.
func (s *Stream) Close() error {
	s.pump.stop.Do(func() { close(s.pump.done) })
	return nil
}

// chunk is what one read of a stream gave.
type chunk struct {
	data []byte
	err  error
}

// pump reads a stream in a goroutine of its own, so that a read that blocks
// holds up nobody. Its Read belongs to the goroutine that reads the Stream.
type pump struct {
	full  chan chunk
	empty chan []byte
	done  chan struct{}
	stop  sync.Once

	ctx  context.Context // of the Read that goes on
	cur  chunk           // what is being handed out
	rest []byte          // the part of cur that was not handed out yet
}

// run unpacks the stream if it is compressed and passes on every chunk at once.
func (p *pump) run(r io.Reader) {
	in := bufio.NewReaderSize(r, streamChunk)
	head, err := in.Peek(packedHead)
	src := io.Reader(in)
	if err == nil {
		z, zerr := unpacker(head, in)
		if zerr != nil {
			p.pass(chunk{err: zerr})
			return
		}
		if z != nil {
			src = z
		}
	}
	for {
		select {
		case <-p.done:
			return
		case buf := <-p.empty:
			if buf == nil {
				buf = make([]byte, streamChunk)
			}
			n, err := src.Read(buf[:cap(buf)])
			if !p.pass(chunk{buf[:n], err}) || err != nil {
				return
			}
		}
	}
}

// pass hands a chunk over, unless the stream was closed.
func (p *pump) pass(c chunk) bool {
	select {
	case p.full <- c:
		return true
	case <-p.done:
		return false
	}
}

// Read gives what has come, or errQuiet when nothing did for a heartbeat, or the
// context's error.
func (p *pump) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		if p.cur.err != nil {
			return 0, p.cur.err
		}
		if p.cur.data != nil {
			p.empty <- p.cur.data // it has room for every buffer there is
			p.cur = chunk{}
		}
		if !p.wait() {
			return 0, errQuiet
		}
		p.rest = p.cur.data
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// wait takes the next chunk. It reports false after a heartbeat without one, and
// when the context ends, which the scanner then sees for itself.
func (p *pump) wait() bool {
	select {
	case p.cur = <-p.full: // no need for a timer when the stream is ahead
		return true
	default:
	}
	quiet := time.NewTimer(heartbeat)
	defer quiet.Stop()
	select {
	case p.cur = <-p.full:
		return true
	case <-p.ctx.Done():
	case <-quiet.C:
	}
	return false
}
