package e2e

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	// insideVar is set for the copy of these tests that runs in a namespace.
	insideVar = "TCPLENS_E2E_INSIDE"
	nobody    = 65534
)

// alone runs the calling test once more in network and mount namespaces of its
// own, where nobody else sends and nothing else is written. It returns true in
// there, with the loopback interface up, and false outside, where the test is over.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(insideVar) != "" {
		setLoopback(t, true)
		return true
	}
	start := func(flags uintptr) ([]byte, error) {
		cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), insideVar+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags}
		if flags&syscall.CLONE_NEWUSER != 0 {
			cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
			cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
		}
		return cmd.CombinedOutput()
	}
	out, err := start(syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS)
	if errors.Is(err, syscall.EPERM) && os.Getuid() == 0 {
		// Root may have namespaces where user namespaces are forbidden.
		out, err = start(syscall.CLONE_NEWNET | syscall.CLONE_NEWNS)
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		t.Errorf("in the namespace:\n%s", out)
	case err != nil:
		t.Errorf("live capture is tested in a network namespace, and there is none to be had: %v\n"+
			"allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0) or run the tests as root", err)
	case !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Errorf("the test did not run in the namespace:\n%s", out)
	}
	return false
}

// setLoopback switches the loopback interface on or off.
func setLoopback(t *testing.T, up bool) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	if up {
		req.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req); err != nil {
		t.Fatal(err)
	}
}

// smallDisk mounts a file system of so many bytes, which goes with the namespace.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size="+size); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// bigBody is the size of the large reply, whose segments on loopback are as large
// as an IP packet can be.
const bigBody = 383_859

// serve starts an HTTP server on port 3000 of the loopback interface: / is small,
// /big is large.
func serve(t *testing.T) *http.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "hello") })
	mux.HandleFunc("GET /big", func(w http.ResponseWriter, _ *http.Request) {
		if _, err := w.Write(make([]byte, bigBody)); err != nil {
			t.Error(err)
		}
	})
	l, err := net.Listen("tcp", "127.0.0.1:3000")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: mux}
	t.Cleanup(func() { s.Close() })
	go s.Serve(l)
	return s
}

// get asks the server for something on a connection of its own and closes it.
func get(t *testing.T, path string) {
	t.Helper()
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get("http://127.0.0.1:3000" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
}

// mark sends a datagram to port 3000, by which a capture is told where the traffic
// of a test begins and ends.
func mark(t *testing.T, text string) {
	t.Helper()
	c, err := net.Dial("udp", "127.0.0.1:3000")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// witness reads what goes over the loopback interface, with a socket of its own.
type witness struct {
	fd    int
	lines chan []string
}

// observe begins to read; every packet from now on is seen.
func observe(t *testing.T) *witness {
	t.Helper()
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	all := binary.NativeEndian.Uint16([]byte{unix.ETH_P_ALL >> 8, unix.ETH_P_ALL & 0xff})
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(all))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20); err != nil {
		// In a user namespace the limit for all has to do, and it does.
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 8<<20); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: lo.Index}); err != nil {
		t.Fatal(err)
	}
	w := &witness{fd, make(chan []string, 1)}
	go w.read(t)
	return w
}

// read collects TCP segments of port 3000 between the datagrams "begin" and "end".
func (w *witness) read(t *testing.T) {
	defer unix.Close(w.fd)
	var lines []string
	began := false
	buf := make([]byte, 1<<17)
	for {
		n, from, err := unix.Recvfrom(w.fd, buf, 0)
		if err != nil {
			t.Errorf("the witness: %v", err)
			close(w.lines)
			return
		}
		// A packet of the loopback interface is seen going out and coming in.
		if ll, ok := from.(*unix.SockaddrLinklayer); !ok || ll.Pkttype == unix.PACKET_OUTGOING || n < 14+20+8 {
			continue
		}
		ip := buf[14:n]
		body := ip[int(ip[0]&15)*4 : binary.BigEndian.Uint16(ip[2:])]
		src, dst := binary.BigEndian.Uint16(body), binary.BigEndian.Uint16(body[2:])
		if src != 3000 && dst != 3000 {
			continue
		}
		switch {
		case ip[9] == unix.IPPROTO_UDP && string(body[8:]) == "begin":
			began = true
		case ip[9] == unix.IPPROTO_UDP && string(body[8:]) == "end":
			w.lines <- lines
			return
		case ip[9] == unix.IPPROTO_TCP && began:
			lines = append(lines, fmt.Sprintf("%d\t%d\t%d\t%d\t0x%04x\t%s", src, dst, binary.BigEndian.Uint32(body[4:]), binary.BigEndian.Uint32(body[8:]),
				binary.BigEndian.Uint16(body[12:])&0xfff, hex.EncodeToString(body[body[12]>>4*4:])))
		}
	}
}

// running is the program while it captures without a terminal.
type running struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  *bufio.Reader
	errs *strings.Builder
}

// start starts the program and waits until it captures. Its first field, or its
// text, must show the datagrams.
func start(t *testing.T, env []string, args ...string) *running {
	t.Helper()
	r := &running{t: t, cmd: exec.Command(program(), args...), errs: &strings.Builder{}}
	r.cmd.Env = environment(env...)
	r.cmd.Stderr = r.errs
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.cmd.Process.Kill() }) // it has ended by now if all is well
	r.out = bufio.NewReader(out)
	first := make(chan error, 1)
	go func() {
		_, err := r.out.Peek(1)
		first <- err
	}()
	eventually(t, "the first line of "+strings.Join(args, " "), func() bool {
		mark(t, "ready?")
		select {
		case err := <-first:
			if err != nil {
				t.Fatalf("%v: %s", err, r.errs)
			}
			return true
		default:
			return false
		}
	})
	return r
}

// until reads lines to the one that contains text, and gives those before it.
func (r *running) until(text string) []string {
	r.t.Helper()
	var lines []string
	for {
		line, err := r.out.ReadString('\n')
		if err != nil {
			r.t.Fatalf("%v before %q came; %d lines came\n%s", err, text, len(lines), r.errs)
		}
		if strings.Contains(line, text) {
			return lines
		}
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
}

// end sends a signal, reads what is left, and gives the exit code.
func (r *running) end(signal syscall.Signal) (code int) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		r.t.Fatal(err)
	}
	return r.wait()
}

func (r *running) wait() int {
	r.t.Helper()
	if _, err := io.Copy(io.Discard, r.out); err != nil {
		r.t.Error(err)
	}
	var exit *exec.ExitError
	if err := r.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		r.t.Error(err)
	}
	return r.cmd.ProcessState.ExitCode()
}

// hexOf is a datagram's text as -e udp.payload shows it.
func hexOf(text string) string { return hex.EncodeToString([]byte(text)) }

// TestLiveFindsEveryPacket captures a real HTTP exchange and holds every packet of
// it, in order and to the last byte, to what an independent socket has seen; in
// what is printed, and in the file that is saved meanwhile.
func TestLiveFindsEveryPacket(t *testing.T) {
	if !alone(t) {
		return
	}
	serve(t)
	fields := []string{"-T", "fields", "-e", "tcp.srcport", "-e", "tcp.dstport", "-e", "tcp.seq_raw", "-e", "tcp.ack_raw", "-e", "tcp.flags", "-e", "tcp.payload"}
	saved := filepath.Join(t.TempDir(), "live.pcapng")
	w := observe(t)
	r := start(t, nil, append([]string{"-i", "lo", "-f", "port 3000", "-w", saved, "-e", "udp.payload"}, fields...)...)
	mark(t, "begin")
	for range 5 {
		get(t, "/")
		get(t, "/big")
	}
	mark(t, "end")
	want := <-w.lines
	r.until(hexOf("begin"))
	got := r.until(hexOf("end"))
	for i := range got {
		got[i] = strings.TrimPrefix(got[i], "\t") // udp.payload is empty
	}
	if code := r.end(syscall.SIGINT); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if !regexp.MustCompile(`^\d+ packets, 0 lost\n$`).MatchString(r.errs.String()) {
		t.Errorf("standard error is %q", r.errs)
	}
	if len(want) < 10*9 {
		t.Fatalf("the witness saw only %d packets", len(want))
	}
	compare(t, "printed", got, want)

	var file []string
	for line := range strings.Lines(tcplens(t, nil, append([]string{"-r", saved, "-e", "udp.payload"}, fields...)...).out) {
		switch mark, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); mark {
		case "":
			file = append(file, rest)
		case hexOf("begin"):
			file = nil
		}
		if strings.HasPrefix(line, hexOf("end")) {
			break
		}
	}
	compare(t, "saved", file, want)
}

// compare tells where two lists of packets differ first.
func compare(t *testing.T, what string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Errorf("%s: packet %d is\n%.200s\nand not\n%.200s", what, i+1, got[i], want[i])
			break
		}
	}
	t.Errorf("%s: %d packets, and %d were seen", what, len(got), len(want))
}

// TestLiveCount holds that -c ends a capture, with so many packets.
func TestLiveCount(t *testing.T) {
	if !alone(t) {
		return
	}
	r := start(t, nil, "-i", "lo", "-f", "udp port 3000", "-c", "3", "-T", "fields", "-e", "frame.number")
	mark(t, "two")
	mark(t, "three")
	mark(t, "four")
	var got []string
	for {
		line, err := r.out.ReadString('\n')
		if err != nil {
			break
		}
		got = append(got, strings.TrimSpace(line))
	}
	if code := r.wait(); code != 0 || !slices.Equal(got, []string{"1", "2", "3"}) {
		t.Errorf("exit code %d, packets %q; %s", code, got, r.errs)
	}
}

// TestLiveScreen watches a capture as a user does: nothing yet, an exchange, the
// interface gone, the question before what was captured is lost.
func TestLiveScreen(t *testing.T) {
	if !alone(t) {
		return
	}
	serve(t)
	tm := show(t, 120, 30, "-i", "lo", "-f", "port 3000")
	tm.see("lo", "port 3000", "listening on lo", "no packet yet")
	get(t, "/")
	tm.see("GET / HTTP/1.1", "HTTP/1.1 200 OK", "1 flow", "0 lost")
	// The list follows the tail until the user moves; then it says what is new.
	tm.press("g", "g")
	tm.see("─ Packet 1 · 74 bytes ─")
	get(t, "/big")
	tm.see("2 flows", "─ Packet 1 · 74 bytes ─", " new")
	tm.press("G")
	tm.until("the newest packet", func(s string) bool {
		return !strings.Contains(s, " new") && !strings.Contains(s, "─ Packet 1 ·")
	})
	tm.press("x", "G")
	tm.see("tcp.stream 1", "TIME_WAIT", "teardown")
	tm.press("q")
	tm.see("No.", "Source")

	setLoopback(t, false)
	tm.see("ended", "lo: the interface is down")
	tm.see("2 flows", "─ Packet ")
	tm.press(":")
	tm.write("q")
	tm.press("Enter")
	tm.see("of this capture are in no file", "quit and lose them")
	tm.press("y")
	tm.ended()
}

// TestDiskFull fills the disk under -w and under the packets that are kept while a
// capture runs. Both are said; what was written before can be read.
func TestDiskFull(t *testing.T) {
	if !alone(t) {
		return
	}
	serve(t)
	small := smallDisk(t, "256k")

	t.Run("saving", func(t *testing.T) {
		file := filepath.Join(small, "full.pcapng")
		r := start(t, nil, "-i", "lo", "-f", "port 3000", "-w", file, "-T", "fields", "-e", "frame.number", "-e", "udp.payload")
		get(t, "/big")
		get(t, "/big")
		mark(t, "end")
		code := r.finish("end")
		if want := file + `: no space left on device`; code != 1 || !strings.Contains(r.errs.String(), want) {
			t.Errorf("exit code %d, and standard error is %q", code, r.errs)
		}
		if got := tcplens(t, nil, "-r", file); got.code > 1 || strings.Count(got.out, "\n") < 10 {
			t.Errorf("of the file can be read: %+v", got)
		}
		if err := os.Remove(file); err != nil {
			t.Error(err)
		}
	})
	t.Run("keeping", func(t *testing.T) {
		r := start(t, []string{"TMPDIR=" + small}, "-i", "lo", "-f", "port 3000", "-T", "fields", "-e", "frame.number", "-e", "udp.payload")
		get(t, "/big")
		get(t, "/big")
		mark(t, "end")
		code := r.finish("end")
		if want := "tcplens: captured packets: no space left on device in " + small + ": "; code != 1 || !strings.Contains(r.errs.String(), want) {
			t.Errorf("exit code %d, and standard error is %q", code, r.errs)
		}
		left, err := filepath.Glob(filepath.Join(small, "*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %q, %v", left, err)
		}
	})
	t.Run("screen", func(t *testing.T) {
		tm := showCommand(t, 120, 30, []string{"TMPDIR=" + small}, program(), "-i", "lo", "-f", "port 3000")
		tm.see("no packet yet")
		get(t, "/")
		tm.see("GET / HTTP/1.1")
		get(t, "/big")
		get(t, "/big")
		tm.see("no space left on device")
		tm.press("g", "g")
		tm.see("─ Packet 1 ·", "GET / HTTP/1.1")
		tm.press(":")
		tm.write("q!")
		tm.press("Enter")
		tm.ended()
	})
}

// finish waits for the end of a program that may end by itself; if it shows the
// last datagram instead, it is asked to end.
func (r *running) finish(last string) int {
	r.t.Helper()
	for {
		line, err := r.out.ReadString('\n')
		if err != nil {
			return r.wait()
		}
		if strings.Contains(line, hexOf(last)) {
			return r.end(syscall.SIGINT)
		}
	}
}

// TestNoPermission holds that a user without rights is told what gives them.
func TestNoPermission(t *testing.T) {
	self, err := os.Open(program())
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-i", "lo", "-T", "text"}, 1, `tcplens: lo: no permission to capture: run it with sudo, or once: sudo setcap cap_net_raw=eip \S+\n`},
		{[]string{"-i", "nothere0", "-T", "text"}, 1, `tcplens: nothere0: no such interface: there are .*lo.*\n`},
	} {
		// By its descriptor: another user may not be able to go to where the file is.
		cmd := exec.Command("/proc/self/fd/3", test.args...)
		cmd.Args[0] = "tcplens"
		cmd.ExtraFiles = []*os.File{self}
		cmd.Dir = "/"
		if os.Geteuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		}
		got := run(t, cmd, nil)
		if got.code != test.code || got.out != "" || !regexp.MustCompile(`\A(?:`+test.says+`)\z`).MatchString(got.err) {
			t.Errorf("%q: exit code %d, said %q", test.args, got.code, got.err)
		}
	}
}

// TestWrongLive holds what is wrong with a live capture to its code, for those who
// may capture.
func TestWrongLive(t *testing.T) {
	if !alone(t) {
		return
	}
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-i", "nothere0"}, 1, "tcplens: nothere0: no such interface: there are "},
		{[]string{"-i", "lo", "-f", "prot 80"}, 2, "syntax error"},
		{[]string{"-i", "lo", "-w", "/nowhere/at/all.pcapng"}, 1, "/nowhere/at/all.pcapng: no such file or directory"},
	} {
		if got := tcplens(t, nil, test.args...); got.code != test.code || !strings.Contains(got.err, test.says) {
			t.Errorf("%q: exit code %d, said %q", test.args, got.code, got.err)
		}
	}
	setLoopback(t, false)
	if got := tcplens(t, nil, "-i", "lo"); got.code != 1 || !strings.Contains(got.err, "tcplens: lo: the interface is down: bring it up with: sudo ip link set lo up\n") {
		t.Errorf("an interface that is down: %+v", got)
	}
}

// TestDemo plays a lesson as a user without rights does, in text and on the screen.
func TestDemo(t *testing.T) {
	got := tcplens(t, nil, "demo", "http", "-T", "text")
	if got.code != 0 || strings.Count(got.out, "GET / HTTP/1.1") != 1 || strings.Count(got.out, "HTTP/1.1 200 OK") != 1 || strings.Count(got.out, "[FIN, ACK]") != 2 {
		t.Errorf("%+v", got)
	}
	tm := show(t, 100, 30, "demo")
	tm.see("demo", "GET ", "HTTP/1.1 200 OK")
	tm.press(":")
	tm.write("q!")
	tm.press("Enter")
	tm.until("the end", func(s string) bool { return tm.note("code") != "" })
	if code, stderr := tm.ended(); code != 0 || stderr != "" {
		t.Errorf("ended with %d and said %q", code, stderr)
	}
}

// TestNothingStaysBehind holds that the packets of a capture are gone with the
// program, however it ends, unless they were saved.
func TestNothingStaysBehind(t *testing.T) {
	if !alone(t) {
		return
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		dir := t.TempDir()
		r := start(t, []string{"TMPDIR=" + dir}, "-i", "lo", "-T", "fields", "-e", "udp.payload")
		if kept, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(kept) == 0 {
			t.Errorf("nothing is kept in TMPDIR while the capture runs: %v", err)
		}
		r.end(signal)
		if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) > 0 {
			t.Errorf("%v left %q behind, %v", signal, left, err)
		}
	}
}
