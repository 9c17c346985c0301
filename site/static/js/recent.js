// <recently-viewed src="/recent/" data-product="12">: the last things that this browser has looked at. Their ids stay in
// its storage; the server is only asked for the cards of some ids, as anybody may. A button forgets them.
import { say } from "./notices.js";

const KEY = "recently-viewed";
const MOST = 8;
const SHOWN = 4;

function read() {
  try {
    const ids = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(ids) ? ids.filter(Number.isInteger) : [];
  } catch {
    return []; // no storage, or not ours
  }
}

function keep(ids) {
  try {
    if (ids.length) localStorage.setItem(KEY, JSON.stringify(ids.slice(0, MOST)));
    else localStorage.removeItem(KEY);
  } catch {
    // private browsing: nothing is kept
  }
}

class RecentlyViewed extends HTMLElement {
  connectedCallback() {
    const here = Number(this.dataset.product);
    const others = read().filter((id) => id !== here);
    if (here) keep([here, ...others]);
    this.addEventListener("click", this);
    if (!others.length) return;
    const address = `${this.getAttribute("src")}?ids=${others.slice(0, SHOWN).join(",")}`;
    window.htmx?.ajax("GET", address, { target: this, swap: "innerHTML" });
  }

  handleEvent(event) {
    if (!event.target.closest("[data-forget]")) return;
    keep([]);
    say(event.target.closest("[data-forget]").dataset.forget);
    this.replaceChildren();
  }
}

customElements.define("recently-viewed", RecentlyViewed);
