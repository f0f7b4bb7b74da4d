package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"tcplens/capture"
	"tcplens/dissect"
	"tcplens/dissect/filter"
	"tcplens/internal/packet"
	"tcplens/internal/scan"
	"tcplens/internal/trace"
)

// record is one dissected packet on its way out.
type record struct {
	number packet.Number
	row    *trace.Row
	tree   *dissect.Tree
	cols   dissect.Columns
	bytes  []byte
	first  packet.Time // of the capture
	prev   packet.Time // of the packet printed before, this one's for the first
	nano   bool        // times have nine places, as the capture has them
}

// format writes packets in one form.
type format interface {
	want() dissect.Want
	begin(w io.Writer) error
	packet(w io.Writer, r *record) error
	end(w io.Writer) error
}

// printer writes the packets of a trace that match a filter.
type printer struct {
	w    io.Writer
	o    *options
	show *filter.Filter
	form format
	as   trace.Visit
	prev packet.Time
	any  bool

	matcher *trace.Matcher // made with the first packet
}

// all writes a complete trace, as it is known as a whole.
func (p *printer) all(ctx context.Context, t *trace.Trace) error {
	if err := p.form.begin(p.w); err != nil {
		return err
	}
	s := t.Snapshot()
	r := t.NewVisitor(p.as)
	var werr error
	_ = scan.New(t, p.as).Run(ctx, p.show, scan.Query{Snap: s, From: s.First()}, func(b scan.Batch) bool {
		for _, n := range b.Found {
			if werr = p.write(t, s, r, n); werr != nil {
				return false
			}
		}
		return true
	})
	if werr != nil {
		return werr
	}
	return p.form.end(p.w) // of what was printed, where somebody does not want to wait
}

// live writes packets as they come, until no more will, each as it was known when
// it came: what is printed does not depend on how fast that is.
func (p *printer) live(t *trace.Trace, out *bufio.Writer) error {
	p.as = trace.FirstVisit
	if err := p.form.begin(p.w); err != nil {
		return err
	}
	r := t.NewVisitor(p.as)
	next := packet.Number(1)
	for {
		done := t.Status().Done // before the snapshot, which then has everything
		s := t.Snapshot()
		for next = max(next, s.First()); next <= s.Last(); next++ {
			if err := p.one(t, s, r, next); err != nil {
				return err
			}
		}
		if err := out.Flush(); err != nil {
			return err
		}
		if done {
			return p.form.end(p.w)
		}
		<-t.Changed()
	}
}

// one writes packet n if it is to be shown.
func (p *printer) one(t *trace.Trace, s trace.Snapshot, r *trace.Reader, n packet.Number) error {
	if p.matcher == nil {
		p.matcher = t.NewMatcherOf(p.as, p.show)
	}
	if !p.matcher.Match(s, n) {
		return nil
	}
	return p.write(t, s, r, n)
}

// write writes packet n.
func (p *printer) write(t *trace.Trace, s trace.Snapshot, r *trace.Reader, n packet.Number) error {
	row := s.Row(n)
	if row == nil {
		return nil
	}
	tree, cols, err := r.Dissect(n, p.form.want())
	if err != nil {
		return nil // evicted while we were on the way to it; the header counts those
	}
	rec := record{number: n, row: row, tree: tree, cols: cols, bytes: r.Captured(), nano: r.Nano(), first: t.Status().First, prev: p.prev}
	if !p.any {
		rec.prev, p.any = row.Time, true
	}
	p.prev = row.Time
	return p.form.packet(p.w, &rec)
}

// copyTo writes the packets of a file that match to the file of -w.
func (o *options) copyTo(ctx context.Context, src *source, show *filter.Filter) error {
	secrets := src.pipe.File().Secrets()
	if o.keylog != "" {
		if o.write != "-" && capture.FormatOf(o.write) != capture.PcapNG {
			return errNoRoom()
		}
		text, err := os.ReadFile(o.keylog)
		if err != nil {
			return fmt.Errorf("--keylog: %w", err)
		}
		secrets = append(secrets, text)
	}
	w, err := o.saver(secrets...)
	if err != nil {
		return err
	}
	t := src.pipe.Trace()
	s := t.Snapshot()
	var numbers []packet.Number
	if show != nil {
		err := scan.New(t, trace.SecondVisit).Run(ctx, show, scan.Query{Snap: s, From: s.First()}, func(b scan.Batch) bool {
			numbers = append(numbers, b.Found...)
			return true
		})
		if err != nil {
			return errors.Join(err, w.Close())
		}
		if numbers == nil {
			numbers = []packet.Number{}
		}
	}
	_, err = writePackets(w, t, numbers)
	return err
}

// writePackets writes packets of a trace, all that are kept if numbers is nil,
// closes w and tells how many it wrote.
func writePackets(w *capture.Writer, t *trace.Trace, numbers []packet.Number) (int, error) {
	s := t.Snapshot()
	r := t.NewReader()
	count := 0
	put := func(n packet.Number) error {
		p, err := r.Packet(n)
		if err != nil {
			return nil // evicted meanwhile: it is not there to be written
		}
		if p.Link == packet.LinkRecord {
			return nil // a record of the other file, not a packet
		}
		if k := w.Interfaces(); k <= int(p.Iface) {
			if err := w.AddInterfaces(t.Interfaces()[k:]...); err != nil {
				return err
			}
		}
		count++
		return w.WritePackets([]packet.Packet{p})
	}
	err := func() error {
		if numbers != nil {
			for _, n := range numbers {
				if err := put(n); err != nil {
					return err
				}
			}
			return nil
		}
		for n := s.First(); n <= s.Last(); n++ {
			if err := put(n); err != nil {
				return err
			}
		}
		return nil
	}()
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	return count, err
}
