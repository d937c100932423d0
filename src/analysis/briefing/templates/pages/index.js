(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");
  var table = document.getElementById("areas");
  var body = table.tBodies[0];
  var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
  var words = heads.map(function (head) { return head.textContent.trim(); });
  var search = document.getElementById("search");
  var state = document.getElementById("state");
  var only = document.getElementById("only");
  var shown = document.getElementById("shown");
  var rows = Array.prototype.map.call(body.rows, function (row, at) {
    return { row: row, at: at, text: row.textContent.toLowerCase(), state: row.dataset.state,
      short: !!row.querySelector("td.short"), spare: !!row.querySelector("td.spare") };
  });
  function apply() {
    var wanted = search.value.trim().toLowerCase();
    var count = 0;
    rows.forEach(function (item) {
      var keep = (!wanted || item.text.indexOf(wanted) >= 0) &&
        (!state.value || item.state === state.value) &&
        (!only.value || (only.value === "both" ? item.short && item.spare : item[only.value]));
      item.row.hidden = !keep;
      count += keep ? 1 : 0;
    });
    shown.textContent = count + " " + shown.dataset.words;
    var hash = [search.value, state.value, only.value].map(encodeURIComponent).join("&");
    history.replaceState(null, "", hash === "&&" ? location.pathname : "#" + hash);
  }
  function restore() {
    var parts = location.hash.slice(1).split("&").map(decodeURIComponent);
    if (parts.length === 3) { search.value = parts[0]; state.value = parts[1]; only.value = parts[2]; }
  }
  function key(row, place) {
    var cell = row.cells[place];
    var text = (cell.dataset.value || cell.textContent).trim();
    var value = Number(text.replace(/[,%]/g, ""));
    return { text: text, value: text === "" || isNaN(value) ? NaN : value };
  }
  heads.forEach(function (head, place) {
    if (head.dataset.fixed !== undefined) { return; }
    var button = document.createElement("button");
    button.type = "button";
    while (head.firstChild) { button.appendChild(head.firstChild); }
    head.appendChild(button);
    button.addEventListener("click", function () {
      var down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      var keyed = rows.map(function (item) { return { item: item, key: key(item.row, place) }; });
      keyed.sort(function (a, b) {
        var empty = (a.key.text === "\u2014") - (b.key.text === "\u2014");
        if (empty) { return empty; }
        var sign = down ? -1 : 1;
        var both = !isNaN(a.key.value) && !isNaN(b.key.value);
        var by = both ? a.key.value - b.key.value
          : a.key.text.localeCompare(b.key.text, root.lang);
        return by * sign || a.item.at - b.item.at;
      });
      var part = document.createDocumentFragment();
      keyed.forEach(function (pair) { part.appendChild(pair.item.row); });
      body.appendChild(part);
    });
  });
  document.getElementById("compare-button").addEventListener("click", function () {
    var chosen = rows.filter(function (item) { return item.row.querySelector("input").checked; });
    var section = document.getElementById("compare");
    var compared = document.getElementById("compared");
    compared.textContent = "";
    section.hidden = chosen.length < 2;
    if (section.hidden) { return; }
    words.forEach(function (word, place) {
      if (place === 0) { return; }
      var line = compared.insertRow();
      var head = document.createElement("th");
      head.scope = "row";
      head.textContent = word;
      line.appendChild(head);
      chosen.forEach(function (item) {
        var cell = line.insertCell();
        cell.textContent = item.row.cells[place].textContent.trim();
        cell.className = item.row.cells[place].className.replace("js-only", "");
      });
    });
    section.scrollIntoView();
  });
  [search, state, only].forEach(function (box) { box.addEventListener("input", apply); });
  restore();
  apply();
})();
