"""Header and footer of every page, and what may be kept of them.

A `Frame` depends on the site and the language alone. It knows the announcements that are still to come as well, so one
that is kept (in a process, under the edition of the content) tells the right one at any instant. The HTML made of it is
the same for everybody, whatever page it stands on: `located` (header) and `placed` (footer) then mark, by replacing
text, the link to where the visitor is, and the currency that was chosen. Nothing has to be rendered again for that.
"""

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from itertools import chain
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from wagtail.models import Page, PageViewRestriction, Site

from home.house import ADDRESS, Announcement, Menu, SiteSettings
from shop.catalogue.currency import currencies
from shop.catalogue.listing import sellable
from shop.customers.wording import WORDINGS, Kind
from shop.storefront import answers, edition
from shop.storefront.edition import remembered
from shop.storefront.pages import CategoryPage, ShopPage
from shop.storefront.routing import ground_of

MENU_TYPES = ("home.StoryIndexPage", "home.ContentPage", "home.LandingPage", "shop.ShopPage", "shop.CategoryPage")
MENU_LEVELS = 2  # below the front page: the shop and its categories


@dataclass(frozen=True)
class Link:
    title: str
    url: str
    at_end: bool = False
    is_category: bool = False


@dataclass(frozen=True)
class Column:
    title: str
    links: list[Link] = field(default_factory=list)


@dataclass(frozen=True)
class Line:
    """An announcement and its time. `url` is empty when it leads nowhere."""

    text: str
    url: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def runs_at(self, at: datetime) -> bool:
        return (self.starts_at is None or self.starts_at <= at) and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True)
class Frame:
    """What header and footer say in one language of one site. `rooms` are the categories, `menu` what editors chose."""

    house: SiteSettings
    tagline: str = ""
    notice: str = ""
    privacy: str = ""  # address of the page about it
    menu: list[Link] = field(default_factory=list)
    rooms: list[Link] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    key: tuple = ()  # under which it is remembered

    @classmethod
    def of(cls, request: HttpRequest | None) -> "Frame":
        """The frame of `request` in the active language; without a request, as in a mail, of the default site."""
        language = get_language() or ""
        if request is None:
            site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
            return load(site, language, timezone.now())
        now = getattr(request, "commerce_now", None) or timezone.now()
        number = edition.of(request)
        return cls.at(number, ground_of(request, number).site, language, now)

    @classmethod
    def at(cls, number: int, site: Site | None, language: str, now: datetime) -> "Frame":
        """By the minute, since what is linked to may cease to be for sale without an editor."""
        key = ("frame", site and site.pk, language, int(now.timestamp()) // 60)
        return remembered(number, key, lambda: _told_apart(site, language, now))

    def line(self, at: datetime) -> Line | None:
        """The announcement of an instant: of those that run the one that began last."""
        return next((line for line in self.lines if line.runs_at(at)), None)


def _told_apart(site: Site | None, language: str, now: datetime) -> Frame:
    """The frame with a key that two frames share only if they look the same: most minutes bring nothing new."""
    with translation.override(language):
        frame = load(site, language, now)
    looks = repr([value for name, value in vars(frame).items() if name != "house"])  # editors alone change the house
    return replace(frame, key=(site and site.pk, language, blake2b(looks.encode(), digest_size=12).digest()))


def keep_true(request: HttpRequest) -> None:
    """Have the whole answer to `request` hang on its header and footer (see shop.storefront.answers)."""
    number, language = edition.of(request), get_language() or ""
    site = ground_of(request, number).site

    def ask(now: datetime) -> Hashable:
        frame = Frame.at(number, site, language, now)
        return frame.key, frame.line(now), tuple(currencies())

    answers.keep_with(request, ask)


class Raw:
    """The stored values of one site, read in one statement; and a place where Wagtail keeps the roots of its sites."""

    def __init__(self, site: Site | None, language: str, now: datetime) -> None:
        self.site, self.language = site, language
        row = _stored(site.pk, language, now) if site else None
        self.house = (row and getattr(row, "sitesettings", None)) or SiteSettings()
        menu = (row and row.menu) or {}
        self.header = [item["value"] for item in menu.get("header") or []]
        self.footer = [item["value"] for item in menu.get("footer") or []]
        self.tagline, self.notice = menu.get("tagline", ""), menu.get("notice", "")
        self.privacy_page: int | None = menu.get("privacy")
        self.announcements: list[dict[str, Any]] = (row and row.announced) or []

    @property
    def page_ids(self) -> set[int]:
        in_columns = (item["value"] for column in self.footer for item in column["links"])
        links = chain(self.header, in_columns, self.announcements, [{"page": self.privacy_page}])
        return {link["page"] for link in links if link.get("page")}

    def url(self, page: Page) -> str:
        # Wagtail keeps what it knows of the sites on any object that it is given here.
        return page.get_url(self, current_site=self.site) or ""  # type: ignore[arg-type]


def load(site: Site | None, language: str, now: datetime) -> Frame:
    """Two statements: what is stored about the site, and the pages that it links to. Announcements over at `now` are out."""
    raw = Raw(site, language, now)
    pages = _pages(raw, now)
    tree = [_menu_link(page, raw) for page in pages.values() if page.show_in_menus and _in_menu(page, raw)]
    return Frame(
        house=raw.house,
        tagline=raw.tagline,
        notice=raw.notice,
        privacy=_url({"page": raw.privacy_page}, pages.get(raw.privacy_page or 0), raw),
        menu=list(_links(raw.header, pages, raw)) or tree,
        rooms=[link for link in tree if link.is_category],
        columns=[
            Column(column["title"], list(_links((item["value"] for item in column["links"]), pages, raw)))
            for column in raw.footer
        ],
        lines=[_line(entry, pages, raw) for entry in raw.announcements],
    )


def _stored(site_id: int, language: str, now: datetime) -> Any:
    here = {"site": OuterRef("pk"), "locale__language_code": language}
    menus = Menu.objects.filter(**here).values(
        found=JSONObject(
            header="header", footer="footer", tagline="tagline", notice="notice", privacy="privacy_page_id"
        )
    )
    ahead = Announcement.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), **here)
    coming = ahead.order_by(F("starts_at").desc(nulls_last=True), "-pk").values(
        found=JSONObject(text="text", page="page_id", address="address", starts_at="starts_at", ends_at="ends_at")
    )
    return (
        Site.objects.filter(pk=site_id)
        .select_related("sitesettings")
        .annotate(menu=Subquery(menus[:1]), announced=ArraySubquery(coming))
        .first()
    )


def _pages(raw: Raw, now: datetime) -> dict[int, Page]:
    """The pages of menu, footer and announcements in one statement, in the order of the tree.

    Public ones only, and of products those that are for sale at `now`.
    """
    in_tree = Q(show_in_menus=True, content_type__in=_menu_types())
    for_sale = Q(productpage__product__in=sellable(now, settings.DEFAULT_CURRENCY))
    found = Page.objects.live().filter(in_tree | Q(pk__in=raw.page_ids)).filter(Q(productpage=None) | for_sale)
    return {page.pk: page for page in unrestricted(found).select_related("locale").order_by("path")}


def _menu_types() -> list[int]:
    models = [apps.get_model(name) for name in MENU_TYPES]
    return [kind.pk for kind in ContentType.objects.get_for_models(*models).values()]


def unrestricted(pages: QuerySet[Page]) -> QuerySet[Page]:
    """Pages that no view restriction above them hides: `.public()` within the same statement."""
    above = PageViewRestriction.objects.annotate(
        path=ExpressionWrapper(OuterRef("path"), output_field=CharField())
    ).filter(path__startswith=F("page__path"))
    return pages.exclude(Exists(above))


def _in_menu(page: Page, raw: Raw) -> bool:
    """Whether the page stands one or two levels below the front page of this language."""
    roots = [root for root in page._get_site_root_paths(raw) if raw.site is None or root.site_id == raw.site.pk]
    ours = [root.root_path for root in roots if root.language_code == raw.language]
    steps = [page.url_path.removeprefix(root).count("/") for root in ours if page.url_path.startswith(root)]
    return bool(steps) and 1 <= steps[0] <= MENU_LEVELS


def _menu_link(page: Page, raw: Raw) -> Link:
    title = _("Everything") if page.specific_class is ShopPage else page.title
    return Link(title, raw.url(page), is_category=page.specific_class is CategoryPage)


def _links(values: Iterable[dict[str, Any]], pages: dict[int, Page], raw: Raw) -> Iterable[Link]:
    """Chosen links. One to a page that is gone, unpublished or private is left out, as is an address of no known kind."""
    for value in values:
        page = pages.get(value.get("page") or 0)
        url = _url(value, page, raw)
        title = value.get("text") or (page.title if page else "")
        if url and title:
            yield Link(title, url, at_end=bool(value.get("at_end")))


def _url(value: dict[str, Any], page: Page | None, raw: Raw) -> str:
    if value.get("page"):
        return raw.url(page) if page else ""
    address = value.get("address") or ""
    return address if re.match(ADDRESS, address) else ""


def _line(entry: dict[str, Any], pages: dict[int, Page], raw: Raw) -> Line:
    times = {name: parse_datetime(entry[name]) if entry[name] else None for name in ("starts_at", "ends_at")}
    return Line(entry["text"], _url(entry, pages.get(entry["page"] or 0), raw), **times)


# --- HTML that is the same for everybody ---------------------------------------------------------


def header_html(frame: Frame, line: Line | None = None, *, quiet: bool = False) -> str:
    """The header, for any page; `quiet` is that of the checkout."""
    context = {"house": frame.house, "menu": frame.menu, "line": line, "quiet": quiet}
    return render_to_string("components/_site_header.html", context)


def footer_html(
    frame: Frame, currencies: Iterable[str], languages: Iterable[tuple[str, str]] = (), *, quiet: bool = False
) -> str:
    """The footer, for any page and any chosen currency. `languages`: (code, own name); their links are filled in later."""
    choices = list(currencies)
    context = {
        "house": frame.house,
        "frame": frame,
        "currencies": choices if len(choices) > 1 else [],
        "languages": list(languages),
        "language": get_language(),
        "quiet": quiet,
        "words": WORDINGS[Kind.NEWSLETTER].words,
        "privacy_url": frame.privacy,
    }
    return render_to_string("components/_site_footer.html", context)


def marked(html: str, path: str) -> str:
    """`html` with aria-current="page" on links to `path`."""
    return html.replace(f'<a href="{escape(path)}">', f'<a href="{escape(path)}" aria-current="page">')


def located(html: str, path: str) -> str:
    """A header that knows its page: the link to it is marked, else the nearest link above it, as a section."""
    here = marked(html, path)
    if here != html:
        return here
    above = path.rstrip("/").rpartition("/")[0] + "/"
    while above.count("/") > 1:
        link = f'<a href="{escape(above)}">'
        if link in html:
            return html.replace(link, f'<a href="{escape(above)}" aria-current="true">')
        above = above.rstrip("/").rpartition("/")[0] + "/"
    return html


def placed(html: str, address: str, currency: str) -> str:
    """A footer that knows its page: the way back from the currency switch, and which one is pressed."""
    html = marked(html, address.partition("?")[0])
    html = html.replace('name="next" value=""', f'name="next" value="{escape(address)}"')
    return html.replace(f'value="{currency}" aria-pressed="false"', f'value="{currency}" aria-pressed="true"')
