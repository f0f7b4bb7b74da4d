// Package e2e tests bin/tcplens as its users meet it: in a real terminal, which
// tmux plays, on real traffic in a private network, and on a command line. It
// consists of tests only.
package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	// programVar names the program that is tested, for copies of these tests that
	// run in a namespace. Set by hand it tests a program that exists already.
	programVar = "TCPLENS_E2E_PROGRAM"
	// patience is how long these tests wait for what does not come at all. What
	// comes is not measured.
	patience = 30 * time.Second
	// glance is how often a screen or a file is looked at meanwhile.
	glance = 20 * time.Millisecond
)

func TestMain(m *testing.M) {
	code, err := build(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// build builds the program as make does and runs the tests.
func build(m *testing.M) (int, error) {
	if os.Getenv(programVar) != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "tcplens-e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	// Users without rights start it too.
	if err := os.Chmod(dir, 0o755); err != nil {
		return 0, err
	}
	path := filepath.Join(dir, "tcplens")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-X main.version=1.2.3-test", "-o", path, "tcplens")
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("go build: %w\n%s", err, out)
	}
	if err := os.Setenv(programVar, path); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// program is the path of the built program.
func program() string { return os.Getenv(programVar) }

// lab is the path of a recorded lesson, absolute, since the program may run
// elsewhere.
func lab(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "testdata", "lab", name+".pcap"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// environment is what every program is started with: nothing of the user's that
// changes what is printed.
func environment(extra ...string) []string {
	keep := []string{"TZ=UTC", "LC_ALL=C.UTF-8", "TERM=xterm-256color", "XDG_CONFIG_HOME=/dev/null", "XDG_CONFIG_DIRS=/dev/null"}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", programVar} {
		if v, ok := os.LookupEnv(name); ok {
			keep = append(keep, name+"="+v)
		}
	}
	return append(keep, extra...)
}

// outcome is what became of a run.
type outcome struct {
	out, err string
	code     int
}

// tcplens runs the program without a terminal to its end.
func tcplens(t *testing.T, stdin io.Reader, args ...string) outcome {
	t.Helper()
	return run(t, exec.Command(program(), args...), stdin)
}

// run runs a program to its end, which must be one of its own making.
func run(t *testing.T, cmd *exec.Cmd, stdin io.Reader) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &errs
	if cmd.Env == nil {
		cmd.Env = environment()
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() }) // it may have just ended
	defer late.Stop()
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	o := outcome{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
	if o.code < 0 {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(cmd.Path), strings.Join(cmd.Args[1:], " "), cmd.ProcessState, o.err)
	}
	return o
}

// eventually waits until ok is true; what describes it when it does not come.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	look := time.NewTicker(glance)
	defer look.Stop()
	end := time.After(patience)
	for !ok() {
		select {
		case <-look.C:
		case <-end:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
