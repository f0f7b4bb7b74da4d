package lab

import (
	"bytes"
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// A knob is a setting of the kernel that forbids namespaces when it has the
// given value.
type knob struct {
	path   string // below /proc/sys
	value  string // the value that forbids
	reason string
	fix    string
}

// knobs lists the settings that forbid namespaces, the most telling first.
func knobs() []knob {
	return []knob{
		{
			"kernel/unprivileged_userns_clone", "0",
			"the kernel keeps user namespaces for root (kernel.unprivileged_userns_clone=0)",
			"run: sudo sysctl -w kernel.unprivileged_userns_clone=1, or run this command with sudo",
		}, {
			"user/max_user_namespaces", "0",
			"the kernel allows no user namespaces (user.max_user_namespaces=0)",
			"run: sudo sysctl -w user.max_user_namespaces=10000, or run this command with sudo",
		}, {
			"user/max_net_namespaces", "0",
			"the kernel allows no network namespaces (user.max_net_namespaces=0)",
			"run: sudo sysctl -w user.max_net_namespaces=10000",
		}, {
			"kernel/apparmor_restrict_unprivileged_userns", "1",
			"AppArmor gives programs no power in their user namespaces (kernel.apparmor_restrict_unprivileged_userns=1)",
			"run: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or run this command with sudo",
		},
	}
}

// diagnose turns the error of making the namespaces into words and a remedy, by
// looking at this system.
func diagnose(err error) error {
	status, statusErr := os.ReadFile("/proc/self/status")
	if statusErr != nil {
		status = nil
	}
	return explain(err, os.Geteuid() == 0, status, func(path string) string {
		b, readErr := os.ReadFile("/proc/sys/" + path)
		if readErr != nil {
			return ""
		}
		return strings.TrimSpace(string(b))
	})
}

// explain is diagnose for a described system: setting gives the value of a
// kernel setting, "" where there is none, and status is /proc/self/status.
func explain(err error, root bool, status []byte, setting func(path string) string) *NamespaceError {
	if errors.Is(err, unix.EINVAL) {
		return &NamespaceError{"this kernel was built without user or network namespaces", "use a kernel with CONFIG_USER_NS and CONFIG_NET_NS, or capture real traffic: sudo tcplens -i lo", err}
	}
	for _, k := range knobs() {
		// Root is bound by the limits, but not by what is kept for root.
		if root && strings.HasPrefix(k.path, "kernel/") {
			continue
		}
		if setting(k.path) == k.value {
			return &NamespaceError{k.reason, k.fix, err}
		}
	}
	if bytes.Contains(status, []byte("\nSeccomp:\t2")) {
		return &NamespaceError{
			"a seccomp filter forbids namespaces, as containers do by default (" + err.Error() + ")",
			"start the container with --cap-add SYS_ADMIN --security-opt seccomp=unconfined, or run this command outside it", err,
		}
	}
	if root {
		return &NamespaceError{
			"root lacks CAP_SYS_ADMIN here (" + err.Error() + ")",
			"start the container with --cap-add SYS_ADMIN, or run this command outside it", err,
		}
	}
	return &NamespaceError{"the system refused (" + err.Error() + ")", "run this command with sudo", err}
}
