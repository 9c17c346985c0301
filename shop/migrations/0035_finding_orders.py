"""What the orders desk filters and searches by. Built beside the orders that are coming in."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Upper


def words_in(*fields):
    return [OpClass(Upper(field), name="gin_trgm_ops") for field in fields]


INDEXES = [
    ("order", models.Index(fields=["placed_at"], name="order_placed")),
    ("order", models.Index(fields=["payment_status", "-id"], name="order_payment_status")),
    ("order", models.Index(fields=["-id"], name="order_flagged", condition=~Q(needs_attention=""))),
    ("order", GinIndex(*words_in("number", "email"), name="order_words")),
    ("orderaddress", GinIndex(*words_in("name"), name="order_address_words")),
    ("orderline", GinIndex(*words_in("sku"), name="order_line_words")),
    ("fulfilment", GinIndex(*words_in("tracking_number"), name="fulfilment_words")),
]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("shop", "0034_figures_of_lately"),
    ]

    operations = [AddIndexConcurrently(model, index) for model, index in INDEXES]
