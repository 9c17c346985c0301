"""The schedule of the search's own jobs, beside the shop's; see `shop.clock`."""

from datetime import timedelta

SCHEDULE = {
    "search.refresh_vocabulary": {"task": "search.refresh_vocabulary", "schedule": timedelta(minutes=5)},
    "search.delete_old_searches": {"task": "search.delete_old_searches", "schedule": timedelta(days=1)},
}
