// One polite live region for the whole page: say("Tide Mug added to your cart.").
export function say(text) {
  const region = document.getElementById("live");
  if (!region) return;
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; }); // the same words twice are still said twice
}
