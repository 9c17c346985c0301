"""The mails desk: what was sent as it was sent, once more where it helps, and what each kind of mail says."""

from typing import Any, ClassVar

import django_filters
from django.conf import settings
from django.forms import CheckboxSelectMultiple, Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet, ViewSetGroup
from wagtail.admin.widgets.button import HeaderButton

from shop.access import access
from shop.desk import OperationView, SafeExport, SeenViewSet
from shop.outbox import mails, wording
from shop.outbox.forms import SendAgainForm, WordsForm
from shop.outbox.kinds import KINDS, Kind
from shop.outbox.models import Mail, MailText

State = Mail.State
SEND_AGAIN, WORDS = "shop.send_mail_again", "shop.change_mailtext"
DARK = "(prefers-color-scheme: dark)"


def looks(html: str) -> dict[str, str]:
    """The HTML of a mail as it looks by day and in the evening, whatever the desk's own screen prefers."""
    return {"light": html.replace(DARK, "not all"), "dark": html.replace(DARK, "all")}


def kind_title(mail: Mail) -> str:
    kind = KINDS.get(mail.kind)
    return str(kind.title) if kind else mail.kind


# --- what was sent -------------------------------------------------------------------------------


class MailFilterSet(WagtailFilterSet):
    kind = django_filters.ChoiceFilter(
        label=_("Kind"), choices=lambda: [(kind.name, kind.title) for kind in KINDS.values()]
    )
    state = django_filters.MultipleChoiceFilter(
        label=_("State"), choices=State.choices, widget=CheckboxSelectMultiple, method="filter_state"
    )
    order_number = django_filters.CharFilter(label=_("Order"), lookup_expr="iexact")
    to = django_filters.CharFilter(label=_("E-mail"), lookup_expr="icontains")
    created_at = django_filters.DateFromToRangeFilter(label=_("Written"), widget=DateRangePickerWidget)

    class Meta:
        model = Mail
        fields: ClassVar[list[str]] = ["kind", "state", "order_number", "to", "created_at"]

    def filter_state(self, queryset: Any, _name: str, states: list[str]) -> Any:
        return queryset.filter(Mail.in_states(*states)) if states else queryset


class MailIndexView(SafeExport, generic.IndexView):
    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().defer("text", "html")


class MailView(generic.InspectView):
    """One mail as it was rendered. What it held stays, whatever has become of its order since."""

    page_title = _("Mail")
    template_name = "shop/outbox/admin/mail.html"

    def get_fields_context(self) -> list:
        return []

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not self.request.user.has_perm(SEND_AGAIN):
            return []
        return [
            HeaderButton(
                SendAgainView.page_title, url=reverse("mails_log:again", args=[self.object.pk]), icon_name="mail"
            )
        ]

    @cached_property
    def header_more_buttons(self) -> list:
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mail: Mail = self.object
        repetitions = mail.repetitions.defer("text", "html").order_by("pk")
        return super().get_context_data(
            **kwargs, mail=mail, kind=kind_title(mail), looks=looks(mail.html), repetitions=repetitions
        )


class SendAgainView(OperationView):
    about = "mail"
    permission = SEND_AGAIN
    form_class = SendAgainForm
    page_title = submit_button_label = _("Send again")
    success_message = _("It is sent again within a minute.")
    template_name = "shop/outbox/admin/again.html"

    @cached_property
    def mail(self) -> Mail:
        return get_object_or_404(Mail.objects.defer("text", "html"), pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, str]:
        return {"to": self.mail.to}

    def operate(self, form: Form) -> None:
        mails.send_again(mail_id=self.mail.pk, to=form.cleaned_data["to"], actor=self.actor, now=self.now)

    def get_page_subtitle(self) -> str:
        return self.mail.subject

    def get_success_url(self) -> str:
        return reverse("mails_log:inspect", args=[self.mail.pk])

    def get_breadcrumbs_items(self) -> list[dict]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("mails_log:index"), "label": _("Sent mails")},
            {"url": self.get_success_url(), "label": self.mail.subject},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(mail=self.mail, kind=kind_title(self.mail), **kwargs)


class MailViewSet(SeenViewSet):
    model = Mail
    name = "mails_log"
    url_prefix = "mails"
    icon = "mail"
    menu_label = _("Sent mails")
    list_display = (
        TitleColumn("subject", label=_("Subject"), url_name="mails_log:inspect"),
        Column("kind", label=_("Kind"), accessor=kind_title),
        Column("to", label=_("To")),
        Column("order_number", label=_("Order")),
        StatusTagColumn(
            "state",
            label=_("State"),
            accessor=lambda mail: mail.state.label,
            primary=lambda mail: mail.state == State.SENT,
        ),
        Column("why", label=_("Sent by"), accessor="why"),
        DateColumn("created_at", label=_("Written"), sort_key="created_at"),
    )
    filterset_class = MailFilterSet
    list_export = (
        *("created_at", "kind", "to", "subject", "order_number", "language"),
        *("state", "attempts", "sent_at", "error", "asked_by"),
    )
    export_filename = "mails"
    search_fields = ("order_number", "to", "subject")
    inspect_view_enabled = True
    index_view_class = MailIndexView
    inspect_view_class = MailView
    inspect_template_name = MailView.template_name

    def get_urlpatterns(self) -> list:
        again = access("staff", SEND_AGAIN)(self.construct_view(SendAgainView))
        return [*super().get_urlpatterns(), path("again/<int:pk>/", again, name="again")]


# --- what they say -------------------------------------------------------------------------------


class KindsView(WagtailAdminTemplateMixin, TemplateView):
    """Every kind of mail, and where staff has written words of its own."""

    page_title = _("Words of mails")
    header_icon = "edit"
    template_name = "shop/outbox/admin/kinds.html"

    def get_breadcrumbs_items(self) -> list[dict]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        changed = {(row.kind, row.language): row.changed_at for row in MailText.objects.all()}
        rows = [
            (kind, [(code, name, changed.get((kind.name, code))) for code, name in settings.LANGUAGES])
            for kind in KINDS.values()
        ]
        return super().get_context_data(**kwargs, rows=rows, languages=settings.LANGUAGES)


class WordsView(OperationView):
    """The words of one kind in one language, with what they make of it; a test of them goes to whoever asks."""

    permission = WORDS
    form_class = WordsForm
    submit_button_label = _("Save")
    success_message = _("From now on these mails say so.")
    template_name = "shop/outbox/admin/words.html"
    header_icon = "edit"

    @cached_property
    def kind(self) -> Kind:
        if self.kwargs["kind"] not in KINDS:
            raise Http404
        return KINDS[self.kwargs["kind"]]

    @cached_property
    def language(self) -> str:
        if self.kwargs["language"] not in dict(settings.LANGUAGES):
            raise Http404
        return self.kwargs["language"]

    @property
    def page_title(self) -> str:
        return str(self.kind.title)

    def get_page_subtitle(self) -> str:
        return f"{self.kind.title}, {_now(str(dict(settings.LANGUAGES)[self.language]))}"

    def get_initial(self) -> dict[str, str]:
        now_said = wording.wording_of(self.kind.name, self.language)
        return {part: getattr(now_said, part, "") for part in wording.PARTS}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            **super().get_form_kwargs(),
            "kind": self.kind,
            "original": mails.original(self.kind, self.language),
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "original" not in request.POST:
            return super().post(request, *args, **kwargs)
        wording.back_to_original(kind=self.kind.name, language=self.language, actor=self.actor, now=self.now)
        messages.success(request, _("These mails say again what they said originally."))
        return redirect(self.get_success_url())

    def form_valid(self, form: Any) -> HttpResponse:
        if "test" in self.request.POST:
            to = self.request.user.email  # type: ignore[union-attr]
            typed = self.typed(form)
            mails.send_test(kind=self.kind, language=self.language, to=to, wording=typed, now=self.now)
            messages.success(self.request, _now("A test is on its way to %(to)s. Nothing is saved yet.") % {"to": to})
        if {"test", "preview"} & self.request.POST.keys():
            return self.render_to_response(self.get_context_data(form=form))
        return super().form_valid(form)

    def operate(self, form: Form) -> None:
        words = {part: form.cleaned_data[part] for part in wording.PARTS}
        wording.set_words(kind=self.kind.name, language=self.language, **words, actor=self.actor, now=self.now)

    def typed(self, form: Any) -> MailText:
        """What the form says, where it is sound; else what it began with. Not saved."""
        said = form.cleaned_data if form.is_bound and form.is_valid() else form.initial
        return MailText(kind=self.kind.name, language=self.language, **{part: said[part] for part in wording.PARTS})

    def get_success_url(self) -> str:
        return reverse("mail_words:edit", args=[self.kind.name, self.language])

    def get_breadcrumbs_items(self) -> list[dict]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("mail_words:index"), "label": KindsView.page_title},
            {"url": "", "label": self.get_page_subtitle()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(kind=self.kind, **kwargs)
        rendered = mails.render(mails.sample_letter(self.kind, self.language), self.typed(context["form"]))
        changed = any(context["form"].initial.values())
        return context | {"rendered": rendered, "looks": looks(rendered.html), "is_changed": changed}


class WordsMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm(WORDS)


class WordsViewSet(ViewSet):
    name = "mail_words"
    url_prefix = "mail-words"
    icon = "edit"
    menu_label = _("Words of mails")
    menu_item_class = WordsMenuItem

    def get_urlpatterns(self) -> list:
        views = {"index": ("", KindsView), "edit": ("<slug:kind>/<slug:language>/", WordsView)}
        return [
            path(route, access("staff", WORDS)(self.construct_view(view)), name=name)
            for name, (route, view) in views.items()
        ]


class MailsGroup(ViewSetGroup):
    items = (MailViewSet, WordsViewSet)
    menu_label = _("Mails")
    menu_icon = "mail"
    menu_order = 207
