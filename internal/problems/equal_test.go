package problems

import (
	"cmp"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// entry is an item of a packet, named by what it is grouped by.
type entry struct {
	n    packet.Number
	kind string
	sev  dissect.Severity
}

func (e entry) String() string { return fmt.Sprintf("#%d %s %s", e.n, e.sev, e.kind) }

func compareEntries(a, b entry) int {
	return cmp.Or(cmp.Compare(a.n, b.n), cmp.Compare(a.kind, b.kind), cmp.Compare(a.sev, b.sev))
}

// fromTrees lists the items of all packets' trees. The severities and messages are
// those that -T fields -e _ws.expert.message and _ws.expert.severity print.
func fromTrees(t *testing.T, tr *trace.Trace) []entry {
	t.Helper()
	var out []entry
	s, r := tr.Snapshot(), tr.NewReader()
	for n := s.First(); n <= s.Last(); n++ {
		tree, _, err := r.Dissect(n, dissect.WantTree)
		if err != nil {
			t.Fatal(err)
		}
		messages, noted := 0, 0
		tree.Find("_ws.expert.message", func(*dissect.Node) bool { messages++; return true })
		tree.Find("_ws.expert.severity", func(x *dissect.Node) bool {
			messages--
			if dissect.Severity(x.Uint()) >= dissect.NoteSev {
				noted++
			}
			return true
		})
		items := Items(tree, nil)
		if messages != 0 || len(items) != noted {
			t.Errorf("#%d: %d items, of %d severities note or more", n, len(items), noted)
		}
		for i := range items {
			out = append(out, entry{n, items[i].key().Kind, items[i].Severity})
		}
	}
	slices.SortFunc(out, compareEntries)
	return out
}

// fromIndex lists the items that the index has, but for wrong checksums, which the
// trees do not have.
func fromIndex(x *Index) []entry {
	var out []entry
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, g := range x.groups {
		if strings.HasPrefix(g.Kind, "checksum.") {
			continue
		}
		for _, n := range g.occ {
			for range 1 + g.more[n] {
				out = append(out, entry{n, g.Kind, g.Severity})
			}
		}
	}
	slices.SortFunc(out, compareEntries)
	return out
}

// same holds the index against the trees.
func same(t *testing.T, tr *trace.Trace, x *Index) (items int) {
	t.Helper()
	want, got := fromTrees(t, tr), fromIndex(x)
	for i := 0; i < max(len(want), len(got)); i++ {
		switch {
		case i >= len(got) || i < len(want) && compareEntries(want[i], got[i]) < 0:
			t.Errorf("missing: %v", want[i])
			return len(want)
		case i >= len(want) || compareEntries(want[i], got[i]) > 0:
			t.Errorf("too many: %v", got[i])
			return len(want)
		}
	}
	return len(want)
}

// captures lists the captures of the project.
func captures(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch ext := filepath.Ext(path); {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "bin":
			return filepath.SkipDir
		case ext == ".pcap" || ext == ".pcapng":
			out = append(out, path)
		}
		return nil
	})
	if err != nil || len(out) < 100 {
		t.Fatalf("%d captures: %v", len(out), err)
	}
	return out
}

// TestIndexIsTheTrees holds that rows and scan together give what the trees of all
// packets say, for every capture of the project.
func TestIndexIsTheTrees(t *testing.T) {
	items := 0
	for _, path := range captures(t) {
		t.Run(filepath.ToSlash(path), func(t *testing.T) {
			tr := load(t, path)
			x, _ := whole(t, tr)
			items += same(t, tr, x)
		})
	}
	if items < 500 {
		t.Errorf("only %d items in all captures", items)
	}
}

// TestIndexOfBrokenPackets holds the same for packets in which bytes were changed: what
// is passed over unread must never hide anything.
func TestIndexOfBrokenPackets(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"01_handshake_data_close", "03_fast_retransmission", "10_dup_acks", "27_ipv6", "28_http_reassembly", "50_real_tls12"} {
		tr := load(t, scenarios+name+".pcap")
		s, r := tr.Snapshot(), tr.NewReader()
		for round := range 40 {
			var frames []frame
			for n := s.First(); n <= s.Last(); n++ {
				p, err := r.Packet(n)
				if err != nil {
					t.Fatal(err)
				}
				b := slices.Clone(p.Data)
				for range random.IntN(3) {
					b[random.IntN(min(len(b), 80))] ^= 1 << random.IntN(8)
				}
				switch random.IntN(12) {
				case 0: // a small TTL
					b[22] = byte(random.IntN(8))
				case 1: // IP options of nothing, where the TCP header was
					b[14] = 0x46
				case 2: // to a group
					b[30] |= 0xe0
				case 3: // other flags
					b[47] = byte(random.IntN(256))
				}
				wire := len(b)
				switch random.IntN(8) {
				case 0:
					b = b[:14+random.IntN(len(b)-14)]
				case 1: // padding, and bytes of nobody
					b = append(b, make([]byte, random.IntN(8))...)
					b[len(b)-1] ^= byte(random.IntN(2))
					wire = len(b)
				}
				frames = append(frames, frame{time.Duration(n) * time.Millisecond, b, wire})
			}
			bad := built(t, frames...)
			x, s := whole(t, bad)
			same(t, bad, x)
			e := NewExplainer(bad)
			for _, g := range x.Groups() {
				for _, n := range occurrences(x, g) {
					if why := e.Why(s, n, g.Kind); why == "" {
						t.Errorf("#%d: nothing is said of %s", n, g.Kind)
					}
				}
			}
			if t.Failed() {
				t.Fatalf("%s, round %d", name, round)
			}
		}
	}
}

// TestInPieces holds that an index of a growing trace comes to the same as one of the
// whole.
func TestInPieces(t *testing.T) {
	for _, path := range captures(t) {
		tr := load(t, path)
		want, s := whole(t, tr)
		x := New(tr)
		for last := packet.Number(0); last < s.Last(); {
			last = min(last+3, s.Last())
			x.Step(t.Context(), s.Until(last), last == s.Last(), time.Now().Add(time.Hour))
		}
		a, b := fromIndex(want), fromIndex(x)
		if !slices.Equal(a, b) {
			t.Errorf("%s: in pieces %d items, at once %d", path, len(b), len(a))
		}
		ga, gb := want.Groups(), x.Groups()
		if !slices.Equal(ga, gb) {
			t.Errorf("%s: groups in pieces\n%v\nat once\n%v", path, gb, ga)
		}
	}
}
