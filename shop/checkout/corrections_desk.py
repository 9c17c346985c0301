"""The orders desk where it puts something right: address, our own note, a flag."""

from typing import Any

from django import forms
from django.forms import Form
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shop.checkout.addresses import AddressForm
from shop.orders import admin as desk
from shop.orders import corrections
from shop.orders.models import Order


def register_log_actions(actions: Any) -> None:
    actions.register_action("shop.change_order_address", _("Change address of order"), _("Address changed"))
    actions.register_action("shop.note_order", _("Write note of order"), _("Note written"))
    actions.register_action("shop.flag_order", _("Flag order"), _("Flagged"))


class CorrectionView(desk.OrderActionView):
    """What it writes is personal, so the log says that it was written, and not what."""

    permission = "shop.change_order"
    icon = "edit"

    def logged(self, form: Form) -> dict[str, Any] | None:
        return None


class ChangeAddressView(CorrectionView):
    form_class = AddressForm
    page_title = submit_button_label = _("Change the address")
    explanation = _(
        "Before it leaves, and within the same country and state: tax and delivery stay as they were agreed. "
        "The customer gets no mail about it."
    )
    success_message = _("Order %(number)s goes to the new address.")
    log_action = "shop.change_order_address"

    @staticmethod
    def is_open(order: Order) -> bool:
        return corrections.may_change_address(order)

    def get_form_kwargs(self) -> dict[str, Any]:
        country = self.order.shipping_address.country
        return {**super().get_form_kwargs(), "countries": [country], "country": country}

    def get_initial(self) -> dict[str, Any]:
        return dict(self.order.shipping_address.address_values())

    def operate(self, form: AddressForm) -> None:
        corrections.change_address(order_id=self.order.pk, values=form.address(), actor=self.actor, now=self.now)

    def words(self, refusal: Exception) -> str:
        if isinstance(refusal, corrections.PricedElsewhere):
            return _now(
                "Tax and delivery depend on the country and the state, and were agreed for the old ones. "
                "Cancel this order and have a new one placed for the new address."
            )
        return _now("It has left already. The carrier may still be able to redirect it.")


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("Our note"),
        max_length=2000,
        required=False,
        help_text=_("Only staff reads it. It stands on the picking list."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def clean_text(self) -> str:
        return self.cleaned_data["text"].replace("\r\n", "\n")


class NoteView(CorrectionView):
    form_class = NoteForm
    page_title = _("Our note")
    submit_button_label = _("Keep the note")
    success_message = _("The note of order %(number)s is kept.")
    log_action = "shop.note_order"

    @staticmethod
    def is_open(order: Order) -> bool:
        return not order.forgotten_at

    def get_initial(self) -> dict[str, Any]:
        return {"text": self.order.staff_note}

    def operate(self, form: Form) -> None:
        corrections.note_for_us(order_id=self.order.pk, text=form.cleaned_data["text"], actor=self.actor, now=self.now)


class FlagForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"), max_length=200, help_text=_("What somebody should look at. It stays in the timeline: no names.")
    )


class FlagView(CorrectionView):
    form_class = FlagForm
    page_title = submit_button_label = _("Flag it")
    explanation = _("Have somebody look at it. Whoever ships or refunds orders gets a mail, if it is paid.")
    success_message = _("Order %(number)s is flagged.")
    log_action = "shop.flag_order"
    icon = "warning"

    @staticmethod
    def is_open(order: Order) -> bool:
        return not order.needs_attention

    def logged(self, form: Form) -> dict[str, Any]:
        return form.cleaned_data

    def operate(self, form: Form) -> None:
        corrections.ask_for_a_look(
            order_id=self.order.pk, reason=form.cleaned_data["reason"], actor=self.actor, now=self.now
        )


ACTIONS: dict[str, type[desk.OrderActionView]] = {
    "change_address": ChangeAddressView,
    "note": NoteView,
    "flag": FlagView,
}
