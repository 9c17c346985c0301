"""Every size a picture is shown in, in one place, so that renditions are made before a shopper waits.

The formats of settings.PICTURE_FORMATS carry the srcset, best first; one JPEG in the middle serves whoever cannot read
them. A picture smaller than a box is never enlarged, so a srcset names the widths that really came out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from wagtail.images.shortcuts import get_renditions_or_not_found

PORTRAITS = ("fill-480x600", "fill-720x900", "fill-960x1200")
SCENES = ("fill-800x450", "fill-1400x788", "fill-2000x1125")
THUMBS = ("fill-120x150", "fill-240x300")


@dataclass(frozen=True)
class Spec:
    """One way to show a picture: `boxes`, smallest first, the Wagtail filter of the `jpeg`, how wide the page shows it."""

    boxes: tuple[str, ...]
    jpeg: str
    sizes: str = "100vw"

    @property
    def ladders(self) -> dict[str, tuple[str, ...]]:
        """{format: its filters, smallest first}. Where JPEG is the only format it has a ladder too."""
        if not self.boxes:
            return {}
        modern = [name for name in settings.PICTURE_FORMATS if name != "jpeg"]
        return {name: tuple(f"{box}|format-{name}" for box in self.boxes) for name in modern or ["jpeg"]}

    @property
    def filters(self) -> tuple[str, ...]:
        return (*(step for ladder in self.ladders.values() for step in ladder), self.jpeg)


def ladder(boxes: Iterable[str], *, fallback: str, sizes: str) -> Spec:
    return Spec(tuple(boxes), f"{fallback}|format-jpeg", sizes)


CARD_SIZES = "(min-width: 62rem) 21vw, (min-width: 48rem) 23vw, 46vw"
GALLERY_SIZES = "(min-width: 62rem) 45vw, (min-width: 48rem) 80vw, 100vw"
SCENE_SIZES = "(min-width: 90rem) 82rem, (min-width: 48rem) 92vw, 171vw"  # phones pan over a scene 96vw high

SPECS = {
    "card": ladder(PORTRAITS, fallback=PORTRAITS[1], sizes=CARD_SIZES),
    "gallery": ladder(PORTRAITS, fallback=PORTRAITS[1], sizes=GALLERY_SIZES),
    "thumb": ladder(THUMBS, fallback=THUMBS[1], sizes="6rem"),
    "scene": ladder(SCENES, fallback=SCENES[1], sizes=SCENE_SIZES),
    "zoom": Spec((), "max-1600x2000|format-jpeg|jpegquality-82"),
    "share": Spec((), "fill-1200x630|format-jpeg"),
}
PORTRAIT_SPECS = ("card", "gallery", "thumb", "zoom", "share")
SCENE_SPECS = ("scene", "share")
CONTENT_SPECS = ("card", "gallery", *SCENE_SPECS)  # pictures among words stand upright or wide


def filters(*names: str) -> list[str]:
    """The distinct Wagtail filters of the named specs. Raises KeyError on an unknown name.

    image.get_renditions(*filters("card", "thumb"))           makes what is missing
    Picture.objects.prefetch_renditions(*filters("card"))     one query for a whole listing
    """
    return list(dict.fromkeys(spec for name in names for spec in SPECS[name].filters))


@dataclass(frozen=True)
class ShownPicture:
    """A picture in one spec without its rows: what an `<img>` needs, and the `sources` (type, srcset) before it."""

    src: str
    width: int
    height: int
    alt: str
    sources: tuple[tuple[str, str], ...] = ()


def show(image: Any, name: str) -> ShownPicture:
    """`image` in the named spec. Width and height are those of the largest step, which keep its place on the page."""
    spec = SPECS[name]
    made = get_renditions_or_not_found(image, spec.filters)
    ladders = {name: [made[step] for step in steps] for name, steps in spec.ladders.items()}
    fallback, largest = made[spec.jpeg], made[spec.jpeg]
    for steps in ladders.values():
        largest = steps[-1]
    sources = tuple((f"image/{name}", _srcset(steps)) for name, steps in ladders.items())
    return ShownPicture(fallback.url, largest.width, largest.height, fallback.alt, sources)


def _srcset(steps: Iterable[Any]) -> str:
    widths = {step.width: step.url for step in steps}  # a small picture has fewer widths than steps
    return ", ".join(f"{url} {width}w" for width, url in widths.items())


NO_PICTURE = mark_safe(  # noqa: S308 - a constant: the shop window of the wordmark
    '<svg class="photo__none" viewBox="0 0 22 26" fill="none" stroke="currentColor" aria-hidden="true">'
    '<path d="M4 23V10a7 7 0 0 1 14 0v13M1 23h20M8 23V11a3 3 0 0 1 6 0v12"/></svg>'
)

EAGER = mark_safe('fetchpriority="high"')  # noqa: S308 - a constant
LAZY = mark_safe('loading="lazy" decoding="async"')  # noqa: S308 - a constant


def picture_html(
    shown: ShownPicture | None, name: str, *, alt: str | None = None, eager: bool = False, sizes: str = ""
) -> SafeString:
    """What `{% photo %}` writes: a `<picture>` of the named spec, or the empty shop window for None."""
    if not shown:
        return NO_PICTURE
    wide = sizes or SPECS[name].sizes
    return format_html(
        '<picture>{}<img src="{}" width="{}" height="{}" alt="{}" {}></picture>',
        format_html_join(
            "", '<source type="{}" srcset="{}" sizes="{}">', ((kind, srcset, wide) for kind, srcset in shown.sources)
        ),
        shown.src,
        shown.width,
        shown.height,
        shown.alt if alt is None else alt,
        EAGER if eager else LAZY,
    )
