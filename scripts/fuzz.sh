# Runs every fuzz target for FUZZTIME. Go runs one target of one package at a time.
set -u
cd "$(dirname "$0")/.." || exit 1
go=${GO:-go}
bad=
for pkg in $("$go" list ./...); do
	for target in $("$go" test -list '^Fuzz' "$pkg" 2>/dev/null | grep '^Fuzz'); do
		echo "== $pkg $target"
		"$go" test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-10s}" "$pkg" || bad="$bad $pkg.$target"
	done
done
if [ -n "$bad" ]; then
	echo "fuzzing found something in:$bad" >&2
	exit 1
fi
