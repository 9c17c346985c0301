// What is said to whoever uses the page: in its one polite live region, and in the toast.
//
// After a change of the cart the server answers with the fragment for the toast and the header
// HX-Trigger: {"cart-changed": {"count": 3, "message": "Tide Mug added to your cart."}}
const toast = document.getElementById("toast");

// To screen readers: say("Tide Mug added to your cart.").
export function say(text) {
  const region = document.getElementById("live");
  if (!region) return;
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; }); // the same words twice are still said twice
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
  document.addEventListener(failure, () => show());
}
