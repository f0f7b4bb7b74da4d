package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// terminal is a program in a terminal that tmux plays.
type terminal struct {
	t   *testing.T
	dir string // of the socket and of what the shell notes down
}

// launcher notes what the terminal was like before the program and after it, and
// its exit code. It stays, so that what is left on the screen can be looked at.
const launcher = `dir=$1; shift
stty -g >"$dir/before"
"$@" 2>"$dir/stderr"
code=$?
stty -g >"$dir/after"
echo $code >"$dir/code.new" && mv "$dir/code.new" "$dir/code"
echo "ended with $code"
exec cat`

// show starts the program with arguments in a terminal of so many columns and rows.
func show(t *testing.T, cols, rows int, args ...string) *terminal {
	t.Helper()
	return showCommand(t, cols, rows, nil, append([]string{program()}, args...)...)
}

// showCommand starts any command, with additions to its environment.
func showCommand(t *testing.T, cols, rows int, env []string, command ...string) *terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Fatal("tmux is not installed: it is the terminal of these tests; make test installs it (Debian: apt-get install tmux)")
	}
	// A socket's path has to be short, so t.TempDir will not do.
	dir, err := os.MkdirTemp("", "tl-")
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t, dir}
	t.Cleanup(func() {
		_ = term.command("kill-server").Run() // it may have gone with its last window
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	args := []string{"new-session", "-d", "-x", strconv.Itoa(cols), "-y", strconv.Itoa(rows), "env", "TERM=tmux-256color",
		"XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "XDG_CONFIG_DIRS=/dev/null", "XDG_STATE_HOME=" + filepath.Join(dir, "state")}
	args = append(args, env...)
	args = append(args, "sh", "-c", launcher, "sh", dir)
	args = append(args, command...)
	if out, err := term.command(args...).CombinedOutput(); err != nil {
		t.Fatalf("tmux: %v\n%s", err, out)
	}
	return term
}

func (tm *terminal) command(args ...string) *exec.Cmd {
	cmd := exec.Command("tmux", append([]string{"-u", "-S", filepath.Join(tm.dir, "s"), "-f", "/dev/null"}, args...)...)
	cmd.Env = environment()
	return cmd
}

// tmux runs a tmux command and gives what it prints.
func (tm *terminal) tmux(args ...string) string {
	tm.t.Helper()
	out, err := tm.command(args...).CombinedOutput()
	if err != nil {
		tm.t.Fatalf("tmux %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// press types keys, by tmux's names: Enter, Escape, Tab, C-c, j.
func (tm *terminal) press(keys ...string) {
	tm.t.Helper()
	tm.tmux(append([]string{"send-keys"}, keys...)...)
}

// write types a text as it is.
func (tm *terminal) write(text string) {
	tm.t.Helper()
	tm.tmux("send-keys", "-l", text)
}

// screen is what can be read now.
func (tm *terminal) screen() string {
	tm.t.Helper()
	return tm.tmux("capture-pane", "-p")
}

// until waits for a screen that is as it should be, and gives it.
func (tm *terminal) until(what string, ok func(screen string) bool) string {
	tm.t.Helper()
	look := time.NewTicker(glance)
	defer look.Stop()
	end := time.After(patience)
	for {
		s := tm.screen()
		if ok(s) {
			return s
		}
		select {
		case <-look.C:
		case <-end:
			tm.t.Fatalf("the screen never had %s:\n%s\nstandard error: %s", what, frame(s), tm.note("stderr"))
		}
	}
}

// see waits until all of these texts are on the screen.
func (tm *terminal) see(texts ...string) string {
	tm.t.Helper()
	return tm.until(fmt.Sprintf("%q", texts), func(s string) bool {
		for _, text := range texts {
			if !strings.Contains(s, text) {
				return false
			}
		}
		return true
	})
}

// frame draws a border, so that a failed test shows where the screen ends.
func frame(s string) string {
	return "┌──\n│" + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n│") + "\n└──"
}

// note reads one of the files that the launcher writes.
func (tm *terminal) note(name string) string {
	b, err := os.ReadFile(filepath.Join(tm.dir, name))
	if err != nil && !os.IsNotExist(err) {
		tm.t.Error(err)
	}
	return string(b)
}

// pid is the process of the program under the launcher's shell.
func (tm *terminal) pid() int {
	tm.t.Helper()
	shell := strings.TrimSpace(tm.tmux("display-message", "-p", "#{pane_pid}"))
	found := 0
	eventually(tm.t, "the program under the shell", func() bool {
		all, err := filepath.Glob("/proc/[0-9]*/stat")
		if err != nil {
			tm.t.Fatal(err)
		}
		for _, path := range all {
			b, err := os.ReadFile(path)
			if err != nil {
				continue // it has just ended
			}
			// pid (comm) state ppid …; see proc(5).
			name, rest, _ := strings.Cut(string(b), ") ")
			if f := strings.Fields(rest); len(f) > 1 && f[1] == shell && strings.HasSuffix(name, "(tcplens") {
				found, _ = strconv.Atoi(strings.Fields(name)[0]) // the kernel wrote it
				return true
			}
		}
		return false
	})
	return found
}

// modes are those of the terminal that a program must give back: whether the
// alternate screen is on, the cursor can be seen, and the mouse is reported.
func (tm *terminal) modes() string {
	tm.t.Helper()
	return strings.TrimSpace(tm.tmux("display-message", "-p",
		"alternate=#{alternate_on} cursor=#{cursor_flag} mouse=#{mouse_any_flag} keypad=#{keypad_flag} keys=#{keypad_cursor_flag}"))
}

// sane are the modes of a terminal in which nothing runs.
const sane = "alternate=0 cursor=1 mouse=0 keypad=0 keys=0"

// ended waits for the end of the program, holds that the terminal is as it was
// before, and gives the exit code and what stood on standard error.
func (tm *terminal) ended() (code int, stderr string) {
	tm.t.Helper()
	eventually(tm.t, "the end of the program, whose screen is\n"+frame(tm.screen()), func() bool { return tm.note("code") != "" })
	// The last line comes through the terminal behind all that the program wrote.
	eventually(tm.t, "the launcher's last line", func() bool {
		return strings.Contains(tm.tmux("capture-pane", "-p", "-J", "-S", "-"), "ended with")
	})
	if got := tm.modes(); got != sane {
		tm.t.Errorf("the terminal was left with %s, not %s", got, sane)
	}
	if before, after := tm.note("before"), tm.note("after"); before != after || before == "" {
		tm.t.Errorf("stty -g was %q before and is %q after", before, after)
	}
	code, err := strconv.Atoi(strings.TrimSpace(tm.note("code")))
	if err != nil {
		tm.t.Fatal(err)
	}
	return code, tm.note("stderr")
}

// quit leaves the program by its command line and holds that all is well.
func (tm *terminal) quit() {
	tm.t.Helper()
	tm.press(":")
	tm.write("q")
	tm.press("Enter")
	if code, stderr := tm.ended(); code != 0 || stderr != "" {
		tm.t.Errorf("ended with %d and said %q", code, stderr)
	}
}
