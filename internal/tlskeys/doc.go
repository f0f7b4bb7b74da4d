// Package tlskeys turns the secrets of a key log into the plaintext of TLS
// records: it reads key logs, derives the keys of a connection (RFC 5246 §6.3,
// RFC 8446 §7) and opens single records. It is pure: it reads no file and knows no
// packet. All ciphers are those of the standard library and of golang.org/x/crypto.
package tlskeys
