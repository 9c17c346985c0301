"""Products and variants change through operations that refuse what must not be."""

from decimal import Decimal

import pytest

from shop.catalogue import operations as catalogue
from shop.catalogue.models import Placement, Product, Variant
from shop.outbox.models import AuditEntry, Job
from tests.factories import ACTOR, NOW, make_category, make_product, make_tax_class, make_value, make_variant

pytestmark = pytest.mark.django_db

WHO = {"actor": ACTOR, "now": NOW}


def test_a_new_product_stands_in_its_home_and_the_other_categories():
    home, gifts = make_category("ceramics"), make_category("gifts")
    product = catalogue.create_product(
        code="mug", name="Mug", tax_class=make_tax_class(), category=home, categories=[gifts], **WHO
    )
    assert set(product.categories.all()) == {home, gifts}
    assert AuditEntry.objects.get().action == "product.create"


def test_it_refuses_a_code_that_is_taken():
    make_product("mug")
    with pytest.raises(catalogue.CodeTaken):
        catalogue.create_product(code="mug", name="Other", tax_class=make_tax_class(), category=make_category(), **WHO)
    assert Product.objects.count() == 1


def test_a_new_variant_has_a_shelf_with_what_was_received_and_its_price():
    variant = make_product("mug", prices={"USD": "24.00"}, stock=7).variants.get()
    assert variant.stock_item.on_hand == 7
    assert variant.stock_item.movements.get().delta == 7
    assert variant.prices.get().amount == Decimal("24.00")


def test_it_refuses_a_sku_that_differs_only_in_capitals():
    make_product("mug")
    other = make_product("cup")
    with pytest.raises(catalogue.SkuTaken):
        make_variant(other, sku="mug")
    assert Variant.objects.count() == 2


def test_it_refuses_the_same_combination_twice_and_leaves_no_shelf_behind():
    product = make_product("mug", variants=[{"colour": "indigo"}])
    with pytest.raises(catalogue.CombinationTaken):
        make_variant(product, {"colour": "indigo"}, sku="ANOTHER")
    assert product.variants.count() == 1
    assert Variant.objects.get().stock_item.__class__.objects.count() == 1


@pytest.mark.parametrize("options", [{}, {"colour": "indigo"}, {"colour": "indigo", "shape": "round"}])
def test_it_refuses_a_combination_that_is_not_whole(options):
    product = make_product("mug", variants=[{"colour": "sand", "size": "big"}])
    with pytest.raises(catalogue.CombinationIncomplete):
        make_variant(product, options, sku="HALF")


def test_options_are_fixed_once_there_are_variants():
    product = make_product("mug", variants=[{"colour": "indigo"}])
    size = make_value("size", "big").attribute
    with pytest.raises(catalogue.OptionsAreFixed):
        catalogue.change_product(product=product, options=[size], **WHO)


def test_the_sku_changes_until_it_has_been_ordered(ordered):
    variant = make_product("mug").variants.get()
    variant = catalogue.change_variant(variant=variant, sku="CUP", **WHO)
    ordered(variant)
    with pytest.raises(catalogue.SkuIsFixed):
        catalogue.change_variant(variant=Variant.objects.get(), sku="BOWL", **WHO)
    assert Variant.objects.get().sku == "CUP"


def test_a_variant_takes_another_combination_and_the_audit_says_so():
    product = make_product("mug", variants=[{"colour": "indigo"}])
    variant = product.variants.get()
    moss = make_value("colour", "moss")
    changed = catalogue.change_variant(variant=variant, values=[moss], weight_g=380, **WHO)
    assert list(changed.values.all()) == [moss]
    assert changed.combination == str(moss.pk)
    assert AuditEntry.objects.filter(action="variant.change").get().after["weight_g"] == "380"


def test_a_new_home_is_a_placement_too_and_has_the_pages_follow():
    product, kitchen = make_product("mug"), make_category("kitchen")
    catalogue.place_in_category(product=product, category=kitchen, home=True, **WHO)
    product.refresh_from_db()
    assert product.category == kitchen
    assert product.placements.filter(category=kitchen).exists()
    assert Job.objects.get().task == "storefront.follow_home"


def test_its_home_cannot_be_taken_away():
    product = make_product("mug")
    with pytest.raises(catalogue.HomeShelfStays):
        catalogue.take_from_category(product=product, category=product.category, **WHO)
    assert Placement.objects.count() == 1


def test_retiring_keeps_the_rows():
    product = make_product("mug")
    catalogue.set_lifecycle(product=product, lifecycle="discontinued", **WHO)
    product.refresh_from_db()
    assert product.lifecycle == Product.Lifecycle.DISCONTINUED
    assert product.variants.count() == 1
