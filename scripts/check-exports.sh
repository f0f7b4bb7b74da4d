# Flow graphs of the captures that the project has, exported and opened: the Mermaid by
# npm's own mermaid, the SVG by librsvg. It keeps nothing; npm's cache keeps the packages.
set -u
cd "$(dirname "$0")/.." || exit 1
: "${BIN:?is set by the Makefile: run make check-exports}"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

fail() {
	echo "check-exports: $*" >&2
	exit 1
}

# write NAME ARGUMENTS...: the graph as Mermaid and as SVG.
write() {
	name=$1
	shift
	for form in mermaid svg; do
		"$BIN" flow "$@" --format $form >"$dir/$name.$form" || fail "tcplens flow $* --format $form failed"
	done
}

graphs=0
for file in testdata/lab/*.pcap flowgraph/testdata/lab/*.pcap; do
	streams=$("$BIN" -r "$file" -T fields -e tcp.stream | sort -un) || fail "$file can't be read"
	for stream in $streams; do
		graphs=$((graphs + 1))
		write $graphs -r "$file" "$stream"
		graphs=$((graphs + 1))
		write $graphs -r "$file" "$stream" --fold=-1
	done
	# All conversations of the file in one.
	# shellcheck disable=SC2086 # the streams are words
	if [ "$(echo "$streams" | wc -l)" -gt 1 ]; then
		graphs=$((graphs + 1))
		write $graphs -r "$file" $streams
	fi
done

echo '{"private":true,"type":"module"}' >"$dir/package.json"
cp scripts/check-exports.mjs "$dir/check.mjs"
(cd "$dir" && npm install --no-audit --no-fund --silent --ignore-scripts "mermaid@$MERMAID" "jsdom@$JSDOM") ||
	fail "npm can't install mermaid $MERMAID and jsdom $JSDOM"
node "$dir/check.mjs" "$dir"/*.mermaid || fail "mermaid $MERMAID does not take what is above"

for svg in "$dir"/*.svg; do
	rsvg-convert --width 800 --output "$dir/picture.png" "$svg" || fail "librsvg does not take $(basename "$svg")"
	# Something is drawn: a blank picture of that size has a few hundred bytes.
	[ "$(wc -c <"$dir/picture.png")" -gt 4000 ] || fail "the picture of $(basename "$svg") is blank"
done
echo "check-exports: mermaid $MERMAID and librsvg take all $graphs graphs"
