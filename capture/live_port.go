package capture

import (
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/google/gopacket/pcap"

	"tcplens/internal/packet"
)

const (
	// portTimeout is how long the kernel gathers packets before it hands them
	// over, and how long a read waits. It must be positive: a handle that blocks
	// without end cannot be closed.
	portTimeout = 20 * time.Millisecond

	// portBatches is how many batches a port may be ahead of its reader. The rest
	// waits in the kernel, which counts what does not fit.
	portBatches = 4

	portBytes   = 256 << 10 // a batch is passed on with this many bytes,
	portPackets = 2048      // or this many packets

	statsEvery = 100 * time.Millisecond
)

// port is one interface of a live capture. Its goroutine alone uses and closes
// the handle; the fields that are not channels or atomic do not change once it
// runs.
type port struct {
	handle *pcap.Handle
	index  uint32
	iface  packet.Interface // but for the filter

	full   chan delivery
	empty  chan Batch
	ctl    chan order
	exited chan struct{}

	dropped, ifDropped atomic.Uint64
}

// delivery is a batch on its way to the reader. It may be empty.
type delivery struct {
	batch Batch
	upto  packet.Time // packets that were seen before this have been delivered
	err   error       // the port has ended
}

// order asks a port to compile a filter and, if apply is set, to use it.
type order struct {
	expr  string
	apply bool
	reply chan error // has room for the reply
}

// ask has the port's goroutine carry out an order. A port that has ended says so.
func (p *port) ask(expr string, apply bool) error {
	o := order{expr, apply, make(chan error, 1)}
	select {
	case p.ctl <- o:
	case <-p.exited:
		return &LiveError{Iface: p.iface.Name, Err: ErrEnded}
	}
	// Whoever takes an order replies to it.
	return <-o.reply
}

func (p *port) carryOut(o order) {
	var err error
	if o.apply {
		err = p.handle.SetBPFFilter(o.expr)
	} else {
		_, err = p.handle.CompileBPFFilter(o.expr)
	}
	if err != nil {
		err = &FilterError{o.expr, err.Error()}
	}
	o.reply <- err
}

// run reads the handle until done is closed or the interface fails. After every
// delivery it puts a token into wake, unless there is one.
func (p *port) run(done <-chan struct{}, wake chan<- struct{}) {
	defer close(p.exited)
	defer p.handle.Close()
	var counted time.Time
	wasDown := false
	for {
		var b Batch
		select {
		case <-done:
			return
		case o := <-p.ctl:
			p.carryOut(o)
			continue
		case b = <-p.empty:
		}
		d := p.gather(b)
		if now := time.Now(); now.Sub(counted) >= statsEvery || d.err != nil {
			counted = now
			p.count()
			if d.err == nil && len(d.batch.Packets) == 0 {
				// At the first sight of it the kernel may still hold packets.
				gone := p.down()
				if wasDown {
					d.err = gone
				}
				wasDown = gone != nil
			}
		}
		select {
		case <-done:
			return
		case p.full <- d: // as many as there are batches fit
		}
		select {
		case wake <- struct{}{}:
		default:
		}
		if d.err != nil {
			return
		}
	}
}

// gather fills a batch: until it is large enough, or some milliseconds have gone
// by, or nothing comes.
func (p *port) gather(b Batch) (d delivery) {
	b.Reset()
	// Room for one more packet of any size, so that the buffer never moves.
	if want := portBytes + maxCapLen; cap(b.Buf) < want {
		b.Buf = make([]byte, 0, want)
	}
	begun := time.Now()
	for {
		data, info, err := p.handle.ZeroCopyReadPacketData()
		if err == pcap.NextErrorTimeoutExpired {
			// What came before the wait began has been delivered by its end.
			d.upto = packet.Time(time.Now().Add(-2 * portTimeout).UnixNano())
			break
		}
		if err != nil {
			d.err = p.failure(err)
			break
		}
		at := len(b.Buf)
		b.Buf = append(b.Buf, data...)
		t := packet.Time(info.Timestamp.UnixNano())
		b.Packets = append(b.Packets, packet.Packet{
			Meta: packet.Meta{
				Time:   t,
				CapLen: uint32(len(data)),
				Len:    uint32(info.Length),
				Iface:  p.index,
				Link:   p.iface.Link,
			},
			Data: b.Buf[at:len(b.Buf):len(b.Buf)],
			Pos:  -1,
		})
		d.upto = t
		if len(b.Buf) >= portBytes || len(b.Packets) >= portPackets || time.Since(begun) >= portTimeout {
			break
		}
	}
	d.batch = b
	return d
}

// count asks the kernel what it dropped. If it does not say, the last answer stays.
func (p *port) count() {
	if s, err := p.handle.Stats(); err == nil {
		p.dropped.Store(uint64(s.PacketsDropped))
		p.ifDropped.Store(uint64(s.PacketsIfDropped))
	}
}

// down says whether the interface was switched off. Of that libpcap 1.10 makes no
// error: it waits for the interface to come back, and nobody would know why
// nothing comes.
func (p *port) down() error {
	in, err := net.InterfaceByName(p.iface.Name)
	if err != nil || in.Flags&net.FlagUp != 0 {
		return nil // "any" and the like are no interfaces of the system
	}
	return &LiveError{Iface: p.iface.Name, Err: ErrInterfaceDown, Detail: howToBringUp(p.iface.Name)}
}

// failure is what to say when a handle cannot be read any more.
func (p *port) failure(err error) error {
	detail := err.Error()
	if err == pcap.NextErrorReadError {
		detail = p.handle.Error().Error()
	}
	return &LiveError{Iface: p.iface.Name, Err: ErrInterfaceDown, Detail: detail}
}

// openPort opens one interface and sets its filter.
func openPort(name string, index uint32, cfg LiveConfig) (*port, error) {
	handle, err := activate(name, cfg, !cfg.NoPromiscuous && name != Any)
	if err != nil {
		return nil, openError(name, err)
	}
	p := &port{
		handle: handle,
		index:  index,
		iface: packet.Interface{
			Name:    name,
			Link:    liveLink(handle),
			SnapLen: uint32(cfg.SnapLen),
			Nano:    true, // gopacket asks for nanoseconds, and libpcap gives zeros where there are none
		},
		full:   make(chan delivery, portBatches),
		empty:  make(chan Batch, portBatches+1), // a reader's batch is on its way
		ctl:    make(chan order),
		exited: make(chan struct{}),
	}
	for range portBatches {
		p.empty <- Batch{}
	}
	if cfg.Filter != "" {
		if err := handle.SetBPFFilter(cfg.Filter); err != nil {
			handle.Close()
			return nil, &FilterError{cfg.Filter, err.Error()}
		}
	}
	return p, nil
}

// activate opens a handle. libpcap's warnings, such as that there is no
// promiscuous mode, come as errors through gopacket: then it is tried without.
func activate(name string, cfg LiveConfig, promiscuous bool) (*pcap.Handle, error) {
	in, err := pcap.NewInactiveHandle(name)
	if err != nil {
		return nil, err
	}
	defer in.CleanUp()
	for _, set := range []func() error{
		func() error { return in.SetSnapLen(cfg.SnapLen) },
		func() error { return in.SetPromisc(promiscuous) },
		func() error { return in.SetBufferSize(cfg.BufferSize) },
		func() error { return in.SetTimeout(portTimeout) },
	} {
		if err := set(); err != nil {
			return nil, fmt.Errorf("set up libpcap: %w", err)
		}
	}
	handle, err := in.Activate()
	if err != nil && promiscuous && !isDenied(err) {
		return activate(name, cfg, false)
	}
	return handle, err
}

// liveLink is how packets of a handle begin. gopacket keeps 8 bits of the number,
// of which no link type below 256 is 20.
func liveLink(h *pcap.Handle) packet.LinkType {
	const sll2 = packet.LinkLinuxSLL2
	if dlt := int(h.LinkType()); dlt != int(sll2&0xff) {
		return linkOfDLT(dlt)
	}
	return sll2
}
