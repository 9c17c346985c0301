"""The doors of reviews, as shoppers and staff come through them."""

import pytest
from django.db import transaction
from django.urls import reverse

from shop.catalogue.models import Product
from shop.customers.models import User
from shop.orders import operations as orders
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.reviews import operations as reviews
from shop.reviews.models import Review
from shop.storefront.pages import ProductPage
from tests.checkout.world import NOW, fill_cart, place, sell
from tests.factories import make_staff
from tests.reviews.test_reviews import picture

pytestmark = pytest.mark.django_db

SAID = {"stars": "4", "title": "Fine", "text": "A <b>good</b> mug.", "name": "Alice H."}


@pytest.fixture
def order() -> Order:
    placed = place(fill_cart(sell(stock=5)))
    with transaction.atomic():
        orders.move(lock_order(placed.pk), "processing", actor="test", now=NOW)
    return Order.objects.get()


@pytest.fixture
def alice(client) -> User:
    user = User.objects.create_user("alice@example.com", "a long enough password", name="Alice Hartono")
    client.force_login(user)
    return user


def by_link(order: Order) -> str:
    return reverse("reviews:write_for_order", args=[order.number, order.token, order.lines.get().pk])


def product_page(client) -> str:
    return client.get(ProductPage.objects.get().url).content.decode()


def test_a_guest_writes_and_everybody_reads(client, order):
    assert 'value="Alice H."' in client.get(by_link(order)).content.decode()
    answer = client.post(by_link(order), SAID, follow=True)
    assert "Your review is shown" in answer.content.decode()
    page = product_page(client)
    assert "A &lt;b&gt;good&lt;/b&gt; mug." in page
    assert '"ratingValue": "4.00"' in page or '"ratingValue":"4.00"' in page
    assert "Verified purchase" in page


def test_the_products_page_follows_what_is_said_about_it(client, order):
    assert "Nobody has written about it yet" in product_page(client)
    client.post(by_link(order), SAID)
    assert "Fine" in product_page(client)
    review = Review.objects.get()
    reviews.reply(review=review, text="Thank you so much.", name="Laras", actor="test", now=NOW)
    assert "Thank you so much." in product_page(client)
    reviews.decide(review_ids=[review.pk], approve=False, actor="test", now=NOW)
    assert "Nobody has written about it yet" in product_page(client)


def test_what_is_wrong_is_said_beside_it_and_nothing_typed_is_lost(client, order):
    answer = client.post(by_link(order), {**SAID, "stars": "9", "name": ""})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose 1 to 5 stars." in page
    assert "Enter a name. Initials will do." in page
    assert "A &lt;b&gt;good&lt;/b&gt; mug." in page
    assert "<title>Error:" in page.replace("\n", "")
    assert not Review.objects.exists()


def test_a_wrong_token_or_anothers_line_is_not_there(client, order):
    assert client.get(by_link(order).replace(order.token, "x" * 32)).status_code == 404
    assert client.get(by_link(order).replace(f"/{order.lines.get().pk}/", "/999999/")).status_code == 404


def test_pressing_twice_is_one_review(client, order):
    for stars in "43":
        client.post(by_link(order), {**SAID, "stars": stars})
    assert Review.objects.get().stars == 3


def test_a_program_that_fills_everything_is_thanked_and_forgotten(client, order):
    answer = client.post(by_link(order), {**SAID, "trap": "http://spam.example"}, follow=True)
    assert "Thank you" in answer.content.decode()
    assert not Review.objects.exists()


def test_without_an_account_or_a_link_it_asks_to_sign_in(client, order):
    address = reverse("reviews:write", args=[Product.objects.get().pk])
    assert client.get(address).headers["Location"].startswith("/account/login/")


def test_a_stranger_with_an_account_waits(client, order, alice):
    address = reverse("reviews:write", args=[Product.objects.get().pk])
    assert "We read it before it is shown" in client.post(address, SAID, follow=True).content.decode()
    assert "A &lt;b&gt;good" not in product_page(client)


def test_a_picture_comes_along(client, order):
    client.post(by_link(order), {**SAID, "photos": [picture()]})
    assert Review.objects.get().photos.count() == 1


def test_four_pictures_are_too_many(client, order):
    page = client.post(by_link(order), {**SAID, "photos": [picture() for _ in range(4)]}).content.decode()
    assert "Send at most 3 pictures." in page
    assert not Review.objects.exists()


def test_its_author_deletes_it_and_twice_is_fine(client, order):
    client.post(by_link(order), SAID)
    assert "Delete my review" in client.get(by_link(order)).content.decode()
    for _ in range(2):
        assert "Your review is gone" in client.post(by_link(order), {"delete": "1"}, follow=True).content.decode()
    assert not Review.objects.exists()


def test_nobody_deletes_anothers(client, order, alice):
    client.post(by_link(order), SAID)
    client.post(reverse("reviews:write", args=[Review.objects.get().product_id]), {"delete": "1"})
    assert Review.objects.exists()


def test_no_order_writes_without_end(client, order, settings):
    settings.REVIEW_LIMIT = (1, 60)
    client.post(by_link(order), SAID)
    assert client.post(by_link(order), {**SAID, "stars": "1"}).status_code == 429
    assert Review.objects.get().stars == 4


def test_helpful_counts_once_for_an_address(client, order):
    client.post(by_link(order), SAID)
    address = reverse("reviews:helpful", args=[Review.objects.get().pk])
    for _ in range(2):
        assert client.post(address).status_code == 302
    assert Review.objects.get().helpful == 1
    assert "Thank you" in client.post(address, headers={"HX-Request": "true"}).content.decode()


@pytest.mark.parametrize(
    ("query", "status"), [("", 200), ("?stars=4", 200), ("?stars=x", 200), ("?page=2", 404), ("?page=0", 404)]
)
def test_all_reviews_by_stars(client, order, query, status):
    client.post(by_link(order), SAID)
    address = reverse("reviews:read", args=[Product.objects.get().pk])
    assert client.get(address + query).status_code == status


def test_other_stars_are_not_shown(client, order):
    client.post(by_link(order), SAID)
    address = reverse("reviews:read", args=[Product.objects.get().pk])
    assert "Nobody has given so many stars" in client.get(f"{address}?stars=1").content.decode()


class TestTheDesk:
    @pytest.fixture
    def review(self, client, order, alice) -> Review:
        client.post(reverse("reviews:write", args=[Product.objects.get().pk]), SAID)
        return Review.objects.get()

    def test_it_lists_shows_and_answers(self, client, review):
        client.force_login(make_staff("Merchandiser"))
        assert "Fine" in client.get(reverse("reviews_desk:index")).content.decode()
        assert "A &lt;b&gt;good" in client.get(reverse("reviews_desk:inspect", args=[review.pk])).content.decode()
        client.post(reverse("reviews_desk:approve", args=[review.pk]))
        client.post(reverse("reviews_desk:reply", args=[review.pk]), {"text": "Thank you.", "name": "Laras"})
        review.refresh_from_db()
        assert (review.state, review.reply, review.replied_by) == ("approved", "Thank you.", "Laras")

    def test_what_waits_comes_first(self, client, review, order):
        client.post(by_link(order), {**SAID, "title": "Newer, and shown at once"})
        client.force_login(make_staff("Merchandiser"))
        page = client.get(reverse("reviews_desk:index")).content.decode()
        assert page.index(": Fine") < page.index("Newer, and shown at once")

    def test_several_at_once(self, client, review):
        client.force_login(make_staff("Merchandiser"))
        address = reverse("wagtail_bulk_action", args=["shop", "review", "reject"]) + f"?id={review.pk}"
        assert "Fine" in client.get(address).content.decode()
        client.post(address)
        review.refresh_from_db()
        assert review.state == "rejected"

    @pytest.mark.parametrize("role", ["Editor", "Finance"])
    def test_others_may_not(self, client, review, role):
        client.force_login(make_staff(role))
        client.post(reverse("reviews_desk:approve", args=[review.pk]))
        bulk = reverse("wagtail_bulk_action", args=["shop", "review", "approve"]) + f"?id={review.pk}"
        client.post(bulk)
        review.refresh_from_db()
        assert review.state == "waiting"
