// Filters that answer at once: addresses stay clean, and the new number of things is said.
import { say } from "./notices.js";

document.addEventListener("htmx:configRequest", (event) => {
  if (!event.target.matches?.(".facets, .toolbar form")) return;
  const { parameters } = event.detail;
  for (const [name, value] of Object.entries(parameters)) if (value === "") delete parameters[name];
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "results") return;
  const count = document.querySelector("#results .toolbar p");
  if (count) say(count.textContent.trim());
});
