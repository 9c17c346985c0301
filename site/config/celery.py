"""The Celery application. `celery -A config worker -B` runs the shop's work and its clock."""

import os
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

app = Celery("etalase")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["config", "search"], related_name="tasks")
ROOMS = (
    *("customers", "outbox", "inventory", "orders", "payments", "reviews", "checkout", "returns", "wishlist"),
    *("storefront", "merchandising", "account", "audit"),
)
app.autodiscover_tasks([f"shop.{room}" for room in ROOMS], related_name="tasks")


@setup_logging.connect
def log_as_the_web_does(**_: Any) -> None:
    """Workers write the same lines to the same place; without this Celery brings handlers of its own."""
    dictConfig(settings.LOGGING)
