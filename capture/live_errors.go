package capture

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// What may be wrong with a live capture. A LiveError wraps one of them.
var (
	ErrNoPermission  = errors.New("no permission to capture")
	ErrNoInterface   = errors.New("no such interface")
	ErrInterfaceDown = errors.New("the interface is down")
	ErrEnded         = errors.New("the capture has ended")
	ErrLibpcap       = errors.New("cannot capture")
)

// LiveError says what is wrong with the capture on an interface. When Read returns
// it, what was captured before has been delivered.
type LiveError struct {
	Iface  string
	Detail string // what to do, or libpcap's words
	Err    error  // what is wrong: ErrNoPermission, ErrInterfaceDown, …
}

// Error is one line for people, beginning with the interface's name.
func (e *LiveError) Error() string {
	s := e.Iface + ": " + e.Err.Error()
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// Unwrap gives what is wrong, for errors.Is.
func (e *LiveError) Unwrap() error { return e.Err }

// isDenied says whether a handle could not be activated for want of permission.
// gopacket's type for these errors is private, so its words have to do; a test
// holds them.
func isDenied(err error) bool { return err.Error() == "Permission Denied" }

// openError makes the failure to open an interface an error for people.
func openError(name string, err error) error {
	// Asked for in this order: without permission, libpcap finds no interface wrong.
	if missing := noInterface(name); missing != nil {
		return missing
	}
	switch {
	case isDenied(err):
		return &LiveError{Iface: name, Err: ErrNoPermission, Detail: howToPermit()}
	case err.Error() == "Interface Not Up":
		return &LiveError{Iface: name, Err: ErrInterfaceDown, Detail: howToBringUp(name)}
	}
	return &LiveError{Iface: name, Err: ErrLibpcap, Detail: strings.TrimPrefix(err.Error(), "Error: ")}
}

// noInterface is the error for a name that no interface has, and nil if one has.
func noInterface(name string) error {
	devices, err := Interfaces()
	if err != nil || name == Any {
		return nil
	}
	var names []string
	for _, d := range devices {
		names = append(names, d.Name)
	}
	if slices.Contains(names, name) {
		return nil
	}
	return &LiveError{Iface: name, Err: ErrNoInterface, Detail: "there are " + strings.Join(names, ", ")}
}

// howToBringUp says what switches an interface on.
func howToBringUp(name string) string {
	if runtime.GOOS != "linux" {
		return "bring it up with: sudo ifconfig " + name + " up"
	}
	return "bring it up with: sudo ip link set " + name + " up"
}

// howToPermit says what gives the running program the right to capture.
func howToPermit() string {
	if runtime.GOOS != "linux" {
		return "run it with sudo"
	}
	path, err := os.Executable()
	if err != nil {
		return "run it with sudo"
	}
	// The shorter way to say where the program is.
	if dir, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(dir, path); err == nil && !strings.HasPrefix(rel, "..") {
			path = "." + string(filepath.Separator) + rel
		}
	}
	return "run it with sudo, or once: sudo setcap cap_net_raw=eip " + path
}
