package capture

import (
	"errors"
	"fmt"

	"tcplens/internal/packet"
)

// What may be wrong with a capture that is read. A FileError wraps one of them,
// or an error of the operating system.
var (
	ErrEmpty      = errors.New("empty file: not a capture")
	ErrNotCapture = errors.New("not a capture")
	ErrCut        = errors.New("cut short")
	ErrDamaged    = errors.New("damaged")
	ErrPipe       = errors.New("a pipe or device, which can be read once only")
)

// FileError says what is wrong with a capture and where. Whatever was before
// that place has been delivered.
type FileError struct {
	Name   string        // the file as the user named it
	Packet packet.Number // the packet that could not be read; 0 if it was something else
	Offset int64         // where the record or block begins, in bytes of the unpacked file
	Detail string        // what was found, in words
	Err    error         // what is wrong: ErrEmpty, ErrCut, … or an error of the system
}

// Error is one line for people, beginning with the file's name.
func (e *FileError) Error() string {
	what := e.Err.Error()
	switch {
	case errors.Is(e.Err, ErrCut) && e.Packet != 0:
		what += fmt.Sprintf(" in the middle of packet %d", e.Packet)
	case errors.Is(e.Err, ErrDamaged) && e.Packet != 0:
		what += fmt.Sprintf(" at packet %d (byte %d)", e.Packet, e.Offset)
	case errors.Is(e.Err, ErrDamaged):
		what += fmt.Sprintf(" at byte %d", e.Offset)
	}
	if e.Detail != "" {
		what += ": " + e.Detail
	}
	return e.Name + ": " + what
}

// Unwrap gives what is wrong, for errors.Is.
func (e *FileError) Unwrap() error { return e.Err }

// fault is what a decoder finds wrong. It knows neither the file's name nor how
// many packets came before; the scanner adds both.
type fault struct {
	err    error
	at     int // where the record or block begins in the bytes that were decoded
	packet bool
	detail string
}

func damaged(at int, packet bool, format string, args ...any) *fault {
	return &fault{ErrDamaged, at, packet, fmt.Sprintf(format, args...)}
}
