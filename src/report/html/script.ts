/** The page's only script: it filters, switches and opens. Without it everything is still there to be read. */
export const SCRIPT = `"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const cases = [...document.querySelectorAll("details.case")];
  const text = byId("filter-text");
  const category = byId("filter-category");
  const differs = byId("filter-differs");
  const fails = byId("filter-fails");
  const filter = () => {
    const words = text.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    for (const each of cases) {
      const tags = each.dataset.tags;
      const fits = words.every((word) => each.dataset.words.includes(word))
        && (category.value === "" || each.dataset.category === category.value)
        && (!differs.checked || tags.includes("differs"))
        && (!fails.checked || tags.includes("fails"));
      each.hidden = !fits;
      if (fits) shown++;
    }
    byId("filter-count").textContent = (shown === cases.length ? "" : shown + " of ") + cases.length + (cases.length === 1 ? " case" : " cases");
    byId("filter-none").hidden = shown > 0;
  };
  if (text) {
    for (const control of [text, category, differs, fails]) control.addEventListener("input", filter);
    filter();
  }
  for (const group of document.querySelectorAll(".switch")) {
    group.hidden = false;
    const panels = [...group.parentElement.querySelectorAll("[data-panel]")];
    const show = (name) => {
      for (const panel of panels) panel.hidden = panel.dataset.panel !== name;
      for (const button of group.children) button.setAttribute("aria-pressed", String(button.dataset.show === name));
    };
    group.addEventListener("click", (event) => {
      const button = event.target.closest("[data-show]");
      if (button) show(button.dataset.show);
    });
    show(group.firstElementChild.dataset.show);
  }
  const openTarget = () => {
    const target = byId(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", openTarget);
  openTarget();
})();
`;
