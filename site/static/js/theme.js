// Runs before the page is drawn, so that a stored choice of light never flashes the other one.
// Without it, or without storage, the page follows the device and the radios still work for this page.
(() => {
  const colours = { light: "#fdfcf9", dark: "#171512" };
  let theme = null;
  try {
    theme = localStorage.getItem("theme");
  } catch {
    return; // storage is switched off
  }
  if (!(theme in colours)) return;
  document.documentElement.dataset.theme = theme;
  for (const meta of document.querySelectorAll("meta[name=theme-color]")) meta.content = colours[theme];
})();
