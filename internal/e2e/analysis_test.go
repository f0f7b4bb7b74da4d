package e2e

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var (
	seed   = flag.Uint64("seed", 1, "what made traffic is made from")
	frames = flag.Int("frames", 100_000, "how many frames of it")
	keep   = flag.String("keep", "", "write the capture that a test makes to this file")
)

// TestAnalysisAgainstTshark holds the analysis of traffic that breaks every rule
// to tshark's, cell by cell: as it is known in the end, and as packets come.
func TestAnalysisAgainstTshark(t *testing.T) {
	path := filepath.Join(t.TempDir(), "traffic.pcap")
	if *keep != "" {
		path = *keep
	}
	file := newTraffic(*seed).capture(*frames)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	names := analysisFields(t)
	t.Run("file", func(t *testing.T) {
		got := tcplens(t, nil, fieldArgs(path, names)...)
		sameTables(t, names, got.out, tsharkFields(t, names, "-2", "-r", path))
	})
	t.Run("stream", func(t *testing.T) {
		got := tcplens(t, bytes.NewReader(file), fieldArgs("-", names)...)
		sameTables(t, names, got.out, tsharkFields(t, names, "-r", path))
	})
}

// analysisFields lists what is compared: all that tcplens knows of TCP, the expert
// items, and the columns.
func analysisFields(t *testing.T) []string {
	t.Helper()
	names := []string{"frame.number", "frame.time_relative", "frame.protocols", "_ws.expert.severity", "_ws.expert.group",
		"_ws.expert.message", "_ws.col.Source", "_ws.col.Destination", "_ws.col.Protocol", "_ws.col.Info"}
	return append(names, tcpFieldNames(t)...)
}

func tcpFieldNames(t *testing.T) []string {
	t.Helper()
	known := map[string]bool{}
	out, err := exec.Command("tshark", "-G", "fields").Output()
	if err != nil {
		t.Fatalf("tshark: %v: make test installs it (Debian: apt-get install tshark)", err)
	}
	for _, line := range strings.Split(string(out), "\n") {
		if c := strings.SplitN(line, "\t", 4); len(c) == 4 && c[0] == "F" {
			known[c[2]] = true
		}
	}
	var names []string
	for _, line := range strings.Split(tcplens(t, nil, "-G", "fields").out, "\n") {
		if c := strings.SplitN(line, "\t", 6); len(c) == 6 && c[4] == "tcp" && known[c[2]] {
			names = append(names, c[2])
		}
	}
	return names
}

// fieldArgs asks for fields of a capture.
func fieldArgs(path string, names []string) []string {
	args := []string{"-n", "-r", path, "-T", "fields", "-E", "aggregator=;"}
	for _, n := range names {
		args = append(args, "-e", n)
	}
	return args
}

// tsharkFields has tshark print them.
func tsharkFields(t *testing.T, names []string, args ...string) string {
	t.Helper()
	home := t.TempDir()
	cmd := exec.Command("tshark", append(args, fieldArgs("", names)[3:]...)...)
	cmd.Args = append(cmd.Args, "-n")
	cmd.Env = environment("HOME="+home, "WIRESHARK_CONFIG_DIR="+home)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v: make test installs it (Debian: apt-get install tshark)", err)
	}
	return string(out)
}

// sameTables tells in which cells two tables differ, a few of them at most.
func sameTables(t *testing.T, names []string, got, want string) {
	t.Helper()
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	if len(a) != len(b) {
		t.Errorf("%d rows, tshark has %d", len(a)-1, len(b)-1)
	}
	wrong := map[string]int{}
	for i := range min(len(a), len(b)) {
		if a[i] == b[i] {
			continue
		}
		x, y := strings.Split(a[i], "\t"), strings.Split(b[i], "\t")
		if len(x) != len(y) {
			t.Errorf("frame %d: %d cells, tshark has %d", i+1, len(x), len(y))
			continue
		}
		for k := range x {
			if x[k] == y[k] {
				continue
			}
			if wrong[names[k]]++; wrong[names[k]] <= 3 {
				t.Errorf("frame %d: %s: %q, tshark has %q", i+1, names[k], x[k], y[k])
			}
		}
	}
	for name, n := range wrong {
		t.Errorf("%s: %d differences", name, n)
	}
}
