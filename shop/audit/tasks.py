"""What Celery calls: each task is one operation."""

from celery import shared_task
from django.utils import timezone

from shop import audit


@shared_task(name="audit.go_over_the_books", ignore_result=True)
def go_over_the_books() -> None:
    audit.go_over_the_books(now=timezone.now())
