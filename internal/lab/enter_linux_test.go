package lab

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// copyOf is a copy of this test binary that plays a role.
func copyOf(role string) *exec.Cmd {
	c := exec.Command(selfExe)
	c.Env = append(os.Environ(), roleVar+"="+role)
	return c
}

// TestEnter holds that arguments, output and the exit code pass through, and
// that the inner process knows where it is.
func TestEnter(t *testing.T) {
	for _, test := range []struct {
		role, out string
		code      int
	}{
		{"enter exit", "inside: true [-an-argument]\n", 7},
		{"enter killed", "", 128 + 9},
	} {
		var out, errs bytes.Buffer
		c := copyOf(test.role)
		c.Stdout, c.Stderr = &out, &errs
		err := c.Run()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if code := c.ProcessState.ExitCode(); code != test.code || out.String() != test.out || errs.Len() > 0 {
			t.Errorf("%s: code %d, output %q, errors %q", test.role, code, &out, &errs)
		}
	}
}

// TestEnterSignal holds that SIGTERM reaches the inner process, which decides
// what comes of it.
func TestEnterSignal(t *testing.T) {
	c := copyOf("enter wait")
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	if line, err := lines.ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	if err := c.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(lines)
	if err != nil {
		t.Fatal(err)
	}
	// What it ended with is in the state, so the error says nothing more.
	_ = c.Wait()
	if code := c.ProcessState.ExitCode(); code != 3 || string(rest) != "got terminated\n" {
		t.Errorf("code %d, output %q", code, rest)
	}
}

// TestInside holds that the variable alone deceives nobody.
func TestInside(t *testing.T) {
	if !Inside() {
		t.Error("the tests run inside, and Inside denies it")
	}
	here, err := os.Readlink(selfNet)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(marker, here)
	if Inside() {
		t.Error("the namespace that the marker names is not a new one")
	}
	if err := Setup(); err == nil {
		t.Error("Setup touched a network that is not private")
	}
}

func TestCheck(t *testing.T) {
	if err := Check(); err != nil {
		t.Error(err)
	}
}

// TestExplain holds what people hear on systems of every kind.
func TestExplain(t *testing.T) {
	const filtered = "Name:\tx\nSeccomp:\t2\n"
	for _, test := range []struct {
		name     string
		err      error
		root     bool
		status   string
		settings map[string]string
		want     string // in the message
	}{
		{"Debian's old patch", unix.EPERM, false, "", map[string]string{"kernel/unprivileged_userns_clone": "0"}, "sudo sysctl -w kernel.unprivileged_userns_clone=1"},
		{"no namespaces", unix.ENOSPC, false, "", map[string]string{"user/max_user_namespaces": "0"}, "sudo sysctl -w user.max_user_namespaces=10000"},
		{"no network namespaces for root", unix.ENOSPC, true, "", map[string]string{"user/max_net_namespaces": "0"}, "sudo sysctl -w user.max_net_namespaces=10000"},
		{"Ubuntu 24.04", unix.EACCES, false, "", map[string]string{"kernel/apparmor_restrict_unprivileged_userns": "1", "user/max_user_namespaces": "15000"}, "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
		{"AppArmor does not bind root", unix.EPERM, true, "", map[string]string{"kernel/apparmor_restrict_unprivileged_userns": "1"}, "--cap-add SYS_ADMIN"},
		{"a container", unix.EPERM, true, filtered, nil, "seccomp=unconfined"},
		{"a small kernel", unix.EINVAL, false, "", nil, "CONFIG_USER_NS"},
		{"who knows", unix.EPERM, false, "Seccomp:\t0\n", nil, "operation not permitted): run this command with sudo"},
	} {
		got := explain(test.err, test.root, []byte(test.status), func(path string) string { return test.settings[path] })
		if !strings.Contains(got.Error(), test.want) || strings.Contains(got.Error(), "\n") {
			t.Errorf("%s: %v", test.name, got)
		}
		if !errors.Is(got, test.err) {
			t.Errorf("%s: what the system said is lost", test.name)
		}
	}
}

// TestExplainTUN holds what people hear who may not have the TUN devices.
func TestExplainTUN(t *testing.T) {
	for err, want := range map[error]string{
		unix.ENOENT: "sudo modprobe tun",
		unix.ENODEV: "sudo modprobe tun",
		unix.EACCES: "sudo chmod 666 /dev/net/tun",
		unix.EMFILE: "too many open files",
	} {
		if got := explainTUN(err); !strings.Contains(got.Error(), want) {
			t.Errorf("%v: %v", err, got)
		}
	}
}
