// The controls that change an icon part by part.

import { iconUrl } from "/web/api.js";
import { byId, element } from "/web/dom.js";
import { text } from "/web/texts.js";

const SHAPES = ["ear", "fur", "pattern", "head"];
const COLOURS = ["primary", "secondary"];
const THUMBNAIL_PAUSE = 150;

export class Editor {
  #parts = null;
  #original = null;
  #style = null;
  #thumbnails = [];
  #timer = 0;

  /** `onChange` gets the parts whenever they change. */
  constructor(onChange) {
    this.onChange = onChange;
    byId("controls").addEventListener("change", (event) => this.#changed(event.target));
    byId("controls").addEventListener("submit", (event) => event.preventDefault());
    byId("reset").addEventListener("click", () => {
      this.show(this.#style, this.#original);
      byId("controls").querySelector("input:checked")?.focus();
    });
  }

  /** Offers what a style can draw, with these parts chosen. */
  show(style, parts) {
    this.#style = style;
    this.#original = { ...parts };
    this.#parts = { ...parts };
    this.render();
    this.#announce();
  }

  /** Draws the controls again, for instance in another language. */
  render() {
    if (!this.#style) return;
    this.#thumbnails = [];
    const groups = SHAPES.filter((name) => this.#style[name].length > 1).map((name) => this.#shapes(name));
    if (this.#style.beard) groups.push(this.#beard());
    byId("controls").replaceChildren(
      element("div", { className: "groups" }, ...groups),
      element("div", { className: "groups" }, ...COLOURS.map((name) => this.#colours(name))));
    this.#drawThumbnails();
  }

  #shapes(name) {
    const choices = this.#style[name].map((value) => this.#choice(name, value, text(`words.${name}.${value}`), this.#thumbnail({ [name]: value })));
    return this.#group(name, "shapes", choices);
  }

  #beard() {
    const choices = [false, true].map((value) => this.#choice("beard", value, text(`words.beard.${value}`), this.#thumbnail({ beard: value })));
    return this.#group("beard", "shapes", choices);
  }

  #colours(name) {
    const choices = Object.entries(this.#style.colors).map(([value, hex]) => {
      const dot = element("span", { className: "dot" });
      dot.style.backgroundColor = hex;
      return this.#choice(name, value, text(`words.colour.${value}`), dot);
    });
    return this.#group(name, "colours", choices);
  }

  #group(name, kind, choices) {
    const legend = element("legend", {}, text(`groups.${name}`));
    return element("fieldset", { className: `group ${kind}` }, legend, element("div", { className: "choices" }, ...choices));
  }

  #choice(name, value, label, picture) {
    const checked = String(this.#parts[name]) === String(value);
    const input = element("input", { type: "radio", name, value: String(value), checked, className: "visually-hidden" });
    return element("label", { className: "choice" }, input, picture, element("span", { className: "choice-name" }, label));
  }

  #thumbnail(change) {
    const image = element("img", { alt: "", width: 64, height: 64, decoding: "async" });
    this.#thumbnails.push({ image, change });
    return image;
  }

  #drawThumbnails() {
    for (const { image, change } of this.#thumbnails) {
      const url = iconUrl({ ...this.#parts, ...change }, "svg");
      if (image.getAttribute("src") !== url) image.src = url;
    }
  }

  #changed(input) {
    const value = input.name === "beard" ? input.value === "true" : input.value;
    this.#parts = { ...this.#parts, [input.name]: value };
    this.#announce();
    // Arrow keys run through choices quickly; the small pictures may follow a moment later.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#drawThumbnails(), THUMBNAIL_PAUSE);
  }

  #announce() {
    byId("reset").disabled = Object.entries(this.#original).every(([name, value]) => this.#parts[name] === value);
    this.onChange({ ...this.#parts });
  }
}
