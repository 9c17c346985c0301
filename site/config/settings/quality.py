"""For `make quality`: production's settings on loopback, with what a proxy in front does (media, compressed pages)."""

from config.settings.production import *  # noqa: F403
from config.settings.production import MIDDLEWARE, VAR

MEDIA_ROOT = VAR / "quality" / "media"
STATIC_ROOT = VAR / "quality" / "static"
MIDDLEWARE = ["django.middleware.gzip.GZipMiddleware", *MIDDLEWARE]
