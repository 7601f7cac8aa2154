# What there is to do here. `make run ARGS="--max-instances 50"` passes settings on.

.DEFAULT_GOAL := help
.PHONY: help run test lint bench openapi

help:
	@echo 'make run      build the server, and serve on http://127.0.0.1:5000 with the data in ./data'
	@echo 'make test     fetch what the tests need, and run them all'
	@echo 'make lint     format, clippy, who may depend on whom, documentation'
	@echo 'make openapi  write web/openapi.json anew, after a change of the API'
	@echo 'make bench    measure: isolates, reports, the library, the whole next to a bare web server'

run:
	cargo run --release --locked -p faas-server -- serve $(ARGS)

test:
	cargo test --locked --workspace --all-features

lint:
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
	cargo clippy --locked -p faas-core --no-default-features -- -D warnings
	.ci/dependencies
	RUSTDOCFLAGS='-D warnings -A rustdoc::private-intra-doc-links' cargo doc --locked --workspace --all-features --no-deps

openapi:
	REGENERATE_OPENAPI=1 cargo test --locked -p faas-http --test it document::

bench:
	cargo bench --locked -p faas-core --bench quickjs
	cargo bench --locked -p faas-store-sqlite -- report
	cargo bench --locked -p faas-benches
	cargo run --release --locked -p faas-benches --bin end-to-end
