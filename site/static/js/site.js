// One module per page. Everything here improves HTML that already works; what a page does not use is not loaded.
import "./theme-switch.js";
import "./cart-badge.js";
import "./added.js";
import "./wish.js";

function load() {
  if (document.querySelector("search-suggest")) import("./suggest.js");
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
