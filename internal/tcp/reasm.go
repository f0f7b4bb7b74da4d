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

// Found is where a byte stands among the messages of its direction, as they are
// known in the end.
type Found struct {
	ID PDUID // the message that begins with the byte, or else the one that begins last before it; 0 none
	PDU
	Have uint32 // all of the message before this has come, and is joined
}

// Find looks for the byte of direction dir that has the relative number seq. It may
// be called by whoever keeps the sequencing goroutine from adding meanwhile.
func (r *Reassembler) Find(dir uint8, seq uint32) (f Found) {
	d := &r.dirs[dir&1]
	i := d.find(seq)
	if i < 0 {
		return f
	}
	f.ID = d.starts[i].id
	f.PDU = r.pdus.peek(f.ID)
	f.Have = f.EndSeq
	if j := d.opened(f.ID); j >= 0 {
		f.Have = d.open[j].have
	}
	return f
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
			d.setAside(asidePDU{d.feed, d.fed, f})
		}
	}
	d.stop(true)
}

// setAside begins to wait for the rest of a message that the stream has gone past.
func (d *reasm) setAside(x asidePDU) {
	if len(d.aside) == maxAside {
		d.dropAside(0)
	}
	d.aside = append(d.aside, x)
}

// fork gives a framer for what comes in front of the open message; nil if there is none.
func (d *reasm) fork() Framer {
	if f, ok := d.framer.(Forker); ok {
		return f.Fork()
	}
	return nil
}

// keeps says whether a framer wants the open message in any case.
func keeps(f Framer) bool {
	k, ok := f.(Keeper)
	return ok && k.Keeps()
}

// release takes a message away from the framer that is inside of it.
func (d *reasm) release(id PDUID) {
	if d.fed == id {
		d.fed, d.feed = 0, feed{}
	} else if i := d.asideOf(id); i >= 0 {
		d.aside = slices.Delete(d.aside, i, i+1)
	}
}

// finish ends a message; skip says that its framer doesn't know that.
func (d *reasm) finish(id PDUID, by Framer, skip bool) {
	d.release(id)
	if by != nil && skip {
		by.Skip()
	}
}

// asideOf gives the place of a message that was set aside, −1 for others.
func (d *reasm) asideOf(id PDUID) int {
	return slices.IndexFunc(d.aside, func(x asidePDU) bool { return x.id == id })
}

// inside gives the framer that is inside of a message; nil if there is none.
func (d *reasm) inside(id PDUID) Framer {
	if d.fed == id {
		return d.framer
	}
	if i := d.asideOf(id); i >= 0 {
		return d.aside[i].framer
	}
	return nil
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
