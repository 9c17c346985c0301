"""Many prices at once: what each becomes, what is warned of, and that exactly what was looked at is set."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.catalogue import operations as catalogue
from shop.catalogue.models import PriceWindow, Product, Variant
from shop.catalogue.pricing import prices_at
from shop.merchandising.repricing import MOST, ROUNDINGS, Change, NewPrice, PricesMoved, plan, reprice, rounded
from shop.outbox.models import AuditEntry
from tests.factories import ACTOR, NOW, make_category, make_product, make_staff

pytestmark = pytest.mark.django_db
WHO = {"actor": "marketer@example.com", "now": NOW + timedelta(days=60)}


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_staff("Merchandiser"))
    return client


def asks(**changes):
    return {"currency": "USD", "how": "lower_percent", "by": "10", "rounding": "", **changes}


def prices(currency: str = "USD", at=None) -> dict[str, Decimal]:
    skus = dict(Variant.objects.values_list("pk", "sku"))
    return {skus[pk]: price.now.amount for pk, price in prices_at(list(skus), currency, at or timezone.now()).items()}


def look(client: Client, **changes):
    return client.post(reverse("product:bulk_prices"), asks(**changes))


def agree(client: Client, looked, **changes):
    data = asks(**changes) | {"looked_at": looked.context["looked_at"], "agreed": "1"}
    return client.post(reverse("product:bulk_prices"), data)


@pytest.mark.parametrize(
    ("amount", "currency", "rounding", "becomes"),
    [
        ("21.605", "USD", "", "21.61"),
        ("21.60", "USD", "99c", "21.99"),
        ("21.48", "USD", "99c", "20.99"),
        ("0.10", "USD", "99c", "0.99"),
        ("21.62", "USD", "5c", "21.60"),
        ("21.62", "USD", "1", "22"),
        ("351450", "IDR", "", "351450"),
        ("351450", "IDR", "1000", "351000"),
        ("351450", "IDR", "900", "351900"),
        ("-4", "USD", "", "0.01"),
    ],
)
def test_rounding(amount, currency, rounding, becomes):
    assert rounded(Decimal(amount), currency, ROUNDINGS.get(rounding)) == Decimal(becomes)


@pytest.mark.parametrize(
    ("change", "becomes"),
    [
        (Change(percent=Decimal(-10)), "21.60"),
        (Change(percent=Decimal("12.5")), "27.00"),
        (Change(amount=Decimal("-3")), "21.00"),
        (Change(amount=Decimal("-99")), "0.01"),
    ],
)
def test_by_per_cent_or_by_an_amount(change, becomes):
    assert change.of(Decimal("24.00"), "USD") == Decimal(becomes)


def test_the_former_price_stands_beside_only_when_it_is_higher():
    variant = make_product("mug").variants.get()
    down = Change(percent=Decimal(-10), keeps_former=True)
    up = Change(percent=Decimal(10), keeps_former=True)
    at = WHO["now"]
    assert plan(variant_ids=[variant.pk], currency="USD", change=down, at=at)[variant.pk].instead_of == 24
    assert plan(variant_ids=[variant.pk], currency="USD", change=up, at=at)[variant.pk].instead_of is None


def test_looking_changes_nothing_and_agreeing_sets_what_was_looked_at(desk):
    make_product("mug")
    make_product("bowl", prices={"USD": "50.00"})
    looked = look(desk, rounding="99c", keeps_former="on")
    html = looked.content.decode()
    assert "2 prices would change" in html
    assert "$44.99" in html
    assert prices() == {"MUG": 24, "BOWL": 50}
    answer = agree(desk, looked, rounding="99c", keeps_former="on")
    assert answer.status_code == 302
    assert prices() == {"MUG": Decimal("21.99"), "BOWL": Decimal("44.99")}
    assert PriceWindow.objects.latest("pk").compare_at in (24, 50)
    entry = AuditEntry.objects.get(action="price.bulk")
    assert (entry.actor, entry.after["prices"], entry.after["percent"]) == ("merchandiser@example.com", 2, "-10")


def test_a_window_comes_and_goes_by_itself(desk):
    make_product("mug")
    start = timezone.localtime(timezone.now() + timedelta(days=1)).replace(microsecond=0, second=0)
    times = {"starts": f"{start:%Y-%m-%d %H:%M}", "ends": f"{start + timedelta(days=2):%Y-%m-%d %H:%M}"}
    agree(desk, look(desk, **times), **times)
    days = [start + timedelta(days=n) for n in (-0.5, 1, 3)]
    assert [prices(at=day)["MUG"] for day in days] == [24, Decimal("21.60"), 24]


def test_which_are_meant(desk):
    kitchen = make_category("kitchen")
    pots = make_category("pots", parent=kitchen)
    make_product("pot", category=pots)
    make_product("vase", category=make_category("living"))
    retired = make_product("jug", category=pots)
    Product.objects.filter(pk=retired.pk).update(lifecycle="discontinued")
    rows = look(desk, category=kitchen.pk).context["rows"]
    assert [row.variant.sku for row in rows] == ["POT"]
    vase = Product.objects.get(code="vase")
    rows = look(desk, products=[vase.pk]).context["rows"]
    assert [row.variant.sku for row in rows] == ["VASE"]


def test_what_was_ticked_in_the_list_is_what_is_asked_about(desk):
    mug = make_product("mug")
    make_product("vase")
    address = f"/admin/bulk/shop/product/bulk_prices/?id={mug.pk}&id=x"
    page = desk.get(address, follow=True)
    assert page.redirect_chain[0][0] == f"{reverse('product:bulk_prices')}?product={mug.pk}&product=x"
    assert "1 chosen product:" in page.content.decode()


def test_what_follows_another_currency_is_left_and_said(desk):
    make_product("mug")
    looked = look(desk, currency="IDR", rounding="1000")
    assert looked.context["rows"] == []
    assert "has no price of its own in this currency" in looked.content.decode()


def test_a_reduction_that_is_none_is_warned_of(desk):
    variant = make_product("mug", prices={"USD": "20.00"}, now=timezone.now() - timedelta(days=20)).variants.get()
    raised_at = timezone.now() - timedelta(days=1)
    catalogue.set_price(variant=variant, currency="USD", amount=Decimal("30.00"), actor=ACTOR, now=raised_at)
    html = look(desk, by="20").content.decode()
    assert "No reduction: in the 30 days before it cost as little as $20.00." in html
    assert "No reduction" not in look(desk, by="40").content.decode()


def test_below_cost_is_warned_of(desk):
    make_product("mug", cost_price=Decimal("22.00"))
    assert "Below what it costs us: $22.00." in look(desk).content.decode()


NONSENSE = [
    ({"by": "0"}, "by"),
    ({"by": "x"}, "by"),
    ({"by": "100"}, "by"),
    ({"currency": "XXX"}, "currency"),
    ({"currency": "IDR", "rounding": "99c"}, "rounding"),
    ({"starts": "2031-01-02 00:00", "ends": "2031-01-01 00:00"}, "ends"),
    ({"how": "double"}, "how"),
    ({"products": ["x"]}, "products"),
]


def test_nonsense_is_said_beside_the_field(desk):
    make_product("mug")
    for changes, field in NONSENSE:
        response = look(desk, **changes, agreed="1")
        assert list(response.context["form"].errors) == [field], changes
    assert prices() == {"MUG": 24}


def test_a_time_that_is_over_is_refused(desk):
    make_product("mug")
    past = {"starts": "2026-11-20 00:00"}
    response = desk.post(reverse("product:bulk_prices"), asks(**past) | {"agreed": "1", "looked_at": "[]"})
    assert "choose a time from now on" in str(response.context["form"].errors["starts"])
    assert prices() == {"MUG": 24}


def test_prices_that_moved_meanwhile_are_looked_at_again(desk):
    variant = make_product("mug").variants.get()
    looked = look(desk)
    catalogue.set_price(variant=variant, currency="USD", amount=Decimal("30.00"), actor=ACTOR, now=timezone.now())
    response = agree(desk, looked)
    assert "Prices have changed since you looked" in response.content.decode()
    assert prices() == {"MUG": 30}
    assert agree(desk, response).status_code == 302
    assert prices() == {"MUG": 27}


def test_another_change_than_was_looked_at_is_not_made(desk):
    make_product("mug")
    response = agree(desk, look(desk), by="50")
    assert "Prices have changed since you looked" in response.content.decode()
    assert prices() == {"MUG": 24}


def test_more_than_anything_costs_is_refused(desk):
    make_product("mug")
    much = {"how": "raise_amount", "by": "999999999999.99"}
    response = agree(desk, look(desk, **much), **much)
    assert "can be paid in this currency" in response.content.decode()
    assert prices() == {"MUG": 24}


def test_a_made_up_look_sets_nothing(desk):
    mug = make_product("mug").variants.get()
    for made_up in ("", "x", "[[1]]", '[[1,"x","y",null]]', f'[[{mug.pk},"sNaN","1",null]]', "{}"):
        desk.post(reverse("product:bulk_prices"), asks() | {"agreed": "1", "looked_at": made_up})
    assert prices() == {"MUG": 24}


def test_all_or_none(monkeypatch):
    variants = [make_product(code).variants.get() for code in ("bowl", "mug")]
    change = Change(percent=Decimal(-10))
    planned = plan(variant_ids=[one.pk for one in variants], currency="USD", change=change, at=WHO["now"])
    real, calls = catalogue.set_price, []

    def fails_at_the_second(**facts):
        calls.append(facts)
        if len(calls) == 2:
            raise catalogue.InvalidPrice("no")
        return real(**facts)

    monkeypatch.setattr(catalogue, "set_price", fails_at_the_second)
    asked = {"variant_ids": [one.pk for one in variants], "currency": "USD", "change": change}
    with pytest.raises(catalogue.InvalidPrice):
        reprice(**asked, starts=None, ends=None, looked_at=planned, **WHO)
    assert PriceWindow.objects.count() == 2


def test_the_operation_wants_what_was_looked_at():
    variant = make_product("mug").variants.get()
    change = Change(percent=Decimal(-10))
    asked = {"variant_ids": [variant.pk], "currency": "USD", "change": change, "starts": None, "ends": None}
    looked = {variant.pk: NewPrice(Decimal("24.00"), Decimal("20.00"), None)}
    with pytest.raises(PricesMoved):
        reprice(**asked, looked_at=looked, **WHO)
    assert PriceWindow.objects.count() == 1


def test_a_look_costs_the_same_for_many(desk, django_assert_max_num_queries):
    for n in range(8):
        make_product(f"mug-{n}", cost_price=Decimal(30))
    with django_assert_max_num_queries(24):
        assert len(look(desk).context["rows"]) == 8


def test_too_many_at_once_are_refused(desk, monkeypatch):
    assert MOST == 500
    monkeypatch.setattr("shop.merchandising.prices_desk.MOST", 1)
    make_product("mug")
    make_product("bowl")
    response = look(desk)
    assert "too many at once" in response.content.decode()


@pytest.mark.parametrize(
    ("role", "may"), [("Owner", True), ("Editor", False), ("Fulfilment", False), ("Finance", False)]
)
def test_roles(client, role, may):
    variant = make_product("mug").variants.get()
    client.force_login(make_staff(role))
    assert (client.get(reverse("product:bulk_prices")).status_code == 200) is may
    looked = json.dumps([[variant.pk, "24.00", "21.60", None]])
    client.post(reverse("product:bulk_prices"), asks() | {"agreed": "1", "looked_at": looked})
    assert (prices()["MUG"] != 24) is may
    assert (reverse("product:bulk_prices") in client.get(reverse("product:index")).content.decode()) is may
