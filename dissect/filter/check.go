package filter

import "tcplens/dissect"

// State is how an expression that is being typed stands.
type State uint8

// The states of an expression.
const (
	Empty   State = iota // shows everything
	Valid                // means what it seems to
	Odd                  // is valid, and probably not what was meant
	Invalid              // cannot be used
)

// Verdict is what there is to say of an expression, for the screen to show at each
// key. Pos and Len are the bytes that Msg is about; they are valid for Odd and
// Invalid.
type Verdict struct {
	State    State
	Pos, Len int
	Msg      string
	Suggest  string // what to write instead of those bytes; empty if nothing comes to mind
	Unended  bool   // Invalid only because the expression is not complete yet
	Capture  bool   // Invalid, and it looks like a capture filter (tcpdump's): it belongs elsewhere
}

// Caret gives two lines: the expression, and marks under the place.
func (v *Verdict) Caret(expr string) string { return caret(expr, v.Pos, v.Len) }

// Check says how an expression stands. It takes well under a millisecond.
func Check(expr string, known dissect.Lookup) Verdict {
	f, err := parse(expr, known)
	switch {
	case err != nil:
		v := Verdict{State: Invalid, Pos: err.Pos, Len: err.Len, Msg: err.Msg, Suggest: err.Suggest}
		v.Unended = err.unended
		if why := LooksLikeCapture(expr); why != "" {
			v.Capture, v.Msg, v.Suggest, v.Pos, v.Len = true, why, "", 0, len(expr)
		}
		return v
	case f == nil:
		return Verdict{}
	case len(f.warns) > 0:
		w := f.warns[0]
		return Verdict{State: Odd, Pos: w.Pos, Len: w.Len, Msg: w.Msg}
	}
	return Verdict{State: Valid}
}
