package e2e

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "record anew what tshark 4.0 prints: go test ./internal/e2e -run Recorded -update")

// captures are the recordings of the lessons: every packet of real conversations.
func captures(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "lab", "*.pcap"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	return files
}

// tshark prints the list of a capture as it is known once all of it was read.
func tshark(t *testing.T, file string) string {
	t.Helper()
	home := t.TempDir()
	cmd := exec.Command("tshark", "-n", "-2", "-r", file)
	cmd.Env = environment("HOME="+home, "WIRESHARK_CONFIG_DIR="+home)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v: make test installs it (Debian: apt-get install tshark)", err)
	}
	return string(out)
}

// TestListRecorded holds the list of each lesson to what tshark 4.0 printed of it,
// character by character. It needs no tshark.
func TestListRecorded(t *testing.T) {
	for _, file := range captures(t) {
		golden := filepath.Join("testdata", filepath.Base(file)+".txt")
		if *update {
			if err := os.WriteFile(golden, []byte(tshark(t, file)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		sameLines(t, file, tcplens(t, nil, "-n", "-r", file).out, string(want))
	}
}

// TestListAgainstTshark holds the recorded lists to the tshark that is installed.
func TestListAgainstTshark(t *testing.T) {
	for _, file := range captures(t) {
		want, err := os.ReadFile(filepath.Join("testdata", filepath.Base(file)+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		sameLines(t, file, string(want), tshark(t, file))
	}
}

// sameLines tells where two lists of packets differ, a few lines at most.
func sameLines(t *testing.T, file, got, want string) {
	t.Helper()
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	if len(a) != len(b) {
		t.Errorf("%s: %d lines, not %d", file, len(a)-1, len(b)-1)
	}
	told := 0
	for i := range min(len(a), len(b)) {
		if a[i] == b[i] {
			continue
		}
		if told++; told > 5 {
			t.Errorf("%s: and more", file)
			return
		}
		t.Errorf("%s:\n got  %s\n want %s", file, a[i], b[i])
	}
}
