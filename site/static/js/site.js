// One module per page. Everything here improves HTML that already works; what a page does not use is not loaded.
import "./cart-badge.js";
import "./notices.js";
import "./wish.js";

// No eval and no inline styles (the content security policy forbids both), no copies of pages in the browser's storage: Back
// asks the server. A refusal in words (409 conflict, 422 invalid) is swapped in like an answer.
Object.assign(window.htmx?.config ?? {}, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  timeout: 15_000,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "409|422", swap: true, error: false },
    { code: "[45]..", swap: false, error: true },
  ],
});

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
