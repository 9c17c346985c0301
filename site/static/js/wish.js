// Hearts on pages that are the same for everybody. <wish-link src="/wishlist/marks/" data-label="Wishlist"> in the header
// asks once what is saved; the buttons of `.wish` forms then show it as pressed, and a second press takes it off again.
// Without this script a heart is a form that saves.
//
// <ul data-shown="4"> shows so many of its cards: what the person owns is left out, and a spare one takes its place.
import { say, show } from "./notices.js";

let saved = { skus: [], products: [], owned: [] };

const isSaved = ({ name, value }) =>
  name === "sku" ? saved.skus.includes(value) : saved.products.includes(Number(value));

function mark() {
  for (const button of document.querySelectorAll(".wish__button")) button.setAttribute("aria-pressed", isSaved(button));
  document.querySelector("wish-link")?.toggleAttribute("full", saved.skus.length > 0);
  for (const one of document.querySelectorAll("[data-signed-in]")) one.hidden = !saved.signed_in;
  for (const one of document.querySelectorAll("[data-guest]")) one.hidden = Boolean(saved.signed_in);
  document.querySelectorAll("[data-shown]").forEach(leaveOut);
}

function leaveOut(row) {
  let places = Number(row.dataset.shown);
  for (const item of row.children) {
    const { value } = item.querySelector(".wish__button");
    item.hidden = !places || saved.owned.includes(Number(value));
    if (!item.hidden) places -= 1;
  }
  row.closest("section").hidden = places === Number(row.dataset.shown);
}

function take(items) {
  saved = { ...saved, skus: items.map((item) => item.sku), products: items.map((item) => item.product) };
  mark();
}

async function press(form, button) {
  const address = button.getAttribute("aria-pressed") === "true" ? form.action.replace(/add\/$/, "remove/") : form.action;
  const body = new URLSearchParams({ [button.name]: button.value });
  const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
  const told = await answer.json();
  if (!told.success) return show(told.error);
  take(told.wishlist.items);
  say(told.message);
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest(".wish");
  if (!form) return;
  event.preventDefault();
  if (form.busy) return;
  form.busy = true;
  const button = form.querySelector("button");
  try {
    await press(form, button);
  } catch {
    show();
  }
  form.busy = false;
});

document.addEventListener("wishlist-changed", (event) => {
  saved = { ...saved, ...event.detail };
  mark();
  if (event.detail.message) say(event.detail.message);
});

document.addEventListener("htmx:afterSettle", mark);

class WishLink extends HTMLElement {
  connectedCallback() {
    this.ask();
    addEventListener("pageshow", (event) => { if (event.persisted) this.ask(); });
  }

  async ask() {
    try {
      const answer = await fetch(this.getAttribute("src"), { headers: { Accept: "application/json" } });
      if (answer.ok) saved = await answer.json();
      mark();
    } catch {
      // offline: hearts still save
    }
  }
}

customElements.define("wish-link", WishLink);
