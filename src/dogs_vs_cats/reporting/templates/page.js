
"use strict";

// Sorting: a button in each head of a sortable table. Unknown values stay last either way.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const original = [...body.rows];

  const order = (row, column) => row.cells[column].dataset.order;
  const sort = (column, direction) => {
    const sign = direction === "ascending" ? 1 : -1;
    const known = original.filter((row) => order(row, column) !== undefined);
    const unknown = original.filter((row) => order(row, column) === undefined);
    known.sort((a, b) => sign * (Number(order(a, column)) - Number(order(b, column))));
    body.append(...known, ...unknown);
    heads.forEach((head, place) => {
      if (place === column) head.setAttribute("aria-sort", direction);
      else head.removeAttribute("aria-sort");
    });
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const first = head.classList.contains("number") ? "descending" : "ascending";
      const second = first === "ascending" ? "descending" : "ascending";
      sort(column, head.getAttribute("aria-sort") === first ? second : first);
    });
  });
}

// A region takes the focus only while there is something to scroll in it.
const regions = document.querySelectorAll(".scroll");
const settle = () => {
  for (const region of regions) {
    if (region.scrollWidth > region.clientWidth) region.tabIndex = 0;
    else region.removeAttribute("tabindex");
  }
};
addEventListener("resize", settle);
addEventListener("load", settle);
settle();

// The contents stand open where there is room beside the text.
const contents = document.querySelector(".contents details");
const wide = matchMedia("(min-width: 72rem)");
const unfold = () => { contents.open = wide.matches; };
wide.addEventListener("change", unfold);
unfold();

// Paper cannot be unfolded.
const folded = document.querySelectorAll("main details");
addEventListener("beforeprint", () => folded.forEach((each) => { each.open = true; }));
addEventListener("afterprint", () => folded.forEach((each) => { each.open = false; }));
