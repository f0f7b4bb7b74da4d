package capture

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"tcplens/internal/packet"
)

// DefaultSnapLen is how much of a packet is captured unless told otherwise, in
// bytes: all of it, with large segment offload too.
const DefaultSnapLen = maxCapLen

// DefaultBufferSize is how much the kernel may hold for each interface unless
// told otherwise, in bytes.
const DefaultBufferSize = 64 << 20

// LiveConfig says what to capture, and how. Of its zero value only Interfaces has
// to be set.
type LiveConfig struct {
	Interfaces    []string // names; Any stands for all
	SnapLen       int      // bytes of a packet to keep; 0 is DefaultSnapLen
	BufferSize    int      // bytes that the kernel holds for each; 0 is DefaultBufferSize
	NoPromiscuous bool     // leave packets that are for others to the interface
	Filter        string   // in libpcap's language; empty for everything
}

// Live is a capture that is going on, on one interface or several. It is a Source.
//
// Each interface has a goroutine that owns its libpcap handle, from the first
// packet to the closing. One goroutine reads the Live and closes it; SetFilter,
// Filter, Counters and Interfaces may be called from any.
type Live struct {
	ports []*port
	done  chan struct{} // closed by Close
	wake  chan struct{} // one slot: some port has a batch, when there are several

	mu     sync.Mutex // held while the filter changes, and by those who read it
	filter string

	// The reading goroutine's:
	merge []turn // one for each port, when there are several
	ended error  // what the first port to end ended with
	err   error  // what reading ended with
}

var _ Source = (*Live)(nil)

// OpenLive begins to capture. Whatever fails, an interface that there is not, a
// permission that is wanted, a filter that is wrong, is said in a line or two with
// what to do; see ErrNoInterface, ErrNoPermission, ErrInterfaceDown and FilterError.
func OpenLive(cfg LiveConfig) (*Live, error) {
	names := slices.Clone(cfg.Interfaces)
	slices.Sort(names)
	if len(names) == 0 {
		return nil, errors.New("no interface to capture on: name one with -i; tcplens -D lists them")
	}
	if len(slices.Compact(names)) != len(cfg.Interfaces) {
		return nil, errors.New("an interface is named twice: " + strings.Join(cfg.Interfaces, ", "))
	}
	if cfg.SnapLen <= 0 || cfg.SnapLen > maxCapLen {
		cfg.SnapLen = DefaultSnapLen
	}
	if cfg.BufferSize <= 0 {
		cfg.BufferSize = DefaultBufferSize
	}
	l := &Live{
		done:   make(chan struct{}),
		wake:   make(chan struct{}, 1),
		filter: cfg.Filter,
	}
	for i, name := range cfg.Interfaces {
		p, err := openPort(name, uint32(i), cfg)
		if err != nil {
			for _, open := range l.ports {
				open.handle.Close() // no goroutine has it yet
			}
			return nil, err
		}
		l.ports = append(l.ports, p)
	}
	l.merge = make([]turn, len(l.ports))
	for _, p := range l.ports {
		go p.run(l.done, l.wake)
	}
	return l, nil
}

// Read fills b with what has come. It returns soon after the first packet has, at
// the latest when nothing came for a heartbeat, and at once when ctx ends.
//
// When an interface goes away, the packets before that are delivered, and then the
// error: ErrInterfaceDown. With several interfaces it ends the others' capture too.
func (l *Live) Read(ctx context.Context, b *Batch) error {
	b.Reset()
	if l.err != nil {
		return l.err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(l.ports) > 1 {
		return l.readMerged(ctx, b)
	}
	quiet := time.NewTimer(heartbeat)
	defer quiet.Stop()
	p := l.ports[0]
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-quiet.C:
			return nil
		case got := <-p.full:
			l.err = got.err
			// The batches change places, so that nothing is copied.
			*b, got.batch = got.batch, *b
			p.empty <- got.batch
			if len(b.Packets) > 0 {
				return nil
			}
			if l.err != nil {
				return l.err
			}
		}
	}
}

// Interfaces lists what is captured on, in the order of LiveConfig.
func (l *Live) Interfaces() []packet.Interface {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]packet.Interface, len(l.ports))
	for i, p := range l.ports {
		out[i] = p.iface
		out[i].Filter = l.filter
	}
	return out
}

// Counters sums up what the kernel could not keep, on all interfaces. It is as of
// some 100 ms ago.
func (l *Live) Counters() Counters {
	var c Counters
	for _, p := range l.ports {
		c.Dropped += p.dropped.Load()
		c.IfDropped += p.ifDropped.Load()
	}
	return c
}

// Filter is the capture filter that is applied now.
func (l *Live) Filter() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.filter
}

// SetFilter changes the capture filter. It is compiled for every interface before
// the first one gets it; if that fails, the error is a FilterError and the old
// filter stays. It waits for the goroutines that read the handles, some 20 ms.
func (l *Live) SetFilter(expr string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.ports {
		if err := p.ask(expr, false); err != nil {
			return err
		}
	}
	for i, p := range l.ports {
		if err := p.ask(expr, true); err != nil {
			// The kernel refused what libpcap had compiled. The old filter was
			// accepted before, and a port that is gone needs none.
			for _, changed := range l.ports[:i] {
				_ = changed.ask(l.filter, true)
			}
			return err
		}
	}
	l.filter = expr
	return nil
}

// Close ends the capture and waits for the handles to be closed, some 20 ms.
func (l *Live) Close() error {
	close(l.done)
	for _, p := range l.ports {
		<-p.exited
	}
	return nil
}
