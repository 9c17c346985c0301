"""Buyers' photographs: looked at, turned upright, made smaller and saved anew, so that nothing hidden comes along."""

from datetime import datetime
from io import BytesIO
from typing import Any, BinaryIO

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

MOST_BYTES = 8 * 2**20
MOST_PIXELS = 40_000_000  # a picture of a few kilobytes can unfold to gigabytes
LEAST_SIDE, LONGEST_SIDE = 200, 1200
FORMATS = ("JPEG", "PNG", "WEBP")


class PhotoRefused(Exception):
    """It cannot be shown; `message` says why, for whoever sent it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def develop(file: BinaryIO, *, size: int) -> ContentFile:
    """`file` (of `size` bytes) as a JPEG of at most 1 200 pixels a side, without its metadata. Raises PhotoRefused."""
    if size > MOST_BYTES:
        raise PhotoRefused(_("This picture is larger than 8 MB. Send a smaller one."))
    try:
        with Image.open(file, formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise PhotoRefused(_("This picture has more than 40 megapixels. Send a smaller one."))
            if min(picture.size) < LEAST_SIDE:
                raise PhotoRefused(_("This picture is smaller than 200 pixels. Send a larger one."))
            picture.load()
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except PhotoRefused:
        raise
    except Exception:  # noqa: BLE001 - Pillow's decoders raise whatever comes to their mind
        raise PhotoRefused(_("We could not read this file. Send a photograph as JPEG, PNG or WebP.")) from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    saved = BytesIO()
    upright.save(saved, "JPEG", quality=82, optimize=True)
    return ContentFile(saved.getvalue(), "photo.jpg")


def delete_strays(model: Any, *, folder: str, before: datetime, limit: int) -> int:
    """Files of `folder` older than `before` that no row of `model` (with a `file`) knows: what they were sent with came
    to nothing. Returns how many."""
    storage = model._meta.get_field("file").storage
    try:
        names = [f"{folder}/{name}" for name in storage.listdir(folder)[1]]
    except FileNotFoundError:
        return 0
    known = set(model.objects.filter(file__in=names).values_list("file", flat=True))
    strays = [name for name in names if name not in known and storage.get_modified_time(name) < before][:limit]
    for name in strays:
        storage.delete(name)
    return len(strays)
