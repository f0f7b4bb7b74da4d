package capture

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"tcplens/internal/packet"
)

// Format is the format of a capture file.
type Format uint8

// The formats that are written.
const (
	PcapNG Format = iota // keeps interfaces, comments, secrets and nanoseconds
	Pcap                 // one link type, no comments
)

// String names the format as its files' usual suffix does.
func (f Format) String() string {
	if f == Pcap {
		return "pcap"
	}
	return "pcapng"
}

// FormatOf picks the format that a file's name asks for: pcap if .pcap, .cap or
// .dmp is in its ending, before .gz or .zst if there is one, and else pcapng.
func FormatOf(name string) Format {
	base := strings.ToLower(filepath.Base(name))
	base = strings.TrimSuffix(strings.TrimSuffix(base, ".gz"), ".zst")
	switch filepath.Ext(base) {
	case ".pcap", ".cap", ".dmp":
		return Pcap
	}
	return PcapNG
}

// writeBuffer is how much is gathered before it is written, in bytes.
const writeBuffer = 256 << 10

// Writer writes a capture file. One goroutine owns it. After an error it writes
// nothing more, and every method returns that error again.
type Writer struct {
	out    io.Writer
	name   string // of the file, for errors; empty if there is none
	format Format
	buf    []byte // whole blocks that were not written yet
	off    int64  // bytes written before buf, uncompressed
	ifaces []packet.Interface
	err    error

	begun bool            // the pcap file header is in
	nano  bool            // the pcap file keeps nanoseconds
	link  packet.LinkType // of the pcap file

	closers []func() error // what Close ends, in order
	flusher interface{ Flush() error }
	undo    func(int64) // cuts the file behind its last whole block; nil if it can't be
}

// NewWriter writes a capture to w. The interfaces are those that packets' Iface
// index; AddInterfaces adds such as are met later. Nothing reaches w before the
// first Flush or 256 KiB. Close does not close w.
//
// A pcap file has nanoseconds if one of its interfaces has when the first packet
// is written, and microseconds otherwise.
func NewWriter(w io.Writer, format Format, ifaces ...packet.Interface) (*Writer, error) {
	nw := &Writer{out: w, format: format, buf: make([]byte, 0, writeBuffer)}
	if format == PcapNG {
		nw.buf = appendSectionHeader(nw.buf)
	}
	if err := nw.AddInterfaces(ifaces...); err != nil {
		return nil, err
	}
	return nw, nil
}

// AddInterfaces describes more interfaces, whose indices follow those of the ones
// described so far. In pcapng they may come at any time.
func (w *Writer) AddInterfaces(ifaces ...packet.Interface) error {
	if w.err != nil {
		return w.err
	}
	for _, in := range ifaces {
		if w.format == PcapNG {
			w.buf = appendInterface(w.buf, in)
		}
		w.ifaces = append(w.ifaces, in)
	}
	return w.spill()
}

// Interfaces is how many interfaces have been described.
func (w *Writer) Interfaces() int { return len(w.ifaces) }

// Format is the format that is written.
func (w *Writer) Format() Format { return w.format }

// WriteSecrets keeps the text of a TLS key log in a decryption secrets block. It
// belongs before the packets that it opens. A pcap file has no room for it:
// that is an error, after which writing may go on.
func (w *Writer) WriteSecrets(keylog []byte) error {
	if w.err != nil {
		return w.err
	}
	if w.format != PcapNG {
		return w.named(errors.New("a pcap file cannot hold secrets: write pcapng"))
	}
	if len(keylog) > maxBlock-64 {
		return w.named(fmt.Errorf("secrets of %d bytes do not fit into a block", len(keylog)))
	}
	w.buf = appendSecrets(w.buf, keylog)
	return w.spill()
}

// WritePackets writes packets in their order. It reads their Data, Meta and, for
// pcapng, Comment; CapLen is taken from Data.
func (w *Writer) WritePackets(ps []packet.Packet) error { return w.write(ps, false) }

// WritePlaced is WritePackets and sets every packet's Pos to where its data begin
// in the file: counted in bytes from the Writer's first, before compression.
func (w *Writer) WritePlaced(ps []packet.Packet) error { return w.write(ps, true) }

func (w *Writer) write(ps []packet.Packet, place bool) error {
	if w.err != nil {
		return w.err
	}
	if !w.begun && w.format == Pcap && len(ps) > 0 {
		w.beginPcap(ps[0].Link)
	}
	for i := range ps {
		p := &ps[i]
		if err := w.check(p); err != nil {
			return err
		}
		var at int
		if w.format == Pcap {
			w.buf, at = appendRecord(w.buf, p, w.nano)
		} else {
			w.buf, at = AppendPacketBlock(w.buf, p)
		}
		if place {
			p.Pos = w.off + int64(at)
		}
		if len(w.buf) >= writeBuffer {
			if err := w.drain(); err != nil {
				return err
			}
		}
	}
	return nil
}

// check says what keeps a packet from being written. It ends the writing.
func (w *Writer) check(p *packet.Packet) error {
	switch {
	case w.format == Pcap && p.Link != w.link:
		w.err = fmt.Errorf("a pcap file holds one link type, and after %v comes %v: write pcapng", w.link, p.Link)
	case w.format == PcapNG && int64(p.Iface) >= int64(len(w.ifaces)):
		w.err = fmt.Errorf("a packet of interface %d, and %d are known", p.Iface, len(w.ifaces))
	case len(p.Data) > maxCapLen:
		w.err = fmt.Errorf("a packet of %d bytes, and %d is the most a capture may hold", len(p.Data), maxCapLen)
	default:
		return nil
	}
	w.err = w.named(w.err)
	return w.err
}

// beginPcap writes the file header, which is known with the first packet.
func (w *Writer) beginPcap(link packet.LinkType) {
	w.begun, w.link = true, link
	snap := uint32(0)
	for _, in := range w.ifaces {
		w.nano = w.nano || in.Nano
		if in.SnapLen == 0 {
			snap = maxCapLen
		}
		snap = max(snap, in.SnapLen)
	}
	if snap == 0 || snap > maxCapLen {
		snap = maxCapLen
	}
	w.buf = appendPcapHeader(w.buf, link, snap, w.nano)
}

// Offset is where the next byte goes: bytes from the Writer's first, before
// compression, those not flushed yet included.
func (w *Writer) Offset() int64 { return w.off + int64(len(w.buf)) }

// spill writes what has been gathered when it is enough.
func (w *Writer) spill() error {
	if len(w.buf) < writeBuffer {
		return nil
	}
	return w.drain()
}

// drain writes what has been gathered.
func (w *Writer) drain() error {
	if len(w.buf) == 0 {
		return nil
	}
	n, err := w.out.Write(w.buf)
	if err == nil && n < len(w.buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		if w.undo != nil {
			w.undo(w.off + int64(w.whole(w.buf, n)))
		}
		w.err = w.named(err)
		return w.err
	}
	w.off += int64(n)
	w.buf = w.buf[:0]
	return nil
}

// whole is how many of the first n bytes of p are whole blocks or records.
func (w *Writer) whole(p []byte, n int) int {
	i := 0
	if w.format == Pcap && w.off == 0 {
		if i = pcapHeader; i > n {
			return 0
		}
	}
	for i < n {
		next := i + recordSize(p[i:], w.format)
		if next > n {
			break
		}
		i = next
	}
	return i
}

// Flush writes what has been gathered, through a compressor too, so that a reader
// of the file sees every packet so far.
func (w *Writer) Flush() error {
	if w.err != nil {
		return w.err
	}
	if w.format == Pcap && !w.begun && len(w.ifaces) > 0 {
		w.beginPcap(w.ifaces[0].Link)
	}
	if err := w.drain(); err != nil {
		return err
	}
	if w.flusher != nil {
		if err := w.flusher.Flush(); err != nil {
			w.err = w.named(err)
		}
	}
	return w.err
}

// Close flushes, ends a compressed stream, and closes the file if CreateFile
// opened it. A pcap file without packets gets its header, if an interface is
// known to give the link type. Close may be called again, to no effect.
func (w *Writer) Close() error {
	err := w.Flush()
	for _, end := range w.closers {
		if e := end(); e != nil && err == nil {
			err = w.named(e)
		}
	}
	w.closers, w.flusher, w.undo = nil, nil, nil
	if w.err == nil {
		w.err = w.named(fs.ErrClosed)
	} else if errors.Is(w.err, fs.ErrClosed) {
		return nil
	}
	return err
}

// named puts the file's name before an error, in place of the system call's.
func (w *Writer) named(err error) error {
	if w.name == "" {
		return err
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("%s: %w", w.name, err)
}
