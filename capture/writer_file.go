package capture

import (
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"tcplens/internal/packet"
)

// CreateFile makes a capture file, or empties the one that is there. Its name
// tells the format (see FormatOf) and, ending in .gz or .zst, how to compress
// it. Errors, of writing too, begin with the name; if the disk becomes full, a
// file that is not compressed ends with the last packet that fits.
func CreateFile(path string, ifaces ...packet.Interface) (*Writer, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, pathError(path, err)
	}
	var out io.Writer = f
	var z interface {
		io.WriteCloser
		Flush() error
	}
	switch low := strings.ToLower(path); {
	case strings.HasSuffix(low, ".gz"):
		z = gzip.NewWriter(f)
	case strings.HasSuffix(low, ".zst"):
		// One at a time: it then needs no goroutines of its own.
		if z, err = zstd.NewWriter(f, zstd.WithEncoderConcurrency(1)); err != nil {
			f.Close()
			return nil, pathError(path, err)
		}
	}
	if z != nil {
		out = z
	}
	w, err := NewWriter(out, FormatOf(path), ifaces...)
	if err != nil {
		f.Close()
		return nil, err
	}
	w.name = path
	if z != nil {
		w.flusher = z
		w.closers = append(w.closers, z.Close)
	} else if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		// If this fails too, the file keeps a last packet that is cut, which
		// readers can deal with.
		w.undo = func(size int64) { _ = f.Truncate(size) }
	}
	w.closers = append(w.closers, f.Close)
	return w, nil
}
