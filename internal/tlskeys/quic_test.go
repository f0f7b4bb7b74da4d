package tlskeys

import (
	"bytes"
	"crypto/aes"
	"testing"
)

// The keys of RFC 9001 appendix A.1.
func TestInitialKeys(t *testing.T) {
	client, server, ok := NewInitial(1, bin(t, "8394c8f03e515708"))
	if !ok {
		t.Fatal("version 1 is not known")
	}
	for _, c := range []struct {
		keys    *Initial
		iv, key string
	}{
		{client, "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2"},
		{server, "0ac1493ca1905853b0bba03e", "c206b8d9b9f0f37644430b490eeaa314"},
	} {
		if !bytes.Equal(c.keys.iv[:], bin(t, c.iv)) {
			t.Errorf("IV %x, want %s", c.keys.iv, c.iv)
		}
		block, err := aes.NewCipher(bin(t, c.key))
		if err != nil {
			t.Fatal(err)
		}
		sample := bin(t, "d1b1c98dd7689fb8ec11d242b123dc9b") // of appendix A.2
		var got, want [16]byte
		c.keys.header.Encrypt(got[:], sample)
		block.Encrypt(want[:], sample)
		if got != want {
			t.Errorf("header protection %x, want %x", got, want)
		}
	}
	if _, _, ok := NewInitial(0x51303433, nil); ok {
		t.Error("there are keys for a version that is not known")
	}
}

// TestInitialOpen opens the packet of RFC 9001 appendix A.3, and nothing that differs
// from it in a byte.
func TestInitialOpen(t *testing.T) {
	_, server, _ := NewInitial(1, bin(t, "8394c8f03e515708"))
	packet := bin(t, "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee")
	const at = 18
	o, ok := server.Open(packet, at)
	if !ok || o.Number != 1 || o.NumberLen != 2 || o.First != 0xc1 || !bytes.HasPrefix(o.Frames, bin(t, "02000000000600405a020000560303")) {
		t.Fatalf("%v: %+v", ok, o)
	}
	for i := range packet {
		bad := bytes.Clone(packet)
		bad[i] ^= 0x10
		if _, ok := server.Open(bad, at); ok {
			t.Errorf("opened with byte %d changed", i)
		}
	}
	for n := range packet {
		if _, ok := server.Open(packet[:n], at); ok {
			t.Errorf("opened with %d bytes", n)
		}
	}
}
