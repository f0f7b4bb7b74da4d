package tui

import (
	"cmp"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/pipeline"
)

// orderOf lists the packets as they stand.
func orderOf(d *driver) []packet.Number {
	var out []packet.Number
	for i := range d.m.list.count(&d.m.src) {
		out = append(out, d.m.list.at(&d.m.src, i))
	}
	return out
}

// TestSortColumns sorts by every column, up and down, and holds the order against
// that of the texts and numbers of the rows.
func TestSortColumns(t *testing.T) {
	c := configured(t, `columns = [{ field = "number" }, { field = "time" }, { field = "length" }, { field = "protocol" }, { field = "info" }, { field = "source" },
  { field = "tcp.len" }, { field = "http.host" }, { field = "tcp.seq" }, { field = "ip.src" }, { field = "arp.opcode" }, { field = "tcp.window_size_value" }]
`)
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true, Config: c}, 160, 40)
	captured := orderOf(d)
	for i, lc := range d.m.list.set {
		d.m.list.col = i
		number := map[string]bool{"number": true, "length": true, "tcp.len": true, "tcp.seq": true, "tcp.window_size_value": true}[lc.Field]
		// The text of a row, with zeros before it where it is a number.
		key := func(n packet.Number) string {
			row := d.m.src.row(n)
			txt := d.m.src.text(n)
			s := ""
			switch lc.kind {
			case colNo, colTime:
				s = seconds(row.Time.Sub(d.m.src.status.First), 9)
			case colLen:
				s = strconv.Itoa(int(row.Len))
			case colProto:
				s = txt.proto
			case colInfo:
				s = txt.info
			case colSrc:
				s = addressKey(txt.src)
			default:
				s, _, _ = strings.Cut(txt.fields[lc.value], ",")
				if lc.Field == "ip.src" && s != "" {
					s = addressKey(s)
				}
				if lc.Field == "arp.opcode" {
					s = map[string]string{"request": "1", "reply": "2"}[s]
				}
			}
			if number && s != "" {
				s = strings.Repeat("0", 20-len(s)) + s
			}
			return s
		}
		for _, desc := range []bool{false, true} {
			d.keys("s")
			want := slices.Clone(captured)
			slices.SortStableFunc(want, func(a, b packet.Number) int {
				x, y := key(a), key(b)
				switch {
				case x == "" && y == "":
					return 0
				case x == "":
					return 1
				case y == "":
					return -1
				case desc:
					x, y = y, x
				}
				return cmp.Compare(x, y)
			})
			if got := orderOf(d); !slices.Equal(got, want) {
				t.Errorf("%s, descending %t: %v, not %v", lc.Field, desc, got, want)
			}
			d.check()
		}
		if d.keys("s"); !slices.Equal(orderOf(d), captured) {
			t.Errorf("%s: the third time it is %v", lc.Field, orderOf(d))
		}
	}
}

// TestSortAndFilter keeps the selected packet and the order while the filter changes,
// and leaves the order for the tail.
func TestSortAndFilter(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 120, 40)
	d.keys("j j j j j h s S")
	if d.m.list.cur != 6 || d.m.sorting.field != "length" || !d.m.sorting.desc {
		t.Fatalf("packet %d, sorted by %q", d.m.list.cur, d.m.sorting.field)
	}
	if s := d.screen(); !strings.Contains(s, "Length▼") || !strings.Contains(s, "─ Packet 6 ·") {
		t.Errorf("the screen is\n%s", s)
	}
	d.keys("/ 'http' Enter")
	got := orderOf(d)
	if len(got) < 2 || d.m.src.len() == len(got) {
		t.Fatalf("shown are %v", got)
	}
	for i, n := range got[1:] {
		if d.m.src.row(n).Len > d.m.src.row(got[i]).Len {
			t.Errorf("%v is not in order", got)
		}
	}
	if d.m.list.cur != 6 {
		t.Errorf("packet %d is selected", d.m.list.cur)
	}
	d.keys("G")
	if d.m.list.cur != got[len(got)-1] || d.m.list.tail {
		t.Errorf("G goes to packet %d", d.m.list.cur)
	}
	d.keys("g g ^f 'HTTP' Enter")
	if d.m.list.cur != got[1] {
		t.Errorf("the next found is %d, not %d of %v\n%s", d.m.list.cur, got[1], got, d.screen())
	}
	d.keys("F")
	if d.m.sorting.field != "" || !d.m.list.tail || !slices.IsSorted(orderOf(d)) {
		t.Errorf("F follows the tail of %v", orderOf(d))
	}
}

// TestSortNumbers holds the radix sort against the library's.
func TestSortNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, most := range []uint64{1, 2, 3000, 1 << 40, 1<<64 - 1} {
		for _, n := range []int{0, 1, 2, 1000} {
			a := make([]keyed[uint64], n)
			for i := range a {
				a[i] = keyed[uint64]{r.Uint64N(most), packet.Number(i)}
			}
			b := slices.Clone(a)
			sortNumbers(a)
			slices.SortStableFunc(b, func(x, y keyed[uint64]) int { return cmp.Compare(x.key, y.key) })
			if !slices.Equal(a, b) {
				t.Errorf("%d numbers below %d", n, most)
			}
		}
	}
}

// TestSortTexts holds the sort of few and of many different texts against the
// library's.
func TestSortTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, different := range []uint64{1, 5, 1 << 30} {
		a := make([]keyed[string], 5000)
		for i := range a {
			a[i] = keyed[string]{strconv.FormatUint(r.Uint64N(different), 7), packet.Number(i)}
		}
		b := slices.Clone(a)
		sortTexts(a)
		slices.SortStableFunc(b, func(x, y keyed[string]) int { return cmp.Compare(x.key, y.key) })
		if !slices.Equal(a, b) {
			t.Errorf("%d texts", different)
		}
	}
}

// TestMerged merges what comes later into an order, and forgets what has gone.
func TestMerged(t *testing.T) {
	a := []keyed[uint64]{{1, 2}, {3, 1}, {3, 5}, {9, 3}}
	b := []keyed[uint64]{{0, 7}, {3, 8}, {9, 6}}
	if got := merged(a, b, 3); !slices.Equal(got, []keyed[uint64]{{0, 7}, {3, 5}, {3, 8}, {9, 3}, {9, 6}}) {
		t.Errorf("%v", got)
	}
	s := sorter{nums: a, missing: []packet.Number{4}}
	if got := s.order(true); !slices.Equal(got, []packet.Number{3, 1, 5, 2, 4}) {
		t.Errorf("descending: %v", got)
	}
}

// TestSortLive puts packets that come later among the others, and leaves the selected
// one selected.
func TestSortLive(t *testing.T) {
	tr, f := live(t)
	ps := replay(t, "web.pcap")
	d := drive(t, Options{Trace: tr, Color: true}, 120, 40)
	d.give(f, ps[:10])
	d.keys("h s g g")
	cur := d.m.list.cur
	for i := 10; i < 40; i += 10 {
		d.give(f, ps[i:i+10])
		got := orderOf(d)
		if len(got) != i+10 {
			t.Fatalf("%d packets of %d stand in order", len(got), i+10)
		}
		if !slices.IsSortedFunc(got, func(a, b packet.Number) int {
			return cmp.Or(cmp.Compare(d.m.src.row(a).Len, d.m.src.row(b).Len), cmp.Compare(a, b))
		}) {
			t.Errorf("%v is not in order", got)
		}
		if d.m.list.cur != cur {
			t.Errorf("packet %d is selected, not %d", d.m.list.cur, cur)
		}
	}
	d.check()
}

// TestRowFacts holds what rows say of fields against the trees.
func TestRowFacts(t *testing.T) {
	names, err := filepath.Glob("../testdata/lab/*.pcap")
	if err != nil || len(names) < 5 {
		t.Fatal(names, err)
	}
	checked := 0
	for _, name := range append(names, "testdata/web.pcap") {
		p, err := pipeline.LoadFile(name, pipeline.Options{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		snap, r := p.Trace().Snapshot(), p.Trace().NewReader()
		for n := snap.First(); n <= snap.Last(); n++ {
			row := snap.Row(n)
			if !plain(row) {
				continue
			}
			tree, _, err := r.Dissect(n, dissect.WantTree)
			if err != nil {
				t.Fatal(err)
			}
			values := make(map[string]uint64)
			for node := range tree.All() {
				if f := node.Field; f != nil {
					if _, ok := values[f.Abbrev]; !ok {
						values[f.Abbrev] = node.Uint()
					}
				}
			}
			for _, field := range []string{"frame.len", "frame.cap_len", "tcp.stream", "udp.stream", "tcp.len", "tcp.seq", "tcp.nxtseq", "tcp.window_size", "tcp.flags"} {
				got, ok := rowFactOf(field)(row)
				if want, has := values[field]; ok != has || got != want {
					t.Errorf("%s %d: %s is %d, %v; in the tree %d, %v", name, n, field, got, ok, want, has)
				}
				checked++
			}
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if checked == 0 {
		t.Error("nothing was compared")
	}
}
