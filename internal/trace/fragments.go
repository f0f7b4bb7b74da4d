package trace

import (
	"sort"

	"tcplens/dissect"
	"tcplens/internal/packet"
)

// fragments puts IP datagrams together (RFC 791 §3.2, RFC 8200 §4.5). What is
// held back is bounded: the oldest unfinished datagram goes first.
type fragments struct {
	open  map[dissect.FragmentKey]*datagram
	order []*datagram // open ones, oldest first; finished ones are skipped
	held  int         // bytes of open datagrams
	of    map[packet.Number]*datagram
}

type datagram struct {
	key    dissect.FragmentKey
	pieces []piece
	end    uint32 // length of the whole; 0 while the last piece is missing
	done   packet.Number
	size   int
}

type piece struct {
	frame packet.Number
	off   uint32
	size  uint32
	data  []byte // nil once the datagram is complete
	cut   bool
}

const (
	maxDatagram  = 65535 + 60 // bytes: what an IP length can say, and a header
	maxHeldFrags = 16 << 20   // bytes of unfinished datagrams
	maxPieces    = 8192       // of one datagram
)

func (f *fragments) init() {
	f.open = make(map[dissect.FragmentKey]*datagram)
	f.of = make(map[packet.Number]*datagram)
}

// add takes a fragment. It gives the joined payload when this one completes the
// datagram, else nil.
func (f *fragments) add(n packet.Number, g *dissect.Fragment) []byte {
	if g.Off+uint32(len(g.Data)) > maxDatagram {
		return nil
	}
	d := f.open[g.Key]
	if d == nil {
		d = &datagram{key: g.Key}
		f.open[g.Key] = d
		f.order = append(f.order, d)
	}
	if len(d.pieces) >= maxPieces {
		return nil
	}
	f.of[n] = d
	size := uint32(len(g.Data))
	d.pieces = append(d.pieces, piece{frame: n, off: g.Off, size: size, data: append([]byte(nil), g.Data...), cut: !g.Whole})
	d.size += len(g.Data)
	f.held += len(g.Data)
	if !g.More {
		d.end = g.Off + size
	}
	whole := d.join()
	if whole != nil {
		d.done = n
		f.close(d)
	}
	for f.held > maxHeldFrags && len(f.order) > 0 {
		old := f.order[0]
		f.order = f.order[1:]
		if f.open[old.key] == old {
			f.close(old)
		}
	}
	return whole
}

func (f *fragments) close(d *datagram) {
	delete(f.open, d.key)
	f.held -= d.size
	for i := range d.pieces {
		d.pieces[i].data = nil
	}
	if len(f.order) > 0 && f.order[0] == d {
		f.order = f.order[1:]
	}
}

// join gives the whole datagram, nil while a piece is missing. Of overlapping
// pieces the first placed stays.
func (d *datagram) join() []byte {
	if d.end == 0 {
		return nil
	}
	sort.SliceStable(d.pieces, func(i, j int) bool { return d.pieces[i].off < d.pieces[j].off })
	at := uint32(0)
	for _, p := range d.pieces {
		if p.off > at || p.cut {
			return nil
		}
		at = max(at, p.off+p.size)
	}
	if at < d.end {
		return nil
	}
	whole := make([]byte, 0, d.end)
	for _, p := range d.pieces {
		if have := uint32(len(whole)); p.off+p.size > have && have < d.end {
			whole = append(whole, p.data[have-p.off:min(p.size, d.end-p.off)]...)
		}
	}
	return whole
}
