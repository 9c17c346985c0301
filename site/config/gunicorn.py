"""How gunicorn serves the shop: `gunicorn --config python:config.gunicorn`. Its command line overrules what stands here.

The master loads the shop and what every process needs, then forks: workers share those pages of memory, and one that takes
another's place is there at once. So HUP brings new workers of the code that was loaded; new code wants USR2, see
site/docs/operations.md.
"""

import gc
import os
from typing import Any

wsgi_app = "config.wsgi:application"
preload_app = True
worker_class = "gthread"
# Most threads only wait: at config.middleware.Turnstile, which lets as many in as there are connections to the database.
workers, threads = int(os.environ.get("WEB_CONCURRENCY", "2")), 400
max_requests, max_requests_jitter = 10_000, 1_000
control_socket_disable = True

# A page makes thousands of objects and drops them again: Python's own 700 would have the collector look dozens of times
# during each. How many are made before it looks at the youngest; how many such looks before it takes in older ones.
COLLECT = 20_000, 10, 20


def when_ready(server: Any) -> None:
    """In the master, before it forks: what is the same for all is made, and left alone by the collector from then on.

    It writes to each object that it looks at, and a page of memory that is written to is shared no longer.
    """
    from config.warmth import warm

    warm()
    gc.collect()
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    gc.set_threshold(*COLLECT)
