package tui

import (
	"strconv"

	tea "charm.land/bubbletea/v2"
)

// sortByColumn sorts the packet list by a column: ascending, then descending, then as
// captured again.
func (m *Model) sortByColumn(i int) {
	if i >= len(m.list.set) || m.src.tr == nil {
		return
	}
	c := &m.list.set[i]
	switch o := &m.sorting; {
	case o.field != c.Field:
		m.startSort(c.Field)
		m.sayf("sorted by %s: %s", c.Title, m.keyHint(actSort, "again turns the order round"))
	case !o.desc:
		m.reverseSort()
	default:
		m.stopSort()
		m.say("packets stand as they were captured", false)
	}
}

// startSort begins to sort by a field or one of the columns that are none.
func (m *Model) startSort(field string) {
	m.stopSort()
	m.sorting.field = field
	m.sorting.s = newSorter(m.src.tr, field, m.lookup)
	m.list.leaveTail(&m.src)
}

// stopSort lets the packets stand as they were captured. What a command still does
// goes unnoticed.
func (m *Model) stopSort() {
	m.sorting = sorting{id: m.sorting.id + 1}
	m.list.order, m.list.pos = nil, nil
	m.dirty = true
}

// resort begins again, after the filter has changed.
func (m *Model) resort() {
	if o := m.sorting; o.field != "" {
		m.startSort(o.field)
		m.sorting.desc = o.desc
	}
}

// reverseSort turns the order round.
func (m *Model) reverseSort() {
	if m.sorting.field == "" {
		m.say("the list is not sorted: "+m.keyHint(actSort, "sorts by the column under the cursor"), false)
		return
	}
	m.sorting.desc = !m.sorting.desc
	m.sorting.stale = true
	m.dirty = true
}

// sorted takes over what a sort has done.
func (m *Model) sorted(msg sortMsg) {
	if msg.id != m.sorting.id {
		return
	}
	m.sorting.running = false
	m.sorting.done = msg.done
	if msg.pos != nil {
		first := m.list.order == nil
		m.list.order, m.list.pos, m.list.posFirst = msg.order, msg.pos, msg.first
		m.sorting.upto, m.sorting.first = msg.upto, msg.first
		if first {
			m.list.top = 0 // the selected packet is shown wherever it is now
		}
	}
	m.dirty = true
}

// sortStep gives the command that is due.
func (m *Model) sortStep() tea.Cmd {
	if m.src.tr == nil || !m.src.known {
		return nil
	}
	return m.sorting.step(m.ctx, m.src.snap, &m.list)
}

// sortProgress is what the header says while keys are taken out of the packets.
func (m *Model) sortProgress() string {
	o := &m.sorting
	if o.field == "" || m.list.order != nil || o.of == 0 {
		return ""
	}
	return "sorting " + strconv.Itoa(min(100*o.done/o.of, 99)) + " %"
}

// followTail follows the newest packet, which a sorted list cannot, or stops to.
func (m *Model) followTail() {
	if m.sorting.field != "" {
		m.stopSort()
	}
	m.list.tail = !m.list.tail
	m.list.seen = m.src.last()
}
