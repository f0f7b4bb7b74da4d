package capture

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"tcplens/internal/packet"
)

// readSome reads until there are packets or the stream ends, and passes over
// heartbeats.
func readSome(t *testing.T, s Source, b *Batch) error {
	t.Helper()
	for {
		if err := s.Read(t.Context(), b); err != nil || len(b.Packets) > 0 {
			return err
		}
	}
}

// TestStreamIsPrompt writes a packet only after the one before it was read: a
// reader that waits for more than it needs would never end.
func TestStreamIsPrompt(t *testing.T) {
	type flushWriter interface {
		io.Writer
		Flush() error
	}
	for name, pack := range map[string]func(io.Writer) (flushWriter, error){
		"plain": nil,
		"gzip":  func(w io.Writer) (flushWriter, error) { return gzip.NewWriter(w), nil },
		"zstd": func(w io.Writer) (flushWriter, error) {
			return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			s := NewStreamReader(r, "standard input")
			defer s.Close()
			out, flush := io.Writer(w), func() error { return nil }
			if pack != nil {
				z, err := pack(w)
				if err != nil {
					t.Fatal(err)
				}
				out, flush = z, z.Flush
			}
			head := little().section().iface(1, 0, nil)
			send := func(p []byte) {
				t.Helper()
				if _, err := out.Write(p); err != nil {
					t.Fatal(err)
				}
				if err := flush(); err != nil {
					t.Fatal(err)
				}
			}
			send(head.b)
			var b Batch
			for i := range 50 {
				send(little().packet(0, uint64(i), "some data", 9, nil).b)
				if err := readSome(t, s, &b); err != nil {
					t.Fatal(err)
				}
				if p := b.Packets[0]; len(b.Packets) != 1 || p.Time != packet.Time(i)*1000 || string(p.Data) != "some data" || p.Pos != -1 {
					t.Fatalf("packet %d: %+v", i+1, b.Packets)
				}
			}
			if c, ok := out.(io.Closer); ok && pack != nil {
				if err := c.Close(); err != nil {
					t.Fatal(err)
				}
			}
			w.Close()
			if err := readSome(t, s, &b); err != io.EOF {
				t.Errorf("at the end: %v", err)
			}
		})
	}
}

// TestStreamQuiet holds that a stream on which nothing comes gives heartbeats,
// and ends at once with its context.
func TestStreamQuiet(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	s := NewStreamReader(r, "pipe")
	defer s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	var b Batch
	if err := s.Read(ctx, &b); err != nil || len(b.Packets) != 0 {
		t.Fatalf("quiet: %d packets, %v", len(b.Packets), err)
	}
	cancel()
	if err := s.Read(ctx, &b); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	ended := make(chan error)
	go func() {
		var err error
		for err == nil {
			err = s.Read(ctx, &b)
		}
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while it waits: %v", err)
	}
}

// TestStreamInPieces reads a stream that comes byte by byte.
func TestStreamInPieces(t *testing.T) {
	w := big().section().iface(1, 0, nil)
	for i := range 20 {
		w.block(0x0b0e, w.body().raw("nothing to keep"))
		w.packet(0, uint64(i), "0123456789"[:i%10], 10, nil)
	}
	r, pw := io.Pipe()
	go func() {
		for i := range w.b {
			if _, err := pw.Write(w.b[i : i+1]); err != nil {
				return
			}
		}
		pw.Close()
	}()
	s := NewStreamReader(r, "pipe")
	defer s.Close()
	ps, err := readAll(t, s)
	if err != nil || len(ps) != 20 {
		t.Errorf("%d packets, %v", len(ps), err)
	}
	if len(s.Interfaces()) != 1 || s.Secrets() != nil || s.Comments() != nil {
		t.Error("what the stream says of itself is wrong")
	}
	if section, id := s.Section(0); section != 1 || id != 0 {
		t.Errorf("section %d, number %d", section, id)
	}
}

func TestStreamReadError(t *testing.T) {
	broken := errors.New("the line is down")
	file := little().pcap(0xa1b2c3d4, 4, 1).record(1, 0, "x", 1).b
	s := NewStreamReader(io.MultiReader(bytes.NewReader(file), iotest.ErrReader(broken)), "line")
	defer s.Close()
	ps, err := readAll(t, s)
	if len(ps) != 1 || !errors.Is(err, broken) || err.Error() != "line: the line is down" {
		t.Errorf("%d packets, %v", len(ps), err)
	}
}
