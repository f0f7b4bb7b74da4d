package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tcplens/internal/tlskeys"
)

// secret is a line of a key log.
func secret(n int) string {
	return fmt.Sprintf("CLIENT_RANDOM %064x %096x\n", n, n)
}

// watched is a key log with a clock of its own.
type watched struct {
	keyFile
	t  *testing.T
	at time.Time
}

func newWatched(t *testing.T) *watched {
	w := &watched{t: t, at: time.Unix(1e9, 0)}
	w.path, w.log, w.pace, w.keep = filepath.Join(t.TempDir(), "keys"), new(tlskeys.Log), DefaultKeyPoll, true
	w.now = func() time.Time { return w.at }
	return w
}

func (w *watched) write(text string) {
	w.t.Helper()
	if err := os.WriteFile(w.path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watched) has(n int) {
	w.t.Helper()
	if got, _, _ := w.log.Lines(); got != n {
		w.t.Errorf("%d secrets, want %d", got, n)
	}
}

// Packets that wait have the file read at once, but not more often than bounded: the
// longer nothing comes, the more seldom.
func TestRefresh(t *testing.T) {
	w := newWatched(t)
	w.write(secret(1))
	w.refresh(false)
	w.has(1)
	w.write(secret(1) + secret(2))
	w.refresh(true)
	w.refresh(false)
	w.has(1) // it is too soon
	w.at = w.at.Add(minKeyPoll)
	w.refresh(true)
	w.has(2)
	for range 100 {
		w.at = w.at.Add(DefaultKeyPoll)
		w.refresh(true)
	}
	w.write(secret(1) + secret(2) + secret(3))
	w.at = w.at.Add(DefaultKeyPoll - 1)
	w.refresh(true)
	w.has(2) // nothing had come for long
	w.refresh(false)
	w.has(3) // but this is another conversation
	if got := string(w.take()); got != secret(1)+secret(2)+secret(3) {
		t.Errorf("to be saved: %q", got)
	}
	if !w.poll() || w.poll() {
		t.Error("poll does not say once that there is something new")
	}
}

// A file that is cut, replaced or removed is read anew as soon as there is one, whatever
// it was before.
func TestReplacedKeyLog(t *testing.T) {
	w := newWatched(t)
	look := func() {
		w.at = w.at.Add(DefaultKeyPoll)
		w.poll()
	}
	look() // it is not there yet
	w.write(secret(1) + secret(2))
	look()
	w.has(2)
	w.write(secret(3)) // shorter
	look()
	w.has(3)
	w.write(strings.Repeat(secret(4), 5)) // longer, in the same file
	look()
	w.has(8)
	if err := os.Rename(w.path, w.path+".1"); err != nil {
		t.Fatal(err)
	}
	look()
	if w.err == nil {
		t.Error("nobody is told that the file has gone")
	}
	w.write(secret(5) + strings.Repeat("x", 1<<20)) // with a line that does not end
	look()
	w.has(9)
	f, err := os.OpenFile(w.path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("\n" + secret(6)); err != nil {
		t.Fatal(err)
	}
	look()
	w.has(10)
	if _, bad, _ := w.log.Lines(); bad != 1 || w.err != nil {
		t.Errorf("%d bad lines, %v", bad, w.err)
	}
	if s := w.status(); s.Err == nil || !strings.Contains(s.Err.Error(), "line 2") {
		t.Errorf("status: %+v", s)
	}
	if err := os.Remove(w.path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(w.path, 0o700); err != nil {
		t.Fatal(err)
	}
	look()
	if w.err == nil {
		t.Error("a folder is read as a key log")
	}
}
