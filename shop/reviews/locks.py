"""The one place that locks reviews."""

from shop.reviews.models import Review


def lock_review(pk: int) -> Review:
    """The review, locked until the transaction ends and read under that lock. Raises Review.DoesNotExist."""
    return Review.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
