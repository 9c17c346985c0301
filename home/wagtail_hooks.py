"""What the house hangs into the Wagtail admin."""

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.ui.tables import DateColumn, LocaleColumn
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from home.house import Announcement, Menu
from home.models import LandingPage, StoryPage
from shop.reports.side_panel import SellingPageViewSet


class AnnouncementViewSet(SnippetViewSet):
    model = Announcement
    icon = "info-circle"
    list_display = [
        "text",
        LocaleColumn(),
        DateColumn("starts_at", label=_("From"), sort_key="starts_at"),
        DateColumn("ends_at", label=_("Until"), sort_key="ends_at"),
    ]
    list_filter = ["locale", "site"]


class MenuViewSet(SnippetViewSet):
    model = Menu
    icon = "list-ul"
    list_display = ["__str__", LocaleColumn(), "site"]


class HeaderAndFooter(SnippetViewSetGroup):
    items = (MenuViewSet, AnnouncementViewSet)
    menu_label = _("Header and footer")
    menu_icon = "bars"
    menu_order = 250


register_snippet(HeaderAndFooter)


@hooks.register("register_admin_viewset")
def selling_pages() -> list[SellingPageViewSet]:
    return [SellingPageViewSet(model=StoryPage), SellingPageViewSet(model=LandingPage)]
