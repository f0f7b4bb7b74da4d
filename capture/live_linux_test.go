package capture

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tcplens/internal/packet"
)

// inside is set for the copy of the test program that runs in a namespace.
const inside = "TCPLENS_CAPTURE_TEST_INSIDE"

// patience is how long these tests wait for what does not come at all. What comes
// is not measured.
const patience = 20 * time.Second

// alone runs the calling test once more, in a user and network namespace of its
// own where nobody else sends, and reports what became of it. It returns true in
// there, with the loopback interface up, and false outside, where the test is over.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inside) != "" {
		setLoopback(t, true)
		return true
	}
	out, err := runInside(t, func(c *exec.Cmd) {
		c.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
	})
	if errors.Is(err, syscall.EPERM) && os.Getuid() == 0 {
		// Root may have a network namespace where user namespaces are forbidden.
		out, err = runInside(t, func(c *exec.Cmd) {
			c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		})
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		t.Errorf("in the namespace:\n%s", out)
	case err != nil:
		t.Errorf("a live capture can only be tested in a network namespace, and there is none to be had: %v\n"+
			"allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0) or run the tests as root", err)
	case !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Errorf("the test did not run in the namespace:\n%s", out)
	}
	return false
}

// runInside runs the calling test in a child of this program.
func runInside(t *testing.T, set func(*exec.Cmd)) ([]byte, error) {
	t.Helper()
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	// By its descriptor: another user may not be able to go to where the file is.
	c := exec.Command("/proc/self/fd/3", "-test.run=^"+t.Name()+"$", "-test.v")
	c.ExtraFiles = []*os.File{self}
	c.Dir = "/"
	c.Env = append(os.Environ(), inside+"=1")
	set(c)
	return c.CombinedOutput()
}

// setLoopback switches the loopback interface on or off.
func setLoopback(t *testing.T, up bool) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	req.SetUint16(0)
	if up {
		req.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req); err != nil {
		t.Fatal("switch the loopback interface: ", err)
	}
}

// sender sends datagrams to a port of the loopback interface.
func sender(t *testing.T, port int) func(text string) {
	t.Helper()
	to, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { to.Close() })
	from, err := net.DialUDP("udp4", nil, to.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { from.Close() })
	return func(text string) {
		t.Helper()
		if _, err := from.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, cfg LiveConfig) *Live {
	t.Helper()
	l, err := OpenLive(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// collect reads until n packets have come.
func collect(t *testing.T, src Source, n int) []packet.Packet {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var b Batch
	var out []packet.Packet
	for len(out) < n {
		if err := src.Read(ctx, &b); err != nil {
			t.Fatalf("after %d of %d packets: %v", len(out), n, err)
		}
		for _, p := range b.Packets {
			p.Data = slices.Clone(p.Data)
			out = append(out, p)
		}
	}
	return out
}

func TestLive(t *testing.T) {
	if !alone(t) {
		return
	}
	l := open(t, LiveConfig{Interfaces: []string{"lo"}, Filter: "udp dst port 9000"})
	want := []packet.Interface{{Name: "lo", Link: packet.LinkEthernet, SnapLen: DefaultSnapLen, Filter: "udp dst port 9000", Nano: true}}
	if got := l.Interfaces(); !slices.Equal(got, want) {
		t.Errorf("interfaces %+v", got)
	}
	send, other := sender(t, 9000), sender(t, 9001)
	const n = 5000
	before := packet.Time(time.Now().UnixNano())
	for i := range n {
		send(fmt.Sprint("number ", i))
		other("not for us")
	}
	ps := collect(t, l, n)
	after := packet.Time(time.Now().UnixNano())
	for i, p := range ps {
		text := fmt.Sprint("number ", i)
		if !strings.HasSuffix(string(p.Data), text) || int(p.CapLen) != len(p.Data) || p.Len != p.CapLen || p.Pos != -1 {
			t.Fatalf("packet %d: %+v", i, p)
		}
		if p.Time < before || p.Time > after {
			t.Fatalf("packet %d: time %d is not between %d and %d", i, p.Time, before, after)
		}
	}
	if c := l.Counters(); c.Dropped != 0 {
		t.Errorf("%d packets were dropped", c.Dropped)
	}
	if slices.IndexFunc(ps, func(p packet.Packet) bool { return p.Time%1000 != 0 }) < 0 {
		t.Error("times have no nanoseconds")
	}
	if Activity()["lo"].RxPackets < 2*n {
		t.Errorf("activity: %+v", Activity())
	}
}

func TestLiveSnapLen(t *testing.T) {
	if !alone(t) {
		return
	}
	l := open(t, LiveConfig{Interfaces: []string{"lo"}, SnapLen: 64, BufferSize: 1 << 20, NoPromiscuous: true})
	sender(t, 9000)(strings.Repeat("x", 1000))
	p := collect(t, l, 1)[0]
	if p.CapLen != 64 || len(p.Data) != 64 || p.Len != 1042 {
		t.Errorf("%d bytes of %d", p.CapLen, p.Len)
	}
}

// TestLiveAny captures on the pseudo-interface, which opens as Linux cooked.
func TestLiveAny(t *testing.T) {
	if !alone(t) {
		return
	}
	l := open(t, LiveConfig{Interfaces: []string{Any}, Filter: "udp dst port 9000"})
	sender(t, 9000)("hello")
	p := collect(t, l, 1)[0]
	if p.Link != packet.LinkLinuxSLL || l.Interfaces()[0].Link != p.Link {
		t.Errorf("link type %v", p.Link)
	}
	if want := "\x45"; string(p.Data[16:17]) != want { // after the header of LINKTYPE_LINUX_SLL
		t.Errorf("IP begins with %x", p.Data[16:17])
	}
}

// TestLiveSeveral captures on two interfaces, which both see everything, and holds
// that the packets come in the order of their times.
func TestLiveSeveral(t *testing.T) {
	if !alone(t) {
		return
	}
	l := open(t, LiveConfig{Interfaces: []string{"lo", Any}, Filter: "udp dst port 9000"})
	send := sender(t, 9000)
	const n = 3000
	for i := range n {
		send(fmt.Sprint("number ", i))
	}
	var next [2]int
	last := packet.Time(0)
	for _, p := range collect(t, l, 2*n) {
		if p.Time < last {
			t.Errorf("a packet of %d after one of %d", p.Time, last)
		}
		last = p.Time
		if !strings.HasSuffix(string(p.Data), fmt.Sprint("number ", next[p.Iface])) {
			t.Fatalf("interface %d: a packet is missing or not in order", p.Iface)
		}
		next[p.Iface]++
	}
	if next != [2]int{n, n} {
		t.Errorf("packets of each: %v", next)
	}
	if err := l.SetFilter("udp dst port 9001"); err != nil {
		t.Fatal(err)
	}
	send("not any more")
	sender(t, 9001)("one more")
	for _, p := range collect(t, l, 2) {
		if !strings.HasSuffix(string(p.Data), "one more") {
			t.Errorf("%q passed the filter", p.Data)
		}
	}
}

// TestLiveSetFilter changes the filter while a reader waits.
func TestLiveSetFilter(t *testing.T) {
	if !alone(t) {
		return
	}
	l := open(t, LiveConfig{Interfaces: []string{"lo"}, Filter: "udp dst port 9000"})
	first, second := sender(t, 9000), sender(t, 9001)
	err := l.SetFilter("prt 9001")
	var fe *FilterError
	if !errors.As(err, &fe) || fe.Expr != "prt 9001" || !strings.HasPrefix(err.Error(), "prt 9001\n") || !strings.Contains(err.Error(), "syntax error") {
		t.Errorf("a wrong filter: %v", err)
	}
	if l.Filter() != "udp dst port 9000" {
		t.Errorf("the filter is %q after one that is wrong", l.Filter())
	}
	second("filtered out")
	first("still seen")
	if p := collect(t, l, 1)[0]; !strings.HasSuffix(string(p.Data), "still seen") {
		t.Errorf("got %q", p.Data)
	}
	changed := make(chan error)
	go func() { changed <- l.SetFilter("udp dst port 9001") }()
	var b Batch
	for waiting := true; waiting; {
		select {
		case err := <-changed:
			if err != nil {
				t.Fatal(err)
			}
			waiting = false
		default:
			if err := l.Read(t.Context(), &b); err != nil || len(b.Packets) > 0 {
				t.Fatalf("%d packets, %v", len(b.Packets), err)
			}
		}
	}
	first("filtered out")
	second("now seen")
	if p := collect(t, l, 1)[0]; !strings.HasSuffix(string(p.Data), "now seen") {
		t.Errorf("got %q", p.Data)
	}
	if got := l.Interfaces()[0].Filter; got != "udp dst port 9001" {
		t.Errorf("the interface's filter is %q", got)
	}
}

// TestLiveCancel ends reads by their context, and Close while nobody reads.
func TestLiveCancel(t *testing.T) {
	if !alone(t) {
		return
	}
	send := sender(t, 9000)
	for _, names := range [][]string{{"lo"}, {"lo", Any}} {
		l, err := OpenLive(LiveConfig{Interfaces: names})
		if err != nil {
			t.Fatal(err)
		}
		var b Batch
		if err := l.Read(t.Context(), &b); err != nil || len(b.Packets) != 0 {
			t.Errorf("heartbeat: %d packets, %v", len(b.Packets), err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			var err error
			for err == nil {
				err = l.Read(ctx, &b)
			}
			ended <- err
		}()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		for range 100 {
			send("nobody reads this")
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := l.SetFilter("tcp"); !errors.Is(err, ErrEnded) {
			t.Errorf("SetFilter after Close: %v", err)
		}
	}
}

// TestLiveInterfaceDown takes the interface down during a capture.
func TestLiveInterfaceDown(t *testing.T) {
	if !alone(t) {
		return
	}
	send := sender(t, 9000)
	for _, names := range [][]string{{"lo"}, {"lo", Any}} {
		setLoopback(t, true)
		l := open(t, LiveConfig{Interfaces: names, Filter: "udp dst port 9000"})
		for range 10 {
			send("before it goes")
		}
		setLoopback(t, false)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var b Batch
		n := 0
		var err error
		for err == nil {
			err = l.Read(ctx, &b)
			n += len(b.Packets)
		}
		if n != 10*len(names) {
			t.Errorf("%v: %d packets before the end, want %d", names, n, 10*len(names))
		}
		var le *LiveError
		if !errors.Is(err, ErrInterfaceDown) || !errors.As(err, &le) || le.Iface != "lo" || !strings.HasPrefix(err.Error(), "lo: the interface is down") {
			t.Errorf("%v: %v", names, err)
		}
		t.Log(err)
		if again := l.Read(ctx, &b); again != err {
			t.Errorf("%v: then: %v", names, again)
		}
	}
	_, err := OpenLive(LiveConfig{Interfaces: []string{"lo"}})
	t.Log(err)
	if !errors.Is(err, ErrInterfaceDown) {
		t.Errorf("opening an interface that is down: %v", err)
	}
}

func TestOpenLiveErrors(t *testing.T) {
	if !alone(t) {
		return
	}
	var fe *FilterError
	if _, err := OpenLive(LiveConfig{Interfaces: []string{"lo"}, Filter: "tcp port"}); !errors.As(err, &fe) || fe.Expr != "tcp port" || fe.Detail == "" {
		t.Errorf("a wrong filter: %v", err)
	}
	if _, err := OpenLive(LiveConfig{Interfaces: []string{"lo", "lo"}}); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("twice the same: %v", err)
	}
	if _, err := OpenLive(LiveConfig{}); err == nil {
		t.Error("no interface: no error")
	}
	_, err := OpenLive(LiveConfig{Interfaces: []string{"lo", "eth99"}})
	if !errors.Is(err, ErrNoInterface) || !strings.HasPrefix(err.Error(), "eth99: no such interface: there are lo, ") {
		t.Errorf("no such interface: %v", err)
	}
}

// TestNoPermission opens an interface as a user who may not.
func TestNoPermission(t *testing.T) {
	if os.Getenv(inside) == "" && os.Getuid() == 0 {
		out, err := runInside(t, func(c *exec.Cmd) {
			c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		})
		if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
			t.Errorf("as nobody: %v\n%s", err, out)
		}
		return
	}
	_, err := OpenLive(LiveConfig{Interfaces: []string{"lo"}})
	if !errors.Is(err, ErrNoPermission) || strings.Contains(err.Error(), "\n") ||
		!strings.HasPrefix(err.Error(), "lo: no permission to capture: run it with sudo, or once: sudo setcap cap_net_raw=eip ") {
		t.Errorf("%v", err)
	}
	t.Log(err)
	if _, err := OpenLive(LiveConfig{Interfaces: []string{"eth99"}}); !errors.Is(err, ErrNoInterface) {
		t.Errorf("no such interface: %v", err)
	}
	ds, err := Interfaces()
	if err != nil || !slices.ContainsFunc(ds, func(d Device) bool { return d.Name == "lo" && d.Loopback }) {
		t.Errorf("the interfaces: %+v, %v", ds, err)
	}
}
