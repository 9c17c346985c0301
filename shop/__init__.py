"""The shop: one Django app, its rooms inside. See site/docs/architecture.md for who may import whom."""
