// What htmx brings back after a change of the cart. The server answers with the fragment for the toast and the header
// HX-Trigger: {"cart-changed": {"count": 3, "message": "Tide Mug added to your cart."}}
import { say } from "./live.js";

const toast = document.getElementById("toast");

function open() {
  if (toast?.showPopover && !toast.matches(":popover-open")) toast.showPopover();
}

// `text` in the toast, and said; without one, that the shop could not be reached.
export function show(text) {
  const trouble = document.getElementById("trouble");
  if (!toast || !trouble) return;
  const words = document.createElement("p");
  words.textContent = text ?? "";
  toast.replaceChildren(text ? words : trouble.content.cloneNode(true));
  say(toast.textContent.trim());
  open();
}

document.addEventListener("cart-changed", (event) => {
  if (event.detail.message) say(event.detail.message);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === toast) open();
});

for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, () => show());
}
