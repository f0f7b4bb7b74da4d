package tui

import (
	"errors"
	"strings"
	"testing"

	"tcplens/internal/trace"
)

// How the key log stands is said where it matters: what is waited for is no error.
func TestKeyWords(t *testing.T) {
	for _, c := range []struct {
		keys trace.KeyStatus
		want string
	}{
		{trace.KeyStatus{}, ""},
		{trace.KeyStatus{Path: "/tmp/k", Waiting: true}, "/tmp/k, is not there yet"},
		{trace.KeyStatus{Path: "/tmp/k", Secrets: 1}, "There is 1 TLS secret; /tmp/k"},
		{trace.KeyStatus{Path: "/tmp/\x1bk", Secrets: 4}, "There are 4 TLS secrets; /tmp/\\x1bk"},
		{trace.KeyStatus{Secrets: 4}, "The capture has 4 TLS secrets in it."},
		{trace.KeyStatus{Path: "/tmp/k", Err: errors.New("/tmp/k: no key log")}, "no key log"},
	} {
		m := &Model{}
		m.src.status.Keys = c.keys
		got := m.keyWords()
		if !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%+v: %q", c.keys, got)
		}
	}
}
