"""What Celery calls: each task is one operation."""

from celery import shared_task
from django.utils import timezone

from shop.storefront import indexing, recommendations, renditions
from shop.storefront import operations as storefront


@shared_task(name="storefront.publish_scheduled")
def publish_scheduled() -> None:
    storefront.publish_scheduled(now=timezone.now())


@shared_task(name="storefront.refresh_listings")
def refresh_listings() -> None:
    indexing.refresh(now=timezone.now())


@shared_task(name="storefront.note_outdated_listings")
def note_outdated_listings() -> None:
    indexing.note_outdated(now=timezone.now())


@shared_task(name="storefront.note_faded_listings")
def note_faded_listings() -> None:
    indexing.note_faded(now=timezone.now())


@shared_task(name="storefront.gather_pairs")
def gather_pairs() -> None:
    recommendations.gather(now=timezone.now())


@shared_task(name="storefront.follow_home")
def follow_home(product_id: int) -> None:
    storefront.follow_home(product_id=product_id)


@shared_task(name="storefront.make_renditions")
def make_renditions(page_id: int) -> None:
    renditions.make_renditions(page_id=page_id)


@shared_task(name="storefront.make_sizes")
def make_sizes(picture_id: int) -> None:
    renditions.make_sizes(picture_id=picture_id)
