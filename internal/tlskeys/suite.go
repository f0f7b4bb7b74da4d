package tlskeys

import (
	"crypto"
	_ "crypto/md5"    // for crypto.Hash
	_ "crypto/sha1"   // for crypto.Hash
	_ "crypto/sha256" // for crypto.Hash
	_ "crypto/sha512" // for crypto.Hash
	"strings"
)

// Suite is how a cipher suite protects records.
type Suite struct {
	kind   kind
	key    int         // bytes of the cipher's key
	iv     int         // bytes of IV that the key block has for each direction (RFC 5246 §6.3)
	mac    crypto.Hash // of the MAC, 0 for an AEAD
	prf    crypto.Hash // of key derivation in TLS 1.2 and 1.3
	tls13  bool
	tagLen int // bytes, of an AEAD
}

// kind is a way to protect a record.
type kind uint8

const (
	kindNone   kind = iota
	kindNull        // MAC only
	kindRC4         // a stream
	kindAES         // CBC
	kind3DES        // CBC
	kindDES         // CBC
	kindGCM         // AEAD
	kindCCM         // AEAD
	kindChaCha      // AEAD
)

func (k kind) isCBC() bool { return k == kindAES || k == kind3DES || k == kindDES }

// SuiteNamed tells from the name of a cipher suite, as IANA has registered it,
// how records are protected. ok is false where no cipher is at hand for it.
func SuiteNamed(name string) (s Suite, ok bool) {
	name, found := strings.CutPrefix(name, "TLS_")
	if !found {
		return s, false
	}
	if _, after, cut := strings.Cut(name, "WITH_"); cut {
		name = after
	} else {
		s.tls13 = true // RFC 8446 appendix B.4: the name has no key exchange
	}
	s.prf = crypto.SHA256
	for _, c := range []struct {
		name     string
		kind     kind
		key, tag int
	}{
		{"AES_128_GCM", kindGCM, 16, 16},
		{"AES_256_GCM", kindGCM, 32, 16},
		{"AES_128_CCM_8", kindCCM, 16, 8},
		{"AES_256_CCM_8", kindCCM, 32, 8},
		{"AES_128_CCM", kindCCM, 16, 16},
		{"AES_256_CCM", kindCCM, 32, 16},
		{"CHACHA20_POLY1305", kindChaCha, 32, 16},
		{"AES_128_CBC", kindAES, 16, 0},
		{"AES_256_CBC", kindAES, 32, 0},
		{"3DES_EDE_CBC", kind3DES, 24, 0},
		{"DES_CBC", kindDES, 8, 0},
		{"RC4_128", kindRC4, 16, 0},
		{"NULL", kindNull, 0, 0},
	} {
		rest, is := strings.CutPrefix(name, c.name)
		if !is {
			continue
		}
		s.kind, s.key, s.tagLen = c.kind, c.key, c.tag
		return s, s.hash(strings.TrimPrefix(rest, "_"))
	}
	return s, false
}

// hash notes what the name of a suite ends in.
func (s *Suite) hash(name string) bool {
	var h crypto.Hash
	switch name {
	case "MD5":
		h = crypto.MD5
	case "SHA":
		h = crypto.SHA1
	case "SHA256":
		h = crypto.SHA256
	case "SHA384":
		h = crypto.SHA384
	case "":
		if s.kind != kindCCM { // RFC 6655 §3
			return false
		}
		h = crypto.SHA256
	default:
		return false
	}
	if h == crypto.SHA384 {
		s.prf = h
	}
	switch s.kind {
	case kindGCM, kindCCM:
		s.iv = 4 // the salt (RFC 5288 §3); in TLS 1.3 the whole nonce is derived
	case kindChaCha:
		s.iv = 12
	default:
		s.mac = h
	}
	return !s.tls13 || s.tagLen > 0
}
