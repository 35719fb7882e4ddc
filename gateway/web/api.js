// The gateway's calls.

import { askForKey, keyHeaders } from "/web/key.js";
import { language } from "/web/texts.js";

/** What the gateway says went wrong: an RFC 9457 problem, or null when it could not be reached. */
export class ApiError extends Error {
  constructor(problem) {
    super(problem?.detail ?? "unreachable");
    this.problem = problem;
  }
}

/**
 * Sends a photo and resolves with what was found in it.
 * `onProgress` gets the share sent, 0 to 1; 1 means that the gateway is at work.
 */
export function readPhoto(file, onProgress, signal) {
  // fetch cannot tell how far an upload is.
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    const body = new FormData();
    body.append("photo", file);
    body.append("format", "svg");
    call.open("POST", "/v1/icons/from-photo");
    call.responseType = "json";
    call.setRequestHeader("Accept", "application/json");
    call.setRequestHeader("Accept-Language", language);
    for (const [name, value] of Object.entries(keyHeaders())) call.setRequestHeader(name, value);
    call.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    call.upload.onload = () => onProgress(1);
    call.onerror = call.ontimeout = () => reject(new ApiError(null));
    call.onload = () => {
      if (call.status === 200 && call.response) resolve(call.response);
      else {
        if (call.status === 401) askForKey();
        reject(new ApiError(call.response ?? { status: call.status }));
      }
    };
    signal.addEventListener("abort", () => call.abort());
    call.send(body);
  });
}

/** The styles and what each can draw. */
export async function iconChoices() {
  const answer = await fetch("/v1/icons/parts", { headers: { "Accept-Language": language } });
  if (!answer.ok) throw new ApiError(await answer.json().catch(() => null));
  return answer.json();
}

/** Where the icon of these parts is served. */
export function iconUrl(parts, format, size) {
  const { style, ...shown } = parts;
  const query = new URLSearchParams(shown);
  if (size && format !== "svg") query.set("size", size);
  return `/v1/icons/${encodeURIComponent(style)}.${format}?${query}`;
}
