// The views of the page: /#icon, /#nose and /#face; /#face-types is a place in the last.

const views = ["icon", "nose", "face"];
const listeners = [];

export function shownView() {
  const wanted = location.hash.slice(1).split("-")[0];
  return views.includes(wanted) ? wanted : "icon";
}

/** Has `listener` called whenever another view is shown. */
export const onView = (listener) => listeners.push(listener);

function show() {
  const shown = shownView();
  for (const view of views) document.getElementById(`view-${view}`).hidden = view !== shown;
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === shown) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  for (const listener of listeners) listener(shown);
}

addEventListener("hashchange", () => { show(); if (!location.hash.includes("-")) scrollTo(0, 0); });
show();
