# Common tasks. `make run ARGS="--max-instances 50"` passes arguments to the server.

.DEFAULT_GOAL := help

# The modules of Node that isolates have.
NODE = faas-core/src/runtime/quickjs/node

.PHONY: help run dist test test-rust test-web test-browser test-clients wpt lint bench openapi fixtures dashboard node-modules

help:
	@echo 'make run        build the server and serve http://127.0.0.1:5000, with its data in ./data'
	@echo 'make dist       build the optimized server, target/dist/faas'
	@echo 'make test       install what the tests need, including a browser, and run all tests'
	@echo 'make wpt        run the web platform tests alone: ARGS="url/ --update" for some of them'
	@echo 'make lint       check format, clippy, dependencies, module order and documentation'
	@echo 'make dashboard  build web/ for the server to embed'
	@echo 'make openapi    regenerate web/openapi.json and its TypeScript types'
	@echo 'make fixtures   regenerate the event fixtures of the dashboard tests'
	@echo 'make node-modules  bundle the modules of Node that functions can use'
	@echo 'make bench      run all benchmarks'

run: dashboard
	@echo 'building the server: the first build takes several minutes'
	cargo build --release --locked -p faas-server
	target/release/faas serve $(ARGS)

dist: dashboard
	@echo 'building the optimized server: this takes longer than make run'
	cargo build --profile dist --locked -p faas-server --features jemalloc

# Runs every group of tests, even if one fails. The browser tests use the server with the dashboard.
test: dashboard
	$(MAKE) --keep-going --no-print-directory test-web test-browser test-clients test-rust

test-web: web/node_modules
	@echo 'test group 1 of 4: dashboard units'
	cd web && npm test

test-browser: web/node_modules
	@echo 'test group 2 of 4: dashboard in a browser, on a real server'
	cargo build --locked -p faas-server
	cd web && npm run test:browser

test-clients: clients/node_modules
	@echo 'test group 3 of 4: the TypeScript client and types, on a real server'
	cargo build --locked -p faas-server
	cd clients && timeout 600 npm test

# Some tests bundle functions with esbuild.
test-rust: $(NODE)/node_modules
	@echo 'test group 4 of 4: Rust'
	cargo test --locked --workspace --all-features --no-fail-fast

# The web platform tests are in `test-rust` too; built with the same features, nothing is built twice.
wpt:
	cargo test --locked --workspace --all-features --test wpt -- $(ARGS)

lint: web/node_modules
	cd web && npm run lint
	cd $(NODE) && npm ci && npm run build -- --check
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
	cargo clippy --locked -p faas-core --no-default-features -- -D warnings
	.ci/dependencies
	.ci/module-order
	RUSTDOCFLAGS='-D warnings -A rustdoc::private-intra-doc-links' cargo doc --locked --workspace --all-features --no-deps

openapi: web/node_modules
	REGENERATE_OPENAPI=1 cargo test --locked -p faas-http --test it document::
	cd web && npm run types

fixtures:
	REGENERATE_FIXTURES=1 cargo test --locked -p faas-ws --lib fixtures::

# What is generated is committed, and `make lint` checks it.
node-modules: $(NODE)/node_modules
	cd $(NODE) && npm run build

$(NODE)/node_modules: $(NODE)/package-lock.json
	cd $(NODE) && npm ci
	touch $(NODE)/node_modules

dashboard: web/node_modules
	@echo 'building the dashboard'
	cd web && npm run build

clients/node_modules: clients/package-lock.json
	@echo 'installing the dependencies of the TypeScript client'
	cd clients && npm ci
	touch clients/node_modules

web/node_modules: web/package-lock.json
	@echo 'installing the dashboard dependencies'
	cd web && npm ci
	touch web/node_modules

# The benchmarks measure the binary that `make dist` builds.
bench:
	cargo bench --locked -p faas-core --bench quickjs
	cargo bench --locked -p faas-store-sqlite -- report
	cargo bench --locked -p faas-benches
	cargo run --profile dist --locked -p faas-benches --bin end-to-end
	cargo run --profile dist --locked -p faas-benches --bin end-to-end -- isolation
	cargo run --profile dist --locked -p faas-benches --bin end-to-end -- neighbours
	cargo run --profile dist --locked -p faas-benches --bin end-to-end -- waiting
