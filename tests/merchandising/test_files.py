"""Catalogue files: named, looked at, applied line by line, once; and a file that went out comes back as it was."""

import csv
import io
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from shop import audit
from shop.catalogue.models import AttributeValue, Brand, PriceWindow, Product, Variant
from shop.catalogue.pricing import prices_at
from shop.inventory import operations as inventory
from shop.inventory.models import StockItem, StockMovement
from shop.merchandising import operations as merchandising
from shop.merchandising.columns import fields, guess
from shop.merchandising.known import Goods, Words
from shop.merchandising.models import CatalogueFile, CatalogueLine
from shop.merchandising.planning import Line
from shop.outbox import operations as outbox
from shop.outbox.models import AuditEntry, Job
from tests.factories import ACTOR, make_category, make_currencies, make_product, make_staff, make_tax_class, make_value

pytestmark = pytest.mark.django_db
HEAD = (
    "code,name,category,sku,options,price_USD,compare_USD,price_IDR,stock,low_at,barcode,cost_price,active,lifecycle\n"
)
NAMES = HEAD.strip().split(",")


@pytest.fixture
def owner(client: Client) -> Client:
    client.force_login(make_staff("Owner"))
    return client


@pytest.fixture
def shop() -> None:
    make_currencies()
    make_category("ceramics")
    make_tax_class()
    for slug in ("indigo", "sand"):
        make_value("colour", slug)


def row(**cells: str) -> str:
    return ",".join(cells.get(name, "") for name in NAMES) + "\n"


def taken(text: str, *, may_count: bool = True, columns: dict[str, int] | None = None) -> CatalogueFile:
    """A file whose columns are named, and looked at."""
    now = timezone.now()
    file = merchandising.take_file(
        name="goods.csv", content=text.encode(), may_count=may_count, language="en", actor=ACTOR, now=now
    )
    known = fields(["USD", "IDR"])
    merchandising.name_columns(file_id=file.pk, columns=columns or guess(file.headings, known), now=now)
    work()
    return CatalogueFile.objects.get(pk=file.pk)


def work() -> None:
    while outbox.relay(now=timezone.now()):
        pass


def applied(text: str, **how) -> CatalogueFile:
    file = taken(text, **how)
    merchandising.agree(file_id=file.pk, now=timezone.now())
    work()
    return CatalogueFile.objects.get(pk=file.pk)


def lines(file: CatalogueFile) -> list[tuple[str, str]]:
    return [(line.outcome, "; ".join(line.told)) for line in file.lines.all()]


def price(sku: str, currency: str = "USD"):
    pk = Variant.objects.get(sku=sku).pk
    return prices_at([pk], currency, timezone.now())[pk]


# --- what lines do -------------------------------------------------------------------------------


def test_new_products_and_variants_are_made_with_price_and_stock(shop):
    facts = {"code": "mug", "name": "Mug", "category": "ceramics", "price_USD": "24.00"}
    text = HEAD + row(**facts, sku="MUG-INDIGO", options="colour=indigo", stock="7", cost_price="9.5")
    text += row(**facts, sku="MUG-SAND", options="Colour = Sand", price_IDR="380000")
    file = applied(text)
    assert [outcome for outcome, _told in lines(file)] == ["applied", "applied"]
    assert file.state == "done"
    product = Product.objects.get()
    assert [option.code for option in product.options.all()] == ["colour"]
    indigo = Variant.objects.get(sku="MUG-INDIGO")
    assert (indigo.stock_item.on_hand, indigo.cost_price) == (7, Decimal("9.50"))
    assert (price("MUG-SAND").now.amount, price("MUG-SAND", "IDR").now.amount) == (24, 380000)


def test_looking_changes_nothing_and_says_what_would():
    make_product("mug", stock=10)
    text = HEAD + row(sku="mug", price_USD="26.00", stock="8", name="Big mug", active="no", low_at="3")
    file = taken(text)
    assert file.state == "checked"
    assert lines(file) == [
        ("ready", "name: Mug → Big mug; active: yes → no; units: 10 → 8; low at: 5 → 3; USD: 24.00 → 26.00")
    ]
    assert (price("MUG").now.amount, StockItem.objects.get().on_hand) == (24, 10)
    assert Product.objects.get().name == "Mug"


def test_applying_does_what_was_said():
    make_product("mug", stock=10)
    applied(
        HEAD + row(sku="mug", price_USD="26.00", compare_USD="30", stock="8", name="Big mug", active="no", low_at="3")
    )
    variant = Variant.objects.get()
    assert (price("MUG").now.amount, price("MUG").was.amount) == (26, 30)
    assert (variant.stock_item.on_hand, variant.stock_item.low_stock_threshold, variant.active) == (8, 3, False)
    assert Product.objects.get().name == "Big mug"
    assert StockMovement.objects.latest("pk").reason == "counted"
    assert {entry.actor for entry in AuditEntry.objects.all()} == {ACTOR}


def test_empty_cells_leave_things_as_they_are():
    make_product("mug", prices={"USD": "24.00"}, stock=10)
    file = taken(HEAD + row(code="mug", sku="MUG", price_USD="24.00", stock="10", active="yes"))
    assert lines(file) == [("same", "")]


REFUSED = [
    ({"sku": "JUG"}, "No such sku, and no code"),
    ({"code": "jug"}, "a new one needs: name, category"),
    ({"code": "Big jug", "name": "Jug", "category": "ceramics"}, "A code has letters"),
    ({"code": "j" * 101, "name": "Jug", "category": "ceramics"}, "code: at most 100"),
    ({"code": "jug", "name": "Jug", "category": "moon"}, "none called “moon”"),
    ({"code": "bowl", "sku": "MUG"}, "belongs to the product mug"),
    ({"code": "mug", "price_USD": "3"}, "Without a sku"),
    ({"code": "mug", "sku": "MUG-2"}, "a new one needs: price_USD"),
    ({"code": "mug", "sku": "MUG-2", "price_USD": "3"}, "already has a variant with these options"),
    (
        {"code": "mug", "sku": "MUG-2", "price_USD": "3", "options": "colour=indigo"},
        "exactly one value for each option",
    ),
    ({"code": "mug", "sku": "no spaces", "price_USD": "3"}, "Letters, digits"),
    ({"sku": "MUG", "price_USD": "abc"}, "price_USD: “abc” is no amount."),
    ({"sku": "MUG", "price_USD": "1e99"}, "price_USD: “1e99” is no amount."),
    ({"sku": "MUG", "price_USD": "24.0015"}, "cannot be paid"),
    ({"sku": "MUG", "price_IDR": "351.000"}, "price_IDR: “351.000” is no amount."),
    ({"sku": "MUG", "price_USD": "0"}, "cannot be paid"),
    ({"sku": "MUG", "price_IDR": "1000.5"}, "cannot be paid"),
    ({"sku": "MUG", "price_USD": "24", "compare_USD": "20"}, "must be higher"),
    ({"sku": "MUG", "stock": "-1"}, "whole number"),
    ({"sku": "MUG", "stock": "1.5"}, "whole number"),
    ({"sku": "MUG", "barcode": "8990041000011"}, "last digit"),
    ({"sku": "MUG", "active": "perhaps"}, "yes or no"),
    ({"sku": "MUG", "lifecycle": "gone"}, "one of active"),
    ({"sku": "MUG", "options": "colour=plaid"}, "there is no “colour=plaid”"),
    ({"sku": "MUG", "name": "x" * 201}, "at most 200"),
]


def test_lines_that_cannot_be_applied_say_why(shop):
    make_product("mug", stock=10)
    words, now = Words.load(), timezone.now()
    goods = Goods.load({"mug"}, {"mug"}, words, now)
    for cells, why in REFUSED:
        said = {name: text for name, text in cells.items() if text}
        plan = Line(said, words, goods, may_count=True).plan()
        assert any(why in words for words in plan.refusals), (cells, plan.refusals)


def test_a_refused_line_changes_nothing(shop):
    make_product("mug", stock=10)
    file = applied(HEAD + row(sku="MUG", price_USD="30", stock="-1"))
    assert lines(file) == [("refused", "stock: a whole number, 0 or more.")]
    assert (price("MUG").now.amount, StockItem.objects.get().on_hand) == (24, 10)


def test_a_sku_counts_once_in_a_file():
    make_product("mug", stock=10)
    file = applied(HEAD + row(sku="MUG", stock="8") + row(sku="mug", stock="7"))
    assert [outcome for outcome, _told in lines(file)] == ["applied", "refused"]
    assert "stands in line 2 already" in lines(file)[1][1]
    assert StockItem.objects.get().on_hand == 8


def test_what_was_sold_between_looking_and_applying_is_not_lost():
    item = make_product("mug", stock=10).variants.get().stock_item
    file = taken(HEAD + row(sku="MUG", stock="9", price_USD="30"))
    inventory.adjust(stock_item=item, delta=-4, reason_note="shipped", actor=ACTOR, now=timezone.now())
    merchandising.agree(file_id=file.pk, now=timezone.now())
    work()
    told = "Changed since it was looked at. Now it would be:; units: 6 → 9"
    assert lines(file) == [("refused", told)]
    assert (StockItem.objects.get().on_hand, price("MUG").now.amount) == (6, 24)


def test_what_was_as_it_should_be_and_has_moved_since_is_not_set_back():
    item = make_product("mug", stock=10).variants.get().stock_item
    file = taken(HEAD + row(sku="MUG", stock="10", price_USD="30"))
    inventory.adjust(stock_item=item, delta=-4, reason_note="shipped", actor=ACTOR, now=timezone.now())
    merchandising.agree(file_id=file.pk, now=timezone.now())
    work()
    assert (StockItem.objects.get().on_hand, price("MUG").now.amount) == (6, 24)


def test_lines_of_one_product_may_say_the_same_of_it(shop):
    make_product("mug", variants=[{"colour": "indigo"}, {"colour": "sand"}])
    same = {"code": "mug", "name": "Big mug"}
    file = applied(HEAD + row(**same, sku="MUG-INDIGO") + row(**same, sku="MUG-SAND"))
    assert [outcome for outcome, _told in lines(file)] == ["applied", "applied"]
    assert AuditEntry.objects.filter(action="product.change").count() == 1


def test_who_keeps_no_shelves_counts_none_but_may_fill_new_ones(shop):
    make_product("mug", stock=10)
    text = HEAD + row(sku="MUG", stock="8")
    text += row(code="jug", name="Jug", category="Ceramics", sku="JUG", price_USD="9", stock="3")
    file = applied(text, may_count=False)
    assert [outcome for outcome, _told in lines(file)] == ["refused", "applied"]
    assert sorted(StockItem.objects.values_list("name", "on_hand")) == [("JUG", 3), ("MUG", 10)]


def test_who_keeps_no_shelves_does_not_say_when_they_are_low():
    make_product("mug", stock=10)
    file = applied(HEAD + row(sku="MUG", low_at="3", name="Big mug"), may_count=False)
    assert lines(file) == [("refused", "Low at: how a shelf is kept is said by those who keep it.")]
    assert (StockItem.objects.get().low_stock_threshold, Product.objects.get().name) == (5, "Mug")


def test_a_price_with_a_decimal_comma_is_read_as_meant():
    make_product("mug")
    applied(HEAD.replace(",", ";") + row(sku="MUG", price_USD="24.50").replace(",", ";").replace("24.50", "24,50"))
    assert price("MUG").now.amount == Decimal("24.50")


# --- once, whatever dies -------------------------------------------------------------------------


class WorkerDied(BaseException):
    """What no operation catches."""


def test_a_killed_worker_is_gone_on_after_and_nothing_is_applied_twice(monkeypatch):
    for n in range(4):
        make_product(f"mug-{n}", stock=10)
    file = taken(HEAD + "".join(row(sku=f"MUG-{n}", stock=str(5 + n), price_USD="30") for n in range(4)))
    merchandising.agree(file_id=file.pk, now=timezone.now())
    real, calls = merchandising._apply, []

    def dies_in_the_third(*args):
        calls.append(args)
        done = real(*args)
        if len(calls) == 3:
            raise WorkerDied
        return done

    monkeypatch.setattr(merchandising, "_apply", dies_in_the_third)
    with pytest.raises(WorkerDied):
        merchandising.work_off(file_id=file.pk, clock=timezone.now)
    assert [outcome for outcome, _told in lines(file)] == ["applied", "applied", "ready", "ready"]
    assert StockMovement.objects.filter(reason="counted").count() == 2
    monkeypatch.setattr(merchandising, "_apply", real)
    merchandising.work_off(file_id=file.pk, clock=timezone.now)
    merchandising.work_off(file_id=file.pk, clock=timezone.now)
    assert [outcome for outcome, _told in lines(file)] == ["applied"] * 4
    assert StockMovement.objects.filter(reason="counted").count() == 4
    assert PriceWindow.objects.filter(amount=30).count() == 4
    assert AuditEntry.objects.filter(action="catalogue.file").count() == 1
    assert audit.audit(now=timezone.now(), checks=audit.files.CHECKS)[0].breaches == []


def test_files_are_done_with_all_lines():
    """What the audit finds of a file that is called applied and is not."""
    make_product("mug", stock=10)
    file = taken(HEAD + row(sku="MUG", stock="8"))
    CatalogueFile.objects.update(state="done")
    (found,) = audit.audit(now=timezone.now(), checks=audit.files.CHECKS)
    assert found.breaches == [f"line 2 of file {file.pk} (done) is ready"]


def test_a_long_file_goes_on_in_another_job(monkeypatch):
    for n in range(3):
        make_product(f"mug-{n}", stock=10)
    file = taken(HEAD + "".join(row(sku=f"MUG-{n}", stock="5") for n in range(3)))
    moments = iter(range(100))
    monkeypatch.setattr(merchandising, "monotonic", lambda: float(next(moments)))
    monkeypatch.setattr(merchandising, "SECONDS", 1.5)
    merchandising.agree(file_id=file.pk, now=timezone.now())
    assert merchandising.work_off(file_id=file.pk, clock=timezone.now) is True
    assert [outcome for outcome, _told in lines(file)] == ["applied", "ready", "ready"]
    assert Job.objects.filter(task="merchandising.work_off", done_at=None).count() == 2
    work()
    assert merchandising.progress(file)["applied"] == 3


def test_a_stopped_file_waits_and_goes_on_when_told(owner):
    make_product("mug", stock=10)
    file = taken(HEAD + row(sku="MUG", stock="8"))
    owner.post(reverse("product:file_agree", args=[file.pk]))
    owner.post(reverse("product:file_stop", args=[file.pk]))
    work()
    assert StockItem.objects.get().on_hand == 10
    assert "Go on with 1 line" in owner.get(reverse("product:file", args=[file.pk])).content.decode()
    owner.post(reverse("product:file_agree", args=[file.pk]))
    work()
    assert StockItem.objects.get().on_hand == 8


def test_agreeing_twice_is_once_and_before_looking_is_refused():
    make_product("mug", stock=10)
    file = merchandising.take_file(
        name="x", content=(HEAD + row(sku="MUG", stock="8")).encode(), may_count=True, language="en", actor=ACTOR,
        now=timezone.now(),
    )  # fmt: skip
    with pytest.raises(merchandising.WrongState):
        merchandising.agree(file_id=file.pk, now=timezone.now())
    merchandising.name_columns(file_id=file.pk, columns={"sku": 3, "stock": 8}, now=timezone.now())
    work()
    for _twice in range(2):
        merchandising.agree(file_id=file.pk, now=timezone.now())
    work()
    assert StockMovement.objects.filter(reason="counted").count() == 1
    with pytest.raises(merchandising.WrongState):
        merchandising.name_columns(file_id=file.pk, columns={"sku": 3}, now=timezone.now())


def test_looking_at_many_lines_costs_what_one_does(django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for n in range(6):
        make_product(f"mug-{n}", stock=10)
    counts = []
    for many in (1, 6):
        file = merchandising.take_file(
            name="x",
            content=(HEAD + "".join(row(sku=f"MUG-{n}", stock="5", price_USD="30") for n in range(many))).encode(),
            may_count=True, language="en", actor=ACTOR, now=timezone.now(),
        )  # fmt: skip
        merchandising.name_columns(file_id=file.pk, columns={"sku": 3, "stock": 8, "price_USD": 5}, now=timezone.now())
        with CaptureQueriesContext(connection) as asked:
            merchandising.work_off(file_id=file.pk, clock=timezone.now)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_old_files_are_forgotten():
    make_product("mug", stock=10)
    file = taken(HEAD + row(sku="MUG", stock="8"))
    assert merchandising.delete_old(now=timezone.now()) == 0
    assert merchandising.delete_old(now=file.changed_at + merchandising.KEPT * 2) == 1
    assert not CatalogueLine.objects.exists()


# --- the desk ------------------------------------------------------------------------------------


def send(client: Client, content: bytes | str, name: str = "goods.csv"):
    content = content if isinstance(content, bytes) else content.encode()
    return client.post(reverse("product:files"), {"file": SimpleUploadedFile(name, content)}, follow=True)


def test_from_the_file_to_the_shop(owner):
    make_product("mug", stock=10)
    page = send(owner, "Article;Price USD;Our own remark\nMUG;26,00;x\n")
    form = page.context["form"]
    assert (form["sku"].value(), form["price_USD"].value(), form["stock"].value()) == ("0", "1", "")
    address = page.redirect_chain[-1][0]
    page = owner.post(address, {"sku": "0", "price_USD": "1"}, follow=True)
    assert '<meta http-equiv="refresh" content="3">' in page.content.decode()
    work()
    page = owner.get(address)
    html = page.content.decode()
    assert "http-equiv" not in html
    assert "USD: 24.00 → 26.00" in html
    assert "Apply 1 line" in html
    assert price("MUG").now.amount == 24
    owner.post(address + "agree/")
    work()
    assert price("MUG").now.amount == 26
    assert "applied" in owner.get(address, {"show": "applied"}).content.decode()


@pytest.mark.parametrize(
    ("columns", "field"),
    [({"sku": "0", "code": "0"}, "sku"), ({"stock": "1"}, "sku"), ({"sku": "99"}, "sku")],
)
def test_columns_named_wrongly_are_said(owner, columns, field):
    make_product("mug", stock=10)
    page = send(owner, "sku,stock\nMUG,8\n")
    response = owner.post(page.redirect_chain[-1][0], columns)
    assert field in response.context["form"].errors
    assert CatalogueFile.objects.get().state == "mapping"


@pytest.mark.parametrize(
    ("content", "why"), [(b"sku\n", "no row"), (b"\xff\xfe", "no text"), (b"PK\x03\x04", "cannot be read")]
)
def test_files_that_are_no_table_are_refused(owner, content, why):
    page = send(owner, content)
    assert why in str(page.context["form"].errors["file"])
    assert not CatalogueFile.objects.exists()


def test_what_was_refused_comes_back_without_formulas(owner):
    file = taken("sku,stock\n=1+1,8\n")
    text = b"".join(owner.get(reverse("product:file_refused", args=[file.pk])).streaming_content).decode()
    assert text.splitlines()[0] == "sku,stock,why"
    assert text.splitlines()[1].startswith("'=1+1,8,")


def test_words_of_a_file_run_nowhere(owner):
    file = taken(HEAD + row(sku="<script>alert(1)</script>", name="<b>x</b>"))
    html = owner.get(reverse("product:file", args=[file.pk])).content.decode()
    assert "&LT;SCRIPT&GT;" in html.upper()
    assert "<SCRIPT>ALERT" not in html.upper()


def test_who_keeps_no_shelves_has_no_file_applied_that_counts_them(client):
    make_product("mug", stock=10)
    file = taken(HEAD + row(sku="MUG", stock="8"), may_count=True)
    client.force_login(make_staff("Merchandiser"))
    assert "Apply 1 line" not in client.get(reverse("product:file", args=[file.pk])).content.decode()
    client.post(reverse("product:file", args=[file.pk]), {"sku": "3", "stock": "8"})
    client.post(reverse("product:file_agree", args=[file.pk]))
    work()
    assert (StockItem.objects.get().on_hand, CatalogueFile.objects.get().state) == (10, "checked")


def test_who_sets_no_prices_has_no_file_applied_that_does(client):
    make_product("mug", stock=10)
    file = taken(HEAD + row(sku="MUG", price_USD="30"), may_count=False)
    person = make_staff("Merchandiser")
    person.groups.get().permissions.filter(codename="add_pricewindow").get().group_set.clear()
    client.force_login(person)
    assert "Apply 1 line" not in client.get(reverse("product:file", args=[file.pk])).content.decode()
    client.post(reverse("product:file_agree", args=[file.pk]))
    file.refresh_from_db()
    assert file.state == "checked"


@pytest.mark.parametrize(
    ("role", "may"),
    [("Owner", True), ("Merchandiser", True), ("Editor", False), ("Fulfilment", False), ("Finance", False)],
)
def test_roles(client, role, may):
    make_product("mug", stock=10)
    file = taken(HEAD + row(sku="MUG", price_USD="30"), may_count=False)
    client.force_login(make_staff(role))
    for name, args in (("files", []), ("file", [file.pk]), ("file_refused", [file.pk])):
        assert (client.get(reverse(f"product:{name}", args=args)).status_code == 200) is may
    client.post(reverse("product:file_agree", args=[file.pk]))
    file.refresh_from_db()
    assert (file.state == "applying") is may


# --- what goes out -------------------------------------------------------------------------------


def exported(client: Client, **asked) -> list[dict[str, str]]:
    response = client.get(reverse("product:index"), {"export": "csv", **asked})
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))


def test_the_catalogue_goes_out_and_comes_back_as_it_was(owner):
    product = make_product(
        "mug", variants=[{"colour": "indigo"}], prices={"USD": "24.00", "IDR": "380000"}, cost_price=Decimal("9.20")
    )
    Product.objects.filter(pk=product.pk).update(name="=HYPERLINK(1)", brand=Brand.objects.create(name="-B", slug="b"))
    AttributeValue.objects.filter(slug="indigo").update(name="Deep indigo")
    make_product("plain", stock=0)
    (mug, plain) = sorted(exported(owner), key=lambda one: one["code"])
    assert (mug["name"], mug["brand"], mug["options"]) == ("'=HYPERLINK(1)", "'-B", "colour=indigo")
    assert (mug["price_USD"], mug["compare_USD"], mug["price_IDR"], mug["stock"]) == ("24.00", "", "380000", "10")
    assert (plain["price_IDR"], plain["cost_price"], plain["active"]) == ("", "", "yes")
    content = b"".join(owner.get(reverse("product:index"), {"export": "csv"}).streaming_content)
    assert lines(taken(content.decode())) == [("same", ""), ("same", "")]
    book = b"".join(owner.get(reverse("product:index"), {"export": "xlsx"}).streaming_content)
    sheet = load_workbook(io.BytesIO(book)).active
    names = [cell.value for cell in sheet[1]]
    row_of_mug = next(cells for cells in sheet.iter_rows(min_row=2) if cells[0].value == "mug")
    assert row_of_mug[names.index("name")].data_type == "s"
    assert row_of_mug[names.index("price_USD")].value == 24


def test_only_what_the_filters_leave_goes_out(owner):
    make_product("mug")
    make_product("cup", stock=0)
    assert [one["code"] for one in exported(owner, stock="out")] == ["cup"]


def test_what_things_cost_us_is_not_for_everybody(client):
    make_product("mug", cost_price=Decimal("9.20"))
    client.force_login(make_staff("Editor"))
    assert "cost_price" not in exported(client)[0]
    client.force_login(make_staff("Finance"))
    assert exported(client)[0]["cost_price"] == "9.20"


def test_many_products_go_out_with_the_statements_of_one(owner, django_assert_max_num_queries):
    for n in range(5):
        make_product(f"mug-{n}", variants=[{"colour": "indigo"}, {"colour": "moss"}])
    with django_assert_max_num_queries(16):
        assert len(exported(owner)) == 10
