"""The marketers' desk, through its addresses."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from shop.catalogue.pricewindows import set_price
from shop.outbox.models import AuditEntry
from shop.promotions import advice
from shop.promotions.models import Coupon, Promotion, Redemption
from tests.checkout.world import NOW, fill_cart, place, sell
from tests.factories import make_staff
from tests.promotions.world import coupon, promote, use

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
EMPTY = {
    f"{name}-{key}": value
    for name in ("terms", "tiers")
    for key, value in (("TOTAL_FORMS", "0"), ("INITIAL_FORMS", "0"), ("MIN_NUM_FORMS", "0"), ("MAX_NUM_FORMS", "1000"))
}
FORM = {
    **EMPTY,
    "name": "Autumn",
    "kind": "cart",
    "effect": "percentage",
    "percent": "10",
    "scope": "all",
    "active": "on",
    "starts_at": "2026-11-01 00:00",
    "priority": "100",
}
TERMS = {"terms-TOTAL_FORMS": "1", "terms-0-currency": "USD", "terms-0-ORDER": "1"}


@pytest.fixture
def marketer(client):
    client.force_login(make_staff("Merchandiser"))
    return client


def add(client, **changes):
    return client.post("/admin/promotions/create/", {**FORM, **changes})


def problems(response) -> dict[str, list[str]]:
    return {**response.context["form"].errors}


def test_a_promotion_with_its_amounts_is_kept(marketer):
    sell("MUG")
    response = add(marketer, **TERMS, scope="products", product_codes="mug", **{"terms-0-minimum": "40"})
    assert response.status_code == 302
    promotion = Promotion.objects.get()
    assert (promotion.percent, promotion.terms.get().minimum) == (10, 40)
    assert [product.code for product in promotion.products.all()] == ["mug"]
    entry = AuditEntry.objects.get(action="promotion.keep")
    assert (entry.actor, entry.after["terms.USD"]) == ("merchandiser@example.com", {"minimum": "40.00"})


def test_it_is_changed_and_shown(marketer):
    promotion = promote(minimum="40")
    terms = promotion.terms.get()
    address = f"/admin/promotions/edit/{promotion.pk}/"
    assert marketer.get(address).status_code == 200
    changes = {**FORM, **TERMS, "terms-INITIAL_FORMS": "1", "terms-0-id": terms.pk, "terms-0-minimum": "50"}
    assert marketer.post(address, {**changes, "name": "Winter"}).status_code == 302
    promotion = Promotion.objects.get()
    assert (promotion.name, promotion.terms.get().minimum) == ("Winter", 50)
    assert "Winter" in marketer.get("/admin/promotions/").content.decode()


def test_a_coupon_is_made_with_its_first_code(marketer):
    assert add(marketer, kind="coupon", code=" welcome10 ").status_code == 302
    assert Coupon.objects.get().code == "WELCOME10"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"percent": ""}, "percent"),
        ({"percent": "101"}, "percent"),
        ({"effect": "fixed"}, "effect"),
        ({"effect": "tiered"}, "effect"),
        ({"effect": "buy_x_get_y", "buy_quantity": "2"}, "get_quantity"),
        ({"scope": "products", "product_codes": "NONE"}, "product_codes"),
        ({"scope": "categories"}, "categories"),
        ({"ends_at": "2026-10-01 00:00"}, "ends_at"),
        ({"kind": "catalogue", "limit_total": "3"}, "limit_total"),
        ({"kind": "catalogue", "effect": "free_delivery"}, "effect"),
        ({"kind": "cart", "code": "HELLO"}, "code"),
        ({"kind": "coupon", "code": "a b"}, "code"),
        ({"limit_per_customer": "0"}, "limit_per_customer"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(marketer, changes, field):
    response = add(marketer, **changes)
    assert (response.status_code, list(problems(response))) == (200, [field])
    assert not Promotion.objects.exists()


def test_rupiah_are_whole(marketer):
    sell()
    response = add(marketer, **{**TERMS, "terms-0-currency": "IDR", "terms-0-cap": "100.50"})
    assert "rupiah" in str(problems(response)["__all__"])


def test_a_limit_below_what_was_used_is_refused_beside_its_field(marketer):
    promotion = coupon().promotion
    mug = sell()
    for _n in range(2):
        place(use(fill_cart(mug), "WELCOME10"))
    changes = {**FORM, "kind": "coupon", "limit_total": "1"}
    response = marketer.post(f"/admin/promotions/edit/{promotion.pk}/", changes)
    assert "limit_total" in problems(response)
    assert Promotion.objects.get().limit_total is None


def test_what_was_used_stays(marketer):
    promotion = coupon().promotion
    place(use(fill_cart(sell()), "WELCOME10"))
    response = marketer.post(f"/admin/promotions/delete/{promotion.pk}/", follow=True)
    assert "Switch it off instead" in response.content.decode()
    assert Promotion.objects.count() == 1


def test_what_nobody_used_goes(marketer):
    promotion = coupon().promotion
    marketer.post(f"/admin/promotions/delete/{promotion.pk}/")
    assert not Promotion.objects.exists()
    assert not Coupon.objects.exists()


# --- coupons -------------------------------------------------------------------------------------


def test_codes_are_made_in_bulk_and_exported(marketer):
    promotion = promote("=cmd()", kind="coupon")
    form = {"promotion": promotion.pk, "count": "3", "start": "letter", "limit": "1", "batch": "=November"}
    assert marketer.post("/admin/coupons/make/", form).status_code == 302
    sheet = b"".join(marketer.get("/admin/coupons/?export=csv").streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(sheet)))
    assert len({row["Code"] for row in rows}) == 3
    assert {row["Batch"] for row in rows} == {"'=November"}
    assert {row["Promotion"] for row in rows} == {"'=cmd()"}


def test_a_code_is_added_changed_and_never_renamed(marketer):
    promotion = promote(kind="coupon")
    address = "/admin/coupons/create/"
    assert marketer.post(address, {"promotion": promotion.pk, "code": "hello", "active": "on"}).status_code == 302
    taken = marketer.post(address, {"promotion": promotion.pk, "code": "Hello", "active": "on"})
    assert "exists already" in str(problems(taken)["code"])
    code = Coupon.objects.get()
    assert "HELLO" in marketer.get("/admin/coupons/").content.decode()
    marketer.post(f"/admin/coupons/edit/{code.pk}/", {"code": "OTHER", "limit": "5"})
    code.refresh_from_db()
    assert (code.code, code.limit, code.active) == ("HELLO", 5, False)


# --- uses ----------------------------------------------------------------------------------------


def test_uses_are_looked_at_and_not_written(client):
    coupon()
    order = place(use(fill_cart(sell()), "WELCOME10"))
    client.force_login(make_staff("Owner"))
    page = client.get("/admin/redemptions/").content.decode()
    assert order.number in page
    assert "$2.40" in page
    row = Redemption.objects.get()
    assert client.get(f"/admin/redemptions/inspect/{row.pk}/").status_code == 200
    for door in ("create/", f"edit/{row.pk}/", f"delete/{row.pk}/"):
        assert client.post(f"/admin/redemptions/{door}", follow=False)["Location"] == "/admin/"
    assert Redemption.objects.get().state == "reserved"


@pytest.mark.parametrize(
    ("address", "roles"),
    [
        ("/admin/promotions/", "MO"),
        ("/admin/promotions/create/", "MO"),
        ("/admin/promotions/preview/", "MO"),
        ("/admin/coupons/", "MO"),
        ("/admin/coupons/make/", "MO"),
        ("/admin/redemptions/", "M$O"),
    ],
)
def test_who_may_come_in(client, address, roles):
    opened = ""
    letters = {"E": "Editor", "M": "Merchandiser", "F": "Fulfilment", "$": "Finance", "O": "Owner"}
    for letter, role in letters.items():
        client.force_login(make_staff(role))
        opened += letter if client.get(address).status_code == 200 else ""
    assert opened == roles


# --- what it warns of ----------------------------------------------------------------------------


def test_it_warns_of_a_price_below_cost(marketer):
    mug = sell("MUG")
    type(mug).objects.filter(pk=mug.pk).update(cost_price=20)
    response = marketer.post("/admin/promotions/create/", {**FORM, "kind": "catalogue", "percent": "20"}, follow=True)
    assert "Below what it costs us: MUG" in response.content.decode()
    assert Promotion.objects.count() == 1


def test_it_warns_of_a_claim_that_thirty_days_do_not_bear():
    mug = sell("MUG", price="20.00", now=NOW - timedelta(days=20))
    set_price(variant=mug, currency="USD", amount=Decimal(30), starts=NOW, actor="t", now=NOW)
    day = NOW + timedelta(days=1)
    sale = promote(kind="catalogue", starts_at=day)
    assert advice.warnings(sale, now=NOW) == [
        "The reduction looks larger than it is: in the 30 days before, MUG cost as little as $20.00, not $30.00."
    ]
    later = promote("Later", kind="catalogue", starts_at=NOW + timedelta(days=40))
    assert "cost as little as $27.00" in advice.warnings(later, now=NOW)[-1]


def test_it_warns_of_what_does_not_go_together():
    mug, bowl = sell("MUG"), sell("BOWL")
    alone = promote("Alone", exclusive=True, products=[mug.product])
    beside = promote("Beside", products=[mug.product])
    promote("Elsewhere", products=[bowl.product])
    promote("Then", products=[mug.product], starts_at=NOW - timedelta(days=9), ends_at=NOW - timedelta(days=8))
    assert advice.warnings(beside, now=NOW) == [
        "“Alone” runs meanwhile and the two never count together: the shopper gets what saves more."
    ]
    assert len(advice.warnings(alone, now=NOW)) == 1


# --- this cart on this day would cost ------------------------------------------------------------


def test_the_preview_charges_as_the_cart_does(marketer):
    mug = sell("MUG", now=timezone.now() - timedelta(days=1))
    promote("Sale", kind="catalogue", percent=15, products=[mug.product], now=timezone.now())
    coupon(minimum="50", now=timezone.now())
    form = {"goods": "mug 2", "code": "welcome10", "currency": "USD", "at": "2027-01-01 10:00", "country": "US"}
    page = marketer.post("/admin/promotions/preview/", form).content.decode()
    assert "It would cost $49.88" in page  # 2 x 20.40, 5.00 delivery, 4.08 + 5.00... tax on goods
    assert "Add $9.20 more to use WELCOME10." in page


@pytest.mark.parametrize("goods", ["NONE", "MUG 0", "MUG x", "MUG 1 2", ""])
def test_the_preview_says_what_it_does_not_understand(marketer, goods):
    sell("MUG")
    response = marketer.post(
        "/admin/promotions/preview/", {"goods": goods, "currency": "USD", "at": "2027-01-01 10:00"}
    )
    assert response.status_code == 200
    assert list(problems(response)) == ["goods"]
