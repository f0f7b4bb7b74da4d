package lab

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// endOfCapture is sent behind the traffic, to know that all of it has been read.
const endOfCapture = "tcplens: end of capture"

// The ring of a capture. A slot holds the largest packet of loopback with what
// the kernel puts before it; there are enough for every packet of a lesson.
const (
	slotSize = 128 << 10
	slots    = 128
)

// frame is one packet as an AF_PACKET socket gave it.
type frame struct {
	sec, nsec int64
	data      []byte // from the link header on
	ip        []byte // from the IP header on
	outgoing  bool
}

// capture reads one interface.
type capture struct {
	t    *testing.T
	fd   int
	ring []byte // slots of slotSize bytes, in the order in which the kernel fills them
	tun  bool
	done chan struct{}
	// The goroutine that reads owns these until done is closed.
	frames []frame
	err    error
}

// startCapture begins to capture; every packet from now on is kept.
func startCapture(t *testing.T, name string) *capture {
	t.Helper()
	iface, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	all := binary.BigEndian.Uint16([]byte{unix.ETH_P_ALL >> 8, unix.ETH_P_ALL & 0xff})
	var swapped [2]byte
	binary.NativeEndian.PutUint16(swapped[:], all)
	protocol := binary.BigEndian.Uint16(swapped[:])
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(protocol))
	if err != nil {
		t.Fatal("opening a packet socket:", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V2); err != nil {
		t.Fatal(err)
	}
	// A ring, unlike a socket's buffer, may be large in a user namespace too.
	ring := &unix.TpacketReq{Block_size: slotSize, Block_nr: slots, Frame_size: slotSize, Frame_nr: slots}
	if err := unix.SetsockoptTpacketReq(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, ring); err != nil {
		t.Fatal("making the ring of the packet socket:", err)
	}
	mem, err := unix.Mmap(fd, 0, slots*slotSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: protocol, Ifindex: iface.Index}); err != nil {
		t.Fatal(err)
	}
	c := &capture{t: t, fd: fd, ring: mem, tun: iface.Flags&net.FlagLoopback == 0, done: make(chan struct{})}
	go c.read()
	return c
}

// read keeps the TCP packets until the end of the capture is seen. On loopback
// every packet passes twice, out and in; as libpcap does, it keeps the latter.
func (c *capture) read() {
	defer close(c.done)
	for i := 0; ; i = (i + 1) % slots {
		slot := c.ring[i*slotSize:][:slotSize]
		header := (*unix.Tpacket2Hdr)(unsafe.Pointer(&slot[0]))
		for atomic.LoadUint32(&header.Status)&unix.TP_STATUS_USER == 0 {
			_, err := unix.Poll([]unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLIN}}, -1)
			if err != nil && err != unix.EINTR {
				c.err = err
				return
			}
		}
		// The address follows the header, which has a whole number of words.
		address := (*unix.RawSockaddrLinklayer)(unsafe.Pointer(&slot[unsafe.Sizeof(*header)]))
		f := frame{
			sec:      int64(header.Sec),
			nsec:     int64(header.Nsec),
			data:     bytes.Clone(slot[header.Mac:][:header.Snaplen]),
			ip:       bytes.Clone(slot[header.Net:][:header.Snaplen-uint32(header.Net-header.Mac)]),
			outgoing: address.Pkttype == unix.PACKET_OUTGOING,
		}
		atomic.StoreUint32(&header.Status, unix.TP_STATUS_KERNEL)
		if bytes.Contains(f.ip, []byte(endOfCapture)) {
			return
		}
		if _, ok := parse(f.ip); ok && (c.tun || !f.outgoing) {
			c.frames = append(c.frames, f)
		}
	}
}

// stop ends the capture and gives what was captured.
func (c *capture) stop() []frame {
	c.t.Helper()
	to := netip.AddrPortFrom(local4(), 9)
	if c.tun {
		to = netip.AddrPortFrom(serverAddr(), 9)
	}
	marker, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		c.t.Fatal(err)
	}
	defer marker.Close()
	if _, err := marker.Write([]byte(endOfCapture)); err != nil {
		c.t.Fatal(err)
	}
	<-c.done
	if c.err != nil {
		c.t.Fatal("capturing:", c.err)
	}
	stats, err := unix.GetsockoptTpacketStats(c.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		c.t.Fatal(err)
	}
	if stats.Drops > 0 {
		c.t.Fatalf("the packet socket lost %d packets", stats.Drops)
	}
	if err := errors.Join(unix.Munmap(c.ring), unix.Close(c.fd)); err != nil {
		c.t.Fatal(err)
	}
	return c.frames
}

// writePcap writes a capture file with nanoseconds.
func writePcap(path string, frames []frame, tun bool) error {
	link := uint32(1) // LINKTYPE_ETHERNET
	if tun {
		link = 101 // LINKTYPE_RAW
	}
	var b bytes.Buffer
	put := func(v ...uint32) {
		for _, x := range v {
			b.Write(binary.LittleEndian.AppendUint32(nil, x))
		}
	}
	put(0xa1b23c4d, 2|4<<16, 0, 0, 262144, link)
	for _, f := range frames {
		put(uint32(f.sec), uint32(f.nsec), uint32(len(f.data)), uint32(len(f.data)))
		b.Write(f.data)
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// tcp is one captured segment, as the tests look at it.
type tcp struct {
	segment
	data []byte
	up   bool // sent by the client, the end that sent the first SYN
}

// String is like "> PA 6": direction, flags, and bytes of data if there are any.
func (s tcp) String() string {
	arrow := "<"
	if s.up {
		arrow = ">"
	}
	var flags strings.Builder
	for i, letter := range "FSRPAUEC" {
		if s.flags&(1<<i) != 0 {
			flags.WriteRune(letter)
		}
	}
	if s.len > 0 {
		return fmt.Sprintf("%s %s %d", arrow, &flags, s.len)
	}
	return arrow + " " + flags.String()
}

// conversation reads the frames as the segments of one connection.
func conversation(t *testing.T, frames []frame) []tcp {
	t.Helper()
	var all []tcp
	for _, f := range frames {
		s, ok := parse(f.ip)
		if !ok {
			t.Fatalf("not a TCP packet: % x", f.ip)
		}
		end := len(f.ip)
		all = append(all, tcp{segment: s, data: f.ip[end-s.len : end]})
	}
	if len(all) == 0 {
		t.Fatal("nothing was captured")
	}
	client := all[0].flow
	for i := range all {
		switch all[i].flow {
		case client:
			all[i].up = true
		case client.Reverse():
		default:
			t.Fatalf("a packet of another connection: %v in one of %v", all[i].flow, client)
		}
	}
	return all
}

// sent joins the data of one direction of a conversation in which nothing was
// sent twice.
func sent(all []tcp, up bool) []byte {
	var b []byte
	for _, s := range all {
		if s.up == up {
			b = append(b, s.data...)
		}
	}
	return b
}

// texts writes the segments from the first that has the flag.
func texts(all []tcp, from uint8) []string {
	var list []string
	for _, s := range all {
		if len(list) > 0 || from == 0 || s.flags&from != 0 {
			list = append(list, s.String())
		}
	}
	return list
}
