//go:build !linux

package lab

import "runtime"

// Inside is always false: this system has no network namespaces.
func Inside() bool { return false }

// Enter always refuses: this system has no network namespaces. The demo uses
// the loopback interface instead.
func Enter(args []string, env ...string) (code int, err error) { return 1, Check() }

// Check says that this system has no network namespaces.
func Check() error {
	return &NamespaceError{
		Reason: runtime.GOOS + " has no network namespaces",
		Fix:    "the demo uses the loopback interface " + loopback + " instead",
	}
}

// Setup does nothing: the loopback interface is up already.
func Setup() error { return nil }

// Private says whether this system has private networks: if not, the lab runs on
// the system's own loopback interface.
func Private() bool { return false }
