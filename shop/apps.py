from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"
    verbose_name = "Shop"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from shop.cart.login import bring_cart

        user_logged_in.connect(bring_cart, dispatch_uid="shop.cart")
