package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"tcplens/dissect"
)

// lossy is a connection over a link that loses packets.
const lossy = "../../testdata/lab/lossy.pcap"

func TestProblems(t *testing.T) {
	for _, tt := range []struct {
		golden string
		args   []string
	}{
		{"problems.lossy.golden", []string{"-r", lossy}},
		{"problems.lossy-v.golden", []string{"-r", lossy, "-v"}},
		{"problems.gap-v.golden", []string{"-r", scenarios + "33_follow_gap.pcap", "-v"}},
		{"problems.gap-v.json.golden", []string{"-r", scenarios + "33_follow_gap.pcap", "-v", "--format", "json"}},
		{"problems.lengths.golden", []string{"-r", scenarios + "23_tso_iplen0.pcap"}},
		{"problems.none.golden", []string{"-r", scenarios + "45_truncated.pcap"}},
	} {
		out, errs, code := tcplens(t, append([]string{"problems"}, tt.args...)...)
		if code != ExitOK || errs != "" {
			t.Fatalf("%v: exit %d: %s", tt.args, code, errs)
		}
		path := filepath.Join("testdata", tt.golden)
		if *update {
			if err := os.WriteFile(path, []byte(out), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if out != string(want) {
			t.Errorf("%s is different:\n%s\nwanted:\n%s", tt.golden, out, want)
		}
	}
}

// TestProblemsUsage holds what is wrong with a command line or a file to its exit code.
func TestProblemsUsage(t *testing.T) {
	cut := filepath.Join(t.TempDir(), "cut.pcap")
	b, err := os.ReadFile(lossy)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, b[:len(b)-5], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		code int
		errs string
	}{
		{nil, ExitUsage, "name the file with -r"},
		{[]string{"-r", lossy, "more"}, ExitUsage, `"more" is too much`},
		{[]string{"-r", lossy, "--format", "xml"}, ExitUsage, "--format xml: text or json"},
		{[]string{"-r", "nowhere.pcap"}, ExitWork, "nowhere.pcap"},
		{[]string{"-r", cut}, ExitOK, "cut short in the middle of packet 121"},
	} {
		out, errs, code := tcplens(t, append([]string{"problems"}, tt.args...)...)
		if code != tt.code || !strings.Contains(errs, tt.errs) || code == ExitOK && !strings.Contains(out, "\nProblems\n") {
			t.Errorf("%v: exit %d, %q, %q", tt.args, code, errs, out)
		}
	}
}

// TestProblemsAgainstTshark holds the counts by severity to the expert items of
// tshark's trees, wrong checksums aside, which tshark does not look for. (Its own
// -z expert leaves out items that it adds only where somebody looks at the tree.)
func TestProblemsAgainstTshark(t *testing.T) {
	files, err := filepath.Glob(scenarios + "*.pcap")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d scenarios, %v", len(files), err)
	}
	all := 0
	for _, path := range append(files, lossy, mixed) {
		want := map[string]int{}
		for _, f := range strings.FieldsFunc(tshark(t, "-r", path, "-T", "fields", "-e", "_ws.expert.severity"), unicode.IsSpace) {
			for _, v := range strings.Split(f, ",") {
				n, err := strconv.Atoi(v)
				if err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				want[dissect.Severity(n).String()]++
			}
		}
		out, errs, code := tcplens(t, "problems", "-r", path, "--format", "json")
		if code != ExitOK {
			t.Fatalf("%s: exit %d: %s", path, code, errs)
		}
		var doc map[string][]struct {
			Kind, Severity string
			Count          int
		}
		if err := json.Unmarshal([]byte(out), &doc); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		got := map[string]int{}
		for _, part := range []string{"problems", "ordinary", "explained"} {
			for _, g := range doc[part] {
				if !strings.HasPrefix(g.Kind, "checksum.") {
					got[g.Severity] += g.Count
					all += g.Count
				}
			}
		}
		for _, s := range []string{"Error", "Warning", "Note"} {
			if got[s] != want[s] {
				t.Errorf("%s: %d of severity %s, tshark %d", path, got[s], s, want[s])
			}
		}
	}
	if all < 300 {
		t.Errorf("only %d items in all", all)
	}
}
