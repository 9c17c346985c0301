"""What Celery calls: each task is one operation."""

from celery import shared_task
from django.utils import timezone

from search import log, spelling


@shared_task(name="search.refresh_vocabulary")
def refresh_vocabulary() -> None:
    spelling.refresh_vocabulary()


@shared_task(name="search.delete_old_searches")
def delete_old_searches() -> None:
    log.delete_old(now=timezone.now())
