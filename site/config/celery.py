"""The Celery application. `celery -A config worker -B` runs the shop's work and its clock."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

app = Celery("etalase")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["config"], related_name="tasks")
app.autodiscover_tasks(
    [f"shop.{room}" for room in ("outbox", "orders", "payments", "checkout", "storefront")], related_name="tasks"
)
