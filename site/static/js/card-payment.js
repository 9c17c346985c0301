// <card-payment>: the provider's card form around a form that places the order (or pays a placed one). Where the form
// offers other ways too (radios named provider), it stands back unless its own, data-provider, is chosen: those ways are
// pages of their providers', and the form goes there by itself.
// The server answers {pay: {client_secret, return_url}, order: url} or {redirect: url} or {error: text}.
// A declined card leaves everything where it is: the same order is paid with the next press of the button.
class CardPayment extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.button = this.form.querySelector("button");
    this.form.addEventListener("submit", this);
    this.form.addEventListener("change", () => this.turn());
    addEventListener("pageshow", () => this.wait(false)); // Back from a provider's page
    this.turn();
  }

  get isChosen() {
    const chosen = this.form.querySelector("[name=provider]:checked") ?? this.form.querySelector("[name=provider]");
    return Boolean(this.dataset.provider) && chosen?.value === this.dataset.provider;
  }

  turn() {
    this.say("");
    if (this.isChosen && !this.opened) {
      this.opened = true;
      this.open();
    }
    this.wait(false);
  }

  async open() {
    try {
      await this.load(this.dataset.script);
      this.stripe = window.Stripe(this.dataset.key, { locale: document.documentElement.lang });
      this.elements = this.stripe.elements({
        mode: "payment",
        amount: Number(this.dataset.amount),
        currency: this.dataset.currency,
        allowedPaymentMethodTypes: ["card"], // as the server asks for; Stripe refuses to confirm when they differ
        appearance: this.appearance(),
      });
      const frame = this.querySelector("[data-frame]");
      const card = this.elements.create("payment", { layout: "tabs" });
      card.on("ready", () => { this.querySelector("[data-loading]")?.remove(); this.ready = true; this.wait(false); });
      card.on("change", () => this.say(""));
      card.mount(frame);
    } catch {
      this.say(this.dataset.unavailable);
    }
  }

  load(address) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
  }

  // Stripe wants plain colours: read them off things that have them.
  appearance() {
    const page = getComputedStyle(document.body);
    const button = getComputedStyle(this.button);
    const error = getComputedStyle(this.querySelector("[data-error]"));
    const variables = {
      colorPrimary: button.backgroundColor,
      colorBackground: page.backgroundColor,
      colorText: page.color,
      colorDanger: error.color,
      fontFamily: page.fontFamily,
      borderRadius: "2px",
    };
    return { theme: "stripe", variables };
  }

  async handleEvent(event) {
    if (this.busy) return event.preventDefault();
    if (!this.isChosen) return this.wait(true);
    event.preventDefault();
    if (!this.elements) return;
    this.wait(true);
    const problem = await this.pay().catch(() => this.dataset.trouble);
    if (problem) this.say(problem);
    this.wait(Boolean(this.leaving));
  }

  // What went wrong, in words; nothing when the browser is on its way to the order.
  async pay() {
    const { error: incomplete } = await this.elements.submit();
    if (incomplete) return incomplete.message;
    const answer = await fetch(this.form.action, {
      method: "POST",
      body: new FormData(this.form),
      headers: { Accept: "application/json" },
    });
    const { redirect, error, pay, order } = await answer.json();
    if (error) return error;
    if (redirect) return this.leave(redirect);
    this.form.action = `${order}pay/`; // placed: from here on this button pays that order
    const { error: declined } = await this.stripe.confirmPayment({
      elements: this.elements,
      clientSecret: pay.client_secret,
      confirmParams: { return_url: pay.return_url },
    });
    return declined ? `${declined.message} ${this.dataset.kept}` : "";
  }

  leave(address) {
    this.leaving = true;
    location.assign(address);
    return "";
  }

  say(text) {
    const place = this.querySelector("[data-error]");
    place.textContent = text;
    place.hidden = !text;
  }

  wait(yes) {
    this.busy = yes;
    this.button.disabled = yes || (this.isChosen && !this.ready);
    this.button.toggleAttribute("aria-busy", yes);
    if (yes) this.say("");
  }
}

customElements.define("card-payment", CardPayment);
