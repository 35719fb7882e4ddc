// The form that registers a dog with five photos of its nose.

import { ApiError } from "/web/api.js";
import { byId, element } from "/web/dom.js";
import { checkNose, register } from "/web/nose-api.js";
import { showProblemIn } from "/web/nose-problem.js";
import { text } from "/web/texts.js";

const PHOTOS = 5;
const FIELDS = [
  { name: "dog_name", required: true, maxLength: 100 },
  { name: "dog_breed", maxLength: 100 },
  { name: "dog_sex", choices: ["unknown", "female", "male"] },
  { name: "dog_birth_year", type: "number", min: 1980, max: new Date().getFullYear(), inputMode: "numeric" },
  { name: "profile", type: "file", accept: "image/*,.heic,.heif" },
  { name: "owner_name", required: true, maxLength: 100, autocomplete: "name" },
  { name: "owner_phone", type: "tel", required: true, maxLength: 100, autocomplete: "tel" },
  { name: "owner_email", type: "email", maxLength: 320, autocomplete: "email" },
];

const slots = Array.from({ length: PHOTOS }, () => ({ file: null, check: null, error: null, url: "" }));
let key = newKey();
let outcome = null;
let drawDog = null;

function newKey() {
  // randomUUID is there on secure pages only; loopback is one, a plain address in the house is not.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Puts the form on the page; `dogCard` draws a dog's public facts. */
export function showRegistration(dogCard) {
  drawDog = dogCard;
  drawFields();
  drawSlots();
  byId("register-form").addEventListener("submit", (event) => { event.preventDefault(); send(false); });
  byId("register-form").addEventListener("input", () => (key = newKey()));
  addEventListener("translated", () => { nameFields(); drawSlots(); outcome?.(); });
}

function drawSlots() {
  byId("slots").replaceChildren(...slots.map((slot, index) => drawSlot(slot, index)));
}

function drawSlot(slot, index) {
  const id = `slot-${index}`;
  const input = element("input", { type: "file", id, className: "visually-hidden", accept: "image/*,.heic,.heif", multiple: true });
  input.addEventListener("change", () => fill(index, [...input.files]));
  input.addEventListener("keydown", (event) => event.key === "Enter" && input.click());
  const state = slot.error ? "bad" : !slot.check ? (slot.file ? "busy" : "empty") : slot.check.usable ? "good" : "bad";
  const words = {
    empty: text("nose.slot.empty"), busy: text("nose.slot.busy"), good: text("nose.slot.good"),
    bad: slot.error ?? slot.check?.advice?.[0] ?? "",
  }[state];
  input.setAttribute("aria-describedby", `${id}-words`);
  const picture = slot.url ? [element("img", { src: slot.url, alt: "" })] : [];
  for (const image of picture) image.onerror = () => image.remove();
  return element("li", { className: `slot ${state}` }, input,
    element("label", { htmlFor: id, className: "slot-picture button" },
      ...picture, element("span", { className: "slot-number" }, text("nose.slot.label", { number: index + 1 }))),
    element("p", { id: `${id}-words`, className: "slot-words" }, words));
}

/** Puts files into the slots from `start` on, and has each checked. */
function fill(start, files) {
  key = newKey();
  for (const [offset, file] of files.slice(0, PHOTOS).entries()) {
    const slot = slots[(start + offset) % PHOTOS];
    URL.revokeObjectURL(slot.url);
    Object.assign(slot, { file, check: null, error: null, url: URL.createObjectURL(file) });
    checkSlot(slot, file);
  }
  drawSlots();
  byId(`slot-${start}`).focus();
}

async function checkSlot(slot, file) {
  try {
    const check = await checkNose(file);
    if (slot.file === file) slot.check = check;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (slot.file === file) slot.error = error.problem?.detail ?? text("network");
  }
  const focused = document.activeElement?.id;
  drawSlots();
  if (focused?.startsWith("slot-")) byId(focused).focus();
}

function drawFields() {
  byId("register-fields").replaceChildren(...FIELDS.map(({ name, choices, ...properties }) => {
    const id = `field-${name}`;
    const control = choices
      ? element("select", { id, name }, ...choices.map((choice) => element("option", { value: choice })))
      : element("input", { id, name, type: "text", ...properties });
    return element("p", { className: "field" }, element("label", { htmlFor: id }), control,
      element("span", { className: "field-problem", id: `${id}-problem` }));
  }));
  nameFields();
}

function nameFields() {
  for (const { name, required } of FIELDS) {
    const control = byId(`field-${name}`);
    control.labels[0].textContent = text(`nose.fields.${name}`) + (required ? "" : ` (${text("nose.optional")})`);
    for (const option of control.options ?? []) option.textContent = text(`nose.sex.${option.value}`);
  }
}

function sayFields(faults) {
  for (const { name } of FIELDS) {
    const fault = faults.find(({ field }) => field === name);
    const control = byId(`field-${name}`);
    byId(`field-${name}-problem`).textContent = fault?.message ?? "";
    control.setAttribute("aria-invalid", String(Boolean(fault)));
    control.setAttribute("aria-describedby", `field-${name}-problem`);
  }
  const first = FIELDS.find(({ name }) => faults.some(({ field }) => field === name));
  if (first) byId(`field-${first.name}`).focus();
}

async function send(dispute) {
  byId("register-problem").hidden = byId("register-done").hidden = true;
  outcome = null;
  const missing = FIELDS.filter(({ name, required }) => required && !byId(`field-${name}`).value.trim());
  sayFields(missing.map(({ name }) => ({ field: name, message: text("nose.register.missing") })));
  if (slots.some(({ file }) => !file)) return problem({ title: text("nose.register.fiveTitle"), detail: text("nose.register.five") });
  if (missing.length) return undefined;
  const fields = Object.fromEntries(FIELDS.map(({ name }) => {
    const control = byId(`field-${name}`);
    return [name, control.type === "file" ? control.files[0] : control.value.trim()];
  }));
  const button = byId("register-send");
  button.disabled = true;
  button.textContent = text("nose.register.sending");
  try {
    const answer = await register(slots.map(({ file }) => file), { ...fields, ...(dispute ? { dispute: "true" } : {}) }, key);
    done(answer);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    refused(error.problem ?? { own: true, reason: "NETWORK" });
  } finally {
    button.disabled = false;
    button.textContent = text("nose.register.send");
  }
  return undefined;
}

function done(answer) {
  outcome = () => {
    const copy = element("button", { type: "button", className: "button quiet" }, text("copyToken"));
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(answer.owner_token);
      copy.textContent = text("copied");
    });
    byId("register-done").replaceChildren(
      element("h3", {}, text(answer.dog.state === "pending" ? "nose.register.pending" : "nose.register.done", { name: answer.dog.name })),
      ...drawDog(answer.dog),
      element("h4", {}, text("nose.register.token")),
      element("p", {}, text("nose.register.tokenWords")),
      element("p", { className: "token" }, element("code", { id: "owner-token" }, answer.owner_token), copy));
    byId("register-done").hidden = false;
  };
  outcome();
  byId("register-form").hidden = true;
  byId("register-done").focus();
}

function refused(shown) {
  sayFields(shown.fields ?? []);
  for (const index of shown.photos ?? []) if (slots[index]) slots[index].error = shown.title;
  drawSlots();
  problem(shown);
  if (shown.reason !== "ALREADY_REGISTERED") return;
  const dispute = element("button", { type: "button", className: "button" }, text("nose.register.dispute"));
  dispute.addEventListener("click", () => { key = newKey(); send(true); });
  byId("register-problem").append(...drawDog(shown.dog), dispute);
}

function problem(shown) {
  outcome = null;
  showProblemIn(byId("register-problem"), shown, () => send(false));
}
