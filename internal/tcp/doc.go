// Package tcp knows a TCP conversation: which stream a segment belongs to, its
// relative numbers, what the sequence analysis says of it, which states both ends
// are in, and how the bytes of a direction make up the messages of the protocol
// above. It is pure: no input or output, no clock, no goroutine, no text.
//
// A Table takes the segments of a capture in order and gives Facts for each. A
// Reassembler takes the same segments with their payload and says which messages
// they belong to, asking a Framer where messages end. Follow gives the bytes of
// both directions in the order in which the ends had them. Ends is the state
// machine alone.
//
// The verdicts agree with those of Wireshark 4.0 with its default preferences.
// Rule numbers such as R33 in the comments name the steps of that analysis.
package tcp
