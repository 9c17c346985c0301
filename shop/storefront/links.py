"""Blocks that lead somewhere: a page of ours, or an address."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.models import Page


def shown(page: Page | None) -> bool:
    """Whether a chosen page can be linked to: it may be gone or unpublished since."""
    return page is not None and page.live


class LinkValue(blocks.StructValue):
    @property
    def title(self) -> str:
        page = self.get("page")
        return self.get("text") or (page.title if shown(page) else "")

    @property
    def url(self) -> str:
        """Where it leads; empty when the page is gone, so that templates leave the link out."""
        page = self.get("page")
        return (page.url or "") if shown(page) else self.get("address", "")


class LinkBlock(blocks.StructBlock):
    """A page of ours, or an address. The page wins, and its title serves when no text is given."""

    text = blocks.CharBlock(required=False, max_length=60)
    page = blocks.PageChooserBlock(required=False)
    address = blocks.CharBlock(
        required=False, max_length=300, help_text=_("For what is not a page: /orders/lookup/ or https://...")
    )

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        if value.get("text") and not value.get("page") and not value.get("address"):
            raise StructBlockValidationError({"page": ValidationError(_("Choose a page or type an address."))})
        return value

    class Meta:
        icon = "link"
        value_class = LinkValue
        label_format = "{text} {page}"


class CallBlock(blocks.StructBlock):
    """One thing to do next, said plainly."""

    title = blocks.CharBlock(max_length=80)
    text = blocks.TextBlock(required=False)
    link = LinkBlock()

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        link = value["link"]
        if not link.get("page") and not (link.get("address") and link.get("text")):
            words = _("Choose a page, or type an address and what the button says.")
            raise StructBlockValidationError({"link": ValidationError(words)})
        return value

    class Meta:
        icon = "pick"
        template = "shop/storefront/blocks/_call.html"
        label = _("Call to action")
        description = _("A few words and one button.")
        label_format = "{title}"
