package cli

import (
	"strings"
	"testing"
)

// TestExplain asks for texts on the command line.
func TestExplain(t *testing.T) {
	t.Setenv("LC_ALL", "C")
	const file = "../../testdata/lab/http.pcap"
	for _, c := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"explain"}, "lesson.handshake", ExitOK},
		{[]string{"explain", "syn_sent"}, "RFC 9293 §3.3.2", ExitOK},
		{[]string{"explain", "tcp.ack"}, "next byte that is expected", ExitOK},
		{[]string{"explain", "handshake", "--lang", "zh"}, "三次握手", ExitOK},
		{[]string{"explain", "-r", file, "--packet", "5"}, "acknowledges bytes 1–74, which #4 carried", ExitOK},
		{[]string{"explain", "relative", "-r", file, "--packet", "4"}, "on the wire", ExitOK},
		{[]string{"explain", "-r", file, "--packet", "99"}, "no packet 99: there are 10", ExitWork},
		{[]string{"explain", "-r", file}, "go together", ExitUsage},
		{[]string{"explain", "a", "b"}, "one topic at a time", ExitUsage},
		{[]string{"explain", "qwertz"}, "lists the topics", ExitUsage},
		{[]string{"explain", "--lang", "tlh"}, "en and zh", ExitUsage},
		{[]string{"-r", file, "-T", "text", "--lang", "tlh"}, "en and zh", ExitUsage},
	} {
		out, errs, code := tcplens(t, c.args...)
		if code != c.code || !strings.Contains(out+errs, c.want) {
			t.Errorf("%v: exit %d: %s%s", c.args, code, out, errs)
		}
	}
}
