import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
django = get_wsgi_application()

from config.middleware import utf8_only  # noqa: E402  # needs the applications, which are ready now

application = utf8_only(django)
