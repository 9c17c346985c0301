"""What the shop keeps of a person, in all rooms: handed out as files, or let go of.

ROOMS names every room that keeps something of people. A test walks all models for fields that may hold personal data
and fails on one that no room has declared here.
"""

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.account import personal as exports
from shop.cart import personal as cart
from shop.checkout import personal as checkout
from shop.customers import personal as customers
from shop.customers.personal import Person
from shop.orders import personal as orders
from shop.outbox import personal as outbox
from shop.payments import personal as payments
from shop.returns import personal as returns
from shop.reviews import personal as reviews
from shop.wishlist import personal as wishlist

IN_MEMORY = 5 * 1024 * 1024  # an export larger than this lies on the disk while it is sent


def _letters(person: Person) -> list[dict[str, Any]]:
    return outbox.letters_of(person.emails, _numbers(person))


def _forget_letters(person: Person, *, now: datetime) -> None:
    numbers = _numbers(person)
    secrets = {*person.emails, *orders.names_in(person)}
    subjects = [f"order:{number}" for number in numbers]
    subjects += [f"return:{number}" for number in returns.returns_of(person).values_list("number", flat=True)]
    if person.user:
        secrets |= {word for word in (person.user.email, person.user.name) if len(word) > 3}
        subjects.append(f"user:{person.user.pk}")
    outbox.forget_letters(person.emails, numbers)
    outbox.forget_in_audit(subjects, secrets)
    sold = [*orders.orders_of(person), *returns.returns_of(person)]
    outbox.forget_in_log([*sold, *([person.user] if person.user else [])], secrets)


def _numbers(person: Person) -> list[str]:
    return list(orders.orders_of(person).values_list("number", flat=True))


def _no_files(person: Person) -> Iterator[tuple[str, Any]]:
    return iter(())


@dataclass(frozen=True)
class Room:
    """`export(person)` is ready for JSON; `files(person)` gives (name, file); `forget(person, now=...)` lets go.

    `holds`: the models of which it does so.
    """

    name: str
    holds: tuple[str, ...]
    export: Callable[[Person], Any]
    forget: Callable[..., None]
    files: Callable[[Person], Iterator[tuple[str, Any]]] = _no_files


# In the order in which they forget: who needs to know the orders comes before them, and the account is last.
ROOMS = (
    Room("letters", ("mail", "job", "auditentry"), _letters, _forget_letters),
    Room("exports", ("dataexport",), exports.export_person, exports.forget_person),
    Room("reviews", ("review", "reviewphoto"), reviews.export_person, reviews.forget_person, files=reviews.files_of),
    Room("returns", ("return", "returnphoto"), returns.export_person, returns.forget_person, files=returns.files_of),
    Room("payments", ("payment", "webhookevent", "refundaccount"), payments.export_person, payments.forget_person),
    Room("checkout", ("checkoutdraft",), checkout.export_person, checkout.forget_person),
    Room("wishlist", ("wishlist", "stockask"), wishlist.export_person, wishlist.forget_person),
    Room("cart", ("cart",), cart.export_person, cart.forget_person),
    Room(
        "orders", ("order", "orderaddress", "addresschange", "fulfilment"), orders.export_person, orders.forget_person
    ),
    Room(
        "account",
        ("user", "savedaddress", "consent", "consentrequest", "emailaddress", "usersession", "authenticator"),
        customers.export_person,
        customers.forget_person,
    ),
)


def is_large(person: Person) -> bool:
    """Whether putting it together takes longer than somebody should wait for a page."""
    most = settings.EXPORT_AT_ONCE
    pictures = (file for room in ROOMS for file in room.files(person))
    return orders.orders_of(person)[: most + 1].count() + sum(1 for _ in islice(pictures, most + 1)) > most


def export(person: Person, *, now: datetime) -> IO[bytes]:
    """A ZIP, at its beginning: `data.json` with a part for each room, and their files."""
    told = {"made_at": now, **{room.name: room.export(person) for room in ROOMS}}
    target = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - whoever sends it closes it
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
        archive.writestr("data.json", text)
        for room in ROOMS:
            for name, file in room.files(person):
                with file.open("rb") as source:
                    archive.writestr(name, source.read())
    target.seek(0)
    return target


@transaction.atomic
def forget(person: Person, *, now: datetime) -> None:
    """Let go of a person in every room, at once or not at all."""
    for room in ROOMS:
        room.forget(person, now=now)


def open_matters(person: Person, *, now: datetime) -> list[str]:
    """Why they cannot be forgotten yet, in words for them; nothing: they can."""
    words = []
    if person.user and person.user.is_staff:
        words.append(_("Your account belongs to the staff of the shop. Its owner closes it."))
    if waiting := orders.open_orders(person, now=now):
        numbers = ", ".join(order.number for order in waiting)
        text = ngettext("Order %(numbers)s is not finished.", "Orders %(numbers)s are not finished.", len(waiting))
        words.append(text % {"numbers": numbers})
    if returns.open_returns(person):
        words.append(_("Something that you send back is not settled yet."))
    if payments.open_refunds(person):
        words.append(_("Money is still on its way back to you."))
    return words
