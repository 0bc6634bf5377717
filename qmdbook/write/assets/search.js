// Full-text search over the index that Pagefind made beside the pages. The index is fetched
// when the reader first goes to the field, so that a page costs nothing before that.
(function () {
  "use strict";
  const MOST_CHAPTERS = 12;
  const MOST_SECTIONS = 3; // of one chapter
  const OWN = new URL(document.currentScript.src);
  const field = document.getElementById("search");
  const panel = document.getElementById("search-panel");
  const status = document.getElementById("search-status");
  const list = document.getElementById("search-results");
  let engine = null; // a promise of Pagefind's module
  let asked = 0; // an answer to an older question is dropped

  function load() {
    engine = engine || (async () => {
      const pagefind = await import(new URL("pagefind/pagefind.js", OWN).href);
      await pagefind.options({ baseUrl: new URL("./", OWN).pathname, excerptLength: 24 });
      await pagefind.init();
      return pagefind;
    })();
    engine.catch(() => { engine = null; }); // the next question tries again
    return engine;
  }

  function made(name, text, parent) {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  }

  // An excerpt is text with <mark>; nothing else of it gets into the page.
  function excerpt(html, parent) {
    const holder = made("span", "", parent);
    holder.className = "excerpt";
    const parsed = new DOMParser().parseFromString(html, "text/html");
    for (const node of parsed.body.childNodes) {
      if (node.nodeName === "MARK") made("mark", node.textContent, holder);
      else holder.append(node.textContent);
    }
  }

  function entry(title, url, html, parent) {
    const item = made("li", "", parent);
    const link = made("a", "", item);
    link.href = url;
    made("span", title, link).className = "found";
    excerpt(html, link);
    return item;
  }

  function chapter(found) {
    const sections = found.sub_results.filter((part) => part.url !== found.url);
    // The part of a chapter before its first section bears the chapter's own name.
    const opening = sections.findIndex((part) => part.title === found.meta.title);
    const whole = opening >= 0 ? sections.splice(opening, 1)[0] : found;
    const item = entry(found.meta.title, whole.url, whole.excerpt, list);
    if (!sections.length) return;
    const inner = made("ul", "", item);
    for (const part of sections.slice(0, MOST_SECTIONS)) entry(part.title, part.url, part.excerpt, inner);
  }

  function say(text) {
    panel.hidden = false;
    status.textContent = text;
  }

  async function search() {
    const words = field.value.trim();
    const mine = (asked += 1);
    if (!words) {
      list.replaceChildren();
      panel.hidden = true;
      return;
    }
    if (location.protocol === "file:") {
      say("The search does not run where the page is opened as a file. Serve this folder, " +
        "for example with “python3 -m http.server”, and open the address that it names.");
      return;
    }
    let results, found;
    try {
      results = (await (await load()).search(words)).results;
      found = await Promise.all(results.slice(0, MOST_CHAPTERS).map((result) => result.data()));
    } catch (error) {
      if (mine === asked) say("The search could not be loaded.");
      return;
    }
    if (mine !== asked) return;
    list.replaceChildren();
    found.forEach(chapter);
    const count = results.length;
    say(count === 0 ? "Nothing found for “" + words + "”."
      : count === 1 ? "Found in one chapter."
      : "Found in " + count + " chapters" + (count > found.length ? ", the first " + found.length + " shown." : "."));
  }

  function leave() {
    field.value = "";
    search();
    field.blur();
  }

  function step(from, by) {
    const stops = [field, ...list.querySelectorAll("a")];
    const next = stops[Math.min(Math.max(stops.indexOf(from) + by, 0), stops.length - 1)];
    next.focus();
  }

  function typing(element) {
    return element.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName);
  }

  let wait;
  field.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(search, 150); });
  field.addEventListener("focus", () => {
    if (location.protocol !== "file:") load().catch(() => {});
    if (field.value) search();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target)) {
      event.preventDefault();
      field.focus();
      return;
    }
    const inside = event.target === field || panel.contains(event.target);
    if (!inside) return;
    if (event.key === "Escape") leave();
    else if (event.key === "ArrowDown") step(event.target, 1);
    else if (event.key === "ArrowUp") step(event.target, -1);
    else if (event.key === "Enter" && event.target === field && list.querySelector("a")) {
      list.querySelector("a").click();
    } else return;
    event.preventDefault();
  });
  // A click elsewhere closes the panel; so does a result, which may lead to this very page.
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[role=search]") || event.target.closest("#search-results a")) panel.hidden = true;
  });
})();
