/* The sandbox's Stripe.js: the part of the `endive` release that a shop with a Payment Element uses.
   It sees no card: the form is a frame from this file's own origin, and the payment is confirmed in there.
   Works under a strict CSP: script-src, frame-src and connect-src for this origin, no inline styles. */
(() => {
  "use strict";

  const BASE = new URL(document.currentScript.src).origin;
  const VERSION = "endive";
  const ELEMENTS_OPTIONS = ["mode", "amount", "currency", "clientSecret", "appearance", "locale", "fonts", "loader",
    "captureMethod", "setupFutureUsage", "allowedPaymentMethodTypes", "excludedPaymentMethodTypes", "customerSessionClientSecret"];

  class IntegrationError extends Error {
    constructor(message) {
      super(message);
      this.name = "IntegrationError";
    }
  }

  const insist = (condition, message) => {
    if (!condition) throw new IntegrationError(message);
  };

  // ---------------------------------------------------------------- the API

  const form = (data) => {
    const pairs = new URLSearchParams();
    const add = (name, value) => {
      if (value === undefined || value === null) return;
      if (typeof value !== "object") return pairs.append(name, value);
      for (const [key, inner] of Object.entries(value)) add(name ? `${name}[${key}]` : key, inner);
    };
    add("", data);
    return pairs;
  };

  const unreachable = () => ({
    error: { type: "api_connection_error", message: "We could not reach the payment provider. Check your connection and try again." },
  });

  const retrieve = async (key, clientSecret) => {
    const url = `${BASE}/v1/payment_intents/${intentId(clientSecret)}?${form({ client_secret: clientSecret })}`;
    try {
      const answer = await (await fetch(url, { headers: { Authorization: `Bearer ${key}` } })).json();
      return answer.error ? { error: answer.error } : { paymentIntent: answer };
    } catch {
      return unreachable();
    }
  };

  const intentId = (clientSecret) => {
    const match = /^(pi_\w+?)_secret_\w+$/.exec(clientSecret || "");
    insist(match, "Invalid value for clientSecret: it should be a client secret of the form ${id}_secret_${secret}.");
    return match[1];
  };

  // ---------------------------------------------------------------- events

  class Emitter {
    #handlers = new Map();

    on(name, handler) {
      this.#handlers.set(name, [...(this.#handlers.get(name) || []), handler]);
      return this;
    }

    once(name, handler) {
      const wrapped = (event) => { this.off(name, wrapped); handler(event); };
      return this.on(name, wrapped);
    }

    off(name, handler) {
      const left = (this.#handlers.get(name) || []).filter((each) => handler && each !== handler);
      this.#handlers.set(name, left);
      return this;
    }

    fire(name, event) {
      for (const handler of this.#handlers.get(name) || []) handler(event);
    }
  }

  // ---------------------------------------------------------------- the frame and its post

  class Frame {
    #calls = new Map();
    #last = 0;

    constructor(host, options, onEvent) {
      this.onEvent = onEvent;
      this.element = document.createElement("iframe");
      this.element.title = "Secure payment input frame";
      this.element.name = "__privateStripeFrame1";
      this.element.allow = "payment *";
      // Styles by CSSOM: a style attribute in markup would need style-src 'unsafe-inline'.
      // The frame keeps 4px around its fields for focus rings and hangs over by as much, so that edges line up.
      Object.assign(this.element.style, { display: "block", width: "calc(100% + 8px)", margin: "-4px", border: "0", height: "240px" });
      this.loaded = new Promise((resolve) => { this.ready = resolve; });
      this.options = options;
      this.listen = (event) => this.#receive(event);
      window.addEventListener("message", this.listen);
      this.element.src = `${BASE}/elements/payment.html#${new URLSearchParams({ shop: location.origin })}`;
      host.replaceChildren(this.element);
    }

    #receive(event) {
      if (event.origin !== BASE || event.source !== this.element.contentWindow) return;
      const { type, call, data } = event.data;
      if (type === "loaded") this.#post({ type: "start", data: this.options });
      else if (type === "ready") { this.ready(); this.onEvent("ready", {}); }
      else if (type === "height") this.element.style.height = `${data}px`;
      else if (type === "scheme") this.element.style.colorScheme = data;
      else if (type === "answer") { this.#calls.get(call)?.(data); this.#calls.delete(call); }
      else if (type === "event") this.onEvent(data.name, data.detail);
    }

    #post(message) {
      this.element.contentWindow.postMessage(message, BASE);
    }

    tell(type, data) {
      this.loaded.then(() => this.#post({ type, data }));
    }

    async ask(type, data) {
      await this.loaded;
      const call = ++this.#last;
      return new Promise((resolve) => {
        this.#calls.set(call, resolve);
        this.#post({ type, call, data });
      });
    }

    remove() {
      window.removeEventListener("message", this.listen);
      this.element.remove();
    }
  }

  // ---------------------------------------------------------------- elements

  class PaymentElement extends Emitter {
    constructor(elements, options) {
      super();
      this.elements = elements;
      this.options = options || {};
    }

    mount(target) {
      const host = typeof target === "string" ? document.querySelector(target) : target;
      insist(host instanceof Element, `The selector you specified (${target}) applies to no DOM elements that are currently on the page.`);
      this.unmount();
      const { key, options } = this.elements;
      const { amount, currency, appearance, locale } = options;
      const settings = JSON.parse(JSON.stringify({ key, amount, currency, appearance, locale }));
      this.frame = new Frame(host, settings, (name, detail) => this.fire(name, { elementType: "payment", ...detail }));
      return this;
    }

    unmount() {
      this.frame?.remove();
      this.frame = undefined;
    }

    destroy() {
      this.unmount();
      this.elements.forget(this);
    }

    update(options) { Object.assign(this.options, options); }
    focus() { this.frame?.tell("focus"); }
    blur() { this.frame?.tell("blur"); }
    clear() { this.frame?.tell("clear"); }
    collapse() {}
  }

  class Elements {
    #payment = null;

    constructor(key, options) {
      this.key = key;
      this.options = { ...options };
      this.submitted = false;
      this.#check();
    }

    #check() {
      const { mode, amount, currency, clientSecret } = this.options;
      insist(!("paymentMethodTypes" in this.options), "paymentMethodTypes is no longer supported. Use allowedPaymentMethodTypes or excludedPaymentMethodTypes.");
      for (const name of Object.keys(this.options)) {
        if (!ELEMENTS_OPTIONS.includes(name)) console.warn(`[Stripe.js] Unrecognized elements() parameter: ${name}.`);
      }
      if (clientSecret) { intentId(clientSecret); insist(!mode, "You cannot pass both mode and clientSecret to elements()."); return; }
      insist(mode === "payment", "In order to create a Payment Element, pass a clientSecret or mode: 'payment' to elements(); the sandbox has no other mode.");
      insist(Number.isInteger(amount) && amount > 0, "Invalid value for elements(): amount should be a positive integer in the currency's minor unit.");
      insist(/^[a-z]{3}$/.test(currency || ""), "Invalid value for elements(): currency should be a lowercase three-letter code.");
    }

    create(type, options) {
      insist(type === "payment", `The sandbox creates the payment element only, not ${type}.`);
      insist(!this.#payment, "Can only create one Element of type payment.");
      this.#payment = new PaymentElement(this, options);
      return this.#payment;
    }

    getElement(type) { return type === "payment" || type === PaymentElement ? this.#payment : null; }
    forget(element) { if (this.#payment === element) this.#payment = null; }

    update(options) {
      Object.assign(this.options, options);
      this.#check();
      this.submitted = false;
      const { appearance, locale } = this.options;
      this.#payment?.frame?.tell("update", JSON.parse(JSON.stringify({ appearance, locale })));
    }

    async fetchUpdates() { return {}; }

    async submit() {
      const answer = await this.frame().ask("submit");
      this.submitted = !answer.error;
      return answer;
    }

    frame() {
      insist(this.#payment?.frame, "Invalid value for elements: it must have a mounted Payment Element.");
      return this.#payment.frame;
    }

    /** The error that Stripe gives when the deferred amount is not the intent's, or null. */
    disagreement(intent) {
      const { mode, amount, currency } = this.options;
      if (!mode || (intent.amount === amount && intent.currency === currency)) return null;
      return {
        type: "invalid_request_error",
        message: `The PaymentIntent's amount and currency (${intent.amount} ${intent.currency}) do not match those of elements (${amount} ${currency}).`,
      };
    }
  }

  // ---------------------------------------------------------------- Stripe()

  const forever = () => new Promise(() => {});

  const leaveFor = (url) => {
    location.assign(url);
    return forever();
  };

  const returnAddress = (url, intent, clientSecret) => {
    const address = new URL(url, location.href);
    const ends = { succeeded: "succeeded", requires_capture: "succeeded", processing: "pending" };
    address.searchParams.append("payment_intent", intent.id);
    address.searchParams.append("payment_intent_client_secret", clientSecret);
    address.searchParams.append("redirect_status", ends[intent.status] || "failed");
    return address.href;
  };

  /** Follows a 3-D Secure challenge, if there is one. */
  const followAction = (intent) => {
    const action = intent.next_action;
    if (intent.status !== "requires_action" || !action) return null;
    if (action.type === "redirect_to_url") return leaveFor(action.redirect_to_url.url);
    return leaveFor(`${action.use_stripe_sdk.stripe_js}?${form({ return_url: location.href })}`);
  };

  class StripeClient {
    #key;

    constructor(key) { this.#key = key; }

    elements(options = {}) { return new Elements(this.#key, options); }

    retrievePaymentIntent(clientSecret) { return retrieve(this.#key, clientSecret); }

    async confirmPayment({ elements, clientSecret, confirmParams = {}, redirect = "always" } = {}) {
      insist(elements instanceof Elements, "stripe.confirmPayment() needs an elements instance: the sandbox does not confirm without the Payment Element.");
      insist(["always", "if_required"].includes(redirect), "Invalid value for stripe.confirmPayment(): redirect should be 'always' or 'if_required'.");
      insist(redirect === "if_required" || confirmParams.return_url, "stripe.confirmPayment() needs confirmParams.return_url when redirect is 'always'.");
      insist(!elements.options.mode || elements.submitted, "elements.submit() must be called before stripe.confirmPayment().");
      const secret = clientSecret || elements.options.clientSecret;
      const id = intentId(secret);
      const before = await retrieve(this.#key, secret);
      if (before.error) return before;
      const disagreement = elements.disagreement(before.paymentIntent);
      if (disagreement) return { error: disagreement };
      const { return_url = location.href, payment_method_data, shipping, receipt_email } = confirmParams;
      const params = { client_secret: secret, return_url: new URL(return_url, location.href).href, payment_method_data, shipping, receipt_email };
      const answer = await elements.frame().ask("confirm", { id, params: JSON.parse(JSON.stringify(params)) });
      if (answer.error) return answer;
      const leaving = followAction(answer.paymentIntent);
      if (leaving) return leaving;
      return redirect === "always" ? leaveFor(returnAddress(return_url, answer.paymentIntent, secret)) : answer;
    }

    async handleNextAction({ clientSecret } = {}) {
      const answer = await retrieve(this.#key, clientSecret);
      if (answer.error) return answer;
      insist(answer.paymentIntent.status === "requires_action", "handleNextAction: The PaymentIntent supplied is not in the requires_action state.");
      return followAction(answer.paymentIntent);
    }

    registerAppInfo() {}
    _registerWrapper() {}
  }

  window.Stripe = (key) => {
    insist(typeof key === "string" && key !== "", "Missing value for Stripe(): apiKey should be a string.");
    insist(!/^(sk|rk)_/.test(key), "You should not use your secret key with Stripe.js. Please pass a publishable key instead.");
    insist(/^pk_test_/.test(key), "The sandbox takes publishable test keys only: pk_test_...");
    return new StripeClient(key);
  };
  window.Stripe.version = VERSION;
})();
