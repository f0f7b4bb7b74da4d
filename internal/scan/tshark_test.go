package scan_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tcplens/dissect"
	"tcplens/dissect/filter"
	"tcplens/internal/packet"
	"tcplens/internal/pipeline"
	"tcplens/internal/scan"
	"tcplens/internal/trace"
)

var update = flag.Bool("update", false, "record anew what tshark 4.0 answers: go test ./internal/scan -run Recorded -update")

// captures are those that the filters run over: recorded and crafted ones, in which
// fields are missing, occur once and many times, in tunnels and quotes.
func captures() []string {
	var out []string
	for _, name := range strings.Fields(`testdata/lab/http testdata/lab/lossy testdata/lab/ipv6 testdata/lab/tls12 testdata/lab/reset
		dissect/testdata/app/http_kinds dissect/testdata/http/messages dissect/testdata/dns/messages dissect/testdata/arp/messages
		dissect/testdata/gre/headers dissect/testdata/icmp/errors dissect/testdata/icmpv6/errors dissect/testdata/ip/options dissect/testdata/ip/fragments
		dissect/testdata/tcp/options dissect/testdata/tcp/craft/flags dissect/testdata/tls/messages dissect/testdata/vlan/tags dissect/testdata/tcp/sack
		dissect/testdata/mysql/session dissect/testdata/pgsql/session dissect/testdata/resp/session dissect/testdata/ssh/hello dissect/testdata/http2/talk/h2c
		dissect/testdata/websocket/frames dissect/testdata/app/socks dissect/testdata/mqtt/version311 dissect/testdata/app/tls_client_cert
		internal/tcp/testdata/scenarios/12_zero_window internal/tcp/testdata/scenarios/18_wraparound`) {
		out = append(out, filepath.Join("..", "..", filepath.FromSlash(name)+".pcap"))
	}
	return out
}

// expressions reads the filters, and gives the file for tshark.
func expressions(t testing.TB) ([]string, string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "filters.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, line := range strings.Split(string(text), "\n") {
		if line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	if len(out) < 300 {
		t.Fatalf("only %d filters", len(out))
	}
	file := filepath.Join(t.TempDir(), "filters")
	if err := os.WriteFile(file, []byte(strings.Join(out, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return out, file
}

// askTshark gives the packets of a capture that satisfy each filter, as tshark has it.
func askTshark(t *testing.T, capture, filters string, count int) []string {
	t.Helper()
	home := t.TempDir()
	cmd := exec.Command("tshark", "-n", "-2", "-q", "-X", "lua_script:"+filepath.Join("testdata", "filters.lua"), "-r", capture)
	cmd.Env = append(os.Environ(), "FILTERS="+filters, "HOME="+home, "WIRESHARK_CONFIG_DIR="+home, "TZ=UTC")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v: make test installs it (Debian: apt-get install tshark)\n%s", err, &errs)
	}
	out := make([]string, count)
	seen := 0
	for _, line := range strings.Split(string(text), "\n") {
		at, set, ok := strings.Cut(line, "\t")
		if i, err := strconv.Atoi(at); ok && err == nil && i >= 1 && i <= count {
			out[i-1] = ranges(set)
			seen++
		}
	}
	if seen != count {
		t.Fatalf("tshark answers %d of %d filters of %s\n%s", seen, count, capture, &errs)
	}
	return out
}

// ranges shortens a list of packets: "1 2 3 5" is 1-3 5.
func ranges(s string) string {
	var out []string
	first, last := 0, -1
	flush := func() {
		switch {
		case last < 0:
		case first == last:
			out = append(out, strconv.Itoa(first))
		default:
			out = append(out, fmt.Sprintf("%d-%d", first, last))
		}
	}
	for _, f := range strings.Fields(s) {
		n, err := strconv.Atoi(f)
		if err != nil {
			return s
		}
		if n != last+1 {
			flush()
			first = n
		}
		last = n
	}
	flush()
	return strings.Join(out, " ")
}

// load reads a capture.
func load(t testing.TB, path string) *trace.Trace {
	t.Helper()
	p, err := pipeline.LoadFile(path, pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p.Trace()
}

func numbers(list []packet.Number) string {
	var b strings.Builder
	for _, n := range list {
		fmt.Fprintf(&b, "%d ", n)
	}
	return ranges(b.String())
}

func recorded(path string) string {
	name := strings.ReplaceAll(strings.TrimPrefix(filepath.ToSlash(path), "../../"), "/", "_")
	return filepath.Join("testdata", strings.TrimSuffix(name, ".pcap")+".txt")
}

// TestFiltersRecorded holds the packets that each filter finds in each capture to
// those that tshark 4.0 found: by the scan, and by the trees alone.
func TestFiltersRecorded(t *testing.T) {
	exprs, file := expressions(t)
	known := dissect.NewLookup()
	filters := make([]*filter.Filter, len(exprs))
	for i, e := range exprs {
		f, err := filter.Parse(e, known)
		if err != nil {
			t.Fatalf("%s: %v", e, err)
		}
		filters[i] = f
	}
	for _, path := range captures() {
		if *update {
			var b strings.Builder
			for i, set := range askTshark(t, path, file, len(exprs)) {
				fmt.Fprintf(&b, "%s\t%s\n", exprs[i], set)
			}
			if err := os.WriteFile(recorded(path), []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want := wanted(t, path, exprs)
		tr := load(t, path)
		runner := scan.New(tr, trace.SecondVisit)
		s := tr.Snapshot()
		trees := byTree(t, tr, filters)
		for i, f := range filters {
			var found []packet.Number
			err := runner.Run(context.Background(), f, scan.Query{Snap: s, From: 1}, func(b scan.Batch) bool {
				found = append(found, b.Found...)
				return true
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := numbers(found); got != want[i] {
				t.Errorf("%s: %s\n found   %s\n tshark  %s\n by tree %s", path, exprs[i], got, want[i], numbers(trees[i]))
			} else if got := numbers(trees[i]); got != want[i] {
				t.Errorf("%s: %s\n by tree %s\n tshark  %s", path, exprs[i], got, want[i])
			}
		}
	}
}

// byTree asks the trees alone.
func byTree(t *testing.T, tr *trace.Trace, filters []*filter.Filter) [][]packet.Number {
	t.Helper()
	out := make([][]packet.Number, len(filters))
	r := tr.NewReader()
	s := tr.Snapshot()
	for n := s.First(); n <= s.Last(); n++ {
		tree, _, err := r.Dissect(n, dissect.WantTree)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range filters {
			if f.Match(tree) {
				out[i] = append(out[i], n)
			}
		}
	}
	return out
}

// wanted reads what was recorded of a capture.
func wanted(t *testing.T, path string, exprs []string) []string {
	t.Helper()
	text, err := os.ReadFile(recorded(path))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != len(exprs) {
		t.Fatalf("%s has %d filters, not %d: record it anew with -update", recorded(path), len(lines), len(exprs))
	}
	out := make([]string, len(lines))
	for i, line := range lines {
		expr, set, _ := strings.Cut(line, "\t")
		if expr != exprs[i] {
			t.Fatalf("%s has %s, not %s: record it anew with -update", recorded(path), expr, exprs[i])
		}
		out[i] = set
	}
	return out
}

// TestFiltersAgainstTshark holds what was recorded to the tshark that is installed.
func TestFiltersAgainstTshark(t *testing.T) {
	exprs, file := expressions(t)
	for _, path := range captures() {
		want := wanted(t, path, exprs)
		for i, got := range askTshark(t, path, file, len(exprs)) {
			if got != want[i] {
				t.Errorf("%s: %s: tshark finds %s, not %s", path, exprs[i], got, want[i])
			}
		}
	}
}
