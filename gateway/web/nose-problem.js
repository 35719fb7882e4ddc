// Shows what went wrong with a nose photo, a registration or a profile.

import { element } from "/web/dom.js";
import { text } from "/web/texts.js";

/** Fills `box` with a problem; `retry` is offered where trying again may help. */
export function showProblemIn(box, shown, retry) {
  const [title, detail] = wording(shown);
  const again = element("button", { type: "button", className: "button" }, text("retry"));
  again.addEventListener("click", retry);
  box.replaceChildren(
    element("h2", {}, title),
    element("p", {}, detail),
    ...(shown.fields?.length ? [element("ul", {}, ...shown.fields.map(fieldLine))] : []),
    ...(shown.reason === "NETWORK" || shown.status >= 500 || shown.status === 429 ? [again] : []),
    ...(shown.request_id && shown.status >= 500
      ? [element("p", { className: "note" }, text("requestId", { id: shown.request_id }))] : []));
  box.hidden = false;
  box.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

function fieldLine({ field, message }) {
  const label = text(`nose.fields.${field}`) ?? text(`face.fields.${field}`);
  return element("li", {}, `${typeof label === "string" ? label : field}: ${message}`);
}

function wording(shown) {
  if (shown.own && shown.reason === "NETWORK") return [text("networkTitle"), text("network")];
  if (shown.own) return [text("tooLargeTitle"), text("tooLarge", { size: shown.size })];
  return [shown.title ?? text("errorTitle"), shown.detail ?? text("unreadable")];
}
