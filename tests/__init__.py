"""Tests, by room. A package, because an installed one is called `tests` too."""
