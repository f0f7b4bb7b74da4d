package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// keyNames are the keys that are no characters, as the terminal library names them,
// and how else they are written.
var keyNames = map[string]string{
	"tab": "tab", "enter": "enter", "return": "enter", "esc": "esc", "escape": "esc", "space": "space", "backspace": "backspace",
	"delete": "delete", "del": "delete", "insert": "insert", "ins": "insert", "up": "up", "down": "down", "left": "left", "right": "right",
	"home": "home", "end": "end", "pgup": "pgup", "pageup": "pgup", "pgdn": "pgdown", "pgdown": "pgdown", "pagedown": "pgdown",
	"f1": "f1", "f2": "f2", "f3": "f3", "f4": "f4", "f5": "f5", "f6": "f6", "f7": "f7", "f8": "f8", "f9": "f9", "f10": "f10", "f11": "f11", "f12": "f12",
}

// ParseKey reads a key as users write them, and gives it as the terminal library
// does: "f", "G", "ctrl+f" or "^F", "shift+tab" or "S-Tab", "pgdown" or "PgDn",
// "g g" or "gg" for one after the other.
func ParseKey(s string) (string, error) {
	parts := strings.Fields(s)
	if s == " " {
		parts = []string{"space"}
	}
	if len(parts) == 1 && utf8.RuneCountInString(s) == 2 && s[0] != '^' && keyNames[strings.ToLower(s)] == "" {
		parts = strings.Split(s, "")
	}
	if len(parts) == 0 || len(parts) > 2 {
		return "", fmt.Errorf("%q is no key: write as in \"f\", \"ctrl+f\", \"tab\" or \"g g\"", s)
	}
	for i, p := range parts {
		k, ok := oneKey(p)
		if !ok {
			return "", fmt.Errorf("%q is no key: write as in \"f\", \"ctrl+f\", \"tab\" or \"g g\"", s)
		}
		parts[i] = k
	}
	return strings.Join(parts, " "), nil
}

func oneKey(s string) (string, bool) {
	var ctrl, alt, shift bool
	for {
		l := strings.ToLower(s)
		switch {
		case len(s) > 1 && s[0] == '^':
			ctrl, s = true, s[1:]
		case len(l) > 5 && l[:5] == "ctrl+":
			ctrl, s = true, s[5:]
		case len(l) > 2 && l[:2] == "c-":
			ctrl, s = true, s[2:]
		case len(l) > 4 && l[:4] == "alt+":
			alt, s = true, s[4:]
		case len(l) > 2 && (l[:2] == "m-" || l[:2] == "a-"):
			alt, s = true, s[2:]
		case len(l) > 6 && l[:6] == "shift+":
			shift, s = true, s[6:]
		case len(l) > 2 && l[:2] == "s-":
			shift, s = true, s[2:]
		default:
			return modified(s, ctrl, alt, shift)
		}
	}
}

// modified puts a key and its modifiers together, in the library's order.
func modified(s string, ctrl, alt, shift bool) (string, bool) {
	if name := keyNames[strings.ToLower(s)]; name != "" {
		s = name
	} else {
		r, n := utf8.DecodeRuneInString(s)
		if n != len(s) || !unicode.IsPrint(r) || r == utf8.RuneError {
			return "", false
		}
		if shift && !ctrl && !alt {
			// With shift a character is another character.
			up := string(unicode.ToUpper(r))
			return up, up != s
		}
		if ctrl {
			s = strings.ToLower(s)
		}
	}
	out := ""
	if ctrl {
		out += "ctrl+"
	}
	if alt {
		out += "alt+"
	}
	if shift {
		out += "shift+"
	}
	return out + s, true
}

// clash says whether two keys cannot both mean something in one place: they are the
// same, or one is the beginning of the other.
func clash(a, b string) bool {
	return a == b || strings.HasPrefix(a, b+" ") || strings.HasPrefix(b, a+" ")
}

// Rebind gives the keys of each binding when some actions have others than the
// default ones. What the user binds takes its keys away from what has them by
// default, where both work.
func Rebind(defaults []Binding, keys map[string][]string) [][]string {
	out := make([][]string, len(defaults))
	for i, b := range defaults {
		if k, ok := keys[b.Name]; ok {
			out[i] = k
			continue
		}
		for _, key := range b.Keys {
			taken := slices.ContainsFunc(defaults, func(o Binding) bool {
				return o.In&b.In != 0 && slices.ContainsFunc(keys[o.Name], func(k string) bool { return clash(k, key) })
			})
			if !taken {
				out[i] = append(out[i], key)
			}
		}
	}
	return out
}

// readKeys reads the table of keys.
func (c *Config) readKeys(t table, v *Vocabulary) {
	names := make([]string, len(v.Bindings))
	for i, b := range v.Bindings {
		names[i] = b.Name
	}
	mine := map[string]bool{} // bound in this table
	for _, name := range t.keys() {
		path := join(t.path, name)
		if !slices.Contains(names, name) {
			t.r.bad(path, "there is no action of this name%s: docs/keys.md and tcplens config init list them", didYouMean(name, names))
			continue
		}
		words, ok := t.words(name, "a key")
		if !ok {
			continue
		}
		keys := make([]string, 0, len(words))
		for _, w := range words {
			k, err := ParseKey(w)
			if err != nil {
				t.r.bad(path, "%v", err)
				continue
			}
			if other := c.holder(v, name, k, mine); other != "" {
				t.r.bad(path, "%s is bound to %s already, in line %d, where both work", w, other, t.r.line(join(t.path, other)))
				continue
			}
			keys = append(keys, k)
		}
		if len(keys) == 0 && len(words) > 0 {
			continue // nothing of it holds: the default does
		}
		c.Keys[name] = keys
		mine[name] = true
	}
}

// holder is the action that a key was given to in the same table and that works in
// the same places; empty if there is none.
func (c *Config) holder(v *Vocabulary, name, key string, mine map[string]bool) string {
	for _, b := range v.Bindings {
		if b.Name != name {
			continue
		}
		for _, o := range v.Bindings {
			if o.Name != name && o.In&b.In != 0 && mine[o.Name] && slices.ContainsFunc(c.Keys[o.Name], func(k string) bool { return clash(k, key) }) {
				return o.Name
			}
		}
	}
	return ""
}
