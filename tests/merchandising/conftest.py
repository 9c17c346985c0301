"""Fixtures of the catalogue's tests that serve here too."""

from tests.catalogue.conftest import ordered

__all__ = ["ordered"]
