package lab

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// record names a folder to write each lesson's capture to, relative to this
// package's folder: go test ./internal/lab -run TestLessons -record ../../testdata/lab
var record = flag.String("record", "", "write the capture of each lesson to this `folder`")

const (
	// roleVar asks this test binary to be something else than tests.
	roleVar = "LAB_TEST_ROLE"
	// userVar marks the run of the tests as a user without rights.
	userVar = "LAB_TEST_UNPRIVILEGED"
	nobody  = 65534
)

// TestMain runs the tests in the private network. As root it runs them a second
// time as a user without any rights, since that is how most people start a demo.
func TestMain(m *testing.M) {
	if role := os.Getenv(roleVar); role != "" {
		os.Exit(play(role))
	}
	if Inside() {
		if err := Setup(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	}
	code, err := Enter(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "the tests need a private network:", err)
	}
	if code == 0 && os.Geteuid() == 0 && os.Getenv(userVar) == "" {
		code, err = again()
		if err != nil {
			fmt.Fprintln(os.Stderr, "running the tests as a user without rights:", err)
		}
	}
	os.Exit(code)
}

// again runs this test binary as nobody, without the flags that write files.
func again() (int, error) {
	args := []string{os.Args[0]}
	for _, a := range os.Args[1:] {
		for _, keep := range []string{"-test.run=", "-test.v=", "-test.timeout=", "-test.count=", "-test.short="} {
			if strings.HasPrefix(a, keep) {
				args = append(args, a)
			}
		}
	}
	pid, err := syscall.ForkExec(selfExe, args, &syscall.ProcAttr{
		Env:   append(os.Environ(), userVar+"=1"),
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}},
	})
	if err != nil {
		return 1, err
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return 1, err
	}
	state, err := p.Wait()
	if err != nil {
		return 1, err
	}
	if code := state.ExitCode(); code >= 0 {
		return code, nil
	}
	return 1, fmt.Errorf("it ended: %v", state)
}

// play is what a started copy of the test binary does in TestEnter.
func play(role string) int {
	what, arg, _ := strings.Cut(role, " ")
	switch what {
	case "enter":
		code, err := Enter([]string{"-an-argument"}, roleVar+"="+arg)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		return code
	case "exit":
		fmt.Println("inside:", Inside(), os.Args[1:])
		return 7
	case "killed":
		if err := unix.Kill(os.Getpid(), unix.SIGKILL); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		select {}
	case "wait":
		got := make(chan os.Signal, 1)
		signal.Notify(got, unix.SIGTERM)
		fmt.Println("ready")
		fmt.Println("got", <-got)
		return 3
	}
	fmt.Fprintln(os.Stderr, "no such role:", role)
	return 2
}
