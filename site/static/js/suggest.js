// <search-suggest src="/search/suggest/"><form><input name="q">...</form></search-suggest>
// Makes the input a combobox (WAI-ARIA Authoring Practices): the server answers with a list box of links. The arrows
// choose, Enter follows, Esc closes; with nothing chosen Enter sends the form, as it does without this script.
import { say } from "./notices.js";

const PAUSE = 150; // milliseconds without a key before the server is asked

class SearchSuggest extends HTMLElement {
  connectedCallback() {
    if (this.input) return; // moved within the page
    this.input = this.querySelector("input");
    this.panel = document.createElement("div");
    this.panel.className = "suggest";
    this.list = `${this.input.id}-suggestions`;
    this.panel.hidden = true;
    this.append(this.panel);
    const state = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list };
    for (const [name, value] of Object.entries(state)) this.input.setAttribute(name, value);
    for (const event of ["input", "keydown", "focusout", "mousedown"]) this.addEventListener(event, this);
    if (document.activeElement === this.input && this.input.value !== this.input.defaultValue) this.wait(); // typed already
  }

  handleEvent(event) {
    if (event.type === "input") this.wait();
    else if (event.type === "keydown") this.press(event);
    else if (event.type === "focusout" && event.target === this.input) this.close();
    else if (event.type === "mousedown" && this.panel.contains(event.target)) event.preventDefault(); // keep the focus
  }

  wait() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    const words = this.input.value.trim();
    if (words.length < 2) return this.close();
    this.asking = new AbortController();
    try {
      const address = `${this.getAttribute("src")}?${new URLSearchParams({ q: words })}`;
      const answer = await fetch(address, { headers: { "HX-Request": "true" }, signal: this.asking.signal });
      if (answer.ok && document.activeElement === this.input) this.show(await answer.text());
    } catch {
      // typed on, or offline: the form still searches
    }
  }

  show(html) {
    this.panel.innerHTML = html;
    this.options = [...this.panel.querySelectorAll("[role=option]")];
    if (!this.options.length) return this.close();
    this.panel.firstElementChild.id = this.list;
    this.options.forEach((option, n) => { option.id = `${this.list}-${n}`; });
    this.panel.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.choose(-1);
    say(this.panel.firstElementChild.dataset.said);
  }

  close() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.panel.hidden = true;
    this.panel.replaceChildren();
    this.options = [];
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  choose(n) {
    this.chosen = n;
    this.options.forEach((option, at) => option.setAttribute("aria-selected", at === n));
    const option = this.options[n];
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  press(event) {
    if (event.isComposing || this.panel.hidden) return;
    const last = this.options.length - 1;
    const steps = { ArrowDown: this.chosen < last ? this.chosen + 1 : -1, ArrowUp: this.chosen < 0 ? last : this.chosen - 1 };
    if (event.key in steps) this.choose(steps[event.key]);
    else if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && this.chosen >= 0) location.assign(this.options[this.chosen].href);
    else return;
    event.preventDefault();
  }
}

customElements.define("search-suggest", SearchSuggest);
