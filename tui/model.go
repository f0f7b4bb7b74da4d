package tui

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/dissect"
	"tcplens/dissect/filter"
	"tcplens/internal/config"
	"tcplens/internal/explain"
	"tcplens/internal/packet"
	"tcplens/internal/scan"
	"tcplens/internal/trace"
)

// viewID names what fills the screen.
type viewID uint8

const (
	viewPackets viewID = iota
	viewFlows
	viewRequests
	viewProblems
	viewPicker
	viewFollow
	viewGraph
)

// Model is the program's state. It belongs to Bubble Tea's goroutine; commands get
// copies of what they need and answer with messages.
type Model struct {
	ctx    context.Context
	opt    Options
	keys   *keyMap
	lookup dissect.Lookup
	book   func() (*explain.Book, error) // the texts, read when they are first asked for
	names  *filter.Names

	width, height int
	theme         *theme
	themeFixed    bool // named by the user: not replaced by what the terminal says
	sixteen       bool // the terminal has no more colours
	g             *glyphs
	l             line

	src      source
	list     listPane
	tree     detailPane
	hex      hexPane
	flows    flowsPane
	requests requestsPane
	problems problemsPane
	why      packetWhy
	pick     picker
	conv     followPane
	graph    graphPane

	view   viewID
	came   []viewID // views to go back to
	focus  paneID
	zoom   bool
	grow   int
	rel    relations
	relGen uint64

	filter string // the display filter in force
	named  []config.Named
	colors coloring

	sorting sorting
	columns []config.Column // of the packet list, hidden ones too
	scan    scanning
	find    finder
	frozen  bool

	prompt  prompt
	seen    seen
	writing writing
	piping  piping
	menu    *menu
	reader  *reader // an explanation, over the view
	help    bool
	helpTop int
	helpAt  string // the last line that is shown, and how many there are: "20/150"
	pending string // first key of two
	note    string // a message in the place of the footer
	noteBad bool
	told    [3]error // what went wrong with the source, with saving and with the key log, as far as it was said

	history history
	last    click

	waiting bool // a command waits for the trace to change
	ticking bool // a command waits for the next second
	busy    int  // other commands under way
	now     time.Time

	content string // the screen as it was drawn last
	dirty   bool
}

// New makes a Model. The error tells of a display filter or theme that is wrong.
// The commands of the Model end with ctx.
func New(ctx context.Context, o Options) (*Model, error) {
	m := &Model{ctx: ctx, opt: o, lookup: dissect.NewLookup(), now: time.Now(), dirty: true}
	m.names = filter.NewNames(m.lookup)
	m.book = sync.OnceValues(func() (*explain.Book, error) { return explain.Open(o.lang()) })
	m.g = newGlyphs(o.ASCII)
	if m.opt.Config == nil {
		m.opt.Config = config.Default()
	}
	m.keys = newKeyMap(m.opt.Config.Keys)
	m.colors = m.newColoring()
	m.recall()
	switch o.Theme {
	case "", ThemeAuto:
		m.theme = m.themed(ThemeDark)
	case ThemeDark, ThemeLight, ThemeMono:
		m.theme, m.themeFixed = m.themed(o.Theme), true
	default:
		return nil, fmt.Errorf("there is no theme %q: the themes are %s", o.Theme, strings.Join(ThemeNames(), ", "))
	}
	if !o.Color {
		m.theme, m.themeFixed = m.themed(ThemeMono), true
	}
	m.list = newListPane()
	m.setColumns(m.opt.State.ColumnsFor(m.opt.Config, m.vocabulary()))
	m.flows = newFlowsPane()
	m.requests = newRequestsPane()
	m.problems = newProblemsPane()
	switch o.Time {
	case "d":
		m.list.format = timeDelta
	case "a":
		m.list.format = timeAbsolute
	case "ad":
		m.list.format = timeDate
	case "e":
		m.list.format = timeEpoch
	}
	m.restyle()
	m.openTrace(o.Trace)
	if o.Filter != "" {
		if err := m.applyFilter(o.Filter); err != nil {
			return nil, err
		}
	}
	if o.Trace == nil {
		m.view = viewPicker
		m.pick.open()
	}
	m.tellProblems()
	return m, nil
}

// restyle takes a theme into use.
func (m *Model) restyle() {
	m.l = line{t: m.theme, g: m.g}
	m.dirty = true
}

// openTrace shows another trace.
func (m *Model) openTrace(tr *trace.Trace) {
	m.src.cache = make(map[packet.Number]rowText)
	m.src.open(tr)
	if tr != nil {
		m.src.choose = tr.NewChooser(m.colors.filters)
	}
	format, set, col := m.list.format, m.list.set, m.list.col
	m.list = newListPane()
	m.list.format, m.list.set, m.list.col = format, set, col
	m.list.tail = m.src.status.Live || tr == nil
	opened := m.tree.opened
	m.tree = detailPane{opened: opened}
	m.hex = hexPane{}
	m.rel = relations{}
	m.flows.reset()
	m.flows.totals(tr)
	m.conv, m.graph = followPane{}, graphPane{}
	m.problems, m.why = newProblemsPane(), packetWhy{}
	m.stopSort()
	m.frozen = false
	m.history = history{}
	m.scan.id++
	m.scan.runner = scan.New(tr, trace.SecondVisit)
	if m.filter != "" {
		m.refilter()
	}
	m.told = [3]error{}
	m.tellErrors()
	m.dirty = true
}

// Init begins to wait for packets.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.work()}
	if !m.themeFixed {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	return tea.Batch(cmds...)
}

// Idle says whether nothing is under way: no scan, no search, nothing asked of the
// capture. Waiting for new packets does not count.
func (m *Model) Idle() bool {
	return m.busy == 0 && !m.sorting.running && !m.scan.running && !m.find.running && m.seen.running == 0 && m.scanDone() && (m.view != viewFollow || m.conv.idle()) &&
		(m.view != viewRequests || !m.requests.running && !m.requests.more) &&
		!m.why.running && (m.view != viewProblems || !m.problems.running && !m.problems.more && !m.problems.why.running)
}

func (m *Model) scanDone() bool {
	return m.scan.f == nil || m.src.tr == nil || m.scan.done(m.src.snap)
}

// arrange tells the layout what it depends on.
func (m *Model) arrange() screen {
	return layout(m.width, m.height, arrangement{focus: m.focus, zoom: m.zoom, grow: m.grow})
}

// Update takes a message. It does no work that could take long.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.handle(msg)
	m.prepare()
	return m, tea.Batch(cmd, m.work())
}

func (m *Model) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.dirty = true
	case tea.ColorProfileMsg:
		m.profile(msg)
	case tea.BackgroundColorMsg:
		m.background(msg.IsDark())
	case tea.KeyPressMsg:
		m.dirty = true
		return m.key(msg)
	case tea.PasteMsg:
		m.dirty = true
		return m.paste(msg.Content)
	case tea.MouseClickMsg:
		m.dirty = true
		return m.click(msg.Mouse())
	case tea.MouseWheelMsg:
		m.dirty = true
		m.wheel(msg.Mouse())
	default:
		return m.data(msg)
	}
	return nil
}

// background chooses the theme that the terminal's own colour asks for.
func (m *Model) background(dark bool) {
	want := ThemeLight
	if dark {
		want = ThemeDark
	}
	if !m.themeFixed && m.theme.name != want {
		m.theme = m.themed(want)
		m.restyle()
	}
}

// prepare makes all panes agree with sizes, selection and data, so that drawing
// only reads.
func (m *Model) prepare() {
	if !m.dirty {
		return
	}
	s := m.arrange()
	if s.tooSmall {
		return
	}
	m.list.rows = max(s.list.h-1, 1)
	m.tree.rows = max(s.detail.h-1, 1)
	m.hex.rows = max(s.hex.h-1, 1)
	m.list.settle(&m.src, m.scan.looked)
	switch m.view {
	case viewPackets:
		m.selectPacket(s)
	case viewFlows:
		table, _ := m.flows.split(s.body)
		m.flows.rows = max(table.h-1, 1)
		m.flows.settle()
	case viewRequests:
		m.requests.rows = max(s.body.h-1, 1)
		m.requests.settle()
	case viewProblems:
		list, _ := m.problems.split(s.body)
		m.problems.rows = max(list.h-1, 1)
		m.problems.settle()
	case viewPicker:
		m.pick.rows = max(s.body.h-2, 1)
		m.pick.settle()
	case viewFollow:
		m.conv.prepare(m.src.tr, s.body)
	case viewGraph:
		m.graph.prepare(m.g.ascii, s.body)
	}
}

// selectPacket loads tree and margin of the selected packet.
func (m *Model) selectPacket(s screen) {
	cur := m.list.cur
	if m.rel.of != cur || m.relGen != m.src.gen {
		m.rel = relations{}
		m.relGen = m.src.gen
		if cur != 0 && m.src.reader != nil {
			m.rel = relations{m.src.reader.Relations(cur), cur}
		}
	}
	changed := m.tree.of != cur
	m.tree.load(&m.src, cur)
	m.tree.reveal()
	if changed || m.hex.source >= len(m.tree.bytes) {
		m.hex.follow(m.tree.node(), m.hexCells(s))
	}
}

// hexCells is how wide the hex pane is, or would be.
func (m *Model) hexCells(s screen) int {
	if s.hex.shown() {
		return s.hex.w
	}
	return m.width
}

// View gives the screen. It is drawn anew only when something has changed.
func (m *Model) View() tea.View {
	if m.dirty {
		m.content = m.draw()
		m.dirty = false
	}
	v := tea.NewView(m.content)
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	v.WindowTitle = m.windowTitle()
	return v
}

func (m *Model) windowTitle() string {
	if m.src.tr == nil {
		return "tcplens"
	}
	return "tcplens " + m.g.text(m.sourceName(" "))
}
