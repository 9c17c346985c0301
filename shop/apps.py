from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"
    verbose_name = "Shop"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from shop.cart.login import bring_cart
        from shop.checkout import emails as checkout
        from shop.checkout.login import keep_answers
        from shop.customers import emails as customers
        from shop.inventory import emails as inventory
        from shop.orders import emails as orders
        from shop.outbox import kinds
        from shop.returns import emails as returns
        from shop.wishlist.login import bring_wishlist

        user_logged_in.connect(keep_answers, dispatch_uid="shop.checkout")  # before the guest's cart is gone
        user_logged_in.connect(bring_cart, dispatch_uid="shop.cart")
        user_logged_in.connect(bring_wishlist, dispatch_uid="shop.wishlist")

        kinds.register(*orders.KINDS, *checkout.KINDS, *inventory.KINDS, *customers.KINDS, *returns.KINDS)
