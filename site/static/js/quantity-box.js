// <quantity-box auto> around a number input and two hidden buttons with data-step. The buttons appear and step the number;
// with `auto` the form is sent when the number changes (a cart line), a moment after the last press.
class QuantityBox extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    this.addEventListener("click", this);
    this.addEventListener("change", this);
    for (const button of this.steps) button.hidden = false;
    this.limit();
  }

  get steps() {
    return this.querySelectorAll("button[data-step]");
  }

  handleEvent(event) {
    const button = event.target.closest("button[data-step]");
    if (event.type === "click" && !button) return;
    if (button) Number(button.dataset.step) > 0 ? this.input.stepUp() : this.input.stepDown();
    this.limit();
    if (this.hasAttribute("auto")) this.sendSoon();
  }

  limit() {
    const value = this.input.valueAsNumber;
    for (const button of this.steps) {
      button.disabled = Number(button.dataset.step) > 0 ? value >= Number(this.input.max || Infinity) : value <= Number(this.input.min);
    }
  }

  sendSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.isConnected && this.input.reportValidity()) this.input.form.requestSubmit();
    }, 400);
  }
}

customElements.define("quantity-box", QuantityBox);
