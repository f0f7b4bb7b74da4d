package tlskeys

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"strings"
	"testing"
)

func bin(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The secrets, keys and IVs of RFC 8448 §3.
func TestTrafficKeys(t *testing.T) {
	suite, ok := SuiteNamed("TLS_AES_128_GCM_SHA256")
	if !ok {
		t.Fatal("the suite is not known")
	}
	for _, c := range []struct{ name, secret, key, iv string }{
		{"server handshake", "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38", "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30"},
		{"client handshake", "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21", "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f"},
		{"server application", "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643", "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984"},
		{"client application", "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5", "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9"},
	} {
		k, err := NewTraffic(suite, bin(t, c.secret))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(k.key, bin(t, c.key)) || !bytes.Equal(k.iv, bin(t, c.iv)) {
			t.Errorf("%s: key %x, iv %x", c.name, k.key, k.iv)
		}
	}
}

// A record of RFC 8448 §3: the application data that the client sends.
func TestOpenApplicationData(t *testing.T) {
	suite, _ := SuiteNamed("TLS_AES_128_GCM_SHA256")
	k, err := NewTraffic(suite, bin(t, "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"))
	if err != nil {
		t.Fatal(err)
	}
	r := Record{Type: 23, Version: 0x0303, Body: bin(t, `a2 3f 70 54 b6 2c 94 d0 af fa fe 82 28 ba 55 cb ef ac ea 42 f9 14 aa 66 bc ab 3f 2b
		98 19 a8 a5 b4 6b 39 5b d5 4a 9a 20 44 1e 2b 62 97 4e 1f 5a 62 92 a2 97 70 14 bd 1e 3d ea e6 3a ee bb 21 69 49 15 e4`)}
	plain, kind, err := k.Open(nil, &r)
	if err != nil || kind != 23 || len(plain) != 50 {
		t.Fatalf("%d bytes of type %d: %v", len(plain), kind, err)
	}
	for i, b := range plain {
		if int(b) != i {
			t.Fatalf("plaintext %x", plain)
		}
	}
	r.Seq++
	if _, _, err := k.Open(nil, &r); err != errForged {
		t.Errorf("opened as another record: %v", err)
	}
}

// Example 3 of NIST SP 800-38C: the one with a nonce of 12 bytes.
func TestCCM(t *testing.T) {
	block, err := aes.NewCipher(bin(t, "404142434445464748494a4b4c4d4e4f"))
	if err != nil {
		t.Fatal(err)
	}
	c := &ccm{block, 8}
	sealed := bin(t, "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5 484392fbc1b09951")
	nonce, ad := bin(t, "101112131415161718191a1b"), bin(t, "000102030405060708090a0b0c0d0e0f10111213")
	plain, err := c.Open([]byte("before"), nonce, sealed, ad)
	if want := bin(t, "202122232425262728292a2b2c2d2e2f3031323334353637"); err != nil || !bytes.Equal(plain, append([]byte("before"), want...)) {
		t.Errorf("%x, %v", plain, err)
	}
	sealed[0] ^= 1
	if _, err := c.Open(nil, nonce, sealed, ad); err != errForged {
		t.Errorf("a changed record: %v", err)
	}
	if _, err := c.Open(nil, nonce, sealed[:7], ad); err != errRecord {
		t.Errorf("a short record: %v", err)
	}
}

func TestSuiteNamed(t *testing.T) {
	for _, c := range []struct {
		name          string
		key, iv, mac  int
		tag           int
		tls13, absent bool
	}{
		{name: "TLS_RSA_WITH_AES_128_CBC_SHA", key: 16, mac: 20},
		{name: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", key: 32, mac: 48},
		{name: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", key: 16, iv: 4, tag: 16},
		{name: "TLS_RSA_WITH_AES_128_CCM", key: 16, iv: 4, tag: 16},
		{name: "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", key: 32, iv: 4, tag: 8},
		{name: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", key: 32, iv: 12, tag: 16},
		{name: "TLS_RSA_WITH_3DES_EDE_CBC_SHA", key: 24, mac: 20},
		{name: "TLS_DH_anon_WITH_RC4_128_MD5", key: 16, mac: 16},
		{name: "TLS_RSA_WITH_NULL_SHA256", mac: 32},
		{name: "TLS_AES_256_GCM_SHA384", key: 32, iv: 4, tag: 16, tls13: true},
		{name: "TLS_AES_128_CCM_8_SHA256", key: 16, iv: 4, tag: 8, tls13: true},
		{name: "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA", absent: true},
		{name: "TLS_RSA_EXPORT_WITH_RC4_40_MD5", absent: true},
		{name: "TLS_NULL_SHA", absent: true},
		{name: "TLS_RSA_WITH_AES_128_GCM", absent: true},
		{name: "TLS_FALLBACK_SCSV", absent: true},
		{name: "", absent: true},
	} {
		s, ok := SuiteNamed(c.name)
		if ok == c.absent {
			t.Errorf("%s: known %v", c.name, ok)
			continue
		}
		mac := 0
		if s.mac != 0 {
			mac = s.mac.Size()
		}
		if ok && (s.key != c.key || s.iv != c.iv || mac != c.mac || s.tagLen != c.tag || s.tls13 != c.tls13) {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
}
