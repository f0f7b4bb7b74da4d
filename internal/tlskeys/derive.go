package tlskeys

import (
	"crypto"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"hash"
)

// masterLen is the length of a master secret, bytes (RFC 5246 §8.1), and of a
// premaster secret of RSA (§7.4.7.1).
const masterLen = 48

// TLS versions as records bear them.
const (
	versionTLS10 = 0x0301
	versionTLS11 = 0x0302
	versionTLS12 = 0x0303
	versionTLS13 = 0x0304
)

var (
	errSuite   = errors.New("no cipher is known for this suite and version")
	errSecret  = errors.New("the secret does not fit the cipher suite")
	errRecord  = errors.New("the record is too short for its cipher")
	errForged  = errors.New("the record is not authentic under these keys")
	errTooFar  = errors.New("the record is too far into its stream")
	errPadding = errors.New("the record has nothing but padding")
)

// pHash expands a secret (RFC 5246 §5).
func pHash(out []byte, h func() hash.Hash, secret, seed []byte) {
	m := hmac.New(h, secret)
	m.Write(seed)
	a := m.Sum(nil)
	for len(out) > 0 {
		m.Reset()
		m.Write(a)
		m.Write(seed)
		out = out[copy(out, m.Sum(nil)):]
		m.Reset()
		m.Write(a)
		a = m.Sum(nil)
	}
}

// prf is the pseudorandom function of a version: that of TLS 1.0 and 1.1 mixes
// MD5 and SHA-1 (RFC 2246 §5), that of TLS 1.2 takes the suite's hash.
func prf(version uint16, suite *Suite, secret []byte, label string, seed []byte, n int) []byte {
	out := make([]byte, n)
	seed = append([]byte(label), seed...)
	if version >= versionTLS12 {
		pHash(out, suite.prf.New, secret, seed)
		return out
	}
	half := (len(secret) + 1) / 2
	pHash(out, md5.New, secret[:half], seed)
	other := make([]byte, n)
	pHash(other, sha1.New, secret[len(secret)-half:], seed)
	for i := range out {
		out[i] ^= other[i]
	}
	return out
}

// Master makes the master secret of TLS 1.2 and before from a premaster secret
// (RFC 5246 §8.1). transcript is nil, or, where both sides agreed to the extended
// master secret, all handshake messages up to and with the Client Key Exchange
// (RFC 7627 §4).
func Master(version uint16, suite Suite, premaster []byte, client, server Random, transcript []byte) []byte {
	if transcript == nil {
		return prf(version, &suite, premaster, "master secret", append(client[:], server[:]...), masterLen)
	}
	var sum []byte
	if version >= versionTLS12 {
		h := suite.prf.New()
		h.Write(transcript)
		sum = h.Sum(nil)
	} else {
		a, b := md5.Sum(transcript), sha1.Sum(transcript)
		sum = append(a[:], b[:]...)
	}
	return prf(version, &suite, premaster, "extended master secret", sum, masterLen)
}

// NewKeys makes the keys of both directions of TLS 1.0 to 1.2 from the master
// secret and the randoms of the hellos (RFC 5246 §6.3). encryptThenMAC says that
// both sides agreed to that (RFC 7366).
func NewKeys(version uint16, suite Suite, master []byte, client, server Random, encryptThenMAC bool) (fromClient, fromServer *Keys, err error) {
	if version < versionTLS10 || version > versionTLS12 || suite.kind == kindNone || suite.tls13 || suite.tagLen > 0 && version != versionTLS12 {
		return nil, nil, errSuite
	}
	if len(master) != masterLen {
		return nil, nil, errSecret
	}
	iv := suite.iv
	if suite.kind.isCBC() && version == versionTLS10 {
		iv = suite.kind.block()
	}
	macLen := 0
	if suite.mac != 0 {
		macLen = suite.mac.Size()
	}
	block := prf(version, &suite, master, "key expansion", append(server[:], client[:]...), 2*(macLen+suite.key+iv))
	take := func(n int) []byte {
		b := block[:n:n]
		block = block[n:]
		return b
	}
	var k [2]Keys
	for i := range k {
		k[i] = Keys{suite: suite, version: version, etm: encryptThenMAC && suite.kind.isCBC(), macKey: take(macLen)}
	}
	for i := range k {
		k[i].key = take(suite.key)
	}
	for i := range k {
		k[i].iv = take(iv)
		if err := k[i].init(); err != nil {
			return nil, nil, err
		}
	}
	return &k[0], &k[1], nil
}

// NewTraffic makes the keys of one direction of TLS 1.3 from a traffic secret (RFC
// 8446 §7.3).
func NewTraffic(suite Suite, secret []byte) (*Keys, error) {
	if !suite.tls13 || suite.kind == kindNone {
		return nil, errSuite
	}
	if len(secret) != suite.prf.Size() {
		return nil, errSecret
	}
	key, err := expandLabel(suite.prf, secret, "key", suite.key)
	if err != nil {
		return nil, err
	}
	iv, err := expandLabel(suite.prf, secret, "iv", 12)
	if err != nil {
		return nil, err
	}
	k := &Keys{suite: suite, version: versionTLS13, key: key, iv: iv, secret: secret}
	return k, k.init()
}

// Next gives the keys that follow a KeyUpdate (RFC 8446 §7.2); nil for keys that
// have none.
func (k *Keys) Next() *Keys {
	if k == nil || k.secret == nil {
		return nil
	}
	secret, err := expandLabel(k.suite.prf, k.secret, "traffic upd", k.suite.prf.Size())
	if err != nil {
		return nil
	}
	next, err := NewTraffic(k.suite, secret)
	if err != nil {
		return nil
	}
	return next
}

// expandLabel is HKDF-Expand-Label without a context (RFC 8446 §7.1).
func expandLabel(h crypto.Hash, secret []byte, label string, n int) ([]byte, error) {
	const prefix = "tls13 "
	info := binary.BigEndian.AppendUint16(nil, uint16(n))
	info = append(info, byte(len(prefix)+len(label)))
	info = append(info, prefix...)
	info = append(info, label...)
	info = append(info, 0)
	return hkdf.Expand(h.New, secret, string(info), n)
}
