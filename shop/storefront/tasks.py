"""What Celery calls: each task is one operation."""

from celery import shared_task
from django.utils import timezone

from shop.storefront import operations as storefront


@shared_task(name="storefront.publish_scheduled")
def publish_scheduled() -> None:
    storefront.publish_scheduled(now=timezone.now())


@shared_task(name="storefront.follow_home")
def follow_home(product_id: int) -> None:
    storefront.follow_home(product_id=product_id)


@shared_task(name="storefront.make_renditions")
def make_renditions(page_id: int) -> None:
    storefront.make_renditions(page_id=page_id)
