"""Letters about what people wait for and wish for."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shop.cart.reads import WANTED, Row
from shop.catalogue.models import Picture
from shop.customers import consents
from shop.customers.models import Consent
from shop.customers.wording import Kind
from shop.money import Money
from shop.outbox.kinds import Kind as MailKind
from shop.outbox.kinds import Letter, Word
from shop.wishlist import asks
from shop.wishlist.goods import borrow_photographs, goods
from shop.wishlist.models import PriceLetter, StockAsk


def confirm_ask(ask: StockAsk, *, key: str, now: datetime) -> Letter:
    """Asks whoever reads the address whether they want to be told."""
    return Letter(
        key=key,
        kind="confirm_ask",
        to=ask.email,
        language=ask.language,
        context={
            "name": _thing(ask, now).name,
            "days": settings.CONSENT_REQUEST_DAYS,
            "action_url": _address("wishlist:confirm", ask.language, asks.confirm_token(ask)),
        },
    )


def back_in_stock(ask: StockAsk, *, key: str, now: datetime) -> Letter:
    thing = _thing(ask, now)
    stop_url = _address("wishlist:stop", ask.language, asks.stop_token(ask.email))
    return Letter(
        key=key,
        kind="back_in_stock",
        to=ask.email,
        language=ask.language,
        context={"name": thing.name, "action_url": thing.url, "image": thing.image},
        unsubscribe_url=stop_url,
    )


def price_drop(letter: PriceLetter, *, key: str, now: datetime) -> Letter | None:
    """None when its owner does not want it any more, or nothing of it is to be had."""
    owner = letter.wishlist.owner
    if owner is None or not consents.has_consented(email=owner.email, kind=Kind.PRICE_DROPS):
        return None
    said = Consent.objects.filter(email=owner.email, kind=Kind.PRICE_DROPS).order_by("-pk").first()
    language = (said and said.language) or settings.LANGUAGE_CODE
    drops = _drops(letter, language, now)
    if not drops:
        return None
    return Letter(
        key=key,
        kind="price_drop",
        to=owner.email,
        language=language,
        context={
            "drops": drops,
            "first": drops[0]["name"],
            "others": len(drops) - 1,
            "action_url": _address("wishlist:page", language),
        },
        unsubscribe_url=consents.unsubscribe_url(email=owner.email, kind=Kind.PRICE_DROPS, language=language),
    )


def _drops(letter: PriceLetter, language: str, now: datetime) -> list[dict]:
    """What costs less, as it was when the letter was written; without what has left the shop meanwhile."""
    saved = letter.wishlist.items.select_related("variant").filter(
        variant__in=[drop["variant"] for drop in letter.drops]
    )
    found = goods([i.variant.sku for i in saved], currency=settings.DEFAULT_CURRENCY, language=language, now=now)
    rows = {row.variant.pk: row for row in found.of(WANTED) if row.price}
    borrow_photographs(list(rows.values()))
    return [
        {
            **vars(Thing.of(row)),
            "before": Money(Decimal(drop["before"]), drop["currency"]),
            "now": Money(Decimal(drop["now"]), drop["currency"]),
        }
        for drop in letter.drops
        if (row := rows.get(drop["variant"]))
    ]


@dataclass(frozen=True)
class Thing:
    """What it is called, the whole address of its page, and its picture."""

    name: str
    url: str
    image: Picture | None

    @classmethod
    def of(cls, row: Row) -> "Thing":
        name = f"{row.title}, {row.options}" if row.options else row.title
        return cls(name, f"{settings.BASE_URL}{row.url or '/'}?variant={row.variant.sku}", row.variant.image)


def _thing(ask: StockAsk, now: datetime) -> Thing:
    found = goods([ask.variant.sku], currency=settings.DEFAULT_CURRENCY, language=ask.language, now=now)
    [row] = found.of(WANTED)
    borrow_photographs([row])
    return Thing.of(row)


def _address(name: str, language: str, *args: str) -> str:
    with translation.override(language):
        return settings.BASE_URL + reverse(name, args=args)


# --- made up, for previews -----------------------------------------------------------------------


def a_thing() -> dict[str, Any]:
    return {"name": _now("Indigo mug"), "days": settings.CONSENT_REQUEST_DAYS, "action_url": f"{settings.BASE_URL}/"}


def some_drops() -> dict[str, Any]:
    url, now, before = f"{settings.BASE_URL}/", Money(20, "USD"), Money(24, "USD")
    drop = {"name": _now("Indigo mug"), "url": url, "before": before, "now": now}
    return {"drops": [drop], "first": drop["name"], "others": 0, "action_url": url}


NAME = {"name": Word(_("what it is called"), lambda context: context["name"])}
KINDS = (
    MailKind(
        "confirm_ask",
        _("Shall we tell you when it is back?"),
        _("When an address was typed in where something is sold out: to that address."),
        a_thing,
        NAME,
    ),
    MailKind(
        "back_in_stock",
        _("Back in stock"),
        _("When something can be had again: to everybody who asked, once."),
        a_thing,
        NAME,
    ),
    MailKind(
        "price_drop",
        _("Costs less now"),
        _("When something on a wishlist costs less: to those who want it, once a day at most."),
        some_drops,
        {
            "first": Word(_("the first thing's name"), lambda context: context["first"]),
            "others": Word(_("how many more"), lambda context: context["others"]),
        },
    ),
)
