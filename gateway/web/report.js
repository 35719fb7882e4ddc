// Shows what was found in a photo.

import { byId, element } from "/web/dom.js";
import { text } from "/web/texts.js";

const SURE = 0.5;

const percent = (share) => text("percent", { value: Math.round(share * 100) });

export function showReport(answer) {
  const best = answer.traits?.breed.top[0];
  const title = !best ? "resultUnknown" : best.probability >= SURE ? "resultTitle" : "resultUnsure";
  byId("result-title").textContent = text(title, { breed: best?.name, a: /^[aeio]/i.test(best?.name) ? "an" : "a" });
  showPartial(answer.partial);
  showHead(answer);
  byId("breed-card").hidden = byId("traits-card").hidden = !answer.traits;
  byId("palette-card").hidden = !answer.face_colors;
  if (answer.traits) {
    showBreeds(answer.traits.breed.top);
    showTraits(answer.traits);
  }
  if (answer.face_colors) showPalette(answer.face_colors);
}

function showPartial(services) {
  byId("partial").hidden = services.length === 0;
  const names = services.map((service) => text(`services.${service}`) ?? service);
  byId("partial").textContent = text("partial", { services: names.join(", ") });
}

function showHead(answer) {
  const box = answer.face_colors?.head_box;
  const frame = byId("head-box");
  frame.hidden = !box;
  if (box) {
    frame.style.left = `${box.x_min * 100}%`;
    frame.style.top = `${box.y_min * 100}%`;
    frame.style.width = `${(box.x_max - box.x_min) * 100}%`;
    frame.style.height = `${(box.y_max - box.y_min) * 100}%`;
  }
  const count = answer.traits?.dog.count ?? 1;
  byId("count").textContent = !answer.face_colors
    ? ""
    : !box ? text("headMissing") : count > 1 ? text("headCount", { count }) : text("headFound");
}

function showBreeds(breeds) {
  byId("breeds").replaceChildren(...breeds.map((breed) => {
    const fill = element("span", { className: "fill" });
    fill.style.width = `${Math.max(breed.probability * 100, 0.5)}%`;
    return element("li", {},
      element("span", { className: "bar-name", lang: "en" }, breed.name),
      element("span", { className: "bar-value" }, percent(breed.probability)),
      element("span", { className: "bar", ariaHidden: "true" }, fill));
  }));
}

function showTraits(traits) {
  byId("traits").replaceChildren(...["ear", "fur", "pattern"].map((name) =>
    element("li", { className: "chip" },
      element("span", { className: "chip-group" }, text(`groups.${name}`)),
      element("span", { className: "chip-value" }, text(`words.${name}.${traits[name].value}`)),
      element("span", { className: "chip-share" }, percent(traits[name].probability)))));
}

function showPalette(colours) {
  byId("ribbon").replaceChildren(...colours.palette.map((swatch) => {
    const piece = element("span");
    piece.style.backgroundColor = swatch.hex;
    piece.style.flexGrow = Math.max(swatch.share, 0.02);
    return piece;
  }));
  const named = [["main", colours.primary], ["second", colours.secondary]].filter(([, swatch]) => swatch);
  byId("named").replaceChildren(...named.map(([role, swatch]) =>
    element("li", {}, dot(swatch),
      element("span", {},
        element("span", { className: "swatch-name" }, text(`words.colour.${swatch.name}`), " ",
          element("span", { className: "role" }, text(role))),
        element("code", {}, swatch.hex)),
      element("span", { className: "swatch-share" }, percent(swatch.share)))));
  byId("palette").replaceChildren(...colours.palette.map((swatch) =>
    element("li", {}, dot(swatch), element("code", {}, swatch.hex),
      element("span", { className: "swatch-share" }, percent(swatch.share)))));
}

function dot(swatch) {
  const made = element("span", { className: "dot", ariaHidden: "true" });
  made.style.backgroundColor = swatch.hex;
  return made;
}
