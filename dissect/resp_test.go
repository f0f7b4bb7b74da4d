package dissect

import (
	"strings"
	"testing"
)

// respPlainTalk is a conversation with Redis in RESP2.
func respPlainTalk() []turn {
	return []turn{
		client("*3\r\n$3\r\nSET\r\n$5\r\nmykey\r\n$5\r\nhello\r\n"), server("+OK\r\n"),
		client("*2\r\n$3\r\nget\r\n$5\r\nmykey\r\n", "*2\r\n$3\r\nGET\r\n$4\r\nnone\r\n", "*2\r\n$4\r\nINCR\r\n$5\r\nmykey\r\n"),
		server("$5\r\nhel"), server("lo\r\n", "$-1\r\n", "-ERR value is not an integer or out of range\r\n"),
		client("*4\r\n$6\r\nLRANGE\r\n$1\r\nl\r\n$1\r\n0\r\n$2\r\n-"), client("1\r\n", "*1\r\n$4\r\nEXEC\r\n"),
		server("*4\r\n$1\r\na\r\n$0\r\n\r\n:-7\r\n*2\r\n+x\r\n*0\r\n", "*-1\r\n"),
		client("*2\r\n$4\r\nECHO\r\n$5\r\na\x01\xff\nb\r\n"), server("$5\r\na\x01\xff\nb\r\n"),
	}
}

// respTalk is a conversation with Redis that has every type of RESP2 and RESP3.
func respTalk() []turn {
	return []turn{
		client("*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"),
		server("%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n"),
		client("*3\r\n$3\r\nSET\r\n$5\r\nmykey\r\n$5\r\nhello\r\n"),
		server("+OK\r\n"),
		client("*2\r\n$3\r\nget\r\n$5\r\nmykey\r\n", "*2\r\n$3\r\nGET\r\n$4\r\nnone\r\n", "*2\r\n$4\r\nINCR\r\n$5\r\nmykey\r\n"),
		server("$5\r\nhello\r\n", "$-1\r\n", "-ERR value is not an integer or out of range\r\n"),
		client("*4\r\n$6\r\nLRANGE\r\n$1\r\nl\r\n$1\r\n0\r\n$2\r\n-1\r\n", "*3\r\n$4\r\nMGET\r\n$1\r\na\r\n$1\r\nb\r\n", "*1\r\n$4\r\nEXEC\r\n"),
		server("*3\r\n$1\r\na\r\n$0\r\n\r\n:7\r\n", "*2\r\n_\r\n#t\r\n", "*-1\r\n"),
		client("*3\r\n$6\r\nCONFIG\r\n$3\r\nGET\r\n$3\r\nmax\r\n", "PING\r\n", "*2\r\n$4\r\nECHO\r\n$4\r\n\x00\x01\xff\x7f\r\n"),
		server("~2\r\n,3.25\r\n(12345678901234567890\r\n", "+PONG\r\n", "$4\r\n\x00\x01\xff\x7f\r\n"),
		client("*3\r\n$9\r\nSUBSCRIBE\r\n$2\r\nc1\r\n$2\r\nc2\r\n", "*1\r\n$4\r\nPING\r\n"),
		server(">3\r\n$9\r\nsubscribe\r\n$2\r\nc1\r\n:1\r\n", ">3\r\n$7\r\nmessage\r\n$2\r\nc1\r\n$2\r\nhi\r\n", ">3\r\n$9\r\nsubscribe\r\n$2\r\nc2\r\n:2\r\n", "+PONG\r\n"),
		client("*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$4\r\nSKIP\r\n", "*1\r\n$4\r\nPING\r\n", "*2\r\n$3\r\nTTL\r\n$1\r\nk\r\n"),
		server("|1\r\n+ttl\r\n:3600\r\n:9\r\n"),
		client("*3\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n0\r\n", "*2\r\n$3\r\nGET\r\n$120\r\n", strings.Repeat("x", 120), "\r\n"),
		server("!10\r\nERR failed\r\n", "=8\r\ntxt:text\r\n"),
	}
}

func TestRESP(t *testing.T)         { checkTalk(t, "resp", pRESP, 6379, respTalk()) }
func TestRESPSegments(t *testing.T) { checkSegments(t, pRESP, 6379, respTalk()) }

// TestRESPElsewhere: on another port a command tells what it is, and a server's
// answer alone does not.
func TestRESPElsewhere(t *testing.T) {
	for _, tt := range []struct {
		data string
		want bool
	}{
		{"*1\r\n$4\r\nPING\r\n", true},
		{"*2\r\n$3\r\nget\r\n$5\r\nab", true},
		{"*2\r\n$3\r\nfoo\r\n$1\r\na\r\n", false},
		{"*1\r\n$5\r\nPING\r\n", false},
		{"+OK\r\n", false},
		{"PING\r\n", false},
		{"*0\r\n", false},
	} {
		app := GuessTCP(nil, 40000, 41000, 0, []byte(tt.data))
		if got := app.String() == "resp"; got != tt.want {
			t.Errorf("%q is taken for %v", tt.data, app)
		}
	}
	checkSegmentsFrom(t, pRESP, 7777, respTalk())
}

// TestRESPHostile: what no server sends ends the message, not the dissection.
func TestRESPHostile(t *testing.T) {
	checkTalk(t, "resp_hostile", pRESP, 6379, []turn{
		server("*99999999999\r\n+a\r\n"),
		server("$-2\r\nabc\r\n"),
		server("$abc\r\n"),
		server(strings.Repeat("*1\r\n", maxRESPDepth+3), "+deep\r\n"),
		server("+a\nb\r\n"),
		server("\x00\x01\x02"),
		client("\r\n"),
		client("  set  k v \r\n"),
		client("*2\r\nfoo\r\n"),
		server("*3\r\n:x\r\n#maybe\r\n,\r\n"),
		server("%-1\r\n"),
	})
}

func FuzzRESP(f *testing.F) { fuzzTalk(f, 6379, respTalk()) }
