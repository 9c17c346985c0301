/* The inside of the Payment Element. It talks to the shop's page by messages, only to the origin that opened it, and
   what the customer types goes to this origin's API alone. */
import { brandOf, digits, expiryOf, faultOf, slashed, spaced } from "./card.js";

const SHOP = new URLSearchParams(location.hash.slice(1)).get("shop");
const NAMES = ["number", "expiry", "cvc"];

const WORDS = {
  en: {
    number: "Card number", expiry: "Expiration date", cvc: "Security code", "expiry-placeholder": "MM / YY",
    cards: "Test payments", succeeds: "succeeds", declined: "is declined", asks: "asks for 3-D Secure",
    incomplete_number: "Your card number is incomplete.", invalid_number: "Your card number is invalid.",
    incomplete_expiry: "Your card's expiration date is incomplete.",
    invalid_expiry_year_past: "Your card's expiration year is in the past.",
    invalid_expiry_month_past: "Your card's expiration date is in the past.",
    incomplete_cvc: "Your card's security code is incomplete.",
  },
  id: {
    number: "Nomor kartu", expiry: "Masa berlaku", cvc: "Kode keamanan", "expiry-placeholder": "BB / TT",
    cards: "Pembayaran uji coba", succeeds: "berhasil", declined: "ditolak", asks: "meminta 3-D Secure",
    incomplete_number: "Nomor kartu Anda belum lengkap.", invalid_number: "Nomor kartu Anda tidak valid.",
    incomplete_expiry: "Masa berlaku kartu Anda belum lengkap.",
    invalid_expiry_year_past: "Masa berlaku kartu Anda sudah lewat.",
    invalid_expiry_month_past: "Masa berlaku kartu Anda sudah lewat.",
    incomplete_cvc: "Kode keamanan kartu Anda belum lengkap.",
  },
};

const input = (name) => document.getElementById(name);
const post = (message) => parent.postMessage(message, SHOP);
const tell = (name, detail = {}) => post({ type: "event", data: { name, detail } });

let words = WORDS.en;
let key = "";
let last = "";

// ------------------------------------------------------------------ looks

const COLOURS = ["colorPrimary", "colorBackground", "colorText", "colorTextSecondary", "colorTextPlaceholder", "colorDanger"];
const LENGTHS = ["fontSizeBase", "borderRadius", "spacingUnit"];

const supported = (name, value) =>
  COLOURS.includes(name) ? CSS.supports("color", value)
    : LENGTHS.includes(name) ? CSS.supports("width", value)
      : name === "fontFamily" && CSS.supports("font-family", value);

/** How light a CSS colour is, 0 to 1; drawn, so that every notation counts. */
const lightness = (colour) => {
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
};

const schemeOf = ({ theme, variables = {} }) => {
  if (variables.colorText && CSS.supports("color", variables.colorText)) return lightness(variables.colorText) > 0.5 ? "dark" : "light";
  return theme === "night" ? "dark" : theme ? "light" : "light dark";
};

const dress = (appearance = {}) => {
  const style = document.documentElement.style;
  for (const name of [...COLOURS, ...LENGTHS, "fontFamily"]) {
    const value = appearance.variables?.[name];
    if (value && supported(name, value)) style.setProperty(`--${name}`, value);
    else style.removeProperty(`--${name}`);
  }
  // Frame and page must agree on the scheme, or the browser paints the frame's ground.
  const scheme = schemeOf(appearance);
  style.colorScheme = scheme;
  post({ type: "scheme", data: scheme });
};

const translate = (locale = "en") => {
  const language = locale === "auto" ? navigator.language : locale;
  words = WORDS[language.slice(0, 2)] || WORDS.en;
  document.documentElement.lang = words === WORDS.id ? "id" : "en";
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = words[element.dataset.text];
  input("expiry").placeholder = words["expiry-placeholder"];
};

// ------------------------------------------------------------------ fields

const fault = (name) => faultOf(name, input(name).value, { number: input("number").value });

const show = (name, message) => {
  document.getElementById(`${name}-error`).textContent = message;
  if (message) input(name).setAttribute("aria-invalid", "true");
  else input(name).removeAttribute("aria-invalid");
};

const announceChange = () => {
  const complete = NAMES.every((name) => !fault(name));
  const empty = NAMES.every((name) => !input(name).value);
  const state = JSON.stringify([complete, empty]);
  if (state !== last) tell("change", { complete, empty, collapsed: false, value: { type: "card" } });
  last = state;
};

/** Rewrites the field in its usual form, with the caret after the same digit. */
const reshape = (field, shape) => {
  const before = digits(field.value.slice(0, field.selectionStart)).length;
  const shaped = shape(field.value);
  if (shaped === field.value) return;
  const atEnd = field.selectionStart >= field.value.length;
  field.value = shaped;
  let caret = 0;
  for (let seen = 0; seen < before && caret < shaped.length; caret += 1) seen += /\d/.test(shaped[caret]) ? 1 : 0;
  if (document.activeElement === field) field.setSelectionRange(...Array(2).fill(atEnd ? shaped.length : caret));
};

const onInput = (event) => {
  const field = event.target;
  const deleting = event.inputType?.startsWith("delete");
  if (field.id === "number") reshape(field, spaced);
  else if (field.id === "expiry" && !deleting) reshape(field, slashed);
  else if (field.id === "cvc") reshape(field, (text) => digits(text).slice(0, 4));
  const brand = brandOf(digits(input("number").value));
  document.querySelector(".brand").dataset.brand = brand;
  show(field.id, "");
  announceChange();
};

const onBlur = (event) => {
  const code = fault(event.target.id);
  if (event.target.value && code) show(event.target.id, words[code]);
  tell("blur");
};

/** Shows every fault, focuses the first; null when the card is whole. */
const firstError = () => {
  const faulty = NAMES.filter((name) => fault(name));
  for (const name of NAMES) show(name, words[fault(name)] || "");
  if (!faulty.length) return null;
  input(faulty[0]).focus();
  const code = fault(faulty[0]);
  return { type: "validation_error", code, message: words[code] };
};

// ------------------------------------------------------------------ what the page asks for

const card = () => {
  const { month, year } = expiryOf(input("expiry").value);
  return { number: digits(input("number").value), exp_month: month, exp_year: year, cvc: input("cvc").value };
};

const encode = (data, name = "", pairs = new URLSearchParams()) => {
  for (const [part, value] of Object.entries(data)) {
    const path = name ? `${name}[${part}]` : part;
    if (value !== null && typeof value === "object") encode(value, path, pairs);
    else if (value !== undefined && value !== null && value !== "") pairs.append(path, value);
  }
  return pairs;
};

const OF_FIELD = {
  incorrect_number: "number", invalid_number: "number", expired_card: "expiry", invalid_expiry_year: "expiry",
  invalid_expiry_month: "expiry", incorrect_cvc: "cvc", invalid_cvc: "cvc",
};

const confirm = async ({ id, params }) => {
  const error = firstError();
  if (error) return { error };
  const data = { ...params, payment_method_data: { ...params.payment_method_data, type: "card", card: card() } };
  const request = { method: "POST", headers: { Authorization: `Bearer ${key}` }, body: encode(data) };
  for (const name of NAMES) input(name).disabled = true;
  try {
    const answer = await (await fetch(`/v1/payment_intents/${encodeURIComponent(id)}/confirm`, request)).json();
    if (answer.error && OF_FIELD[answer.error.code]) show(OF_FIELD[answer.error.code], answer.error.message);
    return answer.error ? { error: answer.error } : { paymentIntent: answer };
  } catch {
    return { error: { type: "api_connection_error", message: "We could not reach the payment provider. Check your connection and try again." } };
  } finally {
    for (const name of NAMES) input(name).disabled = false;
  }
};

const submit = () => {
  const error = firstError();
  return error ? { error } : { selectedPaymentMethod: "card" };
};

const start = (options) => {
  key = options.key;
  translate(options.locale);
  dress(options.appearance);
  new ResizeObserver(() => post({ type: "height", data: Math.ceil(document.body.getBoundingClientRect().height) })).observe(document.body);
  post({ type: "ready" });
};

const clear = () => {
  for (const name of NAMES) { input(name).value = ""; show(name, ""); }
  announceChange();
};

const ACTIONS = {
  start,
  submit,
  confirm,
  clear,
  update: ({ appearance, locale }) => { translate(locale); dress(appearance); },
  focus: () => input("number").focus(),
  blur: () => document.activeElement?.blur(),
};

window.addEventListener("message", async (event) => {
  if (event.origin !== SHOP || event.source !== parent) return;
  const { type, call, data } = event.data;
  const answer = await ACTIONS[type]?.(data);
  if (call) post({ type: "answer", call, data: answer });
});

const form = document.getElementById("card");
form.addEventListener("input", onInput);
form.addEventListener("focusin", () => tell("focus"));
form.addEventListener("focusout", onBlur);
form.addEventListener("keydown", (event) => { if (event.key === "Escape") tell("escape"); });
form.addEventListener("submit", (event) => event.preventDefault());
if (SHOP && parent !== window) post({ type: "loaded" });
