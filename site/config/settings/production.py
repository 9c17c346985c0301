"""The public: everything from the environment, and no start without it."""

import os

from django.core.exceptions import ImproperlyConfigured

from config import logging, sentry
from config.environment import (
    check_midtrans_keys,
    hosts,
    refuse_other_midtrans,
    refuse_stand_ins,
    refuse_test_keys,
    require,
)
from config.settings.base import *  # noqa: F403
from config.settings.base import (
    ADMIN_CONTENT_SECURITY_POLICY,
    BASE_URL,
    CONTENT_SECURITY_POLICY,
    METRICS_TOKEN,
    MIDTRANS_API_BASE,
    MIDTRANS_CLIENT_KEY,
    MIDTRANS_SERVER_KEY,
    MIDTRANS_SNAP_BASE,
    STRIPE_API_BASE,
    STRIPE_JS_URL,
    TEMPLATES,
    database,
    env,
    mail_server,
)

require(
    [
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "BASE_URL",
        "DATABASE_URL",
        "REDIS_URL",
        "EMAIL_URL",
        "STRIPE_SECRET_KEY",
        "STRIPE_PUBLISHABLE_KEY",
        "STRIPE_WEBHOOK_SECRET",
    ],
    os.environ,
)

DEBUG = False
DEV_TOOLS = False
SECRET_KEY = env("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = hosts(env("ALLOWED_HOSTS"))
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BASE_URL.startswith("https://") else []
DATABASES = {
    "default": database(env("DATABASE_URL"), pool=True, statement_timeout=env("STATEMENT_TIMEOUT", default="10s"))
}
REDIS_URL = env("REDIS_URL")
CELERY_BROKER_URL = env("CELERY_BROKER_URL", default=REDIS_URL)
CACHES = {"default": {"BACKEND": "config.cache.FailOpenRedisCache", "LOCATION": REDIS_URL}}
vars().update(mail_server("EMAIL_URL"))
LOGGING = logging.configuration(json=True, level=env("LOG_LEVEL", default="INFO"))
if METRICS_TOKEN and len(METRICS_TOKEN) < 20:
    raise ImproperlyConfigured("METRICS_TOKEN must have 20 characters or more; it is all that guards /metrics.")
if SENTRY_DSN := env("SENTRY_DSN", default=""):
    sentry.begin(
        SENTRY_DSN, environment=env("SENTRY_ENVIRONMENT", default="production"), release=env("RELEASE", default="")
    )

STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY")
STRIPE_PUBLISHABLE_KEY = env("STRIPE_PUBLISHABLE_KEY")
STRIPE_WEBHOOK_SECRET = env("STRIPE_WEBHOOK_SECRET")
if not env.bool("ALLOW_TEST_PAYMENTS", False):
    refuse_test_keys(STRIPE_SECRET_KEY, STRIPE_PUBLISHABLE_KEY)
    refuse_stand_ins(STRIPE_API_BASE, STRIPE_JS_URL)
    check_midtrans_keys(MIDTRANS_SERVER_KEY, MIDTRANS_CLIENT_KEY, live=True)
    if MIDTRANS_SERVER_KEY:
        refuse_other_midtrans(MIDTRANS_API_BASE, MIDTRANS_SNAP_BASE)

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^payments/", r"^livez$", r"^readyz$", r"^metrics$"]
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 1)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31536000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True

_ENGINE = TEMPLATES[0]
_ENGINE["APP_DIRS"] = False
_ENGINE["OPTIONS"]["loaders"] = [
    (
        "django.template.loaders.cached.Loader",
        ["config.templates.LeanLoader", "django.template.loaders.app_directories.Loader"],
    )
]

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.storage.StaticStorage"},
}
if env("AWS_STORAGE_BUCKET_NAME", default=""):
    STORAGES["default"] = {"BACKEND": "storages.backends.s3.S3Storage"}
    AWS_STORAGE_BUCKET_NAME = env("AWS_STORAGE_BUCKET_NAME")
    AWS_S3_REGION_NAME = env("AWS_S3_REGION_NAME", default=None)
    AWS_S3_ENDPOINT_URL = env("AWS_S3_ENDPOINT_URL", default=None)
    AWS_S3_CUSTOM_DOMAIN = env("AWS_S3_CUSTOM_DOMAIN", default=None)
    AWS_QUERYSTRING_AUTH = False
    media = f"https://{AWS_S3_CUSTOM_DOMAIN or f'{AWS_STORAGE_BUCKET_NAME}.s3.amazonaws.com'}"
    for policy in (CONTENT_SECURITY_POLICY["DIRECTIVES"], ADMIN_CONTENT_SECURITY_POLICY):
        policy["img-src"].append(media)
        policy["media-src"].append(media)
