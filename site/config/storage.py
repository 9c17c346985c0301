"""Static files for production: hashed names, compressed copies, and one stylesheet instead of sixty.

In development `css/site.css` imports its parts and nothing is built. `collectstatic` writes the parts into it,
in the order of the imports; cascade layers make that the same stylesheet.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.contrib.staticfiles.storage import HashedFilesMixin
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = re.compile(r'@import "(?P<part>[^"]+)";')
STRING = r"""(?P<string>"[^"]*"|'[^']*')"""
COMMENT = re.compile(STRING + r"|/\*.*?\*/", re.DOTALL)
SPACE = re.compile(STRING + r"|\s*(?P<mark>[{};,])\s*|\s+")


def minify(css: str) -> str:
    """`css` without comments and needless space. Strings, and space around operators and colons, stay."""
    css = COMMENT.sub(lambda match: match["string"] or "", css)
    css = SPACE.sub(lambda match: match["string"] or match["mark"] or " ", css)
    return css.replace(";}", "}").strip()


def joined(storage: Storage, path: str) -> str:
    """The stylesheet at `path`, with every `@import "part.css";` replaced by that part, minified.

    A part that does not exist raises the storage's FileNotFoundError: a build must not lose rules silently.
    """
    folder = PurePosixPath(path).parent

    def read(name: str) -> str:
        with storage.open(name) as file:
            return file.read().decode()

    return minify(IMPORT.sub(lambda match: read(str(folder / match["part"])), read(path)))


class Joined(Storage):
    """Opens a stylesheet of `storage` joined with its imports."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def _open(self, name: str, mode: str = "rb") -> File:
        return ContentFile(joined(self.storage, name).encode(), name=name)


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Names carry a hash of the content, also inside imports of modules, so files can be cached for ever."""

    support_js_module_import_aggregation = True
    # Only our own modules: comments in other packages' scripts mention files that do not exist.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        HashedFilesMixin._js_module_import_aggregation_patterns[1],  # type: ignore[attr-defined]
    )
    stylesheet = "css/site.css"

    def post_process(self, paths: dict[str, Any], *args: Any, **kwargs: Any) -> Iterator[Any]:
        if self.stylesheet in paths:
            storage, path = paths[self.stylesheet]
            paths = {**paths, self.stylesheet: (Joined(storage), path)}
        yield from super().post_process(paths, *args, **kwargs)
