"""The doors of reviews: read all of a product's, write one as a buyer with an account or by an order's link."""

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.access import access
from shop.catalogue.models import Product
from shop.customers import operations as customers
from shop.orders.models import Order
from shop.reviews import listing
from shop.reviews import operations as reviews
from shop.reviews.forms import ReviewForm, shown_name
from shop.reviews.models import STARS, Review
from shop.web import ShopRequest, client_address, no_referrer, same_origin_post

A_PAGE = 20


def page_of(product: Product) -> Any:
    """The product's page as this visitor reads it. Raises Http404 when there is none for everybody to see."""
    pages = apps.get_model("shop.ProductPage").objects.live().public().filter(product=product)  # type: ignore[attr-defined]
    language = get_language() or settings.LANGUAGE_CODE
    page = pages.filter(locale__language_code=language).first() or pages.first()
    if page is None:
        raise Http404
    return page


@require_safe
@access("public")
def read(request: ShopRequest, product_id: int) -> HttpResponse:
    """All reviews of a product, or those with so many stars, by pages."""
    product = get_object_or_404(Product, pk=product_id)
    page, asked = page_of(product), request.GET.get("stars", "")
    stars = int(asked) if asked in map(str, STARS) else None
    found = listing.shown().filter(product=product).prefetch_related("photos").order_by("-helpful", "-pk")
    paginator = Paginator(found.filter(stars=stars) if stars else found, A_PAGE)
    number = request.GET.get("page", "1")
    if not (number.isascii() and number.isdigit() and 1 <= int(number[:6]) <= paginator.num_pages):
        raise Http404
    context = {
        "page": page,
        "product": product,
        "summary": listing.summary(product.pk),
        "stars": stars,
        "reviews": paginator.page(int(number)),
    }
    return render(request, "shop/reviews/reviews.html", context)


# --- writing -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access("owner")
def write(request: ShopRequest, product_id: int) -> HttpResponse:
    """By whoever has an account, whether they bought it or not; the review says which."""
    product = get_object_or_404(Product, pk=product_id)
    mine = Review.objects.filter(product=product, user=request.user.pk).first()
    return _form(request, product, mine, request.user, None)


@require_http_methods(["GET", "HEAD", "POST"])
@no_referrer
@access("token")
def write_for_order(request: ShopRequest, number: str, token: str, line: int) -> HttpResponse:
    """By whoever holds the order's link, account or not."""
    order = Order.objects.select_related("user").filter(number=number).first()
    if order is None or not constant_time_compare(order.token, token):
        raise Http404
    product = get_object_or_404(Product, variants__order_lines__order=order, variants__order_lines__pk=line)
    if reviews.line_bought(product=product, order=order) is None:
        raise Http404
    owner = {"user": order.user} if order.user else {"user": None, "order": order}
    mine = Review.objects.filter(product=product, **owner).first()
    return _form(request, product, mine, order.user, None if order.user else order)


def _form(request: ShopRequest, product: Product, mine: Review | None, user: Any, order: Order | None) -> HttpResponse:
    """GET the form; POST a review, or `delete`."""
    if request.method == "POST" and not _may_write(request, user, order):
        return render(request, "429.html", status=429)
    if request.method == "POST" and "delete" in request.POST:
        return _delete(request, mine)
    page = page_of(product)
    name = shown_name(user.name if user else order.shipping_address.name if order else "")
    form = ReviewForm(request.POST or None, request.FILES or None, review=mine, name=name)
    if request.method == "POST" and form.is_valid():
        return _say_thanks(request, _keep(request, form, product, mine, user, order))
    context = {"page": page, "form": form, "mine": mine, "is_wrong": form.is_bound}
    return render(request, "shop/reviews/write.html", context, status=422 if form.is_bound else 200)


def _may_write(request: ShopRequest, user: Any, order: Order | None) -> bool:
    """Counts once more that this account, or this order's link, has sent a review."""
    limit, minutes = settings.REVIEW_LIMIT
    key, period = f"user:{user.pk}" if user else f"order:{order.pk}", timedelta(minutes=minutes)  # type: ignore[union-attr]
    try:
        customers.throttle(scope="review.write", key=key, limit=limit, period=period, now=request.commerce_now)
    except customers.TooManyAttempts:
        return False
    return True


def _delete(request: ShopRequest, mine: Review | None) -> HttpResponse:
    """Twice is fine."""
    if mine:
        reviews.delete_review(review=mine, now=request.commerce_now)
    messages.success(request, _("Your review is gone."))
    return redirect(request.path)


def _keep(
    request: ShopRequest, form: ReviewForm, product: Product, mine: Review | None, user: Any, order: Order | None
) -> Review | None:
    """The review as it is kept now; None for what a program wrote, which is told nothing."""
    now = request.commerce_now
    if form.is_trapped:
        return None
    if mine:
        return reviews.change_review(review=mine, words=form.words(), now=now)
    language = get_language() or settings.LANGUAGE_CODE
    try:
        return reviews.write_review(
            product=product, words=form.words(), language=language, user=user, order=order, now=now
        )
    except reviews.AlreadyReviewed:  # the button was pressed twice: the second is a change of the first
        owner = {"user": user} if user else {"user": None, "order": order}
        mine = Review.objects.get(product=product, **owner)
        return reviews.change_review(review=mine, words=form.words(), now=now)


def _say_thanks(request: ShopRequest, review: Review | None) -> HttpResponse:
    """Back to the form, which holds what was written and can be changed there."""
    if review is None or review.state == Review.State.WAITING:
        messages.success(request, _("Thank you. We read it before it is shown, usually within a day."))
    else:
        messages.success(request, _("Thank you. Your review is shown."))
    return redirect(request.path)


@require_POST
@never_cache
@access("public")
@same_origin_post
def helpful(request: ShopRequest, review_id: int) -> HttpResponse:
    """Once for each account or network address; a throttle keeps programs from counting for fun."""
    review = get_object_or_404(listing.shown(), pk=review_id)
    who = f"user:{request.user.pk}" if request.user.is_authenticated else client_address(request)
    limit, minutes = settings.HELPFUL_LIMIT
    period = timedelta(minutes=minutes)
    try:
        customers.throttle(scope="review.helpful", key=who, limit=limit, period=period, now=request.commerce_now)
    except customers.TooManyAttempts:
        return render(request, "429.html", status=429)
    review.helpful = reviews.find_helpful(review=review, voter=customers.key_hash("review.helpful", who))
    if request.htmx:
        return render(request, "shop/reviews/_helpful.html", {"review": review, "thanks": True})
    return redirect(reverse("reviews:read", args=[review.product_id]) + f"#review-{review.pk}")
