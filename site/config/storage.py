"""Static files for production: hashed names, compressed copies, one stylesheet instead of sixty, scripts without comments.

In development `css/site.css` imports its parts and nothing is built. `collectstatic` writes the parts into it,
in the order of the imports; cascade layers make that the same stylesheet.
"""

import fnmatch
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any, ClassVar

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


def lean(script: str) -> str:
    """`script` without lines that are empty or only a comment, and without what its lines are indented by.

    For scripts of ours: one in which a template literal goes over several lines would change, so it is refused (ValueError).
    """
    lines = [line.strip() for line in script.splitlines()]
    kept = [line for line in lines if line and not line.startswith("//")]
    if odd := [line for line in kept if line.count("`") % 2]:
        raise ValueError(f"a literal does not end on its line: {odd[0]}")
    return "\n".join(kept) + "\n"


class Made(Storage):
    """Opens a text of `storage` as `make` makes it."""

    def __init__(self, storage: Storage, make: Callable[[Storage, str], str]) -> None:
        self.storage, self.make = storage, make

    def _open(self, name: str, mode: str = "rb") -> File:
        return ContentFile(self.make(self.storage, name).encode(), name=name)


def leaned(storage: Storage, path: str) -> str:
    """The script at `path`, lean."""
    with storage.open(path) as file:
        return lean(file.read().decode())


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Names carry a hash of the content, also inside imports of modules, so files can be cached for ever."""

    support_js_module_import_aggregation = True
    # Only our own modules: comments in other packages' scripts mention files that do not exist.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        HashedFilesMixin._js_module_import_aggregation_patterns[1],  # type: ignore[attr-defined]
    )
    made: ClassVar = {"css/site.css": joined, "js/*.js": leaned}

    def post_process(self, paths: dict[str, Any], *args: Any, **kwargs: Any) -> Iterator[Any]:
        for pattern, make in self.made.items():
            for name in fnmatch.filter(paths, pattern):
                storage, path = paths[name]
                paths = {**paths, name: (Made(storage, make), path)}
        yield from super().post_process(paths, *args, **kwargs)
