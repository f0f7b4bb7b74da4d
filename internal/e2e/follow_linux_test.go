package e2e

import (
	"fmt"
	"io"
	"net"
	"testing"
)

// TestLiveFollow sees a conversation grow that is followed while it goes on: at the
// end it stays at the end, and elsewhere it says what is new.
func TestLiveFollow(t *testing.T) {
	if !alone(t) {
		return
	}
	tm := show(t, 100, 24, "-i", "lo", "-f", "port 3000")
	tm.see("no packet yet")
	client, server := connected(t, "127.0.0.1:3000")
	say := func(c net.Conn, text string) {
		if _, err := io.WriteString(c, text); err != nil {
			t.Error(err)
		}
	}
	say(client, "first line\n")
	tm.see("1 flow", "5 packets")
	tm.press("f")
	tm.see("│ first line", "line 2 of 2")
	say(server, "an answer\n")
	tm.see("│ an answer", "line 4 of 4")
	for i := range 40 {
		say(client, fmt.Sprintf("line %d\n", i))
	}
	tm.see("│ line 39")
	tm.press("g", "g")
	tm.see("│ first line")
	say(server, "good bye\n")
	tm.see("│ first line", "2 new")
	tm.press("G")
	tm.see("│ good bye")
	// The same as messages.
	tm.press("v", "v", "G")
	tm.see("both sides", "messages", "← Data", "│ good bye")
	say(server, "and more\n")
	tm.see("│ good bye", "│ and more")
	// What a side sent goes through a command, which has the terminal meanwhile.
	tm.press("v", "v", "v", "g", "g", "|")
	tm.see("side 0 |")
	tm.write("tail -1 | tr a-z A-Z")
	tm.press("Enter")
	tm.see("LINE 39", "Enter goes back")
	tm.press("Enter")
	tm.see("Follow tcp.stream 0 · text")
	tm.press("|")
	tm.write("cat >/dev/null; echo begun; sleep 1000")
	tm.press("Enter")
	tm.see("\nbegun") // what it writes, not what was typed
	tm.press("C-c")
	tm.see("Enter goes back")
	tm.press("Enter")
	tm.see("Follow tcp.stream 0 · text", "signal: interrupt")
	tm.press(":")
	tm.write("q")
	tm.press("Enter")
	tm.see("quit and lose them")
	tm.press("y")
	tm.ended()
}
