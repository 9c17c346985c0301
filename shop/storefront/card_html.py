"""The card of a listing as HTML: what `components/_card.html` gives, twenty times as fast, for whoever makes thousands.

A test holds the two together, letter by letter: whoever changes the template or one of the components in it changes the
same words here.
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.template.defaultfilters import floatformat
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import get_language, gettext, ngettext, pgettext

from shop.catalogue.pictures import ShownPicture, picture_html
from shop.money import Money, format_money
from shop.storefront.cards import Card, Colour
from shop.storefront.goods import ShownPrice


class Words(NamedTuple):
    """What is the same on every card of a language, ready to be sent."""

    language: str
    sale: str
    was: str
    from_: str
    rated: str
    of_five: str
    in_: str
    add: str
    to_cart: str
    choose: str
    picks: str
    on_its_page: str
    form: str
    plus: str
    wish: str
    heart: str
    save: str


@cache
def _words(language: str) -> Words:
    """In the active language, which is `language`."""
    add = reverse("cart:add")
    return Words(
        language=language,
        sale=escape(gettext("Sale price")),
        was=escape(pgettext("price", "was")),
        from_=escape(pgettext("price", "from")),
        rated=escape(gettext("Rated")),
        of_five=escape(gettext("out of 5,")),
        in_=escape(pgettext("colours", "In")),
        add=escape(gettext("Add")),
        to_cart=gettext("%(title)s to cart"),
        choose=gettext("%(title)s to cart: choose which"),
        picks=reverse("picks", args=[0]).removesuffix("0/"),
        on_its_page=escape(gettext("Choose on its page")),
        form=f'method="post" action="{add}" data-hx-post="{add}" data-hx-target="#toast" data-hx-sync="this:drop"',
        plus=render_to_string("components/_icon.html", {"name": "plus"}),
        wish=reverse("wishlist:add"),
        heart=render_to_string("components/_icon.html", {"name": "heart"}),
        save=gettext("Save to wishlist: %(title)s"),
    )


def card_html(card: Card) -> str:
    """The card as an item of a listing shows it (heading 3, not eager), in the active language."""
    words = _words(get_language() or "")
    gone = not card.quick and not card.sku
    second = photograph(card.hover_image, alt="") if card.hover_image else ""
    note = f'<span class="card__stock">{escape(card.stock_note)}</span>' if card.stock_note else ""
    html = (
        f'<article class="card{" card--gone" if gone else ""}"> {_badge(card, gone)}'
        f'<span class="photo card__photo">{photograph(card.image)}{second}</span>'
        f' <div class="card__body"> <div class="card__line"> <h3 class="card__name">'
        f'<a href="{escape(card.url)}">{escape(card.title)}</a></h3>'
        f' <p class="card__price">{_price(card.price, words)} </p> </div>'
        f' <div class="card__meta">{_rating(card, words)} {_dots(card.colours, words)} {note}</div>'
        f' <div class="card__foot"> {_quick_add(card, words)} {_wish(card, words)} </div> </div> </article>'
    )
    return " ".join(html.split())


@lru_cache(maxsize=4_000)  # few photographs are shown once
def photograph(image: ShownPicture | None, alt: str | None = None) -> str:
    """The main photograph of a card, or of one of its colours."""
    return " ".join(picture_html(image, "card", alt=alt).split())


def _badge(card: Card, gone: bool) -> str:
    sale = " badge--sale" if card.price.was and not gone else ""
    return f'<span class="badge{sale} card__badge">{escape(card.badge)}</span> ' if card.badge else ""


def _price(price: ShownPrice, words: Words) -> str:
    before = f'<span class="vh">{words.sale} </span>' if price.was else ""
    after = (
        f'<span class="vh">, {words.was} </span><s class="price__was">{_money(price.was, words)}</s>'
        if price.was
        else ""
    )
    return (
        f'<span class="price{" price--sale" if price.was else ""}">{before}'
        f"{words.from_ + ' ' if price.is_from else ''}"
        f'<span class="price__now">{_money(price.now, words)}</span>{after}</span>'
    )


def _money(money: Money, words: Words) -> str:
    return escape(format_money(money, words.language or "en", short=True))


def _rating(card: Card, words: Words) -> str:
    if not card.rating_count:
        return ""
    reviews = escape(ngettext("review", "reviews", card.rating_count))
    return (
        f'<span class="rating"><span class="vh">{words.rated} </span>{_stars(card.rating, words.language)}'
        f'<span class="vh"> {words.of_five}</span> <span>({card.rating_count}<span class="vh"> {reviews}</span>)'
        "</span></span>"
    )


@lru_cache(maxsize=1_000)
def _stars(rating: Decimal | None, language: str) -> str:
    """With the language's comma or point."""
    return floatformat(rating, 1)


def _dots(colours: Iterable[Colour], words: Words) -> str:
    if not colours:
        return ""
    dots = ",</span>".join(
        f'<span class="dot" data-colour="{escape(colour.slug)}"> {escape(colour.name.lower())}' for colour in colours
    )
    return f'<span class="dots"><span class="vh">{words.in_}</span>{dots}</span></span>'


def _quick_add(card: Card, words: Words) -> str:
    title = escape(card.title)
    if card.quick:
        label = f'<span>{words.add}<span class="vh"> {_in(words.choose, title)}</span></span>'
        return (
            f'<details class="quick"> <summary class="quick__open">{words.plus}{label}</summary>'
            f' <a class="quick__pick" href="{escape(card.url)}" data-picks="{words.picks}{card.product_id}/">'
            f"{words.on_its_page}</a> </details>"
        )
    if card.sku:
        label = f'<span>{words.add}<span class="vh"> {_in(words.to_cart, title)}</span></span>'
        return (
            f'<form class="quick" {words.form}>'
            f'<button class="quick__add" name="sku" value="{escape(card.sku)}">{words.plus}{label}</button></form>'
        )
    return ""


def _wish(card: Card, words: Words) -> str:
    return (
        f'<form class="wish" method="post" action="{words.wish}">'
        f'<button class="wish__button" name="product" value="{card.product_id}">{words.heart}'
        f'<span class="vh">{_in(words.save, escape(card.title))}</span></button></form>'
    )


def _in(sentence: str, title: Any) -> str:
    return sentence % {"title": title}
