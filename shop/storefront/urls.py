from django.urls import path

from shop.storefront.views import choose_currency, picks, products_feed, recent

urlpatterns = [
    path("currency/", choose_currency, name="choose_currency"),
    path("feeds/products.xml", products_feed, name="products_feed"),
    path("picks/<int:product>/", picks, name="picks"),
    path("recent/", recent, name="recent"),
]
