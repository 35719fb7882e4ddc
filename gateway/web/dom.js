// Small helpers for building elements.

export const byId = (id) => document.getElementById(id);

/** An element with properties and children; text is only ever set as text. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
