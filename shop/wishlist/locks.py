"""The one place that locks wishlists and asks. After the cart, where both are changed."""

from collections.abc import Collection

from shop.wishlist.models import StockAsk, Wishlist


def lock_wishlist(pk: int) -> Wishlist:
    """The wishlist, locked until the transaction ends. Raises Wishlist.DoesNotExist."""
    return Wishlist.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)


def lock_waiting(variant_ids: Collection[int], limit: int) -> list[StockAsk]:
    """Confirmed asks for these variants that nobody has told yet, in order of asking. Those that another worker is telling
    at this moment are not among them."""
    waiting = StockAsk.objects.filter(variant__in=variant_ids, confirmed_at__isnull=False, told_at__isnull=True)
    return list(waiting.select_for_update(no_key=True, of=("self",), skip_locked=True).order_by("pk")[:limit])
