"""The demo shop's front page, stories, help pages and settings. What people have changed since stays as it is."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from django.conf import settings
from django.db import transaction
from wagtail.models import Locale, Page, Site

from home.house import Announcement, Menu, SiteSettings
from home.models import Author, ContentPage, HomePage, StoryIndexPage, StoryPage
from shop.catalogue.models import Picture
from shop.demo.pages import add, linked, speak
from shop.demo.pictures import library
from shop.demo.source import block, items, read, stream
from shop.storefront.pages import CategoryPage, ProductPage

Block = dict[str, Any]


class Blocks:
    """Turns the blocks of the JSON into blocks of a stream: names become ids of pages and pictures."""

    def __init__(self, front: Page) -> None:
        below = {"locale": front.locale, "live": True}
        self.products = dict(ProductPage.objects.filter(**below).values_list("product__code", "pk"))
        self.categories = dict(CategoryPage.objects.filter(**below).values_list("category__slug", "pk"))
        self.stories = dict(StoryPage.objects.filter(**below).values_list("slug", "pk"))
        self.pages = {page.url_path.removeprefix(front.url_path).strip("/"): page for page in front.get_descendants()}
        self.pictures: dict[str, Picture] = library()

    def stream(self, blocks: list[Block]) -> str:
        """The value of a StreamField. Raises AttributeError for a kind of block that is not known."""
        makers: list[Callable[[Block], Block]] = [getattr(self, f"_{facts['type']}") for facts in blocks]
        return stream(make(facts) for make, facts in zip(makers, blocks, strict=True))

    def window(self, facts: Block) -> str:
        return stream([self._look(facts)])

    def _image(self, name: str) -> Block:
        picture = self.pictures[name]
        return {"image": picture.pk, "decorative": False, "alt_text": picture.description}

    def _link(self, facts: Block | None) -> Block:
        """An address that is one of our pages becomes that page; one with a query stays an address."""
        facts = facts or {}
        page = self.pages.get(facts.get("url", "").strip("/")) or self.pages.get(facts.get("page", ""))
        pk = page.pk if page else self.categories.get(facts.get("category", ""))
        return {"text": facts.get("text", ""), "page": pk, "address": "" if pk else facts.get("url", "")}

    def _ids(self, codes: list[str]) -> list[Block]:
        return items(self.products[code] for code in codes)

    def _paragraph(self, facts: Block) -> Block:
        return block("paragraph", linked(facts["html"], self.pages))

    def _heading(self, facts: Block) -> Block:
        return block("heading", facts["text"])

    def _quote(self, facts: Block) -> Block:
        return block("quote", {"text": facts["text"], "source": facts["who"]})

    def _picture(self, facts: Block) -> Block:
        return block("picture", {"image": self._image(facts["picture"]), "caption": facts["caption"]})

    def _product_card(self, facts: Block) -> Block:
        return block("product", {"product": self.products[facts["product"]], "sku": facts["sku"], "words": ""})

    def _look(self, facts: Block) -> Block:
        marks = items({**mark, "product": self.products[mark["product"]]} for mark in facts["marks"])
        title = facts.get("heading", "")
        return block("look", {"title": title, "image": self._image(facts["picture"]), "marks": marks})

    def _product_shelf(self, facts: Block) -> Block:
        value = {"title": facts["heading"], "products": self._ids(facts["products"])}
        if "link" not in facts:
            return block("shelf", value)
        return block("shelf", value | {"link": self._link(facts["link"])})

    def _gallery(self, facts: Block) -> Block:
        shown = items({"image": self._image(one["picture"]), "caption": one["caption"]} for one in facts["pictures"])
        return block("gallery", {"title": facts["heading"], "pictures": shown})

    def _questions(self, facts: Block) -> Block:
        asked = items({"question": one["question"], "answer": one["html"]} for one in facts["questions"])
        return block("questions", {"title": facts["heading"], "questions": asked})

    def _call(self, facts: Block) -> Block:
        return block("call", {"title": facts["heading"], "text": facts["text"], "link": self._link(facts["link"])})

    def _newsletter(self, facts: Block) -> Block:
        return block("newsletter", {"title": facts["heading"], "text": facts["text"]})

    def _recipe(self, facts: Block) -> Block:
        value = {name: facts[name] for name in ("kind", "title", "intro", "serves", "minutes")}
        takes = [
            {"words": one["words"], "product": self.products.get(one.get("product")), "sku": one.get("sku", "")}
            for one in facts["ingredients"]
        ]
        image = self._image(facts["picture"])
        return block("recipe", value | {"image": image, "ingredients": items(takes), "steps": items(facts["steps"])})

    def _rooms(self, facts: Block) -> Block:
        rooms = items({"category": self.categories[slug], "image": None} for slug in facts["categories"])
        return block("rooms", {"title": facts["heading"], "intro": facts["intro"], "rooms": rooms})

    def _feature(self, facts: Block) -> Block:
        return block("feature", self._teaser(facts) | {"products": self._ids(facts["products"])})

    def _teaser(self, facts: Block) -> Block:
        return {
            "story": self.stories[facts["story"]],
            "image": self._image(facts["picture"]),
            "text": facts["text"],
        }

    def _promises(self, facts: Block) -> Block:
        return block("promises", items({"title": one["heading"], "text": one["text"]} for one in facts["items"]))

    def _teasers(self, facts: Block) -> Block:
        stories = items(map(self._teaser, facts["items"]))
        return block("teasers", {"title": facts["heading"], "link": self._link(facts["link"]), "stories": stories})


def front_page(language: str = settings.LANGUAGE_CODE) -> Page:
    """The front page of the default site in `language`; a bare one is made where there is none.

    Raises Site.DoesNotExist when there is no site.
    """
    root = Site.objects.select_related("root_page__locale").get(is_default_site=True).root_page
    if root.locale.language_code == language:
        return root
    locale, _new = Locale.objects.get_or_create(language_code=language)
    if twin := root.get_translation_or_none(locale):
        return twin
    page = HomePage(title=root.title, slug=f"{root.slug}-{language}", locale=locale)
    page.translation_key = root.translation_key
    root.get_parent().add_child(instance=page)
    page.save_revision().publish()
    return page


@transaction.atomic
def load_stories(front: Page) -> int:
    """Authors, the list of stories and the stories; returns how many pages were missing."""
    facts = read("pages", front.locale.language_code)
    authors = {one["code"]: _author(one) for one in facts["authors"]}
    index = StoryIndexPage.objects.child_of(front).first()
    made = 0 if index else 1
    index = index or add(front, StoryIndexPage(show_in_menus=True, **facts["site"]["stories"]))
    known = set(StoryPage.objects.child_of(index).values_list("slug", flat=True))
    blocks = Blocks(front)
    for story in facts["stories"]:
        if story["slug"] not in known:
            add(index, _story(story, authors, blocks), at=_noon(story["published_on"]))
            made += 1
    return made


def _author(facts: dict[str, Any]) -> Author:
    return Author.objects.get_or_create(name=facts["name"], defaults={"bio": facts["bio"]})[0]


def _story(facts: dict[str, Any], authors: dict[str, Author], blocks: Blocks) -> StoryPage:
    updated = facts["updated_on"] if facts["updated_on"] != facts["published_on"] else None
    return StoryPage(
        **{name: facts[name] for name in ("title", "slug", "kind", "standfirst", "caption")},
        search_description=facts["description"],
        author=authors[facts["author"]],
        published_on=date.fromisoformat(facts["published_on"]),
        updated_on=date.fromisoformat(updated) if updated else None,
        picture=blocks.pictures[facts["picture"]],
        body=blocks.stream(facts["body"]),
    )


def _noon(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(5), tzinfo=UTC)  # in Jakarta


@transaction.atomic
def load_help(front: Page) -> int:
    """Help pages; they link to each other, so all are there before any is filled. Returns how many were missing."""
    made: list[tuple[dict[str, Any], Page]] = []
    known = set(front.get_children().values_list("slug", flat=True))
    for facts in read("pages", front.locale.language_code)["help"]:
        if facts["slug"] not in known:
            page = ContentPage(title=facts["title"], slug=facts["slug"], search_description=facts["description"])
            speak(front, page)
            made.append((facts, front.add_child(instance=page)))
    blocks = Blocks(front)
    for facts, page in made:
        page.body = blocks.stream(facts["body"])
        page.save_revision().publish()
    return len(made)


@transaction.atomic
def load_front_page(front: Page) -> int:
    """Dress the front page, unless somebody has; returns 1 when it was bare."""
    page, facts = front.specific, read("pages", front.locale.language_code)["home"]
    if not isinstance(page, HomePage) or page.headline or page.body:
        return 0
    blocks = Blocks(page)
    page.seo_title, page.search_description = facts["title"], facts["description"]
    page.headline, page.intro = facts["headline"], facts["intro"]
    page.window, page.body = blocks.window(facts["hero"]), blocks.stream(facts["sections"])
    page.save_revision().publish()
    return 1


@transaction.atomic
def load_settings(front: Page) -> int:
    """What header and footer say, unless somebody has said it; returns how much was missing."""
    facts = read("pages", front.locale.language_code)["site"]
    site = Site.objects.get(is_default_site=True)
    made = [_name_the_house(site, facts)]
    if not Menu.objects.filter(site=site, locale=front.locale).exists():
        words: dict[str, Any] = {name: facts[name] for name in ("tagline", "notice")}
        words["footer"] = _footer(facts["footer"], Blocks(front))
        words["privacy_page"] = front.get_children().filter(slug=facts["privacy_page"]).first()
        made.append(bool(Menu.objects.create(site=site, locale=front.locale, **words)))
    if not Announcement.objects.filter(site=site, locale=front.locale).exists():
        for line in facts["announcements"]:
            made.append(bool(_announcement(site, front, line)))
    return sum(made)


def _name_the_house(site: Site, facts: dict[str, Any]) -> bool:
    house = SiteSettings.for_site(site)
    if house.address or house.email:
        return False
    for name in ("name", "email", "phone", "opening_hours"):
        setattr(house, name, facts[name])
    house.address = "\n".join(line for line in facts["address"] if line != facts["name"])
    house.save()
    return True


def _announcement(site: Site, front: Page, facts: dict[str, Any]) -> Announcement:
    link = Blocks(front)._link(facts)
    return Announcement.objects.create(
        site=site,
        locale=front.locale,
        text=facts["text"],
        page_id=link["page"],
        address=link["address"],
        starts_at=_moment(facts.get("starts_at")),
        ends_at=_moment(facts.get("ends_at")),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _footer(columns: list[dict[str, Any]], blocks: Blocks) -> str:
    return stream(
        block("column", {"title": column["heading"], "links": items(map(blocks._link, column["links"]))})
        for column in columns
    )
