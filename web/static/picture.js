// A chart as a picture that stands alone: what style sheets say of each shape becomes attributes, in the colours of the
// theme that is shown, and title, legend and caption are drawn with it.

const SVG = 'http://www.w3.org/2000/svg';
const SCALE = 2;  // of PNG: pixels of the picture for one of the page
const PADDING = 16;
const NARROWEST = 480;
const LABEL = {size: 13, line: 18, widest: 260, gap: 14};
const TITLE = {size: 16, line: 22, weight: 600};
const SMALL = {size: 12, line: 17, gap: 22};

const GEOMETRY = ['d', 'x', 'y', 'x1', 'y1', 'x2', 'y2', 'dx', 'dy', 'cx', 'cy', 'r', 'width', 'height', 'transform'];
const INHERITED = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linejoin', 'paint-order', 'visibility',
  'font-family', 'font-size', 'font-weight', 'text-anchor'];
// What answers a pointer or a key.
const CONTROLS = '.touch, .handle, .cursor, .point-mark, .dot rect';

function node(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// A copy of `shape`, which is in the page, inside of what has the inherited properties `above`.
function copyOf(shape, above, tag = shape.localName === 'a' ? 'g' : shape.localName) {
  const style = getComputedStyle(shape);
  const copy = node(tag, {});
  for (const name of GEOMETRY) {
    if (tag !== 'g' || name === 'transform') {
      if (shape.hasAttribute(name)) copy.setAttribute(name, shape.getAttribute(name));
    }
  }
  const own = Object.fromEntries(INHERITED.map((name) => [name, style.getPropertyValue(name)]));
  for (const name of INHERITED) if (own[name] !== above[name]) copy.setAttribute(name, own[name]);
  if (style.opacity !== '1') copy.setAttribute('opacity', style.opacity);
  for (const child of shape.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) copy.append(child.data);
    else if (!child.matches(CONTROLS) && getComputedStyle(child).display !== 'none') copy.append(copyOf(child, own));
  }
  return copy;
}

function at(x, y, svg) {
  const copy = copyOf(svg, {}, 'g');
  copy.setAttribute('transform', `translate(${x},${y})`);
  return copy;
}

const size = (svg) => ['width', 'height'].map((name) => Number(svg.getAttribute(name)));

// Texts in the page's font.
function typesetter() {
  const family = getComputedStyle(document.body).fontFamily;
  const canvas = document.createElement('canvas').getContext('2d');
  function widthOf(text, {size: points, weight = 400}) {
    canvas.font = `${weight} ${points}px ${family}`;
    return canvas.measureText(text).width;
  }
  function wrapped(text, font, width) {
    const lines = [];
    for (const word of text.split(/\s+/).filter((one) => one !== '')) {
      const longer = lines.length > 0 ? `${lines[lines.length - 1]} ${word}` : word;
      if (lines.length > 0 && widthOf(longer, font) <= width) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines;
  }
  const line = (text, x, y, {size: points, weight = 400}, fill) => node('text', {x, y, fill, 'font-family': family,
    'font-size': `${points}px`, 'font-weight': weight}, text);
  return {widthOf, wrapped, line};
}

// Lines of text from `top` on; answers where they end.
function addLines(svg, type, lines, x, top, font, fill) {
  lines.forEach((text, index) => svg.append(type.line(text, x, top + font.line * (index + 0.75), font, fill)));
  return top + font.line * lines.length;
}

function addParts(svg, type, parts, indent, top, ink) {
  let y = top;
  for (const {label, svg: part} of parts) {
    const [, height] = size(part);
    const lines = (label ?? []).flatMap((text) => type.wrapped(text, LABEL, LABEL.widest));
    const room = Math.max(height, LABEL.line * lines.length);
    addLines(svg, type, lines, PADDING, y + (room - LABEL.line * lines.length) / 2, LABEL, ink);
    svg.append(at(PADDING + indent, y + (room - height) / 2, part));
    y += room + (label ? 6 : 0);
  }
  return y;
}

function addLegend(svg, type, legend, width, top, ink) {
  let [x, y] = [PADDING, top];
  for (const {mark, text} of legend) {
    const [markWidth, markHeight] = size(mark);
    const needed = markWidth + 8 + type.widthOf(text, SMALL);
    if (x > PADDING && x + needed > width - PADDING) [x, y] = [PADDING, y + SMALL.line];
    svg.append(at(x, y + (SMALL.line - markHeight) / 2, mark), type.line(text, x + markWidth + 8, y + 0.75 * SMALL.line, SMALL, ink));
    x += needed + SMALL.gap;
  }
  return legend.length > 0 ? y + SMALL.line + 6 : y;
}

// title, caption: texts; parts: [{svg, label: lines or undefined}], one below the other; legend: [{mark: svg, text}].
// The svgs are in the page. Answers {text, width, height}.
export function pictureOf({title, caption, parts, legend}) {
  const type = typesetter();
  const theme = getComputedStyle(document.documentElement);
  const [ink, muted, surface] = ['--ink', '--muted', '--surface'].map((name) => theme.getPropertyValue(name).trim());
  const labels = parts.flatMap(({label}) => label ?? []).flatMap((text) => type.wrapped(text, LABEL, LABEL.widest));
  const indent = labels.length > 0 ? Math.max(...labels.map((text) => type.widthOf(text, LABEL))) + LABEL.gap : 0;
  const widest = Math.max(...parts.map(({svg}) => size(svg)[0]));
  const width = Math.ceil(Math.max(NARROWEST, indent + widest + 2 * PADDING));
  const svg = node('svg', {width}, node('title', {}, title));
  const background = node('rect', {width, fill: surface});
  svg.append(background);
  const lines = (text, font) => type.wrapped(text, font, width - 2 * PADDING);
  let y = addLines(svg, type, lines(title, TITLE), PADDING, PADDING, TITLE, ink) + 8;
  y = addParts(svg, type, parts, indent, y, ink) + 6;
  y = addLegend(svg, type, legend, width, y, ink);
  y = addLines(svg, type, lines(caption, SMALL), PADDING, y, SMALL, muted);
  const height = Math.ceil(y + PADDING);
  background.setAttribute('height', height);
  svg.setAttribute('height', height);
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  return {text: new XMLSerializer().serializeToString(svg), width, height};
}

export async function pngOf({text, width, height}) {
  const url = URL.createObjectURL(new Blob([text], {type: 'image/svg+xml'}));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), {width: SCALE * width, height: SCALE * height});
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => { canvas.toBlob(resolve, 'image/png'); });
    if (blob === null) throw new Error(`a picture of ${canvas.width} x ${canvas.height} pixels is too large; save it as SVG`);
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}
