# What there is to do here. `make run ARGS="--max-instances 50"` passes settings on.

.DEFAULT_GOAL := help
.PHONY: help run test lint bench openapi fixtures dashboard

help:
	@echo 'make run        build the server, and serve on http://127.0.0.1:5000 with the data in ./data'
	@echo 'make test       fetch what the tests need, a browser among it, and run them all'
	@echo 'make lint       format, clippy, who may depend on whom, documentation'
	@echo 'make dashboard  build what is in web/, for the server to embed'
	@echo 'make openapi    write web/openapi.json and the types from it anew, after a change of the API'
	@echo 'make fixtures   write anew the events that the dashboard is tested with, after a change of them'
	@echo 'make bench      measure: isolates, reports, the library, the whole next to a bare web server'

run: dashboard
	cargo run --release --locked -p faas-server -- serve $(ARGS)

# The dashboard comes first, so that the server under test is the one with the dashboard in it.
test: dashboard
	cargo build --locked -p faas-server
	cd web && npm test && npm run test:browser
	cargo test --locked --workspace --all-features

lint: web/node_modules
	cd web && npm run lint
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

dashboard: web/node_modules
	cd web && npm run build

web/node_modules: web/package-lock.json
	cd web && npm ci
	touch web/node_modules

bench:
	cargo bench --locked -p faas-core --bench quickjs
	cargo bench --locked -p faas-store-sqlite -- report
	cargo bench --locked -p faas-benches
	cargo run --release --locked -p faas-benches --bin end-to-end
	cargo run --release --locked -p faas-benches --bin end-to-end -- isolation
