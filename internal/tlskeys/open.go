package tlskeys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/rc4"
	"crypto/subtle"
	"encoding/binary"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"
)

// Keys open the records that one direction sends in one epoch: from a
// ChangeCipherSpec, a Finished or a KeyUpdate to the next. They may be used by any
// number of goroutines.
type Keys struct {
	suite    Suite
	version  uint16
	etm      bool
	key, iv  []byte
	macKey   []byte
	secret   []byte // the traffic secret of TLS 1.3
	aead     aead
	block    cipher.Block
	macLen   int
	explicit int // bytes of the nonce or IV that each record has in front
	streamMu sync.Mutex
	stream   *rc4.Cipher // guarded by streamMu: it stands at streamAt
	streamAt uint64
}

// aead is what opening a record needs of a cipher.AEAD.
type aead interface {
	Overhead() int
	Open(dst, nonce, sealed, additional []byte) ([]byte, error)
}

// Record is one record as it was sent.
type Record struct {
	Type    byte   // the content type in its header
	Version uint16 // the version in its header
	Seq     uint64 // how many records of the direction came before it in the epoch
	Body    []byte // what follows the header

	// Chain is, for CBC in TLS 1.0, the last block of the record before it; nil
	// for the first of the epoch (RFC 2246 §6.2.3.2).
	Chain []byte
	// Pos is, for a stream cipher, how many bytes the records before it had in the epoch.
	Pos uint64
}

// maxStream bounds how far into a stream of RC4 records are opened, bytes: the
// whole stream up to there has to be made.
const maxStream = 64 << 20

func (k kind) block() int {
	if k == kindAES {
		return aes.BlockSize
	}
	return des.BlockSize
}

// init makes the cipher.
func (k *Keys) init() (err error) {
	if k.suite.mac != 0 {
		k.macLen = k.suite.mac.Size()
	}
	switch k.suite.kind {
	case kindGCM:
		var b cipher.Block
		if b, err = aes.NewCipher(k.key); err == nil {
			k.aead, err = cipher.NewGCM(b)
		}
	case kindCCM:
		var b cipher.Block
		if b, err = aes.NewCipher(k.key); err == nil {
			k.aead = &ccm{b, k.suite.tagLen}
		}
	case kindChaCha:
		k.aead, err = chacha20poly1305.New(k.key)
	case kindAES:
		k.block, err = aes.NewCipher(k.key)
	case kind3DES:
		k.block, err = des.NewTripleDESCipher(k.key)
	case kindDES:
		k.block, err = des.NewCipher(k.key)
	case kindRC4:
		_, err = rc4.NewCipher(k.key)
	}
	switch {
	case k.version == versionTLS13:
	case k.suite.kind == kindGCM, k.suite.kind == kindCCM:
		k.explicit = 8
	case k.suite.kind.isCBC() && k.version > versionTLS10:
		k.explicit = k.block.BlockSize()
	}
	return err
}

// Resumable says whether records can be opened after some have been missed: all
// but those of a stream cipher, and the first one then of CBC in TLS 1.0.
func (k *Keys) Resumable() bool { return k.suite.kind != kindRC4 }

// Overhead is by how many bytes the body of a record is longer than its plaintext,
// at least: exactly that for an AEAD without padding.
func (k *Keys) Overhead() int {
	if k.aead == nil {
		return k.explicit + k.macLen
	}
	n := k.explicit + k.aead.Overhead()
	if k.version == versionTLS13 {
		n++
	}
	return n
}

// Chained says how many bytes of a record the next one needs to be opened, as its
// Chain; 0 if none.
func (k *Keys) Chained() int {
	if k.suite.kind.isCBC() && k.version == versionTLS10 {
		return k.block.BlockSize()
	}
	return 0
}

// Chain gives those bytes of a record's body: its last block.
func (k *Keys) Chain(body []byte) []byte {
	if k.etm {
		body = body[:max(0, len(body)-k.macLen)]
	}
	return body[max(0, len(body)-k.Chained()):]
}

// Open gives the plaintext of a record, appended to dst, and its content type,
// which TLS 1.3 has inside. It fails if the record is not authentic under the keys.
func (k *Keys) Open(dst []byte, r *Record) (plain []byte, kind byte, err error) {
	switch {
	case k.version == versionTLS13:
		return k.open13(dst, r)
	case k.aead != nil:
		plain, err = k.openAEAD(dst, r)
	case k.suite.kind.isCBC():
		plain, err = k.openCBC(dst, r)
	default:
		plain, err = k.openStream(dst, r)
	}
	return plain, r.Type, err
}

// nonceXOR is the nonce of TLS 1.3 and of ChaCha20-Poly1305: the IV mixed with the
// record's number (RFC 8446 §5.3, RFC 7905 §2).
func (k *Keys) nonceXOR(seq uint64) (n [12]byte) {
	copy(n[:], k.iv)
	for i := range 8 {
		n[11-i] ^= byte(seq >> (8 * i))
	}
	return n
}

func (k *Keys) open13(dst []byte, r *Record) ([]byte, byte, error) {
	if len(r.Body) <= k.aead.Overhead() {
		return nil, 0, errRecord
	}
	nonce := k.nonceXOR(r.Seq)
	head := [5]byte{r.Type, byte(r.Version >> 8), byte(r.Version), byte(len(r.Body) >> 8), byte(len(r.Body))}
	plain, err := k.aead.Open(dst, nonce[:], r.Body, head[:])
	if err != nil {
		return nil, 0, errForged
	}
	n := len(plain)
	for n > len(dst) && plain[n-1] == 0 { // RFC 8446 §5.4
		n--
	}
	if n == len(dst) {
		return nil, 0, errPadding
	}
	return plain[:n-1], plain[n-1], nil
}

// additional is the additional data of an AEAD and the beginning of what a MAC
// covers (RFC 5246 §6.2.3).
func additional(r *Record, n int) (b [13]byte) {
	binary.BigEndian.PutUint64(b[:], r.Seq)
	b[8] = r.Type
	binary.BigEndian.PutUint16(b[9:], r.Version)
	binary.BigEndian.PutUint16(b[11:], uint16(n))
	return b
}

func (k *Keys) openAEAD(dst []byte, r *Record) ([]byte, error) {
	n := len(r.Body) - k.explicit - k.aead.Overhead()
	if n < 0 {
		return nil, errRecord
	}
	var nonce [12]byte
	if k.explicit == 0 {
		nonce = k.nonceXOR(r.Seq)
	} else {
		copy(nonce[:], k.iv)
		copy(nonce[len(k.iv):], r.Body[:k.explicit])
	}
	ad := additional(r, n)
	plain, err := k.aead.Open(dst, nonce[:], r.Body[k.explicit:], ad[:])
	if err != nil {
		return nil, errForged
	}
	return plain, nil
}

// mac says whether sum is the MAC of a record's content (RFC 5246 §6.2.3.1).
func (k *Keys) mac(r *Record, content, sum []byte) bool {
	ad := additional(r, len(content))
	m := hmac.New(k.suite.mac.New, k.macKey)
	m.Write(ad[:])
	m.Write(content)
	return subtle.ConstantTimeCompare(m.Sum(nil), sum) == 1
}

func (k *Keys) openCBC(dst []byte, r *Record) ([]byte, error) {
	size := k.block.BlockSize()
	body := r.Body
	if k.etm {
		n := len(body) - k.macLen
		if n < 0 {
			return nil, errRecord
		}
		if !k.mac(r, body[:n], body[n:]) {
			return nil, errForged
		}
		body = body[:n]
	}
	iv := k.iv
	switch {
	case k.explicit > 0 && len(body) < k.explicit:
		return nil, errRecord
	case k.explicit > 0:
		iv, body = body[:k.explicit], body[k.explicit:]
	case r.Chain != nil:
		iv = r.Chain
	}
	if len(body) == 0 || len(body)%size != 0 || len(iv) != size {
		return nil, errRecord
	}
	at := len(dst)
	dst = append(dst, body...)
	plain := dst[at:]
	cipher.NewCBCDecrypter(k.block, iv).CryptBlocks(plain, plain)
	pad := int(plain[len(plain)-1]) + 1
	n := len(plain) - pad
	if !k.etm {
		n -= k.macLen
	}
	if n < 0 {
		return nil, errForged
	}
	if !k.etm && !k.mac(r, plain[:n], plain[n:n+k.macLen]) {
		return nil, errForged
	}
	return dst[:at+n], nil
}

func (k *Keys) openStream(dst []byte, r *Record) ([]byte, error) {
	n := len(r.Body) - k.macLen
	if n < 0 {
		return nil, errRecord
	}
	at := len(dst)
	dst = append(dst, r.Body...)
	plain := dst[at:]
	if k.suite.kind == kindRC4 {
		if err := k.rc4(plain, r.Pos); err != nil {
			return nil, err
		}
	}
	if !k.mac(r, plain[:n], plain[n:]) {
		return nil, errForged
	}
	return dst[:at+n], nil
}

// rc4 applies the stream from pos on. Records that are opened in order go on
// where the one before ended.
func (k *Keys) rc4(b []byte, pos uint64) error {
	if pos > maxStream {
		return errTooFar
	}
	k.streamMu.Lock()
	defer k.streamMu.Unlock()
	if k.stream == nil || k.streamAt > pos {
		c, err := rc4.NewCipher(k.key)
		if err != nil {
			return err
		}
		k.stream, k.streamAt = c, 0
	}
	var skip [1024]byte
	for k.streamAt < pos {
		n := min(pos-k.streamAt, uint64(len(skip)))
		k.stream.XORKeyStream(skip[:n], skip[:n])
		k.streamAt += n
	}
	k.stream.XORKeyStream(b, b)
	k.streamAt += uint64(len(b))
	return nil
}
