// The view that finds a dog by its nose.

import { ApiError } from "/web/api.js";
import { byId, element } from "/web/dom.js";
import { checkNose, lookUp, pictureUrl, report } from "/web/nose-api.js";
import { showRegistration } from "/web/register.js";
import { showProblemIn } from "/web/nose-problem.js";
import { text } from "/web/texts.js";

const MAX_BYTES = 15_000_000;

let running = null;
let chosen = null;
let check = null;
let found = null;
let problem = null;

async function take(file) {
  if (!file) return;
  running?.abort();
  const current = (running = new AbortController());
  [chosen, check, found, problem] = [file, null, null, null];
  byId("nose-problem").hidden = byId("nose-result").hidden = true;
  if (file.size > MAX_BYTES) return showProblem({ own: true, reason: "PHOTO_TOO_LARGE", size: Math.ceil(file.size / 1e6) });
  showPhoto(file);
  try {
    working("nose.checking");
    check = await checkNose(file, current.signal);
    if (check.usable) {
      working("nose.searching");
      found = await lookUp(file, current.signal);
    }
    showResult();
    byId("nose-result-title").focus({ preventScroll: true });
    byId("nose-result").scrollIntoView({ block: "start", behavior: "smooth" });
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof ApiError)) throw error;
    showProblem(error.problem ?? { own: true, reason: "NETWORK" });
  } finally {
    if (running === current) byId("nose-working").hidden = true;
  }
}

function working(words) {
  byId("nose-working").hidden = false;
  byId("nose-working-text").textContent = byId("nose-status").textContent = text(words);
  byId("nose-progress").removeAttribute("value");
}

function showPhoto(file) {
  const preview = byId("nose-preview");
  URL.revokeObjectURL(preview.src);
  byId("nose-photo").classList.remove("unseen");
  preview.onerror = () => {
    byId("nose-photo").classList.add("unseen");
    byId("nose-photo").dataset.note = text("previewMissing");
  };
  preview.src = URL.createObjectURL(file);
}

function showResult() {
  const outcome = !check.usable ? "better" : found.match ? "match" : "none";
  byId("nose-preview").alt = text("photoAlt", { name: chosen.name });
  byId("nose-result-title").textContent = text(`nose.${outcome}.title`, { name: found?.match?.dog.name });
  byId("nose-status").textContent = byId("nose-result-title").textContent;
  showBox(check.nose_box);
  showQuality(check.quality);
  const card = byId("nose-answer");
  if (outcome === "better") card.replaceChildren(...better());
  else if (outcome === "match") card.replaceChildren(...matched(found.match));
  else card.replaceChildren(
    element("p", {}, text("nose.none.words")),
    element("ul", { className: "tips" }, ...text("nose.none.tips").map((tip) => element("li", {}, tip))));
  byId("nose-result").hidden = false;
}

function showBox(box) {
  const frame = byId("nose-box");
  frame.hidden = !box;
  if (!box) return;
  const percent = (share) => `${share * 100}%`;
  Object.assign(frame.style, {
    left: percent(box.x_min), top: percent(box.y_min),
    width: percent(box.x_max - box.x_min), height: percent(box.y_max - box.y_min),
  });
}

function showQuality(quality) {
  const measures = quality ? [
    text("nose.quality.size", { value: quality.nose_px }),
    text("nose.quality.light", { value: Math.round(quality.exposure * 100) }),
    text("nose.quality.glare", { value: Math.round(quality.glare * 100) }),
  ] : [];
  byId("nose-quality").replaceChildren(...measures.map((words) => element("li", {}, words)));
}

function better() {
  return [
    element("p", {}, text("nose.better.words")),
    element("ul", { className: "tips" }, ...check.advice.map((advice) => element("li", {}, advice))),
    element("p", { className: "again" },
      element("label", { className: "button primary", htmlFor: "nose-file" }, text("again"))),
  ];
}

function matched(match) {
  const evidence = element("img", { className: "evidence", alt: text("nose.match.evidence"), loading: "lazy" });
  pictureUrl(match.evidence_url).then((url) => { evidence.src = url; });
  return [
    ...dogCard(match.dog),
    element("p", { className: "note" }, text("nose.match.sure", { value: (match.probability * 100).toFixed(1) })),
    element("h4", {}, text("nose.match.evidence")),
    evidence,
    ...reportForm(match),
  ];
}

/** What anybody may see of a dog. */
export function dogCard(dog) {
  const facts = [dog.breed, dog.sex === "unknown" ? null : text(`nose.sex.${dog.sex}`), dog.birth_year];
  const picture = dog.profile_url ? [element("img", { className: "profile", alt: text("nose.match.picture", { name: dog.name }) })] : [];
  for (const image of picture) pictureUrl(dog.profile_url).then((url) => { image.src = url; });
  return [element("div", { className: "dog" }, ...picture, element("div", {},
    element("p", { className: "dog-name" }, dog.name),
    element("p", {}, facts.filter(Boolean).join(" · ")),
    element("p", { className: "note" }, element("code", {}, dog.registration_number))))];
}

function reportForm(match) {
  const message = element("textarea", { id: "report-message", name: "message", rows: 3, maxLength: 2000, required: true });
  const contact = element("input", { id: "report-contact", name: "contact", maxLength: 200, required: true, autocomplete: "tel" });
  const send = element("button", { type: "submit", className: "button primary" }, text("nose.report.send"));
  const answer = element("p", { role: "status", className: "note" });
  const form = element("form", { className: "report-form" },
    element("h4", {}, text("nose.report.title")),
    element("p", { className: "note" }, text("nose.report.words")),
    element("label", { htmlFor: "report-message" }, text("nose.report.message")), message,
    element("label", { htmlFor: "report-contact" }, text("nose.report.contact")), contact,
    send, answer);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    try {
      await report(match.contact_token, message.value, contact.value);
      match.reported = true;
      form.replaceChildren(element("p", { role: "status", className: "sent" }, text("nose.report.sent")));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      answer.textContent = error.problem?.detail ?? text("network");
      send.disabled = false;
    }
  });
  return [match.reported ? element("p", { className: "sent" }, text("nose.report.sent")) : form];
}

function showProblem(shown) {
  problem = shown;
  byId("nose-working").hidden = true;
  byId("nose-status").textContent = "";
  showProblemIn(byId("nose-problem"), shown, () => take(chosen));
}

for (const id of ["nose-file", "nose-camera"]) {
  byId(id).addEventListener("change", (event) => { take(event.target.files[0]); event.target.value = ""; });
  byId(id).addEventListener("keydown", (event) => event.key === "Enter" && event.target.click());
}
addEventListener("nose-photo", (event) => take(event.detail));
addEventListener("translated", () => {
  if (check && (found || !check.usable)) showResult();
  if (problem) showProblem(problem);
});
showRegistration(dogCard);
