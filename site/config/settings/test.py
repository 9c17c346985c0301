"""Under pytest: the real engines, nothing outside this machine."""

from config.settings.base import *  # noqa: F403
from config.settings.base import INSTALLED_APPS, VAR, database, env

INSTALLED_APPS = [*INSTALLED_APPS, "django_linear_migrations"]  # two branches, one line of migrations
DEBUG = False
SECRET_KEY = "test-only-" + "x" * 50
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
CSRF_TRUSTED_ORIGINS: list[str] = []
DATABASES = {"default": database(env("DATABASE_URL", default="postgres:///etalase"), pool=False)}
REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/15")
CELERY_BROKER_URL = "memory://"
CELERY_TASK_ALWAYS_EAGER = False
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MEDIA_ROOT = VAR / "test-media"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True  # no collectstatic before a test
DEMO_PASSWORD = "etalase-demo"
METRICS_TOKEN = ""
DEV_TOOLS = True
BASE_URL = WAGTAILADMIN_BASE_URL = "http://testserver"
STRIPE_SECRET_KEY = "sk_test_shop"
STRIPE_PUBLISHABLE_KEY = "pk_test_shop"
STRIPE_WEBHOOK_SECRET = "whsec_test"
MIDTRANS_SERVER_KEY = "SB-Mid-server-test"
MIDTRANS_CLIENT_KEY = "SB-Mid-client-test"
MIDTRANS_API_BASE = "http://127.0.0.1:9"  # nobody; tests that pay begin a stand-in
MIDTRANS_SNAP_BASE = "http://127.0.0.1:9/snap/v1"
