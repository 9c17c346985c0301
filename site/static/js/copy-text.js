// <copy-text data-said="Number copied."><button type="button" value="8808110482265310" hidden>Copy</button></copy-text>
// The button appears only where the browser can copy.
import { say } from "./notices.js";

class CopyText extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    if (!navigator.clipboard || !button) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.value);
      say(this.dataset.said);
    });
  }
}

customElements.define("copy-text", CopyText);
