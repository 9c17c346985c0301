"""What Celery calls: each task is one operation."""

from celery import shared_task
from django.utils import timezone

from shop.storefront import operations as storefront
from shop.storefront import renditions


@shared_task(name="storefront.publish_scheduled")
def publish_scheduled() -> None:
    storefront.publish_scheduled(now=timezone.now())


@shared_task(name="storefront.follow_home")
def follow_home(product_id: int) -> None:
    storefront.follow_home(product_id=product_id)


@shared_task(name="storefront.make_renditions")
def make_renditions(page_id: int) -> None:
    renditions.make_renditions(page_id=page_id)


@shared_task(name="storefront.make_sizes")
def make_sizes(picture_id: int) -> None:
    renditions.make_sizes(picture_id=picture_id)
