package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain keeps the tests from the configuration of whoever runs them.
func TestMain(m *testing.M) {
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_STATE_HOME"} {
		if err := os.Setenv(name, os.DevNull); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// TestConfigFlags sets flags by the configuration: what was typed goes before, and
// what is wrong is told and leaves the rest alone.
func TestConfigFlags(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.toml")
	text := "[flags]\ntime = \"e\"\nmem = \"12Q\"\nread = \"x\"\nascii = \"perhaps\"\ntheme = \"pink\"\ndecode-as = [\"tcp.port==x,http\"]\ncolour = true\n" +
		"[profiles.a.flags]\ntime = \"a\"\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	capture := filepath.Join("..", "..", "testdata", "lab", "close3.pcap")
	for _, c := range []struct {
		args  []string
		begin string
	}{
		{nil, "    1 17"}, {[]string{"-t", "r"}, "    1 0.000000000"}, {[]string{"--profile", "a"}, "    1 "},
	} {
		out, errs, code := tcplens(t, append([]string{"--config", file, "-r", capture, "-T", "text", "-c", "1"}, c.args...)...)
		if code != 0 || !strings.HasPrefix(out, c.begin) {
			t.Errorf("%q: %d, %q", c.args, code, out)
		}
		if c.args != nil && c.args[0] == "--profile" && strings.Count(strings.Fields(out)[1], ":") != 2 {
			t.Errorf("%q: %q", c.args, out)
		}
		for _, want := range []string{
			":3: flags.mem: \"12Q\" is not a size", ":4: flags.read: --read says what to do once", ":5: flags.ascii: \"perhaps\" is neither",
			":6: flags.theme: there is no theme \"pink\": the themes are auto", ":7: flags.decode-as: -d tcp.port==x,http: write", ":8: flags.colour: there is no flag --colour",
		} {
			if !strings.Contains(errs, "tcplens: warning: "+file+want) {
				t.Errorf("%q: %q is not told in\n%s", c.args, want, errs)
			}
		}
	}
	if _, errs, code := tcplens(t, "--config", file, "--profile", "b", "-r", capture); code != ExitUsage || !strings.Contains(errs, "it has a") {
		t.Errorf("a profile that is not there: %d, %q", code, errs)
	}
	if _, errs, code := tcplens(t, "--config", file+"x", "-r", capture); code != ExitUsage || !strings.Contains(errs, "config init --config") {
		t.Errorf("a file that is not there: %d, %q", code, errs)
	}
}

// TestConfigCommands writes a configuration, checks and shows it.
func TestConfigCommands(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", home)
	file := filepath.Join(home, "tcplens", "config.toml")
	expect := func(wantCode int, wantOut, wantErr string, args ...string) string {
		t.Helper()
		out, errs, code := tcplens(t, append([]string{"config"}, args...)...)
		if code != wantCode || !strings.Contains(out, wantOut) || !strings.Contains(errs, wantErr) || wantErr == "" && errs != "" {
			t.Errorf("config %q: %d\n%s\n%s", args, code, out, errs)
		}
		return out
	}
	expect(0, file, "", "path")
	expect(0, "no such file", "", "check")
	expect(0, file, "", "init")
	expect(1, "", "--force", "init")
	expect(0, file, "", "init", "--force")
	expect(0, "nothing is wrong", "", "check")
	expect(0, "\n## follow the conversation", "", "init", "--config", "-")
	if err := os.WriteFile(file, []byte("history = \"x\"\n[keys]\nfollow = \"F5\"\n[flags]\ntime = \"ad\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(1, "", file+":1: history: this has to be a whole number, not a text", "check")
	out := expect(0, "\nfollow = \"f5\"\n", ":1: history", "show")
	for _, want := range []string{"\ntime = \"ad\"\n", "\nhistory = 500\n", "\ngraph = \"x\"\n", "\n# mem = \"\"\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("config show lacks %q", want)
		}
	}
	expect(ExitUsage, "", "unknown", "sow")
}
