"""What a wishlist refuses, in words of the domain; `shop.wishlist.answers.say` makes sentences of them."""


class WishlistError(Exception):
    """Base of what a wishlist refuses; `code` is the word of the JSON answers."""

    code = "wishlist_changed"


class NotFound(WishlistError):
    """No such thing for sale, or not in this list."""

    code = "not_found"


class Full(WishlistError):
    """It holds `maximum` things already."""

    code = "wishlist_full"

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum)
        self.maximum = maximum


class InStock(WishlistError):
    """It can be had now: nothing to wait for."""

    code = "in_stock"


class LinkOver(WishlistError):
    """Not a link that we made, or its time is over."""
