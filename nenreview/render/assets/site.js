// The frame of the pages: the switches between light and dark and of all code, buttons that
// copy. Without this the pages are whole, and follow the system's scheme.
(function () {
  "use strict";
  const root = document.documentElement;

  // Light and dark ---------------------------------------------------------------------

  const button = document.getElementById("scheme");
  const system = matchMedia("(prefers-color-scheme: dark)");

  function dark() { return root.dataset.scheme ? root.dataset.scheme === "dark" : system.matches; }
  function show() { button.setAttribute("aria-pressed", String(dark())); }

  function choose(scheme) {
    // What the system has anyway is no choice: the page follows the system again.
    const own = scheme === (system.matches ? "dark" : "light") ? null : scheme;
    if (own) root.dataset.scheme = own;
    else delete root.dataset.scheme;
    try {
      if (own) localStorage.setItem("scheme", own);
      else localStorage.removeItem("scheme");
    } catch (error) { /* not stored: it holds for this page */ }
    show();
  }

  button.addEventListener("click", () => choose(dark() ? "light" : "dark"));
  system.addEventListener("change", show);
  // A choice in another tab is a choice here.
  window.addEventListener("storage", (event) => {
    if (event.key !== "scheme") return;
    if (event.newValue) root.dataset.scheme = event.newValue;
    else delete root.dataset.scheme;
    show();
  });
  show();

  // The chapter that is open, in sight in the list at the side ----------------------------

  const list = document.querySelector("nav.chapters");
  const current = list && list.querySelector("[aria-current]");
  if (current) list.scrollTop = current.offsetTop - list.clientHeight / 2;

  // All code of the page, folded or not ----------------------------------------------------

  const all = document.getElementById("code");
  const folds = [...document.querySelectorAll(".code-fold")];

  function name() {
    const open = folds.every((fold) => fold.open);
    all.setAttribute("aria-expanded", String(open));
    all.textContent = open ? "Hide all code" : "Show all code";
  }

  if (all) {
    all.addEventListener("click", () => {
      const open = !folds.every((fold) => fold.open);
      for (const fold of folds) fold.open = open;
      name();
    });
    for (const fold of folds) fold.addEventListener("toggle", name);
  }

  // Code that can be copied ---------------------------------------------------------------

  function select(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  async function copy(code) {
    try {
      await navigator.clipboard.writeText(code.textContent);
      return "Copied";
    } catch (error) {
      // Refused, or no clipboard on a page that is not served safely: marked, ready for Ctrl+C.
      select(code);
      return "Marked";
    }
  }

  for (const pre of document.querySelectorAll("main pre")) {
    const code = pre.querySelector("code") || pre;
    const holder = document.createElement("div");
    const made = document.createElement("button");
    holder.className = "copyable";
    made.type = "button";
    made.className = "copy";
    made.textContent = "Copy";
    made.addEventListener("click", async () => {
      made.textContent = await copy(code);
      setTimeout(() => { made.textContent = "Copy"; }, 2000);
    });
    pre.replaceWith(holder);
    holder.append(pre, made);
  }
})();
