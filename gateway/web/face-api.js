// The gateway's calls about types of face and profiles.

import { ApiError } from "/web/api.js";
import { askForKey, keyHeaders } from "/web/key.js";
import { language } from "/web/texts.js";

async function call(path, options = {}) {
  const { headers = {}, ...others } = options;
  let answer;
  try {
    answer = await fetch(path, {
      ...others, headers: { Accept: "application/json", "Accept-Language": language, ...keyHeaders(), ...headers },
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(null);
  }
  if (answer.status === 204) return null;
  const content = await answer.json().catch(() => null);
  if (answer.status === 401 && !headers.Authorization) askForKey();
  if (!answer.ok) throw new ApiError(content ?? { status: answer.status });
  return content;
}

/** Makes a profile; a call that is repeated with the same key is the same call. */
export function makeProfile(photo, fields, key, signal) {
  const body = new FormData();
  body.append("photo", photo);
  for (const [name, value] of Object.entries(fields)) if (value) body.append(name, value);
  return call("/v1/profiles", { method: "POST", body, signal, headers: { "Idempotency-Key": key } });
}

/** A profile in the language that is chosen now. */
export const readProfile = (id, token) => call(
  `/v1/profiles/${encodeURIComponent(id)}`, { headers: { Authorization: `Bearer ${token}` } });

/** Deletes a profile with everything that is kept of it. */
export const deleteProfile = (id, token) => call(
  `/v1/profiles/${encodeURIComponent(id)}`, { method: "DELETE", headers: { Authorization: `Bearer ${token}` } });

/** The types and how often each was found. */
export const faceTypes = () => call("/v1/face-types");
