// The two views of the page: /#icon and /#nose.

const views = ["icon", "nose"];
const listeners = [];

export const shownView = () => (location.hash === "#nose" ? "nose" : "icon");

/** Has `listener` called whenever the other view is shown. */
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

addEventListener("hashchange", () => { show(); scrollTo(0, 0); });
show();
