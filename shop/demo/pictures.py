"""The photographs, in Wagtail's library, with the sizes that pages show made ahead."""

import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from django.core.files.images import ImageFile
from django.db import transaction

from shop.catalogue.models import Picture, Rendition
from shop.catalogue.pictures import PORTRAIT_SPECS, SCENE_SPECS, filters
from shop.demo.source import PICTURES, read


def load_pictures() -> int:
    """Put missing photographs into the library, known by their bytes; returns how many were missing."""
    known = set(Picture.objects.values_list("file_hash", flat=True))
    missing = [facts for facts in read("pictures/pictures") if file_hash(facts["file"]) not in known]
    for facts in missing:
        _add(facts)
    return len(missing)


@transaction.atomic
def _add(facts: dict[str, Any]) -> None:
    path = PICTURES / facts["file"]
    with path.open("rb") as file:
        Picture.objects.create(
            title=facts["title"],
            description=facts["alt"],
            file=ImageFile(file, name=facts["file"]),
            file_size=path.stat().st_size,
            file_hash=file_hash(facts["file"]),
        )


@cache
def file_hash(name: str) -> str:
    """What Wagtail knows the file by."""
    return hashlib.sha1((PICTURES / name).read_bytes(), usedforsecurity=False).hexdigest()


def library() -> dict[str, Picture]:
    """The demo shop's pictures in the library, by the name of their file."""
    by_hash = {picture.file_hash: picture for picture in Picture.objects.all()}
    names = (facts["file"] for facts in read("pictures/pictures"))
    return {name: by_hash[file_hash(name)] for name in names if file_hash(name) in by_hash}


def make_renditions(progress: Callable[[int, int], None]) -> int:
    """Make the sizes that pages show and that are missing, so that no shopper waits for them; returns how many.

    `progress` is told how many pictures are done, of how many.
    """
    wanted = list(_missing_sizes())
    for done, (picture, sizes) in enumerate(wanted, start=1):
        picture.get_renditions(*sizes)
        progress(done, len(wanted))
    return sum(len(sizes) for _picture, sizes in wanted)


def _missing_sizes() -> Iterator[tuple[Picture, list[str]]]:
    made = set(Rendition.objects.values_list("image_id", "filter_spec"))
    wide = _shown_wide(read("pages"))
    for name, picture in library().items():
        specs = (*PORTRAIT_SPECS, *SCENE_SPECS) if name in wide else PORTRAIT_SPECS
        sizes = [size for size in filters(*specs) if (picture.pk, size) not in made]
        if sizes:
            yield picture, sizes


def _shown_wide(value: Any) -> set[str]:
    """Names of the files that home page and stories show; products show all of them upright."""
    if isinstance(value, str):
        return {value} if value.endswith(".jpg") else set()
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*(_shown_wide(one) for one in inner))
