package tui

import (
	"strings"

	"tcplens/internal/config"
)

// action is what a key does.
type action uint8

const (
	actNone action = iota

	actPackets
	actFlows
	actRequests
	actProblems
	actInterfaces
	actHelp

	actNextPane
	actPrevPane
	actZoom
	actGrow
	actShrink

	actDown
	actUp
	actLeft
	actRight
	actPageDown
	actSpace // a page down, where Space has nothing else to do
	actPageUp
	actHalfDown
	actHalfUp
	actTop
	actBottom
	actEnter
	actBack
	actLeave
	actQuit
	actSuspend

	actFilter
	actOnly
	actExcept
	actCombine
	actConversation
	actPrevInConv
	actNextInConv
	actHistoryBack
	actHistoryOn
	actUndo
	actFind
	actFindNext
	actFindPrev
	actProblemNext
	actProblemPrev
	actMark
	actNextMark

	actFollow
	actGraph
	actTail
	actFreeze
	actStop
	actCaptureFilter
	actTimeFormat
	actTimeRef
	actColors
	actColumns
	actAddColumn
	actHideColumn
	actColumnLeft
	actColumnRight
	actNarrower
	actWider
	actCopy
	actWrite
	actCommand
	actExplain

	actOpenNode
	actCloseNode
	actOpenAll
	actCloseAll
	actNextBytes

	actSort
	actSortBy
	actReverse

	actFoldMore
	actFoldLess
	actRaw
	actMarkFlow
	actGraphAll
	actSide
	actPipe
	actForm
	actRefresh
	actChoose
	actionCount
)

// where tells in which parts of the program a key works.
type where uint16

const (
	inList where = 1 << iota
	inDetail
	inHex
	inFlows
	inRequests
	inProblems
	inPicker
	inFollow
	inGraph
	inHelp

	inPackets  = inList | inDetail | inHex
	everywhere = inPackets | inFlows | inRequests | inProblems | inPicker | inFollow | inGraph
	moving     = everywhere | inHelp
)

// binding is one line of the key map. The same table handles the keys, draws the
// footer and the help, and writes docs/keys.md.
type binding struct {
	act    action
	keys   []string // as tea.KeyPressMsg.String gives them; "g g" is typed one after the other
	in     where
	name   string // the command's name, for the command line
	short  string // what the footer says
	long   string // what the help says
	footer where  // where the footer shows it, in the table's order
}

// keyMap is the table, with the keys that the user has bound. It is made once for a
// Model and does not change.
type keyMap struct {
	all    []binding
	byKey  map[string][]int
	prefix map[string]bool
}

func newKeyMap(bound map[string][]string) *keyMap {
	k := &keyMap{all: bindings(), byKey: make(map[string][]int), prefix: make(map[string]bool)}
	if len(bound) > 0 {
		for i, keys := range config.Rebind(Bindings(), bound) {
			k.all[i].keys = keys
		}
	}
	for i, b := range k.all {
		for _, key := range b.keys {
			k.byKey[key] = append(k.byKey[key], i)
			if first, _, ok := strings.Cut(key, " "); ok {
				k.prefix[first] = true
			}
		}
	}
	return k
}

// done is what an action comes to: Space is a page down where it is nothing else.
func (a action) done() action {
	if a == actSpace {
		return actPageDown
	}
	return a
}

// find gives what a key does in some part of the program.
func (k *keyMap) find(key string, in where) action {
	for _, i := range k.byKey[key] {
		if k.all[i].in&in != 0 {
			return k.all[i].act.done()
		}
	}
	return actNone
}

// command finds an action by its name.
func (k *keyMap) command(name string, in where) action {
	for _, b := range k.all {
		if b.name == name && b.in&in != 0 {
			return b.act.done()
		}
	}
	return actNone
}

// Bindings are the actions with the keys that they have by default, for those who
// bind other keys to them.
func Bindings() []config.Binding {
	all := bindings()
	out := make([]config.Binding, len(all))
	for i, b := range all {
		out[i] = config.Binding{Name: b.name, Keys: b.keys, In: uint32(b.in), Help: b.long}
	}
	return out
}

func bindings() []binding {
	return []binding{
		// What the footer shows first stands first.
		{act: actEnter, keys: []string{"enter"}, in: everywhere, name: "enter", short: "open", long: "into what is under the cursor; a packet everywhere", footer: inFlows | inRequests | inProblems | inPicker | inFollow | inGraph},
		{act: actFollow, keys: []string{"f"}, in: inPackets | inFlows | inRequests | inProblems | inGraph, name: "follow", short: "follow", long: "follow the conversation: what its two ends said", footer: inPackets | inFlows | inRequests | inProblems | inGraph},
		{act: actGraph, keys: []string{"x"}, in: inPackets | inFlows | inRequests | inProblems | inFollow, name: "graph", short: "flow graph", long: "flow graph of the conversation, with both ends' states", footer: inPackets | inFlows | inRequests | inProblems | inFollow},
		{act: actFilter, keys: []string{"/"}, in: everywhere &^ inPicker, name: "filter", short: "filter", long: "display filter; in a flow graph and in follow: find text", footer: inPackets | inFlows | inRequests},
		{act: actOnly, keys: []string{"="}, in: inPackets | inFlows | inRequests | inProblems, name: "only", short: "only this", long: "filter to the cell or field under the cursor", footer: inPackets | inFlows | inRequests | inProblems},
		{act: actExcept, keys: []string{"!"}, in: inPackets | inFlows | inRequests | inProblems, name: "except", long: "filter it out"},
		{act: actCombine, keys: []string{"a"}, in: inPackets | inFlows | inRequests | inProblems, name: "combine", long: "join it with the filter: and, or, not; or edit it first"},
		{act: actExplain, keys: []string{"K"}, in: everywhere &^ inPicker, name: "explain", short: "explain", long: "explain what is under the cursor: field, flag, packet, flow, request, problem, arrow, state", footer: inPackets | inProblems | inGraph},
		{act: actSort, keys: []string{"s"}, in: inList | inFlows | inRequests, name: "sort", short: "sort", long: "sort by the next column; in the packet list by the one under the cursor: up, down, as captured", footer: inFlows | inRequests},
		{act: actSortBy, keys: []string{"o"}, in: inFlows, name: "sort-by", short: "sort by", long: "sort by any column, also by those that there is no room for", footer: inFlows},
		{act: actReverse, keys: []string{"S"}, in: inList | inFlows | inRequests, name: "reverse", short: "reverse", long: "turn the order round", footer: inFlows | inRequests},
		{act: actFoldMore, keys: []string{"-"}, in: inGraph, name: "fold", short: "fold", long: "fold: bulk data and keep-alives, then pure ACKs", footer: inGraph},
		{act: actFoldLess, keys: []string{"+"}, in: inGraph, name: "unfold", short: "unfold", long: "unfold", footer: inGraph},
		{act: actRaw, keys: []string{"#"}, in: inGraph, name: "raw-numbers", short: "raw", long: "sequence numbers: relative, or as on the wire", footer: inGraph},
		{act: actMarkFlow, keys: []string{"space"}, in: inFlows, name: "mark-flow", short: "mark", long: "mark the flow, for one flow graph (x) of all that are marked", footer: inFlows},
		{act: actGraphAll, keys: []string{"X"}, in: inPackets | inFlows, name: "graph-all", long: "one flow graph of all conversations that the filter shows"},
		{act: actSide, keys: []string{"s"}, in: inFollow, name: "side", short: "sides", long: "both sides, the client's only, the server's only", footer: inFollow},
		{act: actForm, keys: []string{"v"}, in: inFollow, name: "form", short: "view", long: "show as text, as hex, as messages (decrypted, unpacked, laid out), as arrays of C, as raw digits", footer: inFollow},
		{act: actTimeFormat, keys: []string{"t"}, in: inPackets | inGraph, name: "time", short: "time", long: "time column: relative, delta, time of day, date, epoch; in a flow graph also to scale", footer: inGraph},
		{act: actWrite, keys: []string{"w"}, in: everywhere &^ inPicker, name: "write", short: "write", long: "write to a file: all, shown, marked, this conversation; or what the screen shows", footer: inFollow | inGraph},
		{act: actNextPane, keys: []string{"tab"}, in: inPackets, name: "next-pane", short: "pane", long: "next pane", footer: inPackets},
		{act: actPrevPane, keys: []string{"shift+tab"}, in: inPackets, name: "previous-pane", long: "previous pane"},
		{act: actZoom, keys: []string{`\`}, in: inPackets, name: "zoom", long: "this pane alone, and back"},
		{act: actGrow, keys: []string{"+"}, in: inPackets, name: "grow", long: "more rows for the packet list"},
		{act: actShrink, keys: []string{"-"}, in: inPackets, name: "shrink", long: "fewer rows for the packet list"},

		{act: actDown, keys: []string{"j", "down"}, in: moving, name: "down", long: "down"},
		{act: actUp, keys: []string{"k", "up"}, in: moving, name: "up", long: "up"},
		{act: actLeft, keys: []string{"h", "left"}, in: inPackets | inFlows | inRequests | inProblems | inFollow, name: "left", long: "left: previous column; close in the tree or a group; previous byte"},
		{act: actRight, keys: []string{"l", "right"}, in: inPackets | inFlows | inRequests | inProblems | inFollow, name: "right", long: "right: next column; open in the tree or a group; next byte"},
		{act: actChoose, keys: []string{"space"}, in: inPicker, name: "choose", short: "choose several", long: "choose several interfaces", footer: inPicker},
		{act: actPageDown, keys: []string{"pgdown"}, in: moving, name: "page-down", long: "a page down"},
		{act: actSpace, keys: []string{"space"}, in: moving &^ inPicker &^ inFlows, name: "space", long: "a page down"},
		{act: actPageUp, keys: []string{"pgup"}, in: moving, name: "page-up", long: "a page up"},
		{act: actHalfDown, keys: []string{"ctrl+d"}, in: moving, name: "half-down", long: "half a page down"},
		{act: actHalfUp, keys: []string{"ctrl+u"}, in: moving, name: "half-up", long: "half a page up"},
		{act: actTop, keys: []string{"g g", "home"}, in: moving, name: "top", long: "to the first"},
		{act: actBottom, keys: []string{"G", "end"}, in: moving, name: "bottom", long: "to the last; in the packet list also back to live"},

		{act: actConversation, keys: []string{"C"}, in: inPackets, name: "conversation", long: "only this conversation; again: all"},
		{act: actNextInConv, keys: []string{"."}, in: inPackets, name: "next-in-conversation", long: "next packet of the conversation"},
		{act: actPrevInConv, keys: []string{","}, in: inPackets, name: "previous-in-conversation", long: "previous packet of the conversation"},
		{act: actHistoryBack, keys: []string{"["}, in: inPackets, name: "back", long: "back through filters and positions"},
		{act: actHistoryOn, keys: []string{"]"}, in: inPackets, name: "forward", long: "forward again"},
		{act: actUndo, keys: []string{"u"}, in: inPackets, name: "undo", long: "undo the last change of view"},
		{act: actFind, keys: []string{"ctrl+f"}, in: inPackets | inFollow, name: "find", long: "find text, bytes, a regular expression (Tab), anywhere or in one pane (S-Tab)"},
		{act: actFindNext, keys: []string{"n"}, in: inPackets | inFollow | inGraph, name: "find-next", long: "next found, and around the end"},
		{act: actFindPrev, keys: []string{"N"}, in: inPackets | inFollow | inGraph, name: "find-previous", long: "previous found"},
		{act: actProblemNext, keys: []string{"e"}, in: everywhere &^ inPicker, name: "next-problem", short: "next problem", long: "next packet with a problem; not one that is ordinary or the capture's own doing", footer: inProblems},
		{act: actProblemPrev, keys: []string{"E"}, in: everywhere &^ inPicker, name: "previous-problem", long: "previous problem"},
		{act: actMark, keys: []string{"m"}, in: inPackets, name: "mark", long: "mark the packet, or take its mark away"},
		{act: actNextMark, keys: []string{"'"}, in: inPackets, name: "next-mark", long: "next marked packet"},
		{act: actTimeRef, keys: []string{"T"}, in: inPackets, name: "time-reference", long: "times count from this packet; again: from the first"},

		{act: actColors, keys: []string{"c"}, in: inPackets, name: "colors", long: "colour the rows by the colouring rules, or not"},

		{act: actColumns, keys: []string{"o"}, in: inPackets, name: "columns", long: "columns of the packet list: which, in which order, how wide; any field can be one"},
		{act: actAddColumn, keys: []string{"O"}, in: inDetail, name: "add-column", long: "the field under the cursor becomes a column of the packet list; again: no longer"},
		{act: actHideColumn, keys: []string{"D"}, in: inList, name: "hide-column", long: "hide the column under the cursor; a field's goes away"},
		{act: actColumnLeft, keys: []string{"H"}, in: inList, name: "column-left", long: "move the column to the left"},
		{act: actColumnRight, keys: []string{"L"}, in: inList, name: "column-right", long: "move the column to the right"},
		{act: actNarrower, keys: []string{"<"}, in: inList, name: "narrower", long: "make the column narrower"},
		{act: actWider, keys: []string{">"}, in: inList, name: "wider", long: "make the column wider"},

		{act: actOpenNode, keys: []string{"z o"}, in: inDetail, name: "open", long: "open the line of the tree"},
		{act: actCloseNode, keys: []string{"z c"}, in: inDetail, name: "close", long: "close it"},
		{act: actOpenAll, keys: []string{"z R"}, in: inDetail, name: "open-all", long: "open all lines"},
		{act: actCloseAll, keys: []string{"z M"}, in: inDetail, name: "close-all", long: "close all lines"},
		{act: actNextBytes, keys: []string{"s"}, in: inDetail | inHex, name: "next-bytes", short: "bytes", long: "next block of bytes: the frame, what was reassembled, unpacked, decrypted", footer: inHex},

		{act: actTail, keys: []string{"F"}, in: inPackets | inFollow, name: "tail", long: "stay at the newest packet, or the conversation's end; or no longer"},
		{act: actFreeze, keys: []string{"p"}, in: everywhere &^ inPicker, name: "freeze", long: "freeze the view; the capture goes on"},
		{act: actStop, keys: []string{"P"}, in: everywhere &^ inPicker, name: "stop", long: "stop the capture, or start it again"},
		{act: actCaptureFilter, keys: []string{"b"}, in: everywhere &^ inPicker, name: "capture-filter", long: "edit the capture filter while it runs"},
		{act: actRefresh, keys: []string{"ctrl+l"}, in: moving, name: "redraw", long: "draw the screen anew"},

		{act: actCopy, keys: []string{"y"}, in: everywhere &^ inPicker, name: "copy", long: "copy: value, filter, bytes, row; what follow and the flow graph show"},
		{act: actCommand, keys: []string{":"}, in: everywhere, name: "command", long: "command line: :123 goes to packet 123; :w file, :q, or any command by name"},
		{act: actPackets, keys: []string{"1"}, in: everywhere, name: "packets", long: "packets"},
		{act: actFlows, keys: []string{"2"}, in: everywhere, name: "flows", long: "flows: one row a conversation"},
		{act: actRequests, keys: []string{"3"}, in: everywhere, name: "requests", long: "requests: one row a request of HTTP, DNS, Redis, SQL, with its answer and times"},
		{act: actProblems, keys: []string{"4"}, in: everywhere, name: "problems", long: "problems: what is wrong, in groups, and why"},
		{act: actInterfaces, keys: []string{"6", "i"}, in: everywhere, name: "interfaces", long: "interfaces, with what passes on them"},
		{act: actBack, keys: []string{"esc"}, in: moving, name: "out", short: "out", long: "out of this: help, view, pane; from packets back to the view that led to them", footer: inFlows | inRequests | inProblems | inFollow | inGraph | inPicker | inHelp},
		{act: actPipe, keys: []string{"|"}, in: inFollow, name: "pipe", short: "pipe", long: "pipe what a side sent, or the message under the cursor, into a command of the shell", footer: inFollow},
		{act: actLeave, keys: []string{"q"}, in: moving, name: "leave", long: "the same; at the root it quits, after asking when packets would be lost"},
		{act: actQuit, keys: []string{"ctrl+c"}, in: moving, name: "quit", long: "quit, after asking when packets would be lost"},
		{act: actSuspend, keys: []string{"ctrl+z"}, in: moving, name: "suspend", long: "back to the shell; fg comes back here, the capture goes on"},
		{act: actHelp, keys: []string{"?"}, in: moving, name: "help", short: "keys", long: "the keys of this pane", footer: moving},
	}
}

// keyLabel writes a key as the help shows it.
func keyLabel(key string) string {
	if a, b, ok := strings.Cut(key, " "); ok {
		return a + b
	}
	switch key {
	case "tab":
		return "Tab"
	case "shift+tab":
		return "S-Tab"
	case "enter":
		return "Enter"
	case "esc":
		return "Esc"
	case "pgdown":
		return "PgDn"
	case "pgup":
		return "PgUp"
	case "home":
		return "Home"
	case "end":
		return "End"
	case "space":
		return "Space"
	case "up":
		return "Up"
	case "down":
		return "Down"
	case "left":
		return "Left"
	case "right":
		return "Right"
	}
	if c, ok := strings.CutPrefix(key, "ctrl+"); ok {
		return "^" + strings.ToUpper(c)
	}
	return key
}

// labels joins the keys of a binding.
func (b *binding) labels() string {
	out := make([]string, len(b.keys))
	for i, k := range b.keys {
		out[i] = keyLabel(k)
	}
	return strings.Join(out, " ")
}
