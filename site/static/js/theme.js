// Light or dark: what the radios in the footer say is remembered, and applied before the next page is drawn, so that it never
// flashes the other one. Without this, or without storage, a page follows the device and the radios work for this page.
(() => {
  const colours = { light: "#fdfcf9", dark: "#171512" };
  const root = document.documentElement;

  function stored() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage is switched off
    }
  }

  function remember(theme) {
    try {
      if (theme === "auto") localStorage.removeItem("theme");
      else localStorage.setItem("theme", theme);
    } catch {
      // the choice lasts for this page
    }
  }

  const theme = stored();
  if (theme in colours) {
    root.dataset.theme = theme;
    for (const meta of document.querySelectorAll("meta[name=theme-color]")) meta.content = colours[theme];
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const radio of document.querySelectorAll("input[name=theme]")) {
      radio.checked = radio.value === (root.dataset.theme ?? "auto");
      radio.addEventListener("change", () => {
        if (radio.value === "auto") delete root.dataset.theme;
        else root.dataset.theme = radio.value;
        remember(radio.value);
      });
    }
  });
})();
