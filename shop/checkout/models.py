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
    collect = models.BooleanField(default=False, help_text="Fetched from us: of the address only the name counts.")
    address_done = models.BooleanField(default=False)
    other_bill = models.BooleanField(default=False, help_text="The bill goes to `billing`, not where the parcel goes.")
    billing = models.JSONField(default=dict, blank=True, help_text="An address; empty while it is not known.")
    delivery_code = models.SlugField(blank=True)
    note = models.TextField(blank=True, help_text="To the shop.")
    remind_in = models.CharField(
        max_length=10, blank=True, help_text="Language in which a reminder was asked for; empty: none was."
    )
    reminded_at = models.DateTimeField(null=True, blank=True, help_text="Once for each cart.")
    updated_at = models.DateTimeField(auto_now=True)

    @property
    def knows_where(self) -> bool:
        """Whether it is known where the order goes, or who fetches it."""
        return bool(self.name) and (self.collect or self.address_done)

    def __str__(self) -> str:
        return f"checkout of {self.cart}"
