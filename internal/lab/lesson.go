package lab

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// The ports of the servers. PortClosed has no server: it is the one to be
// refused at.
const (
	PortHTTP   = 3000
	PortTLS    = 3443
	PortPlain  = 8080
	PortClosed = 8081
)

// BigSize is the length of the body of /big, in bytes. It is well over five of
// the 65,483-byte segments that loopback carries: an MTU of 65,536, less 20
// bytes of IPv4, 20 of TCP and 12 of time stamps, and less the byte by which the
// longest IPv4 packet is shorter than that MTU.
const BigSize = 383_859

// Mix is the name of the lesson that is played when none is named: some of the
// others in turn, one exchange at a time.
const Mix = ""

// A Lesson is one exchange with a point to it.
type Lesson struct {
	Name    string // what is typed: tcplens demo NAME
	Title   string // a few words
	Teaches string // a sentence or two on what to look at
	Filter  string // the BPF capture filter that shows the lesson and nothing else

	play func(*Lab, context.Context) error
}

// Options say how a lesson is played.
type Options struct {
	Repeat bool          // play again and again, until the context ends
	Pace   time.Duration // the pause between two exchanges; 0 is 1.5 s
	KeyLog io.Writer     // gets the TLS secrets in the SSLKEYLOGFILE format; nil for none
	Script Script        // what the link of the lesson lossy does; nil is DefaultScript
}

// pause is the pause between two exchanges.
func (o Options) pause() time.Duration {
	if o.Pace > 0 {
		return o.Pace
	}
	return 1500 * time.Millisecond
}

// Lessons lists the lessons in the order in which they are best taken.
func Lessons() []Lesson {
	return []Lesson{
		{
			Name:    "http",
			Title:   "a GET of a few bytes",
			Teaches: "The handshake, one request, one reply, and an ACK for each. Then nobody has anything to say, and the server closes first.",
			Filter:  "port 3000",
			play:    (*Lab).playHTTP,
		}, {
			Name:    "big",
			Title:   "one reply of 383,859 bytes",
			Teaches: "A few segments of 65,483 bytes carry it all, since loopback has an MTU of 65,536. Watch the window and the ACKs that each stand for many bytes.",
			Filter:  "port 3000",
			play:    (*Lab).playBig,
		}, {
			Name:    "close3",
			Title:   "a close in three segments",
			Teaches: "The client closes at once when the server has, so its ACK and its FIN travel in one segment.",
			Filter:  "port 8080",
			play:    (*Lab).playClose3,
		}, {
			Name:    "close4",
			Title:   "a close in four segments",
			Teaches: "The client acknowledges the server's FIN, thinks for a moment in CLOSE_WAIT, and sends its own FIN later.",
			Filter:  "port 8080",
			play:    (*Lab).playClose4,
		}, {
			Name:    "reset",
			Title:   "a close with data unread",
			Teaches: "The client closes while bytes of the server lie unread in its buffer. Its kernel sends RST, not FIN: the server has to know that they were lost.",
			Filter:  "port 8080",
			play:    (*Lab).playReset,
		}, {
			Name:    "refused",
			Title:   "nobody listens",
			Teaches: "The answer to the SYN is a RST with ACK, from a port that no server has open.",
			Filter:  "port 8081",
			play:    (*Lab).playRefused,
		}, {
			Name:    "halfclose",
			Title:   "one side is done, the other goes on",
			Teaches: "The client sends its FIN and still listens. The server's data goes on for a while before its own FIN comes.",
			Filter:  "port 8080",
			play:    (*Lab).playHalfClose,
		}, {
			Name:    "tls12",
			Title:   "HTTP within TLS 1.2",
			Teaches: "The certificate passes in the clear, and the key exchange takes two round trips. Others see only Application Data then: here the demo's own secrets open it.",
			Filter:  "port 3443",
			play:    (*Lab).playTLS12,
		}, {
			Name:    "tls13",
			Title:   "HTTP within TLS 1.3",
			Teaches: "One round trip, and all after the Server Hello is encrypted, the certificate too: the demo's own secrets open it here.",
			Filter:  "port 3443",
			play:    (*Lab).playTLS13,
		}, {
			Name:    "ipv6",
			Title:   "the same GET over IPv6",
			Teaches: "From and to ::1. The header is 40 bytes long, so the largest segment is 20 bytes smaller than with IPv4.",
			Filter:  "ip6 and port 3000",
			play:    (*Lab).playIPv6,
		}, {
			Name:    "lossy",
			Title:   "a path that loses, delays, reorders and doubles",
			Teaches: "One segment is lost in the middle and comes again after duplicate ACKs, one at the end and only a timer finds out. Others come late, twice, or in the wrong order.",
			Filter:  "port 8080",
			play:    (*Lab).playLossy,
		},
	}
}

// Find gives the lesson of that name, Mix among them. The error lists the names
// that there are.
func Find(name string) (Lesson, error) {
	if name == Mix {
		return Lesson{
			Title:   "a bit of everything",
			Teaches: "An exchange every moment: HTTP, lines of text, TLS, HTTP over IPv6. Pick one and follow it.",
			Filter:  "tcp",
			play:    (*Lab).playMix,
		}, nil
	}
	var names []string
	for _, l := range Lessons() {
		if l.Name == name {
			return l, nil
		}
		names = append(names, l.Name)
	}
	return Lesson{}, fmt.Errorf("demo: no lesson %q: there are %s", name, strings.Join(names, ", "))
}

// Interface names the interface that the lesson is to be captured on: the
// loopback interface, and for lossy the client's TUN device, which is there from
// Start to Close.
func Interface(lesson string) string {
	if lesson == "lossy" {
		return tunName
	}
	return loopback
}
