//go:build unix

package lab

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// receiveRoom is the receive buffer that clients ask for, in bytes. Systems give
// what they allow.
const receiveRoom = 1 << 20

// roomForTwo gives a socket room for more than two full segments of loopback.
// Linux sends no segment of more than half of the largest window that it was
// offered, and an ordinary buffer offers one of 65,536 bytes.
func roomForTwo(_, _ string, c syscall.RawConn) error {
	var optErr error
	err := c.Control(func(fd uintptr) {
		optErr = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, receiveRoom)
	})
	// BSD kernels refuse what they do not allow, and the ordinary buffer stays.
	if errors.Is(optErr, unix.ENOBUFS) {
		optErr = nil
	}
	return errors.Join(err, optErr)
}

// waitReadable waits until bytes lie in the socket's receive buffer and leaves
// them there.
func waitReadable(c *net.TCPConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var peekErr error
	err = raw.Read(func(fd uintptr) (done bool) {
		_, _, peekErr = unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK)
		return !errors.Is(peekErr, unix.EAGAIN)
	})
	if err := errors.Join(err, peekErr); err != nil {
		return fmt.Errorf("waiting for bytes to arrive: %w", err)
	}
	return nil
}

// isReset says whether the other side has reset the connection.
func isReset(err error) bool { return errors.Is(err, unix.ECONNRESET) }

// isRefused says whether nobody listens on the other side.
func isRefused(err error) bool { return errors.Is(err, unix.ECONNREFUSED) }

// isTaken says whether another socket listens there.
func isTaken(err error) bool { return errors.Is(err, unix.EADDRINUSE) }
