from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"
    verbose_name = "Shop"

    def ready(self) -> None:
        from allauth.account.signals import email_changed
        from django.contrib.auth.signals import user_logged_in
        from django.db.models.signals import post_migrate

        from shop.account import emails as account
        from shop.account.consent_views import address_changed
        from shop.cart.login import bring_cart
        from shop.checkout import emails as checkout
        from shop.checkout.login import keep_answers
        from shop.customers import emails as customers
        from shop.customers import roles
        from shop.inventory import emails as inventory
        from shop.orders import emails as orders
        from shop.outbox import kinds
        from shop.returns import emails as returns
        from shop.wishlist import emails as wishlist
        from shop.wishlist.login import bring_wishlist

        post_migrate.connect(roles.after_migrating, sender=self, dispatch_uid="shop.roles")
        user_logged_in.connect(keep_answers, dispatch_uid="shop.checkout")  # before the guest's cart is gone
        user_logged_in.connect(bring_cart, dispatch_uid="shop.cart")
        user_logged_in.connect(bring_wishlist, dispatch_uid="shop.wishlist")
        email_changed.connect(address_changed, dispatch_uid="shop.consents")

        rooms = (orders, checkout, inventory, customers, returns, account, wishlist)
        kinds.register(*(kind for room in rooms for kind in room.KINDS))
