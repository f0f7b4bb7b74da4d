package cli

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// scenarios are the captures that the analysis is tested with.
const scenarios = "../tcp/testdata/scenarios/"

// tcplens runs the program with its output in files, as without a terminal.
func tcplens(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return tcplensWith(t, "", args...)
}

func tcplensWith(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	dir := t.TempDir()
	open := func(name, content string) *os.File {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	in, out, errs := open("in", stdin), open("out", ""), open("err", "")
	code = Main(t.Context(), args, Streams{In: in, Out: out, Err: errs}, "test")
	read := func(f *os.File) string {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return read(out), read(errs), code
}

// tshark runs the reference with nothing of the user's configuration.
func tshark(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("tshark", append([]string{"-n", "-2"}, args...)...)
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C.UTF-8", "HOME="+home, "WIRESHARK_CONFIG_DIR="+home)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v: apt-get install tshark, or make test, which does", err)
	}
	return string(out)
}

var tcpFields = strings.Fields(`frame.number frame.time_epoch frame.time_relative frame.time_delta frame.len frame.cap_len frame.protocols
ip.src ip.dst ip.proto ip.len ip.ttl ip.addr tcp.srcport tcp.dstport tcp.port tcp.stream tcp.flags tcp.flags.str tcp.seq tcp.seq_raw tcp.nxtseq
tcp.ack tcp.ack_raw tcp.len tcp.hdr_len tcp.window_size_value tcp.window_size tcp.window_size_scalefactor tcp.checksum tcp.urgent_pointer
tcp.option_kind tcp.options.mss_val tcp.options.wscale.shift tcp.options.sack_le tcp.options.sack_re tcp.options.timestamp.tsval
tcp.time_relative tcp.time_delta tcp.completeness tcp.analysis.acks_frame tcp.analysis.ack_rtt tcp.analysis.initial_rtt
tcp.analysis.bytes_in_flight tcp.analysis.push_bytes_sent tcp.analysis.rto tcp.analysis.rto_frame tcp.analysis.retransmission
tcp.analysis.fast_retransmission tcp.analysis.out_of_order tcp.analysis.lost_segment tcp.analysis.duplicate_ack_num tcp.analysis.duplicate_ack_frame
tcp.analysis.zero_window tcp.analysis.window_full tcp.analysis.keep_alive tcp.analysis.window_update`)

// TestFieldsAgainstTshark holds -T fields to be what tshark prints.
func TestFieldsAgainstTshark(t *testing.T) {
	files, err := filepath.Glob(scenarios + "*.pcap")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d scenarios, %v", len(files), err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			args := []string{"-r", path, "-T", "fields", "-E", "header=y", "-E", "aggregator=;"}
			for _, f := range tcpFields {
				args = append(args, "-e", f)
			}
			want := strings.Split(tshark(t, args...), "\n")
			out, errs, code := tcplens(t, args...)
			if code != ExitOK {
				t.Fatalf("exit %d: %s", code, errs)
			}
			got := strings.Split(out, "\n")
			if len(got) != len(want) {
				t.Fatalf("%d lines, tshark %d", len(got), len(want))
			}
			for i := range want {
				w, g := strings.Split(want[i], "\t"), strings.Split(got[i], "\t")
				for k := range min(len(w), len(g)) {
					if w[k] != g[k] {
						t.Errorf("line %d %s: %q, tshark %q", i, tcpFields[k], g[k], w[k])
					}
				}
				if len(w) != len(g) {
					t.Errorf("line %d: %d columns, tshark %d", i, len(g), len(w))
				}
			}
		})
	}
}

// TestTextAgainstTshark holds the lines of packets to be tshark's.
func TestTextAgainstTshark(t *testing.T) {
	for _, name := range []string{"01_handshake_data_close", "02_retransmission_rto", "03_fast_retransmission", "06_spurious", "10_dup_acks",
		"12_zero_window", "14_port_reuse", "21_fast_open", "22_resets", "27_ipv6", "37_prefix_order"} {
		t.Run(name, func(t *testing.T) {
			path := scenarios + name + ".pcap"
			out, errs, code := tcplens(t, "-r", path)
			if code != ExitOK {
				t.Fatalf("exit %d: %s", code, errs)
			}
			want, got := strings.Split(tshark(t, "-r", path), "\n"), strings.Split(out, "\n")
			for i := range min(len(want), len(got)) {
				if want[i] != got[i] {
					t.Errorf("\n%s\ntshark\n%s", got[i], want[i])
				}
			}
			if len(want) != len(got) {
				t.Errorf("%d lines, tshark %d", len(got), len(want))
			}
		})
	}
}

// TestTreeAgainstTshark holds -V to be tshark's tree.
func TestTreeAgainstTshark(t *testing.T) {
	path := scenarios + "02_retransmission_rto.pcap"
	out, _, _ := tcplens(t, "-r", path, "-V", "-Y", "frame.number == 6")
	want := tshark(t, "-r", path, "-V", "-Y", "frame.number == 6")
	w, g := strings.Split(strings.TrimSpace(want), "\n"), strings.Split(strings.TrimSpace(out), "\n")
	for i := range min(len(w), len(g)) {
		if strings.Contains(w[i], "previous displayed frame") {
			continue // tshark counts from the packet that the filter let through before
		}
		if w[i] != g[i] {
			t.Errorf("line %d\n%s\ntshark\n%s", i, g[i], w[i])
		}
	}
	if len(w) != len(g) {
		t.Errorf("%d lines, tshark %d", len(g), len(w))
	}
}

func TestFieldsLayout(t *testing.T) {
	base := []string{"-r", scenarios + "01_handshake_data_close.pcap", "-c", "1", "-T", "fields", "-e", "tcp.port", "-e", "ip.src", "-e", "dns.id"}
	for _, c := range []struct {
		layout []string
		want   string
	}{
		{nil, "34962,3000\t10.0.0.1\t\n"},
		{[]string{"separator=/s"}, "34962,3000 10.0.0.1 \n"},
		{[]string{"separator=;", "aggregator=/s"}, "34962 3000;10.0.0.1;\n"},
		{[]string{"occurrence=f"}, "34962\t10.0.0.1\t\n"},
		{[]string{"occurrence=l"}, "3000\t10.0.0.1\t\n"},
		{[]string{"quote=d"}, "\"34962,3000\"\t\"10.0.0.1\"\t\n"},
		{[]string{"quote=s", "header=y"}, "tcp.port\tip.src\tdns.id\n'34962,3000'\t'10.0.0.1'\t\n"},
	} {
		args := base
		for _, l := range c.layout {
			args = append(args, "-E", l)
		}
		if out, errs, _ := tcplens(t, args...); out != c.want {
			t.Errorf("%v: %q, want %q %s", c.layout, out, c.want, errs)
		}
		if want := tshark(t, args...); want != c.want {
			t.Errorf("%v: tshark prints %q", c.layout, want)
		}
	}
}

func TestJSON(t *testing.T) {
	path := scenarios + "03_fast_retransmission.pcap"
	out, _, code := tcplens(t, "-r", path, "-T", "json")
	var docs []struct {
		Source struct {
			Layers struct {
				TCP map[string]any `json:"tcp"`
			} `json:"layers"`
		} `json:"_source"`
	}
	if err := json.Unmarshal([]byte(out), &docs); err != nil || code != ExitOK {
		t.Fatalf("exit %d, %v", code, err)
	}
	if len(docs) != 14 || docs[12].Source.Layers.TCP["tcp.seq"] != "1001" {
		t.Errorf("%d documents, %v", len(docs), docs[12])
	}
	lines, _, _ := tcplens(t, "-r", path, "-T", "jsonl", "-e", "tcp.port", "-e", "_ws.col.Info")
	list := strings.Split(strings.TrimSpace(lines), "\n")
	if len(list) != 14 {
		t.Fatalf("%d lines", len(list))
	}
	var one map[string]any
	if err := json.Unmarshal([]byte(list[0]), &one); err != nil || !strings.Contains(list[0], `"tcp.port":["34962","3000"]`) {
		t.Errorf("%v: %s", err, list[0])
	}
}

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole, err := os.ReadFile(scenarios + "01_handshake_data_close.pcap")
	if err != nil {
		t.Fatal(err)
	}
	good := scenarios + "01_handshake_data_close.pcap"
	two := scenarios + "34_two_streams_flow.pcap"
	for _, c := range []struct {
		name string
		args []string
		code int
		out  string // on standard output
		say  string // on standard error
	}{
		{"good", []string{"-r", good}, ExitOK, "[SYN]", ""},
		{"no such file", []string{"-r", filepath.Join(dir, "none")}, ExitWork, "", "no such file"},
		{"empty", []string{"-r", write("empty", "")}, ExitWork, "", "empty"},
		{"not a capture", []string{"-r", write("text", "hello, this is no capture\n")}, ExitWork, "", "not a capture"},
		{"cut", []string{"-r", write("cut", string(whole[:250]))}, ExitWork, "[SYN, ACK]", "cut short"},
		{"follow in a cut file", []string{"follow", "-r", write("cut2", string(whole[:len(whole)-9])), "0"}, ExitOK, "tcp.stream", "cut short"},
		{"flow of a cut file", []string{"flow", "-r", filepath.Join(dir, "cut2"), "0"}, ExitOK, "SYN", "cut short"},
		{"follow in a damaged file", []string{"follow", "-r", write("bad", string(whole)+strings.Repeat("\xff", 40)), "0"}, ExitOK, "tcp.stream", "damaged"},
		{"no such stream in a cut file", []string{"follow", "-r", filepath.Join(dir, "cut2"), "1"}, ExitWork, "", "no tcp.stream 1"},
		{"wrong BPF", []string{"-r", good, "-f", "port port"}, ExitUsage, "", "port port\n"},
		{"a display filter as BPF", []string{"-r", good, "-f", "tcp.port == 80"}, ExitUsage, "", "tcp.port is a field of display filters"},
		{"BPF as a display filter", []string{"-r", good, "-Y", "port 80"}, ExitUsage, "", "that is a capture filter"},
		{"wrong display filter", []string{"-r", good, "-Y", "tcp.prot == 3"}, ExitUsage, "", "tcp.prot == 3\n^"},
		{"unknown field", []string{"-r", good, "-T", "fields", "-e", "tcp.nonsense"}, ExitUsage, "", "tcp.nonsense"},
		{"unknown flag", []string{"--nonsense"}, ExitUsage, "", "nonsense"},
		{"no fields", []string{"-r", good, "-T", "fields"}, ExitUsage, "", "-e"},
		{"both", []string{"-r", good, "-i", "lo"}, ExitUsage, "", "not both"},
		{"nothing", nil, ExitUsage, "", "-i"},
		{"no such interface", []string{"-i", "nonsense0", "-T", "text"}, ExitWork, "", "nonsense0"},
		{"flow of several", []string{"flow", "-r", two, "0", "1"}, ExitOK, "2 conversations", ""},
		{"flow of what passes", []string{"flow", "-r", two, "-Y", "tcp.flags.syn==1"}, ExitOK, "2 conversations", ""},
		{"flow of nothing that passes", []string{"flow", "-r", two, "-Y", "frame.number==0"}, ExitWork, "", "no packet of a conversation passes"},
		{"flow without a stream", []string{"flow", "-r", two}, ExitUsage, "", "give the number of a stream"},
		{"flow of both", []string{"flow", "-r", two, "0", "-Y", "tcp"}, ExitUsage, "", "either"},
		{"flow of a wrong filter", []string{"flow", "-r", two, "-Y", "tcp.=="}, ExitUsage, "", "tcp."},
		{"no such second stream", []string{"flow", "-r", two, "0", "7"}, ExitWork, "", "no tcp.stream 7"},
		{"no such stream", []string{"flow", "-r", good, "7"}, ExitWork, "", "no tcp.stream 7"},
		{"no number", []string{"follow", "-r", good, "x"}, ExitUsage, "", "not a stream number"},
		{"no such lesson", []string{"demo", "nonsense"}, ExitUsage, "", "nonsense"},
		{"bad size", []string{"-r", good, "-B", "many"}, ExitUsage, "", "not a size"},
		{"unknown preference", []string{"-r", good, "-o", "tcp.nonsense:TRUE"}, ExitUsage, "", "tcp.check_checksum:TRUE"},
		{"preference without a value", []string{"-r", good, "-o", "tcp.check_checksum"}, ExitUsage, "", "tcp.check_checksum:TRUE"},
		{"decode as nothing", []string{"-r", good, "-d", "tcp.port=1,http"}, ExitUsage, "", "tcp.port==8888,http"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errs, code := tcplens(t, c.args...)
			if code != c.code {
				t.Errorf("exit %d, want %d: %s", code, c.code, errs)
			}
			if !strings.Contains(out, c.out) {
				t.Errorf("standard output lacks %q:\n%s", c.out, out)
			}
			if !strings.Contains(errs, c.say) || c.say != "" && !strings.HasPrefix(errs, "tcplens: ") {
				t.Errorf("standard error lacks %q: %q", c.say, errs)
			}
			if c.say == "" && errs != "" {
				t.Errorf("standard error: %q", errs)
			}
		})
	}
}

func TestReadFromPipe(t *testing.T) {
	raw, err := os.ReadFile(scenarios + "02_retransmission_rto.pcap")
	if err != nil {
		t.Fatal(err)
	}
	out, errs, code := tcplensWith(t, string(raw), "-r", "-", "-T", "text")
	if code != ExitOK || strings.Count(out, "\n") != 8 || !strings.Contains(out, "[TCP Retransmission]") {
		t.Errorf("exit %d %s\n%s", code, errs, out)
	}
}

func TestCopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "some.pcapng")
	if _, errs, code := tcplens(t, "-r", scenarios+"03_fast_retransmission.pcap", "-w", path, "-Y", "tcp.len > 0"); code != ExitOK {
		t.Fatal(errs)
	}
	out, _, _ := tcplens(t, "-r", path)
	if n := strings.Count(out, "\n"); n != 6 {
		t.Errorf("%d packets were copied, want the 6 with data\n%s", n, out)
	}
}

// ownServices are the protocols of which we show more than Wireshark 4.0 does.
var ownServices = map[string]bool{"resp": true, "pgsql": true, "mysql": true, "mqtt": true, "ssh": true}

func TestGlossary(t *testing.T) {
	out, _, code := tcplens(t, "-G", "fields")
	if code != ExitOK || !strings.Contains(out, "F\tTime to Live\tip.ttl\tFT_UINT8\tip\t") {
		t.Errorf("exit %d, %d bytes", code, len(out))
	}
	known := map[string]bool{}
	reference, err := exec.Command("tshark", "-G", "fields").Output()
	if err != nil {
		t.Fatal("tshark: ", err)
	}
	for _, line := range strings.Split(string(reference), "\n") {
		if c := strings.Split(line, "\t"); len(c) > 2 {
			known[c[2]] = true
		}
	}
	// Wireshark has these without a name, as text or under one of its protocols.
	own := map[string]bool{"tcp.options.mptcp": true, "tcp.options.acc_ecn.order1": true, "ipv6cp.opt.data": true, "dhcp.vendor": true,
		"dhcp.client_identifier": true, "ocsp.responseType_id": true, "x509sat.SerialNumber": true,
		"tls.handshake.ja4": true, "dtls.handshake.ja4": true, "tls.record.role": true, "tls.record.evidence": true}
	for _, line := range strings.Split(out, "\n") {
		c := strings.Split(line, "\t")
		if len(c) > 2 && own[c[2]] {
			continue
		}
		if len(c) > 4 && ownServices[c[4]] && strings.HasPrefix(c[2], c[4]+".") {
			continue
		}
		// Where a limit of ours was reached is said by an expert item of ours.
		if len(c) > 2 && (strings.HasSuffix(c[2], ".limit") || strings.HasSuffix(c[2], "_limit")) {
			continue
		}
		// What is recognised and not dissected has a field for its bytes that Wireshark has not.
		if len(c) > 3 && !known[c[2]] && !strings.HasPrefix(c[2], "_ws.") && !strings.HasSuffix(c[2], ".bytes") {
			t.Errorf("%s is no field of Wireshark's", c[2])
		}
	}
}

func TestSize(t *testing.T) {
	for in, want := range map[string]int64{"1": 1, "16M": 16 << 20, "16MB": 16 << 20, "2G": 2 << 30, "64k": 64 << 10, "3MiB": 3 << 20} {
		var s size
		if err := s.Set(in); err != nil || int64(s) != want {
			t.Errorf("%s is %d, want %d (%v)", in, s, want, err)
		}
	}
	for _, in := range []string{"", "M", "-1", "1X", "99999999999G", "0"} {
		var s size
		if err := s.Set(in); err == nil {
			t.Errorf("%q was taken for %d", in, s)
		}
	}
}
