// The frame of the pages: the switches of dark pages and of code, the section that is read, the
// words that a search led to, buttons that copy. Without this the pages are whole, and follow the system's scheme.
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

  // The code of all pages, shown or not ----------------------------------------------------

  const code = document.getElementById("code");

  function showCode() {
    const shown = root.dataset.code === "shown";
    if (code) code.setAttribute("aria-pressed", String(shown));
    for (const fold of document.querySelectorAll(".code-fold")) fold.open = shown;
  }

  if (code) {
    code.addEventListener("click", () => {
      const shown = root.dataset.code !== "shown";
      if (shown) root.dataset.code = "shown";
      else delete root.dataset.code;
      try {
        if (shown) localStorage.setItem("code", "shown");
        else localStorage.removeItem("code");
      } catch (error) { /* not stored: it holds for this page */ }
      showCode();
    });
    showCode();
  }

  // A link at each heading, and the section that is read, in the contents of the page ----------

  const headings = [...document.querySelectorAll("main :is(h2, h3)[id]")];
  for (const heading of headings) {
    const link = document.createElement("a");
    link.className = "to-heading";
    link.href = "#" + heading.id;
    link.setAttribute("aria-label", "Link to this section");
    link.textContent = "#";
    heading.append(" ", link);
  }

  const contents = new Map(
    [...document.querySelectorAll("nav.toc a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]),
  );

  function follow() {
    let read = null;
    for (const heading of headings) {
      if (heading.getBoundingClientRect().top > innerHeight / 5) break;
      if (contents.has(heading.id)) read = contents.get(heading.id);
    }
    for (const link of contents.values()) {
      if (link === read) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  }

  if (contents.size) {
    let waiting = false;
    addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; follow(); });
    }, { passive: true });
    follow();
  }

  // The words that a search led to, marked in the section that it led to -------------------------

  function markSearched() {
    let words = "";
    try {
      words = sessionStorage.getItem("searched") || "";
      sessionStorage.removeItem("searched");
    } catch (error) { /* nothing stored */ }
    if (!words || !window.Highlight || !CSS.highlights) return;
    const alike = words.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/s$/, ""));
    const pattern = new RegExp(alike.join("|"), "gi");
    const start = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const ranges = [];
    const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    for (let node; (node = texts.nextNode());) {
      if (start && start.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_PRECEDING) continue;
      for (const hit of node.data.matchAll(pattern)) {
        const range = new Range();
        range.setStart(node, hit.index);
        range.setEnd(node, hit.index + hit[0].length);
        ranges.push(range);
      }
    }
    CSS.highlights.set("searched", new Highlight(...ranges));
    const first = ranges.find((range) => range.getClientRects().length);
    if (first) first.startContainer.parentElement.scrollIntoView({ block: "center" });
  }

  markSearched();
  addEventListener("hashchange", markSearched);

  // The other versions, on a page of a released one ----------------------------------------

  function element(name, text, attributes) {
    const made = Object.assign(document.createElement(name), attributes);
    made.append(text);
    return made;
  }

  // The same page in another version, or its first where it has no such page.
  function inVersion(list, version, page) {
    return new URL(`${version.version}/${version.pages.includes(page) ? page : "index.html"}`, list);
  }

  async function showVersions(held) {
    const list = new URL(held.content, location.href);
    const answer = await fetch(list);
    if (!answer.ok) return;
    const { newest, versions } = await answer.json();
    const { version: mine, page } = held.dataset;
    const items = element("ul", "");
    for (const version of versions) {
      const marks = [version.version === newest && "newest", version.version === mine && "this one"];
      const said = [version.version, ...marks.filter(Boolean)].join(", ");
      const link = element("a", said, { href: inVersion(list, version, page) });
      if (version.version === mine) link.setAttribute("aria-current", "true");
      items.append(element("li", link));
    }
    const selector = element("details", element("summary", "Versions"), { className: "versions with-script" });
    selector.append(items);
    selector.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !selector.open) return;
      selector.open = false;
      selector.querySelector("summary").focus();
    });
    document.querySelector(".masthead").append(selector);
    if (mine === newest) return;
    const there = versions.find((version) => version.version === newest);
    const notice = element("p", `This is version ${mine}, which is old. `, { className: "old-version" });
    notice.append(
      element("a", `The newest is version ${newest}.`, { href: inVersion(list, there, page) }),
    );
    document.querySelector("main").prepend(notice);
  }

  const versions = document.querySelector('meta[name="versions"]');
  // From disk nothing can be fetched: the page then says its own version alone.
  if (versions && location.protocol !== "file:") showVersions(versions);

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
