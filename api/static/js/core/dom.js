// Building DOM nodes. Text becomes text nodes, always: nothing in this page parses a string as HTML.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an HTML element.
 * @param {string} spec tag and classes, "p.muted.small"
 * @param {object | null} props attributes; `on` holds listeners; null, undefined and false leave an attribute out
 * @param {...(Node|string|number|null|undefined|false|Array)} children
 * @returns {HTMLElement}
 */
export function h(spec, props, ...children) {
  const [tag, ...classes] = spec.split(".");
  return fill(document.createElement(tag), classes, props, children);
}

/** Make an SVG element; arguments as for {@link h}. */
export function s(spec, props, ...children) {
  const [tag, ...classes] = spec.split(".");
  return fill(document.createElementNS(SVG, tag), classes, props, children);
}

/** An icon of /static/icons.svg, hidden from assistive technology: put words beside it or a label around it. */
export function icon(name) {
  return s("svg.icon", { "aria-hidden": "true" }, s("use", { href: `/static/icons.svg#${name}` }));
}

/** Change the icon that {@link icon} made. */
export function setIcon(node, name) {
  setAttr(node.firstChild, "href", `/static/icons.svg#${name}`);
}

/** Set text only when it differs: writing equal text still costs a layout and disturbs selections. */
export function setText(node, text) {
  const wanted = String(text);
  if (node.textContent !== wanted) node.textContent = wanted;
}

/** Set, or with null, undefined or false remove, an attribute, only when it differs. */
export function setAttr(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, String(value));
  }
}

function fill(node, classes, props, children) {
  if (classes.length) node.classList.add(...classes);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    else setAttr(node, name, value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  return node;
}
