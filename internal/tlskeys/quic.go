package tlskeys

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
)

// Initial has the keys of one direction of QUIC's Initial packets. Who sees the
// first packet can derive them (RFC 9001 §5.2). It may be used by any goroutine.
type Initial struct {
	aead   cipher.AEAD
	header cipher.Block
	iv     [12]byte
}

// quicVersion is what keys of Initial packets depend on.
type quicVersion struct{ salt, key, iv, header string }

// quicVersionOf knows version 1 (RFC 9001 §5.2), version 2 (RFC 9369 §3.3) and the
// drafts from 23 on.
func quicVersionOf(v uint32) (quicVersion, bool) {
	q := quicVersion{key: "quic key", iv: "quic iv", header: "quic hp"}
	switch {
	case v == 1 || v >= 0xff000021 && v <= 0xff000022:
		q.salt = "38762cf7f55934b34d179ae6a4c80cadccbb7f0a"
	case v >= 0xff00001d && v <= 0xff000020:
		q.salt = "afbfec289993d24c9e9786f19c6111e04390a899"
	case v >= 0xff000017 && v <= 0xff00001c:
		q.salt = "c3eef712c72ebb5a11a7d2432bb46365bef9f502"
	case v == 0x6b3343cf:
		q = quicVersion{"0dede3def700a6db819381be6e269dcbf9bd2ed9", "quicv2 key", "quicv2 iv", "quicv2 hp"}
	default:
		return q, false
	}
	return q, true
}

// NewInitial makes the keys of both directions from the version and the connection
// identifier that the client's first packet is sent to. It is false for a version that
// is not known.
func NewInitial(version uint32, id []byte) (fromClient, fromServer *Initial, ok bool) {
	q, ok := quicVersionOf(version)
	if !ok {
		return nil, nil, false
	}
	salt, err := hex.DecodeString(q.salt)
	if err != nil {
		return nil, nil, false
	}
	secret, err := hkdf.Extract(sha256.New, id, salt)
	if err != nil {
		return nil, nil, false
	}
	side := func(label string) *Initial {
		s, err := expandLabel(crypto.SHA256, secret, label, sha256.Size)
		if err != nil {
			return nil
		}
		key, err1 := expandLabel(crypto.SHA256, s, q.key, 16)
		iv, err2 := expandLabel(crypto.SHA256, s, q.iv, 12)
		hp, err3 := expandLabel(crypto.SHA256, s, q.header, 16)
		if err1 != nil || err2 != nil || err3 != nil {
			return nil
		}
		block, err1 := aes.NewCipher(key)
		header, err2 := aes.NewCipher(hp)
		if err1 != nil || err2 != nil {
			return nil
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil
		}
		return &Initial{aead, header, [12]byte(iv)}
	}
	fromClient, fromServer = side("client in"), side("server in")
	return fromClient, fromServer, fromClient != nil && fromServer != nil
}

// OpenedInitial is what was in a packet of QUIC.
type OpenedInitial struct {
	First     byte   // the packet's first byte without its protection
	Number    uint64 // as it is written in the packet: its last bytes
	NumberLen int    // bytes of it, 1 to 4
	Frames    []byte // what was sealed
}

// Open takes the protection off a packet (RFC 9001 §5.3, §5.4). packet is all of it, up
// to the end that its length says; at is where its number is. It is false for a packet
// that these keys do not open.
func (k *Initial) Open(packet []byte, at int) (o OpenedInitial, ok bool) {
	const sample = 16
	if at < 1 || len(packet) < at+4+sample {
		return o, false
	}
	var mask [sample]byte
	k.header.Encrypt(mask[:], packet[at+4:at+4+sample])
	o.First = packet[0] ^ mask[0]&0x0f
	o.NumberLen = int(o.First&3) + 1
	head := append([]byte(nil), packet[:at+o.NumberLen]...)
	head[0] = o.First
	nonce := k.iv
	for i := range o.NumberLen {
		head[at+i] ^= mask[1+i]
		o.Number = o.Number<<8 | uint64(head[at+i])
		nonce[len(nonce)-o.NumberLen+i] ^= head[at+i]
	}
	frames, err := k.aead.Open(nil, nonce[:], packet[at+o.NumberLen:], head)
	o.Frames = frames
	return o, err == nil
}
