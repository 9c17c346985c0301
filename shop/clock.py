"""The schedule: which job runs how often. Celery's beat reads it; each job is one call of one operation."""

from datetime import timedelta

from celery.schedules import crontab

# The second is for MONEY alone: nothing that is slow for another reason stands before it.
QUEUES = ("celery", "money")
MONEY = (
    "checkout.sweep_inbox",
    "checkout.reconcile_payments",
    "checkout.sweep_refunds",
    "checkout.fetch_missed_events",
    "checkout.expire_orders",
)

SCHEDULE = {
    "outbox.relay": {"task": "outbox.relay", "schedule": timedelta(seconds=5)},
    **{
        f"outbox.heartbeat.{queue}": {
            "task": "outbox.heartbeat",
            "schedule": timedelta(minutes=1),
            "args": (queue,),
            "options": {"queue": queue},
        }
        for queue in QUEUES
    },
    "checkout.sweep_inbox": {"task": "checkout.sweep_inbox", "schedule": timedelta(seconds=5)},
    "checkout.reconcile_payments": {"task": "checkout.reconcile_payments", "schedule": timedelta(minutes=1)},
    "checkout.sweep_refunds": {"task": "checkout.sweep_refunds", "schedule": timedelta(minutes=1)},
    "checkout.report_ledger": {"task": "checkout.report_ledger", "schedule": crontab(hour=4, minute=10)},
    "checkout.fetch_missed_events": {"task": "checkout.fetch_missed_events", "schedule": timedelta(hours=1)},
    "checkout.expire_orders": {"task": "checkout.expire_orders", "schedule": timedelta(minutes=1)},
    "checkout.remind_unpaid": {"task": "checkout.remind_unpaid", "schedule": timedelta(minutes=5)},
    "checkout.remind_of_carts": {"task": "checkout.remind_of_carts", "schedule": timedelta(minutes=30)},
    "storefront.refresh_listings": {"task": "storefront.refresh_listings", "schedule": timedelta(seconds=5)},
    "storefront.note_outdated_listings": {
        "task": "storefront.note_outdated_listings",
        "schedule": timedelta(minutes=5),
    },
    "storefront.note_faded_listings": {
        "task": "storefront.note_faded_listings",
        "schedule": crontab(hour=3, minute=20),
    },
    "storefront.gather_pairs": {"task": "storefront.gather_pairs", "schedule": crontab(hour=3, minute=35)},
    "storefront.publish_scheduled": {
        "task": "storefront.publish_scheduled",
        "schedule": timedelta(minutes=1),
    },
    "audit.go_over_the_books": {"task": "audit.go_over_the_books", "schedule": crontab(hour=4, minute=40)},
    "inventory.write_digest": {"task": "inventory.write_digest", "schedule": crontab(hour=7, minute=0)},
    "merchandising.delete_old": {"task": "merchandising.delete_old", "schedule": crontab(hour=4, minute=20)},
    "reviews.ask_buyers": {"task": "reviews.ask_buyers", "schedule": crontab(hour=10, minute=5)},
    "wishlist.tell_waiting": {"task": "wishlist.tell_waiting", "schedule": crontab(minute=20)},
    "wishlist.write_price_letters": {"task": "wishlist.write_price_letters", "schedule": crontab(hour=9, minute=40)},
    "wishlist.delete_old": {"task": "wishlist.delete_old", "schedule": crontab(hour=3, minute=50)},
    "customers.delete_old_throttles": {
        "task": "customers.delete_old_throttles",
        "schedule": timedelta(hours=1),
    },
    "account.erase_due": {"task": "account.erase_due", "schedule": timedelta(hours=1)},
    "account.let_go": {"task": "account.let_go", "schedule": timedelta(hours=1)},
    "customers.delete_old_requests": {
        "task": "customers.delete_old_requests",
        "schedule": timedelta(hours=1),
    },
}
