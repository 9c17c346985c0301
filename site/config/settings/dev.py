"""A desk: debug pages, mail into a folder, keys that open nothing.

`make run` exports the addresses of its servers and keeps them in var/run.env, so that `manage.py` commands typed
in another terminal meet the same shop.
"""

from config.environment import check_midtrans_keys, refuse_live_keys
from config.settings.base import *  # noqa: F403
from config.settings.base import (
    INSTALLED_APPS,
    MIDTRANS_CLIENT_KEY,
    MIDTRANS_SERVER_KEY,
    STRIPE_PUBLISHABLE_KEY,
    STRIPE_SECRET_KEY,
    VAR,
    database,
    env,
    mail_server,
)

refuse_live_keys(STRIPE_SECRET_KEY, STRIPE_PUBLISHABLE_KEY)
check_midtrans_keys(MIDTRANS_SERVER_KEY, MIDTRANS_CLIENT_KEY, live=False)

INSTALLED_APPS = [*INSTALLED_APPS, "django_linear_migrations"]  # two branches, one line of migrations
DEBUG = True
SECRET_KEY = env("SECRET_KEY", default="development-only-" + "x" * 50)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS: list[str] = []
DATABASES = {"default": database(env("DATABASE_URL", default="postgres:///etalase"), pool=env.bool("POOL", True))}
REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = env("CELERY_BROKER_URL", default=REDIS_URL)
CACHES = {"default": {"BACKEND": "config.cache.FailOpenRedisCache", "LOCATION": REDIS_URL}}

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR / "mail"
if env("EMAIL_URL", default=""):
    vars().update(mail_server("EMAIL_URL"))

DEMO_PASSWORD = env("DEMO_PASSWORD", default="etalase-demo")
DEV_TOOLS = True  # /styleguide/ and /dev/mail/
