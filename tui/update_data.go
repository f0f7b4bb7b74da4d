package tui

import (
	"context"
	"errors"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"tcplens/dissect"
	"tcplens/dissect/filter"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

type (
	// changedMsg says that a trace has changed.
	changedMsg struct{ of *trace.Trace }

	// secondMsg makes the clock of a running capture go on.
	secondMsg time.Time

	// doneMsg is the end of something that was asked of the capture.
	doneMsg struct {
		note string
		err  error
		then func(*Model) tea.Cmd
	}

	// openedMsg brings a new trace.
	openedMsg struct {
		tr  *trace.Trace
		err error
	}
)

// work gives the commands that are due: waiting for the trace, filtering new rows,
// the clock.
func (m *Model) work() tea.Cmd {
	var cmds []tea.Cmd
	if !m.waiting && m.src.tr != nil {
		m.waiting = true
		cmds = append(cmds, wait(m.ctx, m.src.tr))
	}
	if m.src.tr != nil {
		if c := m.scan.step(m.ctx, m.src.snap); c != nil {
			cmds = append(cmds, c)
		}
	}
	if m.view == viewRequests && !m.frozen {
		cmds = append(cmds, m.requests.work(m.ctx, m.src.tr))
	}
	switch m.view {
	case viewProblems:
		cmds = append(cmds, m.problems.work(m.ctx, &m.src))
	case viewPackets:
		cmds = append(cmds, m.why.work(m))
	}
	if !m.ticking && (m.src.status.Live && !m.src.status.Done || m.view == viewPicker) {
		m.ticking = true
		cmds = append(cmds, tick(m.ctx))
	}
	if m.view == viewPicker {
		cmds = append(cmds, m.pick.ask(m))
	}
	cmds = append(cmds, m.sortStep(), m.followWork())
	return tea.Batch(cmds...)
}

// wait gives a command that tells when the trace changes next, but not before
// pollEvery has passed: whatever comes in between is one change.
func wait(ctx context.Context, tr *trace.Trace) tea.Cmd {
	return func() tea.Msg {
		select {
		case <-ctx.Done():
			return nil
		case <-tr.Changed():
		}
		return changedMsg{tr}
	}
}

// pause is wait after a change: the next one is looked for pollEvery later.
func pause(ctx context.Context, tr *trace.Trace) tea.Cmd {
	next := wait(ctx, tr)
	return func() tea.Msg {
		t := time.NewTimer(pollEvery)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		return next()
	}
}

func tick(ctx context.Context) tea.Cmd {
	return func() tea.Msg {
		t := time.NewTimer(time.Second)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return nil
		case at := <-t.C:
			return secondMsg(at)
		}
	}
}

// data handles what commands report.
func (m *Model) data(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case changedMsg:
		if msg.of != m.src.tr {
			return nil
		}
		m.refresh()
		return pause(m.ctx, msg.of)
	case secondMsg:
		m.ticking, m.now = false, time.Time(msg)
		if m.view == viewFlows && m.flows.total > 0 && !m.frozen {
			m.flows.load(m.src.tr)
		}
		m.dirty = true
	case scanMsg:
		m.scanned(msg)
	case requestsMsg:
		m.requests.take(msg)
		m.dirty = true
	case problemsMsg:
		m.problems.take(msg)
		m.dirty = true
	case reasonsMsg:
		m.problems.takeReasons(msg)
		m.dirty = true
	case whyMsg:
		m.why.take(msg)
		m.dirty = true
	case seenMsg:
		return m.saw(msg)
	case sortMsg:
		m.sorted(msg)
	case findMsg:
		return m.searched(msg)
	case doneMsg:
		m.busy--
		m.dirty = true
		if msg.err != nil {
			m.say(msg.err.Error(), true)
			return nil
		}
		if msg.note != "" {
			m.say(msg.note, false)
		}
		if msg.then != nil {
			return msg.then(m)
		}
	case openedMsg:
		m.busy--
		m.dirty = true
		if msg.err != nil {
			m.say(msg.err.Error(), true)
			return nil
		}
		m.waiting = false
		m.openTrace(msg.tr)
		m.came = nil
		m.view = viewPackets
	case interfacesMsg:
		m.pick.take(msg)
		m.dirty = true
	case graphMsg:
		m.busy--
		m.dirty = true
		m.takeGraph(msg)
	case explainMsg:
		m.busy--
		m.dirty = true
		m.takeExplanation(msg)
	case followMsg:
		m.dirty = true
		m.takeFollow(msg)
	case seekMsg:
		m.dirty = true
		return m.takeSeek(msg)
	case pipedMsg:
		m.dirty = true
		m.takePiped(msg)
	}
	return nil
}

// refresh takes over what the trace has become.
func (m *Model) refresh() {
	m.now = time.Now()
	if m.frozen {
		// The counters go on; the packets shown stay.
		m.src.status = m.src.tr.Status()
		m.tellErrors()
		m.dirty = true
		return
	}
	m.src.refresh()
	m.tellErrors()
	if !m.list.moved && m.src.status.Live {
		m.list.tail = true
	}
	m.list.evict(&m.src)
	m.flows.totals(m.src.tr)
	if m.view == viewFlows && m.flows.stale() {
		m.flows.load(m.src.tr)
	}
	if m.view == viewGraph {
		m.graph.update()
	}
	m.dirty = true
}

// tellErrors says once what has gone wrong with the source, with saving it or with
// the key log. The packets that came before stay on the screen.
func (m *Model) tellErrors() {
	for i, err := range [3]error{m.src.status.Err, m.src.status.SaveErr, m.src.status.Keys.Err} {
		if err != nil && (m.told[i] == nil || m.told[i].Error() != err.Error()) {
			m.say(err.Error(), i < 2 || !m.src.status.Keys.Waiting)
		}
		m.told[i] = err
	}
}

// scanned takes over what a scan has found.
func (m *Model) scanned(msg scanMsg) {
	if msg.id != m.scan.id {
		return
	}
	if msg.back {
		m.list.shown = append(msg.found, m.list.shown...)
		m.list.top += len(msg.found) // what is on the screen stays there
	} else {
		m.list.shown = append(m.list.shown, msg.found...)
	}
	m.scan.take(msg, len(m.list.shown))
	m.dirty = true
}

// searched takes over what a search has found.
func (m *Model) searched(msg findMsg) tea.Cmd {
	if msg.id != m.find.id || !m.find.running {
		return nil
	}
	m.find.done = msg.done
	m.dirty = true
	if msg.hit.n == 0 && msg.next != nil {
		return tea.Cmd(msg.next)
	}
	m.find.running = false
	if msg.hit.n == 0 {
		what := "not found"
		if m.find.problem {
			what = "no problem"
		}
		m.say(what+" among the "+count(uint64(m.find.of), "packet")+" shown", true)
		return nil
	}
	m.remember()
	m.jump(msg.hit.n)
	m.point(msg.hit)
	if m.find.again != 0 {
		return m.searchOn()
	}
	switch {
	case m.find.problem:
	case msg.done == m.find.of:
		m.say("this is the only one", false)
	case msg.wrapped == 1:
		m.say("past the last packet: on from the first", false)
	case msg.wrapped == -1:
		m.say("past the first packet: on from the last", false)
	}
	return nil
}

// searchOn goes on with the steps that were asked for during the search.
func (m *Model) searchOn() tea.Cmd {
	again, dir := m.find.again, 1
	if again < 0 {
		dir = -1
	}
	var cmd tea.Cmd
	if m.find.problem {
		cmd = m.nextProblem(dir)
	} else {
		cmd = m.findAgain(dir > 0)
	}
	m.find.again = again - dir
	return cmd
}

// point puts the cursors of detail and bytes on what a search has found there.
func (m *Model) point(h hit) {
	if h.node < 0 && h.source < 0 {
		return
	}
	m.tree.load(&m.src, h.n)
	w := m.hexCells(m.arrange())
	if h.source >= 0 && h.source < len(m.tree.bytes) {
		m.hex.source, m.hex.cur = h.source, h.start
		m.hex.reveal(w, h.end-1)
		node := m.tree.over(h.source, h.start, h.end)
		if node < 0 {
			node = m.tree.at(h.source, h.start)
		}
		m.tree.show(node)
		return
	}
	m.tree.show(h.node)
	m.hex.follow(m.tree.node(), w)
}

// jump selects a packet.
func (m *Model) jump(n packet.Number) {
	m.list.leaveTail(&m.src)
	m.list.cur = n
	if m.list.filtered {
		m.list.want = n // the filter may not have got there yet
	}
	m.dirty = true
}

// applyFilter takes a display filter into force; empty shows everything.
func (m *Model) applyFilter(expr string) error {
	f, err := filter.Parse(expr, m.lookup)
	if err != nil {
		return err
	}
	if f, err = m.bind(f); err != nil {
		return err
	}
	m.filter = expr
	m.scan.f = f
	if f == nil {
		m.filter = ""
	}
	m.refilter()
	return nil
}

// bind gives the references of a filter, ${field}, the values of the selected packet.
func (m *Model) bind(f *filter.Filter) (*filter.Filter, error) {
	if f == nil || len(f.References()) == 0 {
		return f, nil
	}
	if m.list.cur == 0 || m.src.tr == nil {
		return nil, errors.New("${" + f.References()[0] + "} stands for a field of the selected packet, and none is selected")
	}
	tree, _, err := m.src.tr.NewReader().Dissect(m.list.cur, dissect.WantTree)
	if err != nil {
		return nil, err
	}
	return f.Bind(tree), nil
}

// refilter begins to look at all rows again.
func (m *Model) refilter() {
	at := m.list.cur
	if m.list.tail {
		at = m.src.last() + 1
	}
	m.scan.begin(at)
	m.list.shown = nil
	m.list.want = m.list.cur
	m.list.filtered = m.scan.f != nil
	m.list.seen = m.src.last()
	m.find.running = false
	m.resort()
	m.dirty = true
}

// ask runs something that the capture does.
func (m *Model) ask(do func(ctx context.Context) (string, error), then func(*Model) tea.Cmd) tea.Cmd {
	m.busy++
	ctx := m.ctx
	return func() tea.Msg {
		note, err := do(ctx)
		return doneMsg{note: note, err: err, then: then}
	}
}

// profile notes what colours the terminal has.
func (m *Model) profile(msg tea.ColorProfileMsg) {
	if msg.Profile <= colorprofile.ASCII && m.theme.name != ThemeMono {
		m.theme, m.themeFixed = m.themed(ThemeMono), true
		m.restyle()
	}
	if few := msg.Profile == colorprofile.ANSI; few != m.sixteen {
		m.sixteen = few
		m.theme = m.themed(m.theme.name)
		m.restyle()
	}
}

// say shows a message in the place of the footer until the next key.
func (m *Model) say(s string, bad bool) {
	m.note, m.noteBad = s, bad
	m.dirty = true
}

func (m *Model) sayf(format string, args ...any) { m.say(fmt.Sprintf(format, args...), false) }
