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
	if k, ok := d.framer.(Keeper); ok {
		if f := k.Aside(); f != nil {
			if len(d.aside) == maxAside {
				d.dropAside(0)
			}
			d.aside = append(d.aside, asidePDU{d.feed, d.fed, f})
		}
	}
	d.stop(true)
}

// keeps says whether the framer wants the open message in any case.
func (d *reasm) keeps() bool {
	k, ok := d.framer.(Keeper)
	return ok && k.Keeps()
}

// asideOf gives the place of a message that was set aside, −1 for others.
func (d *reasm) asideOf(id PDUID) int {
	return slices.IndexFunc(d.aside, func(x asidePDU) bool { return x.id == id })
}

// dropAside ends the waiting for a message that was set aside.
func (d *reasm) dropAside(i int) {
	d.aside[i].framer.Skip()
	d.aside = slices.Delete(d.aside, i, i+1)
}

// stop ends the feeding of the current message.
func (d *reasm) stop(skip bool) {
	if skip && d.fed != 0 {
		d.framer.Skip()
	}
	d.fed, d.feed = 0, feed{}
}

// hold keeps a copy of bytes that lie behind a hole. It fails when that would be
// more than is allowed.
func (f *feed) hold(seq uint32, data []byte) bool {
	if f.nHeld+len(data) > maxHeld || len(f.held) >= maxRanges {
		return false
	}
	i := sort.Search(len(f.held), func(i int) bool { return f.held[i].seq > seq })
	f.held = slices.Insert(f.held, i, heldPiece{seq, slices.Clone(data)})
	f.nHeld += len(data)
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
