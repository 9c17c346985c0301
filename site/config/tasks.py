"""Wagtail's background tasks (search index, reference index) travel by the shop's own Celery."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.module_loading import import_string
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult, TaskResultStatus
from django_tasks.signals import task_enqueued


@shared_task(name="django_tasks.run", ignore_result=True)
def run_django_task(path: str, args: list, kwargs: dict) -> None:
    import_string(path).func(*args, **kwargs)


class CeleryBackend(BaseTaskBackend):
    """Publishes after commit, so that a worker never looks for rows that are not there yet."""

    supports_defer = True
    supports_priority = True

    def enqueue(self, task: Task, args: list, kwargs: dict) -> TaskResult:
        self.validate_task(task)
        result: TaskResult = TaskResult(
            task=task,
            id=get_random_string(32),
            status=TaskResultStatus.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            last_attempted_at=None,
            finished_at=None,
            args=list(args),
            kwargs=dict(kwargs),
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
        task_enqueued.send(type(self), task_result=result)
        transaction.on_commit(
            lambda: run_django_task.apply_async(args=[task.module_path, list(args), dict(kwargs)], eta=task.run_after)
        )
        return result
