"""What happens by itself when time passes: unpaid transactions expire, captured cards settle."""

from sandbox.midtrans import transactions
from sandbox.midtrans.merchant import Merchant, Object


def _ends(merchant: Merchant, transaction: Object) -> float | None:
    """When something will happen to it, if anything."""
    if transaction["status"] == "pending":
        return transaction["expires"]
    is_captured = (transaction["status"], transaction["fraud"]) == ("capture", "accept")
    return transaction["created"] + merchant.settle_after if is_captured and merchant.settle_after else None


def moments(merchant: Merchant) -> list[float]:
    ends = (_ends(merchant, each) for each in merchant.of_kind("transaction"))
    return [moment for moment in ends if moment is not None]


def pass_time(merchant: Merchant) -> None:
    """Let everything happen whose time has come."""
    for transaction in merchant.of_kind("transaction"):
        moment = _ends(merchant, transaction)
        if moment is None or moment > merchant.now():
            continue
        if transaction["status"] == "pending":
            transactions.changed(merchant, transaction, "expire")
        else:
            transactions.settle(merchant, transaction)
