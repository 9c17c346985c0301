"""What a process would otherwise make at its first visits, made before it forks. Asks no server: a shop starts without."""

from pathlib import Path

from django.conf import settings
from django.template import engines
from django.template.loader import get_template
from django.urls import reverse
from django.utils import translation
from wagtail import hooks

from config.celery import app as celery


def warm() -> None:
    hooks.search_for_hooks()
    celery.amqp  # noqa: B018 - which loads what sends a task; and what it is sent by
    celery.connection_for_write().get_transport_cls()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("Cart")  # reads the catalogue
            reverse("cart:page")
    for name in template_names():
        get_template(name)


def template_names() -> list[str]:
    """Of all our own."""
    folders = [Path(folder) for folder in engines["django"].dirs]
    return [str(file.relative_to(folder)) for folder in folders for file in sorted(folder.rglob("*.html"))]
