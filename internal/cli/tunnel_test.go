package cli

import (
	"strings"
	"testing"
)

// TestTunnelStreams holds the numbers of conversations in a capture of SOCKS to
// what tshark 4.0 gives: what is said in a tunnel counts as one more.
func TestTunnelStreams(t *testing.T) {
	out, errs, code := tcplens(t, "-n", "-r", "../../dissect/testdata/app/socks.pcap", "-Y", "tcp.flags.syn == 1 && tcp.flags.ack == 0", "-T", "fields", "-e", "tcp.stream")
	if code != ExitOK {
		t.Fatalf("exit %d: %s", code, errs)
	}
	if got := strings.Join(strings.Fields(out), " "); got != "0 2 4 5 6 7 8 9 10 11 12" {
		t.Errorf("streams %s", got)
	}
	out, errs, code = tcplens(t, "flows", "-r", "../../dissect/testdata/app/socks.pcap")
	if code != ExitOK || strings.Count(out, "10.0.0.1:400") != 11 {
		t.Errorf("exit %d, %s: the numbers that nobody bears are listed too, or a conversation is missing:\n%s", code, errs, out)
	}
}
