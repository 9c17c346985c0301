// <cart-badge src="/cart/count/" data-none="Cart, empty" data-one="Cart, 1 item" data-other="Cart, %s items"><a href="/cart/">Cart</a></cart-badge>
// Pages are the same for everybody and may come from a cache, so the number is asked for apart.
class CartBadge extends HTMLElement {
  connectedCallback() {
    this.refresh();
    document.addEventListener("cart-changed", this);
    window.addEventListener("pageshow", this);
  }

  disconnectedCallback() {
    document.removeEventListener("cart-changed", this);
    window.removeEventListener("pageshow", this);
  }

  handleEvent(event) {
    if (event.type === "pageshow" && !event.persisted) return; // only a page that Back brought out of the browser's memory
    const count = event.detail?.count;
    if (Number.isInteger(count)) this.show(count);
    else this.refresh();
  }

  async refresh() {
    try {
      const answer = await fetch(this.getAttribute("src"), { headers: { Accept: "application/json" } });
      if (answer.ok) this.show((await answer.json()).count);
    } catch {
      // offline: the link still says "Cart"
    }
  }

  show(count) {
    const plural = new Intl.PluralRules(document.documentElement.lang).select(count);
    const { none, one, other } = this.dataset;
    const words = count === 0 ? none : plural === "one" ? one : other;
    this.querySelector("a").textContent = words.replace("%s", count);
  }
}

customElements.define("cart-badge", CartBadge);
