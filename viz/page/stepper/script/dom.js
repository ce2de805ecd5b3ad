"use strict";

// Elements. Text from the graph, which may be anything, becomes text nodes and values of attributes, never markup.

function element(tag, attributes, ...children) {
  return filledElement(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return filledElement(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filledElement(e, attributes, children) {
  for (const [name, v] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) {
      e.addEventListener(name.slice(2), v);
    } else if (v !== false && v !== null && v !== undefined) {
      e.setAttribute(name, v === true ? "" : v);
    }
  }
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== ""));
  return e;
}
