// The scheme that the reader chose, and whether code is shown, is set before anything is painted, so that nothing flashes.
// Without a choice, or where nothing can be stored, the page follows the system.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("scripted");
  try {
    var chosen = localStorage.getItem("scheme");
    if (chosen === "dark" || chosen === "light") root.dataset.scheme = chosen;
    if (localStorage.getItem("code") === "shown") root.dataset.code = "shown";
  } catch (error) { /* storage is switched off: the switch then holds for this page alone */ }
})();
