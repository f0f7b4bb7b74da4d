// Package tui is the program that a terminal shows: packet list, detail tree and
// hex pane, the conversations, the flow graph, follow, and the picker of
// interfaces.
//
// There is one tea.Model, Model. Panes are plain structs with methods, composed by
// the Model only: they get what they need as arguments and do not know each other.
// Layout is a pure function of size and state. All keys stand in one table
// (keys.go), which also makes the help and docs/keys.md; all colours in another
// (theme.go).
//
// The Model reads a trace and nothing else. It waits for the trace's signal at
// most thirty times a second, takes a snapshot, and dissects the rows that are on
// the screen; long work runs in commands, piece by piece, and its results are
// dropped when nobody wants them any more. What needs a capture, such as changing
// its filter, is asked of functions that the caller gives (Hooks).
//
// Lines are made by hand with prepared escape sequences. Everything that came from
// the wire is made printable before it gets into a line.
package tui
