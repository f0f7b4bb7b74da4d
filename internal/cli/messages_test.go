package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// goldenOutput holds what a command prints against a file of testdata.
func goldenOutput(t *testing.T, name string, args ...string) {
	t.Helper()
	out, errs, code := tcplens(t, args...)
	if code != ExitOK {
		t.Fatalf("%v: exit %d: %s", args, code, errs)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if out != string(want) {
		t.Errorf("%v prints\n%s\nwanted\n%s", args, out, want)
	}
}

// TestMessages prints what was said inside of TLS.
func TestMessages(t *testing.T) {
	const lab = "../../testdata/lab/"
	for _, version := range []string{"tls12", "tls13"} {
		file, keys := lab+version+".pcap", lab+version+".pcap.keylog"
		goldenOutput(t, "messages."+version+".golden", "follow", "-r", file, "--keylog", keys, "--format", "messages", "0")
		goldenOutput(t, "requests."+version+".golden", "requests", "-r", file, "--keylog", keys)
	}
	goldenOutput(t, "messages.http.golden", "follow", "-r", lab+"http.pcap", "--format", "messages", "0")
	goldenOutput(t, "messages.grpc.golden", "follow", "-r", "../../dissect/testdata/http2/odd/grpc.pcap", "--format", "messages", "0")
	goldenOutput(t, "requests.http.golden", "requests", "-r", lab+"http.pcap", "--format", "jsonl")
}

// TestRequestsUsage tells what is wrong with a command line.
func TestRequestsUsage(t *testing.T) {
	for _, args := range [][]string{{"requests"}, {"requests", "-r", "f.pcap", "more"}, {"requests", "-r", "f.pcap", "--format", "xml"},
		{"follow", "-r", "f.pcap", "--format", "json", "0"}, {"requests", "-r", "f.pcap", "-d", "tcp.port==1,nonsense"}} {
		if _, errs, code := tcplens(t, args...); code != ExitUsage || errs == "" {
			t.Errorf("%v: exit %d: %s", args, code, errs)
		}
	}
}
