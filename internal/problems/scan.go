package problems

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tcp"
	"tcplens/internal/trace"
)

// finding is what the scan has found in a packet beside what its row tells.
type finding struct {
	n    packet.Number
	what findingKind
	note note    // of foundNote
	item Key     // of foundItem
	text string  // the item's summary
	set  itemSet // of foundGone
}

type findingKind uint8

const (
	foundItem  findingKind = iota // an expert item
	foundNote                     // a matter of the capture itself
	foundTwin                     // the packet is in the capture twice: its row's items are the capture's doing
	foundLater                    // what the packet lacks may still come: look again
	foundGone                     // the tree lacks items that the row tells of: an option before them cannot be read
)

// worker takes packets apart. It belongs to one goroutine at a time.
type worker struct {
	reader *trace.Reader
	items  []Item
	seen   [2][]byte // copies of packets to be compared
}

func newWorker(t *trace.Trace) *worker { return &worker{reader: t.NewReader()} }

// The size of the pieces that the packets are handed out in, and how many of them
// make a round: what is found in a round is put into the index at once.
const (
	pieceSize   = 256
	roundPieces = 64
)

// trees looks at the trees of the next packets, on all processors.
func (x *Index) trees(ctx context.Context, s trace.Snapshot, until time.Time) {
	for len(x.workers) < processors() {
		x.workers = append(x.workers, newWorker(x.t))
	}
	if x.found == nil {
		x.found = make([][]finding, roundPieces)
	}
	x.mu.Lock()
	from := max(x.looked+1, s.First())
	x.mu.Unlock()
	last := s.Last()
	pieces := uint32(min((uint64(last)-uint64(from)+pieceSize)/pieceSize, roundPieces))
	var next atomic.Uint32
	var wg sync.WaitGroup
	for _, w := range x.workers {
		wg.Go(func() {
			for first := true; first || ctx.Err() == nil && time.Now().Before(until); first = false {
				k := next.Add(1) - 1
				if k >= pieces {
					return
				}
				n := from + packet.Number(k)*pieceSize
				end := packet.Number(min(uint64(n)+pieceSize-1, uint64(last)))
				out := x.found[k][:0]
				for ; n <= end; n++ {
					out = w.look(s, n, true, out)
				}
				x.found[k] = out
			}
		})
	}
	wg.Wait()
	taken := min(next.Load(), pieces)
	for _, list := range x.found[:taken] {
		x.mu.Lock() // for a piece at a time: whoever asks must not wait long
		x.take(s, list)
		x.mu.Unlock()
		clear(list)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.looked = packet.Number(min(uint64(from)+uint64(taken)*pieceSize-1, uint64(last)))
	x.settle()
}

// take puts findings into the index. The lock is held.
func (x *Index) take(s trace.Snapshot, list []finding) {
	for i := range list {
		f := &list[i]
		if f.n < x.first {
			continue
		}
		switch f.what {
		case foundItem:
			if g := x.group(f.item, f.text); g != nil {
				g.put(f.n)
			}
		case foundNote:
			x.note(f.note, f.n)
		case foundLater:
			if len(x.waiting) < maxWaiting {
				x.waiting = append(x.waiting, f.n)
			}
		case foundTwin:
			x.twin(f.n, s.Row(f.n))
		case foundGone:
			for set := f.set; set != 0; set &= set - 1 {
				for _, c := range [...]Class{Fault, Ordinary, Explained} {
					if g := x.byRow(bits.TrailingZeros32(uint32(set)), c); g.has(f.n) {
						g.take(f.n)
					}
				}
			}
		}
	}
}

// twin moves the items of a packet that is in the capture twice to those that the
// capture explains.
func (x *Index) twin(n packet.Number, r *trace.Row) {
	if r == nil {
		return
	}
	x.note(noteTwice, n)
	set := itemsOf(r) &^ (1<<itemLost | 1<<itemAckLost)
	for ; set != 0; set &= set - 1 {
		i := bits.TrailingZeros32(uint32(set))
		from := x.byRow(i, classOf(rowItems[i].kind, rowItems[i].sev))
		if from.has(n) {
			from.take(n)
			x.byRow(i, Explained).put(n)
		}
	}
}

// What may still come is waited for: an answer, say.
const (
	patience   = 10 * time.Second // of the capture's time
	maxWaiting = 1 << 14          // packets
	againEvery = 256              // packets looked at again in one step
)

// again looks at packets again whose time has come.
func (x *Index) again(s trace.Snapshot, done bool) {
	last := s.Row(s.Last())
	if len(x.waiting) == 0 || last == nil {
		return
	}
	var out []finding
	k := 0
	for ; k < len(x.waiting) && (done || k < againEvery); k++ {
		r := s.Row(x.waiting[k])
		if r != nil && !done && last.Time.Sub(r.Time) < patience {
			break
		}
		out = x.workers[0].look(s, x.waiting[k], false, out)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.waiting = x.waiting[k:]
	x.take(s, out)
	x.settle()
}

// mayCome says whether an item is about something that a later packet may bring.
func mayCome(kind string) bool {
	return kind == "icmp.resp_not_found" || kind == "icmpv6.resp_not_found"
}

// look looks at one packet. early says that later packets may not be known yet.
func (w *worker) look(s trace.Snapshot, n packet.Number, early bool, out []finding) []finding {
	r := s.Row(n)
	if r == nil {
		return out
	}
	p, err := w.reader.Packet(n)
	if err != nil {
		return out // evicted meanwhile, or the file has gone: the screen tells of that
	}
	sh, ok := shapeOf(p.Link, p.Data, p.Len)
	if ok && early {
		out = w.checksums(&sh, n, p.Data, out)
	}
	set := itemsOf(r)
	plain := ok && sh.sound && sh.plainTCP(p.Data) && plainRow(r) && !w.reader.DataShown()
	if ok && early && set&mayBeTwin != 0 && w.isTwin(s, n, r, &sh) { // the reader is at another packet then
		out = append(out, finding{n: n, what: foundTwin})
	}
	if plain {
		return out
	}
	tree, _, err := w.reader.Dissect(n, dissect.WantTree)
	if err != nil {
		return out
	}
	w.items = Items(tree, w.items[:0])
	for i := range w.items {
		it := &w.items[i]
		if k := rowItemOf(it.Kind); k >= 0 && set.has(k) {
			set &^= 1 << k // the row has told it
			continue
		}
		if ok && it.Kind == treeBadTCP {
			continue // found above, and in packets that are not taken apart, too
		}
		if mayCome(it.Kind) {
			if early {
				out = append(out, finding{n: n, what: foundLater})
				continue
			}
		} else if !early {
			continue // it was found the first time
		}
		out = append(out, finding{n: n, what: foundItem, item: it.key(), text: it.Summary})
	}
	if set != 0 && early {
		out = append(out, finding{n: n, what: foundGone, set: set})
	}
	return out
}

// plainRow says whether a row is of a packet that a sound TCP header and nothing
// else is known of.
func plainRow(r *trace.Row) bool {
	return r.Judged() && !r.Layered() && !r.Fragment() && !r.Malformed() &&
		r.Flags&(tcp.SYN|tcp.FIN) == 0 && (r.Flags&tcp.RST == 0 || r.PayLen == 0) // the data of a reset is shown as text
}

// key is the group that an item belongs to, unless the capture explains it.
func (i *Item) key() Key {
	k := Key{Class: i.Class(), Kind: i.Kind, Protocol: i.Protocol, Severity: i.Severity, Group: i.Group}
	if k.Kind == "" {
		k.Kind = i.Summary
	}
	return k
}

// rowItemOf finds one of the rows' items, −1 for others.
func rowItemOf(kind string) int {
	return slices.IndexFunc(rowItems[:], func(it rowItem) bool { return it.kind == kind })
}

// The items that a wrong checksum makes. Trees do not have them: checking is left out
// there, as in Wireshark.
const (
	kindBadTCP  = "checksum.tcp"
	kindBadUDP  = "checksum.udp"
	kindBadIPv4 = "checksum.ip"

	// treeBadTCP is the tree's own, where checking was asked for.
	treeBadTCP = "tcp.checksum_bad.expert"
)

// checksums checks those of the IP and the transport header.
func (w *worker) checksums(sh *shape, n packet.Number, b []byte, out []finding) []finding {
	partial := false
	bad := func(kind, proto string) {
		out = append(out, finding{n: n, what: foundItem, text: "Bad " + proto + " checksum",
			item: Key{Class: Fault, Kind: kind, Protocol: proto, Severity: dissect.Error, Group: dissect.GroupChecksum}})
	}
	switch c, _, _ := sh.headerCheck(b); c {
	case checkPartial:
		partial = true
	case checkBad:
		bad(kindBadIPv4, "IPv4")
	}
	switch c, _, _ := sh.transportCheck(b); {
	case c == checkPartial:
		partial = true
	case c == checkBad && sh.proto == protoTCP:
		bad(kindBadTCP, "TCP")
	case c == checkBad:
		bad(kindBadUDP, "UDP")
	}
	if partial {
		out = append(out, finding{n: n, what: foundNote, note: noteOffload})
	}
	return out
}

// checksumText says what is wrong with a checksum.
func checksumText(c check, has, want uint16) string {
	if c != checkBad {
		return ""
	}
	return fmt.Sprintf("the checksum is 0x%04x and should be 0x%04x: bytes were changed after it was made, or it never was", has, want)
}
