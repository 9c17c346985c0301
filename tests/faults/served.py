"""Production's settings for a server in a test, without having to collect what it has nothing to do with."""

from tests.benchmarks.settings import *  # noqa: F403
from tests.benchmarks.settings import STORAGES

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
