package cli

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files anew")

// mixed has conversations that went well and badly.
const mixed = "../../tui/testdata/flows.pcapng"

// secure has conversations with TLS and without.
const secure = "../../tui/testdata/secure.pcap"

func TestFlows(t *testing.T) {
	for _, tt := range []struct {
		golden, file string
		args         []string
	}{
		{"flows.txt.golden", mixed, nil},
		{"flows.resent.golden", mixed, []string{"--sort", "resent", "--tcp"}},
		{"flows.jsonl.golden", mixed, []string{"--format", "jsonl"}},
		{"flows.tls.golden", secure, []string{"--sort", "name", "--reverse"}},
		{"flows.tlsjsonl.golden", secure, []string{"--format", "jsonl"}},
	} {
		out, errs, code := tcplens(t, append([]string{"flows", "-r", tt.file}, tt.args...)...)
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

// TestFlowsAligned sees that columns stand under their heads and that values have
// no blanks, so that awk can count them.
func TestFlowsAligned(t *testing.T) {
	out, _, _ := tcplens(t, "flows", "-r", mixed)
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	for i, l := range lines {
		if n := len(strings.Fields(l)); n != len(flowNames()) {
			t.Errorf("line %d has %d values, not %d: %s", i, n, len(flowNames()), l)
		}
	}
	for _, name := range flowNames() {
		file := mixed
		if slices.Contains([]string{"tls", "alpn", "name"}, name) {
			file = secure
		}
		out, errs, code := tcplens(t, "flows", "-r", file, "--sort", name)
		turned, _, _ := tcplens(t, "flows", "-r", file, "--sort", name, "--reverse")
		if code != ExitOK || len(out) != len(turned) || errs != "" {
			t.Errorf("by %s: exit %d: %s", name, code, errs)
		}
		first := func(s string) string { return strings.Split(s, "\n")[1] }
		col := slices.Index(flowNames(), name)
		if a, b := strings.Fields(first(out))[col], strings.Fields(first(turned))[col]; a == b && name != "zero-window" {
			t.Errorf("by %s, the first is %s both ways round", name, a)
		}
	}
}

func TestFlowsJSON(t *testing.T) {
	out, _, code := tcplens(t, "flows", "-r", mixed, "--format", "json")
	var list []struct {
		Kind, State, History string
		Stream               uint32
		ConnState            string `json:"conn_state"`
		Duration             float64
		A, B                 struct {
			Address string
			Port    int
			Packets int
			TCP     *struct {
				Resent int `json:"resent_bytes"`
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil || code != ExitOK {
		t.Fatalf("exit %d: %v", code, err)
	}
	lines, _, _ := tcplens(t, "flows", "-r", mixed)
	if len(list) != strings.Count(lines, "\n")-1 {
		t.Fatalf("%d objects", len(list))
	}
	for _, c := range list {
		if c.Kind == "tcp" && c.Stream == 9 && (c.ConnState != "SF" || c.History != "ShADaTdtFf" || c.A.Port != 40464 ||
			c.A.TCP.Resent != 2896 || c.B.TCP.Resent != 4344 || c.Duration < 0.74) {
			t.Errorf("stream 9: %+v", c)
		}
		if (c.Kind == "tcp") != (c.A.TCP != nil) {
			t.Errorf("%s %d: %+v", c.Kind, c.Stream, c.A)
		}
	}
	if out, _, _ := tcplens(t, "flows", "-r", mixed, "--format", "json", "--udp"); strings.Contains(out, `"tcp"`) || !strings.Contains(out, `"udp"`) {
		t.Error("--udp lists other conversations")
	}
}

func TestFlowsMistakes(t *testing.T) {
	for _, tt := range []struct {
		args []string
		says string
		code int
	}{
		{[]string{"flows"}, "-r", ExitUsage},
		{[]string{"flows", "x.pcap"}, "tcplens flows -r", ExitUsage},
		{[]string{"flows", "-r", mixed, "--format", "xml"}, "text, json, jsonl", ExitUsage},
		{[]string{"flows", "-r", mixed, "--sort", "luck"}, "zero-window", ExitUsage},
		{[]string{"flows", "-r", "none.pcap"}, "none.pcap", ExitWork},
	} {
		out, errs, code := tcplens(t, tt.args...)
		if code != tt.code || !strings.Contains(errs, tt.says) || out != "" {
			t.Errorf("%v: exit %d: %s%s", tt.args, code, errs, out)
		}
	}
}

// TestFlowsAgainstTshark adds up what tshark says of the single packets.
func TestFlowsAgainstTshark(t *testing.T) {
	files, err := filepath.Glob("../../testdata/lab/*.pcap")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	for _, n := range []string{"02", "03", "06", "10", "12", "19", "35", "37", "47", "51"} {
		more, err := filepath.Glob(scenarios + n + "_*.pcap")
		if err != nil || len(more) == 0 {
			t.Fatalf("no scenario %s, %v", n, err)
		}
		files = append(files, more...)
	}
	for _, path := range files {
		args := []string{"-r", path, "-Y", "tcp", "-T", "fields"}
		for _, f := range []string{"tcp.stream", "tcp.srcport", "frame.len", "tcp.len", "tcp.analysis.retransmission", "tcp.analysis.duplicate_ack_num",
			"tcp.analysis.zero_window", "tcp.analysis.bytes_in_flight", "tcp.completeness", "tcp.analysis.initial_rtt"} {
			args = append(args, "-e", f)
		}
		type side struct{ packets, bytes, payload, resent, resentBytes, dups, zero, flight int }
		sides := map[string]*side{} // by stream and port
		complete, irtt := map[string]string{}, map[string]string{}
		num := func(s string) int { n, _ := strconv.Atoi(s); return n }
		for line := range strings.SplitSeq(strings.TrimSuffix(tshark(t, args...), "\n"), "\n") {
			w := strings.Split(line, "\t")
			if len(w) != 10 {
				t.Fatalf("%s: %q", path, line)
			}
			s := sides[w[0]+" "+w[1]]
			if s == nil {
				s = new(side)
				sides[w[0]+" "+w[1]] = s
			}
			s.packets++
			s.bytes += num(w[2])
			s.payload += num(w[3])
			if w[4] != "" {
				s.resent++
				s.resentBytes += num(w[3])
			}
			if w[5] != "" {
				s.dups++
			}
			if w[6] != "" {
				s.zero++
			}
			s.flight = max(s.flight, num(w[7]))
			complete[w[0]] = w[8]
			if w[9] != "" {
				irtt[w[0]] = w[9]
			}
		}
		out, errs, code := tcplens(t, "flows", "-r", path, "--tcp", "--format", "jsonl")
		if code != ExitOK {
			t.Fatalf("%s: exit %d: %s", path, code, errs)
		}
		seen := 0
		for line := range strings.SplitSeq(strings.TrimSuffix(out, "\n"), "\n") {
			var c flowJSON
			if err := json.Unmarshal([]byte(line), &c); err != nil {
				t.Fatal(err)
			}
			stream := fmt.Sprint(c.Stream)
			if got := fmt.Sprint(*c.Completeness); got != complete[stream] {
				t.Errorf("%s: stream %s: completeness %s, tshark %s", path, stream, got, complete[stream])
			}
			if string(c.IRTT) != irtt[stream] {
				t.Errorf("%s: stream %s: iRTT %s, tshark %s", path, stream, c.IRTT, irtt[stream])
			}
			for _, e := range []flowEnd{c.A, c.B} {
				want := sides[fmt.Sprint(c.Stream, " ", e.Port)]
				if want == nil {
					want = new(side)
				}
				seen += want.packets
				got := side{int(e.Packets), int(e.Bytes), int(e.Payload), int(e.TCP.ResentSegments), int(e.TCP.ResentBytes),
					int(e.TCP.DupAcks), int(e.TCP.ZeroWindows), int(e.TCP.InFlight)}
				if got != *want {
					t.Errorf("%s: stream %s, port %d: %+v, tshark %+v", path, stream, e.Port, got, *want)
				}
			}
		}
		if seen == 0 {
			t.Errorf("%s: nothing compared", path)
		}
	}
}
