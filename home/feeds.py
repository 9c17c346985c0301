"""Stories as a feed, for people who read in a reader."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.timezone import get_current_timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from home.frame import Frame
from home.models import StoryPage, latest_stories
from shop.catalogue.models import Picture
from shop.catalogue.pictures import SPECS

STORIES = 20
SHARE = SPECS["share"].jpeg


class WithPictures(Rss201rev2Feed):
    def rss_attributes(self) -> dict[str, str]:
        return {**super().rss_attributes(), "xmlns:media": "http://search.yahoo.com/mrss/"}

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        if picture := item["picture"]:
            handler.addQuickElement("media:content", "", picture)


class StoryFeed(Feed):
    """The latest stories of the active language, newest first. Public ones only."""

    feed_type = WithPictures
    language = None

    def get_object(self, request: HttpRequest) -> HttpRequest:
        return request

    def title(self, request: HttpRequest) -> str:
        return _("Stories of %(name)s") % {"name": Frame.of(request).house.name}

    def description(self, request: HttpRequest) -> str:
        return Frame.of(request).tagline or self.title(request)

    def link(self) -> str:
        return settings.BASE_URL + reverse("story_feed").removesuffix("feed/")

    def feed_url(self) -> str:
        return settings.BASE_URL + reverse("story_feed")

    def feed_copyright(self, request: HttpRequest) -> str:
        return Frame.of(request).house.name

    def items(self, request: HttpRequest) -> QuerySet[StoryPage]:
        pictures = Prefetch("picture", Picture.objects.prefetch_renditions(SHARE))
        stories = latest_stories().filter(locale__language_code=get_language()).prefetch_related(None)
        return stories.select_related("locale", "author").prefetch_related(pictures)[:STORIES]

    def item_title(self, story: StoryPage) -> str:
        return story.title

    def item_description(self, story: StoryPage) -> str:
        return story.standfirst or story.search_description

    def item_link(self, story: StoryPage) -> str:
        return settings.BASE_URL + (story.url or "/")

    def item_author_name(self, story: StoryPage) -> str | None:
        return story.author.name if story.author else None

    def item_pubdate(self, story: StoryPage) -> datetime | None:
        day = story.published_on
        return (
            datetime(day.year, day.month, day.day, 12, tzinfo=get_current_timezone())
            if day
            else story.first_published_at
        )

    def item_updateddate(self, story: StoryPage) -> datetime | None:
        return story.last_published_at

    def item_categories(self, story: StoryPage) -> list[str]:
        return [story.kind] if story.kind else []

    def item_extra_kwargs(self, story: StoryPage) -> dict[str, Any]:
        return {"picture": _picture(story.picture)}


def _picture(picture: Picture | None) -> dict[str, str] | None:
    """The size for sharing when it is made; no reader waits for it."""
    made = (
        next((size for size in picture.prefetched_renditions if size.filter_spec == SHARE), None) if picture else None
    )
    if made is None:
        return None
    url = made.url if made.url.startswith("http") else settings.BASE_URL + made.url
    return {"url": url, "medium": "image", "width": str(made.width), "height": str(made.height)}
