// One module per page. Everything here improves HTML that already works; what a page does not use is not loaded.
import "./cart-badge.js";
import "./notices.js";
import "./picks.js";
import "./wish.js";

function load() {
  if (document.querySelector(".facets")) import("./filters.js");
  if (document.querySelector("photo-gallery")) import("./gallery.js");
  if (document.querySelector("quantity-box")) import("./quantity-box.js");
  if (document.querySelector("recently-viewed")) import("./recent.js");
  if (document.querySelector("copy-text")) import("./copy-text.js");
  if (document.querySelector("passkey-form")) import("./passkey-form.js");
  if (document.querySelector("print-page")) import("./print-page.js");
}

load();
document.addEventListener("htmx:afterSwap", load);

// Suggestions can wait for the first sign of somebody who may type; that there will be some is told at once.
for (const box of document.querySelectorAll("search-suggest input")) {
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-expanded", "false");
}
for (const sign of ["pointerdown", "keydown", "focusin"]) {
  addEventListener(sign, () => import("./suggest.js"), { once: true, passive: true });
}
if (document.activeElement?.closest("search-suggest")) import("./suggest.js");
