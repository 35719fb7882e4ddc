// The gateway's calls about noses and dogs.

import { ApiError } from "/web/api.js";
import { askForKey, keyHeaders } from "/web/key.js";
import { language } from "/web/texts.js";

async function call(path, body, { signal, headers = {} } = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST", body, signal, headers: { Accept: "application/json", "Accept-Language": language, ...keyHeaders(), ...headers },
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(null);
  }
  const content = await answer.json().catch(() => null);
  if (answer.status === 401 && !headers.Authorization) askForKey();
  if (!answer.ok) throw new ApiError(content ?? { status: answer.status });
  return content;
}

function form(entries) {
  const body = new FormData();
  for (const [name, value] of entries) if (value) body.append(name, value);
  return body;
}

/** Whether a photo shows a usable nose, and what to do better. */
export const checkNose = (file, signal) => call("/v1/noses/check", form([["nose", file]]), { signal });

/** Looks for the dog in a photo of its nose. */
export const lookUp = (file, signal) => call("/v1/dogs/lookup", form([["nose", file]]), { signal });

/** Sends the owner of a dog that was found a message. */
export const report = (contactToken, message, contact) => call(
  "/v1/found-reports",
  JSON.stringify({ contact_token: contactToken, message, contact }),
  { headers: { "Content-Type": "application/json" } });

/** Registers a dog; a call that is repeated with the same key is the same call. */
export const register = (noses, fields, key) => call(
  "/v1/dogs",
  form([...noses.map((file) => ["nose", file]), ...Object.entries(fields)]),
  { headers: { "Idempotency-Key": key } });

/** The address of a picture, from this host where it is one of this host's; fetched with the key where there is one. */
export async function pictureUrl(address) {
  const url = new URL(address, location.href);
  if (url.host !== location.host) return url.href;
  const headers = keyHeaders();
  if (!Object.keys(headers).length) return url.pathname;
  const answer = await fetch(url.pathname, { headers });
  return answer.ok ? URL.createObjectURL(await answer.blob()) : url.pathname;
}
