package capture

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// looksLike says in a few words what a file that is no capture begins with.
func looksLike(p []byte) string {
	for _, k := range [...]struct{ magic, what string }{
		{"\xfd7zXZ\x00", "it is compressed with xz; unpack it first"},
		{"BZh", "it is compressed with bzip2; unpack it first"},
		{"\x04\x22\x4d\x18", "it is compressed with lz4; unpack it first"},
		{"PK\x03\x04", "it is a zip archive; unpack it first"},
		{"snoop\x00\x00\x00", "it is in snoop's format; convert it with editcap"},
		{"RTSS", "it is a capture of Windows Network Monitor; convert it with editcap"},
		{"GMBU", "it is a capture of Windows Network Monitor; convert it with editcap"},
		{"\x7fELF", "it is a program"},
		{"MZ", "it is a program"},
	} {
		if bytes.HasPrefix(p, []byte(k.magic)) {
			return k.what
		}
	}
	p = p[:min(len(p), 16)]
	if len(p) > 3 && isText(p) {
		return fmt.Sprintf("it begins with the text %q", p)
	}
	return fmt.Sprintf("it begins with the bytes % x", p)
}

// isText says whether p can be read by people. Its last rune may be cut.
func isText(p []byte) bool {
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		if r == utf8.RuneError && (n > 1 || utf8.FullRune(p)) {
			return false
		}
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' {
			return false
		}
		p = p[n:]
	}
	return true
}
