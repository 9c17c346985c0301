"""What happens to pages because of something else: a product changes its home, a time comes."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from wagtail.models import DraftStateMixin, Page, Revision

from shop.catalogue.models import Product
from shop.outbox import operations as outbox
from shop.storefront import edition, indexing

log = logging.getLogger("shop.storefront")


def follow_home(*, product_id: int) -> int:
    """Move the product's pages below the page of its canonical category, language by language; returns how many moved.

    A language whose category has no page keeps the product's page where it is. Doing it again moves nothing.
    """
    product = Product.objects.select_related("category").get(pk=product_id)
    homes = {page.locale_id: page for page in product.category.pages.all()}
    moved = 0
    for page in product.pages.all():
        home = homes.get(page.locale_id)
        if home and not page.is_child_of(home):
            page.slug = _free_slug(page, home)
            with transaction.atomic():
                page.save(clean=False, update_fields=["slug"])
                Page.objects.get(pk=page.pk).move(Page.objects.get(pk=home.pk), pos="last-child")
            moved += 1
    return moved


def _free_slug(page: Page, parent: Page) -> str:
    taken = set(parent.get_children().exclude(pk=page.pk).values_list("slug", flat=True))
    slug, number = page.slug, 2
    while slug in taken:
        slug, number = f"{page.slug}-{number}", number + 1
    return slug


def publish_scheduled(*, now: datetime) -> tuple[int, int]:
    """Publish and expire what is due; returns (done, failed).

    Each by itself: a revision that fails is logged and tried again next time, and holds up nobody. (Wagtail's own
    command stops at the first failure, every run.)
    """
    expired: list[Any] = []
    for model in [Page, *_drafted_models()]:
        expired += model._default_manager.filter(live=True, expire_at__lt=now).order_by("expire_at")
    due = list(Revision.objects.filter(approved_go_live_at__lt=now).order_by("approved_go_live_at"))
    done = [_try(row, _expire) for row in expired] + [_try(row, _publish) for row in due]
    return done.count(True), done.count(False)


def _expire(row: Any) -> None:
    row.unpublish(set_expired=True, log_action="wagtail.unpublish.scheduled")


def _publish(revision: Revision) -> None:
    revision.publish(log_action="wagtail.publish.scheduled")


def _drafted_models() -> list[type[Any]]:
    return [model for model in apps.get_models() if issubclass(model, DraftStateMixin) and not issubclass(model, Page)]


def _try(row: Any, act: Callable[[Any], Any]) -> bool:
    try:
        with transaction.atomic():
            act(row)
    except Exception:
        log.exception("scheduled publishing of %s %s failed", row._meta.label, row.pk)
        return False
    return True


DRAFTED = {  # what Wagtail writes on a page when only a draft of it is saved
    "latest_revision",
    "latest_revision_created_at",
    "draft_title",
    "has_unpublished_changes",
}


def note_page(*, page_id: int, now: datetime, saved: Iterable[str] | None = None) -> None:
    """A page and what stands below it look different, or stand elsewhere: listings and memories follow.

    `saved`: the columns that were written, where that is known; a draft changes nothing that anybody sees.
    """
    if saved is not None and set(saved) <= DRAFTED:
        return
    with transaction.atomic():
        outbox.stale("page", page_id, now=now)
        edition.turn()


def forget_page(*, page_id: int) -> None:
    """A page is about to be deleted: it leaves the listings at once."""
    with transaction.atomic():
        indexing.forget(page_ids=[page_id])
        edition.turn()


def note_picture(*, picture_id: int, now: datetime) -> None:
    """A picture has another focal point, file or description."""
    with transaction.atomic():
        outbox.stale("picture", picture_id, now=now)
        edition.turn()


def note_words() -> None:
    """Something that pages say, and no product, has changed: a menu, an author, a site."""
    edition.turn()
