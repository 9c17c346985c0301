"""Customers and their saved payment methods."""

import stripe

from sandbox.stripe.account import Account, Object, new_id
from sandbox.stripe.events import emit
from sandbox.stripe.listing import by_fields, listing
from sandbox.stripe.params import Params, merge_metadata

PLAIN = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping")


def create(account: Account, params: Params) -> Object:
    customer = account.add(
        stripe.Customer,
        id=new_id("cus_", 14),
        balance=0,
        delinquent=False,
        metadata=merge_metadata({}, params.get("metadata")),
        **{name: params[name] or None for name in PLAIN if name in params},
    )
    emit(account, "customer.created", customer)
    return customer


def retrieve(account: Account, params: Params, id: str) -> Object:
    return account.find("customer", id)


def update(account: Account, params: Params, id: str) -> Object:
    customer = account.find("customer", id)
    customer["metadata"] = merge_metadata(customer["metadata"], params.get("metadata"))
    customer.update({name: params[name] or None for name in PLAIN if name in params})
    emit(account, "customer.updated", customer)
    return customer


def delete(account: Account, params: Params, id: str) -> Object:
    emit(account, "customer.deleted", account.find("customer", id))
    account.remove(id)
    return {"id": id, "object": "customer", "deleted": True}


def list_customers(account: Account, params: Params) -> Object:
    return listing(account, "customer", params, "/v1/customers", by_fields(params, "email"))


def list_payment_methods(account: Account, params: Params, id: str) -> Object:
    account.find("customer", id)
    wanted = {**params, "customer": id}
    return listing(
        account,
        "payment_method",
        params,
        f"/v1/customers/{id}/payment_methods",
        by_fields(wanted, "customer", "type"),
    )
