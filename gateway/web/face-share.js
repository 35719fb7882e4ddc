// Saving and sharing a card.

import { element } from "/web/dom.js";
import { text } from "/web/texts.js";

/** Buttons that share, save and copy the link of a profile's card; `say` tells what was done. */
export function shareButtons(profile, say) {
  const share = button("face.result.share", "button primary", () => pass(profile, share, say));
  const copy = button("face.result.copy", "button quiet", () => copyLink(profile, copy, say));
  const save = element("a", {
    className: "button", href: profile.share_card_url,
    download: text("face.result.saveName", { id: profile.type.id }),
  }, text("face.result.save"));
  return element("div", { className: "share-buttons" }, share, save, copy);
}

function button(words, className, act) {
  const made = element("button", { type: "button", className }, text(words));
  made.addEventListener("click", act);
  return made;
}

async function pass(profile, pressed, say) {
  const words = text("face.result.shareText", { name: profile.type.name });
  if (!navigator.share) return copyLink(profile, pressed, say);
  try {
    await navigator.share({ title: profile.type.name, text: words, url: profile.share_url });
  } catch (error) {
    // Whoever closes the list of apps has not asked for anything else.
    if (error.name !== "AbortError") return copyLink(profile, pressed, say);
  }
  return undefined;
}

async function copyLink(profile, pressed, say) {
  const usual = pressed.textContent;
  try {
    await navigator.clipboard.writeText(profile.share_url);
    pressed.textContent = text("face.result.copied");
    say(text("face.result.copied"));
    setTimeout(() => (pressed.textContent = usual), 2000);
  } catch {
    // No clipboard on a plain address: the link is shown, to be copied by hand.
    const link = element("input", { type: "url", readOnly: true, value: profile.share_url, className: "share-link" });
    link.setAttribute("aria-label", text("face.result.copy"));
    pressed.parentElement.querySelector(".share-link")?.remove();
    pressed.parentElement.append(link);
    link.focus();
    link.select();
  }
}
