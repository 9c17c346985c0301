from collections.abc import Callable

import pytest

from shop.catalogue.models import Variant


@pytest.fixture
def ordered() -> Callable[[Variant], None]:
    """Have somebody order the variant, as checkout does."""
    from tests.checkout.world import fill_cart, open_shop, place

    def order(variant: Variant) -> None:
        from tests.factories import make_product_page

        open_shop()
        make_product_page(variant.product)
        place(fill_cart(variant))

    return order
