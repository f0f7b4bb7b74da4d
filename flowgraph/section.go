package flowgraph

import (
	"fmt"

	"tcplens/internal/packet"
	"tcplens/internal/tcp"
)

// phase is a part of a conversation's life.
type phase uint8

const (
	noPhase phase = iota
	handshake
	data
	teardown
)

func (p phase) String() string { return [...]string{"", "handshake", "data", "teardown"}[p&3] }

// section is a stretch of events in one phase, and what its heading tells.
type section struct {
	start int // index of its first event
	phase phase

	// Of a handshake.
	syns, synACKs [2]int
	refused       bool // a RST came instead of a SYN+ACK
	refuser       uint8
	done          bool          // both ends are established
	tfo           bool          // the SYN carried data
	took, left    bool          // the SYN+ACK takes them, or does not
	again         bool          // a connection was there before
	synAt         [2]int        // events of the newest SYN or SYN+ACK of each node, from 1
	tries         []packet.Time // when the SYNs of the first end that sent one were sent, at most mostTries

	// Of a teardown.
	fins      int
	finTries  [2]int  // FINs that each end sent
	beyond    bool    // an end sent new data after its own FIN
	first     uint8   // whose FIN came first
	firstNext uint32  // number after it
	apart     bool    // it was acknowledged before the other FIN
	crossed   bool    // the other FIN left before the first one had come
	late      uint64  // bytes that the other end sent after the first FIN
	sentFIN   [2]bool // by node
	reset     bool
	resetBy   uint8
	afterFIN  bool   // the end that reset had closed, and data came
	unacked   uint64 // bytes of the other end that the RST leaves unacknowledged
	unread    uint64 // bytes of the other end's last turn, if nothing answered it
	gone      bool   // both ends were closed before the RST
	taken     bool   // the end that closed first acknowledged what came after
	dead      bool   // the RST follows a keep-alive without answer
}

// mostTries is how many times of sending a SYN are kept. Linux tries seven times.
const mostTries = 16

// section puts e, which is about to be appended, into its section.
func (g *Graph) section(e *event, before [2]tcp.State) {
	i := len(g.events)
	cur := noPhase
	if n := len(g.sections); n > 0 {
		cur = g.sections[n-1].phase
	}
	want := g.phaseOf(e, before, cur)
	if want != cur || want == handshake && e.Verdict&tcp.ReusedPorts != 0 && e.Flags&tcp.ACK == 0 && i > 0 {
		g.sections = append(g.sections, section{start: i, phase: want, again: i > 0})
	}
	s := &g.sections[len(g.sections)-1]
	switch s.phase {
	case handshake:
		s.openWith(e, i, before)
	case teardown:
		g.closeWith(s, e, before)
	}
}

func (g *Graph) phaseOf(e *event, before [2]tcp.State, cur phase) phase {
	syn := e.Flags&tcp.SYN != 0 && e.Flags&tcp.RST == 0
	moved := e.bits&(moved0|moved1) != 0
	switch {
	case syn && (cur == noPhase || moved && opening(e.state)):
		return handshake
	case cur == handshake && (opening(before) || before[0] == tcp.Closed && !moved):
		return handshake
	case e.Flags&(tcp.FIN|tcp.RST) != 0 || cur == teardown:
		return teardown
	}
	return data
}

// openWith tells a handshake of its next segment.
func (s *section) openWith(e *event, i int, before [2]tcp.State) {
	if e.Flags&(tcp.SYN|tcp.RST) == tcp.SYN {
		s.synAt[e.Dir] = i + 1
	}
	switch {
	case e.Flags&tcp.RST != 0:
		if !s.done && before[e.Dir^1] == tcp.SynSent && !s.refused {
			s.refused, s.refuser = true, e.Dir
		}
	case e.Flags&(tcp.SYN|tcp.ACK) == tcp.SYN:
		s.syns[e.Dir]++
		s.refused = false
		s.tfo = s.tfo || e.Len > 0
		if len(s.tries) < mostTries && s.syns[e.Dir^1] == 0 {
			s.tries = append(s.tries, e.Time)
		}
	case e.Flags&tcp.SYN != 0:
		s.synACKs[e.Dir]++
		s.took = s.took || e.Verdict&tcp.TFOAccepted != 0
		s.left = s.left || e.Verdict&tcp.TFOIgnored != 0
	}
	if !opening(e.state) && e.state[0] != tcp.Closed {
		s.done = true
	}
}

// closeWith tells a teardown of its next segment.
func (g *Graph) closeWith(s *section, e *event, before [2]tcp.State) {
	other := e.Dir ^ 1
	if e.Flags&tcp.RST != 0 && !s.reset {
		s.reset, s.resetBy = true, e.Dir
		s.gone = before[0] == tcp.Closed && before[1] == tcp.Closed || before[e.Dir] == tcp.TimeWait
		s.afterFIN = s.sentFIN[e.Dir] && s.late > 0 && s.first == e.Dir && !s.taken
		if n := len(g.events); n > 0 {
			last := &g.events[n-1]
			s.dead = last.Dir == e.Dir && last.Verdict&tcp.KeepAlive != 0
		}
		if t := &g.turn; t.any && t.dir == other {
			s.unread = g.tail(other)
		}
		if e.Flags&tcp.ACK != 0 && g.sent[other].any {
			if left := int32(uint32(g.sent[other].next) - e.Ack); left > 0 {
				s.unacked = uint64(left)
			}
		}
	}
	if s.fins == 1 && e.Dir != s.first && e.Verdict&repeats == 0 {
		s.late += uint64(e.Len)
	}
	acks := e.Flags&tcp.ACK != 0 && int32(e.Ack-s.firstNext) >= 0
	switch {
	case e.Flags&tcp.FIN != 0 && s.fins == 0:
		s.fins, s.first, s.firstNext = 1, e.Dir, e.Next()
		e.bits |= firstFIN
	case e.Flags&tcp.FIN != 0 && s.fins == 1 && e.Dir != s.first:
		s.fins = 2
		s.crossed = !acks
	case s.fins == 1 && e.Dir != s.first && acks && e.Flags&tcp.RST == 0:
		s.apart = true
	}
	if s.sentFIN[e.Dir] && e.Len > 0 && e.Verdict&(repeats|probing|tcp.OutOfOrder) == 0 && e.Flags&tcp.FIN == 0 {
		s.beyond = true
	}
	if e.Flags&tcp.FIN != 0 {
		s.sentFIN[e.Dir] = true
		s.finTries[e.Dir]++
	}
	if s.late > 0 && e.Dir == s.first && e.Acks != 0 && e.Flags&tcp.RST == 0 {
		s.taken = true
	}
}

// tail is how many bytes an end has sent since the other end's last data. It looks
// back over a bounded number of segments.
func (g *Graph) tail(dir uint8) (n uint64) {
	const look = 10000
	for i := len(g.events) - 1; i >= max(0, len(g.events)-look); i-- {
		e := &g.events[i]
		if e.Len == 0 || e.Verdict&(repeats|probing) != 0 {
			continue
		}
		if e.Dir != dir {
			break
		}
		n += uint64(e.Len)
	}
	return n
}

// title names what happened in a section, in the field's own words; empty where
// the heading alone says it.
func (g *Graph) title(s *section) string {
	switch s.phase {
	case handshake:
		return g.openTitle(s)
	case data:
		if s.start == 0 {
			if g.info.Missed {
				return "its beginning is no longer kept"
			}
			return "the capture began in mid-stream: no handshake seen"
		}
	case teardown:
		return g.closeTitle(s)
	}
	return ""
}

func (g *Graph) openTitle(s *section) string {
	title, client := "", g.client()
	tries := func(dir uint8) string {
		text := fmt.Sprintf("SYN retried: sent %d times", s.syns[dir])
		if len(s.tries) > 1 && len(s.tries) == s.syns[dir] {
			text += ", " + waits(s.tries) + " apart"
		}
		return text
	}
	switch {
	case s.refused:
		title = "refused: the " + g.role(s.refuser) + " answers the SYN with a RST"
	case s.syns[0] > 0 && s.syns[1] > 0:
		title = "simultaneous open: both ends send a SYN"
	case s.syns[0]+s.syns[1] == 0 && s.synACKs[0]+s.synACKs[1] > 0:
		title = "the capture began after the SYN"
	case s.syns[client] > 1 && s.synACKs[0]+s.synACKs[1] == 0:
		title = tries(client) + ", no answer"
	case s.syns[client] > 1:
		title = tries(client)
	case s.synACKs[0]+s.synACKs[1] > 1:
		title = fmt.Sprintf("SYN, ACK sent %d times", s.synACKs[0]+s.synACKs[1])
	case s.tfo:
		title = "Fast Open: the SYN carries data"
		switch {
		case s.took:
			title += ", and the " + g.role(client^1) + " takes it"
		case s.left:
			title += ", which has to be sent again"
		}
	case !s.done && s.synACKs[0]+s.synACKs[1] == 0:
		title = "no answer to the SYN"
	case !s.done:
		title = "not finished: the client's ACK is missing"
	case s.again:
		title = "the same ports again"
	}
	return title
}

func (g *Graph) closeTitle(s *section) string {
	first, second := g.role(s.first), g.role(s.first^1)
	title := ""
	switch {
	case s.fins == 0:
	case s.fins == 1 && s.late > 0:
		title = fmt.Sprintf("half-close: the %s is done, the %s sends %s more", first, second, count(s.late))
	case s.fins == 1:
		title = "half-closed: the " + first + " has finished, the " + second + " has not"
	case s.crossed:
		title = "simultaneous close: the FINs cross on the way"
	case s.late > 0:
		title = fmt.Sprintf("half-close: the %s is done, the %s sends %s more", first, second, count(s.late))
	case s.apart:
		title = "four segments: each FIN has an ACK of its own"
	default:
		title = "three segments: the " + second + "'s ACK and FIN travel in one"
	}
	for dir := range uint8(2) {
		if n := s.finTries[dir]; n > 1 && title != "" {
			title += fmt.Sprintf("; the %s's FIN sent %d times", g.role(dir), n)
		}
	}
	if s.beyond {
		title += "; data after the FIN of the end that sent it"
	}
	if !s.reset {
		return title
	}
	reset := g.resetTitle(s)
	if title == "" || s.afterFIN || s.fins == 1 {
		return reset
	}
	return title + "; " + reset
}

func (g *Graph) resetTitle(s *section) string {
	by, other := g.role(s.resetBy), g.role(s.resetBy^1)
	switch {
	case s.afterFIN:
		return "reset by the " + by + ": data came after it had closed"
	case s.gone:
		return "a RST after the end"
	case s.fins == 1 && s.sentFIN[s.resetBy]:
		return "the " + by + " closes, then resets"
	case s.fins == 1:
		return "the " + other + " closes, the " + by + " resets"
	case s.dead:
		return "reset by the " + by + ": no answer to its keep-alives"
	case s.unacked > 0 && !s.sentFIN[s.resetBy]:
		return fmt.Sprintf("reset with data unread: %s of the %s without ACK", count(s.unacked), other)
	case s.unread > 0 && !s.sentFIN[s.resetBy]:
		return fmt.Sprintf("reset by the %s, perhaps with data unread: %s had come", by, count(s.unread))
	}
	return "reset by the " + by
}
