"""Did you mean: which words exist, and what was meant by one that does not."""

import pytest
from django.utils import timezone
from wagtail.models import PageViewRestriction

from search.models import Word
from search.spelling import correct, distance, refresh_vocabulary
from search.tasks import refresh_vocabulary as task
from shop.catalogue.models import Brand, Product
from shop.storefront import indexing
from tests.factories import make_category, make_home, make_product, make_product_page, make_value
from tests.search.pages import make_story


def words():
    return dict(Word.objects.filter(language="en").values_list("word", "uses"))


def indexed():
    indexing.refresh(now=timezone.now())


@pytest.fixture
def vocabulary(db):
    Word.objects.bulk_create(
        Word(language="en", word=word, uses=uses)
        for word, uses in {"indigo": 9, "mug": 5, "mud": 1, "bowl": 4, "stoneware": 3, "teapot": 2, "lamp": 7}.items()
    )
    Word.objects.create(language="id", word="cangkir", uses=3)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("indgo", "indigo"),  # left out
        ("inddigo", "indigo"),  # too many
        ("bwol", "bowl"),  # swapped, in a word too short for groups of three letters
        ("mgu", "mug"),
        ("lanp", "lamp"),  # mistaken
        ("stonewear", "stoneware"),
        ("Indgo  MUG", "indigo mug"),
        ("índgo", "indigo"),
        ("muf", "mug"),  # of two that are as near, the one that is used more
        ("indigo mug", "indigo mug"),
        ("grandfather clock", "grandfather clock"),
        ("cangkri", "cangkri"),  # another language's
        ("sku-123", "sku 123"),
        ("", ""),
    ],
)
def test_what_was_meant(vocabulary, typed, meant):
    assert correct(typed, "en") == meant


def test_it_asks_twice_however_many_words_there_are(vocabulary, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert correct("indgo mgu bwol lanp teapto", "en") == "indigo mug bowl lamp teapot"


def test_slips():
    assert [distance("mug", other) for other in ("mug", "mgu", "mugs", "ug", "mud", "bowl")] == [0, 1, 1, 1, 1, 4]


@pytest.mark.django_db
def test_words_come_from_what_shoppers_read():
    mug = make_product("tide-mug", variants=[{"colour": "indigo"}], category=make_category("ceramics"))
    mug.facts.add(make_value("material", "stoneware"))
    mug.brand = Brand.objects.create(slug="kiln", name="Kilnhouse")
    mug.save()
    make_product_page(mug, title="Tidé Mug no 12")
    make_story(title="A slow wheel")
    indexed()
    refresh_vocabulary()
    assert {"tide", "mug", "indigo", "stoneware", "kilnhouse", "ceramics", "slow", "wheel"} <= set(words())
    assert not {"a", "no", "12", "tidé"} & set(words())
    assert refresh_vocabulary() == 0  # nothing has changed since


@pytest.mark.django_db
def test_words_go_with_the_last_page_that_has_them():
    mug = make_product("zeppelin")
    page = make_product_page(mug)
    indexed()
    task()
    assert words()["zeppelin"] == 1
    page.unpublish()
    indexed()
    task()
    assert "zeppelin" not in words()


@pytest.mark.django_db
def test_nothing_secret_can_be_guessed_at():
    make_home()
    draft, private, gone = (make_product(code) for code in ("drafted", "privately", "archived"))
    make_product_page(draft, live=False)
    restricted = make_product_page(private)
    PageViewRestriction.objects.create(page=restricted, restriction_type="login")
    make_product_page(gone)
    Product.objects.filter(pk=gone.pk).update(lifecycle=Product.Lifecycle.ARCHIVED)
    make_product_page(make_product("priceless", prices={}))
    make_value("colour", "unseen")
    make_story(title="Unwritten", live=False)
    hidden = make_story(title="Whispered")
    PageViewRestriction.objects.create(page=hidden, restriction_type="login")
    indexed()
    refresh_vocabulary()
    assert not {"drafted", "privately", "archived", "priceless", "unseen", "unwritten", "whispered"} & set(words())
