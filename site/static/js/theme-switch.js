// Remembers what the radios in the footer say; theme.js applies it on the next page.
const root = document.documentElement;

function remember(theme) {
  try {
    if (theme === "auto") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // storage is switched off: the choice lasts for this page
  }
}

for (const radio of document.querySelectorAll("input[name=theme]")) {
  radio.checked = radio.value === (root.dataset.theme ?? "auto");
  radio.addEventListener("change", () => {
    if (radio.value === "auto") delete root.dataset.theme;
    else root.dataset.theme = radio.value;
    remember(radio.value);
  });
}
