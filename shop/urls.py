"""The addresses of the rooms. Pages of the tree are found by Wagtail, after these."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("cart/", include("shop.cart.urls")),
    path("wishlist/", include("shop.wishlist.urls")),
    path("", include("shop.storefront.urls")),
    path("", include("shop.reviews.urls")),
    path("", include("shop.returns.urls")),
    path("", include("shop.account.urls")),
    path("", include("shop.checkout.urls")),
]
