/* 大屏: panels take turns; the page is asked for again and its panels are swapped. ES2018, no library. */
"use strict";
(function () {
  const TURN = 15000;
  const REFRESH = 60000;
  const RETRY = 15000;
  const PATIENCE = 20000;
  const body = document.body;
  const panels = document.getElementById("panels");
  const dataTime = document.getElementById("data-time");
  const trouble = document.getElementById("trouble");
  const checked = document.getElementById("checked");
  const turns = document.getElementById("turns");
  const pause = document.getElementById("pause");
  let current = 0;
  let paused = false;

  const clock = () => new Date().toTimeString().slice(0, 5);
  const all = () => panels.querySelectorAll(".panel-turn");

  function show(index) {
    const list = all();
    current = (index + list.length) % list.length;
    list.forEach((panel, at) => panel.classList.toggle("shown", at === current));
    turns.querySelectorAll("[data-turn]").forEach((dot, at) => {
      if (at === current) dot.setAttribute("aria-current", "true"); else dot.removeAttribute("aria-current");
    });
  }

  function listTurns() {
    turns.querySelectorAll("[data-turn]").forEach((dot) => dot.remove());
    all().forEach((panel, at) => {
      const dot = document.createElement("button");
      dot.type = "button";
      dot.dataset.turn = at;
      dot.setAttribute("aria-label", panel.querySelector("h2").textContent.trim());
      dot.addEventListener("click", () => show(at));
      turns.appendChild(dot);
    });
  }

  function say(text) {
    // Said once, not every time that a try fails.
    if (trouble.textContent !== text) trouble.textContent = text;
    body.classList.toggle("in-trouble", text !== "");
  }

  async function fetchPage() {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    try {
      // "no-cache" asks with the mark of the page that is held: an unchanged ledger sends nothing.
      const response = await fetch(location.href, { cache: "no-cache", credentials: "same-origin", signal: stop.signal });
      if (new URL(response.url).pathname !== location.pathname) return "expired";
      if (!response.ok) throw new Error(response.status);
      return new DOMParser().parseFromString(await response.text(), "text/html");
    } finally {
      clearTimeout(timer);
    }
  }

  async function refresh() {
    let next = REFRESH;
    try {
      const page = await fetchPage();
      if (page === "expired") {
        say(body.dataset.expired.replace("{time}", dataTime.textContent));
      } else {
        swap(page);
        say("");
        checked.textContent = "· " + body.dataset.checked.replace("{time}", clock());
      }
    } catch (error) {
      say(body.dataset.lost.replace("{time}", dataTime.textContent));
      next = RETRY;
    }
    setTimeout(refresh, next);
  }

  function swap(page) {
    const fresh = page.getElementById("data-time");
    if (!fresh || fresh.getAttribute("datetime") === dataTime.getAttribute("datetime")) return;
    // Parsed off the page and put in at once, so that nothing flickers.
    panels.innerHTML = page.getElementById("panels").innerHTML;
    document.querySelector("header").innerHTML = page.querySelector("header").innerHTML;
    dataTime.textContent = fresh.textContent;
    dataTime.setAttribute("datetime", fresh.getAttribute("datetime"));
    listTurns();
    show(Math.min(current, all().length - 1));
  }

  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") show(current + 1);
    if (event.key === "ArrowLeft") show(current - 1);
  });
  // Nobody watches a hidden page; what is shown again is asked for at once.
  setInterval(() => { if (!paused && !document.hidden) show(current + 1); }, TURN);

  document.documentElement.classList.add("takes-turns");
  turns.hidden = false;
  listTurns();
  show(0);
  setTimeout(refresh, REFRESH);
}());
