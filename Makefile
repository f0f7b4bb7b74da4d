# make demo   build tcplens and watch real traffic, no root needed
# make test   everything that is checked before a change goes in
#
# Both install what they need with the system's package manager and say so first.

GO       ?= go
BIN      ?= bin/tcplens
PREFIX   ?= /usr/local
FUZZTIME ?= 10s
CORPUS   ?= ../shared/corpus
CONFORM  ?= ../shared/tools/conform
# The linter is pinned, so that a new release can't fail an old commit.
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.7.0
VERSION  ?= $(shell sh scripts/version.sh)

# The go command need not look at the repository: the version comes from above.
BUILD = $(GO) build -buildvcs=false -trimpath -ldflags "-X main.version=$(VERSION)"

# The parser of the exported diagrams is pinned, and what it needs beside a browser.
MERMAID ?= 12.3.0
JSDOM   ?= 25.0.1

export MERMAID JSDOM
export GO BIN CORPUS CONFORM STATICCHECK FUZZTIME

.PHONY: all build demo test install uninstall lint race fuzz bench conform check-exports e2e clean help

all: build

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/tcplens
	@sh scripts/need.sh build
	@mkdir -p $(dir $(BIN))
	$(BUILD) -o $(BIN) .

demo: build ## install the libpcap headers if missing, build, start the demo
	@$(BIN) demo

test: ## install what the tests need, lint, test, compare with the corpus
	@sh scripts/need.sh test
	@$(MAKE) --no-print-directory build
	@sh scripts/test.sh

install: build ## copy tcplens to PREFIX/bin
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/tcplens

uninstall: ## remove it from there
	rm -f $(DESTDIR)$(PREFIX)/bin/tcplens

lint: ## vet, gofmt, staticcheck
	@sh scripts/need.sh build
	@sh scripts/lint.sh

race: ## all tests but the end-to-end ones under the race detector
	@sh scripts/need.sh test
	$(GO) test -race $$($(GO) list ./... | grep -v /internal/e2e)

fuzz: ## each fuzz target for FUZZTIME (10s)
	@sh scripts/need.sh build
	@sh scripts/fuzz.sh

bench: ## the benchmarks
	@sh scripts/need.sh build
	$(GO) test -run '^$$' -bench . -benchmem ./...

conform: build ## agreement with tshark over the larger corpus, where there is one
	@sh scripts/conform.sh

check-exports: build ## parse the exported Mermaid with npm's mermaid, render the exported SVG
	@sh scripts/need.sh exports
	@sh scripts/check-exports.sh

e2e: ## the program in a real terminal, and against tshark
	@sh scripts/need.sh test
	$(GO) test -count=1 ./internal/e2e

clean: ## remove what was built
	rm -rf bin
