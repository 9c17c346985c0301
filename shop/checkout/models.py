import uuid

from django.db import models

from shop.cart.models import Cart
from shop.customers.models import PostalAddress


class CheckoutDraft(PostalAddress):
    """What a shopper has answered so far, kept with the cart so that a checkout can be left and resumed.

    `key` names the submission to come: placing twice with it gives one order. It is renewed after each order.
    """

    cart = models.OneToOneField(Cart, models.CASCADE, related_name="draft")
    key = models.UUIDField(default=uuid.uuid4)
    email = models.EmailField(blank=True)
    delivery_code = models.SlugField(blank=True)
    note = models.TextField(blank=True, max_length=1000)
    address_done = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"checkout of {self.cart}"
