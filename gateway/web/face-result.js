// Draws a profile: card, type, what each part says, pictures of the type, the icon.

import { byId, element } from "/web/dom.js";
import { shareButtons } from "/web/face-share.js";
import { language, text } from "/web/texts.js";

const percent = (share) => text("percent", { value: Math.round(share * 100) });

/** Shows a profile; `names` are the types' names by id, `remove` deletes it. */
export function showProfile({ profile, token }, names, remove) {
  byId("face-over").textContent = text("face.result.over");
  byId("face-result-title").textContent = profile.type.name;
  drawCard(profile);
  byId("face-description").replaceChildren(
    ...profile.type.description.split("\n\n").map((words) => element("p", {}, words)));
  drawBoxes(profile.parts);
  drawVotes(profile.parts, names);
  drawProbabilities(profile.probabilities, names);
  drawGallery(profile);
  drawToken(profile, token, remove);
}

function drawCard(profile) {
  const card = byId("face-card-picture");
  card.src = profile.share_card_url;
  card.alt = text("face.result.cardAlt", { name: profile.type.name, lines: profile.type.card_lines.join(" ") });
  const say = (words) => (byId("face-status").textContent = words);
  byId("face-share").replaceChildren(shareButtons(profile, say));
}

function drawBoxes(parts) {
  const share = (value) => `${value * 100}%`;
  byId("face-boxes").replaceChildren(...parts.map(({ part, box }) => {
    const frame = element("div", { className: `part-box ${part}` },
      element("span", { className: "part-name" }, text(`face.parts.${part}`)));
    Object.assign(frame.style, {
      left: share(box.x_min), top: share(box.y_min),
      width: share(box.x_max - box.x_min), height: share(box.y_max - box.y_min),
    });
    return frame;
  }));
}

function drawVotes(parts, names) {
  byId("face-votes").replaceChildren(...parts.map(({ part, type, probability }) => element("li", { className: "chip" },
    element("span", { className: `part-key ${part}`, ariaHidden: "true" }),
    element("span", { className: "chip-group" }, text(`face.parts.${part}`)),
    element("span", { className: "chip-value" }, type ? names[type] ?? type : text("face.result.abstains")),
    ...(type ? [element("span", { className: "chip-share" }, percent(probability))] : []))));
}

function drawProbabilities(probabilities, names) {
  const ordered = Object.entries(probabilities).sort(([, one], [, other]) => other - one);
  byId("face-probabilities").replaceChildren(...ordered.map(([id, share]) => {
    const fill = element("span", { className: "fill" });
    fill.style.width = `${share * 100}%`;
    return element("li", {},
      element("span", { className: "bar-name" }, names[id] ?? id),
      element("span", { className: "bar-value" }, percent(share)),
      element("span", { className: "bar" }, fill));
  }));
}

function drawGallery(profile) {
  byId("face-gallery").replaceChildren(...profile.gallery.map((url, index) => element("img", {
    src: url, width: 200, height: 200,
    alt: text("face.result.galleryAlt", { name: profile.type.name, number: index + 1 }),
  })));
  byId("face-icon-card").hidden = !profile.icon_url;
  if (!profile.icon_url) return;
  byId("face-icon").src = profile.icon_url;
  byId("face-icon").alt = text("face.result.iconAlt");
}

function drawToken(profile, token, remove) {
  const until = new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(new Date(profile.expires_at));
  const erase = element("button", { type: "button", className: "button" }, text("face.result.delete"));
  erase.addEventListener("click", async () => {
    erase.disabled = true;
    erase.textContent = text("face.result.deleting");
    await remove();
    erase.disabled = false;
    erase.textContent = text("face.result.delete");
  });
  byId("face-keep").replaceChildren(
    element("h3", { id: "face-keep-title" }, text("face.result.token")),
    element("p", { className: "note" }, `${text("face.result.tokenWords")} ${text("face.result.keptUntil", { date: until })}`),
    element("p", { className: "token" }, element("code", { id: "face-token" }, token)),
    erase);
}
