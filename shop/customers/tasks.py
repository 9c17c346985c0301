from celery import shared_task
from django.utils import timezone

from shop.customers import operations


@shared_task(name="customers.delete_old_throttles", ignore_result=True)
def delete_old_throttles() -> None:
    operations.delete_old_throttles(now=timezone.now())
