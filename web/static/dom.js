// Nodes without markup: text is always a text node, so no name or message can become HTML.

// h('a', {href: '#/', class: 'x', on: {click: f}}, 'text', node, [nodes]); null children and attributes are left out.
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === 'on') {
      for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    } else {
      node.setAttribute(key, value === true ? '' : value);
    }
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

// Replaces what `container` holds; the focus stays on the element that carries the same data-key.
export function fill(container, ...children) {
  const focused = container.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  container.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  if (focused !== undefined) container.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

// A labelled <select>; set(value) changes it without an event.
export function choice(label, options, onChange) {
  const select = h('select', {on: {change: () => onChange(select.value)}},
    options.map(([value, text]) => h('option', {value}, text)));
  const node = h('label', {class: 'choice'}, h('span', {}, label), select);
  return {node, set: (value) => { select.value = value; }};
}

// A table that scrolls sideways on its own, reachable by keyboard.
export function scrolling(label, table) {
  return h('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label, 'data-key': `scroll ${label}`},
    table);
}

export function hidden(text) {
  return h('span', {class: 'hidden'}, text);
}
