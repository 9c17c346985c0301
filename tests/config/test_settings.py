"""Settings as a process of its own reads them: what is missing is said at once, and no desk tool reaches the public."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import check_midtrans_keys, hosts, refuse_live_keys, refuse_test_keys, require

ROOT = Path(__file__).resolve().parents[2]

PRODUCTION = {
    "SECRET_KEY": "m3Kq8Zt1vB7xLw5sRy2nCf9hJd4gPa6uXeTo0iQbVkWjYzSm",
    "ALLOWED_HOSTS": "shop.example,www.shop.example",
    "BASE_URL": "https://shop.example",
    "DATABASE_URL": "postgres://shop:secret@127.0.0.1:1/shop",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "EMAIL_URL": "smtp+tls://shop:secret@127.0.0.1:1",
    "STRIPE_SECRET_KEY": "sk_live_abc",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_abc",
    "STRIPE_WEBHOOK_SECRET": "whsec_abc",
}
MIDTRANS = {"MIDTRANS_SERVER_KEY": "Mid-server-a", "MIDTRANS_CLIENT_KEY": "Mid-client-a"}
SECRET = PRODUCTION["SECRET_KEY"] + "0123456789"


def run(code: str, settings: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a fresh Python with Django set up, and nothing of this process's environment but PATH."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import django; django.setup()\n{code}"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}",
            "DJANGO_SETTINGS_MODULE": f"config.settings.{settings}",
            **environment,
        },
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode, done.stdout
    return done.stderr.strip().splitlines()[-1]


def test_all_missing_variables_are_named_at_once():
    with pytest.raises(ImproperlyConfigured, match="Set B, C in the environment"):
        require(["A", "B", "C"], {"A": "here", "B": "  "})


@pytest.mark.slow
def test_production_names_everything_it_needs():
    said = complaint(run("", "production"))
    assert "ImproperlyConfigured: Set SECRET_KEY, ALLOWED_HOSTS, BASE_URL, DATABASE_URL, REDIS_URL, EMAIL_URL" in said
    assert said.count("\n") == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name the shop's hosts"),
        ({"STRIPE_SECRET_KEY": "sk_test_abc"}, "must both be live keys"),
        ({"STRIPE_PUBLISHABLE_KEY": "pk_test_abc"}, "must both be live keys"),
        ({"STRIPE_API_BASE": "http://127.0.0.1:8411"}, "must be Stripe's own"),
        ({"STRIPE_JS_URL": "https://js.stripe.example/endive/stripe.js"}, "must be Stripe's own"),
        ({"MIDTRANS_SERVER_KEY": "Mid-server-a"}, "both, or neither"),
        ({"MIDTRANS_SERVER_KEY": "SB-Mid-server-a", "MIDTRANS_CLIENT_KEY": "Mid-client-a"}, "must both be live keys"),
        ({**MIDTRANS, "MIDTRANS_API_BASE": "https://api.sandbox.midtrans.com"}, "Midtrans' own live address"),
        ({**MIDTRANS, "MIDTRANS_SNAP_BASE": "http://127.0.0.1:8412/snap/v1"}, "Midtrans' own live address"),
    ],
)
def test_production_refuses(changes, expected):
    assert expected in complaint(run("", "production", **{**PRODUCTION, **changes}))


@pytest.mark.slow
def test_a_staging_shop_may_take_test_payments():
    staging = {**PRODUCTION, "STRIPE_SECRET_KEY": "sk_test_a", "STRIPE_PUBLISHABLE_KEY": "pk_test_a"}
    done = run("print('up')", "production", **staging, ALLOW_TEST_PAYMENTS="1")
    assert done.stdout.strip() == "up", done.stderr


@pytest.mark.slow
def test_a_desk_refuses_live_keys():
    assert "is a live key" in complaint(run("", "dev", STRIPE_SECRET_KEY="sk_live_abc"))
    assert "is a live key" in complaint(run("", "dev", **MIDTRANS))


@pytest.mark.slow
def test_midtrans_hosts_follow_the_key():
    show = "from django.conf import settings as s; print(s.MIDTRANS_API_BASE, s.MIDTRANS_SNAP_BASE)"
    live = run(show, "production", **PRODUCTION, **MIDTRANS)
    assert live.stdout.split() == ["https://api.midtrans.com", "https://app.midtrans.com/snap/v1"], live.stderr
    desk = run(
        show, "base", **{name: f"SB-{key}" for name, key in MIDTRANS.items()}
    )  # dev, without what `make run` says
    assert desk.stdout.split() == ["https://api.sandbox.midtrans.com", "https://app.sandbox.midtrans.com/snap/v1"]


def test_an_old_midtrans_key_is_held_to_the_same_rule():
    check_midtrans_keys("Mid-server-new,Mid-server-old", "Mid-client-a", live=True)
    with pytest.raises(ImproperlyConfigured):
        check_midtrans_keys("Mid-server-new,SB-Mid-server-old", "Mid-client-a", live=True)
    check_midtrans_keys("", "", live=True)


@pytest.mark.parametrize("key", ["sk_live_x", "rk_live_x", "pk_live_x"])
def test_what_counts_as_live(key):
    with pytest.raises(ImproperlyConfigured):
        refuse_live_keys("sk_test_x", key)
    refuse_test_keys(key)


def test_hosts_are_a_list():
    assert hosts("a.example, b.example,") == ["a.example", "b.example"]


WALK = """
from django.conf import settings
from tests.security.addresses import complaints, walk
routes = [route for route, view in walk()]
print(settings.DEV_TOOLS, settings.DEBUG, len(routes) > 100)
print([r for r in routes if any(word in r for word in ("styleguide", "dev/", "sandbox", "media", "django-admin"))])
print([c for c in complaints() if not c.startswith("_util/login/")])
print(all(not name.startswith(("sandbox", "debug_toolbar")) for name in settings.INSTALLED_APPS))
"""


@pytest.mark.slow
def test_production_has_no_desk_tools_and_every_view_declares_its_access():
    done = run(WALK, "production", **{**PRODUCTION, "SECRET_KEY": SECRET})
    assert done.stdout.splitlines() == ["False False True", "[]", "[]", "True"], done.stderr


@pytest.mark.slow
def test_production_passes_djangos_deployment_checks():
    check = "from django.core.management import call_command\n"
    check += "call_command('check', deploy=True, fail_level='WARNING')"
    done = run(check, "production", **{**PRODUCTION, "SECRET_KEY": SECRET})
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_cookies_and_transport_in_production():
    code = """
from django.conf import settings as s
print(s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.CSRF_COOKIE_SECURE, s.CSRF_COOKIE_HTTPONLY)
print(s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS >= 31536000, s.TRUSTED_PROXIES)
print(s.LOGGING["handlers"]["stderr"]["formatter"], s.CACHES["default"]["BACKEND"])
"""
    done = run(code, "production", **PRODUCTION)
    assert done.stdout.splitlines() == [
        "True True True True",
        "True True 1",
        "json config.cache.FailOpenRedisCache",
    ], done.stderr
