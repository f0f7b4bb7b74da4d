package e2e

import (
	"io"
	"net"
	"strings"
	"testing"
)

// TestLiveGraph sees a flow graph grow while its conversation goes on: the handshake,
// what is said, and the close with the states of both ends; the cursor stays at the
// end until the user moves it.
func TestLiveGraph(t *testing.T) {
	if !alone(t) {
		return
	}
	tm := show(t, 100, 40, "-i", "lo", "-f", "port 3000")
	tm.see("no packet yet")
	client, server := connected(t, "127.0.0.1:3000")
	tm.see("3 packets")
	tm.press("x", "G")
	begun := tm.see("─ handshake ", "SYN_SENT", "ESTABLISHED", "settled:")
	if strings.Contains(begun, "─ data ") || strings.Contains(begun, "FIN") {
		t.Errorf("nothing was said yet:\n%s", frame(begun))
	}
	// What was sent is read, too: an end that closes with data unread sends a RST.
	say := func(from, to net.Conn, text string) {
		if _, err := io.WriteString(from, text); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(to, make([]byte, len(text))); err != nil {
			t.Fatal(err)
		}
	}
	say(client, server, "GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n")
	tm.see("─ data ", "GET /live")
	say(server, client, "HTTP/1.1 204 No Content\r\n\r\n")
	tm.see("204 No Content")
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	tm.see("─ teardown ", "FIN_WAIT_", "CLOSE_WAIT")
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	tm.see("TIME_WAIT", "CLOSED")
	tm.press("q")
	tm.see("No.", "Source")
	tm.press(":")
	tm.write("q")
	tm.press("Enter")
	tm.see("quit and lose them")
	tm.press("y")
	tm.ended()
}
