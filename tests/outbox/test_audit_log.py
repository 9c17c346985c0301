"""Every change that staff makes to commerce data: who, when, from what to what, in the object's history and the site's."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from wagtail.admin.viewsets import viewsets
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.contrib.settings.registry import registry as settings_registry
from wagtail.models import ModelLogEntry, Page
from wagtail.permissions import policy_registry

from home.house import SiteSettings
from shop.catalogue import collections
from shop.catalogue.models import Attribute, AttributeValue, Brand, Currency, TaxClass
from shop.customers.models import User
from shop.delivery.models import DayOff, Method, Place, ReturnPolicy, TaxRate, Zone
from shop.outbox import operations as outbox
from shop.outbox.changes import told
from shop.outbox.models import AuditEntry
from shop.promotions.admin import PromotionsGroup
from shop.promotions.models import Coupon, Promotion
from shop.reviews.models import Review
from tests.checkout.world import NOW, open_shop, sell
from tests.orders import test_money_desk as money_desk
from tests.orders.helpers import paid_order, send, somebody
from tests.returns.world import ask, delivered_order, willing_bank

pytestmark = pytest.mark.django_db
WHO = "owner@etalase.example"


@pytest.fixture
def owner(client) -> Client:
    client.force_login(somebody("Owner"))
    return client


def filled(client: Client, address: str) -> dict[str, Any]:
    """What a browser would send of the form at `address`, if nobody touched it."""
    form = BeautifulSoup(client.get(address).content, "html.parser").select_one(
        "main form[method=post], form[method=POST]"
    )
    assert form, address
    sent: dict[str, Any] = {}
    for field in form.select("[name]"):
        name, kind = str(field["name"]), field.get("type")
        if kind in ("checkbox", "radio"):
            if field.has_attr("checked"):
                sent.setdefault(name, []).append(field.get("value", "on"))
        elif field.name == "select":
            sent[name] = [option["value"] for option in field.select("option[selected]")]
        elif kind not in ("submit", "file"):
            sent[name] = field.text.removeprefix("\n") if field.name == "textarea" else field.get("value", "")
    return sent


def edit(name: str, /, **typed: Any) -> Callable:
    """Open the form of a row, type something else, and save."""

    def do(client: Client, row: Any) -> Any:
        address = reverse(f"{name}:edit" if "_modeladmin_" not in name else name, args=[row.pk])
        response = client.post(address, filled(client, address) | typed)
        assert response.status_code == 302, BeautifulSoup(response.content, "html.parser").select(".error-message")
        return row

    return do


def act(name: str, /, **typed: Any) -> Callable:
    def do(client: Client, row: Any) -> Any:
        address = reverse(name, args=[row.pk])
        response = client.post(address, filled(client, address) | typed)
        assert response.status_code == 302, BeautifulSoup(response.content, "html.parser").select(".error-message")
        return row

    return do


def mug() -> Any:
    return sell("MUG")


def product() -> Any:
    return mug().product


def world(model: Any) -> Callable:
    def make() -> Any:
        open_shop()
        return model.objects.first()

    return make


def review() -> Review:
    return Review.objects.create(product=product(), stars=5, text="Fine", language="en", created_at=NOW)


def collection() -> Any:
    return collections.create_collection(name="New", slug="new", actor="", now=NOW)


def promotion(kind: str = "cart") -> Promotion:
    return Promotion.objects.create(name="Ten", kind=kind, effect="percentage", percent=10, created_at=NOW)


def coupon() -> Coupon:
    return Coupon.objects.create(promotion=promotion("coupon"), code="TEN", created_at=NOW)


def attribute() -> Attribute:
    return Attribute.objects.create(code="glaze", name="Glaze")


def on_the_shelf() -> Any:
    return mug().stock_item


CASES: dict[str, tuple[Callable, Callable, str]] = {
    # What the row is, what is done to it, and what stands in its history.
    "shop.Product": (product, edit("product", name="Cup"), "name Mug → Cup"),
    "shop.Category": (lambda: product().category, edit("category", name="Clay"), "name Ceramics → Clay"),
    "shop.Attribute": (attribute, edit("attribute", name="Finish"), "name Glaze → Finish"),
    "shop.AttributeValue": (
        lambda: AttributeValue.objects.create(attribute=attribute(), slug="matt", name="Matt"),
        edit("attributevalue", name="Satin"),
        "name Matt → Satin",
    ),
    "shop.Brand": (lambda: Brand.objects.create(slug="a", name="A"), edit("brand", name="B"), "name A → B"),
    "shop.Currency": (
        lambda: (open_shop(), Currency.objects.get(code="IDR"))[1],
        edit("currency", rate="16000"),
        "→ 16000",
    ),
    "shop.TaxClass": (world(TaxClass), edit("tax_class", name="Full"), "name Standard → Full"),
    "shop.Collection": (collection, edit("collection", name="Newest"), "name New → Newest"),
    "shop.Zone": (world(Zone), edit("zone", name="Everywhere"), "name World → Everywhere"),
    "shop.Method": (world(Method), edit("delivery_method", **{"prices-0-amount": "6"}), "→ 6"),
    "shop.Place": (
        lambda: Place.objects.create(name="Door", country="US", line1="1 Elm", city="Portland", region="OR"),
        edit("collection_point", hours="9 to 5", postcode="97205"),
        "hours – → 9 to 5",
    ),
    "shop.TaxRate": (world(TaxRate), edit("tax_rate", rate="0.11"), "→ 0.11"),
    "shop.DayOff": (
        lambda: DayOff.objects.create(day=NOW.date(), name="Rest"),
        edit("day_off", name="Feast"),
        "name Rest → Feast",
    ),
    "shop.StockItem": (on_the_shelf, act("stock:receive", quantity="3"), "on_hand 5 → 8"),
    "shop.Review": (review, act("reviews_desk:approve"), "→ approved"),
    "shop.Order": (
        paid_order,
        act("orders:ship", carrier="JNE", tracking_number="1"),
        "state processing → shipped",
    ),
    "shop.Return": (lambda: ask(delivered_order()), act("returns_desk:approve", answer="Send it to us"), "→"),
    "shop.Promotion": (promotion, edit("promotions_modeladmin_edit", percent="20"), "percent 10"),
    "shop.Coupon": (coupon, edit("coupons_modeladmin_edit", batch="Friday"), "→ Friday"),
    "shop.User": (
        lambda: somebody("Editor"),
        lambda client, row: edit("wagtailusers_users", groups=[Group.objects.get(name="Owner").pk])(client, row),
        "groups – → Owner",
    ),
    "auth.Group": (
        lambda: Group.objects.get(name="Editor"),
        edit("wagtailusers_groups", permissions=[]),
        "permissions",
    ),
}
# Shown and not written, or written by nobody's hand.
SEEN = {
    f"shop.{name}"
    for name in ("Payment", "Refund", "WebhookEvent", "Mail", "Consent", "Customer", "AuditEntry", "Redemption")
}
# Words, with revisions or a log of Wagtail's that says enough; what staff writes in them moves no money.
WORDS = {
    "home.Author",
    "home.Menu",
    "home.Announcement",
    "shop_search.Synonym",
    "wagtailcore.Locale",
    "wagtailcore.Site",
}


def written_in_the_admin() -> set[str]:
    """Models of which the admin has a form or an action."""
    viewsets.populate()
    found = {
        view.model._meta.label
        for view in viewsets.viewsets
        if isinstance(view, ModelViewSet) and not isinstance(view, PageViewSet) and not issubclass(view.model, Page)
    }
    return (
        found | {item.model._meta.label for item in PromotionsGroup.items} | {m._meta.label for m in settings_registry}
    )


def test_every_model_that_staff_writes_is_tried_here():
    """A new one gets a case, so that it is known to leave a trace; or stands among those that need none, with the reason."""
    settings = {"home.SiteSettings", "shop.ReturnPolicy"}  # below
    assert written_in_the_admin() - SEEN - WORDS == set(CASES) | settings


@pytest.mark.parametrize("label", SEEN - {"shop.Redemption"})  # modeladmin asks nobody's policy: see promotions.admin
def test_what_is_only_seen_can_be_neither_made_nor_changed_nor_deleted(label):
    policy = policy_registry.get_by_type(apps.get_model(label))
    superuser = User(is_superuser=True, is_active=True)
    assert not any(policy.user_has_permission(superuser, verb) for verb in ("add", "change", "delete"))


@pytest.mark.parametrize("label", CASES)
def test_what_staff_does_is_told_in_the_history_of_the_object(owner, label):
    make, change, words = CASES[label]
    row = make()
    before = set(ModelLogEntry.objects.for_instance(row).values_list("pk", flat=True))
    change(owner, row)
    entries = ModelLogEntry.objects.for_instance(row).exclude(pk__in=before)
    assert {entry.user.email for entry in entries} == {WHO}
    assert any(words in entry.message for entry in entries), [entry.message for entry in entries]
    assert "→" in owner.get(reverse("wagtailadmin_reports:site_history")).content.decode()


@pytest.mark.parametrize(
    ("model", "typed", "words"),
    [
        (ReturnPolicy, {"days": "14"}, "days 30 → 14"),
        (SiteSettings, {"name": "Window", "social-count": "0"}, "name Etalase → Window"),
    ],
)
def test_settings_too(owner, model, typed, words):
    address = owner.get(
        reverse("wagtailsettings:edit", args=[model._meta.app_label, model._meta.model_name]), follow=True
    ).request["PATH_INFO"]
    assert owner.post(address, filled(owner, address) | typed).status_code == 302
    assert words in ModelLogEntry.objects.for_instance(model.objects.get()).first().message


def test_money_that_goes_back_is_told_with_its_amount(owner):
    order = send(paid_order())
    with willing_bank():
        money_desk.agree(owner, order, money_desk.filled(owner, order, what="amount", amount="5.00"))
    assert ModelLogEntry.objects.for_instance(order).first().message == f"Refunded: {order.number}: refund – → $5.00"


def test_a_price_stands_in_the_history_of_its_product(owner):
    variant = mug()
    address = reverse("product:prices", args=[variant.product_id])
    sent = filled(owner, address)
    name = next(name for name, value in sent.items() if "24" in str(value))
    assert owner.post(address, sent | {name: "19.00"}).status_code == 302
    message = ModelLogEntry.objects.for_instance(variant.product).first().message
    assert message.startswith("Prices: variant:MUG: ")
    assert "19.00" in message


def test_what_a_job_does_is_nobodys_decision(owner):
    open_shop()
    rate = TaxRate.objects.get()
    rate.rate = Decimal("0.2")
    rate.save()
    assert not AuditEntry.objects.filter(subject__startswith="taxrate").exists()


def test_a_password_is_never_told(owner):
    editor = somebody("Editor")
    address = reverse("wagtailusers_users:edit", args=[editor.pk])
    owner.post(address, filled(owner, address) | {"password1": "eleven brown herons"})
    entry = AuditEntry.objects.get(subject=f"user:{editor.pk}")
    assert (entry.before, entry.after) == ({"password": "•••"}, {"password": "•••"})


def test_the_words_for_a_change():
    assert told({"a": 1, "b": 2, "c": []}, {"a": 1, "b": 3, "c": ["x", "y"]}) == "b 2 → 3, c – → x, y"
    assert told({}, {}) == "nothing"


SEES = {"Owner": True, "Finance": True, "Merchandiser": False, "Fulfilment": False, "Editor": False}


@pytest.mark.parametrize("role", SEES)
def test_the_audit_log_is_for_those_who_may_see_it(client, role):
    outbox.record(actor="=job", action="price.set", subject="variant:MUG", before={"a": 1}, after={"a": 2}, now=NOW)
    client.force_login(somebody(role))
    response = client.get("/admin/reports/audit-log/")
    assert (response.status_code == 200) is SEES[role]
    if SEES[role]:
        assert "a 1 → 2" in response.content.decode()
        csv = b"".join(client.get("/admin/reports/audit-log/", {"export": "csv"}).streaming_content).decode()
        assert "'=job,price.set,variant:MUG,a 1 → 2" in csv
