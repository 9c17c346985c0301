"""Publishing, reverting, copying, translating and deleting pages never touches what is for sale."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from shop.catalogue import operations as catalogue
from shop.catalogue.listing import sellable
from shop.catalogue.models import Placement, PriceWindow, Product, Variant
from shop.customers.models import User
from shop.inventory import operations as inventory
from shop.inventory.models import StockItem, StockMovement
from shop.storefront import operations as storefront
from shop.storefront.pages import CategoryPage, ProductPage
from tests.factories import (
    ACTOR,
    NOW,
    make_category,
    make_category_page,
    make_locale,
    make_product,
    make_product_page,
    make_shop_page,
    make_staff,
)

pytestmark = pytest.mark.django_db


def commerce() -> dict[str, Any]:
    """Every fact that no page may touch."""
    return {
        "products": list(Product.objects.order_by("pk").values()),
        "variants": list(Variant.objects.order_by("pk").values()),
        "prices": list(PriceWindow.objects.order_by("pk").values()),
        "stock": list(StockItem.objects.order_by("pk").values()),
        "movements": list(StockMovement.objects.order_by("pk").values()),
        "placements": list(Placement.objects.order_by("pk").values()),
    }


def trade(product: Product) -> None:
    """What happens while a draft lies in a drawer: a new price, units sold and received, another shelf."""
    variant = product.variants.get()
    who = {"actor": ACTOR, "now": NOW + timedelta(days=1)}
    catalogue.set_price(variant=variant, currency="USD", amount=Decimal("99.00"), **who)
    inventory.receive(stock_item=variant.stock_item, quantity=40, **who)
    catalogue.place_in_category(product=product, category=make_category("gifts"), **who)


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(make_staff("Owner"))
    return client


def form_of(page: ProductPage, **changes: Any) -> dict[str, Any]:
    """What the page editor sends."""
    data = {
        "title": page.title,
        "slug": page.slug,
        "product": page.product_id,
        "summary": page.summary,
        "story": streamfield([]),
        "specs": streamfield([]),
        "faq": streamfield([]),
        "photos": inline_formset([]),
        "picks": inline_formset([]),
        "comments": inline_formset([]),
        "seo_title": "",
        "search_description": "",
    }
    return nested_form_data(data | changes)


# --- revisions -----------------------------------------------------------------------------------


def test_publishing_an_older_draft_changes_only_words():
    page = make_product_page()
    old = page.save_revision()
    trade(page.product)
    before = commerce()
    page.title = "New words"
    page.save_revision().publish()
    old.publish()
    assert commerce() == before


def test_autosaved_drafts_write_neither_price_nor_stock(editor):
    page = make_product_page()
    trade(page.product)
    before = commerce()
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    response = editor.post(address, form_of(page, title="Half a tho"), headers={"Accept": "application/json"})
    assert response.json()["success"] is True
    assert ProductPage.objects.get().title == page.title
    assert commerce() == before


def test_reverting_in_the_admin_changes_only_words(editor):
    page = make_product_page(summary="First words")
    first = page.save_revision()
    first.publish()
    trade(page.product)
    page.summary = "Second words"
    page.save_revision().publish()
    before = commerce()
    data = form_of(page, summary="First words", revision=first.pk) | {"action-publish": "1"}
    response = editor.post(reverse("wagtailadmin_pages:edit", args=[page.pk]), data)
    assert response.status_code == 302
    assert ProductPage.objects.get().summary == "First words"
    assert commerce() == before


def test_a_draft_of_a_page_that_was_never_live_is_not_for_sale():
    page = make_product_page(live=False)
    page.title = "Still thinking"
    page.save_revision()
    assert not sellable(NOW, "USD").exists()


def test_a_page_that_is_private_is_not_for_sale():
    page = make_product_page()
    assert sellable(NOW, "USD").exists()
    PageViewRestriction.objects.create(page=page.get_parent(), restriction_type="login")
    assert not sellable(NOW, "USD").exists()


def test_unpublishing_takes_it_off_sale_and_keeps_everything():
    page = make_product_page()
    before = commerce()
    page.unpublish()
    assert not sellable(NOW, "USD").exists()
    assert commerce() == before


# --- copies ---------------------------------------------------------------------------------------


def test_a_copy_asks_for_its_product_anew_and_doubles_no_stock(editor):
    page = make_product_page()
    before = commerce()
    data = {"new_title": "Copy", "new_slug": "copy", "new_parent_page": page.get_parent().pk, "publish_copies": "1"}
    response = editor.post(reverse("wagtailadmin_pages:copy", args=[page.pk]), data)
    copy = ProductPage.objects.get(slug="copy")
    assert response.status_code == 302
    assert (copy.product, copy.live) == (None, False)
    assert copy.get_latest_revision_as_object().product is None
    assert commerce() == before


def test_copying_a_category_with_its_products_copies_only_pages():
    page = make_product_page()
    category_page = page.get_parent().specific
    before = commerce()
    copy = category_page.copy(recursive=True, update_attrs={"slug": "ceramics-2", "title": "Again"})
    assert (copy.category, copy.live) == (None, False)
    assert copy.get_children().specific().get().product is None
    assert commerce() == before


def test_a_translation_is_about_the_same_product():
    page = make_product_page()
    before = commerce()
    translated = page.copy_for_translation(make_locale("id"), copy_parents=True)
    assert (translated.product, translated.language, translated.live) == (page.product, "id", False)
    assert translated.get_latest_revision_as_object().product == page.product
    translated.get_latest_revision().publish()
    assert ProductPage.objects.filter(product=page.product, live=True).count() == 2
    assert commerce() == before


def test_translating_in_the_admin_keeps_the_product(editor):
    User.objects.update(is_superuser=True)
    page = make_product_page()
    locale = make_locale("id")
    address = reverse("simple_translation:submit_page_translation", args=[page.pk])
    parents = [
        parent.copy_for_translation(locale) for parent in Page.objects.get(pk=page.pk).get_ancestors().specific()[1:]
    ]
    response = editor.post(address, {"locales": [locale.pk]})
    assert response.status_code == 302
    assert len(parents) == 3
    assert ProductPage.objects.get(language="id").product == page.product


def test_an_alias_shows_the_product_of_its_source_and_follows_it():
    page = make_product_page()
    before = commerce()
    gifts = make_category_page(make_category("gifts"))
    alias = page.create_alias(parent=gifts)
    assert (alias.product, alias.shown(), alias.live) == (None, page.product, True)
    page.title = "New words"
    page.save_revision().publish()
    alias = ProductPage.objects.get(pk=alias.pk)
    assert (alias.title, alias.product, alias.shown()) == ("New words", None, page.product)
    assert commerce() | {"placements": []} == before | {"placements": []}


# --- one page per product and language --------------------------------------------------------------


def test_a_second_page_for_a_product_is_refused_with_the_name_of_the_first():
    page = make_product_page(title="Tide Mug")
    second = ProductPage(title="Again", slug="again", product=page.product, locale=page.locale)
    with pytest.raises(ValidationError) as refusal:
        page.get_parent().add_child(instance=second)
    assert "Tide Mug" in refusal.value.message_dict["product"][0]


def test_the_editor_says_so_beside_the_field(editor):
    page = make_product_page(title="Tide Mug")
    other = make_product_page(make_product("bowl"), live=False)
    data = form_of(other, product=page.product_id)
    response = editor.post(reverse("wagtailadmin_pages:edit", args=[other.pk]), data)
    assert "Tide Mug" in response.context["form"].errors["product"][0]


def test_a_draft_needs_no_product_but_publishing_does(editor):
    page = make_product_page(live=False)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert editor.post(address, form_of(page, product="")).status_code == 302
    response = editor.post(address, form_of(page, product="") | {"action-publish": "1"})
    assert response.context["form"].errors["product"]
    assert not ProductPage.objects.get(pk=page.pk).live


def test_publishing_needs_words_for_each_photograph(editor):
    page = make_product_page(live=False, photos=1)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    photo = {"id": page.photos.get().pk, "image": page.photos.get().image_id, "alt": "", "ORDER": 1}
    photos = inline_formset([photo], initial=1)
    assert editor.post(address, form_of(page, photos=photos)).status_code == 302
    response = editor.post(address, form_of(page, photos=photos) | {"action-publish": "1"})
    assert response.context["form"].formsets["photos"].errors[0]["alt"]


# --- time, tree and catalogue ------------------------------------------------------------------------


def test_one_scheduled_page_that_fails_holds_up_no_other(monkeypatch):
    soon = timezone.now() + timedelta(minutes=5)
    pages = [make_product_page(make_product(code), live=False) for code in ("bad", "good")]
    for page in pages:
        page.go_live_at = soon
        page.save_revision().publish()
    keep = ProductPage.full_clean

    def fail_for_bad(page: ProductPage, *args: Any, **kwargs: Any) -> None:
        if page.slug == "bad":
            raise ValidationError("broken")
        keep(page, *args, **kwargs)

    monkeypatch.setattr(ProductPage, "full_clean", fail_for_bad)
    monkeypatch.setattr(timezone, "now", lambda: soon + timedelta(minutes=1))
    before = commerce()
    assert storefront.publish_scheduled(now=timezone.now()) == (1, 1)
    assert list(ProductPage.objects.filter(live=True)) == [pages[1]]
    assert commerce() == before


def test_a_page_whose_time_is_over_goes_off_sale():
    page = make_product_page()
    ProductPage.objects.update(expire_at=NOW)
    assert storefront.publish_scheduled(now=NOW + timedelta(minutes=1)) == (1, 0)
    assert not ProductPage.objects.get(pk=page.pk).live


def test_deleting_a_category_page_deletes_no_product():
    page = make_product_page()
    before = commerce()
    page.get_parent().specific.delete()
    assert not ProductPage.objects.exists()
    assert commerce() == before


def test_pages_follow_the_home_of_their_product():
    page = make_product_page()
    kitchen = make_category("kitchen")
    kitchen_page = make_category_page(kitchen)
    catalogue.place_in_category(product=page.product, category=kitchen, home=True, actor=ACTOR, now=NOW)
    assert storefront.follow_home(product_id=page.product_id) == 1
    moved = ProductPage.objects.get(pk=page.pk)
    assert moved.is_child_of(kitchen_page)
    assert moved.url_path.endswith("/kitchen/mug/")
    assert storefront.follow_home(product_id=page.product_id) == 0


def test_a_page_without_slug_takes_the_products_code():
    product = make_product("tide-mug")
    page = ProductPage(title="Krus pasang surut", product=product)
    make_category_page().add_child(instance=page)
    assert page.slug == "tide-mug"


def test_category_pages_nest_and_one_category_has_one_page():
    ceramics = make_category_page(make_category("ceramics"))
    cups = make_category("cups", parent=ceramics.category)
    assert make_category_page(cups, parent=ceramics).url_path.endswith("/shop/ceramics/cups/")
    with pytest.raises(ValidationError):
        make_shop_page().add_child(instance=CategoryPage(title="Again", slug="again", category=cups))
