"""Who belongs to a collection, as it is kept and as it is computed anew."""

from shop.audit.books import Books
from shop.catalogue.models import Collection, CollectionMember
from shop.outbox.models import Stale
from shop.storefront import collections


def members_equal_a_fresh_computation(books: Books) -> list[str]:
    """Who is kept as a member of a collection is who its rules, pins and never list give now.

    While notes of what is out of date wait to be acted on, the members may lag behind: then nothing is compared.
    """
    if Stale.objects.filter(due_at__lte=books.now).exists():
        return []
    found = []
    for collection in Collection.objects.order_by("pk"):
        fresh = set(collections.members(collection, books.now)) if collection.active else set()
        rows = CollectionMember.objects.filter(collection=collection).values_list("product_id", "pinned", "position")
        kept = {collections.Member(*row) for row in rows}
        found += [
            f"collection {collection.slug}: product {pk} is not as it should be" for pk in _products(fresh ^ kept)
        ]
    return found


def _products(members: set[collections.Member]) -> list[int]:
    return sorted({member.product_id for member in members})


def never_is_never(books: Books) -> list[str]:
    """Nothing on the never list of a collection is a member of it."""
    return books.breaches(
        "collection {}: product {} is on the never list and is a member",
        """
        SELECT c.slug, m.product_id
          FROM shop_collectionmember m
          JOIN shop_collectionchoice n ON n.collection_id = m.collection_id AND n.product_id = m.product_id AND n.never
          JOIN shop_collection c ON c.id = m.collection_id
         ORDER BY m.collection_id, m.product_id
        """,
    )


CHECKS = [members_equal_a_fresh_computation, never_is_never]
