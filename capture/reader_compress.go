package capture

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds what unpacking zstd may keep in memory, in bytes. It is what
// the zstd program allows unless told otherwise.
const maxWindow = 128 << 20

// unpacker returns what unpacks a stream that begins with head, or nil if the
// head is not that of a compressed stream. It may read from r at once. The
// reader it returns need not be closed when it was read to its end or dropped.
func unpacker(head []byte, r io.Reader) (io.Reader, error) {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}): // RFC 1952, section 2.3.1
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, &unpackError{err}
		}
		return &unpacking{z}, nil
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}): // RFC 8878, section 3.1.1
		// One at a time: then it works in the reading goroutine and holds no other.
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, &unpackError{err}
		}
		return &unpacking{z}, nil
	}
	return nil, nil
}

// unpacking marks what is wrong with the compressed data, so that it is not taken
// for trouble with the disk.
type unpacking struct{ z io.Reader }

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	if err != nil && err != io.EOF {
		err = &unpackError{err}
	}
	return n, err
}

type unpackError struct{ err error }

func (e *unpackError) Error() string { return e.err.Error() }
func (e *unpackError) Unwrap() error { return e.err }

// packedHead is how many bytes unpacker needs to see.
const packedHead = 4

// keeper is a reader that also writes to a private file what it reads, so that
// single packets can be read again.
type keeper struct {
	src  io.Reader
	file *os.File
}

// newKeeper makes the file in the system's folder for such. Its name is removed
// at once, so that nothing of it stays whatever becomes of the program.
func newKeeper(src io.Reader) (*keeper, error) {
	f, err := os.CreateTemp("", "tcplens-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return &keeper{src: src, file: f}, nil
}

func (k *keeper) Read(p []byte) (int, error) {
	n, err := k.src.Read(p)
	if m, werr := k.file.Write(p[:n]); werr != nil {
		return m, fmt.Errorf("cannot keep the unpacked capture (set TMPDIR to a folder with more room): %w", werr)
	}
	return n, err
}
