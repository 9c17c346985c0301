"""Sizes of pictures, made by jobs: no shopper waits for one.

A new picture gets the sizes of products and cards, a wide one those of scenes too. Publishing a page sees to all that the
page shows, whatever it is made of. A picture whose file or focal point was changed gets anew what it is used for.
"""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import ForeignKey, Q
from wagtail.fields import StreamField
from wagtail.images.exceptions import InvalidFilterSpecError
from wagtail.models import Page, ReferenceIndex

from shop.catalogue.models import Picture, Product
from shop.catalogue.pictures import CONTENT_SPECS, PORTRAIT_SPECS, filters
from shop.outbox import operations as outbox

log = logging.getLogger("shop.storefront")


def ask_for_renditions(*, page: Any, now: datetime) -> None:
    """Have the pictures of a page that has just been published made before a shopper asks for them."""
    with transaction.atomic():
        outbox.later("storefront.make_renditions", page_id=page.pk, now=now)


def ask_for_sizes(*, picture: Picture, now: datetime) -> None:
    """Have the sizes of a picture made that was uploaded or edited."""
    with transaction.atomic():
        outbox.later("storefront.make_sizes", picture_id=picture.pk, now=now)


def make_renditions(*, page_id: int) -> int:
    """Make every size that the page, and the card of its product, shows; returns how many pictures were looked at."""
    page = Page.objects.filter(pk=page_id).specific().first()
    if page is None:
        return 0
    looked_at = _make(Picture.objects.filter(pk__in=set(_among_words(page))), filters(*CONTENT_SPECS))
    return looked_at + _make(_of_product(page_id), filters(*PORTRAIT_SPECS))


def make_sizes(*, picture_id: int) -> int:
    """Make what a new or edited picture is needed for; returns how many pictures were looked at."""
    picture = Picture.objects.filter(pk=picture_id).first()
    if picture is None:
        return 0
    specs = set(PORTRAIT_SPECS)
    if picture.width > picture.height or _is_among_words(picture):
        specs |= set(CONTENT_SPECS)
    return _make([picture], filters(*sorted(specs)))


def _among_words(page: Any) -> Iterator[int]:
    """Ids of the pictures that the page itself names: in a field of its own or in a block."""
    for field in page._meta.concrete_fields:
        if isinstance(field, StreamField):
            references = field.extract_references(getattr(page, field.name))
            yield from (int(pk) for model, pk, *_path in references if model is Picture)
        elif isinstance(field, ForeignKey) and field.related_model is Picture and getattr(page, field.attname):
            yield getattr(page, field.attname)


def _is_among_words(picture: Picture) -> bool:
    """Whether a page shows it elsewhere than among the photographs of its product."""
    pages = ContentType.objects.get_for_model(Page)
    uses = ReferenceIndex.get_references_to(picture).filter(base_content_type=pages)
    return uses.exclude(model_path="photos.item.image").exists()


def _of_product(page_id: int) -> Iterable[Picture]:
    photos = apps.get_model("shop.ProductPhoto").objects.filter(page_id=page_id)
    variants = Product.objects.filter(pages=page_id).values("variants__image")
    return Picture.objects.filter(Q(pk__in=photos.values("image")) | Q(pk__in=variants)).distinct()


def _make(pictures: Iterable[Picture], specs: list[str]) -> int:
    looked_at = 0
    for picture in pictures:
        looked_at += 1
        try:
            picture.get_renditions(*specs)
        except (OSError, InvalidFilterSpecError):
            log.exception("no renditions for picture %s", picture.pk)
    return looked_at
