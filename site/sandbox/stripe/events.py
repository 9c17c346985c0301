"""Events: what happened, told to every webhook endpoint that asked for it."""

import stripe

from sandbox.stripe.account import DAY, PRIVATE, Account, Object, api_version, new_id
from sandbox.stripe.listing import Params, listing

KEPT = 30 * DAY


def emit(account: Account, type: str, item: Object) -> Object:
    """Record that `type` happened to `item` (as it is now) and queue it for delivery."""
    due = None if account.holding else account.now()
    deliveries = {
        endpoint["id"]: {"attempts": 0, "due": due, "held": account.holding, "done": False}
        for endpoint in account.of_kind("webhook_endpoint")
        if _wants(endpoint, type)
    }
    event = account.add(
        stripe.Event,
        private={"deliveries": deliveries},
        id=new_id("evt_"),
        type=type,
        api_version=api_version,
        data={"object": account.export(item)},
        pending_webhooks=len(deliveries),
        request=dict(account.current_request),
    )
    if deliveries and not account.holding:
        account.undelivered[event["id"]] = None
    return event


def _wants(endpoint: Object, type: str) -> bool:
    chosen = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in chosen or type in chosen)


def is_delivered(event: Object) -> bool:
    return all(delivery["done"] for delivery in event[PRIVATE]["deliveries"].values())


def list_events(account: Account, params: Params) -> Object:
    """The last 30 days, newest first; `delivery_success=false` finds those that some endpoint missed."""
    wanted = params.get("types") or ([params["type"]] if "type" in params else None)
    success = params.get("delivery_success")
    oldest = account.now() - KEPT

    def chosen(event: Object) -> bool:
        return (
            event["created"] >= oldest
            and (wanted is None or event["type"] in wanted)
            and (success is None or is_delivered(event) == success)
        )

    return listing(account, "event", params, "/v1/events", chosen)


def retrieve(account: Account, params: Params, id: str) -> Object:
    return account.find("event", id)
