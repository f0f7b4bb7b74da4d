package dissect

import (
	"strconv"
	"strings"

	"tcplens/internal/text"
)

// TLSInfo is what is known of a conversation's encryption: what the two sides have
// said of it in the clear or, where there were keys, not in the clear, and what came of it.
type TLSInfo struct {
	Name    string // of the server, as the client asked for it (RFC 6066 §3), printable; empty if it did not
	Offered string // protocols that the client offered, with commas between (RFC 7301 §3.1), printable
	ALPN    string // the protocol that the server chose, printable; empty if it said none in the clear
	Version uint16 // 0x0300 SSL 3.0 to 0x0304 TLS 1.3, 0xfeff, 0xfefd and 0xfefc DTLS 1.0, 1.2 and 1.3; 0 while it is not known
	Suite   uint16 // the cipher suite that the server chose; 0 while it is not known
	QUIC    bool   // over QUIC, which has TLS 1.3 inside (RFC 9001)
	Resumed bool   // keys of an earlier session are used
	Early   bool   // the client said that it sends data at once (RFC 8446 §4.2.10)
	Retried bool   // the server asked for another hello (RFC 8446 §4.1.4)

	// What follows is told by what could be decrypted and else by order and size of the
	// encrypted records; of QUIC nothing is told.
	Full          bool      // the handshake was a whole one, without keys of an earlier session
	EarlyData     EarlyData // what came of data that was sent at once
	Tickets       uint8     // that the server gave, to resume the session later
	TicketsLikely bool      // they are told by order and size
	End           TLSEnd
}

// Known says whether anything is known.
func (i *TLSInfo) Known() bool { return *i != TLSInfo{} }

// VersionName names the version: "TLS 1.3"; empty while it is not known.
func (i *TLSInfo) VersionName() string {
	switch {
	case i.Version == dtls13:
		return "DTLS 1.3"
	case i.Version != 0:
		return tlsVersions(uint64(i.Version))
	case i.QUIC:
		return tlsVersions(0x0304)
	}
	return ""
}

// SuiteName names the cipher suite: "TLS_AES_128_GCM_SHA256"; empty while it is not known.
func (i *TLSInfo) SuiteName() string {
	if i.Suite == 0 {
		return ""
	}
	if s := tlsSuites(uint64(i.Suite)); s != "" {
		return s
	}
	return "0x" + strconv.FormatUint(uint64(i.Suite), 16)
}

// Protocol is what is spoken inside, as ALPN names it: what the server chose or,
// where it did not say so in the clear, the only protocol that the client offered.
func (i *TLSInfo) Protocol() string {
	if i.ALPN == "" && !strings.Contains(i.Offered, ",") {
		return i.Offered
	}
	return i.ALPN
}

// TLSInfo tells what is known of a conversation's encryption; the zero value if it has
// none. It may be called by any goroutine.
func (s *Session) TLSInfo() TLSInfo {
	if s == nil || s.tls == nil {
		return TLSInfo{}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.tls
	i := t.said
	i.Version, i.Suite, i.ALPN = t.version, t.suite, text.Printable(t.alpn)
	i.Resumed = i.Resumed || t.resumed
	t.outcome(&i)
	return i
}

// maxOffered bounds how much is kept of what a client offers, bytes.
const maxOffered = 128

// clientSaid takes over what a Client Hello says; m is its body.
func (i *TLSInfo) clientSaid(m []byte) {
	i.Early = false
	eachHelloExtension(m, true, func(kind uint16, b []byte) {
		switch kind {
		case 0:
			if len(b) >= 5 && b[2] == 0 {
				n := int(b[3])<<8 | int(b[4])
				i.Name = text.Printable(string(b[5 : 5+min(n, len(b)-5, 255)]))
			}
		case 16:
			var offered []string
			size := 0
			for b = b[min(2, len(b)):]; len(b) > 0 && int(b[0]) < len(b) && size < maxOffered; b = b[1+int(b[0]):] {
				if name := string(b[1 : 1+int(b[0])]); !isGREASEName(name) {
					offered = append(offered, text.Printable(name))
					size += len(name)
				}
			}
			i.Offered = strings.Join(offered, ",")
		case 42, 46: // the latter in drafts of TLS 1.3
			i.Early = true
		}
	})
}

// serverSaid takes over what a Server Hello says; m is the message with its header.
func (i *TLSInfo) serverSaid(m []byte) {
	if isHelloRetry(m[4:]) {
		i.Retried = true
		return
	}
	eachHelloExtension(m[4:], false, func(kind uint16, _ []byte) {
		if kind == 41 {
			i.Resumed = true
		}
	})
}

// isGREASEName tells a protocol that means nothing (RFC 8701 §2).
func isGREASEName(s string) bool {
	return len(s) == 2 && isGREASE(uint64(s[0])<<8|uint64(s[1]))
}

// eachHelloExtension goes through the extensions of a hello, client's or server's, whose
// body is m (RFC 8446 §4.1.2, §4.1.3), and ends where the hello does not hold together.
func eachHelloExtension(m []byte, client bool, f func(kind uint16, body []byte)) {
	skip := func(size int) bool { // over a vector with its length before it
		if len(m) < size {
			return false
		}
		n := 0
		for _, b := range m[:size] {
			n = n<<8 | int(b)
		}
		if len(m) < size+n {
			return false
		}
		m = m[size+n:]
		return true
	}
	if len(m) < 34 {
		return
	}
	if m = m[34:]; !skip(1) {
		return
	}
	if client {
		if !skip(2) || !skip(1) {
			return
		}
	} else {
		if len(m) < 3 {
			return
		}
		m = m[3:]
	}
	if len(m) >= 2 {
		eachExtension(m, f)
	}
}
