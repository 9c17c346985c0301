"""The schedule: which job runs how often. Celery's beat reads it; each job is one call of one operation."""

from datetime import timedelta

SCHEDULE = {
    "outbox.relay": {"task": "outbox.relay", "schedule": timedelta(seconds=5)},
    "payments.sweep_inbox": {"task": "payments.sweep_inbox", "schedule": timedelta(seconds=30)},
    "payments.reconcile": {"task": "payments.reconcile", "schedule": timedelta(minutes=1)},
    "checkout.expire_orders": {"task": "checkout.expire_orders", "schedule": timedelta(minutes=1)},
    "storefront.publish_scheduled": {
        "task": "storefront.publish_scheduled",
        "schedule": timedelta(minutes=1),
    },
}
