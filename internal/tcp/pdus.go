package tcp

import (
	"sync"

	"tcplens/internal/packet"
)

// PDUs is the table of the messages of a capture that took more than one segment,
// in the order in which they began. It only grows. The sequencing goroutine writes
// it, any goroutine may read it.
type PDUs struct {
	mu     sync.RWMutex
	chunks []*[pduChunk]PDU // a nil chunk has been forgotten
	n      int
}

// pduChunk is how many messages are kept in one piece.
const pduChunk = 512

// Len is how many messages there have been; the newest is PDUID(Len()).
func (t *PDUs) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.n
}

// At gives a message; ok is false when there is none of that number, or none any
// more.
func (t *PDUs) At(id PDUID) (p PDU, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if q := t.slot(id); q != nil {
		return *q, true
	}
	return PDU{}, false
}

// Forget drops messages that began before packet n, in whole chunks. What is
// shown of packets that are still there does not need them.
func (t *PDUs) Forget(n packet.Number) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, c := range t.chunks {
		if c == nil {
			continue
		}
		if i == len(t.chunks)-1 {
			return
		}
		for j := range c {
			if c[j].First >= n || !c[j].Complete && c[j].Last >= n {
				return
			}
		}
		t.chunks[i] = nil
	}
}

func (t *PDUs) slot(id PDUID) *PDU {
	if id == 0 || int(id) > t.n {
		return nil
	}
	c := t.chunks[(id-1)/pduChunk]
	if c == nil {
		return nil
	}
	return &c[(id-1)%pduChunk]
}

// add appends a message.
func (t *PDUs) add(p PDU) PDUID {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n%pduChunk == 0 {
		t.chunks = append(t.chunks, new([pduChunk]PDU))
	}
	t.n++
	*t.slot(PDUID(t.n)) = p
	return PDUID(t.n)
}

// set stores what has become of a message.
func (t *PDUs) set(id PDUID, p PDU) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if q := t.slot(id); q != nil {
		*q = p
	}
}

// peek is At for the writer, which needs no lock to read.
func (t *PDUs) peek(id PDUID) PDU {
	if q := t.slot(id); q != nil {
		return *q
	}
	return PDU{}
}
