package lab

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestFind holds that every lesson can be named, tells what to look at, and is
// captured somewhere; and that a wrong name is answered with the right ones.
func TestFind(t *testing.T) {
	names := []string{Mix}
	for _, l := range Lessons() {
		names = append(names, l.Name)
	}
	for _, name := range names {
		l, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		if l.Name != name || l.Title == "" || l.Filter == "" || !strings.HasSuffix(l.Teaches, ".") {
			t.Errorf("%q: not all is told: %+v", name, l)
		}
		want := loopback
		if name == "lossy" {
			want = tunName
		}
		if got := Interface(name); got != want {
			t.Errorf("%q is captured on %s, not on %s", name, got, want)
		}
	}
	_, err := Find("clsoe3")
	if err == nil || !strings.Contains(err.Error(), `"clsoe3"`) || !strings.Contains(err.Error(), "close3, close4") {
		t.Errorf("a wrong name: %v", err)
	}
	if _, err := Start("clsoe3", Options{}); err == nil {
		t.Error("a wrong name starts something")
	}
}

// TestText holds that a place in the text can be told from what stands there.
func TestText(t *testing.T) {
	if got := len(text(100)); got != 100 {
		t.Errorf("%d bytes, not 100", got)
	}
	for at, line := range bytes.SplitAfter(text(64*1000), []byte("\n")) {
		if at == 1000 {
			break
		}
		if len(line) != 64 || !bytes.HasPrefix(line, fmt.Appendf(nil, "byte %9d ", 64*at)) {
			t.Fatalf("line %d is %q", at, line)
		}
	}
}
