"""Webhook endpoints. An endpoint's API version is its own, as at Stripe; its address is on this machine."""

from urllib.parse import urlsplit

import stripe

from sandbox.server import is_loopback
from sandbox.stripe.account import PRIVATE, Account, Object, new_id
from sandbox.stripe.errors import invalid
from sandbox.stripe.listing import listing
from sandbox.stripe.params import Params, merge_metadata

KIND = "webhook_endpoint"


def configure(account: Account, url: str, secret: str) -> None:
    """The endpoint given at start: made once, moved to the new address and secret after a restart."""
    check_address(url)
    for endpoint in account.of_kind(KIND):
        if endpoint[PRIVATE]["configured"]:
            endpoint["url"] = url
            account.find(KIND, endpoint["id"])[PRIVATE]["secret"] = secret
            return
    _add(account, {"url": url, "enabled_events": ["*"]}, secret, configured=True)


def check_address(url: str) -> None:
    """Raise 400 unless `url` is http(s) and on this machine: the sandbox never calls anybody else."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise invalid("Invalid URL: An explicit scheme (such as https) must be provided", param="url")
    if not is_loopback(parts.hostname):
        raise invalid("The sandbox delivers webhooks to this machine only.", code="url_invalid", param="url")


def _add(account: Account, params: Params, secret: str, *, configured: bool = False) -> Object:
    return account.add(
        stripe.WebhookEndpoint,
        private={"secret": secret, "configured": configured},
        id=new_id("we_1"),
        url=params["url"],
        enabled_events=params["enabled_events"],
        api_version=params.get("api_version") or None,
        description=params.get("description") or None,
        metadata=merge_metadata({}, params.get("metadata")),
        status="enabled",
    )


def create(account: Account, params: Params) -> Object:
    """The only answer that shows the signing secret."""
    check_address(params["url"])
    endpoint = _add(account, params, new_id("whsec_", 32))
    return {**endpoint, "secret": endpoint[PRIVATE]["secret"]}


def retrieve(account: Account, params: Params, id: str) -> Object:
    return account.find(KIND, id)


def update(account: Account, params: Params, id: str) -> Object:
    endpoint = account.find(KIND, id)
    if "url" in params:
        check_address(params["url"])
    for name in ("url", "enabled_events", "description"):
        if name in params:
            endpoint[name] = params[name] or None
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    endpoint["metadata"] = merge_metadata(endpoint["metadata"], params.get("metadata"))
    return endpoint


def delete(account: Account, params: Params, id: str) -> Object:
    account.find(KIND, id)
    account.remove(id)
    return {"id": id, "object": KIND, "deleted": True}


def list_endpoints(account: Account, params: Params) -> Object:
    return listing(account, KIND, params, "/v1/webhook_endpoints")
