"""What every stage shares. Whatever differs between machines comes from the environment."""

import os
from pathlib import Path
from typing import Any

import environ
from django.utils.translation import gettext_lazy as _
from kombu import Queue

import search.clock
import shop.clock
from config import logging
from config.environment import picture_formats

ROOT = Path(__file__).resolve().parents[3]
SITE = ROOT / "site"
VAR = ROOT / "var"

env = environ.Env()
if os.environ.get("DJANGO_SETTINGS_MODULE", "").endswith(".dev") and (VAR / "run.env").exists():
    env.read_env(VAR / "run.env")  # written by `make run`; what the environment says itself wins

# --- Django ------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "search",
    "home",
    "shop",
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.contrib.simple_translation",
    "wagtail.contrib.search_promotions",
    "wagtail.locales",
    "wagtail.embeds",
    "wagtail.sites",
    "config.apps.UsersConfig",  # wagtail.users
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "wagtail_modeladmin",
    "modelcluster",
    "taggit",
    "django_filters",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "config.middleware.RequestId",
    "config.health.Health",
    "config.metrics.Metrics",
    "config.middleware.RequestGuard",
    "config.middleware.Turnstile",
    "shop.web.CommerceClock",
    "django.middleware.security.SecurityMiddleware",
    "shop.storefront.answers.RememberedAnswers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.ContentSecurityPolicy",
    "config.middleware.Policies",
    "config.middleware.AccessRequired",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.Redirects",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
            ],
        },
    }
]


DATABASE_POOL = env.int("DATABASE_POOL", 8)  # connections of a process; as many requests are answered at a time


def database(url: str, *, pool: bool, statement_timeout: str = "10s") -> dict:
    """Django's entry for one PostgreSQL `url`, with the session limits that keep one slow query from stopping all."""
    config = env.db_url_config(url)
    limits = f"-c lock_timeout=3s -c statement_timeout={statement_timeout}"
    # What groups all orders (customers, a year's report) does so in memory; PostgreSQL's own 4 MB is for smaller shops.
    limits += " -c work_mem=16MB"
    config["OPTIONS"] = {
        "connect_timeout": 3,
        # A database behind a network that swallows everything is given up by the kernel, not waited for by the hour.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,  # milliseconds until what was sent must have arrived
        # What is prepared has one good plan (see shop.sql); PostgreSQL would weigh another at every execution.
        "options": f"{limits} -c idle_in_transaction_session_timeout=15s -c plan_cache_mode=force_generic_plan",
        # Only statements of shop.sql.read are: Django's own travel with their values in the text.
        "prepare_threshold": 0 if env.bool("PREPARED_STATEMENTS", True) else None,
        **config.get("OPTIONS", {}),
    }
    if pool:
        config["ENGINE"] = "config.postgres"  # asks connections that have rested how they are
        config["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 5}
    else:
        config["CONN_MAX_AGE"], config["CONN_HEALTH_CHECKS"] = 60, True
    return config


DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "shop.User"

SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True  # Django's default for the session's already
CSRF_FAILURE_VIEW = "django.views.csrf.csrf_failure"
X_FRAME_OPTIONS = "DENY"  # but SAMEORIGIN below /admin/, whose previews are frames; see config.middleware.Policies
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # Wagtail's page editor sends many

# --- words and clocks --------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = WAGTAIL_CONTENT_LANGUAGES = [("en", _("English")), ("id", _("Indonesian"))]
LOCALE_PATHS = [SITE / "locale"]
USE_I18N = USE_TZ = WAGTAIL_I18N_ENABLED = True
TIME_ZONE = "Asia/Jakarta"

# --- files -------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [SITE / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# --- people ------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = WAGTAILADMIN_LOGIN_URL = WAGTAIL_FRONTEND_LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "account:orders"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"  # else signing up would tell whether an address has an account
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_ADAPTER = "shop.account.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "shop.account.forms.LoginForm",
    "signup": "shop.account.forms.SignupForm",
    "add_email": "shop.account.forms.AddEmailForm",
    "change_email": "shop.account.forms.ChangeEmailForm",
    "change_password": "shop.account.forms.ChangePasswordForm",
    "set_password": "shop.account.forms.SetPasswordForm",
    "reset_password": "shop.account.forms.ResetPasswordForm",
    "reset_password_from_key": "shop.account.forms.ResetPasswordKeyForm",
    "reauthenticate": "shop.account.forms.ReauthenticateForm",
    "request_login_code": "shop.account.forms.AskForCodeForm",
    "confirm_login_code": "shop.account.forms.LoginCodeForm",
}
ACCOUNT_CHANGE_EMAIL = True  # one address each; the new one replaces it once confirmed
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_CONFIRMATION_ANONYMOUS_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # who sits down at an open browser cannot take the account over
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
# allauth counts in the cache, which may be away; what must hold is counted in the database (shop.account.throttle).
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None, "reauthenticate": None}
DOOR_LIMITS = {  # tries, minutes; for what is guessed wrong tries only
    "login": {"account": (5, 15), "address": (30, 15)},
    "code": {"account": (5, 15), "address": (30, 15)},  # the second factor
    "login_code": {"account": (10, 15), "address": (30, 15)},  # a code that was sent by mail
    "old_password": {"account": (5, 15)},
    "passkey": {"address": (30, 15)},
    # These send a letter each time.
    "signup": {"account": (5, 60), "address": (20, 60)},
    "reset": {"account": (5, 60), "address": (20, 60)},
    "ask_code": {"account": (5, 60), "address": (20, 60)},
    "email": {"account": (10, 60)},
}
MFA_ADAPTER = "shop.account.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # a telephone's clock may be half a minute off
MFA_FORMS = {
    "authenticate": "shop.account.forms.AuthenticateForm",
    "reauthenticate": "shop.account.forms.ReauthenticateByCodeForm",
    "activate_totp": "shop.account.forms.ActivateTOTPForm",
    "add_webauthn": "shop.account.forms.AddPasskeyForm",
    "edit_webauthn": "shop.account.forms.RenamePasskeyForm",
    "authenticate_webauthn": "shop.account.forms.PasskeyForm",
    "reauthenticate_webauthn": "shop.account.forms.PasskeyOnceMoreForm",
    "login_webauthn": "shop.account.forms.PasskeyLoginForm",
}
# Whoever may enter the admin must have a second factor, and must have shown it in this session.
STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", False)
COUPON_LIMIT = (20, 30)  # wrong codes from one address, minutes
LOOKUP_LIMIT = (20, 30)  # orders looked for and not found from one address, minutes
REVIEW_LIMIT = (20, 60)  # reviews sent by one account or one order's link, minutes
HELPFUL_LIMIT = (60, 60)  # votes for reviews from one address, minutes
# Newsletters asked for, minutes: from one network address; for one e-mail address, which then gets no more letters.
NEWSLETTER_LIMITS = PRIVACY_LIMITS = {"address": (20, 60), "email": (3, 24 * 60)}
# How long what is kept; then account.retention lets go of it. Searches: search.log.KEPT_DAYS.
RETENTION_DAYS = {
    "guest_carts": 120,  # longer than their cookie
    "guest_wishlists": 365,
    "taken_out": 1,  # longer than CART_UNDO_MINUTES
    "saved_for_later": 365,
    "checkout_answers": 30,
    "letters": 365,
    "jobs": 90,
    "payment_messages": 90,
    "refund_accounts": 30,  # after the money was sent: as long as a bank may send it back
    "refusals": 3 * 365,
    "exports": 7,
    "page_views": 3 * 365,  # a year can be set beside the one before
    "sessions": 0,  # after they have ended
    "stray_pictures": 2,
}
PRIVACY_LINK_MINUTES = 60  # how long the link is good by which somebody without an account sees what we keep
EXPORT_AT_ONCE = (
    100  # orders and pictures; of whoever has more a job makes the file, and a letter says that it is there
)
ERASURE_AFTER_DAYS = 14  # between asking to be forgotten and its being done; it can be taken back
CONSENT_REQUEST_DAYS = 7  # how long the link is good by which a newsletter is confirmed
REFUND_ACCOUNT_LIMIT = (10, 60)  # how often one order's link may tell where to send money, minutes
RETURN_LIMIT = (20, 60)  # returns asked for by one order's link, minutes
REVIEW_ASKED_AFTER_DAYS = 14  # after an order was sent, its customer is asked once what they think of it
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)  # how many proxies of ours append to X-Forwarded-For
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- what is told afterwards -------------------------------------------------------------------
LOGGING = logging.configuration(json=False, level=env("LOG_LEVEL", default="INFO"))
METRICS_TOKEN = env(
    "METRICS_TOKEN", default=""
)  # whoever brings it may read /metrics; without one there is no such page

# --- Wagtail -----------------------------------------------------------------------------------
WAGTAIL_SITE_NAME = "Etalase"
WAGTAILADMIN_BASE_URL = BASE_URL = env("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
WAGTAILIMAGES_IMAGE_MODEL = "shop.Picture"
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
# Best first. AVIF is a fifth smaller than WebP and takes three times as long to make: PICTURE_FORMATS=avif,webp,jpeg.
PICTURE_FORMATS = picture_formats(env("PICTURE_FORMATS", default="webp,jpeg"))
# Stories and pages; a larger shop names another engine here, see docs/search.md.
WAGTAILSEARCH_BACKENDS = {
    "default": {
        "BACKEND": "config.search",
        "SEARCH_CONFIG": "shop_en",
        "AUTOCOMPLETE_SEARCH_CONFIG": "shop_plain_words",
    }
}
WAGTAIL_ENABLE_UPDATE_CHECK = WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_PASSWORD_RESET_ENABLED = WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILDOCS_EXTENSIONS = ["pdf", "csv", "txt", "docx", "xlsx", "mp4", "webm", "vtt"]

# --- work after the answer ---------------------------------------------------------------------
CELERY_TASK_IGNORE_RESULT = True
CELERY_BEAT_SCHEDULE = shop.clock.SCHEDULE | search.clock.SCHEDULE
CELERY_TIMEZONE = TIME_ZONE
# Two queues, so that letters and listings never hold up money: a worker takes both, unless `--queues` names one.
CELERY_TASK_QUEUES = [Queue(name) for name in shop.clock.QUEUES]
CELERY_TASK_ROUTES = dict.fromkeys(shop.clock.MONEY, {"queue": "money"})
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 2,
    "socket_connect_timeout": 1,
    "visibility_timeout": 300,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ACKS_LATE = True
TASKS = {"default": {"BACKEND": "config.tasks.CeleryBackend"}}

# --- mail --------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env("DEFAULT_FROM_EMAIL", default="Etalase <shop@etalase.example>")
EMAIL_TIMEOUT = 10  # seconds of silence
EMAIL_TRY_SECONDS = 30  # for all of a letter; shorter than outbox.mails.LEASE


def mail_server(variable: str) -> dict[str, Any]:
    """What the address in an environment variable says, with our own way to an SMTP server."""
    told = env.email_url(variable)
    if told["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend":
        told["EMAIL_BACKEND"] = "config.smtp.EmailBackend"
    return told


# --- the shop ----------------------------------------------------------------------------------
ORDER_NUMBER_PREFIX = "ET-"
RETURN_NUMBER_PREFIX = "RT-"
RETURN_SEND_DAYS = 14  # how long a return that was approved waits for its parcel
MAX_LINE_QUANTITY = 99
LISTING_PAGE_SIZE = 24
INDEXED_FACETS = ("colour", "material", "origin")  # one value of one of these is a page that search engines may keep
CART_COOKIE_DAYS = 90
STOCK_ASK_LIMITS = {"address": (20, 60), "email": (5, 60)}  # asks to be told, minutes
WISHLIST_LENGTH = 100  # things in one wishlist
CART_UNDO_MINUTES = 30  # how long what was taken out of a cart can be put back by one press
DEFAULT_CURRENCY = "USD"
HOME_COUNTRY = {"USD": "US", "IDR": "ID"}  # whose delivery and tax a cart shows before its address is known
# How long stock is kept for an unpaid order, by the kind of payment; the provider's own deadline ends 5 minutes earlier.
RESERVATION_MINUTES = {"card": 30, "redirect": 60, "transfer": 24 * 60}
PAYMENT_REMINDER_HOURS = 6  # before a number to pay ends, its owner is reminded once

STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY", default="")
STRIPE_PUBLISHABLE_KEY = env("STRIPE_PUBLISHABLE_KEY", default="")
STRIPE_WEBHOOK_SECRET = env("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_BASE = env("STRIPE_API_BASE", default="https://api.stripe.com")
STRIPE_JS_URL = env("STRIPE_JS_URL", default="https://js.stripe.com/endive/stripe.js")

MIDTRANS_SERVER_KEY = env("MIDTRANS_SERVER_KEY", default="")
MIDTRANS_CLIENT_KEY = env("MIDTRANS_CLIENT_KEY", default="")
_midtrans = "sandbox.midtrans.com" if MIDTRANS_SERVER_KEY.startswith("SB-") else "midtrans.com"
MIDTRANS_API_BASE = env("MIDTRANS_API_BASE", default=f"https://api.{_midtrans}")
MIDTRANS_SNAP_BASE = env("MIDTRANS_SNAP_BASE", default=f"https://app.{_midtrans}/snap/v1")

# --- what a browser may load -------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "media-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
# Wagtail's explorer and editor run inline scripts; see config.middleware.Policies.
ADMIN_CONTENT_SECURITY_POLICY = {
    "script-src": ["'self'", "'unsafe-inline'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:", "blob:"],
    "media-src": ["'self'"],
    "frame-src": ["'self'"],
    "frame-ancestors": ["'self'"],
}
