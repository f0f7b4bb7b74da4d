package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// written writes a file into a directory of the test's own.
func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestConfiguration starts with a file in which one key is wrong: it is told by file,
// line and key, and all else holds.
func TestConfiguration(t *testing.T) {
	path := written(t, "[flags]\ntime = \"e\"\n\n[keys]\nfolow = \"g\"\ngraph = \"F5\"\n")
	tm := show(t, 100, 24, "--config", path, "-r", lab(t, "http"))
	tm.see("config.toml:5: keys.folow: there is no action of this name", "Epoch")
	tm.press("F5")
	tm.see("SYN_SENT", "handshake")
	tm.press("Escape")
	tm.see("─ Packet 1 ·")
	tm.press(":")
	tm.write("config")
	tm.press("Enter")
	tm.see("did you mean follow?")
	tm.press("q")
	tm.see("─ Packet 1 ·")
	tm.quit()
}

// TestConfigInText tells the same on standard error where there is no screen.
func TestConfigInText(t *testing.T) {
	path := written(t, "[flags]\ntime = 3\n[columns]\n")
	o := tcplens(t, nil, "--config", path, "-r", lab(t, "http"), "-T", "text")
	if o.code != 0 || strings.Count(o.out, "\n") != 10 || !strings.Contains(o.err, path+":2: flags.time: ") || !strings.Contains(o.err, path+":3: columns: ") {
		t.Errorf("%+v", o)
	}
}

// TestConfigInit writes the file, which is right, and does not write over it.
func TestConfigInit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b.toml")
	if o := tcplens(t, nil, "config", "init", "--config", path); o.code != 0 || o.out != path+"\n" {
		t.Errorf("%+v", o)
	}
	if o := tcplens(t, nil, "config", "check", "--config", path); o.code != 0 || !strings.Contains(o.out, "nothing is wrong") {
		t.Errorf("%+v", o)
	}
	if o := tcplens(t, nil, "config", "init", "--config", path); o.code != 1 || !strings.Contains(o.err, "--force") {
		t.Errorf("%+v", o)
	}
}

// TestHistoryRemembered enters a filter and finds it again the next time.
func TestHistoryRemembered(t *testing.T) {
	state := "XDG_STATE_HOME=" + t.TempDir()
	tm := showCommand(t, 80, 24, []string{state}, program(), "-r", lab(t, "http"))
	tm.see("10 packets")
	tm.press("/")
	tm.write("tcp.len > 0")
	tm.press("Enter")
	tm.see("2 of 10 shown")
	tm.quit()
	tm = showCommand(t, 80, 24, []string{state}, program(), "-r", lab(t, "http"))
	tm.see("10 packets")
	tm.press("/", "Up")
	tm.see("tcp.len > 0")
	tm.press("Enter")
	tm.see("2 of 10 shown")
	tm.quit()
}

// TestColumnsAtKeyboard makes a field a column, moves it, and has it again the next
// time.
func TestColumnsAtKeyboard(t *testing.T) {
	state := "XDG_STATE_HOME=" + t.TempDir()
	tm := showCommand(t, 110, 30, []string{state}, program(), "-r", lab(t, "http"))
	tm.see("10 packets")
	tm.press("o", "a")
	tm.see("column of the field:")
	tm.write("http.host")
	tm.press("Enter")
	tm.see("[x]  Host", "http.host", "Space show or hide")
	tm.press("K", "K", "q")
	s := tm.until("no menu", func(s string) bool { return !strings.Contains(s, "Columns of the packet list") })
	if h := strings.Index(s, "Host"); h < 0 || h > strings.Index(s, "Proto") {
		t.Errorf("the column is not before Protocol:\n%s", frame(s))
	}
	tm.see("localhost  ")
	tm.quit()
	tm = showCommand(t, 110, 30, []string{state}, program(), "-r", lab(t, "http"))
	tm.see("Host", "localhost  ")
	tm.quit()
}
