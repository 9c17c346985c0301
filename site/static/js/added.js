// What htmx brings back after a change of the cart. The server answers with the fragment for the toast and the header
// HX-Trigger: {"cart-changed": {"count": 3, "message": "Tide Mug added to your cart."}}
import { say } from "./live.js";

const toast = document.getElementById("toast");

function open() {
  if (toast?.showPopover && !toast.matches(":popover-open")) toast.showPopover();
}

document.addEventListener("cart-changed", (event) => {
  if (event.detail.message) say(event.detail.message);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === toast) open();
});

for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, () => {
    const trouble = document.getElementById("trouble");
    if (!toast || !trouble) return;
    toast.replaceChildren(trouble.content.cloneNode(true));
    say(toast.textContent.trim());
    open();
  });
}
