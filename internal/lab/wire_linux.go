package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// tunName is the name of both TUN devices, each in its own namespace.
	tunName = "tun0"
	// tunPath is the way to the kernel's TUN driver.
	tunPath = "/dev/net/tun"
	// control is the congestion control of both ends. It is the one that every
	// kernel has and every user may choose, so that the lesson looks alike
	// everywhere (tcp(7), TCP_CONGESTION).
	control = "reno"
)

// wire is the lossy link with its two ends: the client in this process's
// namespace and the server in another.
type wire struct {
	link     *Link
	listener *net.TCPListener // in the server's namespace
}

// clientAddr and serverAddr are the addresses of the two devices.
func clientAddr() netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, 1}) }
func serverAddr() netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, 2}) }

// CheckTUN says whether the lesson lossy would work here: it needs /dev/net/tun.
// The error is a *NamespaceError.
func CheckTUN() error {
	f, err := os.OpenFile(tunPath, os.O_RDWR, 0)
	if err != nil {
		return explainTUN(err)
	}
	return f.Close()
}

// explainTUN turns the error of opening /dev/net/tun into words and a remedy.
func explainTUN(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return &NamespaceError{"the kernel's TUN driver is not loaded (no " + tunPath + ")", "run: sudo modprobe tun", err}
	case errors.Is(err, fs.ErrPermission):
		return &NamespaceError{"no permission to open " + tunPath, "run: sudo chmod 666 " + tunPath + ", or run this command with sudo", err}
	}
	return &NamespaceError{tunPath + " can't be opened (" + err.Error() + ")", "run: sudo modprobe tun", err}
}

// newWire makes both devices and starts the link between them.
func newWire(script Script) (*wire, error) {
	if !Inside() {
		return nil, errors.New("demo: lesson lossy: its devices belong in the private network, which has not been entered")
	}
	if script == nil {
		script = DefaultScript()
	}
	if err := script.validate(); err != nil {
		return nil, err
	}
	client, err := newTUN(clientAddr())
	if err != nil {
		return nil, err
	}
	server, listener, err := newPeer()
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	link, err := NewLink(client, server, script)
	if err != nil {
		return nil, errors.Join(err, client.Close(), server.Close(), listener.Close())
	}
	return &wire{link: link, listener: listener}, nil
}

// newPeer makes the server's device and its listening socket in a namespace of
// their own. A namespace belongs to a thread, and a device and a socket stay in
// the one that they were made in; so a thread makes both and then ends.
func newPeer() (tun *os.File, listener *net.TCPListener, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		// It is never unlocked: the thread dies with the goroutine, so nothing
		// else ever runs in its namespace.
		runtime.LockOSThread()
		if err = unix.Unshare(unix.CLONE_NEWNET); err != nil {
			err = fmt.Errorf("demo: lesson lossy: making the server's network: %w", err)
			return
		}
		if tun, err = newTUN(serverAddr()); err != nil {
			return
		}
		config := net.ListenConfig{Control: useControl}
		var l net.Listener
		if l, err = config.Listen(context.Background(), "tcp4", netip.AddrPortFrom(serverAddr(), PortPlain).String()); err != nil {
			err = errors.Join(fmt.Errorf("demo: lesson lossy: %w", err), tun.Close())
			return
		}
		listener = l.(*net.TCPListener)
	}()
	<-done
	return tun, listener, err
}

// useControl sets the congestion control of a socket.
func useControl(_, _ string, c syscall.RawConn) error {
	var optErr error
	err := c.Control(func(fd uintptr) {
		optErr = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, control)
	})
	return errors.Join(err, optErr)
}

// newTUN makes a TUN device in the calling thread's namespace, gives it addr,
// and brings it up. The device goes when the file is closed.
func newTUN(addr netip.Addr) (*os.File, error) {
	fd, err := unix.Open(tunPath, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, explainTUN(err)
	}
	if err := configureTUN(fd, addr); err != nil {
		return nil, errors.Join(fmt.Errorf("demo: lesson lossy: making the TUN device: %w", err), unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), tunPath), nil
}

// configureTUN turns an open /dev/net/tun into the device.
func configureTUN(fd int, addr netip.Addr) error {
	req, err := unix.NewIfreq(tunName)
	if err != nil {
		return err
	}
	req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		return fmt.Errorf("%s: %w", tunName, err)
	}
	// The device would announce itself over IPv6, which has no place in the
	// lesson. It does no harm either where that can't be switched off.
	_ = os.WriteFile("/proc/sys/net/ipv6/conf/"+tunName+"/disable_ipv6", []byte("1"), 0)
	if err := setAddr(unix.SIOCSIFADDR, addr.As4()); err != nil {
		return err
	}
	if err := setAddr(unix.SIOCSIFNETMASK, [4]byte{255, 255, 255, 0}); err != nil {
		return err
	}
	return setUp(tunName)
}

// setAddr sets an address of the TUN device.
func setAddr(what uint, addr [4]byte) error {
	return interfaceIoctl(tunName, func(fd int, req *unix.Ifreq) error {
		if err := req.SetInet4Addr(addr[:]); err != nil {
			return err
		}
		if err := unix.IoctlIfreq(fd, what, req); err != nil {
			return fmt.Errorf("%s: setting its address: %w", tunName, err)
		}
		return nil
	})
}

// close ends the server, the link and the devices.
func (w *wire) close() error {
	return errors.Join(w.listener.Close(), w.link.Close())
}

// playLossy sends a fixed number of full segments up, and then another down.
func (l *Lab) playLossy(ctx context.Context) error {
	l.wire.link.Reset()
	served := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		err := l.wire.serve(ctx)
		if err != nil {
			// The client must not wait for a server that has given up.
			cancel()
		}
		served <- err
	}()
	err := l.wire.ask(ctx)
	if err != nil {
		cancel()
	}
	if err := errors.Join(err, <-served); err != nil {
		return err
	}
	l.wire.link.Drain()
	return nil
}

// ask is the client: it sends, reads the answer, says thanks, and closes first.
func (w *wire) ask(ctx context.Context) error {
	d := net.Dialer{Control: useControl}
	conn, err := d.DialContext(ctx, "tcp4", netip.AddrPortFrom(serverAddr(), PortPlain).String())
	if err != nil {
		return err
	}
	c, stop, err := own(ctx, conn)
	if err != nil {
		return err
	}
	defer stop()
	if err := transfer(c, upSegments, c.Write); err != nil {
		return fmt.Errorf("sending up: %w", err)
	}
	if err := transfer(c, downSegments, func(b []byte) (int, error) { return io.ReadFull(c, b) }); err != nil {
		return fmt.Errorf("reading what comes down: %w", err)
	}
	if _, err := io.WriteString(c, "thanks\n"); err != nil {
		return err
	}
	if err := c.CloseWrite(); err != nil {
		return err
	}
	return expectEOF(c)
}

// serve is the server of one connection. It returns when the client has
// acknowledged its FIN.
func (w *wire) serve(ctx context.Context) error {
	stopAccept := context.AfterFunc(ctx, func() { _ = w.listener.SetDeadline(time.Unix(1, 0)) })
	conn, err := w.listener.AcceptTCP()
	if !stopAccept() && err == nil {
		return errors.Join(ctx.Err(), conn.Close())
	}
	if err != nil {
		return err
	}
	c, stop, err := own(ctx, conn)
	if err != nil {
		return err
	}
	defer stop()
	if err := transfer(c, upSegments, func(b []byte) (int, error) { return io.ReadFull(c, b) }); err != nil {
		return fmt.Errorf("reading what comes up: %w", err)
	}
	if err := transfer(c, downSegments, c.Write); err != nil {
		return fmt.Errorf("sending down: %w", err)
	}
	thanks, err := io.ReadAll(c)
	if err != nil {
		return err
	}
	if string(thanks) != "thanks\n" {
		return fmt.Errorf("the client should have said thanks, but said %q", thanks)
	}
	return closeAcked(c)
}

// own takes a connection for the length of a play. stop closes it.
func own(ctx context.Context, conn net.Conn) (c *net.TCPConn, stop func(), err error) {
	c, ok := conn.(*net.TCPConn)
	if !ok {
		return nil, nil, errors.Join(errors.New("not a TCP connection"), conn.Close())
	}
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, nil, errors.Join(err, c.Close())
	}
	unwatch := closeWith(ctx, c)
	return c, func() {
		unwatch()
		// It is closed already when all went well.
		_ = c.Close()
	}, nil
}

// transfer moves that many full segments of text in one call of move, and checks
// what was read against what must have been sent. Whole segments keep the count
// of segments the same in every play.
func transfer(c *net.TCPConn, segments int, move func([]byte) (int, error)) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	mss, optErr := 0, error(nil)
	if err := raw.Control(func(fd uintptr) {
		mss, optErr = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG)
	}); err != nil {
		return err
	}
	if optErr != nil {
		return fmt.Errorf("asking for the segment size: %w", optErr)
	}
	want := text(segments * mss)
	b := append([]byte(nil), want...)
	if _, err := move(b); err != nil {
		return err
	}
	if string(b) != string(want) {
		return errors.New("the bytes that came are not those that were sent")
	}
	return nil
}
