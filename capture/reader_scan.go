package capture

import (
	"context"
	"errors"
	"io"
	"slices"

	"tcplens/internal/packet"
)

const (
	// chunkSize is how much is read at a time, in bytes. Larger chunks leave the
	// processor's cache before their packets are looked at.
	chunkSize = 512 << 10

	// maxCapLen is the longest packet that is believed, in bytes: libpcap's
	// MAXIMUM_SNAPLEN, and the limit that tshark keeps for all but USB captures.
	maxCapLen = 262144

	// maxBlock bounds a pcapng block that has to be in memory whole, in bytes.
	// Others are skipped, whatever their length.
	maxBlock = 16 << 20
)

// errQuiet is what a scanner's input says when nothing came for a heartbeat.
var errQuiet = errors.New("nothing to read now")

// decoder takes the records of one file format apart.
type decoder interface {
	// decode appends the packets of p to b. It returns how many bytes of p are
	// done with, which may be more than p has when the rest of a block is of no
	// interest, and how many bytes the record that follows needs at least. The
	// offset of p in the file is for the packets' Pos; −1 says that there is no
	// file to point into.
	decode(b *Batch, p []byte, off int64) (used, need int, f *fault)

	// cut says what is missing when a file ends with the rest p, which is too short
	// for a record; nil if nothing is.
	cut(p []byte) *fault

	interfaces() []packet.Interface
}

// scanner is what files and streams have in common: it reads chunks from an
// input straight into the batches' buffers and has a decoder find the packets.
type scanner struct {
	name   string
	src    io.Reader
	eager  bool // fill a chunk before decoding; else take what is there
	backed bool // packets have a position

	dec    decoder // nil until the file's first bytes were seen
	carry  []byte  // what was read and not decoded
	off    int64   // where carry begins in the file, or the next read if it is empty
	skip   int     // bytes yet to come that are of no interest
	need   int     // least number of bytes that the next record takes
	count  packet.Number
	srcErr error // what the input ended with
	err    error // what reading ended with
}

// start reads as much as it takes to know the format.
func (s *scanner) start() error {
	for s.dec == nil {
		if used, f := s.sniff(s.carry, s.srcErr == io.EOF); f != nil {
			s.err = s.wrap(f)
			return s.err
		} else if s.dec != nil {
			s.advance(s.carry, used)
			return nil
		}
		if s.srcErr != nil {
			s.err = s.inputError(len(s.carry))
			return s.err
		}
		n := len(s.carry)
		s.carry = slices.Grow(s.carry, headSize)
		m, err := s.src.Read(s.carry[n : n+headSize])
		s.carry, s.srcErr = s.carry[:n+m], err
	}
	return nil
}

// headSize is how much is read at first, to tell what a file is, in bytes.
const headSize = 4096

// sniff picks the decoder from the first bytes of a file and says how many of
// them it consumed. With neither decoder nor fault, more bytes are needed.
func (s *scanner) sniff(p []byte, end bool) (used int, f *fault) {
	switch {
	case len(p) == 0 && end:
		return 0, &fault{err: ErrEmpty}
	case len(p) < 4 && !end:
		return 0, nil
	case len(p) >= 4 && isPcapNG(p):
		s.dec = &ngDecoder{}
		return 0, nil
	case len(p) >= 4 && isPcap(p):
		if len(p) < pcapHeader {
			if end {
				return 0, &fault{err: ErrCut, detail: "in the middle of the file's header"}
			}
			return 0, nil
		}
		d, f := newPcapDecoder(p)
		if f != nil {
			return 0, f
		}
		s.dec = d
		return pcapHeader, nil
	case len(p) < 16 && !end:
		return 0, nil
	}
	return 0, &fault{err: ErrNotCapture, detail: looksLike(p)}
}

// read is Source.Read.
func (s *scanner) read(ctx context.Context, b *Batch) error {
	b.Reset()
	for {
		if s.err != nil {
			return s.err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		quiet := s.fill(b)
		s.decode(b)
		if len(b.Packets) > 0 {
			s.count += packet.Number(len(b.Packets))
			return nil
		}
		if quiet {
			return ctx.Err() // a cancelled input is quiet too
		}
	}
}

// fill puts what was left over and what comes next into the batch's buffer. It
// reports whether the input has nothing for now.
func (s *scanner) fill(b *Batch) (quiet bool) {
	want := max(chunkSize, s.need)
	if cap(b.Buf) < want {
		b.Buf = make([]byte, 0, want)
	}
	buf := b.Buf[:want]
	n := copy(buf, s.carry)
	s.carry = s.carry[:0]
	least := max(s.need, n+1)
	if s.eager {
		least = want
	}
	for n < least && s.srcErr == nil {
		m, err := s.src.Read(buf[n:])
		if s.skip > 0 {
			k := min(s.skip, m)
			copy(buf[n:], buf[n+k:n+m])
			s.skip -= k
			s.off += int64(k)
			m -= k
		}
		n += m
		if err == errQuiet {
			quiet = true
			break
		}
		s.srcErr = err
	}
	b.Buf = buf[:n]
	return quiet
}

// decode turns the batch's buffer into packets and keeps the rest for later.
func (s *scanner) decode(b *Batch) {
	p := b.Buf
	if s.dec == nil {
		used, f := s.sniff(p, s.srcErr == io.EOF)
		if f != nil {
			s.err = s.wrap(f)
			return
		}
		if s.dec == nil {
			s.advance(p, 0)
			if s.srcErr != nil {
				s.err = s.inputError(len(p))
			}
			return
		}
		s.off += int64(used)
		p = p[used:]
	}
	off := s.off
	if !s.backed {
		off = -1
	}
	used, need, f := s.dec.decode(b, p, off)
	s.need = need
	if f != nil {
		s.err = s.wrapAfter(f, len(b.Packets))
		return
	}
	s.advance(p, used)
	if s.srcErr == nil {
		return
	}
	if s.srcErr != io.EOF {
		s.err = s.inputError(len(s.carry))
	} else if f := s.dec.cut(s.carry); f != nil {
		s.err = s.wrapAfter(f, len(b.Packets))
	} else {
		s.err = io.EOF
	}
}

// advance notes that used bytes of p are done with and keeps the others. The
// rest is less than a record, so keeping it is a short copy.
func (s *scanner) advance(p []byte, used int) {
	s.off += int64(min(used, len(p)))
	if used > len(p) {
		s.skip += used - len(p)
		used = len(p)
	}
	s.carry = append(s.carry[:0], p[used:]...)
}

// wrap makes a decoder's complaint an error of this file.
func (s *scanner) wrap(f *fault) error { return s.wrapAfter(f, 0) }

// wrapAfter is wrap when n packets came in the same chunk before the complaint.
func (s *scanner) wrapAfter(f *fault, n int) error {
	e := &FileError{Name: s.name, Offset: s.off + int64(f.at), Detail: f.detail, Err: f.err}
	if f.packet {
		e.Packet = s.count + packet.Number(n) + 1
	}
	return e
}

// inputError is what to say when the input failed before its end.
func (s *scanner) inputError(rest int) error {
	e := &FileError{Name: s.name, Offset: s.off + int64(rest), Err: s.srcErr}
	var u *unpackError
	switch {
	case errors.Is(s.srcErr, io.ErrUnexpectedEOF):
		e.Err, e.Detail = ErrCut, "the compressed data end too early"
	case errors.As(s.srcErr, &u):
		e.Err, e.Detail = ErrDamaged, "it cannot be unpacked from here on: "+u.Error()
	}
	return e
}

func (s *scanner) interfaces() []packet.Interface {
	if s.dec == nil {
		return nil
	}
	return s.dec.interfaces()
}

func (s *scanner) section(iface uint32) (section int, id uint32) {
	d, ok := s.dec.(*ngDecoder)
	if !ok {
		return 0, 0
	}
	for n := len(d.sections); n > 0; n-- {
		if first := uint32(d.sections[n-1]); first <= iface {
			return n, iface - first
		}
	}
	return 0, 0
}

func (s *scanner) secrets() [][]byte {
	if d, ok := s.dec.(*ngDecoder); ok {
		return d.secrets
	}
	return nil
}

func (s *scanner) counters() Counters {
	if d, ok := s.dec.(*ngDecoder); ok {
		return d.counters()
	}
	return Counters{}
}

func (s *scanner) comments() []string {
	if d, ok := s.dec.(*ngDecoder); ok {
		return d.comments
	}
	return nil
}
