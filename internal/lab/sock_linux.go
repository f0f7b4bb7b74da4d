package lab

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// loopback is the name of the loopback interface.
const loopback = "lo"

// lingerFor bounds how long closeAcked waits, in seconds.
const lingerFor = 5

// ackNow sends an ACK that is being delayed, and none when nothing is to be
// acknowledged (tcp(7), TCP_QUICKACK).
func ackNow(c *net.TCPConn) error {
	return setsockopt(c, unix.TCP_QUICKACK, 1, "acknowledging at once")
}

// closeAcked closes c and waits until the other side has acknowledged all that
// was sent, the FIN too: close lingers (socket(7), SO_LINGER).
func closeAcked(c *net.TCPConn) error {
	if err := c.SetLinger(lingerFor); err != nil {
		return fmt.Errorf("making close wait: %w", err)
	}
	return c.Close()
}

// setsockopt sets a TCP option to a number.
func setsockopt(c *net.TCPConn, option, value int, doing string) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var optErr error
	if err := raw.Control(func(fd uintptr) {
		optErr = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, option, value)
	}); err != nil {
		return err
	}
	if optErr != nil {
		return fmt.Errorf("%s: %w", doing, optErr)
	}
	return nil
}
