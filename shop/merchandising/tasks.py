from celery import shared_task
from django.utils import timezone

from shop.merchandising import operations


@shared_task(name="merchandising.work_off")
def work_off(file_id: int) -> None:
    operations.work_off(file_id=file_id, clock=timezone.now)


@shared_task(name="merchandising.delete_old", ignore_result=True)
def delete_old() -> None:
    operations.delete_old(now=timezone.now())
