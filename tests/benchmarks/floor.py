"""The floor that every figure is compared with: a Django view without middleware that returns a constant 40 kB page."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

SIZE = 40_000
PAGE = b"<!doctype html><title>Floor</title>" + b"x" * (SIZE - 35)


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE)


urlpatterns = [path("", page)]

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"], MIDDLEWARE=[], ROOT_URLCONF=__name__, SECRET_KEY="floor", LOGGING_CONFIG=None
)
application = get_wsgi_application()
