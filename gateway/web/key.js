// The API key that this page calls with, where the server asks for one. Kept until the tab is closed.

import { byId } from "/web/dom.js";

const NAME = "pawtrait-api-key";

/** The headers that show the key; none when there is no key. */
export function keyHeaders() {
  const key = sessionStorage.getItem(NAME);
  return key ? { "X-Api-Key": key } : {};
}

/** Shows where to enter a key, when a call was refused for want of one. */
export function askForKey() {
  byId("key").hidden = false;
  byId("key").open = true;
  byId("key-value").focus();
}

byId("key").hidden = !sessionStorage.getItem(NAME);
byId("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const key = byId("key-value").value.trim();
  if (key) sessionStorage.setItem(NAME, key);
  else sessionStorage.removeItem(NAME);
  byId("key-value").value = "";
  byId("key").open = false;
  byId("key-state").hidden = !key;
});
