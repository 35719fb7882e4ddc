// How the types are distributed over the stored profiles, and what each one is.

import { byId, element } from "/web/dom.js";
import { faceTypes } from "/web/face-api.js";
import { text } from "/web/texts.js";

/** Fetches the catalogue and draws it; resolves with it, or with null when it cannot be had. */
export async function loadTypes() {
  let found;
  try {
    found = await faceTypes();
  } catch {
    byId("face-types").hidden = byId("types").childElementCount === 0;
    return null;
  }
  byId("face-types").hidden = false;
  draw(found);
  return found;
}

function draw({ types, profile_count: all }) {
  const words = all === 0 ? "none" : all === 1 ? "one" : "some";
  byId("types-count").textContent = text(`face.types.${words}`, { count: all.toLocaleString() });
  byId("types").replaceChildren(...types.map((type) => row(type, all)));
  byId("face-samples").replaceChildren(...types.slice(0, 5).flatMap(({ gallery }) => gallery.slice(0, 1)).map((url) => (
    element("img", { src: url, alt: "", width: 128, height: 128 }))));
}

function row(type, all) {
  const picture = type.gallery[0] ? [element("img", { src: type.gallery[0], alt: "", width: 64, height: 64, loading: "lazy" })] : [];
  const fill = element("span", { className: "fill" });
  const part = all ? type.profile_count / all : 0;
  fill.style.width = `${part * 100}%`;
  const share = all ? ` · ${text("percent", { value: Math.round(part * 100) })}` : "";
  const count = text(type.profile_count === 1 ? "face.types.countOne" : "face.types.count", { count: type.profile_count.toLocaleString() });
  return element("li", { className: "type-row" }, ...picture,
    element("div", { className: "type-words" },
      element("p", { className: "type-line" },
        element("span", { className: "type-name" }, type.name),
        element("span", { className: "bar-value" }, count + share)),
      element("span", { className: "bar" }, fill),
      element("details", {}, element("summary", {}, text("face.types.about")),
        ...type.description.split("\n\n").map((words) => element("p", {}, words)),
        element("div", { className: "type-gallery" }, ...type.gallery.slice(0, 6).map((url) => element("img", {
          src: url, alt: "", width: 96, height: 96, loading: "lazy",
        }))))));
}
