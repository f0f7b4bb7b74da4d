package tui

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tcplens/internal/config"
	"tcplens/internal/packet"
)

// TestBuiltinColumns holds that the names of the columns stand in the order of their
// kinds.
func TestBuiltinColumns(t *testing.T) {
	for k, want := range map[column]string{colNo: "number", colTime: "time", colSrc: "source", colDst: "destination", colProto: "protocol", colLen: "length", colInfo: "info"} {
		if got := builtinKind(want); got != k {
			t.Errorf("%s is %d, not %d", want, got, k)
		}
	}
	if len(config.Builtin()) != int(columnCount) || builtinKind("http.host") != colField {
		t.Error("the names are not those of the kinds")
	}
}

// TestColumnScreens shows chosen columns at several sizes.
func TestColumnScreens(t *testing.T) {
	const chosen = `
columns = [
  { title = "No.", field = "number" },
  { title = "Delta", field = "frame.time_delta_displayed", hidden = true },
  { title = "Host", field = "http.host", width = 14 },
  { title = "Flags", field = "tcp.flags" },
  { title = "To", field = "destination" },
  { title = "Ports", field = "tcp.port" },
  { title = "Op", field = "arp.opcode" },
  { title = "Info", field = "info" },
]
`
	c := configured(t, chosen)
	if len(c.Problems) > 0 {
		t.Fatal(c.Problems)
	}
	for _, s := range []struct{ name, keys string }{{"columns", "j j j j j"}, {"columnpicker", "j j j j j o j j j J"}} {
		for _, size := range []struct{ w, h int }{{80, 24}, {120, 40}, {40, 10}} {
			t.Run(fmt.Sprintf("%s/%dx%d", s.name, size.w, size.h), func(t *testing.T) {
				d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true, Config: c}, size.w, size.h)
				d.keys(s.keys)
				d.check()
				golden(t, fmt.Sprintf("%s-%dx%d.golden", s.name, size.w, size.h), d.screen())
			})
		}
	}
}

// fieldsOf lists the fields of the columns that are shown.
func fieldsOf(d *driver) string {
	var out []string
	for _, c := range d.m.list.set {
		out = append(out, c.Field)
	}
	return strings.Join(out, " ")
}

// TestChangeColumns adds, moves, sizes and hides columns by keys, and has them again
// the next time.
func TestChangeColumns(t *testing.T) {
	var mem memory
	o := Options{Trace: open(t, "web.pcap"), Color: true, Hooks: Hooks{Remember: mem.change}}
	d := drive(t, o, 120, 40)
	const usual = "number time source destination protocol length info"
	expect := func(keys, want string) {
		t.Helper()
		if d.keys(keys); fieldsOf(d) != want {
			t.Errorf("after %s the columns are %s, not %s", keys, fieldsOf(d), want)
		}
		d.check()
	}
	expect("", usual)
	// From the tree, and back.
	expect("j j j j j Tab g g O", "number time source destination protocol length frame info")
	expect("O", usual)
	expect(": 'column http.host' Enter", "number time source destination protocol length http.host info")
	if row := lineWith(d, "GET / HTTP"); !strings.Contains(row, "www.s") {
		t.Errorf("the host is not in its column: %q", row)
	}
	// In the list: the cursor is in Info.
	expect("Esc h H H", "number time source destination http.host protocol length info")
	expect("L", "number time source destination protocol http.host length info")
	at := slices.IndexFunc(d.m.list.set, func(c listColumn) bool { return c.Field == "http.host" })
	w := d.m.list.columns(&d.m.src, 120).set[at].w
	if d.keys("> > > <"); d.m.list.columns(&d.m.src, 120).set[at].w != w+2 {
		t.Errorf("the column is %d wide, not %d", d.m.list.columns(&d.m.src, 120).set[at].w, w+2)
	}
	if d.keys("="); d.m.filter != `http.host == "www.synth.test"` && !strings.HasPrefix(d.m.filter, "http.host == ") {
		t.Errorf("= filters %q", d.m.filter)
	}
	d.keys("u")
	expect("h D", "number time source destination http.host length info")
	// The next time.
	o.State = &mem.state
	d = drive(t, o, 120, 40)
	expect("", "number time source destination http.host length info")
	expect("o R Esc", usual)
	if len(mem.state.Profiles) != 0 {
		t.Errorf("what is as configured is remembered: %v", mem.state.Profiles)
	}
	// In the picker: hide all but one, which stays.
	expect("o Space j Space j Space j Space j Space j Space j Space Esc", "length")
	expect("o a 'tcp.len' Enter Esc", "length tcp.len")
	expect("o J Esc", "tcp.len length")
	if d.keys("o a 'tcp.nothing' Enter"); !strings.Contains(d.screen(), "there is no field tcp.nothing") {
		t.Errorf("a field that is not there:\n%s", d.screen())
	}
}

// TestColumnsFit lays many columns out in windows of every width.
func TestColumnsFit(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 120, 24)
	for _, f := range []string{"http.host", "tcp.flags", "ip.src", "frame.time", "tcp", "tcp.analysis.ack_rtt", "eth.src", "ipv6.src"} {
		d.keys(": 'column " + f + "' Enter")
		for w := minWidth; w < 260; w += 3 {
			d.send(tea.WindowSizeMsg{Width: w, Height: 24})
			d.check()
			end := 0
			for i, p := range d.m.list.columns(&d.m.src, w).set {
				if p.w == 0 {
					continue
				}
				if p.x < end || p.x+p.w > w {
					t.Fatalf("%s: width %d: column %d stands from %d to %d, after %d", f, w, i, p.x, p.x+p.w, end)
				}
				end = p.x + p.w
			}
		}
	}
}

// TestColumnValues holds the texts of columns to be those of tshark's custom columns.
func TestColumnValues(t *testing.T) {
	fields := []string{"ip.proto", "arp.opcode", "tcp.flags.syn", "http.request.method", "tcp.port", "ip.addr", "tcp", "http.response.code", "frame.protocols", "eth.type", "tcp.checksum.status", "tcp.options.mss_val"}
	for _, f := range fields {
		c := configured(t, "columns = [{ field = \""+f+"\" }]\n")
		d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true, Config: c}, 120, 24)
		cmd := exec.Command("tshark", "-n", "-2", "-r", "testdata/web.pcap", "-o", `gui.column.format:"X","%Cus:`+f+`:0:R"`)
		cmd.Env = append(cmd.Environ(), "TZ=UTC")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("tshark 4.0 is the reference of this test: %v", err)
		}
		want := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		if len(want) != d.m.src.len() {
			t.Fatalf("tshark prints %d lines of %d packets", len(want), d.m.src.len())
		}
		for i, w := range want {
			if got := d.m.src.text(d.m.src.first() + packet.Number(i)).fields[0]; got != strings.TrimSpace(w) {
				t.Errorf("%s of packet %d: %q, tshark %q", f, i+1, got, w)
				break
			}
		}
	}
}

// TestAddedColumnIsSeen adds columns in a narrow window: the length makes room for
// what was asked for, and what has no room is said to have none.
func TestAddedColumnIsSeen(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "web.pcap")}, 80, 24)
	d.keys("j j j j j Left Left Left Left > > > > o a 'tcp.flags' Enter Esc")
	heads := strings.Split(d.screen(), "\n")[2]
	if !strings.Contains(heads, " Flags ") || strings.Contains(heads, " Len ") {
		t.Errorf("the new column is not shown in the place of the length: %q", heads)
	}
	d.keys("o a 'tcp.len' Enter")
	if want := "is a column now, but there is no room for it: o hides others"; !strings.HasSuffix(d.m.note, want) {
		t.Errorf("%q does not end in %q", d.m.note, want)
	}
}
