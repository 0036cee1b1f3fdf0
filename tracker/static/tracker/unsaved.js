/* Keeps what is typed in this tab until it is saved, so that an expired sign-in or a lost connection loses nothing.

   A form takes part by including admin/tracker/unsaved.html. What is typed lies in sessionStorage, which ends with the
   tab; the cookie `saved` names the typing that the server has saved since. */
"use strict";
(function () {
  const PREFIX = "unsaved ";

  function parts(form) {
    return Array.prototype.filter.call(form.elements, function (field) {
      return field.name && !/^(hidden|file|password|submit|button|reset)$/.test(field.type) && field.type !== "fieldset";
    });
  }

  /* With what was seen when the typing began: restored, it still tells whether somebody changed the row since. */
  function fingerprints(form) {
    return form.querySelectorAll('input[type="hidden"][name$="fingerprint"]');
  }

  function isChoice(field) {
    return field.type === "checkbox" || field.type === "radio";
  }

  function content(form) {
    const found = {};
    parts(form).forEach(function (field) {
      const values = found[field.name] || (found[field.name] = []);
      if (!isChoice(field) || field.checked) values.push(field.value);
    });
    return found;
  }

  function worded(form, name, values) {
    const field = parts(form).filter(function (part) { return part.name === name; })[0];
    if (!field) return null;
    const group = isChoice(field) && field.closest("fieldset");
    const title = group ? group.querySelector("legend") : field.labels && field.labels[0];
    const label = field.getAttribute("aria-label") || (title ? title.textContent.trim().replace(/[:：]$/, "") : name);
    const texts = values.map(function (value) {
      const option = field.options && Array.prototype.filter.call(field.options, function (one) { return one.value === value; })[0];
      return option ? option.textContent : value;
    });
    return [label, texts.join("、") || "—"];
  }

  function forgetSaved() {
    const saved = /(?:^|; )saved=([0-9a-z]+)/.exec(document.cookie);
    Object.keys(sessionStorage).forEach(function (key) {
      if (saved && key.indexOf(PREFIX) === 0 && JSON.parse(sessionStorage.getItem(key)).typing === saved[1]) {
        sessionStorage.removeItem(key);
      }
    });
  }

  function watch(box) {
    const form = box.closest("form");
    const key = PREFIX + box.dataset.key;
    const typing = box.querySelector("input");
    let kept = JSON.parse(sessionStorage.getItem(key) || "null");

    function keep() {
      if (!typing.value) typing.value = Date.now().toString(36) + Math.random().toString(36).slice(2, 10);
      const seen = {};
      fingerprints(form).forEach(function (field) { seen[field.name] = field.value; });
      sessionStorage.setItem(key, JSON.stringify({ typing: typing.value, at: Date.now(), content: content(form), seen: seen }));
    }

    function restore() {
      parts(form).forEach(function (field) {
        const values = kept.content[field.name];
        if (!values) return;
        if (isChoice(field)) field.checked = values.indexOf(field.value) >= 0;
        else field.value = values[0];
      });
      fingerprints(form).forEach(function (field) { field.value = kept.seen[field.name] || field.value; });
      box.hidden = true;
      keep();
      form.dispatchEvent(new Event("input", { bubbles: true }));
    }

    form.addEventListener("input", keep);
    form.addEventListener("change", keep);
    if (!kept) return;
    const present = content(form);
    const differing = Object.keys(kept.content).filter(function (name) {
      return name in present && String(present[name]) !== String(kept.content[name]);
    });
    if (!differing.length) {
      typing.value = kept.typing;
      return;
    }
    const list = box.querySelector("dl");
    differing.forEach(function (name) {
      const row = document.createElement("div");
      worded(form, name, kept.content[name]).forEach(function (text, index) {
        row.appendChild(document.createElement(index ? "dd" : "dt")).textContent = text;
      });
      list.appendChild(row);
    });
    box.querySelector("time").textContent = new Date(kept.at).toLocaleString(document.documentElement.lang || undefined);
    box.querySelector(".restore").addEventListener("click", restore);
    box.querySelector(".discard").addEventListener("click", function () {
      sessionStorage.removeItem(key);
      box.hidden = true;
    });
    box.hidden = false;
  }

  forgetSaved();
  document.querySelectorAll(".unsaved").forEach(watch);
})();
