package dissect

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tcplens/internal/packet"
)

// checkTree says what is wrong with a tree: a range outside its source, a child
// outside its parent, a node without a field, a cycle.
func checkTree(t *testing.T, tree *Tree) {
	t.Helper()
	if len(tree.Nodes) > maxNodes {
		t.Fatalf("%d nodes", len(tree.Nodes))
	}
	for i := range tree.Nodes {
		n := &tree.Nodes[i]
		if int(n.Source) >= len(tree.Sources) {
			t.Fatalf("node %d %q: source %d of %d", i, n.Label(), n.Source, len(tree.Sources))
		}
		size := len(tree.Sources[n.Source].Bytes)
		if n.Off < 0 || n.Len < 0 || int(n.Off)+int(n.Len) > size {
			t.Fatalf("node %d %q: bytes %d+%d of %d", i, n.Label(), n.Off, n.Len, size)
		}
		p := tree.Parent(i)
		if p >= i {
			t.Fatalf("node %d %q stands before its parent %d", i, n.Label(), p)
		}
		if p < 0 || n.Len == 0 || outside(n) {
			continue
		}
		m := &tree.Nodes[p]
		if m.Source == n.Source && m.Len > 0 && !outside(m) && (n.Off < m.Off || n.Off+n.Len > m.Off+m.Len) {
			t.Fatalf("node %d %q at %d+%d is not inside %q at %d+%d", i, n.Label(), n.Off, n.Len, m.Label(), m.Off, m.Len)
		}
	}
}

// outside tells the nodes that need not stand inside their parents: what is
// generated, what a frame has behind its payload, and protocols that are shown
// under the one that quotes or precedes them.
func outside(n *Node) bool {
	switch n.Field {
	case fEthPadding, fEthTrailer, fVLANTrailer, fSLLTrailer, fEthFCS, fUDPPayload:
		return true
	}
	// Some applications' fields overlap, as tshark's do: that is theirs to test.
	return n.Flags&Generated != 0 || !slices.Contains(netProtocols, n.Field.Proto) || n.Field.Type == TProtocol
}

// seeds are the packets of all captures under testdata.
func seeds(t testing.TB) []Input {
	files, err := filepath.Glob("testdata/*/*.pcap")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures under testdata (%v)", err)
	}
	var all []Input
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		in, err := parseCapture(b)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		all = append(all, in...)
	}
	return all
}

// visit dissects one packet in every way and holds the results together.
func visit(t *testing.T, d *Dissection, h *Headers, in *Input) {
	t.Helper()
	tree, _ := d.Run(in, WantTree|WantColumns)
	checkTree(t, tree)
	if text := tree.Text(); strings.ContainsAny(text, "\x00\x1b\r") {
		t.Fatalf("a label has a control character: %q", text)
	}
	for i := range tree.Nodes {
		tree.Nodes[i].Value()
	}
	k := d.transport
	d.Scan(in, h)
	if len(h.Transports) > k {
		t.Fatalf("the scan found %d transport headers, the dissection %d", len(h.Transports), k)
	}
	for _, x := range h.Transports {
		if len(x.Payload) > len(in.Packet.Data) || !x.Flow.Src.Addr.IsValid() || !x.Flow.Dst.Addr.IsValid() {
			t.Fatalf("the scan's transport %+v", x)
		}
	}
}

// TestMutations holds the properties over packets that were damaged at random.
func TestMutations(t *testing.T) {
	all := seeds(t)
	r := rand.New(rand.NewPCG(1, 2))
	d := NewDissection(nil)
	var h Headers
	for range 20000 {
		in := all[r.IntN(len(all))]
		visit(t, d, &h, mutate(r, &in))
	}
}

// mutate damages a packet: bytes changed, cut off, doubled or said to be missing.
func mutate(r *rand.Rand, in *Input) *Input {
	b := append([]byte(nil), in.Packet.Data...)
	for range 1 + r.IntN(4) {
		if len(b) == 0 {
			break
		}
		switch r.IntN(5) {
		case 0:
			b = b[:r.IntN(len(b)+1)]
		case 1:
			b = append(b, b[r.IntN(len(b)):]...)
		default:
			b[r.IntN(len(b))] = byte(r.IntN(256))
		}
	}
	out := *in
	out.Packet.Data = b
	out.Packet.CapLen = uint32(len(b))
	out.Packet.Len = uint32(len(b))
	if r.IntN(3) == 0 {
		out.Packet.Len += uint32(r.IntN(100))
	}
	return &out
}

// TestTooDeep holds that a packet of nothing but tunnels ends.
func TestTooDeep(t *testing.T) {
	b := plainUDP()
	for range 200 {
		b = v4{proto: 4}.with(b)
	}
	d := NewDissection(nil)
	var h Headers
	in := input(packet.LinkRaw, 0, b, uint32(len(b)))
	visit(t, d, &h, &in)
	if tree, _ := d.Run(&in, WantTree); !strings.Contains(tree.Text(), "Malformed Packet") {
		t.Error("200 packets inside each other are not called malformed")
	}
}
