/* The update form: tells what the figures mean while they are typed. Without it, saving a draft tells the same. */
"use strict";
(function () {
  const PAUSE = 350; // milliseconds without typing before the server is asked
  const entry = document.querySelector(".entry[data-meaning]");
  if (!entry) return;
  const form = entry.querySelector("form");
  const places = { panel: document.querySelector(".panel"), meaning: entry.querySelector(".meaning") };
  let timer = 0;
  let asked = 0;

  function typed() {
    const fields = new URLSearchParams();
    new FormData(form).forEach(function (value, name) {
      if (typeof value === "string") fields.append(name, value);
    });
    return fields;
  }

  function show(answer) {
    Object.keys(places).forEach(function (name) {
      // Only what differs is replaced, so that nothing is read out twice.
      if (places[name].shown !== answer[name]) places[name].innerHTML = answer[name];
      places[name].shown = answer[name];
    });
    entry.className = "entry " + answer.demands;
  }

  function ask() {
    const turn = ++asked;
    fetch(entry.dataset.meaning, { method: "POST", body: typed(), credentials: "same-origin", redirect: "error" })
      .then(function (response) { return response.ok ? response.json() : Promise.reject(response.status); })
      // An answer that is overtaken says nothing any more.
      .then(function (answer) { if (turn === asked) show(answer); })
      // Signed out or offline: what was shown before is no longer about what is typed.
      .catch(function () { if (turn === asked) places.meaning.classList.add("stale"); });
  }

  form.addEventListener("input", function () {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });

  form.addEventListener("submit", function () { clearTimeout(timer); });

  // In a field of several lines Enter is a new line.
  form.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && event.ctrlKey && event.target.tagName === "TEXTAREA") form.querySelector("[name=_submit]").click();
  });
})();
