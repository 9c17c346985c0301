"""No shopper waits for a picture: after the jobs of publishing, a visit to any kind of page makes none."""

from datetime import timedelta

import pytest
from django.utils import timezone

from home.models import Author, ContentPage, HomePage, LandingPage, StoryIndexPage, StoryPage
from shop.catalogue.models import Picture, Rendition
from shop.demo.source import block, items, stream
from shop.outbox import operations as outbox
from shop.storefront.pages import CategoryPage, ProductPage
from tests.factories import make_category, make_picture, make_product, make_product_page
from tests.storefront.story import image

pytestmark = pytest.mark.django_db


def everything(product_id, picture):
    """Every block of a story that shows a picture."""
    mark = {"product": product_id, "sku": "", "note": "", "x": 20, "y": 20}
    recipe = {"kind": "recipe", "title": "Tea", "intro": "", "serves": "", "minutes": None, "steps": items(["Pour."])}
    film = {"title": "Film", "file": None, "captions": None, "language": "en", "transcript": ""}
    return [
        block("picture", {"image": image(picture()), "caption": ""}),
        block("picture", {"image": image(picture(wide=True)), "caption": ""}),
        block("gallery", {"title": "", "pictures": items([{"image": image(picture()), "caption": ""}] * 2)}),
        block("video", {**film, "poster": image(picture(wide=True)), "link": "https://films.example/7"}),
        block("columns", {"columns": items([[block("picture", {"image": image(picture()), "caption": ""})], []])}),
        block("product", {"product": product_id, "sku": "", "words": ""}),
        block("shelf", {"title": "", "products": [product_id]}),
        block("look", {"title": "", "image": image(picture(wide=True)), "marks": items([mark])}),
        block("recipe", {**recipe, "image": image(picture()), "ingredients": items([{"words": "Tea"}])}),
    ]


@pytest.fixture
def site():
    """A page of every kind, with pictures wherever one can stand."""
    made = iter(range(1000))

    def picture(wide=False):
        return make_picture(f"picture {next(made)}", size=(160, 90) if wide else (40, 50))

    product = make_product()
    product.variants.update(image=picture())
    shelf = make_category()
    shelf.picture = picture()
    shelf.save()
    chosen = make_product_page(product, photos=2)
    front = HomePage.objects.get()
    index = front.add_child(instance=StoryIndexPage(title="Stories", slug="stories"))
    story = StoryPage(title="Story", slug="story", picture=picture(), author=Author.objects.create(name="Laras"))
    story.body = stream(everything(chosen.pk, picture))
    index.add_child(instance=story)
    look = block("look", {"title": "", "image": image(picture(wide=True)), "marks": []})
    category = CategoryPage.objects.get()
    teaser = {"story": story.pk, "image": image(picture()), "text": ""}
    more = [
        block("rooms", {"title": "Rooms", "intro": "", "rooms": items([{"category": category.pk, "image": None}])}),
        block("teasers", {"title": "More", "stories": items([teaser])}),
        block("feature", {**teaser, "products": [chosen.pk]}),
    ]
    pages = [story]
    for page in (LandingPage(title="Sale", slug="sale"), ContentPage(title="Help", slug="help")):
        front.add_child(instance=page)
        pages.append(page)
    for page in (*pages[1:], front):
        page.body = stream(everything(chosen.pk, picture) + ([] if isinstance(page, ContentPage) else more))
        page.window = stream([look])
    for page in (category, ProductPage.objects.get()):
        page.story = stream(everything(chosen.pk, picture))
        pages.append(page)
    for page in (*pages, front):
        page.save_revision().publish()
    return ["/stories/", "/", "/shop/", *[page.get_url() for page in pages]]


def test_a_visit_to_any_kind_of_page_makes_no_picture(client, site):
    while outbox.relay(now=timezone.now() + timedelta(seconds=1)):
        pass
    made = Rendition.objects.count()
    assert made > 5 * Picture.objects.count()
    for address in [*site, "/search/?q=mug"]:
        assert client.get(address).status_code == 200, address
        assert Rendition.objects.count() == made, address
    client.post("/cart/add/", {"sku": "MUG"})
    assert client.get("/cart/").status_code == 200
    assert Rendition.objects.count() == made
