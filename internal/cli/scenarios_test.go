package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestScenarios holds every cell of the scenarios to what tshark 4.0 printed, in
// both readings: a file is shown as it is known once all of it has been read, a
// stream as its packets come. The recorded tables need no tshark.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob(scenarios + "*.pcap")
	if err != nil || len(files) != 53 {
		t.Fatalf("%d scenarios, not 53: %v", len(files), err)
	}
	for _, path := range files {
		base := strings.TrimSuffix(path, ".pcap")
		t.Run(filepath.Base(base), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			sameCells(t, base+".2pass.tsv", "", path)
			sameCells(t, base+".tsv", string(raw), "-")
		})
	}
}

// sameCells prints the fields that a recorded table has of a capture and compares
// all of its cells.
func sameCells(t *testing.T, table, stdin, capture string) {
	t.Helper()
	want, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSuffix(string(want), "\n"), "\n")
	names := strings.Split(rows[0], "\t")
	args := []string{"-n", "-r", capture, "-T", "fields", "-E", "header=y", "-E", "aggregator=;"}
	if strings.HasPrefix(filepath.Base(table), "32_checksum") {
		args = append(args, "-o", "tcp.check_checksum:TRUE") // as it was recorded
	}
	for _, name := range names {
		args = append(args, "-e", name)
	}
	out, errs, code := tcplensWith(t, stdin, args...)
	if code != ExitOK {
		t.Fatalf("exit %d: %s", code, errs)
	}
	got := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(got) != len(rows) {
		t.Fatalf("%s: %d rows, tshark %d", filepath.Base(table), len(got), len(rows))
	}
	for i := range rows {
		w, g := strings.Split(rows[i], "\t"), strings.Split(got[i], "\t")
		if len(w) != len(g) {
			t.Errorf("%s, row %d: %d cells, tshark %d", filepath.Base(table), i, len(g), len(w))
		}
		for k := range min(len(w), len(g)) {
			if w[k] != g[k] {
				t.Errorf("%s, row %d, %s: %q, tshark %q", filepath.Base(table), i, names[k], g[k], w[k])
			}
		}
	}
}
