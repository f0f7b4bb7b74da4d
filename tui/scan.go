package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/dissect/filter"
	"tcplens/internal/packet"
	"tcplens/internal/scan"
	"tcplens/internal/trace"
)

// chunkTime is how long one command of a scan or search works before it reports.
const chunkTime = 40 * time.Millisecond

// scanning finds the packets that match the display filter: first those from where the
// user looks, a few screens of them, then those before, then the rest. One command
// at a time looks at some rows and gives what it found in a message; the message says
// which scan it was for, so that a scan that was replaced goes unnoticed.
type scanning struct {
	id      int
	f       *filter.Filter
	from    packet.Number // where it began; 0: at the first packet
	upto    packet.Number // rows from there up to here have been looked at
	down    packet.Number // and those before it, from here on
	some    bool          // a few screens have been found
	running bool
	runner  *scan.Scanner // of the trace
}

// scanMsg reports a part of a scan.
type scanMsg struct {
	id    int
	found []packet.Number
	upto  packet.Number // the new one; of a step back, the new down
	back  bool
}

// fewScreens is how many packets are to be found before the scan turns back.
const fewScreens = 300

// begin starts the scan anew at a packet.
func (s *scanning) begin(at packet.Number) {
	s.id++
	s.running, s.some = false, false
	s.from = max(at, 1)
	s.upto, s.down = s.from-1, s.from
}

// done says whether all rows of a trace have been looked at.
func (s *scanning) done(snap trace.Snapshot) bool {
	return s.f == nil || s.upto >= snap.Last() && s.down <= snap.First()
}

// looked says whether a packet has been looked at.
func (s *scanning) looked(n packet.Number) bool { return n >= s.down && n <= s.upto }

// step gives a command that goes on with the scan, nil if there is nothing to do.
func (s *scanning) step(ctx context.Context, snap trace.Snapshot) tea.Cmd {
	if s.f == nil || s.running || s.done(snap) {
		return nil
	}
	s.running = true
	if s.down > snap.First() && (s.some || s.upto >= snap.Last()) {
		return s.back(ctx, snap)
	}
	id, f, runner := s.id, s.f, s.runner
	n := max(s.upto+1, snap.First())
	return func() tea.Msg {
		msg := scanMsg{id: id, upto: n - 1}
		end := time.Now().Add(chunkTime)
		_ = runner.Run(ctx, f, scan.Query{Snap: snap, From: n, Only: true}, func(b scan.Batch) bool {
			msg.found = append(msg.found, b.Found...)
			msg.upto = b.Last
			return time.Now().Before(end)
		})
		return msg
	}
}

// back gives a command that looks at rows before those that were looked at.
func (s *scanning) back(ctx context.Context, snap trace.Snapshot) tea.Cmd {
	id, f, runner, down := s.id, s.f, s.runner, s.down
	return func() tea.Msg {
		msg := scanMsg{id: id, upto: down, back: true}
		end := time.Now().Add(chunkTime)
		var parts [][]packet.Number
		_ = runner.Run(ctx, f, scan.Query{Snap: snap.Until(down - 1), From: down}, func(b scan.Batch) bool {
			parts = append(parts, b.Found)
			msg.upto = b.First
			return time.Now().Before(end)
		})
		for i := len(parts) - 1; i >= 0; i-- {
			msg.found = append(msg.found, parts[i]...)
		}
		return msg
	}
}

// take notes what a step has looked at.
func (s *scanning) take(msg scanMsg, shown int) {
	s.running = false
	if msg.back {
		s.down = min(s.down, msg.upto)
		return
	}
	s.upto = max(s.upto, msg.upto)
	s.some = s.some || shown >= fewScreens
}
