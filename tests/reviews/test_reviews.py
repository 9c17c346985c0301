"""Reviews: who may write, what waits to be read, what counts, and what becomes of it all."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from PIL import Image

from shop.catalogue.models import Product
from shop.customers.models import User
from shop.inventory import operations as inventory
from shop.orders import operations as orders
from shop.orders import parcels
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.outbox.models import AuditEntry, Job
from shop.reviews import listing, requests
from shop.reviews import operations as reviews
from shop.reviews.models import HelpfulVote, Review, ReviewPhoto
from shop.reviews.operations import Words
from shop.reviews.photos import PhotoRefused, develop
from shop.storefront import indexing
from shop.storefront.models import ListingRow
from tests.checkout.world import NOW, fill_cart, place, sell

pytestmark = pytest.mark.django_db

State = Review.State


@pytest.fixture
def order() -> Order:
    """A guest's, paid."""
    placed = place(fill_cart(sell(stock=5)))
    with transaction.atomic():
        orders.move(lock_order(placed.pk), "processing", actor="test", now=NOW)
    return Order.objects.get()


@pytest.fixture
def product(order) -> Product:
    return Product.objects.get()


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.com", "a long enough password", name="Alice Hartono")


def write(product, stars=5, text="Good.", **who) -> Review:
    return reviews.write_review(product=product, words=Words(stars, "", text, "A."), language="en", now=NOW, **who)


def picture(size=(400, 500), kind="JPEG", **extra) -> SimpleUploadedFile:
    saved = BytesIO()
    Image.new("RGB", size, "navy").save(saved, kind, **extra)
    return SimpleUploadedFile("holiday.jpg", saved.getvalue(), "image/jpeg")


class TestWhoWrites:
    def test_a_guest_with_the_orders_link_has_bought_it(self, product, order):
        review = write(product, order=order)
        assert (review.verified, review.state) == (True, State.APPROVED)

    def test_an_account_that_bought_it_has_bought_it(self, product, order, alice):
        Order.objects.update(user=alice)
        assert write(product, user=alice).verified

    def test_a_stranger_waits_to_be_read(self, product, alice):
        review = write(product, user=alice)
        assert (review.verified, review.state, review.why) == (False, State.WAITING, "stranger")

    def test_an_unpaid_order_vouches_for_nothing(self):
        order = place(fill_cart(sell(stock=5)))
        with pytest.raises(reviews.NotBought):
            write(Product.objects.get(), order=order)
        assert not Review.objects.exists()

    @pytest.mark.parametrize("who", ["order", "user"])
    def test_one_for_each_buyer(self, product, order, alice, who):
        me = {"order": order} if who == "order" else {"user": alice}
        write(product, **me)
        with pytest.raises(reviews.AlreadyReviewed):
            write(product, stars=1, **me)
        assert Review.objects.get().stars == 5

    @pytest.mark.parametrize("stars", [0, 6])
    def test_stars_are_one_to_five_says_the_database(self, product, order, stars):
        with pytest.raises(IntegrityError), transaction.atomic():
            write(product, stars=stars, order=order)

    @pytest.mark.parametrize("text", ["see https://x.example", "www.cheap.example", "buy at mugs.shop today"])
    def test_links_are_read_before_they_are_shown(self, product, order, text):
        assert write(product, text=text, order=order).why == "link"

    def test_changing_it_has_it_read_again_where_there_is_a_reason(self, product, order):
        review = write(product, order=order)
        changed = reviews.change_review(review=review, words=Words(2, "", "www.other.example", "A."), now=NOW)
        assert (changed.stars, changed.state, changed.changed_at) == (2, State.WAITING, NOW)


class TestWhatCounts:
    def row(self) -> tuple:
        indexing.refresh(now=NOW)
        row = ListingRow.objects.get(currency="USD")
        return row.rating, row.rating_count

    def test_shown_ones_count_in_listings(self, product, order, alice):
        write(product, stars=4, order=order)
        waiting = write(product, stars=1, user=alice)
        assert self.row() == (Decimal(4), 1)
        reviews.decide(review_ids=[waiting.pk], approve=True, actor="staff", now=NOW)
        assert self.row() == (Decimal("2.5"), 2)
        reviews.decide(review_ids=[waiting.pk], approve=False, actor="staff", now=NOW)
        assert self.row() == (Decimal(4), 1)

    def test_deleting_takes_it_out(self, product, order):
        review = write(product, order=order)
        self.row()
        reviews.delete_review(review=review, now=NOW)
        assert self.row() == (Decimal(0), 0)

    def test_the_summary_adds_up(self, product, order, alice):
        write(product, stars=5, order=order)
        write(product, stars=2, user=alice)
        Review.objects.update(state="approved")
        said = listing.summary(product.pk)
        assert (said.mean, said.count) == (Decimal("3.50"), 2)
        assert [(bar.stars, bar.count, bar.share) for bar in said.bars if bar.count] == [
            (5, 1, "50.0%"),
            (2, 1, "50.0%"),
        ]
        assert listing.ratings([product.pk]) == {product.pk: (Decimal("3.50"), 2)}

    def test_nothing_said_is_nothing(self, product):
        assert listing.summary(product.pk) is None

    def test_a_decision_is_written_down_once(self, product, alice):
        review = write(product, user=alice)
        assert reviews.decide(review_ids=[review.pk], approve=True, actor="staff", now=NOW) == 1
        assert reviews.decide(review_ids=[review.pk], approve=True, actor="staff", now=NOW) == 0
        assert AuditEntry.objects.filter(action="review.approve").count() == 1

    def test_somebody_counts_as_helped_once(self, product, order):
        review = write(product, order=order)
        assert [reviews.find_helpful(review=review, voter=voter) for voter in ("a", "a", "b")] == [1, 1, 2]
        assert HelpfulVote.objects.count() == 2

    def test_forgetting_the_author_keeps_the_stars(self, product, order, alice):
        Order.objects.update(user=alice)
        write(product, stars=3, user=alice)
        assert reviews.forget_author(user=alice, now=NOW) == 1
        review = Review.objects.get()
        assert (review.stars, review.user, review.order, review.name, review.text) == (3, None, None, "", "")
        assert self.row() == (Decimal(3), 1)


class TestPhotographs:
    def test_they_are_made_anew_without_what_cameras_hide(self):
        exif = Image.Exif()
        exif[0x8825] = {1: "S", 2: (7.0, 48.0, 0.0)}  # where it was taken
        sent = picture((3000, 1500), exif=exif)
        with Image.open(develop(sent, size=sent.size)) as made:
            assert (made.format, made.size, dict(made.getexif())) == ("JPEG", (1200, 600), {})

    @pytest.mark.parametrize(
        ("file", "words"),
        [
            (SimpleUploadedFile("a.jpg", b"<svg onload=alert(1)>"), "could not read"),
            (picture((100, 500)), "smaller than 200"),
            (picture(kind="GIF"), "could not read"),
            (SimpleUploadedFile("cut.jpg", picture().read()[:900]), "could not read"),
        ],
        ids=["not a picture", "tiny", "another format", "cut off"],
    )
    def test_what_is_no_photograph_is_refused_in_words(self, file, words):
        with pytest.raises(PhotoRefused, match=words):
            develop(file, size=file.size)

    def test_a_bomb_is_refused_before_it_unfolds(self, monkeypatch):
        monkeypatch.setattr("shop.reviews.photos.MOST_PIXELS", 100 * 100)
        with pytest.raises(PhotoRefused, match="megapixels"):
            develop(picture(), size=1000)

    def test_at_most_three_and_the_file_goes_with_the_row(self, product, order, django_capture_on_commit_callbacks):
        photos = [develop(picture(), size=9) for _ in range(4)]
        review = reviews.write_review(
            product=product, words=Words(5, photos=photos, name="A."), language="en", order=order, now=NOW
        )
        kept = list(ReviewPhoto.objects.all())
        assert (len(kept), review.why) == (3, "photo")
        assert "holiday" not in kept[0].file.name
        storage, name = kept[0].file.storage, kept[0].file.name
        with django_capture_on_commit_callbacks(execute=True):
            reviews.delete_review(review=review, now=NOW)
        assert not storage.exists(name)


def test_buyers_are_asked_once_two_weeks_after_it_was_sent(order):
    Order.objects.update(payment_status="paid")
    with transaction.atomic():
        inventory.confirm(order_number=order.number)
    parcels.ship(order_id=order.pk, carrier="DHL", tracking_number="", tracking_url="", actor="test", now=NOW)
    due = NOW + timedelta(days=14)
    assert requests.ask_buyers(now=due - timedelta(minutes=1)) == 0
    assert requests.ask_buyers(now=due) == 1
    requests.ask_buyers(now=due + timedelta(days=1))
    assert Job.objects.filter(payload__kind="review_request").count() == 1
    assert requests.ask_buyers(now=due + timedelta(days=15)) == 0
