package e2e

import "testing"

// TestFilterWhileTyped types a display filter: how it stands can be seen at each key,
// names and values of this capture are offered, what is misspelt is mended by Tab.
func TestFilterWhileTyped(t *testing.T) {
	tm := show(t, 100, 30, "-r", lab(t, "http"))
	tm.see("10 of 10 shown")
	tm.press("/")
	tm.write("tcp.prot == 3000")
	tm.see("✗", "^~~~~~~~", "tcp.prot is not a field: did you mean tcp.port? Tab takes it")
	tm.press("Tab")
	tm.see("/▏tcp.port == 3000", "✓")
	tm.press("Enter")
	tm.see("10 of 10 shown", "/▏tcp.port == 3000")

	// A field is completed, then its value, from what this capture has.
	tm.press("/", "C-u")
	tm.write("http.request.m")
	tm.see("http.request.method", "Request Method (a text)")
	tm.press("Tab")
	tm.write(" == ")
	tm.see(`"GET"`, "seen 1 time")
	tm.press("Tab")
	tm.see(`/▏http.request.method == "GET"`, "✓")
	tm.press("Enter")
	tm.see("1 of 10 shown", "GET / HTTP/1.1")

	// What is valid and odd says so, and works.
	tm.press("/", "C-u")
	tm.write("ip.addr != 10.0.0.1")
	tm.see("?", "^~", "!(ip.addr ==")
	tm.press("Enter")
	tm.see("10 of 10 shown")

	// A capture filter is known for one.
	tm.press("/", "C-u")
	tm.write("port 3000")
	tm.see("✗", "that is a capture filter (tcpdump's), for -f or b", "tcp.port == 3000 or")
	tm.press("Escape")
	tm.see("/▏ip.addr != 10.0.0.1")

	// What was entered comes back.
	tm.press("/", "C-u", "Up", "Up")
	tm.see(`http.request.method == "GET"`)
	tm.press("Enter")
	tm.see("1 of 10 shown")
	tm.quit()
}

// TestFilterFromCursor filters by what is under the cursor, joins filters, and goes
// back and forward through them.
func TestFilterFromCursor(t *testing.T) {
	tm := show(t, 100, 30, "-r", lab(t, "tls12"))
	tm.see("─ Packet 1 ·")
	tm.press("j", "j", "j", "h", "h") // Client Hello; from Info to the protocol
	tm.see("─ Packet 4 ·")
	tm.press("=")
	tm.see("/▏tls ", " of 17 shown")
	tm.press("[")
	tm.see("/▏display filter")
	tm.press("]")
	tm.see("/▏tls ")

	// A field of the tree is joined with the filter.
	tm.press("Tab", "g", "g", "j", "j", "j", "j")
	tm.see("Bytes ·")
	tm.press("a")
	tm.see("and this", "or this", "and not this", "edit it first")
	tm.press("n")
	tm.see("tls and not ")
	tm.press("u")
	tm.see("/▏tls ")
	tm.press("[")
	tm.see("/▏display filter")
	tm.press("Tab", "Tab", "C")
	tm.see("/▏tcp.stream == 0")
	tm.press("C")
	tm.see("/▏display filter")

	// A reference takes its value from the packet that is selected.
	tm.press("g", "g", "j", "j", "/")
	tm.write("tcp.len == ${tcp.len}")
	tm.see("✓")
	tm.press("Enter")
	tm.see("/▏tcp.len == ${tcp.len}", "─ Packet 3 ·")
	tm.press("!")
	tm.see("(tcp.len == ${tcp.len}) and not tcp")
	tm.quit()
}

// TestFind looks for text, bytes, a regular expression and a filter.
func TestFind(t *testing.T) {
	tm := show(t, 100, 30, "-r", lab(t, "http"))
	tm.see("─ Packet 1 ·")
	tm.press("C-f")
	tm.see("find text in list or bytes:")
	tm.write("200 ok")
	tm.press("Enter")
	tm.see("─ Packet 6 ·")
	tm.press("n")
	tm.see("this is the only one")
	tm.press("C-f", "C-u", "Tab")
	tm.see("find bytes in hex:")
	tm.write("47 45 54 20 2f")
	tm.press("Enter")
	tm.see("─ Packet 4 ·", "past the last packet: on from the first")
	tm.press("C-f", "C-u", "Tab")
	tm.see("find regular expression in list or bytes:")
	tm.write(`\[FIN, ACK\] Seq=\d+`)
	tm.press("Enter")
	tm.see("─ Packet 8 ·")
	tm.press("n")
	tm.see("─ Packet 9 ·")
	tm.press("N", "N")
	tm.see("─ Packet 9 ·", "past the first packet: on from the last")
	tm.press("C-f", "C-u", "S-Tab")
	tm.see("find regular expression in the detail:")
	tm.write("^Status Code: 2..$")
	tm.press("Enter")
	tm.see("─ Packet 6 ·", "Status Code: 200", "Bytes · Status Code, 3 bytes at ")
	tm.press("C-f", "C-u", "Tab")
	tm.see("find filter:")
	tm.write("tcp.flags.syn == 1")
	tm.press("Enter")
	tm.see("─ Packet 1 ·")
	tm.press("n")
	tm.see("─ Packet 2 ·")
	tm.press("C-f", "C-u", "Tab")
	tm.see("find text")
	tm.write("no such thing")
	tm.press("Enter")
	tm.see("not found among the 10 packets shown")
	tm.quit()
}
