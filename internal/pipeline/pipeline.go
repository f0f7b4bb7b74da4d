// Package pipeline is the goroutines between a source of packets and a trace:
//
//	source → decode → sequence → trace
//
// One goroutine reads the source, and writes what no file backs to the spool and
// what is to be saved to its file. Decoding finds the headers; a file has several
// goroutines for it. One goroutine puts the packets in order and into the trace.
// The channels between them are bounded: when a later stage is slow, the source
// is read more slowly, and a kernel that has no more room counts what it drops.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"tcplens/capture"
	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/tlskeys"
	"tcplens/internal/trace"
)

// Options say how a capture is to be kept.
type Options struct {
	Name     string            // what the status calls the source
	DecodeAs *dissect.DecodeAs // nil for none
	Count    uint64            // stop after so many packets; 0: never
	Save     *capture.Writer   // every packet is written to it as well; nil for none
	SaveName string            // its file's name, for the status
	Dir      string            // where the spool's folder is made; empty: the system's place
	Disk     int64             // bytes that spooled packets may take; 0: DefaultDisk
	Mem      int64             // bytes that rows and tables may take; 0: DefaultMem
	Keys     *tlskeys.Log      // secrets that open TLS, which may grow; nil: none but those that follow
	KeyLog   string            // file of TLS secrets, read as it grows; empty for none
	KeyMaybe bool              // it is no fault if KeyLog is not there
	KeyPoll  time.Duration     // how often to look for new secrets, at most; 0: DefaultKeyPoll
	SaveKeys bool              // what comes from KeyLog goes into what Save writes, if that has room for it
}

// The bounds of a capture that no file backs, unless others are given.
const (
	DefaultDisk = 2 << 30
	DefaultMem  = 256 << 20
)

// Pipeline fills one trace. Run is called from one goroutine at a time; it may be
// called again after it has returned, with another source, to go on with the same
// trace.
type Pipeline struct {
	opts  Options
	trace *trace.Trace
	w     *trace.Writer
	spool *trace.Spool  // nil when a file backs the packets
	file  *capture.File // nil unless it does
	n     packet.Number // packets passed on by the reading goroutine
	busy  atomic.Int64  // batches between the source and the trace
	quiet chan struct{} // one slot: told when nothing is under way
	keys  keyFile
}

// OpenFile makes the pipeline of a file that can be read at any place. It and the
// file are one: Run reads it, Close closes it.
func OpenFile(path string, o Options) (*Pipeline, error) {
	f, err := capture.OpenFile(path)
	if err != nil {
		return nil, err
	}
	p := &Pipeline{opts: o, file: f, quiet: make(chan struct{}, 1)}
	p.begin(f)
	return p, nil
}

// New makes the pipeline of a source that must be spooled: a live capture, a pipe.
func New(o Options) (*Pipeline, error) {
	if o.Disk == 0 {
		o.Disk = DefaultDisk
	}
	if o.Mem == 0 {
		o.Mem = DefaultMem
	}
	segment := min(max(o.Disk/16, 1<<20), 64<<20)
	sp, err := trace.NewSpool(o.Dir, segment, func(w io.Writer) (trace.PacketWriter, error) {
		return capture.NewWriter(w, capture.PcapNG)
	})
	if err != nil {
		return nil, err
	}
	p := &Pipeline{opts: o, spool: sp, quiet: make(chan struct{}, 1)}
	p.begin(sp)
	return p, nil
}

// begin makes the trace over its store.
func (p *Pipeline) begin(store trace.Store) {
	o := &p.opts
	p.keys = keyFile{path: o.KeyLog, maybe: o.KeyMaybe, keep: o.SaveKeys, log: o.Keys, pace: o.KeyPoll, now: time.Now}
	if p.keys.log == nil {
		p.keys.log = &tlskeys.Log{}
	}
	if p.keys.pace == 0 {
		p.keys.pace = DefaultKeyPoll
	}
	p.trace = trace.New(store, o.DecodeAs)
	var refresh func(bool)
	if o.KeyLog != "" || o.Keys != nil {
		refresh = p.keys.refresh
	}
	p.trace.UseKeys(p.keys.log, refresh)
	p.w = p.trace.Writer()
	p.w.Set(func(s *trace.Status) { s.Source, s.Saving = o.Name, o.SaveName })
}

// Trace is what the pipeline fills.
func (p *Pipeline) Trace() *trace.Trace { return p.trace }

// File is the file that backs the trace, nil if none does.
func (p *Pipeline) File() *capture.File { return p.file }

// Close frees the spool or the file, and ends what is saved. The trace can give
// no bytes after it.
func (p *Pipeline) Close() error {
	var err error
	if p.opts.Save != nil {
		err = p.opts.Save.Close()
	}
	if p.spool != nil {
		err = errors.Join(err, p.spool.Close())
	}
	if p.file != nil {
		err = errors.Join(err, p.file.Close())
	}
	return err
}

// Idle has a value after everything that was read has reached the trace and
// nothing more was there to be read. It is one signal for one waiter.
func (p *Pipeline) Idle() <-chan struct{} { return p.quiet }

// job is a batch on its way.
type job struct {
	batch capture.Batch
	rows  []trace.Scanned
	ready chan struct{}
	evict packet.Number // forget the packets up to this one first
	tell  func()        // runs in order with the batches
}

// RunFile reads the whole file that OpenFile opened, or what of it passes a
// capture filter.
func (p *Pipeline) RunFile(ctx context.Context, filter string) error {
	var src capture.Source = p.file
	if filter != "" {
		f, err := capture.FilterSource(p.file, filter)
		if err != nil {
			return err
		}
		src = f
		p.w.Set(func(s *trace.Status) { s.Filter = filter })
	}
	return p.Run(ctx, src)
}

// Run moves packets from src into the trace until src ends, the context does, or
// Options.Count packets have come. It closes src unless that is the pipeline's
// own file. The error says why the packets ended before their time; those that
// came before it are in the trace, whose status has the error too.
func (p *Pipeline) Run(ctx context.Context, src capture.Source) error {
	workers, depth := 1, 8
	if p.file != nil {
		workers = max(1, runtime.NumCPU()-1)
		depth = 4 + 2*workers
	}
	p.w.Set(func(s *trace.Status) { s.Live, s.Done, s.Err = p.file == nil, false, nil })
	free := make(chan *job, depth)
	for range depth {
		free <- &job{ready: make(chan struct{}, 1)}
	}
	work := make(chan *job, depth)
	order := make(chan *job, depth)
	for range workers {
		go p.decode(work)
	}
	var err error
	go func() {
		defer close(order)
		defer close(work)
		err = p.read(ctx, src, free, work, order)
		if p.file == nil {
			err = errors.Join(err, src.Close())
		}
	}()
	for j := range order {
		<-j.ready
		if j.evict > 0 {
			p.w.Evict(j.evict)
			j.evict = 0
		}
		if j.tell != nil {
			j.tell()
			j.tell = nil
		}
		if len(j.rows) > 0 {
			p.w.Append(j.rows)
		}
		p.done(len(j.rows) == 0)
		free <- j
	}
	p.saveSecrets(p.keys.take()) // what was read behind the last batch
	p.w.End(err)
	return err
}

// done notes that a batch has reached the trace; an empty one says that the
// source has been quiet.
func (p *Pipeline) done(quiet bool) {
	if p.busy.Add(-1) == 0 && quiet {
		select {
		case p.quiet <- struct{}{}:
		default:
		}
	}
}

// decode finds the headers of batches.
func (p *Pipeline) decode(work <-chan *job) {
	d := dissect.NewDissection(p.opts.DecodeAs)
	var in dissect.Input
	for j := range work {
		n := len(j.batch.Packets)
		for cap(j.rows) < n {
			j.rows = append(j.rows[:cap(j.rows)], trace.Scanned{})
		}
		j.rows = j.rows[:n]
		for i := range j.rows {
			j.rows[i].Packet = j.batch.Packets[i]
			in.Packet = j.batch.Packets[i]
			d.Scan(&in, &j.rows[i].Headers)
		}
		j.ready <- struct{}{}
	}
}

// read is the reading goroutine.
func (p *Pipeline) read(ctx context.Context, src capture.Source, free <-chan *job, work, order chan<- *job) error {
	known := 0
	p.keys.all()
	p.saveSecrets(p.keys.take())
	keys := p.keys.status()
	p.w.Set(func(s *trace.Status) { s.Keys = keys })
	for {
		var j *job
		select {
		case j = <-free:
		case <-ctx.Done():
			return nil
		}
		err := src.Read(ctx, &j.batch)
		p.busy.Add(1)
		if left := p.opts.Count - uint64(p.n); p.opts.Count > 0 && uint64(len(j.batch.Packets)) >= left {
			j.batch.Packets = j.batch.Packets[:left]
			err = io.EOF
		}
		if len(j.batch.Packets) > 0 {
			if serr := p.keep(src, j); serr != nil {
				j.batch.Packets = j.batch.Packets[:0]
				err = serr
			}
		}
		p.n += packet.Number(len(j.batch.Packets))
		ifaces := src.Interfaces()
		grown := len(ifaces) > known
		known = len(ifaces)
		j.tell = p.report(src, ifaces, grown)
		order <- j
		work <- j
		switch {
		case err == nil:
		case errors.Is(err, io.EOF), ctx.Err() != nil && errors.Is(err, ctx.Err()):
			return nil
		default:
			return err
		}
	}
}

// keep writes a batch to where it must be kept before anyone may read it again.
func (p *Pipeline) keep(src capture.Source, j *job) error {
	ifaces := src.Interfaces()
	if p.spool != nil {
		if err := p.spool.Append(ifaces, p.n+1, j.batch.Packets); err != nil {
			return err
		}
		for p.spool.Size() > p.opts.Disk || p.trace.Memory() > p.opts.Mem {
			last := p.spool.Drop()
			if last == 0 {
				break
			}
			j.evict = last
		}
	}
	p.save(ifaces, j.batch.Packets)
	return nil
}

// save writes a batch to the file that the user asked for. A failure ends the
// saving and is shown; the capture goes on.
func (p *Pipeline) save(ifaces []packet.Interface, ps []packet.Packet) {
	w := p.opts.Save
	if w == nil {
		return
	}
	var err error
	if k := w.Interfaces(); k < len(ifaces) {
		err = w.AddInterfaces(ifaces[k:]...)
	}
	if err == nil {
		err = w.WritePackets(ps)
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		p.endSave(err)
	}
}

// endSave gives up saving.
func (p *Pipeline) endSave(err error) {
	_ = p.opts.Save.Close() // the error that matters is the one that came first
	p.opts.Save = nil
	p.w.Set(func(s *trace.Status) { s.SaveErr, s.Saving = fmt.Errorf("saving ended: %w", err), "" })
}

// report gives what a batch's arrival tells of the source.
func (p *Pipeline) report(src capture.Source, ifaces []packet.Interface, grown bool) func() {
	var list []packet.Interface
	if grown {
		list = append(list, ifaces...)
	}
	numberOf := func(i uint32) (section, id uint32) { return 1, i }
	sectioned := p.file == nil
	if s, ok := src.(interface {
		Section(uint32) (int, uint32)
	}); ok && grown {
		ids := make([][2]uint32, len(list))
		for i := range list {
			section, id := s.Section(uint32(i))
			sectioned = section > 0
			ids[i] = [2]uint32{uint32(section), id}
		}
		numberOf = func(i uint32) (section, id uint32) { return ids[i][0], ids[i][1] }
	}
	if !sectioned {
		numberOf = nil
	}
	rekey := p.pollKeys(src)
	var lost capture.Counters
	counters, counted := src.(interface{ Counters() capture.Counters })
	if counted {
		lost = counters.Counters()
	}
	progress, isFile := src.(interface{ Progress() (int64, int64) })
	return func() {
		if grown {
			p.w.Interfaces(list, numberOf)
		}
		if rekey != nil {
			rekey()
		}
		if counted {
			p.w.Set(func(s *trace.Status) { s.Dropped, s.IfDrop = lost.Dropped, lost.IfDropped })
		}
		if isFile {
			done, total := progress.Progress()
			p.w.Set(func(s *trace.Status) { s.Progress = [2]int64{done, total} })
		}
	}
}

// SetFilter tells the status that the capture filter is another one now.
func (p *Pipeline) SetFilter(expr string) {
	p.w.Set(func(s *trace.Status) { s.Filter = expr })
}

// LoadFile reads a whole file into a trace. The trace is good also when the error
// is not nil: it has what came before.
func LoadFile(path string, o Options) (*Pipeline, error) {
	p, err := OpenFile(path, o)
	if err != nil {
		return nil, err
	}
	return p, p.RunFile(context.Background(), "")
}
