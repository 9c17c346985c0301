// <photo-gallery>: thumbnails follow the strip, and a photograph opens in the dialog that is its last child.
// Without it thumbnails are plain anchors, the strip scrolls, and a photograph is a link to itself.
class PhotoGallery extends HTMLElement {
  connectedCallback() {
    this.strip = this.querySelector(".gallery__strip");
    this.thumbs = [...this.querySelectorAll(".gallery__thumbs a")];
    this.dialog = this.querySelector("dialog");
    this.addEventListener("click", this);
    this.seen = new IntersectionObserver((entries) => this.follow(entries), { root: this.strip, threshold: 0.6 });
    for (const slide of this.strip.children) this.seen.observe(slide);
  }

  disconnectedCallback() {
    this.seen.disconnect();
  }

  handleEvent(event) {
    const link = event.target.closest("a");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (this.thumbs.includes(link)) {
      event.preventDefault();
      const slide = this.querySelector(link.hash);
      this.strip.scrollTo({ left: slide.offsetLeft - this.strip.offsetLeft });
    } else if (link.hasAttribute("data-zoom") && this.dialog) {
      event.preventDefault();
      this.zoom(link);
    }
  }

  follow(entries) {
    const shown = entries.find((entry) => entry.isIntersecting)?.target;
    if (!shown) return;
    for (const thumb of this.thumbs) {
      if (thumb.hash === `#${shown.id}`) thumb.setAttribute("aria-current", "true");
      else thumb.removeAttribute("aria-current");
    }
  }

  zoom(link) {
    const picture = document.createElement("img");
    picture.src = link.href;
    picture.alt = link.querySelector("img")?.alt ?? "";
    this.dialog.querySelector("img")?.remove();
    this.dialog.append(picture);
    this.dialog.showModal();
  }
}

customElements.define("photo-gallery", PhotoGallery);
