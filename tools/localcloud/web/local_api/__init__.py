"""The local API, version 1, under `/local/v1`: what the page, `remote`, the demo and the tests need."""
