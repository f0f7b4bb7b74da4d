# Vet, gofmt and staticcheck. Exits 1 when one of them has something to say.
set -u
cd "$(dirname "$0")/.." || exit 1
go=${GO:-go}
bad=0
: "${STATICCHECK:?is set by the Makefile: run make lint}"

"$go" vet ./... || bad=1

unformatted=$(find . -name '*.go' -not -path './.git/*' -not -path '*/testdata/*' -exec gofmt -l {} +)
if [ -n "$unformatted" ]; then
	echo "not formatted, run gofmt -w on them:"
	echo "$unformatted"
	bad=1
fi

if words=$("$go" run "$STATICCHECK" -version 2>&1); then
	"$go" run "$STATICCHECK" ./... || bad=1
else
	echo "left out: staticcheck ($STATICCHECK can't be fetched: $(echo "$words" | tail -n 1))"
fi
exit $bad
