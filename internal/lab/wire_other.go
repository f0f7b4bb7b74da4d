//go:build !linux

package lab

import "context"

// tunName stands for the client's device, which these systems do not have.
const tunName = "tun0"

// wire is the lossy link, which needs network namespaces.
type wire struct{ link *Link }

// CheckTUN says that this system can't have the lossy link.
func CheckTUN() error { return Check() }

// newWire refuses: both ends of the link would be on one machine, whose kernel
// would carry the packets itself, past the link.
func newWire(Script) (*wire, error) {
	return nil, &NamespaceError{
		Reason: "the lesson lossy needs network namespaces, which Linux alone has",
		Fix:    "choose another lesson, or run it in a virtual machine with Linux",
	}
}

func (w *wire) close() error { return w.link.Close() }

func (l *Lab) playLossy(context.Context) error { return Check() }
