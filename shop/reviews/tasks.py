"""What Celery calls: each task is one operation."""

from celery import shared_task
from django.utils import timezone

from shop.reviews import requests


@shared_task(name="reviews.ask_buyers", ignore_result=True)
def ask_buyers() -> None:
    requests.ask_buyers(now=timezone.now())
