"""What the environment must and must not say, checked while the settings load."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import ImproperlyConfigured

LIVE_KEYS = ("sk_live_", "rk_live_", "pk_live_")


def require(names: Iterable[str], environment: Mapping[str, str]) -> None:
    """Raises ImproperlyConfigured that names every variable which is missing or empty, not only the first."""
    if missing := [name for name in names if not environment.get(name, "").strip()]:
        raise ImproperlyConfigured(f"Set {', '.join(missing)} in the environment (see site/docs/operations.md).")


def hosts(value: str) -> list[str]:
    """`shop.example,www.shop.example` as a list. Raises ImproperlyConfigured for a wildcard."""
    names = [host.strip() for host in value.split(",") if host.strip()]
    if "*" in names:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the shop's hosts; '*' would trust forged ones.")
    return names


def picture_formats(value: str) -> list[str]:
    """`avif,webp,jpeg` as a list. Raises ImproperlyConfigured for a format that we do not make."""
    names = [name.strip() for name in value.lower().split(",") if name.strip()]
    if unknown := set(names) - {"avif", "webp", "jpeg"}:
        raise ImproperlyConfigured(f"PICTURE_FORMATS may name avif, webp and jpeg, not {', '.join(sorted(unknown))}.")
    return names


def refuse_live_keys(*keys: str) -> None:
    """For a desk: a test order must not be able to charge a real card."""
    if any(key.startswith(LIVE_KEYS) for key in keys):
        raise ImproperlyConfigured(
            "STRIPE_SECRET_KEY or STRIPE_PUBLISHABLE_KEY is a live key. Development takes test keys only."
        )


def refuse_test_keys(*keys: str) -> None:
    """For the public: an order must not count as paid with a test card."""
    if not all(key.startswith(LIVE_KEYS) for key in keys):
        raise ImproperlyConfigured(
            "STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY must both be live keys. "
            "A staging shop may use test keys with ALLOW_TEST_PAYMENTS=1."
        )


def refuse_stand_ins(*addresses: str) -> None:
    """For live keys: they are sent to Stripe and nowhere else."""
    if strangers := [
        url for url in addresses if not f"{url}/".startswith(("https://api.stripe.com/", "https://js.stripe.com/"))
    ]:
        raise ImproperlyConfigured(f"STRIPE_API_BASE and STRIPE_JS_URL must be Stripe's own, not {strangers[0]}.")


def check_midtrans_keys(server_keys: str, client_key: str, *, live: bool) -> None:
    """Both or none, and all of the same world: live ones for the public, the sandbox's (SB-...) for a desk.

    `server_keys` may name older ones after the first, which still verify notifications.
    """
    keys = [key.strip() for key in (*server_keys.split(","), client_key) if key.strip()]
    if bool(server_keys.strip()) != bool(client_key.strip()):
        raise ImproperlyConfigured("Set MIDTRANS_SERVER_KEY and MIDTRANS_CLIENT_KEY both, or neither.")
    if live and any(key.startswith("SB-") for key in keys):
        raise ImproperlyConfigured(
            "MIDTRANS_SERVER_KEY and MIDTRANS_CLIENT_KEY must both be live keys, not the sandbox's (SB-...). "
            "A staging shop may use those with ALLOW_TEST_PAYMENTS=1."
        )
    if not live and not all(key.startswith("SB-") for key in keys):
        raise ImproperlyConfigured(
            "MIDTRANS_SERVER_KEY or MIDTRANS_CLIENT_KEY is a live key. Development takes sandbox keys (SB-...) only."
        )


def refuse_other_midtrans(api_base: str, snap_base: str) -> None:
    """For live keys: they are sent to Midtrans' live hosts and nowhere else."""
    for name, url, own in (
        ("MIDTRANS_API_BASE", api_base, "https://api.midtrans.com/"),
        ("MIDTRANS_SNAP_BASE", snap_base, "https://app.midtrans.com/"),
    ):
        if not f"{url}/".startswith(own):
            raise ImproperlyConfigured(f"{name} must be Midtrans' own live address, not {url}.")
