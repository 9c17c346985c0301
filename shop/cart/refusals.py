"""What a cart refuses, in words of the domain; `shop.cart.views.say` makes sentences of them."""

from shop.cart.listing import Notice


class CartError(Exception):
    """Base of what a cart refuses; `code` is the word of the JSON answers."""

    code = "cart_changed"


class NotFound(CartError):
    """No such thing for sale, or no such line in this cart."""

    code = "not_found"


class OutOfStock(CartError):
    code = "out_of_stock"


class InsufficientStock(CartError):
    """Fewer are left than were asked for; `available` says how many."""

    code = "insufficient_stock"

    def __init__(self, available: int) -> None:
        super().__init__(available)
        self.available = available


class CouponRefused(CartError):
    """The code does not count; `notice` says why, and what would help."""

    def __init__(self, notice: Notice) -> None:
        super().__init__(notice.text)
        self.code, self.notice = notice.code, notice


class InvalidQuantity(CartError):
    """Not a whole number from 1 to `maximum`."""

    code = "invalid_quantity"

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum)
        self.maximum = maximum
