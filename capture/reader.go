package capture

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"tcplens/internal/packet"
)

// File is a capture file that is being read: pcap or pcapng, as it is or
// compressed with gzip or zstd. It is a Source.
//
// The reading goroutine owns it, but ReadAt, Size and Progress may be called
// from any goroutine until Close.
type File struct {
	scan  scanner
	file  *os.File // as opened
	kept  *os.File // unpacked, if file is compressed
	total int64
	done  atomic.Int64
}

var _ Source = (*File)(nil)

// OpenFile opens a capture file and reads its head. It fails if the file cannot
// be opened, or is empty, or is not a capture; then the error names the file and
// says what it looks like. A pipe or a device gives ErrPipe: see NewStreamReader.
//
// A compressed file is unpacked while it is read into a private file without a
// name, in the folder that TMPDIR names.
func OpenFile(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, pathError(path, err)
	}
	if info.IsDir() {
		return nil, &FileError{Name: path, Err: ErrNotCapture, Detail: "it is a folder"}
	}
	if !info.Mode().IsRegular() {
		return nil, &FileError{Name: path, Err: ErrPipe}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, pathError(path, err)
	}
	f := &File{file: file, total: info.Size()}
	f.scan = scanner{name: path, eager: true, backed: true}
	if err := f.start(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// pathError puts the file's name first and drops the name of the system call.
func pathError(path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return &FileError{Name: path, Err: err}
}

func (f *File) start() error {
	head := make([]byte, packedHead)
	n, err := f.file.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return pathError(f.scan.name, err)
	}
	f.scan.src = (*counting)(f)
	z, err := unpacker(head[:n], (*counting)(f))
	if err != nil {
		f.scan.srcErr = err
		return f.scan.inputError(0)
	}
	if z != nil {
		k, err := newKeeper(z)
		if err != nil {
			return &FileError{Name: f.scan.name, Err: err}
		}
		f.kept, f.scan.src = k.file, k
	}
	return f.scan.start()
}

// counting is the file as opened, read in order, with a count of what was read.
type counting File

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.file.Read(p)
	c.done.Add(int64(n))
	return n, err
}

// Read fills b with the next packets. Their Data alias b.Buf.
func (f *File) Read(ctx context.Context, b *Batch) error { return f.scan.read(ctx, b) }

// ReadAt reads len(p) bytes at the place off of the file that packets' Pos point
// into: the unpacked one, if the file is compressed. It is io.ReaderAt.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if f.kept != nil {
		return f.kept.ReadAt(p, off)
	}
	return f.file.ReadAt(p, off)
}

// Size is the length of the file as it lies on disk when it was opened, in bytes.
func (f *File) Size() int64 { return f.total }

// Progress says how many bytes of the file as it lies on disk have been read,
// and how many there are. It may end short of the total, when what follows is
// damaged, or beyond it, when the file grows.
func (f *File) Progress() (done, total int64) { return f.done.Load(), f.total }

// Interfaces lists the interfaces that were named so far. A pcap file has one,
// without a name.
func (f *File) Interfaces() []packet.Interface { return f.scan.interfaces() }

// Section says where an interface was described: the section's number, from 1,
// and the interface's number in it, from 0 as pcapng counts. A pcap file, which
// numbers no interfaces, gives 0 and 0. The reading goroutine may call it.
func (f *File) Section(iface uint32) (section int, id uint32) { return f.scan.section(iface) }

// Secrets lists what the decryption secrets blocks met so far hold: TLS key
// logs, as text in the format of NSS. The reading goroutine may call it.
func (f *File) Secrets() [][]byte { return f.scan.secrets() }

// Counters says how many packets the capture that made the file had lost, as far as
// the interface statistics met so far tell. The reading goroutine may call it.
func (f *File) Counters() Counters { return f.scan.counters() }

// Comments lists the comments of the sections met so far, not yet made
// printable. The reading goroutine may call it.
func (f *File) Comments() []string { return f.scan.comments() }

// Close closes the file, and with it ends ReadAt. What a compressed file was
// unpacked into is gone then.
func (f *File) Close() error {
	var kept error
	if f.kept != nil {
		kept = f.kept.Close()
	}
	return errors.Join(f.file.Close(), kept)
}
