package lab

// NamespaceError says why the private network cannot be had on this system, and
// what to type to have it.
type NamespaceError struct {
	Reason string // what stands in the way
	Fix    string // what to do, with the exact command
	Err    error  // what the system said; may be nil
}

// Error is one line for people: the reason, then the remedy.
func (e *NamespaceError) Error() string {
	return "no private network: " + e.Reason + ": " + e.Fix
}

// Unwrap gives what the system said.
func (e *NamespaceError) Unwrap() error { return e.Err }
