// The view that finds the type of a face.

import { ApiError } from "/web/api.js";
import { byId, element } from "/web/dom.js";
import { deleteProfile, makeProfile, readProfile } from "/web/face-api.js";
import { showProfile } from "/web/face-result.js";
import { loadTypes } from "/web/face-types.js";
import { showProblemIn } from "/web/nose-problem.js";
import { text } from "/web/texts.js";
import { onView, shownView } from "/web/view.js";

const MAX_BYTES = 15_000_000;
const FIELDS = ["birth_date", "mbti"];

let chosen = null;
let key = newKey();
let running = null;
let made = null;
let problem = null;
let catalogue = null;

function newKey() {
  // randomUUID is there on secure pages only; loopback is one, a plain address in the house is not.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function choose(file) {
  if (!file) return;
  key = newKey();
  hideAnswers();
  if (file.size > MAX_BYTES) return showProblem({ own: true, reason: "PHOTO_TOO_LARGE", size: Math.ceil(file.size / 1e6) });
  chosen = file;
  const url = URL.createObjectURL(file);
  for (const [image, frame] of [["face-thumb", "face-chosen"], ["face-preview", "face-photo"]]) {
    const preview = byId(image);
    URL.revokeObjectURL(preview.src);
    byId(frame).classList.remove("unseen");
    preview.onerror = () => {
      // HEIC, in most browsers.
      byId(frame).classList.add("unseen");
      byId(frame).dataset.note = text("previewMissing");
    };
    preview.src = url;
    preview.alt = text("photoAlt", { name: file.name });
  }
  byId("face-chosen").hidden = false;
  byId("face-drop").classList.add("filled");
  sayFields([]);
}

function hideAnswers() {
  made = problem = null;
  byId("face-problem").hidden = byId("face-result").hidden = byId("face-gone").hidden = true;
  byId("view-face").classList.remove("answered");
}

function sayFields(faults) {
  for (const name of FIELDS) {
    const fault = faults.find(({ field }) => field === name);
    byId(`face-${name}`).setAttribute("aria-invalid", String(Boolean(fault)));
    byId(`face-${name}-problem`).textContent = fault?.message ?? "";
  }
  const first = FIELDS.find((name) => faults.some(({ field }) => field === name));
  if (first) byId(`face-${first}`).focus();
  return Boolean(first);
}

async function send() {
  hideAnswers();
  const missing = FIELDS.filter((name) => !byId(`face-${name}`).value);
  if (!chosen) showProblem({ title: text("face.needPhoto"), detail: text("face.dropNote") });
  if (sayFields(missing.map((field) => ({ field, message: text("face.missing") }))) || !chosen) return;
  running?.abort();
  const current = (running = new AbortController());
  const fields = Object.fromEntries(FIELDS.map((name) => [name, byId(`face-${name}`).value]));
  if (byId("face-consent").checked) fields.consent = "true";
  working(true);
  try {
    made = await makeProfile(chosen, fields, key, current.signal);
    if (!catalogue) catalogue = await loadTypes();
    showResult();
    byId("face-result-title").focus({ preventScroll: true });
    byId("face-result").scrollIntoView({ block: "start", behavior: "smooth" });
    loadTypes().then((found) => (catalogue = found ?? catalogue));
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof ApiError)) throw error;
    showProblem(error.problem ?? { own: true, reason: "NETWORK" });
  } finally {
    if (running === current) working(false);
  }
}

function working(busy) {
  byId("face-send").disabled = busy;
  byId("face-working").hidden = !busy;
  byId("face-working-text").textContent = busy ? text("face.working") : "";
  byId("face-status").textContent = busy ? text("face.working") : "";
}

function showResult() {
  const names = Object.fromEntries((catalogue?.types ?? []).map(({ id, name }) => [id, name]));
  showProfile(made, { ...names, [made.profile.type.id]: made.profile.type.name }, remove);
  byId("face-status").textContent = `${text("face.result.over")} ${made.profile.type.name}`;
  byId("face-result").hidden = false;
  byId("view-face").classList.add("answered");
}

async function remove() {
  try {
    await deleteProfile(made.profile.id, made.token);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return showProblem(error.problem ?? { own: true, reason: "NETWORK" });
  }
  hideAnswers();
  key = newKey();
  byId("face-status").textContent = byId("face-gone").textContent = text("face.result.deleted");
  byId("face-gone").hidden = false;
  byId("face-gone").focus();
  catalogue = (await loadTypes()) ?? catalogue;
  return undefined;
}

function showProblem(shown) {
  problem = shown;
  working(false);
  const ofFields = (shown.fields ?? []).filter(({ field }) => FIELDS.includes(field));
  const others = (shown.fields ?? []).filter(({ field }) => !FIELDS.includes(field) && !shown.example_url);
  showProblemIn(byId("face-problem"), { ...shown, fields: others }, send);
  if (shown.example_url) {
    byId("face-problem").append(element("figure", { className: "example" },
      element("img", { src: shown.example_url, alt: text("face.example"), width: 672, height: 340 }),
      element("figcaption", { className: "note" }, text("face.example"))));
  }
  sayFields(ofFields);
}

async function translate() {
  nameTypes();
  catalogue = (shownView() === "face" ? await loadTypes() : null) ?? catalogue;
  if (made) {
    const again = await readProfile(made.profile.id, made.token).catch(() => null);
    if (again && made) made = { ...made, profile: again.profile };
    if (made) showResult();
  }
  if (problem?.reason && !problem.own) return;
  if (problem) showProblem(problem);
}

function nameTypes() {
  byId("face-mbti").options[0].textContent = text("face.mbtiEmpty");
}

async function open(view) {
  if (view !== "face") return;
  byId("face-birth_date").max = new Date().toISOString().slice(0, 10);
  catalogue ??= await loadTypes();
  byId("face-consent-row").hidden = !catalogue?.consent_required;
  if (location.hash === "#face-types") byId("face-types").scrollIntoView({ block: "start" });
}

for (const id of ["face-file", "face-camera"]) {
  byId(id).addEventListener("change", (event) => { choose(event.target.files[0]); event.target.value = ""; });
  byId(id).addEventListener("keydown", (event) => event.key === "Enter" && event.target.click());
}
byId("face-form").addEventListener("submit", (event) => { event.preventDefault(); send(); });
byId("face-form").addEventListener("input", () => { key = newKey(); byId("face-gone").hidden = true; });
addEventListener("face-photo", (event) => choose(event.detail));
addEventListener("translated", translate);
onView(open);
nameTypes();
open(shownView());
