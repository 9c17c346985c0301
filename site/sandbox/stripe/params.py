"""Request parameters: Stripe's form encoding, and the check against the TypedDicts that ship in its SDK.

Those TypedDicts are generated from Stripe's own API description, so an unknown or mistyped parameter is
refused here for the same reason as there.
"""

import re
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import stripe
from stripe._request_options import RequestOptions

from sandbox.stripe.errors import invalid

Params = dict[str, Any]

# Options of the SDK's own call, which share the TypedDicts but never travel as parameters.
CLIENT_OPTIONS = frozenset(RequestOptions.__annotations__)

# Names the SDK imports for type checkers only.
TYPING_NAMES = {"StripeContext": object, "Mapping": Mapping}

# Known to Stripe, but doing nothing here: silence would be a lie.
_NOT_IN_SANDBOX = (
    "application_fee_amount confirmation_token hooks mandate on_behalf_of payment_method_configuration "
    "refund_application_fee reverse_transfer source test_clock transfer_data"
)
NOT_IN_SANDBOX = frozenset(_NOT_IN_SANDBOX.split())


# ------------------------------------------------------------------ the wire


def parse_form(text: str) -> Params:
    """`a[b]=1&c[]=2&d[0]=3` -> `{"a": {"b": "1"}, "c": ["2"], "d": ["3"]}`; all leaves are strings."""
    tree: Params = {}
    for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=2000):
        _plant(tree, re.findall(r"^[^\[]+|(?<=\[)[^\]]*(?=\])", name), value, name)
    return {name: _lists(value) for name, value in tree.items()}


def _plant(tree: Params, keys: list[str], value: str, name: str) -> None:
    if not keys or len(keys) > 12:
        raise invalid(f"Invalid parameter name: {name[:80]}", param=name[:80])
    for key in keys[:-1]:
        tree = tree.setdefault(key or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise invalid(f"Invalid object: {name[:80]}", param=name[:80])
    tree[keys[-1] or str(len(tree))] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    branches = {key: _lists(branch) for key, branch in value.items()}
    if branches and all(key.isdecimal() for key in branches):
        return [branches[key] for key in sorted(branches, key=int)]
    return branches


# ------------------------------------------------------------------ the schema


@cache
def fields_of(spec: type) -> dict[str, Any]:
    """Parameter name -> type of one of the SDK's TypedDicts."""
    hints = typing.get_type_hints(spec, localns=TYPING_NAMES)
    return {name: hint for name, hint in hints.items() if name not in CLIENT_OPTIONS}


def check(params: Params, spec_name: str, path: str = "") -> Params:
    """Return `params` with integers and booleans as such; `spec_name` is a TypedDict of `stripe.params`.

    `path` is the name of the parameter that holds them, if one does.
    Raises 400 for what is unknown, missing, mistyped, out of its list of values, or not offered here.
    """
    if "payment_method_types" in params:
        raise invalid(
            "payment_method_types is no longer supported. Use automatic_payment_methods, "
            "allowed_payment_method_types or excluded_payment_method_types.",
            code="payment_method_types_no_longer_supported",
            param="payment_method_types",
        )
    checked = _object(params, getattr(stripe.params, spec_name), path)
    for name in sorted(NOT_IN_SANDBOX & checked.keys()):
        raise invalid(f"The sandbox does not implement `{name}`.", param=name)
    return checked


def _object(value: Any, spec: type, path: str) -> Params:
    if not isinstance(value, dict):
        raise invalid("Invalid object", param=path)
    fields = fields_of(spec)
    for name in value:
        if name not in fields:
            raise invalid(
                f"Received unknown parameter: {_inside(path, name)}",
                code="parameter_unknown",
                param=_inside(path, name),
            )
    for name in sorted(spec.__required_keys__ - value.keys()):  # type: ignore[attr-defined]
        where = _inside(path, name)
        raise invalid(f"Missing required param: {where}.", code="parameter_missing", param=where)
    return {name: _value(branch, fields[name], _inside(path, name)) for name, branch in value.items()}


def _inside(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _value(value: Any, hint: Any, path: str) -> Any:
    choices = _choices(hint)
    words = [word for choice in choices if _is(choice, typing.Literal) for word in typing.get_args(choice)]
    if value == "":
        return _empty(path, unset="" in words)
    if isinstance(value, dict):
        return _dict(value, choices, path)
    if isinstance(value, list):
        return _list(value, choices, path)
    return _scalar(value, choices, [word for word in words if word != ""], path)


def _choices(hint: Any) -> list[Any]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return [choice for part in typing.get_args(hint) for choice in _choices(part)]
    return [hint]


def _is(hint: Any, origin: Any) -> bool:
    return typing.get_origin(hint) is origin


def _empty(path: str, *, unset: bool) -> str:
    if unset:
        return ""
    raise invalid(
        f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a "
        f"parameter; however '{path}' cannot be unset. You should remove '{path}' from your request or supply a "
        "non-empty value.",
        code="parameter_invalid_empty",
        param=path,
    )


def _dict(value: Params, choices: list[Any], path: str) -> Params:
    for choice in choices:
        if hasattr(choice, "__required_keys__"):
            return _object(value, choice, path)
        if _is(choice, dict):
            return _strings(value, path)
    raise invalid("Invalid object", param=path)


def _strings(value: Params, path: str) -> dict[str, str]:
    for name, leaf in value.items():
        if not isinstance(leaf, str):
            raise invalid(f"Invalid string: {leaf}", param=f"{path}[{name}]")
    return value


def _list(value: list[Any], choices: list[Any], path: str) -> list[Any]:
    for choice in choices:
        if _is(choice, list):
            (hint,) = typing.get_args(choice)
            return [_value(item, hint, f"{path}[{index}]") for index, item in enumerate(value)]
    raise invalid("Invalid array", param=path)


def _scalar(text: str, choices: list[Any], words: list[str], path: str) -> Any:
    if bool in choices and text in ("true", "false"):
        return text == "true"
    if words:
        if text not in words:
            raise invalid(f"Invalid {path}: must be one of {', '.join(words[:40])}", param=path)
        return text
    if int in choices and re.fullmatch(r"-?\d{1,18}", text):
        return int(text)
    if float in choices and re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", text):
        return float(text)
    if str in choices:
        return text
    if int in choices:
        raise invalid(f"Invalid integer: {text}", code="parameter_invalid_integer", param=path)
    if bool in choices:
        raise invalid(f"Invalid boolean: {text}", param=path)
    kind = "array" if any(_is(choice, list) for choice in choices) else "object"
    raise invalid(f"Invalid {kind}", param=path)


# ------------------------------------------------------------------ values with rules of their own


def merge_metadata(old: dict[str, str], new: Any) -> dict[str, str]:
    """Stripe's merging: keys are added or replaced, an empty value removes one, an empty `new` all."""
    if new is None:
        return dict(old)
    if new == "":
        return {}
    merged = dict(old)
    for key, value in new.items():
        _check_metadata(key, value)
        merged[key] = value
    merged = {key: value for key, value in merged.items() if value != ""}
    if len(merged) > 50:
        raise invalid("Metadata can have up to 50 keys.", param="metadata")
    return merged


def _check_metadata(key: str, value: str) -> None:
    if len(key) > 40:
        raise invalid("Metadata keys can have up to 40 characters.", param=f"metadata[{key}]")
    if len(value) > 500:
        raise invalid(
            "Metadata values can have up to 500 characters, but you passed in a value that is "
            f"{len(value)} characters.",
            param=f"metadata[{key}]",
        )


def check_url(url: str | None, param: str) -> None:
    """Raise unless `url` is absent or has a scheme and a host."""
    if url is not None and not re.match(r"[a-z][a-z0-9+.-]*://[^/\s]+", url, re.I):
        raise invalid("Not a valid URL", code="url_invalid", param=param)
