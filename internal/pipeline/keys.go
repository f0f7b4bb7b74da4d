package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"tcplens/capture"
	"tcplens/internal/tlskeys"
	"tcplens/internal/trace"
)

// DefaultKeyPoll is how often a key log is looked at for more, at most.
const DefaultKeyPoll = 200 * time.Millisecond

// maxKeyRead bounds what is read of a key log at once, bytes; the rest is read
// when it is looked at again.
const maxKeyRead = 8 << 20

// maxKeyFile bounds how much of a key log is read in all, bytes: some two million
// lines.
const maxKeyFile = 512 << 20

// keyFile is a key log that other programs write to, read as it grows. It belongs
// to the goroutine that reads the source.
type keyFile struct {
	path   string
	maybe  bool // it need not be there
	log    *tlskeys.Log
	feed   *tlskeys.Feed
	info   fs.FileInfo // of the file that feed reads; nil before it is there
	off    int64       // read so far
	line   []byte      // the beginning of a line that has not ended, for who saves it
	pace   time.Duration
	next   time.Time // when it is to be looked at again
	err    error     // why it could not be read the last time
	blocks int       // of secrets in the source that were taken
	seen   uint64    // the version of the log that was looked for in what was captured
}

// poll reads what has come since the last time. fresh is the whole lines among it,
// for who wants to keep them. changed says that there are new secrets or that
// another error has come or gone.
func (k *keyFile) poll(now time.Time) (fresh []byte, changed bool) {
	if k.path == "" || now.Before(k.next) {
		return nil, false
	}
	k.next = now.Add(k.pace)
	text, err := k.read()
	changed = len(text) > 0 || (err == nil) != (k.err == nil)
	k.err = err
	if len(text) == 0 {
		return nil, changed
	}
	k.feed.Push(text)
	k.feed.Peek()
	k.line = append(k.line, text...)
	if i := bytes.LastIndexByte(k.line, '\n'); i >= 0 {
		fresh = bytes.Clone(k.line[:i+1])
		k.line = append(k.line[:0], k.line[i+1:]...)
	}
	return fresh, changed
}

// read gives the next bytes of the file. A file that was replaced or cut is read
// from its beginning.
func (k *keyFile) read() ([]byte, error) {
	info, err := os.Stat(k.path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	if k.info == nil || !os.SameFile(k.info, info) || info.Size() < k.off {
		k.feed, k.off, k.line = k.log.Feed(), 0, nil
	}
	k.info = info
	if k.off >= maxKeyFile {
		return nil, fmt.Errorf("it is longer than %d MB: no more of it is read", maxKeyFile>>20)
	}
	if info.Size() == k.off {
		return nil, nil
	}
	f, err := os.Open(k.path)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.NewSectionReader(f, k.off, min(info.Size()-k.off, maxKeyRead)))
	k.off += int64(len(text))
	return text, errors.Join(err, f.Close())
}

// all reads the file to its present end.
func (k *keyFile) all() (fresh []byte) {
	for {
		before := k.off
		k.next = time.Time{}
		text, _ := k.poll(time.Now())
		fresh = append(fresh, text...)
		if k.off == before || k.err != nil {
			return fresh
		}
	}
}

// pollKeys looks for new secrets, in the key log and in the source. What it gives,
// nil if there are none, is to be run by the sequencing goroutine.
func (p *Pipeline) pollKeys(src capture.Source) func() {
	k := &p.keys
	fresh, changed := k.poll(time.Now())
	if p.opts.SaveKeys {
		p.saveSecrets(fresh)
	}
	if p.file != nil {
		src = p.file // what a capture filter leaves out are packets, not secrets
	}
	if s, ok := src.(interface{ Secrets() [][]byte }); ok {
		list := s.Secrets()
		for _, text := range list[min(k.blocks, len(list)):] {
			k.log.Add(text)
			p.saveSecrets(text)
			changed = true
		}
		k.blocks = len(list)
	}
	if v := k.log.Version(); v != k.seen {
		k.seen, changed = v, true
	}
	if !changed {
		return nil
	}
	status := k.status()
	return func() {
		p.w.Rekey()
		p.w.Set(func(s *trace.Status) { s.Keys = status })
	}
}

// Watch goes on looking for secrets after Run has returned, until the context ends:
// what was captured before may be opened by them.
func (p *Pipeline) Watch(ctx context.Context) {
	t := time.NewTicker(p.keys.pace)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if rekey := p.pollKeys(nil); rekey != nil {
			rekey()
		}
	}
}

// saveSecrets keeps secrets in the file that the user asked for, if it has a place
// for them.
func (p *Pipeline) saveSecrets(text []byte) {
	w := p.opts.Save
	if w == nil || len(text) == 0 || w.Format() != capture.PcapNG {
		return
	}
	if err := w.WriteSecrets(text); err != nil {
		p.endSave(err)
	}
}

// status says how the key log stands.
func (k *keyFile) status() trace.KeyStatus {
	n, bad, first := k.log.Lines()
	s := trace.KeyStatus{Path: k.path, Secrets: n}
	var pe *fs.PathError
	switch {
	case k.maybe && errors.Is(k.err, fs.ErrNotExist):
	case errors.As(k.err, &pe):
		s.Err = fmt.Errorf("%s: %w: without it TLS stays encrypted", k.path, pe.Err)
	case k.err != nil:
		s.Err = fmt.Errorf("%s: %w", k.path, k.err)
	case bad > 0 && n == 0:
		s.Err = fmt.Errorf("%s: line %d and %d more are no secrets: is it a key log, as SSLKEYLOGFILE names one?", k.path, first, bad-1)
	case bad > 0:
		s.Err = fmt.Errorf("%s: %d lines are no secrets, the first is line %d; the other %d are used", k.path, bad, first, n)
	}
	return s
}
