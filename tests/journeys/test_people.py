"""Somebody with an account, on a phone, says what they think of a thing."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from shop.customers import operations as customers
from shop.reviews import operations as reviews
from shop.reviews.models import Review
from tests.journeys.conftest import OpenShop, violations
from tests.journeys.test_first_sale import MUG

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EMAIL, PASSWORD = "bima@example.com", "a long enough password"


def test_what_somebody_thinks_is_read_by_staff_and_then_by_all(shop: OpenShop):
    customers.open_account(email=EMAIL, name="Bima Sakti", password=PASSWORD)
    page = shop.visitor().new_page()
    page.goto(MUG)
    page.get_by_role("link", name="Write a review").click()
    page.get_by_label("E-mail", exact=True).fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Send my review").click()
    expect(page.get_by_role("link", name="Choose how many stars you give.")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("4 stars").check()
    page.get_by_label("In one line").fill("Holds a whole teapot")
    page.get_by_role("button", name="Send my review").click()
    expect(page.get_by_text("We read it before it is shown")).to_be_visible()

    review = Review.objects.get(title="Holds a whole teapot")
    assert (review.name, review.stars, review.state) == ("Bima S.", 4, "waiting")
    reviews.decide(review_ids=[review.pk], approve=True, actor="staff", now=timezone.now())
    page.goto(reverse("reviews:read", args=[review.product_id]))
    expect(page.get_by_role("heading", name="Holds a whole teapot")).to_be_visible()
    assert violations(page) == []
    page.locator(f"#review-{review.pk}").get_by_role("button", name=re.compile("Helpful")).click()
    expect(page.get_by_text("Thank you, noted.")).to_be_visible()
