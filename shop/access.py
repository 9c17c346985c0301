"""Who may call a view. Nobody, unless the view says so.

    @access("public")           anybody
    @access("owner")            a signed-in person, for rows of their own
    @access("token")            whoever holds the unguessable link
    @access("provider")         a payment provider, proven by signature
    @access("staff", "shop.change_order")   staff with that permission

`AccessRequired` (config.middleware) refuses a view of ours without a declaration; a test walks all addresses.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied

KINDS = {"public", "owner", "token", "provider", "staff"}


def access(kind: str, permission: str = "") -> Callable:
    """Declare, and for `owner` and `staff` enforce, who may call the view. Raises ValueError on an unknown kind."""
    if kind not in KINDS or (kind == "staff") != bool(permission):
        raise ValueError(f"access({kind!r}, {permission!r})")

    def declare(view: Callable) -> Callable:
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
            if kind in ("owner", "staff") and not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if kind == "staff" and not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.access = (kind, permission)  # type: ignore[attr-defined]
        return guarded

    return declare
