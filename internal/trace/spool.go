package trace

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"tcplens/internal/packet"
)

// PacketWriter writes packets as a capture file and says where their bytes are:
// WritePlaced fills each packet's Pos with the offset of its data in what has
// been written, Flush makes it readable there. *capture.Writer is one.
type PacketWriter interface {
	AddInterfaces(...packet.Interface) error
	WritePlaced([]packet.Packet) error
	Flush() error
}

// Spool is the store of a capture that no file backs: segment files in a private
// folder, oldest first. Whole segments are dropped when they take too much. The
// writer's methods belong to one goroutine; ReadAt may be called from any.
type Spool struct {
	dir     string
	open    func(io.Writer) (PacketWriter, error)
	segment int64 // bytes after which a new segment begins

	mu    sync.RWMutex // guards segs: readers hold it while they read
	segs  []segment
	base  int64 // number of segs[0], counted from 0
	bytes int64 // in all segments

	w       PacketWriter
	count   int // interfaces told to w
	written int64
	err     error
}

type segment struct {
	f    *os.File
	last packet.Number // newest packet in it
	size int64
}

// posBits is how many bits of a position are the offset within a segment.
const posBits = 40

// NewSpool makes a spool in a new private folder under dir (the system's place
// for temporary files if empty). segmentBytes bounds one segment file. open makes
// the writer of a segment.
func NewSpool(dir string, segmentBytes int64, open func(io.Writer) (PacketWriter, error)) (*Spool, error) {
	d, err := os.MkdirTemp(dir, "tcplens-") // made with mode 0700
	if err != nil {
		return nil, fmt.Errorf("making a folder for captured packets: %w: set TMPDIR to one with room", err)
	}
	return &Spool{dir: d, open: open, segment: segmentBytes}, nil
}

// Dir is the spool's folder.
func (s *Spool) Dir() string { return s.dir }

// Append writes packets, numbered from first on, and sets their Pos. Once it has
// failed it always fails: the trace must not have packets without bytes.
func (s *Spool) Append(ifaces []packet.Interface, first packet.Number, ps []packet.Packet) error {
	if s.err != nil || len(ps) == 0 {
		return s.err
	}
	s.err = s.append(ifaces, first, ps)
	return s.err
}

func (s *Spool) append(ifaces []packet.Interface, first packet.Number, ps []packet.Packet) error {
	if s.w == nil || s.written >= s.segment {
		if err := s.next(); err != nil {
			return err
		}
	}
	if n := len(ifaces); n > s.count {
		if err := s.w.AddInterfaces(ifaces[s.count:]...); err != nil {
			return s.explain(err)
		}
		s.count = n
	}
	if err := s.w.WritePlaced(ps); err != nil {
		return s.explain(err)
	}
	if err := s.w.Flush(); err != nil {
		return s.explain(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := len(s.segs) - 1
	seg := &s.segs[k]
	for i := range ps {
		ps[i].Pos |= (s.base + int64(k)) << posBits
	}
	seg.last = first + packet.Number(len(ps)) - 1
	s.bytes += s.written - seg.size
	seg.size = s.written
	return nil
}

// next begins a new segment. Its name is removed at once where the system lets a
// file live on without one, so that nothing is left behind whatever happens.
func (s *Spool) next() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := filepath.Join(s.dir, fmt.Sprintf("%06d.pcapng", s.base+int64(len(s.segs))))
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return s.explain(err)
	}
	_ = os.Remove(name) // Windows keeps it; Close removes the folder then
	s.segs = append(s.segs, segment{f: f})
	s.written, s.count = 0, 0
	s.w, err = s.open(&counting{f, &s.written})
	return err
}

type counting struct {
	w io.Writer
	n *int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	*c.n += int64(n)
	return n, err
}

func (s *Spool) explain(err error) error {
	// The file's own name helps nobody: it is private and has been removed.
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Errorf("captured packets: %w in %s: make room there or set TMPDIR; what came before is kept", err, filepath.Dir(s.dir))
}

// Size is the bytes that the segments take.
func (s *Spool) Size() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.bytes
}

// Drop frees the oldest segment and gives the number of its last packet; 0 if
// only the one that is being written is left.
func (s *Spool) Drop() packet.Number {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.segs) < 2 {
		return 0
	}
	old := s.segs[0]
	_ = old.f.Close()
	s.segs = append([]segment(nil), s.segs[1:]...)
	s.base++
	s.bytes -= old.size
	return old.last
}

// errGone says that a packet's segment has been dropped.
var errGone = errors.New("the packet was dropped to keep within the bounds (--mem, --disk)")

// ReadAt reads at a position that Append gave.
func (s *Spool) ReadAt(p []byte, pos int64) (int, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k := pos>>posBits - s.base
	if k < 0 || k >= int64(len(s.segs)) {
		return 0, errGone
	}
	return s.segs[k].f.ReadAt(p, pos&(1<<posBits-1))
}

// Close frees the spool and what it holds.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.segs {
		_ = g.f.Close()
	}
	s.segs = nil
	return os.RemoveAll(s.dir)
}
