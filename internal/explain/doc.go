// Package explain says what is on the screen in the words of a teacher: a field, a
// flag, a packet, an arrow of the flow graph, a state, a conversation, an expert item.
// The words stand in plain files, one folder a language, that a translator can edit
// (docs/translating.md); the numbers are those of the packet that was asked about.
//
// A Book is the texts of one language. An Explainer joins it with a trace:
//
//	book, err := explain.Open(explain.English)
//	text := explain.New(book, tr).Packet(4)
package explain
