package dissect

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

// TestJA4 makes the fingerprint that FoxIO's technical description has as its example
// from the values that are given there.
func TestJA4(t *testing.T) {
	suites := "1301 1302 1303 c02b c02f c02c c030 cca9 cca8 c013 c014 009c 009d 002f 0035"
	schemes := "0403 0804 0401 0503 0805 0501 0806 0601"
	sni := ext(0, l16(put8(0), l16([]byte("a.example"))))
	exts := [][]byte{ext(0x1a1a, nil), sni}
	for _, k := range []int{0x0017, 0xff01, 0x000a, 0x000b, 0x0023} {
		exts = append(exts, ext(k, nil))
	}
	exts = append(exts, ext(16, l16(l8([]byte("h2")), l8([]byte("http/1.1")))), ext(5, nil), ext(13, l16(hx(schemes))), ext(0x12, nil), ext(0x33, nil), ext(0x2d, nil),
		ext(43, l8(hx("1a1a 0304 0303"))), ext(0x1b, nil), ext(0x4469, nil), ext(0x15, nil), ext(0x2a2a, put8(0)))
	hello := func(suites string, exts ...[]byte) []byte {
		return cat(put16(0x0303), fill(32, 7), l8(), l16(hx(suites)), l8(put8(0)), l16(exts...))
	}
	if got, want := ja4(hello("0a0a"+suites, exts...), 't'), "t13d1516h2_8daaf6152771_e5627efa2ab1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	sum := sha256.Sum256([]byte("000a,002b"))
	bare := hex.EncodeToString(sum[:6])
	for _, c := range []struct {
		hello []byte
		want  string
	}{
		{hello("1301", ext(10, nil), ext(43, l8(put16(0x0302)))), "q11i0102" + "00_" + ja4Hash("1301") + "_" + bare},
		{hello(""), "q12i000000_000000000000_000000000000"},
		{hello("1301", ext(16, l16(l8(hx("ab cd"))))), "q12i0101ad_" + ja4Hash("1301") + "_000000000000"},
		{hello("1301", ext(16, l16(l8([]byte("h"))))), "q12i0101hh_" + ja4Hash("1301") + "_000000000000"},
		{fill(10, 1), ""},
	} {
		if got := ja4(c.hello, 'q'); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
		for n := range c.hello {
			if got := ja4(c.hello[:n], 'q'); got != "" && strings.Count(got, "_") != 2 {
				t.Errorf("%d bytes: %s", n, got)
			}
		}
	}
}
