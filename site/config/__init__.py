"""Wiring: settings, addresses, Celery, servers. Decides nothing about the shop."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
