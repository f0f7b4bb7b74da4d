package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// place is one below a directory of the test's own.
func place(t *testing.T) *Place {
	t.Helper()
	dir := t.TempDir()
	return &Place{Config: filepath.Join(dir, "config", dirName, fileName), State: filepath.Join(dir, "state", dirName, stateName)}
}

// TestState remembers columns, filters and history from one run to the next.
func TestState(t *testing.T) {
	p := place(t)
	s, err := p.Remember()
	if err != nil || !reflect.DeepEqual(s, &State{}) {
		t.Fatalf("before anything was remembered: %+v, %v", s, err)
	}
	c := Default()
	mine := []Column{{Title: "Info", Field: "info"}, {Title: "Host", Field: "http.host", Width: 20, Right: true}, {Title: "No.", Field: "number", Hidden: true}}
	for _, expr := range []string{"tcp", "udp", "http", "tcp"} {
		if err := p.Change(func(s *State) { s.Push(expr, 2) }); err != nil {
			t.Fatal(err)
		}
	}
	err = p.Change(func(s *State) {
		s.SetColumns(c, mine)
		s.Filters = []Named{{"slow", "tcp.time_delta > 1"}, {"wrong", "tcp.prot"}, {"web", "http"}}
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err = p.Remember()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.History, []string{"http", "tcp"}) {
		t.Errorf("history %q", s.History)
	}
	if got := s.ColumnsFor(c, words()); !slices.Equal(got, mine) {
		t.Errorf("columns %v", got)
	}
	c.Filters = []Named{{"web", "http || http2"}}
	if got := s.FiltersFor(c, words()); !slices.Equal(got, []Named{{"web", "http || http2"}, {"slow", "tcp.time_delta > 1"}}) {
		t.Errorf("filters %v", got)
	}
	// Another profile has its own, and columns changed in the configuration hold again.
	d := *c
	d.Profile = "web"
	if got := s.ColumnsFor(&d, words()); !slices.Equal(got, c.Columns) {
		t.Errorf("columns of another profile %v", got)
	}
	d = *c
	d.Columns = mine[:1]
	if got := s.ColumnsFor(&d, words()); !slices.Equal(got, mine[:1]) {
		t.Errorf("columns after the configuration has changed %v", got)
	}
	s.SetColumns(c, DefaultColumns())
	if len(s.Profiles) != 0 {
		t.Errorf("what is as configured is remembered: %v", s.Profiles)
	}
	if info, err := os.Stat(p.State); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestStateDamaged does not overwrite what it cannot read.
func TestStateDamaged(t *testing.T) {
	p := place(t)
	if err := p.write(p.State, []byte("history = [\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Remember(); err == nil || !strings.Contains(err.Error(), "state.toml:") {
		t.Errorf("said %v", err)
	}
	if err := p.Change(func(s *State) { s.Push("tcp", 9) }); err == nil {
		t.Error("it was changed")
	}
	if data, err := os.ReadFile(p.State); err != nil || string(data) != "history = [\n" {
		t.Errorf("it is %q now (%v)", data, err)
	}
}

// TestCreate writes a configuration once.
func TestCreate(t *testing.T) {
	p := place(t)
	if err := p.Create([]byte("history = 3\n"), false); err != nil {
		t.Fatal(err)
	}
	if err := p.Create(nil, false); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Errorf("written twice: %v", err)
	}
	if err := p.Create([]byte("history = 4\n"), true); err != nil {
		t.Fatal(err)
	}
	p.Exists = true
	c, err := p.Read("", words)
	if err != nil || c.History != 4 || len(c.Problems) != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(p.Config), "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("left are %q (%v)", left, err)
	}
}

// TestForCaller writes into the home of the user who called sudo, and by no link out
// of it.
func TestForCaller(t *testing.T) {
	home, other := t.TempDir(), t.TempDir()
	p := &Place{State: filepath.Join(home, ".local", "state", dirName, stateName), home: home, uid: os.Getuid(), gid: os.Getgid()}
	if err := p.Change(func(s *State) { s.Push("tcp", 9) }); err != nil {
		t.Fatal(err)
	}
	if s, err := p.Remember(); err != nil || len(s.History) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	dir := filepath.Dir(p.State)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, dir); err != nil {
		t.Fatal(err)
	}
	if err := p.Change(func(s *State) { s.Push("tcp", 9) }); err == nil {
		t.Error("it was written through a link out of the home")
	}
	if left, err := os.ReadDir(other); err != nil || len(left) != 0 {
		t.Errorf("written were %v (%v)", left, err)
	}
}

// TestLocate finds the file in the order that is documented.
func TestLocate(t *testing.T) {
	home, system := t.TempDir(), t.TempDir()
	for k, v := range map[string]string{
		"HOME": home, "XDG_CONFIG_HOME": filepath.Join(home, "c"), "XDG_STATE_HOME": filepath.Join(home, "s"), "XDG_CONFIG_DIRS": system,
		EnvFile: "", "SUDO_USER": "", "DOAS_USER": "",
	} {
		t.Setenv(k, v)
	}
	locate := func(explicit string) *Place {
		t.Helper()
		p, err := Locate(explicit)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	mine := filepath.Join(home, "c", dirName, fileName)
	p := locate("")
	if p.Config != mine || p.Exists || p.Named || p.State != filepath.Join(home, "s", dirName, stateName) {
		t.Errorf("%+v", p)
	}
	if c, err := p.Read("", words); err != nil || !reflect.DeepEqual(c, Default()) {
		t.Errorf("without a file: %+v, %v", c, err)
	}
	if _, err := p.Read("web", words); err == nil {
		t.Error("a profile was found without a file")
	}
	all := filepath.Join(system, dirName, fileName)
	if err := (&Place{Config: all}).Create(nil, false); err != nil {
		t.Fatal(err)
	}
	if p = locate(""); p.Config != all || !p.Exists {
		t.Errorf("the system's: %+v", p)
	}
	if err := (&Place{Config: mine}).Create(nil, false); err != nil {
		t.Fatal(err)
	}
	if p = locate(""); p.Config != mine || !p.Exists {
		t.Errorf("the user's: %+v", p)
	}
	t.Setenv(EnvFile, filepath.Join(home, "env.toml"))
	if p = locate(""); p.Config != filepath.Join(home, "env.toml") || !p.Named {
		t.Errorf("the environment's: %+v", p)
	}
	if _, err := p.Read("", words); err == nil || !strings.Contains(err.Error(), "config init") {
		t.Errorf("a file that was named is missing: %v", err)
	}
	if p = locate(all); p.Config != all {
		t.Errorf("that of the command line: %+v", p)
	}
}
