"""The statements of what goes with products, best first; see `recommendations`, which says what it means."""

from collections.abc import Collection
from typing import Any

MOST_OTHERS = 12  # of what is bought together with a product
CURATED, TOGETHER, SHELF = 1, 2, 3

# Chosen by editors, and what is bought together. It changes with the edition: see `recommendations.gather`.
CHOSEN = f"""
    SELECT page.product_id, {CURATED}::bigint AS source, pick.sort_order::bigint AS place
      FROM shop_productpick pick
      JOIN shop_productpage page ON page.page_ptr_id = pick.other_id
     WHERE pick.page_id = ANY(%(pages)s::bigint[])
    UNION ALL
    (SELECT other_id, {TOGETHER}, -sum(orders)::bigint FROM shop_boughttogether
      WHERE product_id = ANY(%(products)s::bigint[])
      GROUP BY other_id ORDER BY 3, 1 LIMIT {MOST_OTHERS})
"""  # noqa: S608 - constants of ours

# {product, card, [source, place]}: the recommended, best first. %(pages)s choose, %(products)s are what they go with,
# %(but)s are left out.
RECOMMENDED = f"""
    WITH chosen AS ({CHOSEN})
    SELECT r.product_id, r.card, best.why
      FROM (SELECT product_id, min(ARRAY[source, place]) AS why
              FROM (SELECT product_id, source, place FROM chosen
                    UNION ALL
                    (SELECT listed.product_id, {SHELF}, near.rank
                       FROM (SELECT DISTINCT category_id FROM shop_product WHERE id = ANY(%(products)s::bigint[])) home
                       JOIN shop_assortment shelf ON shelf.kind = 'category' AND shelf.ref = home.category_id
                        AND shelf.language = %(language)s AND shelf.currency = %(currency)s
                      CROSS JOIN LATERAL (SELECT row_id, rank FROM shop_assortmententry
                                           WHERE assortment_id = shelf.id AND NOT sold_out
                                           ORDER BY sold_out, rank, row_id
                                           LIMIT %(near)s + (SELECT count(*) FROM chosen)) near
                       JOIN shop_listingrow listed ON listed.id = near.row_id)
                   ) candidate
             WHERE product_id <> ALL(%(but)s::bigint[])
             GROUP BY product_id) best
      JOIN shop_listingrow r ON r.product_id = best.product_id
       AND r.language = %(language)s AND r.currency = %(currency)s AND NOT r.sold_out
     ORDER BY best.why, r.id LIMIT %(limit)s
"""  # noqa: S608 - constants of ours

# Ids of the products that are recommended, or would be if they could be bought.
CANDIDATES = f"""
    ARRAY(SELECT product_id FROM ({RECOMMENDED}) shown UNION SELECT product_id FROM ({CHOSEN}) chosen)
"""  # noqa: S608 - constants of ours


def values(
    *,
    pages: Collection[int],
    products: Collection[int],
    but: Collection[int] = (),
    limit: int,
    currency: str,
    language: str,
) -> dict[str, Any]:
    """What RECOMMENDED asks for. From each shelf come as many as are needed when those left out, and those that are
    chosen in other ways, stand on it as well.
    """
    left_out = [*products, *but]
    return {
        "pages": list(pages),
        "products": list(products),
        "but": left_out,
        "near": limit + len(left_out),
        "limit": limit,
        "currency": currency,
        "language": language,
    }
