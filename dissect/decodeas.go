package dissect

// DecodeAs says by hand which application protocol a port carries, as
// tshark's -d does. It is made once and then only read.
type DecodeAs struct {
	TCP, UDP map[uint16]App
}

// App is an application protocol that a port or a look at the bytes can name.
// AppNone is data that nobody claims.
type App uint8

// Session is what an application protocol remembers of one TCP conversation.
type Session struct{}
