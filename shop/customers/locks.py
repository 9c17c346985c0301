"""The one place that locks a person: for what they may have only one of."""

from shop.customers.models import User


def lock_person(pk: int) -> User:
    """The account, locked until the transaction ends. Raises User.DoesNotExist."""
    return User.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
