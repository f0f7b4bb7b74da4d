package e2e

import (
	"net"
	"testing"
)

// connected gives both ends of a TCP connection to an address of this machine. They
// are closed when the test ends, if they are not before.
func connected(t *testing.T, addr string) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err = net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	server, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = client.Close() // the test may have closed them, and holds those errors itself
		_ = server.Close()
	})
	return client, server
}
