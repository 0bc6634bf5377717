// Full-text search over the index that Pagefind made beside the pages. The index is fetched
// when the reader first goes to the field, so that a page costs nothing before that.
(function () {
  "use strict";
  const MOST_SECTIONS = 20; // that are shown
  const MOST_QUESTIONS = 6; // that are asked for one, by its synonyms
  const MOST_PAGES = 12; // that are read for each question
  const HEADING = 4; // how much more a section counts if its heading has the words
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

  // Words that mean the same, as the book says: each is asked for in place of the others.
  const meta = document.querySelector("meta[name=search-synonyms]");
  const synonyms = meta ? meta.content.split(";").map((group) => group.split(",").map((word) => word.trim().toLowerCase())) : [];

  function questions(words) {
    const all = [words], spaced = ` ${words.toLowerCase()} `;
    for (const group of synonyms) {
      const known = group.find((word) => spaced.includes(` ${word} `));
      if (!known) continue;
      for (const other of group) {
        if (other !== known) all.push(spaced.replace(` ${known} `, ` ${other} `).trim());
      }
    }
    return all.slice(0, MOST_QUESTIONS);
  }

  // The share of the words of a question, or of one with synonyms, that a heading has.
  function named(heading, asked) {
    const text = heading.toLowerCase();
    return Math.max(...asked.map((question) => {
      const words = question.toLowerCase().split(/\s+/).map((word) => word.replace(/s$/, ""));
      return words.filter((word) => text.includes(word)).length / words.length;
    }));
  }

  // The sections of a page that have the words, the page itself where it has them before its
  // first section. Pagefind scores a page; its sections share that by the weight of their hits.
  function sections(found, score, question, asked) {
    const total = found.weighted_locations.reduce((sum, hit) => sum + hit.balanced_score, 0) || 1;
    return found.sub_results.map((part) => {
      const own = part.weighted_locations.reduce((sum, hit) => sum + hit.balanced_score, 0);
      const heading = 1 + HEADING * named(part.title, asked);
      return { part, chapter: found.meta.title, words: question, score: score * heading * (0.5 + own / total) };
    });
  }

  async function answers(pagefind, words) {
    const best = new Map(); // by address, so that a section is shown once
    const asked = questions(words);
    for (const question of asked) {
      const { results } = await pagefind.search(question);
      const most = results.length ? results[0].score : 1;
      const pages = await Promise.all(results.slice(0, MOST_PAGES).map((result) => result.data()));
      pages.forEach((page, i) => {
        for (const one of sections(page, results[i].score / most, question, asked)) {
          const before = best.get(one.part.url);
          if (!before || before.score < one.score) best.set(one.part.url, one);
        }
      });
    }
    return [...best.values()].sort((a, b) => b.score - a.score);
  }

  function show({ part, chapter, words }) {
    const link = made("a", "", made("li", "", list));
    link.href = part.url;
    // The page that opens marks the words (site.js).
    link.addEventListener("click", () => {
      try { sessionStorage.setItem("searched", words); } catch (error) { /* not marked then */ }
    });
    made("span", part.title, link).className = "found";
    if (chapter !== part.title) made("span", chapter, link).className = "found-in";
    excerpt(part.excerpt, link);
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
    let found;
    try {
      found = await answers(await load(), words);
    } catch (error) {
      if (mine === asked) say("The search could not be loaded.");
      return;
    }
    if (mine !== asked) return;
    list.replaceChildren();
    found.slice(0, MOST_SECTIONS).forEach(show);
    const count = found.length;
    say(count === 0 ? "Nothing found for “" + words + "”."
      : count === 1 ? "Found in one section."
      : "Found in " + count + " sections" + (count > MOST_SECTIONS ? "; the best " + MOST_SECTIONS + " are shown." : "."));
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
