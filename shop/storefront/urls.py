from django.urls import path

from shop.storefront.views import choose_currency

urlpatterns = [path("currency/", choose_currency, name="choose_currency")]
