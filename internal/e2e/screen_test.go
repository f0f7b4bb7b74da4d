package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestThreePanes walks through a file: the panes, the packets, the fields, the
// other views, the help, and out.
func TestThreePanes(t *testing.T) {
	tm := show(t, 80, 24, "-r", lab(t, "http"))
	first := tm.see("No.", "Time", "Source", "Info", "─ Packet 1 · 74 bytes ─", "▸ Ethernet II", "─ Bytes ·", "0000  ", "f follow", "? ", "10 packets")
	if rows := strings.Count(first, "127.0.0.1     127.0.0.1"); rows < 10 {
		t.Errorf("%d of the 10 packets can be seen:\n%s", rows, frame(first))
	}
	if got, want := tm.modes(), "alternate=1"; !strings.HasPrefix(got, want) {
		t.Errorf("the program runs with %s, not on the alternate screen", got)
	}
	tm.press("j", "j", "j")
	tm.see("─ Packet 4 ·")
	tm.press("G")
	tm.see("─ Packet 10 ·")
	tm.press("g", "g")
	tm.see("─ Packet 1 ·")
	tm.press(":")
	tm.write("4")
	tm.press("Enter")
	tm.see("─ Packet 4 ·")

	// Into the tree, to a field; its bytes are told in the title of the third pane.
	tm.press("Tab", "g", "g", "j")
	tm.see("Bytes · Ethernet, 14 bytes at 0")
	tm.press("Tab", "Tab", "x")
	tm.see("SYN_SENT", "ESTABLISHED", "handshake")
	tm.press("Escape")
	tm.see("─ Packet 4 ·")
	tm.press("f")
	tm.see("Follow tcp.stream 0", "GET / HTTP/1.1")
	tm.press("Escape")
	tm.see("─ Packet 4 ·")
	tm.press("?")
	tm.see("Keys", "follow the conversation")
	tm.press("Escape")
	tm.see("─ Packet 4 ·")

	tm.press("/")
	tm.write("http")
	tm.press("Enter")
	tm.see("2 of 10 shown")
	tm.quit()
}

// TestProblemsOnScreen lists what is wrong, opens a group, goes to a packet of it and
// steps on from there.
func TestProblemsOnScreen(t *testing.T) {
	tm := show(t, 80, 24, "-r", lab(t, "lossy"))
	tm.see("─ Packet 1 ·", "121 packets")
	tm.press("4")
	tm.see("Problems · 40 of 7 kinds", "▸ ▲ Warning", "▸ ● Note          27      #29  TCP    Duplicate ACK", "Noted, but ordinary")
	tm.press("l", "j")
	tm.see("▾ ▲ Warning", "1448 bytes before this one are missing; they came", "─ Packet 68 · 10.0.0.2:8080 → ")
	tm.press("Enter")
	tm.see("─ Packet 68 · previous segment not captured: ", "[TCP Previous segm")
	tm.press("e")
	tm.see("─ Packet 69 · duplicate ACK 1 of #67: ")
	tm.press("E", "E")
	tm.see("─ Packet 52 · retransmission of #40: the same 1448 bytes")
	tm.press("4")
	tm.see("▾ ▲ Warning", "─ Packet 68 · 10.0.0.2:8080 → ")
	tm.press("=")
	tm.see("2 of 121 shown", "tcp.analysis.lost_segment")
	tm.quit()
}

// TestFilterOnScreen holds that a wrong filter is told of while it is typed, and
// does not replace the one that works.
func TestFilterOnScreen(t *testing.T) {
	tm := show(t, 100, 30, "-r", lab(t, "http"), "-Y", "tcp.flags.fin == 1")
	tm.see("2 of 10 shown")
	tm.press("/", "C-u")
	tm.write("tcp.prot == 1")
	tm.see("^")
	tm.press("Enter")
	tm.see("tcp.prot == 1", "^")
	tm.press("Escape")
	tm.see("2 of 10 shown")
	tm.quit()
}

// TestSizes holds that the program works at any size, to the smallest.
func TestSizes(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 10}, {200, 50}, {20, 5}, {5, 2}} {
		cols, rows := size[0], size[1]
		t.Run(fmt.Sprintf("%dx%d", cols, rows), func(t *testing.T) {
			tm := show(t, cols, rows, "-r", lab(t, "big"))
			tm.until("anything", func(s string) bool { return strings.TrimSpace(s) != "" && strings.HasPrefix(tm.modes(), "alternate=1") })
			// What is typed is worked off in order. Escape is not among it: with a key
			// right behind it, it is that key with Alt.
			tm.press("j", "Tab", "j", "Tab", "j", "Tab", "G", "g", "g", "x", "G", "q", "f", "G", "q", "?", "G", "q", "2", "G", "1")
			tm.press(":")
			tm.write("q")
			tm.press("Enter")
			if code, stderr := tm.ended(); code != 0 || stderr != "" {
				t.Errorf("ended with %d and said %q", code, stderr)
			}
		})
	}
}

// TestTooSmall holds that a window in which nothing can be read says so, and that
// all comes back when it grows.
func TestTooSmall(t *testing.T) {
	tm := show(t, 80, 24, "-r", lab(t, "http"))
	tm.see("─ Packet 1 ·")
	tm.press("j")
	tm.see("─ Packet 2 ·")
	for range 3 {
		tm.tmux("resize-window", "-x", "20", "-y", "5")
		tm.until("5 rows", func(s string) bool { return strings.Count(s, "\n") == 5 && strings.TrimSpace(s) != "" })
		tm.tmux("resize-window", "-x", "160", "-y", "45")
		tm.see("─ Packet 2 ·", "3000 → ")
		tm.tmux("resize-window", "-x", "80", "-y", "24")
		tm.see("─ Packet 2 ·")
	}
	tm.quit()
}

// TestResizeWhileDrawing changes the size again and again while a live list
// is drawn. What remains must be drawn for the last size.
func TestResizeWhileDrawing(t *testing.T) {
	tm := show(t, 80, 24, "-r", lab(t, "big"))
	tm.see("─ Packet 1 ·")
	for i := range 40 {
		tm.tmux("resize-window", "-x", fmt.Sprint(20+i*4), "-y", fmt.Sprint(5+i), ";", "send-keys", "j")
	}
	tm.tmux("resize-window", "-x", "80", "-y", "24")
	// tmux tells the program of sizes a little later, and a window in which nothing
	// can be read takes no keys.
	full := func(s string) bool {
		lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
		return len(lines) == 24 && strings.Contains(lines[23], "f follow") && strings.Contains(lines[2], "No.")
	}
	tm.until("24 rows", full)
	tm.press("g", "g")
	s := tm.until("the first packet in 24 rows", func(s string) bool { return full(s) && strings.Contains(s, "─ Packet 1 ·") })
	if lines := strings.Split(strings.TrimRight(s, "\n"), "\n"); len(lines) != 24 {
		t.Errorf("%d rows are drawn:\n%s", len(lines), frame(s))
	}
	tm.quit()
}

// TestSignals holds that the terminal is given back whatever ends the program.
func TestSignals(t *testing.T) {
	for _, test := range []struct {
		signal syscall.Signal
		codes  []int
	}{
		{syscall.SIGTERM, []int{0, 128 + int(syscall.SIGTERM)}},
		{syscall.SIGHUP, []int{0, 128 + int(syscall.SIGHUP)}},
		{syscall.SIGINT, []int{0, 128 + int(syscall.SIGINT)}},
	} {
		t.Run(test.signal.String(), func(t *testing.T) {
			tm := show(t, 80, 24, "-r", lab(t, "http"))
			tm.see("─ Packet 1 ·")
			if err := syscall.Kill(tm.pid(), test.signal); err != nil {
				t.Fatal(err)
			}
			code, stderr := tm.ended()
			ok := false
			for _, c := range test.codes {
				ok = ok || c == code
			}
			if !ok {
				t.Errorf("ended with %d and said %q", code, stderr)
			}
		})
	}
}

// TestErrorInTerminal holds that a program that can't start leaves the terminal
// alone and says why.
func TestErrorInTerminal(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pcap")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-r", "nowhere.pcap"}, 1, "tcplens: nowhere.pcap: no such file or directory\n"},
		{[]string{"-r", empty}, 1, "tcplens: " + empty + ": empty file: not a capture\n"},
		{[]string{"-r", lab(t, "http"), "-Y", "tcp.prot"}, 2, "^"},
		{[]string{"-r", "-"}, 2, "standard input is the terminal"},
	} {
		tm := show(t, 200, 24, test.args...)
		code, stderr := tm.ended()
		if code != test.code || !strings.Contains(stderr, test.says) {
			t.Errorf("%q: ended with %d, not %d, and said %q, not %q", test.args, code, test.code, stderr, test.says)
		}
	}
}

// TestDamagedFile holds that what could be read of a file is shown, with what is
// wrong with it.
func TestDamagedFile(t *testing.T) {
	whole, err := os.ReadFile(lab(t, "http"))
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.pcap")
	if err := os.WriteFile(cut, whole[:len(whole)-10], 0o600); err != nil {
		t.Fatal(err)
	}
	tm := show(t, 120, 30, "-r", cut)
	tm.see("─ Packet 1 ·", "9 packets", "cut short in the middle of packet 10")
	tm.press("G")
	tm.see("─ Packet 9 ·")
	tm.press(":")
	tm.write("q")
	tm.press("Enter")
	tm.ended()
}

// TestStreamOnScreen reads a capture from a pipe and the keys from the terminal.
// The packets stay when the pipe closes, even in the middle of one.
func TestStreamOnScreen(t *testing.T) {
	whole := lab(t, "http")
	for _, test := range []struct{ writer, sees string }{
		{"cat " + whole, "10 packets"},
		{"head -c 700 " + whole, "cut short"},
	} {
		tm := showCommand(t, 120, 30, nil, "sh", "-c", test.writer+" | "+program()+" -r -")
		tm.see(test.sees)
		tm.press("g", "g")
		tm.see("─ Packet 1 ·")
		tm.press(":")
		tm.write("q!")
		tm.press("Enter")
		tm.ended()
	}
}

// coloured finds a colour being set, beside the default ones (39 and 49).
var coloured = regexp.MustCompile(`\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]`)

// TestPlain holds that --ascii and NO_COLOR do what they say.
func TestPlain(t *testing.T) {
	tm := showCommand(t, 80, 24, []string{"NO_COLOR=1"}, program(), "--ascii", "-r", lab(t, "http"))
	tm.see("Packet 1")
	for _, view := range []string{"x", "f", "?"} {
		tm.press(view)
		tm.until("another view", func(s string) bool { return !strings.Contains(s, "Packet 1") })
		s := tm.tmux("capture-pane", "-p", "-e")
		for _, r := range s {
			if r > 126 {
				t.Errorf("%q is not ASCII, in the view of %s:\n%s", r, view, frame(s))
				break
			}
		}
		if coloured.MatchString(s) {
			t.Errorf("colours in the view of %s: %q", view, s)
		}
		tm.press("Escape")
		tm.see("Packet 1")
	}
	tm.quit()
}
