"""Pictures in templates, by the name of a spec of shop.catalogue.pictures."""

from typing import Any

from django import template
from django.utils.safestring import SafeString
from wagtail.images.models import AbstractImage
from wagtail.images.shortcuts import get_rendition_or_not_found

from shop.catalogue.pictures import SPECS, ShownPicture, picture_html, show
from shop.storefront.edition import recalled

register = template.Library()


@register.simple_tag
def photo(
    image: AbstractImage | ShownPicture | str | None,
    name: str,
    alt: str | None = None,
    eager: bool = False,
    sizes: str = "",
) -> SafeString:
    """A `<picture>` of `image` in the named spec, or the empty shop window when there is none.

    `image`: a picture, or one that was shown in this spec before (ShownPicture).
    `alt`: the picture's own description unless given; "" when the words beside it say the same.
    `eager`: for the main picture above the fold; others load when they come near.
    `sizes`: for places narrower or wider than the spec expects.

        <span class="photo">{% photo card.image "card" eager=True %}</span>
    """
    shown = image if isinstance(image, ShownPicture) or not image else _shown(image, name)
    return picture_html(shown or None, name, alt=alt, eager=eager, sizes=sizes)


@register.simple_tag
def rendition(image: AbstractImage, name: str) -> Any:
    """The JPEG of the named spec, for links and other sites: `.url`, `.full_url`, `.width`, `.height`.

    {% rendition image "zoom" as zoom %}<a href="{{ zoom.url }}">
    """
    key = ("rendition", image.pk, name, getattr(image, "contextual_alt_text", None))
    made = recalled(key, lambda: get_rendition_or_not_found(image, SPECS[name].jpeg))
    return made if made.pk else get_rendition_or_not_found(image, SPECS[name].jpeg)


@register.simple_tag
def letter_photo(image: AbstractImage | None) -> Any:
    """The JPEG that stands beside a thing in a mail, which is that of a cart; None without a picture that can be made.

    {% letter_photo line.image as small %}{% if small %}<img src="{{ small.url|absolute }}" alt="{{ small.alt }}">{% endif %}
    """
    made = rendition(image, "thumb") if image else None
    return made if made and made.pk else None


def _shown(image: AbstractImage, name: str) -> ShownPicture:
    """`image` in the named spec, as this process remembers it; what could not be made is tried again each time."""
    key = ("picture", image.pk, name, getattr(image, "contextual_alt_text", None))
    shown = recalled(key, lambda: show(image, name))
    return show(image, name) if "not-found" in shown.src else shown
