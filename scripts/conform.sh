# Agreement with tshark, field by field, over the larger corpus of captures. The
# corpus is not part of the project: it is other people's files.
set -u
cd "$(dirname "$0")/.." || exit 1
: "${CONFORM:?is set by the Makefile: run make conform}"
if [ ! -x "$CONFORM" ] || [ ! -d "$CORPUS" ]; then
	echo "left out: conform (there is no $CONFORM with $CORPUS here; the tests' own captures were compared)"
	exit 0
fi
command -v python3 >/dev/null 2>&1 || {
	echo "left out: conform ($CONFORM needs python3)"
	exit 0
}
exec "$CONFORM" --corpus "$CORPUS" --bin "$BIN" --floor scripts/conform.floor
