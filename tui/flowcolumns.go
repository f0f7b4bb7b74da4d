package tui

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// flowKey is a column of the flows view, which is what conversations are sorted by.
type flowKey uint8

const (
	flowNumber flowKey = iota
	flowA
	flowB
	flowName
	flowPackets
	flowBytes
	flowSent
	flowGot
	flowStart
	flowTime
	flowState
	flowZeek
	flowHistory
	flowComplete
	flowIRTT
	flowResent
	flowShare
	flowZero
	flowMissing
	flowKeys
)

// flowFields says of each column its key in the menu of columns, its name, its head
// and its width, and whether it stands at the right.
var flowFields = [flowKeys]struct {
	key, name, head string
	w               int
	right           bool
}{
	flowNumber:   {"n", "number", "Flow", 6, false},
	flowA:        {"a", "first end", "A", 12, false},
	flowB:        {"b", "second end", "B", 12, false},
	flowName:     {"e", "server name", "Name", 12, false},
	flowPackets:  {"p", "packets", "Pkts", 5, true},
	flowBytes:    {"y", "bytes", "Bytes", 6, true},
	flowSent:     {"s", "bytes sent by the first end", "A to B", 6, true},
	flowGot:      {"g", "bytes sent by the second end", "B to A", 6, true},
	flowStart:    {"t", "beginning", "Start", 10, true},
	flowTime:     {"d", "duration", "Time", 7, true},
	flowState:    {"w", "state", "State", 11, false},
	flowZeek:     {"z", "Zeek's state", "Zeek", 6, false},
	flowHistory:  {"h", "history", "History", 9, false},
	flowComplete: {"c", "completeness", "Compl", 5, true},
	flowIRTT:     {"i", "initial round trip", "iRTT", 6, true},
	flowResent:   {"r", "retransmitted bytes", "Resent", 6, true},
	flowShare:    {"%", "share of retransmitted bytes", "%", 4, true},
	flowZero:     {"0", "zero-window time", "0-win", 6, true},
	flowMissing:  {"m", "bytes missing from the capture", "Missing", 7, true},
}

func (k flowKey) String() string { return flowFields[k].name }

// flowColumn is a column with the width that it has on the screen.
type flowColumn struct {
	key flowKey
	w   int
}

// columns lays the columns out for a width; with less room some are left away. The
// layout depends on nothing that changes while scrolling.
func (p *flowsPane) columns(w int) []flowColumn {
	more := max(p.digits-2, 0) // cells for numbers of more than two digits
	switch {
	case w < 50:
		return []flowColumn{{flowNumber, 6 + more}, {flowB, max(w-22-more, 1)}, {flowBytes, 6}, {flowZeek, 6}}
	case w < 72+more:
		return []flowColumn{{flowNumber, 6 + more}, {flowB, w - 28 - more}, {flowPackets, 5}, {flowBytes, 6}, {flowZeek, 6}}
	}
	shown := [flowKeys]int{}
	left := w - 1 - more
	add := func(k flowKey) bool {
		f := &flowFields[k]
		if f.w+1 > left {
			return false
		}
		shown[k] = f.w
		left -= f.w + 1
		return true
	}
	for _, k := range []flowKey{flowNumber, flowPackets, flowBytes, flowTime, flowZeek, flowHistory, flowA, flowB} {
		add(k)
	}
	shown[flowNumber] += more
	grow := func(k flowKey, to int) {
		n := min(max(to-shown[k], 0), max(left, 0))
		shown[k] += n
		left -= n
	}
	// Whole IPv4 addresses count more than another column, those of IPv6 do not.
	ends := min(p.ends, 21)
	if w < 100 {
		ends = min(p.ends, 12+left/2)
	}
	grow(flowA, ends)
	grow(flowB, ends)
	wide := w >= 100
	if wide && p.names > 0 {
		// Names come before any other column.
		wide = add(flowName)
		grow(flowName, min(p.names, 24*min(shown[flowName], 1)))
	}
	if wide {
		for _, k := range []flowKey{flowIRTT, flowResent, flowZero, flowComplete, flowState, flowShare, flowMissing, flowSent, flowGot, flowStart} {
			if !add(k) {
				break
			}
		}
	}
	grow(flowHistory, 12)
	if shown[flowName] > 0 {
		grow(flowName, min(p.names, 40))
	}
	for _, k := range []flowKey{flowA, flowB} {
		grow(k, min(p.ends, shown[k]+left))
	}
	grow(flowHistory, 18)
	var out []flowColumn
	for k, n := range shown {
		if n > 0 {
			out = append(out, flowColumn{flowKey(k), n})
		}
	}
	return out
}

// compare says which of two conversations comes first: the larger number, or the
// smaller text.
func (k flowKey) compare(a, b *trace.Conversation) int {
	switch k {
	case flowA:
		return a.Flow.Src.Compare(b.Flow.Src)
	case flowB:
		return a.Flow.Dst.Compare(b.Flow.Dst)
	case flowName:
		// Conversations without a name stand behind.
		return cmp.Or(cmp.Compare(min(len(b.TLS.Name), 1), min(len(a.TLS.Name), 1)), strings.Compare(a.TLS.Name, b.TLS.Name))
	case flowStart:
		return cmp.Compare(a.FirstTime, b.FirstTime)
	case flowState:
		return cmp.Compare(a.State(), b.State())
	case flowZeek:
		return cmp.Compare(a.Zeek.State.String(), b.Zeek.State.String())
	case flowHistory:
		return a.Zeek.History.Compare(&b.Zeek.History)
	case flowNumber:
		return 0
	}
	return cmp.Compare(k.amount(b), k.amount(a))
}

// amount is the number that a column shows.
func (k flowKey) amount(c *trace.Conversation) float64 {
	t := &c.Trouble
	switch k {
	case flowPackets:
		return float64(packets(c))
	case flowBytes:
		return float64(c.Traffic[0].Bytes + c.Traffic[1].Bytes)
	case flowSent:
		return float64(c.Traffic[0].Bytes)
	case flowGot:
		return float64(c.Traffic[1].Bytes)
	case flowTime:
		return float64(c.LastTime.Sub(c.FirstTime))
	case flowComplete:
		return float64(c.Completeness)
	case flowIRTT:
		return float64(c.IRTT)
	case flowResent:
		return float64(t[0].ResentBytes + t[1].ResentBytes)
	case flowShare:
		return share(t[0].ResentBytes+t[1].ResentBytes, c.Traffic[0].Payload+c.Traffic[1].Payload)
	case flowZero:
		return float64(t[0].ZeroTime + t[1].ZeroTime)
	case flowMissing:
		return float64(t[0].Missing + t[1].Missing)
	}
	return 0
}

// share is what part of whole is, from 0 to 1.
func share(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// percent writes a share: "12 %", "<1 %"; nothing for none.
func percent(v float64) string {
	switch {
	case v <= 0:
		return ""
	case v < 0.01:
		return "<1%"
	}
	return strconv.Itoa(int(v*100+0.5)) + "%"
}

// head draws the head of a column, with a mark if it is the one sorted by.
func (p *flowsPane) head(l *line, c flowColumn) {
	f := &flowFields[c.key]
	st, head := sColumn, f.head
	switch {
	case c.key == flowA && c.w >= 21:
		head = "A (first to speak)"
	case c.key == flowPackets && c.w >= 8:
		head = "Packets"
	}
	if c.key == p.key {
		st = sFocus
		mark := l.g.down
		if p.reverse {
			mark = l.g.up
		}
		// The mark takes the place of the last letter where there is no room.
		head = head[:min(len(head), c.w-1)] + mark
	}
	if f.right {
		l.right(st, head, c.w)
	} else {
		l.fit(st, head, c.w)
	}
}

// cell draws one value of a conversation.
func (p *flowsPane) cell(l *line, c *trace.Conversation, col flowColumn) {
	st, s := sText, ""
	amount := uint64(0)
	tcp := c.Kind == trace.TCP
	switch col.key {
	case flowNumber:
		s = c.Kind.String() + " " + strconv.FormatUint(uint64(c.Stream), 10)
		st = sUDP
		if tcp {
			st = sTCP
		}
	case flowA:
		s, st = l.g.cutMiddle(c.Flow.Src.String(), col.w), sSide0
	case flowB:
		s, st = l.g.cutMiddle(c.Flow.Dst.String(), col.w), sSide1
	case flowName:
		if s = l.g.text(c.TLS.Name); text.Width(s) == len(s) { // of single bytes, which may be cut anywhere
			s = l.g.cutMiddle(s, col.w)
		}
	case flowPackets:
		s = number(packets(c))
	case flowBytes:
		s = size(c.Traffic[0].Bytes + c.Traffic[1].Bytes)
	case flowSent:
		s, st = size(c.Traffic[0].Bytes), sSide0
	case flowGot:
		s, st = size(c.Traffic[1].Bytes), sSide1
	case flowStart:
		decimals := 6
		for d := p.span; d >= 1000*time.Second && decimals > 0; d /= 10 {
			decimals--
		}
		s = strings.TrimSuffix(seconds(c.FirstTime.Sub(p.first), decimals), ".")
	case flowTime:
		s = took(c.LastTime.Sub(c.FirstTime))
	case flowState:
		s, st = c.State(), stateStyle(c)
	case flowZeek:
		s, st = c.Zeek.State.String(), stateStyle(c)
	case flowHistory:
		s = c.Zeek.History.String()
	case flowComplete:
		if tcp {
			s = strconv.Itoa(int(c.Completeness))
		}
	case flowIRTT:
		if c.IRTT != 0 {
			s = took(time.Duration(c.IRTT))
		}
	case flowResent:
		amount, st = c.Trouble[0].ResentBytes+c.Trouble[1].ResentBytes, sNoted
	case flowShare:
		s, st = percent(col.key.amount(c)), sNoted
	case flowZero:
		if d := c.Trouble[0].ZeroTime + c.Trouble[1].ZeroTime; d > 0 {
			s, st = took(time.Duration(d)), sNoted
		}
	case flowMissing:
		amount, st = c.Trouble[0].Missing+c.Trouble[1].Missing, sWarn
	}
	if amount > 0 {
		s = size(amount)
	}
	if flowFields[col.key].right {
		l.right(st, s, col.w)
	} else {
		l.fit(st, s, col.w)
	}
}

// stateStyle colours both states of a conversation.
func stateStyle(c *trace.Conversation) style {
	switch c.State() {
	case "reset", "refused":
		return sBad
	case "SYN only", "half-closed":
		return sWarn
	case "closed":
		return sDim
	case "open":
		return sLive
	}
	return sText
}

// sortMenu asks which column to sort by.
func (m *Model) sortMenu() {
	u := &menu{title: "Sort by"}
	for k, f := range flowFields {
		u.items = append(u.items, menuItem{f.key, f.name, func(m *Model) tea.Cmd {
			m.flows.sortBy(flowKey(k))
			return nil
		}})
	}
	u.cur = int(m.flows.key)
	m.menu = u
}
