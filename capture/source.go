package capture

import (
	"context"

	"tcplens/internal/packet"
)

// Batch is a run of packets in capture order. The packets' Data may alias a
// buffer that belongs to the batch: a batch is handed from goroutine to
// goroutine whole, and whoever holds it owns it until it is passed on.
type Batch struct {
	Packets []packet.Packet
	Buf     []byte // what Data may alias; grown by the source, reused from read to read
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() { b.Packets, b.Buf = b.Packets[:0], b.Buf[:0] }

// Source is where packets come from: a file, a pipe, live interfaces.
//
// One goroutine reads a source and closes it. Interfaces may grow while reading
// (pcapng names them as it goes); it is safe to call from that goroutine only,
// between reads.
type Source interface {
	// Read empties b and fills it with the next packets, at least one unless it
	// returns an error or the source has been quiet for a heartbeat (live: about
	// 100 ms), when it may return none and no error. io.EOF means a clean end; any
	// other error is the end too, and the packets of b before it count.
	Read(ctx context.Context, b *Batch) error

	// Interfaces lists what packets' Iface index, in order of appearance.
	Interfaces() []packet.Interface

	// Close frees what the source holds. It is called once, after the last Read.
	Close() error
}

// Counters is what the kernel says of a live capture, or the statistics of a file of
// the one that made it. All counts are packets since the capture began.
type Counters struct {
	Dropped   uint64 // by the kernel, for want of room in its buffer
	IfDropped uint64 // by the interface or its driver
}
