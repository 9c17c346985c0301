// <passkey-form data-kind="create" or "get" data-failed="what to say">: a form with a hidden field named credential, which the browser's
// passkey dialogue fills. What to ask for is in #passkey-options, or what data-from answers. Where the browser knows no
// passkeys, the button stays hidden and [data-without] says so.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

const known = (credentials) => (credentials ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

function written(credential) {
  const response = { transports: credential.response.getTransports?.() };
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return {
    type: credential.type,
    id: credential.id,
    rawId: text(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

class PasskeyForm extends HTMLElement {
  connectedCallback() {
    if (!window.PublicKeyCredential) return;
    this.form = this.querySelector("form");
    this.querySelector("[data-without]")?.remove();
    this.form.hidden = false;
    this.form.addEventListener("submit", this);
  }

  async handleEvent(event) {
    event.preventDefault();
    if (this.busy) return;
    this.wait(true);
    try {
      const credential = await this[this.dataset.kind]((await this.options()).publicKey);
      this.form.elements.credential.value = JSON.stringify(written(credential));
      this.form.submit();
    } catch {
      this.wait(false);
      const place = this.querySelector("[data-error]");
      place.textContent = this.dataset.failed;
      place.hidden = false;
    }
  }

  async options() {
    if (!this.dataset.from) {
      const { creation_options, request_options } = JSON.parse(document.getElementById("passkey-options").textContent);
      return creation_options ?? request_options;
    }
    const answer = await fetch(this.dataset.from, { headers: { Accept: "application/json" } });
    return (await answer.json()).request_options;
  }

  create(asked) {
    const publicKey = { ...asked, challenge: bytes(asked.challenge), excludeCredentials: known(asked.excludeCredentials) };
    publicKey.user = { ...asked.user, id: bytes(asked.user.id) };
    const alone = this.form.elements.passwordless?.checked;
    publicKey.authenticatorSelection = {
      ...asked.authenticatorSelection,
      residentKey: alone ? "required" : "discouraged",
      requireResidentKey: Boolean(alone),
      ...(alone && { userVerification: "required" }),
    };
    return navigator.credentials.create({ publicKey });
  }

  get(asked) {
    const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials: known(asked.allowCredentials) };
    return navigator.credentials.get({ publicKey });
  }

  wait(yes) {
    this.busy = yes;
    this.form.querySelector("button").toggleAttribute("aria-busy", yes);
    if (yes) this.querySelector("[data-error]").hidden = true;
  }
}

customElements.define("passkey-form", PasskeyForm);
