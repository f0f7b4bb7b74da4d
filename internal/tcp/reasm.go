package tcp

import (
	"slices"
	"sort"
)

// find gives the place in starts of the message that starts at seq, or else of the
// last one that starts before it; −1 when there is none (R70.3).
func (d *reasm) find(seq uint32) int {
	n := len(d.starts)
	if n > 0 && d.starts[n-1].seq <= seq {
		return n - 1
	}
	return sort.Search(n, func(i int) bool { return d.starts[i].seq > seq }) - 1
}

// insert adds a message to starts, in the place of one that starts at the same
// byte. The oldest are let go when there are many: what repeats so old data is
// known as spurious anyway.
func (d *reasm) insert(seq uint32, id PDUID) {
	i := d.find(seq)
	if i >= 0 && d.starts[i].seq == seq {
		d.starts[i].id = id
		return
	}
	d.starts = slices.Insert(d.starts, i+1, pduStart{seq, id})
	if len(d.starts) > 2*maxStarts {
		d.starts = d.starts[:copy(d.starts, d.starts[maxStarts:])]
	}
}

// opened gives the place in open of a message, −1 when it is not watched.
func (d *reasm) opened(id PDUID) int {
	for i := len(d.open) - 1; i >= 0; i-- {
		if d.open[i].id == id {
			return i
		}
	}
	return -1
}

// watch adds a message to open.
func (d *reasm) watch(o openPDU) {
	if len(d.open) == maxOpen {
		d.done(0)
	}
	d.open = append(d.open, o)
}

// done takes a message out of open.
func (d *reasm) done(j int) { d.open = slices.Delete(d.open, j, j+1) }

// leave gives up the message that the framer is inside of, as far as the framer is
// concerned: the stream has gone on without the rest of it.
func (d *reasm) leave(pdus *PDUs) {
	if d.fed == 0 {
		return
	}
	p := pdus.peek(d.fed)
	p.State = PDUAbandoned
	pdus.set(d.fed, p)
	d.stop(true)
}

// stop ends the feeding of the current message.
func (d *reasm) stop(skip bool) {
	if skip && d.fed != 0 {
		d.framer.Skip()
	}
	d.fed, d.held, d.nHeld = 0, nil, 0
}

// hold keeps a copy of bytes that lie behind a hole. It fails when that would be
// more than is allowed.
func (d *reasm) hold(seq uint32, data []byte) bool {
	if d.nHeld+len(data) > maxHeld || len(d.held) >= maxRanges {
		return false
	}
	i := sort.Search(len(d.held), func(i int) bool { return d.held[i].seq > seq })
	d.held = slices.Insert(d.held, i, heldPiece{seq, slices.Clone(data)})
	d.nHeld += len(data)
	return true
}

// add takes note that the bytes from start up to end have come.
func (o *openPDU) add(start, end uint32) {
	if o.lost || end <= o.have {
		return
	}
	if start <= o.have {
		o.have = end
		n := 0
		for n < len(o.behind) && o.behind[n].start <= o.have {
			o.have = max(o.have, o.behind[n].end)
			n++
		}
		o.behind = o.behind[:copy(o.behind, o.behind[n:])]
		return
	}
	// lo and hi bound the pieces that the new one touches.
	lo := sort.Search(len(o.behind), func(i int) bool { return o.behind[i].end >= start })
	hi := lo
	for hi < len(o.behind) && o.behind[hi].start <= end {
		start, end = min(start, o.behind[hi].start), max(end, o.behind[hi].end)
		hi++
	}
	o.behind = slices.Replace(o.behind, lo, hi, seqRun{start, end})
	if len(o.behind) > maxRanges {
		o.lost, o.behind = true, nil
	}
}
