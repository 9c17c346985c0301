"""Who may do what in the admin: the five roles, each a group whose permissions are kept as written here.

A pattern names permissions as Django does, `app.verb_model`; `*` stands for anything. The groups follow with each
`manage.py migrate`, and with `manage.py sync_roles`. Other groups are the shop's own business and left alone.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import connections, transaction
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

ADMIN = "wagtailadmin.access_admin"
GOODS = ("product", "variant", "category", "brand", "attribute", "attributevalue", "taxclass", "placement")
WINDOWS = ("collection",)
WORDS = ("mailtext",)  # what mails say in place of the original words
SHELVES = ("stockitem", "stockmovement", "reservation")
SALES = (
    "order",
    "orderline",
    "orderaddress",
    "orderevent",
    "fulfilment",
    "fulfilmentline",
    "mail",
    "return",
    "returnline",
    "customer",
)
SEARCH = ("wagtailsearchpromotions.*", "shop_search.*_synonym", "shop_search.view_searchday")  # whole patterns
REPORTS = ("shop.view_reports",)  # what was earned; who the customers are takes view_order too
VOICES = ("shop.view_review", "shop.change_review")  # to read, show or not, and answer
READERS = ("shop.view_consent", "shop.export_consent")  # of the newsletter
OFFERS = ("promotion", "coupon")
WAYS = ("zone", "method", "methodprice", "place", "dayoff")
MONEY = ("payment", "paymenttransition", "refund", "refundline", "refundtransition", "webhookevent", "auditentry")


def see(models: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"shop.view_{model}" for model in models)


def keep(models: tuple[str, ...]) -> tuple[str, ...]:
    """All four verbs."""
    return tuple(f"shop.{verb}_{model}" for model in models for verb in ("view", "add", "change", "delete"))


@dataclass(frozen=True)
class Role:
    """`permissions` for models; `pages` on the root of the tree; `library` for pictures and documents of all collections."""

    permissions: tuple[str, ...]
    pages: tuple[str, ...] = ()
    library: tuple[str, ...] = ()


ROLES = {
    # Words, pictures and what stands where. No orders, no people, no prices.
    "Editor": Role(
        permissions=(
            ADMIN,
            *see(GOODS),
            *keep(("placement",)),
            *keep(WINDOWS),
            "home.*",
            "simple_translation.submit_translation",
            "wagtailredirects.*",
            *SEARCH,
        ),
        pages=("add", "change", "publish", "lock", "unlock"),
        library=("add", "change", "choose"),
    ),
    # What is for sale, where and for how much. Of people only who reads the newsletter.
    # Prices are history: added and ended, never deleted.
    "Merchandiser": Role(
        permissions=(
            ADMIN,
            *keep(GOODS),
            *keep(WINDOWS),
            *keep(WORDS),
            *keep(OFFERS),
            *keep(WAYS),
            "shop.view_taxrate",
            *VOICES,
            *READERS,
            "shop.view_redemption",
            *see(SHELVES),
            "shop.view_pricewindow",
            "shop.add_pricewindow",
            "shop.change_pricewindow",
            "shop.view_currency",
            *REPORTS,
            *SEARCH,
        ),
        library=("choose",),
    ),
    # Orders on their way out, and the shelves they come from. No prices, no pages.
    "Fulfilment": Role(
        permissions=(
            ADMIN,
            *see(SALES),
            "shop.change_order",
            "shop.ship_order",
            "shop.change_return",  # approve, decline, receive, close
            "shop.cancel_order",  # unpaid ones: to give money back takes refund_order as well
            "shop.send_mail_again",
            "shop.add_fulfilment",
            "shop.change_fulfilment",
            "shop.view_product",
            "shop.view_variant",
            *VOICES,
            *see(SHELVES),
            "shop.add_stockitem",
            "shop.change_stockitem",
            "shop.add_stockmovement",
            *see(WAYS),
        ),
    ),
    # What came in, what goes back, and the paper trail. Sees all, changes nothing else, but may have a message of a
    # provider worked on again.
    "Finance": Role(
        permissions=(
            ADMIN,
            *see(SALES),
            "shop.refund_order",
            "shop.cancel_order",
            "shop.send_mail_again",
            *see(MONEY),
            "shop.change_webhookevent",
            "shop.view_redemption",
            *REPORTS,
            *see(GOODS),
            *see(WINDOWS),
            *see(SHELVES),
            *see(("pricewindow", "currency", *WAYS, "taxrate")),
        ),
    ),
    # Everything, people included: who may change users can become anybody, so nobody else may.
    "Owner": Role(
        permissions=("shop.*", "shop_search.*", "home.*", "auth.*_group", "wagtail*.*", "simple_translation.*"),
        pages=("add", "change", "publish", "lock", "unlock", "bulk_delete"),
        library=("add", "change", "choose"),
    ),
}


def sync_roles() -> list[str]:
    """Make the five groups as written above; returns the names of those that changed. Twice is once."""
    known = {f"{p.content_type.app_label}.{p.codename}": p for p in Permission.objects.select_related("content_type")}
    changed = []
    with transaction.atomic():
        for name, role in ROLES.items():
            group, is_new = Group.objects.get_or_create(name=name)
            wanted = {p for full, p in known.items() if any(fnmatchcase(full, want) for want in role.permissions)}
            differs = set(group.permissions.all()) != wanted
            if differs:
                group.permissions.set(wanted)
            on_tree = _sync_tree(group, role, known)
            if is_new or differs or on_tree:
                changed.append(name)
    return changed


def _sync_tree(group: Group, role: Role, known: dict[str, Permission]) -> bool:
    """Permissions that Wagtail ties to a place: on the root page, and on the root collection."""
    pages = {known[f"wagtailcore.{verb}_page"] for verb in role.pages}
    library = {
        known[f"{app}.{verb}_{model}"]
        for verb in role.library
        for app, model in (("wagtailimages", "image"), ("wagtaildocs", "document"))
    }
    root, shelf = Page.objects.get(depth=1), Collection.objects.get(depth=1)
    return _sync_place(GroupPagePermission, {"group": group, "page": root}, pages) | _sync_place(
        GroupCollectionPermission, {"group": group, "collection": shelf}, library
    )


def _sync_place(model: Any, place: dict[str, Any], wanted: set[Permission]) -> bool:
    """`place`: a group, and where it may do what is `wanted`; nowhere else may it do anything."""
    rows = model.objects
    wanted_ids = {permission.pk for permission in wanted}
    here = rows.filter(**place)
    extra = rows.filter(group=place["group"]).exclude(pk__in=here.filter(permission_id__in=wanted_ids))
    missing = wanted_ids - set(here.values_list("permission_id", flat=True))
    changed = bool(missing) or extra.exists()
    extra.delete()
    for permission_id in missing:
        rows.create(permission_id=permission_id, **place)
    return changed


def after_migrating(*, using: str, **_more: Any) -> None:
    """Have the roles cover what a `migrate` brought. Django makes permissions app by app; here all are wanted at once."""
    if Page._meta.db_table not in connections[using].introspection.table_names():
        return  # somebody migrates only what stands before
    for config in apps.get_app_configs():
        create_permissions(config, verbosity=0, using=using)
    sync_roles()
