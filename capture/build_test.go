package capture

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"tcplens/internal/packet"
)

// byteOrder is what the builders below write numbers with.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// build makes captures by hand, in either byte order, so that the reader is not
// only tested against the writer.
type build struct {
	byteOrder
	b []byte
}

func little() *build { return &build{byteOrder: binary.LittleEndian} }
func big() *build    { return &build{byteOrder: binary.BigEndian} }

func (w *build) u16(v ...uint16) *build {
	for _, v := range v {
		w.b = w.AppendUint16(w.b, v)
	}
	return w
}

func (w *build) u32(v ...uint32) *build {
	for _, v := range v {
		w.b = w.AppendUint32(w.b, v)
	}
	return w
}

func (w *build) raw(p string) *build {
	w.b = append(w.b, p...)
	return w
}

// pcap writes a file header.
func (w *build) pcap(magic uint32, minor uint16, link uint32) *build {
	return w.u32(magic).u16(2, minor).u32(0, 0, 65535, link)
}

// record writes a pcap record whose lengths follow from the data.
func (w *build) record(sec, frac uint32, data string, wire uint32) *build {
	return w.u32(sec, frac, uint32(len(data)), wire).raw(data)
}

// block writes a pcapng block around a body.
func (w *build) block(typ uint32, body *build) *build {
	for len(body.b)%4 != 0 {
		body.b = append(body.b, 0)
	}
	n := uint32(len(body.b) + 12)
	return w.u32(typ, n).raw(string(body.b)).u32(n)
}

// body begins a block's body in the same byte order.
func (w *build) body() *build { return &build{byteOrder: w.byteOrder} }

// opt writes an option of a block.
func (w *build) opt(code uint16, value string) *build {
	w.u16(code, uint16(len(value))).raw(value)
	for len(w.b)%4 != 0 {
		w.b = append(w.b, 0)
	}
	return w
}

func (w *build) section() *build {
	return w.block(0x0a0d0d0a, w.body().u32(0x1a2b3c4d).u16(1, 0).u32(0xffffffff, 0xffffffff))
}

// iface describes an interface; opts may be nil.
func (w *build) iface(link uint16, snap uint32, opts *build) *build {
	body := w.body().u16(link, 0).u32(snap)
	if opts != nil {
		body.raw(string(opts.b)).opt(0, "")
	}
	return w.block(1, body)
}

// packet writes an enhanced packet block; opts may be nil.
func (w *build) packet(iface uint32, ticks uint64, data string, wire uint32, opts *build) *build {
	body := w.body().u32(iface, uint32(ticks>>32), uint32(ticks), uint32(len(data)), wire).raw(data)
	for len(body.b)%4 != 0 {
		body.b = append(body.b, 0)
	}
	if opts != nil {
		body.raw(string(opts.b))
	}
	return w.block(6, body)
}

// temp puts data into a file of the given name.
func temp(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// readAll reads a source to its end, which is nil for a clean one. The packets'
// data are copied, as the batch is used again.
func readAll(t testing.TB, src Source) ([]packet.Packet, error) {
	t.Helper()
	var b Batch
	var out []packet.Packet
	for {
		err := src.Read(context.Background(), &b)
		for _, p := range b.Packets {
			p.Data = append([]byte{}, p.Data...)
			out = append(out, p)
		}
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
	}
}

// readFile reads a file to its end and checks that what ReadAt gives at every
// packet's place is the packet.
func readFile(t testing.TB, path string) ([]packet.Packet, *File, error) {
	t.Helper()
	f, err := OpenFile(path)
	if err != nil {
		return nil, nil, err
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
	ps, err := readAll(t, f)
	for i, p := range ps {
		again := make([]byte, len(p.Data))
		if _, err := f.ReadAt(again, p.Pos); err != nil && err != io.EOF {
			t.Errorf("packet %d: ReadAt: %v", i+1, err)
		}
		if string(again) != string(p.Data) {
			t.Errorf("packet %d: at its place are other bytes", i+1)
		}
	}
	return ps, f, err
}
