from django.urls import path

from shop.storefront.views import choose_currency, products_feed, recent

urlpatterns = [
    path("currency/", choose_currency, name="choose_currency"),
    path("feeds/products.xml", products_feed, name="products_feed"),
    path("recent/", recent, name="recent"),
]
