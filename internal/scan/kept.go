package scan

import (
	"sync"

	"tcplens/dissect/filter"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// maxTests bounds the tests of which something is kept; the one that was asked for
// longest ago goes first. A test takes a quarter of a bit to two bits a packet.
const maxTests = 48

// kept holds what dissecting packets told of the tests of expressions.
type kept struct {
	mu    sync.Mutex
	tests map[string]*test
	clock uint64
	epoch int           // raised when all is forgotten
	done  bool          // no more packets came when the answers were found
	keys  int           // secrets that were known then
	old   packet.Number // blocks before this one are forgotten
}

// test is what is known of one test.
type test struct {
	used   uint64
	blocks map[packet.Number]*answers // by first packet of the block, divided by blockRows
}

// answers are those of a block: whether they are known, and what they are.
type answers struct{ known, holds [blockRows / 64]uint64 }

func newKept() *kept { return &kept{tests: map[string]*test{}} }

// memory is what is kept of one block for the leaves of one filter. It belongs to
// the goroutine that opened it until it is closed.
type memory struct {
	k       *kept
	id      packet.Number
	names   []string
	leaves  []answers // copies, by leaf
	changed bool
	epoch   int
}

// stamp says as of when answers hold: those of a running capture may change with
// what comes later, and with secrets.
func stamp(t *trace.Trace) (done bool, keys int) {
	st := t.Status()
	return st.Done, st.Keys.Secrets
}

// open copies what is known of a block.
func (k *kept) open(t *trace.Trace, f *filter.Filter, oldest packet.Number, b block) *memory {
	m := &memory{k: k, id: b.first / blockRows, names: f.Leaves()}
	m.leaves = make([]answers, len(m.names))
	done, keys := stamp(t)
	k.mu.Lock()
	defer k.mu.Unlock()
	if done != k.done || keys != k.keys {
		k.done, k.keys = done, keys
		k.epoch++
		clear(k.tests)
	}
	m.epoch = k.epoch
	k.forget(oldest / blockRows)
	for i, name := range m.names {
		if x := k.tests[name]; x != nil {
			k.clock++
			x.used = k.clock
			if a := x.blocks[m.id]; a != nil {
				m.leaves[i] = *a
			}
		}
	}
	return m
}

// get gives what is known of packet n.
func (m *memory) get(n packet.Number) (known, holds uint64) {
	w, bit := n%blockRows/64, uint64(1)<<(n%64)
	for i := range m.leaves {
		if m.leaves[i].known[w]&bit != 0 {
			known |= 1 << i
			if m.leaves[i].holds[w]&bit != 0 {
				holds |= 1 << i
			}
		}
	}
	return known, holds
}

// put notes what is known of packet n now.
func (m *memory) put(n packet.Number, known, holds uint64) {
	m.changed = true
	w, bit := n%blockRows/64, uint64(1)<<(n%64)
	for i := range m.leaves {
		if known&(1<<i) != 0 {
			m.leaves[i].known[w] |= bit
			if holds&(1<<i) != 0 {
				m.leaves[i].holds[w] |= bit
			}
		}
	}
}

// close keeps what was found out.
func (m *memory) close() {
	if !m.changed {
		return
	}
	k := m.k
	k.mu.Lock()
	defer k.mu.Unlock()
	if m.epoch != k.epoch {
		return
	}
	for i, name := range m.names {
		if name == "" {
			continue // it depends on more than the packet
		}
		x := k.tests[name]
		if x == nil {
			k.drop()
			x = &test{blocks: map[packet.Number]*answers{}}
			k.tests[name] = x
		}
		k.clock++
		x.used = k.clock
		a := x.blocks[m.id]
		if a == nil {
			a = new(answers)
			x.blocks[m.id] = a
		}
		for w := range a.known {
			a.known[w] |= m.leaves[i].known[w]
			a.holds[w] |= m.leaves[i].holds[w]
		}
	}
}

// forget drops what is known of packets that are gone.
func (k *kept) forget(before packet.Number) {
	const step = 64 // blocks
	if before < k.old+step {
		return
	}
	k.old = before
	for _, x := range k.tests {
		for id := range x.blocks {
			if id < before {
				delete(x.blocks, id)
			}
		}
	}
}

// drop makes room for a test.
func (k *kept) drop() {
	for len(k.tests) >= maxTests {
		oldest := ""
		for name, x := range k.tests {
			if oldest == "" || x.used < k.tests[oldest].used {
				oldest = name
			}
		}
		delete(k.tests, oldest)
	}
}
