"""What was typed into a step when we no longer knew whose cart it was: kept in the session until the step is seen again."""

from django.http import HttpRequest

TYPED = "checkout_typed"
MOST, LONGEST = 30, 600  # fields, characters of each


def keep_typed(request: HttpRequest, step: str) -> None:
    fields = {name: text[:LONGEST] for name, text in list(request.POST.items())[:MOST] if name != "csrfmiddlewaretoken"}
    request.session[TYPED] = {"step": step, "fields": fields}


def typed_before(request: HttpRequest, step: str) -> dict[str, str]:
    """What was kept for `step`, once; nothing while a form is being sent."""
    kept = request.session.get(TYPED) if request.method == "GET" else None
    if not kept or kept["step"] != step:
        return {}
    del request.session[TYPED]
    return kept["fields"]
