// The page: takes a photo, shows what was found, and lets people change the icon.

import { ApiError, iconChoices, iconUrl, readPhoto } from "/web/api.js";
import { byId, element } from "/web/dom.js";
import { Editor } from "/web/editor.js";
import { showReport } from "/web/report.js";
import { language, languages, setLanguage, text } from "/web/texts.js";
import { onView, shownView } from "/web/view.js";

const MAX_BYTES = 15_000_000;
const SAMPLES = [
  { ear: "up", fur: "long", pattern: "blaze", primary: "black", secondary: "white", head: "long", beard: false },
  { ear: "down", fur: "short", pattern: "muzzle", primary: "tan", secondary: "black", head: "flat", beard: false },
  { ear: "down", fur: "curly", pattern: "none", primary: "cream", secondary: "cream", head: "round", beard: false },
  { ear: "up", fur: "long", pattern: "muzzle", primary: "gray", secondary: "white", head: "round", beard: false },
  { ear: "down", fur: "long", pattern: "none", primary: "red", secondary: "red", head: "long", beard: false },
  { ear: "up", fur: "short", pattern: "points", primary: "brown", secondary: "tan", head: "long", beard: false },
  { ear: "down", fur: "short", pattern: "ear_patch", primary: "white", secondary: "brown", head: "round", beard: false },
  { ear: "down", fur: "long", pattern: "muzzle", primary: "gray", secondary: "white", head: "long", beard: true },
];

let choices = null;
let answer = null;
let chosen = null;
let parts = null;
let problem = null;
let running = null;

const editor = new Editor(showIcon);

function translate() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = text(node.dataset.text);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
  nameView();
  if (answer) {
    showReport(answer);
    editor.render();
    if (parts) showIcon(parts);
    describePhoto();
  }
  if (problem) showProblem(problem);
  dispatchEvent(new Event("translated"));
}

function nameView() {
  const own = shownView() === "icon" ? "" : `${shownView()}.`;
  document.title = text(`${own}title`);
  byId("privacy").textContent = text(`${own}privacy`);
}

async function loadChoices() {
  choices = await iconChoices();
  return choices.styles[0];
}

function showGallery(style) {
  byId("gallery").replaceChildren(...SAMPLES.map((sample) => {
    const image = element("img", { alt: "", width: 128, height: 128, decoding: "async" });
    image.src = iconUrl({ style: style.id, ...sample }, "svg");
    return image;
  }));
}

async function take(file) {
  if (!file) return;
  if (shownView() !== "icon") {
    dispatchEvent(new CustomEvent(`${shownView()}-photo`, { detail: file }));
    return;
  }
  running?.abort();
  const current = (running = new AbortController());
  chosen = file;
  problem = null;
  byId("problem").hidden = true;
  byId("result").hidden = true;
  if (file.size > MAX_BYTES) {
    const size = Math.ceil(file.size / 1e6);
    showProblem({ own: true, reason: "PHOTO_TOO_LARGE", size });
    return;
  }
  showPhoto(file);
  showWorking(0);
  try {
    const found = await readPhoto(file, showWorking, current.signal);
    if (current.signal.aborted) return;
    answer = found;
    await showAnswer();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showProblem(error.problem ?? { own: true, reason: "NETWORK" });
  } finally {
    if (running === current) byId("working").hidden = true;
  }
}

function showPhoto(file) {
  const preview = byId("preview");
  URL.revokeObjectURL(preview.src);
  byId("photo").classList.remove("unseen");
  delete byId("photo").dataset.note;
  preview.onerror = () => {
    // HEIC, in most browsers.
    byId("photo").classList.add("unseen");
    byId("photo").dataset.note = text("previewMissing");
  };
  preview.src = URL.createObjectURL(file);
  describePhoto();
}

function describePhoto() {
  byId("preview").alt = text("photoAlt", { name: chosen?.name ?? "" });
}

function showWorking(share) {
  const progress = byId("progress");
  if (byId("working").hidden) {
    byId("working").hidden = false;
    byId("working").scrollIntoView({ block: "nearest" });
  }
  const words = text(share < 1 ? "uploading" : "looking");
  if (byId("working-text").textContent !== words) {
    byId("working-text").textContent = words;
    byId("status").textContent = words;
  }
  if (share < 1) progress.value = share;
  else progress.removeAttribute("value");
}

async function showAnswer() {
  document.body.classList.add("has-result");
  showReport(answer);
  byId("result").hidden = false;
  byId("icon-card").hidden = byId("editor").hidden = !answer.icon;
  if (answer.icon) {
    if (!choices) await loadChoices().catch(() => null);
    const style = choices?.styles.find((candidate) => candidate.id === answer.icon.parts.style);
    byId("editor").hidden = !style;
    if (style) editor.show(style, answer.icon.parts);
    else showIcon(answer.icon.parts);
  }
  const breed = answer.traits?.breed.top[0].name;
  byId("status").textContent = breed ? text("done", { breed }) : text("doneUnknown");
  byId("result-title").focus({ preventScroll: true });
  byId("result").scrollIntoView({ block: "start", behavior: "smooth" });
}

function showIcon(shown) {
  parts = shown;
  byId("icon").src = byId("mini").src = iconUrl(parts, "svg");
  const breed = answer?.traits?.breed.top[0].id ?? "dog";
  const size = byId("size").value;
  for (const format of ["png", "svg", "webp"]) {
    const link = byId(`download-${format}`);
    link.href = iconUrl(parts, format, size);
    link.download = `${breed}.${format}`;
    link.setAttribute("aria-label", text("downloadAs", { format: link.textContent }));
  }
  describeIcon();
}

function describeIcon() {
  if (!parts) return;
  const words = ["ear", "fur", "pattern", "head"].map((name) => text(`words.${name}.${parts[name]}`));
  words.push(text(`words.colour.${parts.primary}`));
  if (parts.secondary !== parts.primary) words.push(text(`words.colour.${parts.secondary}`));
  if (parts.beard) words.push(text("words.beard.true"));
  byId("icon").alt = text("iconAlt", { parts: words.join(", ") });
}

function showProblem(shown) {
  problem = shown;
  const [title, detail] = wording(shown);
  const tips = text(`tips.${shown.reason}`) ?? [];
  const box = byId("problem");
  box.replaceChildren(
    element("h2", {}, title),
    element("p", {}, detail),
    ...(tips.length ? [element("ul", {}, ...tips.map((tip) => element("li", {}, tip)))] : []),
    ...(shown.status >= 500 || shown.reason === "NETWORK" ? [retryButton()] : []),
    ...(shown.request_id && shown.status >= 500
      ? [element("p", { className: "note" }, text("requestId", { id: shown.request_id }))] : []));
  box.hidden = false;
  byId("working").hidden = true;
  byId("status").textContent = "";
  box.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

function wording(shown) {
  if (shown.own && shown.reason === "NETWORK") return [text("networkTitle"), text("network")];
  if (shown.own) return [text("tooLargeTitle"), text("tooLarge", { size: shown.size })];
  // The gateway's own words, in the language asked for.
  return [shown.title ?? text("errorTitle"), shown.detail ?? text("unreadable")];
}

function retryButton() {
  const button = element("button", { type: "button", className: "button" }, text("retry"));
  button.addEventListener("click", () => take(chosen));
  return button;
}

function acceptDrops() {
  let depth = 0;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const veil = (shown) => (byId("veil").hidden = !shown);
  addEventListener("dragenter", (event) => { if (carriesFiles(event)) { depth += 1; veil(true); } });
  addEventListener("dragleave", (event) => { if (carriesFiles(event) && --depth <= 0) { depth = 0; veil(false); } });
  addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    veil(false);
    take(event.dataTransfer.files[0]);
  });
  addEventListener("paste", (event) => take(event.clipboardData?.files[0]));
}

function wire() {
  for (const id of ["file", "camera"]) {
    byId(id).addEventListener("change", (event) => {
      take(event.target.files[0]);
      // So that choosing the same file again counts as a change.
      event.target.value = "";
    });
    // Browsers open the choice of files with the space bar only; what looks like a button takes both.
    byId(id).addEventListener("keydown", (event) => event.key === "Enter" && event.target.click());
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => { setLanguage(button.dataset.language); translate(); });
  }
  byId("size").addEventListener("change", () => parts && showIcon(parts));
  byId("copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText(new URL(iconUrl(parts, "png", byId("size").value), location.href).href);
    byId("copy").textContent = byId("status").textContent = text("copied");
    setTimeout(() => (byId("copy").textContent = text("copy")), 2000);
  });
  acceptDrops();
}

onView(nameView);
if (!languages.includes(language)) setLanguage("en");
translate();
wire();
loadChoices().then(showGallery, () => byId("gallery").remove());
