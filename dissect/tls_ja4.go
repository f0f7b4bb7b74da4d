package dissect

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// ja4 makes the JA4 fingerprint of a Client Hello, whose body is m, after FoxIO's
// technical description of JA4. over is 't' for TCP, 'q' for QUIC and 'd' for DTLS.
func ja4(m []byte, over byte) string {
	if len(m) < 35 {
		return ""
	}
	version := uint16(m[0])<<8 | uint16(m[1])
	named, protocol := byte('i'), "00"
	var suites, exts, schemes []uint16
	count := 0
	if k := 35 + int(m[34]); len(m) >= k+2 {
		n := int(m[k])<<8 | int(m[k+1])
		suites = ja4Numbers(m[k+2 : min(len(m), k+2+n)])
	}
	newest := uint16(0)
	eachHelloExtension(m, true, func(kind uint16, b []byte) {
		if isGREASE(uint64(kind)) {
			return
		}
		count++
		switch kind {
		case 0:
			named = 'd'
			return
		case 16:
			if len(b) >= 3 && int(b[2]) > 0 && len(b) >= 3+int(b[2]) {
				protocol = ja4Protocol(b[3 : 3+int(b[2])])
			}
			return
		case 13:
			schemes = ja4Numbers(b[min(2, len(b)):])
		case 43:
			for _, v := range ja4Numbers(b[min(1, len(b)):]) {
				if over == 'd' && newest != 0 {
					newest = min(newest, v) // the versions of DTLS count downwards
				} else {
					newest = max(newest, v)
				}
			}
		}
		exts = append(exts, kind)
	})
	if newest != 0 {
		version = newest
	}
	head := fmt.Sprintf("%c%s%c%02d%02d%s", over, ja4Version(version), named, min(len(suites), 99), min(count, 99), protocol)
	slices.Sort(suites)
	slices.Sort(exts)
	tail := ja4List(exts)
	if len(schemes) > 0 {
		tail += "_" + ja4List(schemes)
	}
	if len(exts) == 0 {
		tail = ""
	}
	return head + "_" + ja4Hash(ja4List(suites)) + "_" + ja4Hash(tail)
}

// ja4Numbers reads numbers of two bytes, without those that mean nothing (RFC 8701).
func ja4Numbers(b []byte) (out []uint16) {
	for ; len(b) >= 2; b = b[2:] {
		if v := uint16(b[0])<<8 | uint16(b[1]); !isGREASE(uint64(v)) {
			out = append(out, v)
		}
	}
	return out
}

func ja4List(list []uint16) string {
	var b strings.Builder
	for i, v := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%04x", v)
	}
	return b.String()
}

// ja4Hash is the beginning of a hash; of nothing, zeros.
func ja4Hash(s string) string {
	if s == "" {
		return strings.Repeat("0", 12)
	}
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}

// ja4Protocol shortens a protocol to its first and last character, those of its bytes in
// hexadecimal if one is no letter and no digit.
func ja4Protocol(b []byte) string {
	first, last := b[0], b[len(b)-1]
	plain := func(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }
	if plain(first) && plain(last) {
		return string([]byte{first, last})
	}
	s := hex.EncodeToString(b)
	return string([]byte{s[0], s[len(s)-1]})
}

func ja4Version(v uint16) string {
	switch v {
	case 0x0304:
		return "13"
	case 0x0303:
		return "12"
	case 0x0302:
		return "11"
	case 0x0301:
		return "10"
	case 0x0300:
		return "s3"
	case 0x0002:
		return "s2"
	case 0xfeff:
		return "d1"
	case 0xfefd:
		return "d2"
	case 0xfefc:
		return "d3"
	}
	return "00"
}
