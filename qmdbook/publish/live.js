// Added to pages while they are served by `watch`: loads the page again once the book
// has been rendered, and shows what keeps it from being rendered.
(() => {
  const { events, version } = document.currentScript.dataset;
  const board = document.createElement("pre");
  board.setAttribute("role", "alert");
  Object.assign(board.style, {
    position: "fixed", inset: "auto 0 0 0", zIndex: "1000", margin: "0", padding: "1rem",
    maxHeight: "50vh", overflow: "auto", whiteSpace: "pre-wrap",
    background: "#7f1d1d", color: "#fff", borderTop: "3px solid #fca5a5",
  });
  new EventSource(events).addEventListener("message", (event) => {
    const news = JSON.parse(event.data);
    if (String(news.version) !== version) {
      location.reload();
      return;
    }
    board.textContent = news.problems.join("\n");
    if (news.problems.length) document.body.append(board);
    else board.remove();
  });
})();
