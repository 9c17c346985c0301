"""Pieces of a page that are the same for everybody until editors change something, or until the facts in them change."""

import re
from collections.abc import Hashable
from itertools import count
from typing import Any

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.loader_tags import BlockNode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from wagtail.models import Page

from shop.storefront import edition

register = template.Library()

numbers = count()


class RememberedNode(template.Node):
    child_nodelists = ()  # nobody need look for blocks inside

    def __init__(self, nodelist: NodeList, facts: list[Any]) -> None:
        self.nodelist, self.facts, self.number = nodelist, facts, next(numbers)

    def render(self, context: Any) -> SafeString:
        request = context.get("request")
        facts = [fact.resolve(context) for fact in self.facts]
        if request is None or getattr(request, "is_preview", False) or not all(map(_may_be_kept, facts)):
            return self.nodelist.render(context)
        key = (self.number, get_language(), edition.place(request), *map(_key, facts))
        made = edition.html(edition.of(request), key, lambda: without_indent(self.nodelist.render(context)))
        return mark_safe(made)  # noqa: S308 - rendered above


INDENT = re.compile(r"\n\s+")
BEFORE_BLOCK = re.compile(
    r"\n(?=</?(?:article|aside|body|div|footer|h[1-6]|head|header|html|link|main|meta|nav|ol|p|script|section|title|ul)\b)"
)
AS_WRITTEN = ("<pre", "<textarea")


def without_indent(html: str) -> str:
    """What templates are indented by is for whoever reads those; space is space however much there is of it, and none
    between blocks.
    """
    if any(tag in html for tag in AS_WRITTEN):
        return html
    return BEFORE_BLOCK.sub("", INDENT.sub("\n", html))


def _may_be_kept(fact: Any) -> bool:
    """Not a draft, nor a page that not everybody may see: of pages only those that `routing.find` has lent."""
    return not isinstance(fact, Page) or hasattr(fact, "edition")


def _key(fact: Any) -> Hashable:
    return fact.pk if isinstance(fact, Page) else fact


@register.tag
def remembered(parser: Parser, token: Token) -> RememberedNode:
    """What stands inside, rendered once per edition, language, host, and each of the facts that are named.

    Facts are a page, or plain values; everything that differs between two visits must be among them.

        {% remembered page %}...{% endremembered %}
        {% remembered page currency counts %}...{% endremembered %}
    """
    facts = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    nodelist = parser.parse(("endremembered",))
    parser.delete_first_token()
    if nodelist.get_nodes_by_type(BlockNode):  # other templates fill it, and would share what is remembered
        raise template.TemplateSyntaxError("{% remembered %} cannot hold a {% block %}; put it inside the block")
    return RememberedNode(nodelist, facts)
