package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestExitCodes holds what is wrong with a command line or a file to its exit
// code and to one line that says so, behind what could be read.
func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole, err := os.ReadFile(lab(t, "http"))
	if err != nil {
		t.Fatal(err)
	}
	good := lab(t, "http")
	empty := file("empty.pcap", nil)
	words := file("words.txt", []byte("This is not a capture, but a text of some length.\n"))
	cut := file("cut.pcap", whole[:len(whole)-10])
	header := file("header.pcap", whole[:24])

	for _, test := range []struct {
		name  string
		args  []string
		stdin []byte
		code  int
		lines int    // on standard output; -1: any number
		says  string // a pattern for all of standard error, behind "tcplens: "
	}{
		{"good file", []string{"-r", good}, nil, 0, 10, ``},
		{"good file, filter", []string{"-r", good, "tcp.flags.fin == 1"}, nil, 0, 2, ``},
		{"good file, capture filter", []string{"-r", good, "-f", "src port 3000"}, nil, 0, 5, ``},
		{"good file, count", []string{"-r", good, "-c", "3"}, nil, 0, 3, ``},
		{"no packets", []string{"-r", header}, nil, 0, 0, ``},
		{"no such file", []string{"-r", "nowhere.pcap"}, nil, 1, 0, `nowhere\.pcap: no such file or directory\n`},
		{"a folder", []string{"-r", dir}, nil, 1, 0, regexp.QuoteMeta(dir) + `: .*\n`},
		{"empty file", []string{"-r", empty}, nil, 1, 0, regexp.QuoteMeta(empty) + `: empty file: not a capture\n`},
		{"not a capture", []string{"-r", words}, nil, 1, 0, regexp.QuoteMeta(words) + `: not a capture.*\n`},
		{"cut file", []string{"-r", cut}, nil, 1, 9, regexp.QuoteMeta(cut) + `: cut short in the middle of packet 10.*\n`},
		{"stream", []string{"-r", "-"}, whole, 0, 10, ``},
		{"stream that closes", []string{"-r", "-"}, whole[:len(whole)-10], 1, 9, `standard input: cut short in the middle of packet 10.*\n`},
		{"stream of nothing", []string{"-r", "-"}, []byte{}, 1, 0, `standard input: .*empty.*\n`},
		{"stream of words", []string{"-r", "-"}, []byte("hello, this is no capture at all\n"), 1, 0, `standard input: not a capture.*\n`},

		{"wrong capture filter", []string{"-r", good, "-f", "prot 80"}, nil, 2, 0, `(?s)prot 80\n.*syntax error.*\n`},
		{"wrong display filter", []string{"-r", good, "-Y", "tcp.port = = 3"}, nil, 2, 0, `(?s)display filter: .*\ntcp\.port = = 3\n +\^~*\n`},
		{"unknown field in a filter", []string{"-r", good, "-Y", "ip and tcp.prot == 3"}, nil, 2, 0, `(?s)display filter: .*tcp\.prot.*\nip and tcp\.prot == 3\n {7}\^~*\n`},
		{"unknown flag", []string{"--frobnicate"}, nil, 2, 0, `unknown flag: --frobnicate\n`},
		{"flag without value", []string{"-r"}, nil, 2, 0, `flag needs an argument.*\n`},
		{"unknown format", []string{"-r", good, "-T", "ps"}, nil, 2, 0, `-T ps: .*text, fields, json.*\n`},
		{"fields without a field", []string{"-r", good, "-T", "fields"}, nil, 2, 0, `-T fields: .*-e.*\n`},
		{"unknown field", []string{"-r", good, "-T", "fields", "-e", "tcp.prot"}, nil, 2, 0, `.*tcp\.prot.*\n`},
		{"file and interface", []string{"-r", good, "-i", "lo"}, nil, 2, 0, `-r and -i: .*\n`},
		{"unknown time", []string{"-r", good, "-t", "z"}, nil, 2, 0, `-t z: .*\n`},
		{"wrong decode-as", []string{"-r", good, "-d", "tcp.port=8888"}, nil, 2, 0, `-d tcp\.port=8888: .*\n`},
		{"buffer without sense", []string{"-i", "lo", "-B", "much"}, nil, 2, 0, `.*"much" is not a size.*\n`},
		{"nothing to read", nil, nil, 2, 0, `nothing to read: .*-i .*-r.*\n`},
		{"no such stream", []string{"flow", "-r", good, "7"}, nil, 1, 0, regexp.QuoteMeta(good) + `: no tcp\.stream 7: .*\n`},
		{"no stream number", []string{"follow", "-r", good, "one"}, nil, 2, 0, `"one" is not a stream number.*\n`},
		{"no stream", []string{"follow", "-r", good}, nil, 2, 0, `follow: .*\n`},
		{"unknown flow format", []string{"flow", "-r", good, "0", "--format", "pdf"}, nil, 2, 0, `.*pdf.*\n`},
		{"unknown lesson", []string{"demo", "cooking"}, nil, 2, 0, `.*cooking.*\n`},
		{"follow in a cut file", []string{"follow", "-r", cut, "0"}, nil, 0, -1, regexp.QuoteMeta(cut) + `: cut short in the middle of packet 10.*\n`},
		{"no such stream in a cut file", []string{"follow", "-r", cut, "1"}, nil, 1, 0, `.*: no tcp\.stream 1: .*; .*cut short in the middle of packet 10.*\n`},
		{"flow of a cut file", []string{"flow", "-r", cut, "0"}, nil, 0, -1, regexp.QuoteMeta(cut) + `: cut short in the middle of packet 10.*\n`},
		{"unwritable file", []string{"-r", good, "-w", filepath.Join(dir, "no", "where.pcap")}, nil, 1, 0, `.*where\.pcap: no such file or directory\n`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := tcplens(t, bytes.NewReader(test.stdin), test.args...)
			if got.code != test.code {
				t.Errorf("exit code %d, not %d", got.code, test.code)
			}
			if lines := strings.Count(got.out, "\n"); test.lines >= 0 && lines != test.lines || test.lines < 0 && lines == 0 {
				t.Errorf("%d lines of output, not %d:\n%s", lines, test.lines, got.out)
			}
			if !saying(test.says).MatchString(got.err) {
				t.Errorf("standard error is\n%s\nnot %s", got.err, test.says)
			}
		})
	}
}

// saying is the pattern of all of standard error: nothing, or the program's name
// and what it says.
func saying(pattern string) *regexp.Regexp {
	if pattern == "" {
		return regexp.MustCompile(`\A\z`)
	}
	flags := ""
	if rest, ok := strings.CutPrefix(pattern, "(?s)"); ok {
		flags, pattern = "(?s)", rest
	}
	return regexp.MustCompile(flags + `\Atcplens: (?:` + pattern + `)\z`)
}

// TestReaderGoesAway holds that a reader that has seen enough, as head has, is no
// error.
func TestReaderGoesAway(t *testing.T) {
	for _, args := range [][]string{
		{"-r", lab(t, "big"), "-V"},
		{"-r", lab(t, "big"), "-T", "json"},
		{"-G", "fields"},
		{"follow", "-r", lab(t, "big"), "0"},
		{"follow", "-r", lab(t, "big"), "0", "--format", "raw", "--side", "1"},
		{"-r", lab(t, "big"), "-w", "-"},
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(program(), args...)
		cmd.Env = environment()
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = w, &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
			t.Errorf("%q: %v", args, err)
		}
		r.Close()
		var exit *exec.ExitError
		if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		// A program that SIGPIPE ends is as quiet as one that ends by itself.
		status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if quiet := cmd.ProcessState.ExitCode() == 0 || status.Signaled() && status.Signal() == syscall.SIGPIPE; !quiet || errs.Len() > 0 {
			t.Errorf("%q: %v, and said %q", args, cmd.ProcessState, errs.String())
		}
	}
}

// TestFormats holds that each form of output is what it says.
func TestFormats(t *testing.T) {
	file := lab(t, "http")
	good := func(args ...string) string {
		t.Helper()
		got := tcplens(t, nil, args...)
		if got.code != 0 || got.err != "" {
			t.Errorf("%q: exit code %d, said %q", args, got.code, got.err)
		}
		return got.out
	}
	var objects []map[string]any
	if err := json.Unmarshal([]byte(good("-r", file, "-T", "json")), &objects); err != nil || len(objects) != 10 {
		t.Errorf("-T json: %d objects, %v", len(objects), err)
	}
	lines := strings.Split(strings.TrimSuffix(good("-r", file, "-T", "jsonl"), "\n"), "\n")
	for _, l := range lines {
		if !json.Valid([]byte(l)) {
			t.Errorf("-T jsonl: %s", l)
		}
	}
	if len(lines) != 10 {
		t.Errorf("-T jsonl: %d lines", len(lines))
	}
	if got, want := good("-r", file, "-T", "fields", "-e", "frame.number", "-e", "http.request.method", "-e", "tcp.port", "-Y", "http", "-E", "header=y"),
		"frame.number\thttp.request.method\ttcp.port\n4\tGET\t57242,3000\n6\t\t3000,57242\n"; got != want {
		t.Errorf("-T fields: %q, not %q", got, want)
	}
	if got := good("-r", file, "-V", "-c", "1"); !strings.Contains(got, "\nTransmission Control Protocol, Src Port: 57242, Dst Port: 3000, Seq: 0, Len: 0\n") {
		t.Errorf("-V: %s", got)
	}
	if got := good("-r", file, "-x", "-c", "1"); !strings.Contains(got, "\n0000  00 00 00 00 00 00 00 00 00 00 00 00 08 00 45 ") {
		t.Errorf("-x: %s", got)
	}
	for _, l := range strings.Split(strings.TrimSuffix(good("-G", "fields"), "\n"), "\n") {
		if f := strings.Split(l, "\t"); len(f) < 3 || f[0] != "F" && f[0] != "P" {
			t.Errorf("-G fields: %q", l)
		}
	}
	if got := good("-D"); !regexp.MustCompile(`(?m)^\d+\. lo.*127\.0\.0\.1`).MatchString(got) {
		t.Errorf("-D: %s", got)
	}
	if got := good("--version"); !strings.Contains(got, "1.2.3-test") {
		t.Errorf("--version: %s", got)
	}
	for _, args := range [][]string{{"--help"}, {"demo", "--help"}, {"flow", "--help"}, {"follow", "--help"}, {"completion", "bash"}} {
		if got := good(args...); len(got) < 200 {
			t.Errorf("%q: %s", args, got)
		}
	}
	for format, want := range map[string]string{
		"text": "SYN_SENT", "ascii": "SYN_SENT", "markdown": "SYN_SENT", "mermaid": "sequenceDiagram", "svg": "</svg>", "json": "{",
	} {
		got := good("flow", "-r", file, "0", "--format", format)
		if !strings.Contains(got, want) {
			t.Errorf("flow --format %s has no %q:\n%s", format, want, got)
		}
		if format == "json" && !json.Valid([]byte(got)) {
			t.Errorf("flow --format json: %s", got)
		}
	}
	if got := good("follow", "-r", file, "0", "--format", "raw", "--side", "0"); !strings.HasPrefix(got, "GET / HTTP/1.1\r\n") || !strings.HasSuffix(got, "\r\n\r\n") || len(got) != 74 {
		t.Errorf("follow of side 0: %q", got)
	}
	if got := good("follow", "-r", file, "0", "--format", "raw", "--side", "1"); !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") || len(got) != 136 {
		t.Errorf("follow of side 1: %q", got)
	}
}

// TestSaved holds that what -w writes is read back as it was, by tcplens and by
// tshark.
func TestSaved(t *testing.T) {
	file := lab(t, "tls13")
	want := tcplens(t, nil, "-r", file)
	for _, name := range []string{"copy.pcap", "copy.pcapng"} {
		path := filepath.Join(t.TempDir(), name)
		if got := tcplens(t, nil, "-r", file, "-w", path); got.code != 0 || got.out != "" || got.err != "" {
			t.Errorf("-w %s: %+v", name, got)
		}
		if got := tcplens(t, nil, "-r", path); got != want {
			t.Errorf("%s differs: %+v", name, got)
		}
		shark := func(path string) string {
			cmd := exec.Command("tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "tcp.seq_raw", "-e", "tcp.payload")
			cmd.Env = environment("WIRESHARK_CONFIG_DIR=" + t.TempDir())
			return run(t, cmd, nil).out
		}
		if a, b := shark(file), shark(path); a != b || strings.Count(a, "\n") < 10 {
			t.Errorf("%s differs for tshark:\n%s\n%s", name, a, b)
		}
	}
	// To standard output, and from there back in.
	out := tcplens(t, nil, "-r", file, "-w", "-")
	if got := tcplens(t, strings.NewReader(out.out), "-r", "-"); got.code != 0 || strings.Count(got.out, "\n") != strings.Count(want.out, "\n") {
		t.Errorf("through a pipe: %+v", got)
	}
}
