package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/dissect/filter"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// chunkTime is how long one command of a scan or search works before it reports.
const chunkTime = 40 * time.Millisecond

// scan finds the packets that match the display filter. One command at a time
// looks at some rows and gives what it found in a message; the message says which
// scan it was for, so that a scan that was replaced goes unnoticed.
type scan struct {
	id      int
	f       *filter.Filter
	upto    packet.Number // rows up to here have been looked at
	running bool
	matcher *trace.Matcher // of the commands
}

// scanMsg reports a part of a scan.
type scanMsg struct {
	id    int
	found []packet.Number
	upto  packet.Number
}

// step gives a command that goes on with the scan, nil if there is nothing to do.
func (s *scan) step(ctx context.Context, snap trace.Snapshot) tea.Cmd {
	if s.f == nil || s.running || s.upto >= snap.Last() {
		return nil
	}
	s.running = true
	id, matcher := s.id, s.matcher
	n := max(s.upto+1, snap.First())
	return func() tea.Msg {
		msg := scanMsg{id: id, upto: n - 1}
		end := time.Now().Add(chunkTime)
		for last := snap.Last(); n <= last; n++ {
			if matcher.Match(snap, n) {
				msg.found = append(msg.found, n)
			}
			msg.upto = n
			if n%64 == 0 && (ctx.Err() != nil || time.Now().After(end)) {
				break
			}
		}
		return msg
	}
}
