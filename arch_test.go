package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "tcplens"

// longest is how many lines a file may have that is not a test.
const longest = 600

// rule says what a package may import itself, the standard library aside.
type rule struct {
	ours   string // our packages, without the module's name
	theirs string // modules of others, or packages of them
	cgo    bool   // it or something under it needs a C compiler
	all    bool   // every package of ours
}

// rules is the import table of docs/architecture.md. A package that is not in it
// needs a line here and a reason there.
func rules() map[string]rule {
	return map[string]rule{
		"internal/packet":   {},
		"internal/text":     {theirs: "github.com/charmbracelet/x/ansi"},
		"capture":           {ours: "internal/packet", theirs: "github.com/google/gopacket/pcap github.com/klauspost/compress golang.org/x/sys", cgo: true},
		"internal/tcp":      {ours: "internal/packet"},
		"internal/tlskeys":  {theirs: "golang.org/x/crypto/chacha20poly1305"},
		"dissect":           {ours: "internal/packet internal/text internal/tcp internal/tlskeys", theirs: "golang.org/x/net/http2/hpack github.com/andybalholm/brotli github.com/klauspost/compress/zstd"},
		"dissect/filter":    {ours: "internal/packet internal/text internal/tcp dissect"},
		"internal/trace":    {ours: "internal/packet internal/tcp internal/tlskeys dissect dissect/filter", theirs: "golang.org/x/sys"},
		"internal/pipeline": {ours: "internal/packet internal/tcp internal/tlskeys internal/trace capture dissect", cgo: true},
		"flowgraph":         {ours: "internal/packet internal/text internal/tcp internal/trace dissect"},
		"internal/follow":   {ours: "internal/packet internal/text internal/tcp internal/trace dissect"},
		"internal/problems": {ours: "internal/packet internal/text internal/tcp internal/trace dissect"},
		"internal/config":   {ours: "internal/text dissect dissect/filter", theirs: "github.com/adrg/xdg github.com/pelletier/go-toml/v2"},
		"internal/explain":  {ours: "internal/packet internal/text internal/tcp internal/trace dissect"},
		"internal/scan":     {ours: "internal/packet internal/trace dissect/filter"},
		"internal/lab":      {ours: "internal/packet", theirs: "golang.org/x/sys golang.org/x/net"},
		"tui": {
			ours:   "internal/packet internal/text internal/tcp internal/trace dissect dissect/filter flowgraph internal/follow internal/problems internal/explain internal/config internal/scan",
			theirs: "charm.land/bubbletea/v2 charm.land/lipgloss/v2 charm.land/bubbles/v2 github.com/charmbracelet/colorprofile github.com/charmbracelet/x/ansi golang.org/x/sys/unix",
		},
		"internal/cli": {all: true, cgo: true, theirs: "github.com/spf13/cobra github.com/spf13/pflag charm.land/fang/v2 github.com/charmbracelet/x/term"},
		"internal/e2e": {},
		"":             {ours: "internal/cli", cgo: true},
	}
}

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
	CgoFiles   []string
}

// short is the package's name within the module: "" for the main package.
func (p pkg) short() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

// listed runs go list, with cgo as the argument says.
func listed(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Standard,Imports,Deps,CgoFiles"}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &errs)
	}
	var list []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

// TestImportTable holds every package to its line of the table.
func TestImportTable(t *testing.T) {
	table := rules()
	standard := map[string]bool{}
	cgo := map[string]bool{}
	for _, p := range listed(t, "-deps", "./...") {
		standard[p.ImportPath] = p.Standard
		cgo[p.ImportPath] = len(p.CgoFiles) > 0 && !p.Standard
	}
	seen := 0
	for _, p := range listed(t, "./...") {
		r, ok := table[p.short()]
		if !ok {
			t.Errorf("%s is not in the import table: say there what it may import, and in docs/architecture.md why it exists", p.ImportPath)
			continue
		}
		seen++
		for _, i := range p.Imports {
			switch {
			case i == "C":
				if p.short() != "capture" {
					t.Errorf("%s uses cgo itself: only capture may", p.ImportPath)
				}
			case i == module || strings.HasPrefix(i, module+"/"):
				if !r.all && !slices.Contains(strings.Fields(r.ours), strings.TrimPrefix(i, module+"/")) {
					t.Errorf("%s must not import %s", p.ImportPath, i)
				}
			case !standard[i]:
				if !slices.ContainsFunc(strings.Fields(r.theirs), func(m string) bool { return i == m || strings.HasPrefix(i, m+"/") }) {
					t.Errorf("%s must not import %s", p.ImportPath, i)
				}
			}
		}
		for _, d := range p.Deps {
			if cgo[d] && !r.cgo {
				t.Errorf("%s needs a C compiler, through %s", p.ImportPath, d)
			}
		}
	}
	if want := len(table); seen != want {
		t.Errorf("%d packages found, %d in the table: take out the lines of those that are gone", seen, want)
	}
}

// TestWithoutCgo builds all that does not capture without a C compiler, for the
// systems that tcplens runs on.
func TestWithoutCgo(t *testing.T) {
	var pure []string
	for name, r := range rules() {
		if !r.cgo && name != "internal/e2e" {
			pure = append(pure, "./"+name)
		}
	}
	slices.Sort(pure)
	for _, system := range []string{"linux", "darwin", "freebsd"} {
		t.Run(system, func(t *testing.T) {
			cmd := exec.Command("go", append([]string{"build"}, pure...)...)
			cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH=amd64", "GOOS="+system)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// sources calls check for each Go file of the project.
func sources(t *testing.T, check func(path string, text []byte)) {
	t.Helper()
	found := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "bin" || path != "." && strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		found++
		check(path, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 50 {
		t.Fatalf("only %d Go files found: the test looks in the wrong place", found)
	}
}

// TestFileLength holds that files stay about one thing.
func TestFileLength(t *testing.T) {
	sources(t, func(path string, text []byte) {
		if n := bytes.Count(text, []byte("\n")); n > longest && !strings.HasSuffix(path, "_test.go") {
			t.Errorf("%s has %d lines, more than %d: split it along what it does", path, n, longest)
		}
	})
}

// TestStyle holds what the code does without: init functions, tests that skip
// themselves, sleeping tests, panics on the way of a packet.
func TestStyle(t *testing.T) {
	sources(t, func(path string, text []byte) {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, text, 0)
		if err != nil {
			t.Error(err)
			return
		}
		isTest := strings.HasSuffix(path, "_test.go")
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: an init function: make it explicit", files.Position(f.Pos()))
			}
			handles := []string{"t", "b", "tb"}
			if strings.HasPrefix(f.Name.Name, "Fuzz") {
				handles = append(handles, "f")
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if bad := fault(call, isTest, handles); bad != "" {
						t.Errorf("%s: %s", files.Position(call.Pos()), bad)
					}
				}
				return true
			})
		}
	})
}

// fault says what is wrong with a call, if anything is. handles are the names that
// a test goes by.
func fault(call *ast.CallExpr, isTest bool, handles []string) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		if f.Name == "panic" && !isTest {
			return "a panic: return an error"
		}
	case *ast.SelectorExpr:
		on, ok := f.X.(*ast.Ident)
		if !ok || !isTest {
			return ""
		}
		switch f.Sel.Name {
		case "Skip", "Skipf", "SkipNow":
			if slices.Contains(handles, on.Name) {
				return "a test that skips itself: let it fail and say what it needs"
			}
		case "Sleep":
			if on.Name == "time" {
				return "a test that sleeps: wait for what is to happen"
			}
		}
	}
	return ""
}
