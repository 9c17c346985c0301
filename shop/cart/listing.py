"""The cart as its owner sees it now: lines with words, pictures and today's prices, and what has changed meanwhile."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.cart import reads
from shop.cart.models import AsideLine, Cart
from shop.cart.pricing import Item, LineTotal, Totals, price_cart, weight_of
from shop.cart.reads import IN_CART, WANTED, Row
from shop.catalogue.models import Picture, Variant
from shop.catalogue.pricing import Price, prices_at
from shop.delivery.pricing import DeliveryTerms, TaxTerms, Terms, pickups, tax_for, terms_for
from shop.inventory.models import StockItem
from shop.money import Money, format_money
from shop.promotions import listing as promotions
from shop.promotions import words
from shop.promotions.listing import NOBODY, Customer
from shop.promotions.models import Promotion
from shop.promotions.pricing import GONE, Offer, Reason, Verdict, WhyNot, judge

SAVED, REMOVED, DROPPED, WISHED = (AsideLine.Kind[name] for name in ("SAVED", "REMOVED", "DROPPED", "WISHED"))


@dataclass(frozen=True)
class Notice:
    """Something that changed, in words. `blocks`: it must be settled before the cart can be ordered."""

    code: str
    text: str
    blocks: bool

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class LineView:
    """A line of the cart, or of what is put aside. `unit_price` is None when the thing is not for sale any more.

    `page_id`: of the page that shows it, 0 when nobody may see one.
    """

    id: int
    variant: Variant
    sku: str
    title: str
    options: str
    url: str
    image: Picture | None
    quantity: int
    unit_price: Money | None
    was: Money | None
    total: Money | None
    available: int | None
    notice: Notice | None
    origin: dict
    page_id: int = 0

    @property
    def was_total(self) -> Money | None:
        return None if self.was is None else self.was * self.quantity

    @property
    def lead_days(self) -> int:
        """Days that making it takes; zero while the shelf has enough of it."""
        stock = self.variant.stock_item
        waits = stock.policy == StockItem.Policy.BACKORDER and self.quantity > stock.available
        return (stock.lead_days or 0) if waits else 0

    @property
    def max(self) -> int:
        """The most that this line may hold now; what it holds already may be more, and may shrink."""
        most = settings.MAX_LINE_QUANTITY
        return most if self.available is None else max(min(most, self.available), self.quantity)

    @property
    def can_be_had(self) -> bool:
        return self.unit_price is not None and self.variant.stock_item.can_supply(1)


@dataclass(frozen=True)
class CouponView:
    """The cart's code. `counts`: it takes something off now; else `why_not` says what would help."""

    code: str
    why_not: WhyNot | None

    @property
    def counts(self) -> bool:
        return self.why_not is None

    @property
    def notice(self) -> Notice | None:
        if self.why_not is None:
            return None
        code = "coupon_invalid" if self.why_not.reason in GONE else "coupon_not_applicable"
        return Notice(code, words.say(self.why_not), blocks=False)


@dataclass(frozen=True)
class CartView:
    """`ways`: by which it can be delivered, or collected; the totals are those of one of them. `country`: where to.

    `saved` for later, `removed` a moment ago (`wished`: onto the wishlist): no part of the cart. `invitations`: what an
    automatic promotion is short of, in words.
    """

    cart: Cart | None
    currency: str
    lines: tuple[LineView, ...]
    totals: Totals
    country: str
    ways: tuple[DeliveryTerms, ...] = ()
    coupon: CouponView | None = None
    invitations: tuple[str, ...] = ()
    saved: tuple[LineView, ...] = ()
    removed: tuple[LineView, ...] = ()
    wished: bool = False

    @property
    def count(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def lead_days(self) -> int:
        """Days until the last thing of it is made; zero when all of it lies on the shelf."""
        return max((line.lead_days for line in self.lines), default=0)

    @property
    def notices(self) -> list[Notice]:
        said = [line.notice for line in self.lines if line.notice]
        return [*said, self.coupon.notice] if self.coupon and self.coupon.notice else said

    @property
    def is_blocked(self) -> bool:
        """Whether something must be settled before this can be ordered."""
        return any(notice.blocks for notice in self.notices)


@dataclass(frozen=True)
class Contents:
    """All that was read to show a cart at an instant. `offers` are for what is in it, put aside or wanted."""

    cart: Cart | None
    currency: str
    rows: tuple[Row, ...] = ()
    offers: tuple[Offer, ...] = ()
    code: str = ""

    def of(self, *kinds: str) -> list[Row]:
        return [row for row in self.rows if row.kind in kinds]

    @property
    def count(self) -> int:
        return sum(row.quantity for row in self.of(IN_CART))

    @cached_property
    def prices(self) -> dict[int, Price]:
        """{variant id: Price} that is charged, for what is for sale."""
        found = {row.variant.pk: row.price for row in self.rows if row.price}
        product_of = {row.variant.pk: row.variant.product_id for row in self.rows}
        return promotions.reduce_prices(found, product_of, self.offers)

    def wanted(self, sku: str) -> Row | None:
        """What is for sale under that SKU."""
        same = (row for row in self.of(WANTED) if row.variant.sku.lower() == sku.lower())
        return next((row for row in same if row.price), None)

    def held(self, variant: Variant) -> Row | None:
        return next((row for row in self.of(IN_CART) if row.variant.pk == variant.pk), None)

    def put(self, row: Row) -> "Contents":
        """With `row` in the cart, in place of the line that it had for the same variant."""
        had = self.held(row.variant)
        rows = [row if other is had else other for other in self.rows]
        return replace(self, rows=tuple(rows if had else [*rows, row]))


def contents(
    cart: Cart | None,
    *,
    now: datetime,
    language: str,
    currency: str = "",
    customer: Customer = NOBODY,
    code: str | None = None,
    skus: Collection[str] = (),
) -> Contents:
    """What `cart` holds at `now`, and the goods named by `skus` beside it. Two statements; see `look` for the rest."""
    if cart is None:
        return Contents(None, currency, code=code or "")
    code = cart.coupon_code if code is None else code
    undo_from = now - timedelta(minutes=settings.CART_UNDO_MINUTES)
    rows = reads.rows(cart, at=now, undo_from=undo_from, language=language, skus=skus)
    product_of = {row.variant.pk: row.variant.product_id for row in rows}
    offers = running_offers(product_of, currency=cart.currency, at=now, code=code, customer=customer)
    return Contents(cart, cart.currency, tuple(rows), tuple(offers), code)


def look(
    cart: Cart | None,
    *,
    now: datetime,
    language: str,
    currency: str = "",
    country: str = "",
    region: str = "",
    collect: bool = False,
    delivery_code: str = "",
    customer: Customer = NOBODY,
    code: str | None = None,
) -> CartView:
    """The cart at `now`. Without a `country` delivery and tax are an estimate for the currency's home country.

    `collect`: it is fetched from us, so that the tax is that of our own place.

    `customer`: whose uses of promotions count, as far as is known. `code`: as if the cart had this code instead of its own.
    """
    found = contents(cart, now=now, language=language, currency=currency, customer=customer, code=code)
    return view(found, country=country, region=region, collect=collect, delivery_code=delivery_code)


def view(
    found: Contents, *, country: str = "", region: str = "", collect: bool = False, delivery_code: str = ""
) -> CartView:
    """The cart with its totals."""
    currency, offers = found.currency, list(found.offers)
    country = country or settings.HOME_COUNTRY[currency]
    lines, saved, removed = (
        tuple(_line(row, found.prices.get(row.variant.pk)) for row in found.of(*kinds))
        for kinds in ([IN_CART], [SAVED], AsideLine.UNDONE)
    )
    items = [item_of(line.variant, line.quantity, line.unit_price) for line in lines if line.unit_price is not None]
    terms = terms_of(items, currency=currency, country=country, region=region, collect=collect)
    totals, verdict = add_up(items, offers, currency=currency, terms=terms, delivery_code=delivery_code)
    invitations = tuple(filter(None, [words.invite(why) for why in verdict.why_nots if not why.code]))
    coupon = _coupon(found.code, totals, verdict)
    wished = bool(found.of(WISHED))
    return CartView(
        found.cart, currency, lines, totals, country, terms.ways, coupon, invitations, saved, removed, wished
    )


def running_offers(
    product_of: Mapping[int, int], *, currency: str, at: datetime, code: str = "", customer: Customer = NOBODY
) -> list[Offer]:
    """All that may make these things cheaper at `at`; nothing, and no query, for an empty cart."""
    if not product_of:
        return []
    kinds = [Promotion.Kind.CATALOGUE, Promotion.Kind.CART]
    ids = set(product_of.values())
    return promotions.offers_at(kinds, ids, currency=currency, at=at, code=code, customer=customer)


def item_of(variant: Variant, quantity: int, unit_price: Money) -> Item:
    return Item(variant.pk, quantity, unit_price, variant.product.tax_class_id, variant.product_id, variant.weight_g)


def terms_of(items: list[Item], *, currency: str, country: str, region: str = "", collect: bool = False) -> Terms:
    """By which ways these things can be had, and the tax; none, and no query, for nothing."""
    if not items:
        return Terms((), TaxTerms(included=False))
    terms = terms_for(country, currency, region=region, grams=weight_of(items))
    return replace(terms, ways=tuple(pickups(currency))) if collect else terms


def add_up(
    items: list[Item], offers: list[Offer], *, currency: str, terms: Terms, delivery_code: str = ""
) -> tuple[Totals, Verdict]:
    """What `items` (at reduced prices already) cost with all that counts of `offers`, and why the others do not."""
    if not items:
        return price_cart([], currency=currency, delivery=None, tax=terms.tax), Verdict()
    delivery, tax = choose(terms.ways, delivery_code), terms.tax
    if delivery and delivery.place:
        tax = tax_for(delivery.place.country, currency, region=delivery.place.region)
    in_cart = [offer for offer in offers if offer.kind != Promotion.Kind.CATALOGUE]
    verdict = judge(items, in_cart, currency=currency, delivery=delivery)
    return price_cart(items, currency=currency, delivery=delivery, tax=tax, discounts=verdict.discounts), verdict


@dataclass(frozen=True)
class Estimate:
    """Goods that are in nobody's cart, as they would be charged. `unpriced`: those that have no price then."""

    lines: tuple[tuple[Variant, LineTotal, Money | None], ...]
    totals: Totals
    verdict: Verdict
    unpriced: tuple[Variant, ...]


def estimate(
    goods: Sequence[tuple[Variant, int]],
    *,
    currency: str,
    country: str,
    at: datetime,
    code: str = "",
    email: str = "",
) -> Estimate:
    """What `goods` (variants with their product, and how many) would cost whoever has this address, at `at`."""
    product_of = {variant.pk: variant.product_id for variant, _quantity in goods}
    who = Customer(email=email)
    offers = running_offers(product_of, currency=currency, at=at, code=code, customer=who)
    prices = promotions.reduce_prices(prices_at(product_of, currency, at), product_of, offers)
    priced = [(variant, quantity) for variant, quantity in goods if variant.pk in prices]
    items = [item_of(variant, quantity, prices[variant.pk].now) for variant, quantity in priced]
    terms = terms_of(items, currency=currency, country=country)
    totals, verdict = add_up(items, offers, currency=currency, terms=terms)
    if code and not any(offer.code for offer in offers):
        verdict = Verdict(verdict.discounts, (*verdict.why_nots, promotions.unknown_code(code)))
    was = [prices[variant.pk].was for variant, _quantity in priced]
    lines = tuple(zip([variant for variant, _quantity in priced], totals.lines, was, strict=True))
    return Estimate(lines, totals, verdict, tuple(v for v, _quantity in goods if v.pk not in prices))


def _coupon(code: str, totals: Totals, verdict: Verdict) -> CouponView | None:
    if not code:
        return None
    if any(off.code == code for off in totals.discounts):
        return CouponView(code, None)
    if not totals.lines:
        return CouponView(code, WhyNot(Reason.NOT_FOR_THESE, code=code))
    return CouponView(code, next((why for why in verdict.why_nots if why.code == code), promotions.unknown_code(code)))


def _line(row: Row, price: Price | None) -> LineView:
    stock, url = row.variant.stock_item, row.url
    return LineView(
        id=row.id,
        variant=row.variant,
        sku=row.variant.sku,
        title=row.title,
        options=row.options,
        url=f"{url}?variant={row.variant.sku}" if url else "",
        image=row.variant.image,
        quantity=row.quantity,
        unit_price=price.now if price else None,
        was=price.was if price else None,
        total=price.now * row.quantity if price else None,
        available=stock.available if stock.policy == StockItem.Policy.TRACK else None,
        notice=_notice(row, price),
        origin=row.origin,
        page_id=row.address.page_id if row.address else 0,
    )


def _notice(row: Row, price: Price | None) -> Notice | None:
    stock, in_cart = row.variant.stock_item, row.kind == IN_CART
    if price is None:
        text = _("This is no longer for sale. Please remove it to go on.") if in_cart else _("No longer for sale.")
        return Notice("unavailable", text, blocks=in_cart)
    if not stock.can_supply(1):
        text = _("Sold out since you added it. Please remove it, or save it for later, to go on.")
        return Notice("sold_out", text if in_cart else _("Sold out for now."), blocks=in_cart)
    if in_cart and not stock.can_supply(row.quantity):
        text = ngettext(
            "Only %(n)d is left. Please take fewer.",
            "Only %(n)d are left. Please take fewer.",
            stock.available,
        ) % {"n": stock.available}
        return Notice("insufficient_stock", text, blocks=True)
    if row.seen_price is not None and row.seen_price != price.now.amount:
        before = format_money(Money(row.seen_price, price.now.currency), short=True)
        text = _("The price was %(before)s when you added it and is now %(now)s.") % {
            "before": before,
            "now": format_money(price.now, short=True),
        }
        return Notice("price_changed", text, blocks=False)
    return None


def choose(methods: Sequence[DeliveryTerms], code: str) -> DeliveryTerms | None:
    """The method with `code`, else the shop's first choice, else None."""
    return next((method for method in methods if method.code == code), methods[0] if methods else None)
