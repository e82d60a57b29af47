// Work pages faster: keys in lists, a preview that follows the form. Everything works without.

const OFF = "amtsweg-tasten-aus";
const keys = document.querySelector("[data-keys]");
const rows = [...document.querySelectorAll("[data-row]")];

// Single keys can be switched off (WCAG 2.1.4); the browser remembers it.
if (keys) {
  keys.hidden = false;
  const button = keys.querySelector("[data-keys-switch]");
  const show = () => {
    const isOn = !localStorage.getItem(OFF);
    button.setAttribute("aria-pressed", String(isOn));
    button.querySelector(".kern-label").textContent = isOn ? "Tastenkürzel eingeschaltet" : "Tastenkürzel ausgeschaltet";
  };
  button.addEventListener("click", () => {
    if (localStorage.getItem(OFF)) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
    show();
  });
  show();
  document.addEventListener("keydown", press);
}

function press(event) {
  const isTyping = event.target.closest("input, textarea, select, [contenteditable], dialog[open]");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(OFF)) return;
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const act = {
    "/": () => document.getElementById("suche")?.focus(),
    j: () => focus(Math.min(here + 1, rows.length - 1)),
    k: () => focus(Math.max(here - 1, 0)),
    c: () => rows[here]?.querySelector("form")?.requestSubmit(),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

function focus(index) {
  rows[index]?.querySelector("a")?.focus();
}

// The preview follows the form; after a page with errors it shows at once what was typed.
const preview = document.querySelector("[data-preview]");
if (preview) {
  const form = preview.form;
  let timer;
  form.addEventListener("change", (event) => {
    if (!event.target.name) return;
    clearTimeout(timer);
    timer = setTimeout(() => form.requestSubmit(preview), 400);
  });
  if (document.querySelector(".error-summary")) form.requestSubmit(preview);
}
