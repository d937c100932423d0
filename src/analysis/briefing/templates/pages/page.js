(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");
  function open(id) {
    var target = id && document.getElementById(decodeURIComponent(id));
    for (var at = target; at; at = at.parentElement) {
      if (at.tagName === "DETAILS") { at.open = true; }
    }
    if (target) { target.scrollIntoView(); }
  }
  window.addEventListener("hashchange", function () { open(location.hash.slice(1)); });
  open(location.hash.slice(1));
  function key(cell) {
    var text = cell ? (cell.dataset.value || cell.textContent).trim() : "";
    var bare = text.replace(/[,%+\s]/g, "").replace("\u2212", "-").replace(/[^\d.\-].*$/, "");
    var value = bare === "" || bare === "-" ? NaN : Number(bare);
    return { text: text, value: value };
  }
  function compare(a, b) {
    if (!isNaN(a.value) && !isNaN(b.value)) { return a.value - b.value; }
    if (!isNaN(a.value)) { return -1; }
    if (!isNaN(b.value)) { return 1; }
    return a.text.localeCompare(b.text, root.lang);
  }
  function sortable(table) {
    var heads = table.tHead ? Array.prototype.slice.call(table.tHead.rows[0].cells) : [];
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
        var body = table.tBodies[0];
        var rows = Array.prototype.map.call(body.rows, function (row, i) {
          return { row: row, key: key(row.cells[place]), at: i };
        });
        rows.sort(function (a, b) {
          var empty = (a.key.text === "\u2014") - (b.key.text === "\u2014");
          if (empty) { return empty; }
          return (down ? compare(b.key, a.key) : compare(a.key, b.key)) || a.at - b.at;
        });
        var part = document.createDocumentFragment();
        rows.forEach(function (item) { part.appendChild(item.row); });
        body.appendChild(part);
      });
    });
  }
  Array.prototype.forEach.call(document.querySelectorAll("main table"), function (table) {
    if (table.tBodies[0] && table.tBodies[0].rows.length > 2) { sortable(table); }
  });
  Array.prototype.forEach.call(document.querySelectorAll("[data-filter]"), function (box) {
    var table = document.getElementById(box.dataset.filter);
    box.addEventListener("input", function () {
      var wanted = box.value.trim().toLowerCase();
      Array.prototype.forEach.call(table.tBodies[0].rows, function (row) {
        row.hidden = wanted !== "" && row.textContent.toLowerCase().indexOf(wanted) < 0;
      });
    });
  });
})();
