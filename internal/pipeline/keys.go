package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
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

// maxKeyHurry bounds what is read of it while packets wait, bytes.
const maxKeyHurry = 256 << 10

// maxKeyTail is how many bytes are compared to see that a file that has grown is the
// one that was read before, and not another one written in its place.
const maxKeyTail = 64

// minKeyPoll is how often a key log is looked at while packets wait for its
// secrets, at most; the longer nothing comes, the more seldom.
const minKeyPoll = time.Millisecond

// keyFile is a key log that other programs write to, read as it grows. The goroutine
// that reads the source looks at it from time to time, the one that puts packets in
// order when it lacks secrets.
type keyFile struct {
	path  string
	maybe bool // it need not be there
	keep  bool // its lines are to be saved
	log   *tlskeys.Log
	pace  time.Duration
	now   func() time.Time

	blocks int       // of secrets in the source that were taken; for the reading goroutine
	seen   uint64    // the version of the log that was looked for in what was captured; likewise
	next   time.Time // when it is to be looked at again; likewise

	mu      sync.Mutex // guards what is below
	feed    *tlskeys.Feed
	info    fs.FileInfo   // of the file that feed reads; nil before it is there
	off     int64         // read so far
	tail    []byte        // the last bytes of what was read, to see that the file is still the same
	line    []byte        // the beginning of a line that has not ended, for who saves it
	fresh   []byte        // whole lines that were read and not yet given to who saves them
	err     error         // why it could not be read the last time
	changed bool          // secrets or another error have come since poll said so
	looked  time.Time     // when those who wait have looked
	wait    time.Duration // and how long they are not to look again
}

// poll reads what has come since the last time, if it is time for that. It says whether there
// are new secrets, or another error has come or gone, since it said so last.
func (k *keyFile) poll() (changed bool) {
	if k.path == "" {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.now(); !now.Before(k.next) {
		k.next = now.Add(k.pace)
		k.look(maxKeyRead)
	}
	changed, k.changed = k.changed, false
	return changed
}

// refresh reads what has come, for packets that wait for secrets. again says that
// those were looked for before. It costs next to nothing if nothing comes.
func (k *keyFile) refresh(again bool) {
	if k.path == "" {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if !again {
		k.wait = minKeyPoll
	}
	if now.Before(k.looked.Add(k.wait)) {
		return
	}
	k.looked = now
	if k.look(maxKeyHurry) > 0 {
		k.wait = minKeyPoll
	} else {
		k.wait = min(max(2*k.wait, minKeyPoll), DefaultKeyPoll)
	}
}

// take gives the whole lines that were read and not yet taken, for who saves them.
func (k *keyFile) take() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	fresh := k.fresh
	k.fresh = nil
	return fresh
}

// look reads what has come, at most so many bytes, and says how many it was. The lock is held.
func (k *keyFile) look(most int64) int {
	text, err := k.read(most)
	k.changed = k.changed || len(text) > 0 || (err == nil) != (k.err == nil)
	k.err = err
	if len(text) == 0 {
		return 0
	}
	k.feed.Push(text)
	k.feed.Peek()
	if k.keep {
		k.hold(text)
	}
	return len(text)
}

// hold keeps whole lines for who saves them. Of a line that is too long to be a
// secret, the end is all that is kept.
func (k *keyFile) hold(text []byte) {
	k.line = append(k.line, text...)
	if i := bytes.LastIndexByte(k.line, '\n'); i >= 0 {
		k.fresh = append(k.fresh, k.line[:i+1]...)
		k.line = append(k.line[:0], k.line[i+1:]...)
	}
	if n := len(k.line); n > maxKeyHurry {
		k.line = append([]byte(nil), k.line[n-maxKeyTail:]...)
	}
}

// read gives the next bytes of the file. A file that was replaced or cut is read
// from its beginning.
func (k *keyFile) read(most int64) ([]byte, error) {
	info, err := os.Stat(k.path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	if k.info == nil || !os.SameFile(k.info, info) || info.Size() < k.off {
		k.again()
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
	before := make([]byte, len(k.tail))
	if _, err := f.ReadAt(before, k.off-int64(len(before))); err != nil || !bytes.Equal(before, k.tail) {
		k.again() // it was cut and has grown again
	}
	text, err := io.ReadAll(io.NewSectionReader(f, k.off, min(info.Size()-k.off, most)))
	k.off += int64(len(text))
	k.tail = append(k.tail, text...)
	k.tail = append([]byte(nil), k.tail[max(0, len(k.tail)-maxKeyTail):]...)
	return text, errors.Join(err, f.Close())
}

// again begins to read a file from its beginning.
func (k *keyFile) again() {
	k.feed, k.off, k.line, k.tail = k.log.Feed(), 0, nil, nil
}

// all reads the file to its present end.
func (k *keyFile) all() {
	if k.path == "" {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.look(maxKeyRead) > 0 && k.err == nil {
	}
	k.changed = false
}

// pollKeys looks for new secrets, in the key log and in the source. What it gives,
// nil if there are none, is to be run by the sequencing goroutine.
func (p *Pipeline) pollKeys(src capture.Source) func() {
	k := &p.keys
	changed := k.poll()
	p.saveSecrets(k.take())
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
	k.mu.Lock()
	defer k.mu.Unlock()
	n, bad, first := k.log.Lines()
	s := trace.KeyStatus{Path: k.path, Secrets: n}
	s.Waiting = errors.Is(k.err, fs.ErrNotExist)
	var pe *fs.PathError
	switch {
	case k.maybe && s.Waiting:
	case s.Waiting:
		s.Err = fmt.Errorf("%s: %w: TLS stays encrypted until there is one", k.path, fs.ErrNotExist)
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
