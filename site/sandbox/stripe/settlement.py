"""What time brings: slow payments arrive or bounce, refunds reach the bank or not, authorisations lapse."""

from sandbox.stripe import confirmation, intents, refunds
from sandbox.stripe.account import PRIVATE, Account, Object
from sandbox.stripe.cards import DECLINES
from sandbox.stripe.errors import refused


def settle(account: Account, item: Object, ok: bool) -> None:
    """Bring a processing intent or a refund to its end, good or bad."""
    if item["object"] == "refund":
        refunds.settle(account, item, ok)
    elif item["status"] != "processing":
        raise refused(f"{item['id']} is {item['status']}: there is nothing to settle.")
    elif ok:
        confirmation.approve(account, item)
    else:
        confirmation.decline(account, item, DECLINES["generic_decline"])


def run_timers(account: Account) -> None:
    """Do everything whose time has come."""
    for id in [id for id, due in account.timers.items() if due <= account.now()]:
        item = account.find(account.objects[id]["object"], id)
        account.unschedule(item)
        if item["status"] == "requires_capture":
            intents.withdraw(account, item, "automatic")
        elif item["object"] == "refund" or item["status"] == "processing":
            settle(account, item, item[PRIVATE].get("ends_well", True))
