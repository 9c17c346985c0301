"""Header and footer of every page: the menu, the footer's columns and what the site says about itself.

All of them read the same `Frame` (home.frame), made once per request with two statements beyond finding the site.
Nothing in it depends on who asks.
"""

from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from wagtail.models import Page

from home.frame import Column, Frame, Line, Link, footer_html, header_html, keep_true, located, placed
from home.house import SiteSettings
from home.languages import elsewhere, spoken, translations
from shop.catalogue.currency import currencies, currency_of
from shop.storefront import edition
from shop.storefront.edition import remembered

register = template.Library()


@register.simple_tag(takes_context=True)
def site_header(context: dict[str, Any], *, quiet: bool = False, preview: Any = None) -> SafeString:
    """{% site_header %}; in the checkout {% site_header quiet=True %}. `preview`: an Announcement that is shown anyway."""
    request = context.get("request")
    frame = Frame.of(request)
    line = Line(preview.text, preview.link) if preview else frame.line(_now(request))
    if request is None or preview:
        html = header_html(frame, line, quiet=quiet)
    else:
        keep_true(request)
        key = ("header", frame.key, line, quiet)
        html = remembered(edition.of(request), key, lambda: header_html(frame, line, quiet=quiet))
    return mark_safe(located(html, request.path) if request else html)  # noqa: S308 - of our own templates


@register.simple_tag(takes_context=True)
def site_footer(context: dict[str, Any], *, quiet: bool = False) -> SafeString:
    """{% site_footer %}; in the checkout {% site_footer quiet=True %}."""
    request = context.get("request")
    frame = Frame.of(request)
    if request is None:
        html = footer_html(frame, [], quiet=quiet)
    else:
        codes, languages = tuple(currencies()), spoken(request)
        key = ("footer", frame.key, codes, languages, quiet)
        html = remembered(edition.of(request), key, lambda: footer_html(frame, codes, languages, quiet=quiet))
        html = placed(html, request.get_full_path(), currency_of(request))
        for code, url in elsewhere(request, context.get("page"), languages):
            html = html.replace(f'href="#in-{code}"', f'href="{escape(url)}"')
    return mark_safe(html)  # noqa: S308 - of our own templates


def _now(request: Any) -> Any:
    return getattr(request, "commerce_now", None) or timezone.now()


@register.simple_tag(takes_context=True)
def main_menu(context: dict[str, Any]) -> list[Link]:
    """Links of the header: `.title .url .at_end`. {% main_menu as menu %}"""
    return Frame.of(context.get("request")).menu


@register.simple_tag(takes_context=True)
def footer_menus(context: dict[str, Any]) -> list[Column]:
    """Columns of the footer: `.title` and `.links` (`.title .url`). {% footer_menus as columns %}"""
    return Frame.of(context.get("request")).columns


@register.simple_tag(takes_context=True)
def site_settings(context: dict[str, Any]) -> SiteSettings:
    """What the site says about itself: `.name .email .address`. {% site_settings as house %}"""
    return Frame.of(context.get("request")).house


@register.simple_tag(takes_context=True)
def privacy_page(context: dict[str, Any]) -> str:
    """Address of the page about privacy, as its editors chose it; empty when they have not. {% privacy_page as url %}"""
    return Frame.of(context.get("request")).privacy


@register.simple_tag(takes_context=True)
def alternates(context: dict[str, Any], page: Any = None) -> list[tuple[str, str]]:
    """(language, address) of a page's translations and of itself; none where there is nothing but itself.

    {% alternates page as languages %}. An address with a query is told apart from the page, and has none.
    """
    request = context.get("request")
    if request is None or request.GET or not isinstance(page, Page) or not page.pk:
        return []
    return translations([page], request).get(page.translation_key, [])


@register.filter
def absolute(url: str | None) -> str:
    """The address with our own scheme and host, as canonical links and feeds need it. {{ page.url|absolute }}"""
    return f"{settings.BASE_URL}{url}" if url and url.startswith("/") else url or ""
