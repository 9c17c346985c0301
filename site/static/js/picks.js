// "Add" on the card of what comes in several: the choice is fetched when somebody points at it or opens it, in place of the
// link to the thing's page.
function fetchPicks(quick) {
  const link = quick?.querySelector("[data-picks]");
  if (!link) return;
  const address = link.dataset.picks;
  link.removeAttribute("data-picks");
  htmx.ajax("GET", address, { target: link, swap: "outerHTML" });
}

document.addEventListener("toggle", (event) => fetchPicks(event.target.closest(".quick")), true);
document.addEventListener("pointerover", (event) => fetchPicks(event.target.closest(".quick__open")?.parentElement));
