/* The smallest shop with a Payment Element: deferred intent, decline shown, retry on the same intent. */
const settings = document.body.dataset;
const message = document.getElementById("message");
const stripe = Stripe("pk_test_shop");
const elements = stripe.elements({
  mode: "payment", amount: 1999, currency: "usd", locale: settings.locale,
  appearance: { theme: "flat", variables: JSON.parse(settings.look) },
});
const element = elements.create("payment");
element.on("ready", () => { settings.ready = "yes"; });
element.on("change", (event) => { settings.complete = event.complete; });
element.mount("#payment");

document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  message.textContent = "";
  const submitted = await elements.submit();
  if (submitted.error) { message.textContent = submitted.error.code; return; }
  settings.secret ||= await (await fetch("/intent", { method: "POST" })).text();
  const { error } = await stripe.confirmPayment({
    elements, clientSecret: settings.secret, confirmParams: { return_url: `${location.origin}/return?order=7` },
  });
  message.textContent = `${error.code} ${error.decline_code}: ${error.message}`;
});
