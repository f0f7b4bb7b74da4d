# Prints the version of this tree: the tag it stands on, or the version in
# main.go with the commit behind it.
cd "$(dirname "$0")/.." || exit 1
tag=$(git describe --tags --exact-match --match 'v*' 2>/dev/null)
if [ -n "$tag" ]; then
	echo "${tag#v}"
	exit 0
fi
base=$(sed -n 's/^var version = "\(.*\)"$/\1/p' main.go)
commit=$(git rev-parse --short=9 HEAD 2>/dev/null)
echo "${base:-0}${commit:++$commit}"
