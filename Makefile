# The targets a person needs: run, test, build. The rest is for those who change Signalbox; `make help` lists all.

SHELL := /bin/bash
.DEFAULT_GOAL := build
export CGO_ENABLED ?= 0

WEB     := services/frontend-service/web
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X github.com/signalbox-dev/signalbox/services/signalbox/cli.version=$(VERSION)
TOOL    := go tool -modfile=$(CURDIR)/infrastructure/tools/go.mod
DATA    ?= data

# The UI takes part as soon as its package.json is there; without it the binary is built with the API alone.
ifneq ($(wildcard $(WEB)/package.json),)
UI         := $(WEB)/dist/index.html
UI_SOURCES := $(shell find $(WEB) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/browser/*' 2>/dev/null)
endif

.PHONY: run build test lint generate check-generated race bench clean help

run: build ## build everything and start it on http://127.0.0.1:8080 with an embedded manifest repo and demo data
	bin/signalbox serve --data-dir $(DATA) --demo

build: $(UI) ## build bin/signalbox, with the UI inside
	@mkdir -p bin
	go build -buildvcs=false -ldflags '$(LDFLAGS)' -o bin/signalbox ./services/signalbox

# npm is asked only when the lock file changed, and vite only when a source did: the second `make run` needs no network.
$(WEB)/node_modules/.signalbox-installed: $(WEB)/package-lock.json
	cd $(WEB) && npm ci --no-audit --no-fund
	@touch $@

$(WEB)/dist/index.html: $(WEB)/node_modules/.signalbox-installed $(UI_SOURCES)
	cd $(WEB) && npm run build
	@touch $@ $(WEB)/dist/.gitkeep

test: build ## install what the tests need, run every test of Go, web and browser, and a short run of each fuzz target
	infrastructure/dev/install-test-deps
	infrastructure/dev/run-tests

lint: ## vet, gofmt, staticcheck, buf lint, eslint
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not formatted (run gofmt -w):"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(TOOL) staticcheck ./...
	cd proto && $(TOOL) buf lint
	@if [ -f $(WEB)/package.json ]; then $(MAKE) --no-print-directory $(WEB)/node_modules/.signalbox-installed && cd $(WEB) && npm run lint; fi

generate: ## write the generated code anew: Go from proto, OpenAPI, the UI's types
	cd proto && $(TOOL) buf generate
	go generate ./services/frontend-service/openapi
	@if [ -f $(WEB)/package.json ]; then $(MAKE) --no-print-directory $(WEB)/node_modules/.signalbox-installed && cd $(WEB) && npm run generate; fi
	go generate ./services/frontend-service/openapi

check-generated: generate ## fail when generated code was not committed
	@changed=$$(git status --porcelain -- pkg/api services/frontend-service/openapi); \
	if [ -n "$$changed" ]; then echo "generated code is stale: run 'make generate' and commit"; echo "$$changed"; exit 1; fi

race: ## run the tests of the packages that start goroutines under the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race $$(infrastructure/dev/packages-with-goroutines)

bench: build ## measure; see docs/performance.md
	infrastructure/dev/bench

clean: ## remove what was built (the data directory stays)
	rm -rf bin .cache $(WEB)/node_modules
	find $(WEB)/dist -mindepth 1 -not -name .gitkeep -delete 2>/dev/null || true

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | column -t -s '|'
