/* 月度填报表: moves like a spreadsheet, takes a column copied from one, and tells what figures mean while they are typed.
   Nothing newer than ES2018 (Chromium 70). Without it the page is a plain form. */
(function () {
  "use strict";
  const form = document.getElementById("sheet");
  if (!form || !form.querySelector("[data-row]")) return;
  const status = document.getElementById("sheet-status");
  const save = form.elements._save;
  const words = status.dataset;
  let leaving = false;

  const all = (selector, within) => Array.from((within || form).querySelectorAll(selector));
  const isShown = element => element.offsetParent !== null;
  const plain = text => text.replace(/\r\n?/g, "\n").trim();

  const hint = document.getElementById("sheet-hint");
  if (hint) hint.hidden = false;

  // --- what was changed since the page was shown: what is typed against the hidden field beside it ---

  function isTouched(row) {
    const texts = all("input.figure, textarea", row).some(field => {
      const seen = form.elements["initial-" + field.name];
      return plain(field.value) !== plain(seen.value);
    });
    const stages = all('input[type="radio"]:checked', row).some(
      radio => radio.value !== form.elements["initial-" + radio.name].value
    );
    const steps = all('input[type="checkbox"]', row).some(box => box.checked !== box.defaultChecked);
    return texts || stages || steps;
  }

  function count() {
    return all("[data-row]").filter(row => row.classList.toggle("touched", isTouched(row))).length;
  }

  function say(text) {
    const touched = count();
    const changed = touched ? words.changed.replace("0", touched) : "";
    status.textContent = [changed, text].filter(Boolean).join(" ");
  }

  window.addEventListener("beforeunload", event => {
    if (leaving || !count()) return;
    event.preventDefault();
    event.returnValue = "";
  });
  form.addEventListener("submit", () => { leaving = true; });
  // Back from the page that the form led to.
  window.addEventListener("pageshow", () => { leaving = false; say(""); });

  // --- moving: a column of fields is walked with Enter and the arrows ---

  /** Where one types in each row of a column: the field, or the chosen one of a group. */
  function column(field) {
    const name = field.closest("[data-column]").dataset.column;
    return all('td[data-column="' + name + '"]').filter(isShown).map(
      cell => cell.querySelector("input.figure, input:checked, input")
    );
  }

  function move(field, step) {
    const fields = column(field);
    const here = fields.findIndex(other => other === field || other.name === field.name);
    const next = fields[here + step] || (step > 0 ? save : null);
    if (next) go(next);
  }

  /** What stands in a field is replaced by what is typed next. */
  function go(field) {
    field.focus();
    if (field.matches("input.figure")) field.select();
  }

  form.addEventListener("keydown", event => {
    const field = event.target;
    if (event.key === "s" && (event.ctrlKey || event.metaKey) && !event.altKey) {
      event.preventDefault();
      save.click();
      return;
    }
    // Chosen from an input method's list, Enter and the arrows belong to that.
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!field.matches('td[data-column] input.figure, td[data-column] input[type="radio"]')) return;
    const step = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    move(field, step);
  });

  // --- pasting: line under line, cell beside cell, as they were copied ---

  function put(cell, text) {
    const figure = cell.querySelector("input.figure");
    if (figure) {
      figure.value = text.normalize("NFKC");
      return true;
    }
    const labels = all("fieldset.stage label", cell);
    const label = labels.find(one => one.textContent.trim() === text);
    if (label) document.getElementById(label.htmlFor).checked = true;
    return Boolean(label);
  }

  form.addEventListener("paste", event => {
    const cell = event.target.closest("td[data-column]");
    const text = event.clipboardData && event.clipboardData.getData("text/plain");
    if (!cell || !text) return;
    const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n").map(line => line.split("\t"));
    if (lines.length === 1 && lines[0].length === 1 && event.target.matches("input.figure")) return;
    event.preventDefault();
    const table = cell.closest("table");
    const bodies = Array.from(table.tBodies);
    const names = ["value", "growth", "stage"].filter(name => table.querySelector('th.' + name));
    const top = bodies.indexOf(cell.closest("tbody"));
    const left = names.indexOf(cell.dataset.column);
    let filled = 0;
    let spare = 0;
    lines.forEach((line, down) => line.forEach((content, right) => {
      const trimmed = content.trim();
      if (!trimmed) return;
      const body = bodies[top + down];
      const name = names[left + right];
      const place = body && name && body.querySelector('td[data-column="' + name + '"]');
      if (place && put(place, trimmed)) filled += 1;
      else spare += 1;
    }));
    form.dispatchEvent(new Event("input"));
    say([words.pasted.replace("0", filled), spare ? words.spare.replace("0", spare) : ""].join(""));
  });

  // --- what it means: the server is asked, because it alone judges ---

  let timer = 0;
  let turns = 0;

  function look() {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, 400);
  }

  function ask() {
    const turn = ++turns;
    // Signed out meanwhile, it would be redirected to the page to sign in on.
    fetch(form.dataset.check, { method: "POST", body: new FormData(form), credentials: "same-origin", redirect: "error" })
      .then(response => (response.ok ? response.json() : Promise.reject(response.status)))
      // An answer that is overtaken says nothing any more.
      .then(answer => { if (turn === turns) all("[data-row]").forEach(row => tell(row, answer.rows[row.dataset.row])); })
      .catch(() => { if (turn === turns && !leaving) say(words.away); });
  }

  const NOTHING = { errors: {}, objections: {}, meaning: {} };

  function tell(row, found) {
    const { errors, objections, meaning } = found || NOTHING;
    all("[data-shown]", row).forEach(place => { place.textContent = meaning[place.dataset.shown] || ""; });
    row.querySelector(".light").className = "light " + (meaning.light || "");
    row.classList.toggle("refused", Object.keys(errors).length > 0);
    const places = new Map(all(".notes", row).map(place => [place.dataset.for, []]));
    const note = (sentences, kind) => Object.keys(sentences).forEach(name => {
      const notes = places.get(places.has(name) ? name : "");
      sentences[name].forEach(sentence => notes.push({ sentence, kind }));
    });
    note(errors, "wrong");
    note(objections, "objection");
    all(".notes", row).forEach(place => {
      const notes = places.get(place.dataset.for);
      place.textContent = "";
      notes.forEach(({ sentence, kind }) => {
        const line = document.createElement("p");
        line.className = kind;
        line.textContent = sentence;
        place.appendChild(line);
      });
      const cell = place.parentElement;
      if (!cell.closest(".texts")) return;
      if (notes.length) {
        cell.classList.remove("unneeded");
        row.querySelector("details").open = true;
      }
    });
    all("input.figure, textarea", row).forEach(field => {
      const name = field.closest("[data-column]").dataset.column;
      if (errors[name]) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    });
  }

  form.addEventListener("input", event => {
    // A stage is said in words too.
    if (event.target.matches('fieldset.stage input:not([value=""])')) event.target.closest("tbody").querySelector("details").open = true;
    say("");
    look();
  });

  // --- after a save that left something to do: go to the first place ---

  if ("attend" in form.dataset) {
    const place = form.querySelector(".wrong") || form.querySelector(".objection");
    const cell = place && (place.closest("[data-column]") || place.closest("[data-row]"));
    const field = cell && cell.querySelector("input.figure, input:checked, textarea");
    if (field) go(field);
  }
})();
