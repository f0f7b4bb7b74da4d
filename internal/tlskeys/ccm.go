package tlskeys

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
)

// ccm opens what the AEAD of RFC 3610 has sealed, counter with CBC-MAC. It is put
// together of the standard library's two modes, for nonces of 12 bytes as TLS has
// them (RFC 6655 §3).
type ccm struct {
	block cipher.Block
	tag   int // bytes
}

// Overhead implements aead.
func (c *ccm) Overhead() int { return c.tag }

// Open implements aead.
func (c *ccm) Open(dst, nonce, sealed, additional []byte) ([]byte, error) {
	n := len(sealed) - c.tag
	if n < 0 || len(nonce) != 12 {
		return nil, errRecord
	}
	ctr, mask := c.counter(nonce)
	at := len(dst)
	dst = append(dst, sealed[:n]...)
	ctr.XORKeyStream(dst[at:], dst[at:])
	sum := c.sum(nonce, dst[at:], additional)
	subtle.XORBytes(sum[:], sum[:], mask[:])
	if subtle.ConstantTimeCompare(sum[:c.tag], sealed[n:]) != 1 {
		return nil, errForged
	}
	return dst, nil
}

// counter gives the stream of a nonce, and its first block, which hides the MAC
// (RFC 3610 §2.3).
func (c *ccm) counter(nonce []byte) (ctr cipher.Stream, mask [16]byte) {
	var first [16]byte
	first[0] = 15 - 12 - 1 // bytes of the counter, less one
	copy(first[1:], nonce)
	ctr = cipher.NewCTR(c.block, first[:])
	ctr.XORKeyStream(mask[:], mask[:])
	return ctr, mask
}

// sum is the CBC-MAC over the length, the additional data and the plaintext (RFC
// 3610 §2.2).
func (c *ccm) sum(nonce, plain, additional []byte) (sum [16]byte) {
	pad := func(b []byte) []byte { return append(b, make([]byte, (16-len(b)%16)%16)...) }
	b := make([]byte, 16, 64+len(additional)+len(plain))
	b[0] = byte((c.tag-2)/2<<3 | (15 - 12 - 1))
	if len(additional) > 0 {
		b[0] |= 1 << 6
	}
	copy(b[1:], nonce)
	b[13], b[14], b[15] = byte(len(plain)>>16), byte(len(plain)>>8), byte(len(plain))
	if len(additional) > 0 {
		b = pad(append(binary.BigEndian.AppendUint16(b, uint16(len(additional))), additional...))
	}
	b = pad(append(b, plain...))
	cipher.NewCBCEncrypter(c.block, make([]byte, 16)).CryptBlocks(b, b)
	copy(sum[:], b[len(b)-16:])
	return sum
}
