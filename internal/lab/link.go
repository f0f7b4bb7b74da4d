package lab

import (
	"io"
	"slices"
	"sync"
	"time"

	"tcplens/internal/packet"
)

const (
	// maxPacket is the largest packet of a link, in bytes.
	maxPacket = 65_535
	// maxFlows bounds the directions of connections that are numbered at a time.
	maxFlows = 64
)

// A Link carries IP packets between two devices and does to their TCP segments
// what its script says. Its goroutines are its own; the methods may be called
// from any.
type Link struct {
	script Script
	ends   [2]io.ReadWriteCloser // by the direction of what is read there
	wg     sync.WaitGroup

	mu     sync.Mutex // guards what follows
	record Record
	flows  map[packet.Flow]*numbering
	left   [2]int // TCP packets that have left, by direction
	onLink int    // TCP packets that have not left yet
	idle   *sync.Cond
}

// numbering is what the link knows of one direction of one connection.
type numbering struct {
	next  uint32         // the sequence number after the highest data seen
	count int            // data segments seen, without retransmissions
	first map[uint32]int // the number of a segment by its sequence number
	used  []int          // how often each rule has been applied
}

// NewLink starts a link between two devices, each of which gives one packet a
// Read and takes one a Write. Close closes them.
func NewLink(client, server io.ReadWriteCloser, script Script) (*Link, error) {
	if err := script.validate(); err != nil {
		return nil, err
	}
	l := &Link{
		script: slices.Clone(script),
		ends:   [2]io.ReadWriteCloser{Up: client, Down: server},
		flows:  make(map[packet.Flow]*numbering),
	}
	l.idle = sync.NewCond(&l.mu)
	l.wg.Go(func() { l.carry(Up) })
	l.wg.Go(func() { l.carry(Down) })
	return l, nil
}

// Record is what the link has done since it was made, or since Reset.
func (l *Link) Record() Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := slices.Clone(l.record)
	for i := range r {
		r[i].Out, r[i].Left = slices.Clone(r[i].Out), slices.Clone(r[i].Left)
	}
	return r
}

// Reset waits until the link is empty, and begins a new record. Connections made
// from then on are numbered, and the script applied to them, from the start.
func (l *Link) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.onLink > 0 {
		l.idle.Wait()
	}
	l.record, l.left = nil, [2]int{}
	clear(l.flows)
}

// Drain waits until every TCP packet that is on the link has left it.
func (l *Link) Drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.onLink > 0 {
		l.idle.Wait()
	}
}

// Close closes both devices and waits for the link's goroutines. What is on the
// link is lost.
func (l *Link) Close() error {
	err := l.ends[Up].Close()
	if e := l.ends[Down].Close(); err == nil {
		err = e
	}
	l.wg.Wait()
	return err
}

// parcel is a packet on the link.
type parcel struct {
	data  []byte
	due   time.Time
	event int // its place in the record, from 1; 0 for what is no TCP
	swap  bool
	full  bool // it has TCP data
}

// carry moves the packets of one direction until the device they come from is
// closed.
func (l *Link) carry(d Dir) {
	arrived := make(chan []byte, 64)
	l.wg.Go(func() {
		defer close(arrived)
		buf := make([]byte, maxPacket)
		for {
			n, err := l.ends[d].Read(buf)
			if err != nil {
				return
			}
			arrived <- slices.Clone(buf[:n])
		}
	})
	var queue []parcel // by due time; equal times in order of arrival
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var expired <-chan time.Time
		if len(queue) > 0 {
			timer.Reset(time.Until(queue[0].due))
			expired = timer.C
		}
		select {
		case data, ok := <-arrived:
			if !ok {
				l.lose(queue)
				return
			}
			queue = l.enqueue(queue, d, data)
		case <-expired:
			l.deliver(d, queue[0])
			queue = queue[1:]
		}
	}
}

// enqueue judges a packet by the script and puts it in its place, if it has one.
func (l *Link) enqueue(queue []parcel, d Dir, data []byte) []parcel {
	p := parcel{data: data, due: time.Now().Add(Latency)}
	s, ok := parse(data)
	if !ok {
		return insert(queue, p)
	}
	e := l.judge(d, s)
	p.event, p.full = e.N, s.len > 0
	switch e.Action {
	case Drop:
		return queue
	case Delay:
		p.due = p.due.Add(e.Delay)
		return insert(queue, p)
	case Swap:
		p.swap = true
		p.due = p.due.Add(swapWait)
		return insert(queue, p)
	}
	queue = insert(queue, p)
	if e.Action == Dup {
		queue = insert(queue, p)
	}
	if !p.full {
		return queue
	}
	// A swapped packet has waited for this one to go first.
	if i := slices.IndexFunc(queue, func(q parcel) bool { return q.swap }); i >= 0 {
		late := queue[i]
		late.swap, late.due = false, p.due
		queue = insert(slices.Delete(queue, i, i+1), late)
	}
	return queue
}

// insert puts p behind everything that is due no later.
func insert(queue []parcel, p parcel) []parcel {
	i := len(queue)
	for i > 0 && queue[i-1].due.After(p.due) {
		i--
	}
	return slices.Insert(queue, i, p)
}

// judge numbers a segment, finds what is to be done to it, and records it.
func (l *Link) judge(d Dir, s segment) Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := Event{
		N: len(l.record) + 1, Dir: d, Flow: s.flow,
		Seq: s.seq, Ack: s.ack, Flags: s.flags, Len: s.len, Came: time.Now(),
	}
	n := l.numbering(s)
	if s.len > 0 {
		e.Segment, e.Retransmit = n.number(s)
		for i, r := range l.script {
			if r.Dir == d && r.Segment == e.Segment && n.used[i] < r.times() {
				n.used[i]++
				e.Action = r.Action
				if r.Action == Delay {
					e.Delay = r.Delay
				}
				break
			}
		}
	}
	l.record = append(l.record, e)
	switch e.Action {
	case Drop:
	case Dup:
		l.onLink += 2
	default:
		l.onLink++
	}
	return e
}

// numbering gives the state of a segment's direction and connection, which a SYN
// begins anew. The caller holds mu.
func (l *Link) numbering(s segment) *numbering {
	if n := l.flows[s.flow]; n != nil && s.flags&flagSYN == 0 {
		return n
	}
	start := s.seq
	if s.flags&flagSYN != 0 {
		start++
	}
	if len(l.flows) >= maxFlows {
		clear(l.flows)
	}
	n := &numbering{next: start, first: make(map[uint32]int), used: make([]int, len(l.script))}
	l.flows[s.flow] = n
	return n
}

// number gives the number of a data segment, and whether it is one that was seen
// before. Sequence numbers wrap (RFC 9293 section 3.4).
func (n *numbering) number(s segment) (segment int, again bool) {
	end := s.seq + uint32(s.len)
	if int32(end-n.next) > 0 {
		n.count++
		n.first[s.seq] = n.count
		n.next = end
		return n.count, false
	}
	return n.first[s.seq], true
}

// deliver writes a packet to the device on the other side.
func (l *Link) deliver(d Dir, p parcel) {
	if p.event > 0 {
		l.mu.Lock()
		l.left[d]++
		e := &l.record[p.event-1]
		e.Out, e.Left = append(e.Out, l.left[d]), append(e.Left, time.Now())
		l.mu.Unlock()
	}
	// The device takes every packet until it is closed, and then the link ends.
	_, _ = l.ends[1-d].Write(p.data)
	if p.event > 0 {
		l.gone(1)
	}
}

// lose forgets what is still queued when the link ends.
func (l *Link) lose(queue []parcel) {
	n := 0
	for _, p := range queue {
		if p.event > 0 {
			n++
		}
	}
	l.gone(n)
}

// gone says that n packets have left the link.
func (l *Link) gone(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.onLink -= n
	if l.onLink == 0 {
		l.idle.Broadcast()
	}
}
