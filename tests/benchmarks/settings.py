"""Production's settings, with the files of the benchmark in a folder of their own."""

import os
from pathlib import Path

from config.settings.production import *  # noqa: F403

FOLDER = Path(os.environ["BENCH_FOLDER"])
MEDIA_ROOT = FOLDER / "media"
STATIC_ROOT = FOLDER / "static"
