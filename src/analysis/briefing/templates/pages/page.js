(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");
  function open(id) {
    if (id.indexOf("chart=") === 0) { id = "explore"; }
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
  var store = document.getElementById("chart-data");
  if (store) { explore(JSON.parse(store.textContent)); }
  function explore(data) {
    var holder = document.getElementById("chart");
    var said = document.getElementById("chart-said");
    var year = document.getElementById("chart-year");
    var boxes = ["place", "stage", "scenario"].map(function (name) {
      return document.getElementById("chart-" + name);
    });
    var svgns = "http://www.w3.org/2000/svg";
    var W = 760, H = 300, L = 70, R = 80, T = 14, B = 30;
    year.min = data.years[0];
    year.max = data.years[data.years.length - 1];
    year.value = data.end;
    function add(parent, name, attributes, text) {
      var node = document.createElementNS(svgns, name);
      Object.keys(attributes).forEach(function (key) { node.setAttribute(key, attributes[key]); });
      if (text !== undefined) { node.textContent = text; }
      parent.appendChild(node);
      return node;
    }
    function number(value) {
      return value === null ? data.words.unknown : value.toLocaleString("en-US");
    }
    function line(rows, column, x, y) {
      return rows.map(function (row, i) {
        return row[column] === null ? "" : x(data.years[i]) + "," + y(row[column]);
      }).filter(Boolean).join(" ");
    }
    function step(top) {
      var power = Math.pow(10, Math.floor(Math.log(top / 4) / Math.LN10));
      return [1, 2, 2.5, 5, 10].map(function (f) { return f * power; })
        .filter(function (s) { return s * 4 >= top; })[0] || power * 10;
    }
    function draw() {
      var rows = data.series[boxes.map(function (box) { return box.value; }).join("|")];
      holder.textContent = "";
      if (!rows) { said.textContent = data.words.unknown; return; }
      var highest = Math.max.apply(null, rows.map(function (row) {
        return Math.max(row[0] || 0, row[1] || 0, row[3] || 0);
      })) || 1;
      var size = step(highest), top = Math.ceil(highest / size) * size;
      var first = data.years[0], last = data.years[data.years.length - 1];
      function x(value) { return L + (value - first) / ((last - first) || 1) * (W - L - R); }
      function y(value) { return T + (1 - value / top) * (H - T - B); }
      var chosen = data.years.indexOf(Number(year.value));
      var row = rows[chosen];
      said.textContent = year.value + ": " + data.words.required + " " + number(row[0]) +
        " (" + data.words.band + " " + number(row[2]) + "–" + number(row[3]) + "), " +
        data.words.available + " " + number(row[1]) + ", " + data.words.short + " " +
        number(row[4]) + ", " + data.words.spare + " " + number(row[5]);
      var svg = add(holder, "svg", { viewBox: "0 0 " + W + " " + H, role: "img",
        "aria-label": said.textContent });
      for (var value = 0; value <= top; value += size) {
        add(svg, "line", { x1: L, x2: W - R, y1: y(value), y2: y(value), stroke: "#8C8C8C",
          "stroke-opacity": 0.35 });
        add(svg, "text", { x: L - 6, y: y(value) + 4, "text-anchor": "end" }, number(value));
      }
      data.years.forEach(function (item, i) {
        if (i % 2 === 0) {
          add(svg, "text", { x: x(item), y: H - 10, "text-anchor": "middle" }, item);
        }
      });
      var colour = data.colours[boxes[1].value];
      var back = rows.slice().reverse();
      var lower = line(back, 2, function (v) { return x(first + last - v); }, y);
      add(svg, "polygon", { points: line(rows, 3, x, y) + " " + lower, fill: colour,
        "fill-opacity": 0.22 });
      add(svg, "polyline", { points: line(rows, 0, x, y), fill: "none", stroke: colour,
        "stroke-width": 2.2 });
      add(svg, "polyline", { points: line(rows, 1, x, y), fill: "none", stroke: "#8C8C8C",
        "stroke-width": 2.2, "stroke-dasharray": "6 4" });
      add(svg, "line", { x1: x(data.years[chosen]), x2: x(data.years[chosen]), y1: T, y2: H - B,
        stroke: "currentColor", "stroke-dasharray": "2 3" });
      var end = rows[rows.length - 1];
      var need = y(end[0] || 0) + 4, have = end[1] === null ? null : y(end[1]) + 4;
      if (have !== null && Math.abs(need - have) < 14) { have = need + (have >= need ? 14 : -14); }
      add(svg, "text", { x: W - R + 6, y: need }, data.words.required);
      if (have !== null) { add(svg, "text", { x: W - R + 6, y: have }, data.words.available); }
      data.years.forEach(function (item, i) {
        var width = (W - L - R) / data.years.length;
        var hit = add(svg, "rect", { x: x(item) - width / 2, y: T, width: width, height: H - T - B,
          fill: "transparent" });
        add(hit, "title", {}, item + ": " + number(rows[i][0]) + " / " + number(rows[i][1]));
        hit.addEventListener("click", function () { year.value = item; change(); });
      });
    }
    function change() {
      draw();
      var choice = boxes.map(function (box) { return box.value; }).concat(year.value);
      history.replaceState(null, "", "#chart=" + choice.map(encodeURIComponent).join(","));
    }
    function restore() {
      var found = /^#chart=(.*)$/.exec(location.hash);
      var parts = found ? found[1].split(",").map(decodeURIComponent) : [];
      boxes.concat(year).forEach(function (box, i) { if (parts[i]) { box.value = parts[i]; } });
    }
    boxes.concat(year).forEach(function (box) { box.addEventListener("input", change); });
    restore();
    draw();
  }
})();
