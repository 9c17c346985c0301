"""The words that people say yes to. Change them and you change their version: what was said yes to stays on its row."""

from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from shop.customers.models import Consent

Kind = Consent.Kind


@dataclass(frozen=True)
class Wording:
    """`words` stand beside the box; `why` says in a letter and in the account what is sent, and how often."""

    version: str
    words: Any
    why: Any

    def in_language(self, language: str) -> str:
        with translation.override(language):
            return str(self.words)


WORDINGS: dict[str, Wording] = {
    Kind.NEWSLETTER: Wording(
        "2026-11",
        _("Send me the newsletter: new things and new stories, about twice a month. I can leave at any time."),
        _("New things and new stories, about twice a month."),
    ),
    Kind.CART_REMINDER: Wording(
        "2026-11",
        _("Remind me by e-mail, once, if I leave things in my cart."),
        _("One reminder when you have left things in your cart."),
    ),
    Kind.PRICE_DROPS: Wording(
        "2026-11",
        _("Tell me by e-mail when something on my wishlist costs less."),
        _("A word when something on your wishlist costs less."),
    ),
    Kind.REVIEW_REQUEST: Wording(
        "2026-11",
        _("Ask me by e-mail, once for each order, what I think of it."),
        _("One question for each order: what you think of it."),
    ),
}
