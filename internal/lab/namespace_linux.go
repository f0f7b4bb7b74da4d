package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// marker is the environment variable that tells a process that it was
	// started by Enter. It holds the name of the namespace that Enter ran in.
	marker = "TCPLENS_LAB_OUTSIDE"
	// selfNet names the network namespace of the calling process.
	selfNet = "/proc/self/ns/net"
	// selfExe is the running program. Unlike its path it works when the
	// program's folder may not be entered or the file has been replaced.
	selfExe = "/proc/self/exe"
)

// Inside says whether this process runs in a namespace that Enter has made. It
// compares namespaces, so a marker that was merely inherited or set by hand
// does not deceive it.
func Inside() bool {
	outside := os.Getenv(marker)
	if outside == "" {
		return false
	}
	now, err := os.Readlink(selfNet)
	return err == nil && now != outside
}

// Enter runs this program again with args (without the program's name) in a new
// network namespace, with standard input, output and error passed on and env
// ("NAME=value") added to the environment, and waits for it to end. code is the
// exit code of that run, or 128 + n where signal n ended it. SIGTERM and SIGHUP
// are passed on; what the terminal sends reaches both processes anyway.
//
// The error is a *NamespaceError where the system forbids the namespace.
func Enter(args []string, env ...string) (code int, err error) {
	outside, err := os.Readlink(selfNet)
	if err != nil {
		return 1, &NamespaceError{"/proc is not mounted", "run: sudo mount -t proc proc /proc", err}
	}
	makeDumpable()

	// The signal that follows the parent's death goes with the parent's
	// thread, so the thread has to stay (prctl(2), PR_SET_PDEATHSIG).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGHUP)
	defer signal.Stop(signals)

	var cmd *exec.Cmd
	for _, attr := range attempts() {
		attr.Pdeathsig = unix.SIGTERM
		cmd = &exec.Cmd{
			Path:        selfExe,
			Args:        append([]string{os.Args[0]}, args...),
			Env:         append(append(os.Environ(), env...), marker+"="+outside),
			Stdin:       os.Stdin,
			Stdout:      os.Stdout,
			Stderr:      os.Stderr,
			SysProcAttr: attr,
		}
		if err = cmd.Start(); err == nil {
			break
		}
	}
	if err != nil {
		return 1, diagnose(err)
	}

	ended := make(chan struct{})
	forwarded := make(chan struct{})
	go func() {
		defer close(forwarded)
		forward(cmd.Process, signals, ended)
	}()
	err = cmd.Wait()
	close(ended)
	<-forwarded

	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 1, fmt.Errorf("waiting for the run in the private network: %w", err)
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return cmd.ProcessState.ExitCode(), nil
}

// forward passes signals on to p until ended is closed. SIGINT and SIGQUIT are
// passed on only where no terminal has sent them to both processes.
func forward(p *os.Process, signals <-chan os.Signal, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case s := <-signals:
			if (s == unix.SIGINT || s == unix.SIGQUIT) && inForeground() {
				continue
			}
			// A process that has just ended needs no signal any more.
			_ = p.Signal(s)
		}
	}
}

// inForeground says whether this process is in the foreground group of its
// terminal, the group that Ctrl-C reaches.
func inForeground() bool {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer tty.Close()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// attempts lists the ways to a new network namespace, best first. Root goes
// without a user namespace, which would take away its power over the files of
// other users (think of -w), and falls back to one in a container that has
// taken CAP_SYS_ADMIN away.
func attempts() []*syscall.SysProcAttr {
	private := &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
	if os.Geteuid() != 0 {
		return []*syscall.SysProcAttr{private}
	}
	return []*syscall.SysProcAttr{{Cloneflags: unix.CLONE_NEWNET}, private}
}

// makeDumpable lets this process write the uid map of its child. A program that
// has file capabilities (setcap cap_net_raw) does not own its own files in
// /proc, nor those of a child that has not yet called execve (proc(5)). Failing
// is no harm: the map then can't be written, and that is reported.
func makeDumpable() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) }

// Check says whether Enter would work here, without running anything: it makes
// the namespaces for a program that can't exist. The error is a *NamespaceError.
func Check() error {
	makeDumpable()
	var err error
	for _, attr := range attempts() {
		// /dev/null is no folder, so execve fails with ENOTDIR. No call before
		// it gives that error: the namespaces and the maps were made.
		_, err = syscall.ForkExec("/dev/null/none", []string{"none"}, &syscall.ProcAttr{Sys: attr})
		if errors.Is(err, unix.ENOTDIR) {
			return nil
		}
	}
	return diagnose(err)
}

// Setup makes the private network usable: it brings lo up, which gives it
// 127.0.0.1 and ::1. It is called once, in the process for which Inside holds.
func Setup() error {
	if !Inside() {
		return errors.New("the private network has not been entered: start tcplens demo, not its inner command")
	}
	if err := setUp("lo"); err != nil {
		if errors.Is(err, unix.EPERM) {
			return diagnose(err)
		}
		return err
	}
	return nil
}

// setUp brings an interface of the calling thread's namespace up.
func setUp(name string) error {
	return interfaceIoctl(name, func(fd int, req *unix.Ifreq) error {
		if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, req); err != nil {
			return fmt.Errorf("%s: reading its flags: %w", name, err)
		}
		req.SetUint16(req.Uint16() | unix.IFF_UP)
		if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req); err != nil {
			return fmt.Errorf("%s: bringing it up: %w", name, err)
		}
		return nil
	})
}

// interfaceIoctl gives do a socket and a request about the interface.
func interfaceIoctl(name string, do func(fd int, req *unix.Ifreq) error) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("%s: opening a socket to set it up: %w", name, err)
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq(name)
	if err != nil {
		return fmt.Errorf("%s: not the name of an interface: %w", name, err)
	}
	return do(fd, req)
}

// Private says whether this system has private networks: if not, the lab runs on
// the system's own loopback interface.
func Private() bool { return true }
