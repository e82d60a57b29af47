// What makes pages better where scripts run; every page works without.

const summary = document.querySelector(".error-summary");
if (summary) summary.focus();

// Dialogs: a button with data-opens="<id>" opens, one with data-closes closes; focus returns to the opener.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog) {
      event.preventDefault();
      dialog.showModal();
      dialog.addEventListener("close", () => opener.focus(), { once: true });
    }
  }
  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog").close();
});

// Printing needs a script: its button stays hidden where there is none.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// A second click within five seconds sends nothing; the server refuses doubles anyway, this only saves waiting.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.submitter?.formTarget) return; // shown in a frame or another window: this page stays
  if (form.dataset.sent) event.preventDefault();
  if (form.dataset.sent || form.method !== "post") return;
  form.dataset.sent = "true";
  setTimeout(() => delete form.dataset.sent, 5000);
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// The session ends after 30 minutes without a click: say so two minutes before, and offer to stay.
const warning = document.getElementById("sitzung");
if (warning) {
  const WARN_S = 120;
  let timers = [];
  const arm = (seconds) => {
    timers.forEach(clearTimeout);
    timers = [
      setTimeout(() => warning.showModal(), Math.max(0, seconds - WARN_S) * 1000),
      setTimeout(() => {
        warning.querySelector("[data-text]").textContent = warning.dataset.over;
        warning.querySelector("form").remove();
      }, seconds * 1000),
    ];
  };
  const whole = Number(warning.dataset.endsInS);
  arm(whole);
  warning.addEventListener("cancel", (event) => event.preventDefault());
  warning.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    delete event.target.dataset.sent;
    const answer = await fetch(event.target.action, { method: "POST", body: new FormData(event.target) });
    if (answer.ok) {
      warning.close();
      arm(whole);
    }
  });
}
