"""Tools of the desk, never of the public: the mails that the shop has written. Hung up where settings.DEV_TOOLS is on."""

from csp.decorators import csp, csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shop.access import access
from shop.outbox.models import Mail

NEWEST = 200

# A mail brings its styles inline and loads nothing; `sandbox` takes its scripts and forms away wherever it is shown.
MAIL_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "frame-ancestors": ["'self'"],
    "sandbox": ["allow-popups"],
}


@require_safe
@never_cache
@access("public")
def mails(request: HttpRequest) -> HttpResponse:
    """All mails, sent or not, newest first."""
    rows = Mail.objects.defer("text", "html").order_by("-pk")[:NEWEST]
    return render(request, "devtools/mails.html", {"mails": rows})


@require_safe
@never_cache
@access("public")
@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]  # its stubs know no further arguments
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail as text, and as HTML in a frame without rights."""
    return render(request, "devtools/mail.html", {"mail": get_object_or_404(Mail, pk=pk)})


@require_safe
@never_cache
@access("public")
@csp(MAIL_POLICY)  # type: ignore[arg-type]
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML part as a mail program would get it."""
    return HttpResponse(get_object_or_404(Mail, pk=pk).html)


urlpatterns = [
    path("mail/", mails, name="dev_mails"),
    path("mail/<int:pk>/", mail, name="dev_mail"),
    path("mail/<int:pk>/html/", mail_html, name="dev_mail_html"),
]
