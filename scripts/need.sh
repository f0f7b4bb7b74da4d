# need.sh build|test|exports: installs what building or testing tcplens needs and this
# system lacks. It says what it installs; where nothing is missing it does and
# prints nothing.
#
# build: a C compiler and the libpcap headers.
# test:  these, tshark (the reference of the tests), tmux (their terminal) and curl
#        (a client of theirs).
# exports: what building needs, Node.js with npm (for mermaid), and rsvg-convert.
set -u
what=${1:-build}
dir=$(dirname "$0")

fail() {
	echo "tcplens: $*" >&2
	exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# compiles PROGRAM FLAGS: can this C program be built and linked?
compiles() {
	out=$(mktemp) || return 1
	# shellcheck disable=SC2086 # the flags are words
	printf '%s\n' "$1" | ${CC:-cc} -x c - -o "$out" $2 >/dev/null 2>&1
	code=$?
	rm -f "$out"
	return $code
}

check_go() {
	go=${GO:-go}
	have "$go" || fail "Go is not installed: get Go 1.26 or later from https://go.dev/dl"
	# Before 1.21 the go command can neither read this go.mod nor fetch a newer Go.
	minor=$("$go" env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
	if [ -n "$minor" ] && [ "$minor" -lt 21 ]; then
		fail "$("$go" env GOVERSION) is too old: get Go 1.26 or later from https://go.dev/dl"
	fi
}

# missing prints what is not here, a word each: compiler, pcap, tshark, tmux, curl.
missing() {
	cflags="${CGO_CFLAGS:-} ${CGO_LDFLAGS:-}"
	compiles 'int main(void) { return 0; }' '' || echo compiler
	compiles '#include <pcap/pcap.h>
int main(void) { return pcap_lib_version() == 0; }' "$cflags -lpcap" || echo pcap
	if [ "$what" = test ]; then
		have tshark || echo tshark
		have tmux || echo tmux
		have curl || echo curl
	fi
	if [ "$what" = exports ]; then
		have node || echo node
		have npm || echo npm
		have rsvg-convert || echo rsvg
	fi
}

manager() {
	for m in apt-get dnf apk pacman brew; do
		if have $m; then
			echo $m
			return
		fi
	done
}

# package MANAGER WORD: the packages that bring it.
package() {
	case "$1 $2" in
	'apt-get compiler') echo gcc libc6-dev ;;
	'apt-get pcap') echo libpcap-dev ;;
	'dnf compiler') echo gcc glibc-devel ;;
	'dnf pcap') echo libpcap-devel ;;
	'apk compiler') echo gcc musl-dev ;;
	'apk pcap') echo libpcap-dev ;;
	'pacman compiler') echo gcc ;;
	'pacman pcap' | 'brew pcap') echo libpcap ;;
	'dnf tshark' | 'pacman tshark') echo wireshark-cli ;;
	'brew tshark') echo wireshark ;;
	*' tshark') echo tshark ;;
	*' tmux') echo tmux ;;
	*' curl') echo curl ;;
	'dnf node' | 'apk node' | 'apt-get node' | 'pacman node') echo nodejs ;;
	'brew node' | 'brew npm') echo node ;;
	*' npm') echo npm ;;
	'apt-get rsvg') echo librsvg2-bin ;;
	'dnf rsvg') echo librsvg2-tools ;;
	'apk rsvg') echo rsvg-convert ;;
	*' rsvg') echo librsvg ;;
	esac
}

check_go
lacking=$(missing)
[ -n "$lacking" ] || exit 0

if [ "$(uname -s)" = Darwin ] && echo "$lacking" | grep -q compiler; then
	fail "the command line tools are missing (they bring the compiler and libpcap): run xcode-select --install, then this again"
fi
manager=$(manager)
packages=
for word in $lacking; do
	packages="$packages $(package "${manager:-none}" "$word")"
done
packages=$(echo $packages)
if [ -z "$manager" ] || [ -z "$packages" ]; then
	fail "missing:" $lacking "— there is no package manager here that this script knows; install them by hand (libpcap: with its headers)"
fi

# As root, or through sudo; sudo may ask for a password only where somebody can
# type it. brew refuses root.
sudo=
if [ "$(id -u)" -ne 0 ] && [ "$manager" != brew ]; then
	have sudo || fail "missing: $packages — run as root: $manager install $packages (or install sudo)"
	sudo=sudo
	[ -t 0 ] || sudo='sudo -n'
fi

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
run() {
	if ! "$@" </dev/null >>"$log" 2>&1; then
		cat "$log" >&2
		fail "$* failed; its words are above"
	fi
}

echo "tcplens: installing $packages with $manager${sudo:+ (as root, with sudo)}"
if [ -n "$sudo" ] && [ -t 0 ]; then
	sudo -v || fail "sudo refused: run as root: $manager install $packages"
fi
case $manager in
apt-get)
	# wireshark-common asks whether users may capture; the answer stays no.
	run $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq update
	# shellcheck disable=SC2086 # the packages are words
	run $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $packages
	;;
dnf) run $sudo dnf -q -y install $packages ;;
apk) run $sudo apk add -q --no-progress $packages ;;
pacman) run $sudo pacman -Sy --noconfirm --needed $packages ;;
brew) run env HOMEBREW_NO_AUTO_UPDATE=1 brew install -q $packages ;;
esac

lacking=$(missing)
[ -z "$lacking" ] || fail "installed $packages, and still missing:" $lacking "— $dir/need.sh looks for cc, pcap/pcap.h with -lpcap, tshark, tmux and curl"
