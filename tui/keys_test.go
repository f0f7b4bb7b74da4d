package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestKeysDocument holds docs/keys.md against the key map.
func TestKeysDocument(t *testing.T) {
	path := filepath.Join("..", "docs", "keys.md")
	got := KeysDocument()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s is not what the key map says: go test ./tui -run KeysDocument -update", path)
	}
}

// TestKeyMap checks that no key means two things in one place, that every action
// has a key, a name and an explanation, and that names are unambiguous.
func TestKeyMap(t *testing.T) {
	k := newKeyMap(nil)
	seen := map[action]bool{}
	for i, b := range k.all {
		if b.act == actNone || b.name == "" || b.long == "" || len(b.keys) == 0 || b.in == 0 {
			t.Errorf("binding %d is incomplete: %+v", i, b)
		}
		if b.footer != 0 && b.short == "" {
			t.Errorf("%s stands in a footer without words", b.name)
		}
		if b.footer&^b.in != 0 {
			t.Errorf("%s stands in a footer where it does not work", b.name)
		}
		if seen[b.act] {
			t.Errorf("%s is there twice", b.name)
		}
		seen[b.act] = true
		for j, c := range k.all[:i] {
			if b.name == c.name {
				t.Errorf("two commands are called %s", b.name)
			}
			if b.in&c.in == 0 {
				continue
			}
			for _, x := range b.keys {
				for _, y := range c.keys {
					if x == y {
						t.Errorf("%q means %s and %s in one place (%d, %d)", x, b.name, c.name, i, j)
					}
					if strings.HasPrefix(x, y+" ") || strings.HasPrefix(y, x+" ") {
						t.Errorf("%q and %q exclude each other", x, y)
					}
				}
			}
		}
	}
	for a := actNone + 1; a < actionCount; a++ {
		if !seen[a] {
			t.Errorf("action %d has no key", a)
		}
	}
}

// TestHelpShowsAll checks that the help has every key of every place.
func TestHelpShowsAll(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "web.pcap"), Color: true}, 120, 40)
	all := strings.Join(d.m.helpLines(120), "\n")
	for _, b := range d.m.keys.all {
		if !strings.Contains(all, b.long) {
			t.Errorf("the help lacks %s", b.name)
		}
	}
}

// TestHelpOrder opens the help in views: their own keys stand first, what works
// everywhere next.
func TestHelpOrder(t *testing.T) {
	d := drive(t, Options{Trace: open(t, "web.pcap")}, 80, 24)
	for keys, own := range map[string]int{"1": 4, "2": 1, "3": 1, "4": 1} {
		d.keys(keys)
		all := d.m.helpFor()
		if all[own].title != "Everywhere" || len(all) != len(d.m.keys.sections()) {
			t.Errorf("after %s section %d is %q, of %d", keys, own, all[own].title, len(all))
		}
	}
	if d.keys("? G"); !strings.Contains(d.screen(), "Keys · "+d.m.helpAt) || d.m.helpTop == 0 {
		t.Errorf("the title does not say how far it is:\n%s", d.screen())
	}
}
