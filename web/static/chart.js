// Drawing, by d3 (a global: /d3.min.js). Colours are CSS variables, so that light and dark need no redraw.
import {h} from './dom.js';
import {isLoss, isNumber, label, meanAndSd, percent, QUANTITIES, quantity} from './format.js';

const d3 = window.d3;
const DASHES = ['', '7 3', '2 3', '9 3 2 3', '14 4', '5 2 1 2', '1 2', '10 2 2 2 2 2'];
const MARGIN = {top: 14, right: 12, bottom: 38, left: 52};
const HEIGHT = 300;

export const SERIES_COLOURS = DASHES.length;

function swatch(style) {
  const svg = d3.create('svg').attr('class', 'swatch').attr('width', 30).attr('height', 10).attr('aria-hidden', 'true');
  svg.append('line').attr('x1', 0).attr('x2', 30).attr('y1', 5).attr('y2', 5)
    .attr('class', `line series-${style % DASHES.length}`).attr('stroke-dasharray', DASHES[style % DASHES.length]);
  return svg.node();
}

// Lines over epochs. series: [{name, style, points: [{x, y, sd}], thin: [{name, points: [{x, y}]}]}], where y may be
// null (none) or a string (NaN, Infinity). The legend shows the values at the epoch under the pointer or the arrow
// keys. Returns {node, draw(series, quantityName, logarithmic), picture(), shown()}: shown() once the node is in the page.
export function lineChart(title) {
  const plot = h('div', {class: 'plot', tabindex: '0', role: 'group', 'data-key': `plot ${title}`});
  const legend = h('ul', {class: 'legend'});
  const readout = h('p', {class: 'readout', 'aria-live': 'polite'});
  const node = h('div', {class: 'chart'}, plot, readout, legend);
  let series = [];
  let name = '';
  let cursor = null;
  let scales = null;
  let width = 0;
  let logarithmic = false;

  const epochs = () => [...new Set(series.flatMap((one) =>
    [...one.points, ...one.thin.flatMap((line) => line.points)].map((point) => point.x)))].sort((a, b) => a - b);

  function draw(newSeries, quantityName, isLogarithmic = false) {
    series = newSeries;
    name = quantityName;
    logarithmic = isLogarithmic;
    const all = epochs();
    plot.setAttribute('aria-label', `${title}: ${label(QUANTITIES, name)} over epochs ` +
      `${all[0] ?? 0} to ${all[all.length - 1] ?? 0}. Left and right arrow keys move through the epochs; ` +
      'the data table below has every number.');
    render();
  }

  function render() {
    width = plot.clientWidth;
    const all = epochs();
    plot.replaceChildren();
    if (width === 0) return;
    if (all.length === 0) {
      plot.append(h('p', {class: 'empty'}, 'No epoch has been recorded here.'));
      legend.replaceChildren();
      readout.textContent = '';
      return;
    }
    const values = series.flatMap((one) => [
      ...one.points.flatMap(({y, sd}) => isNumber(y) ? [y, y - (isNumber(sd) ? sd : 0), y + (isNumber(sd) ? sd : 0)] : []),
      ...one.thin.flatMap((line) => line.points.map((point) => point.y).filter(isNumber))]).filter(isShown);
    const x = d3.scaleLinear().domain([all[0], Math.max(all[all.length - 1], all[0] + 1)])
      .range([MARGIN.left, width - MARGIN.right]);
    const y = (logarithmic ? d3.scaleLog().domain(values.length > 0 ? d3.extent(values) : [0.1, 1]) :
      d3.scaleLinear().domain(values.length > 0 ? d3.extent(values) : [0, 1]).nice(5))
      .range([HEIGHT - MARGIN.bottom, MARGIN.top]);
    scales = {x, y};
    const svg = d3.create('svg').attr('width', width).attr('height', HEIGHT).attr('aria-hidden', 'true');
    axes(svg, x, y);
    for (const one of series) drawSeries(svg, one, x, y);
    svg.append('line').attr('class', 'cursor').attr('y1', MARGIN.top).attr('y2', HEIGHT - MARGIN.bottom);
    plot.append(svg.node());
    show(cursor === null ? null : nearest(cursor));
  }

  function isShown(value) {
    return !logarithmic || value > 0;
  }

  function axes(svg, x, y) {
    const format = isLoss(name) ? d3.format('~g') : (value) => `${Math.round(1000 * value) / 10}`;
    svg.append('g').attr('class', 'axis grid').attr('transform', `translate(${MARGIN.left},0)`)
      .call(d3.axisLeft(y).ticks(5).tickSize(-(width - MARGIN.left - MARGIN.right)).tickFormat(format));
    svg.append('g').attr('class', 'axis').attr('transform', `translate(0,${HEIGHT - MARGIN.bottom})`)
      .call(d3.axisBottom(x).ticks(Math.min(10, width / 70)).tickFormat(d3.format('d')).tickSize(4));
    svg.append('text').attr('class', 'axis-label').attr('text-anchor', 'end')
      .attr('x', width - MARGIN.right).attr('y', HEIGHT - 4).text('epoch');
    svg.append('text').attr('class', 'axis-label').attr('text-anchor', 'middle')
      .attr('transform', `translate(11,${(HEIGHT - MARGIN.bottom + MARGIN.top) / 2}) rotate(-90)`)
      .text(label(QUANTITIES, name) + (isLoss(name) ? '' : ', %'));
  }

  function drawSeries(svg, one, x, y) {
    const style = one.style % DASHES.length;
    const finite = (point) => isNumber(point.y) && isShown(point.y);
    const bottom = y.domain()[0];
    const line = d3.line().defined(finite).x((point) => x(point.x)).y((point) => y(point.y));
    svg.append('path').attr('class', `band series-${style}`).attr('d', d3.area()
      .defined((point) => finite(point) && isNumber(point.sd)).x((point) => x(point.x))
      .y0((point) => y(Math.max(point.y - point.sd, logarithmic ? bottom : -Infinity))).y1((point) => y(point.y + point.sd))(one.points));
    for (const thin of one.thin) {
      svg.append('path').attr('class', `thin series-${style}`).attr('d', line(thin.points));
    }
    svg.append('path').attr('class', `line series-${style}`).attr('stroke-dasharray', DASHES[style])
      .attr('d', line(one.points));
    const bad = [...one.points, ...one.thin.flatMap((thin) => thin.points)].filter((p) => typeof p.y === 'string');
    for (const point of bad) {
      svg.append('text').attr('class', 'not-finite').attr('x', x(point.x)).attr('y', MARGIN.top + 4)
        .attr('text-anchor', x(point.x) > width / 2 ? 'end' : 'start').text(`× ${point.y}`);
    }
  }

  function show(epoch) {
    cursor = epoch;
    const all = epochs();
    const at = epoch ?? all[all.length - 1];
    d3.select(plot).select('.cursor').attr('visibility', epoch === null ? 'hidden' : 'visible')
      .attr('x1', scales.x(at)).attr('x2', scales.x(at));
    readout.textContent = `Epoch ${at}`;
    legend.replaceChildren(...series.map((one) => {
      const point = one.points.find((candidate) => candidate.x === at);
      const value = point === undefined ? '–' :
        isNumber(point.y) ? meanAndSd(point.y, point.sd, name) : quantity(point.y, name);
      return h('li', {}, swatch(one.style), h('span', {class: 'name'}, one.name), h('span', {class: 'value'}, value));
    }));
  }

  function nearest(epoch) {
    return epochs().reduce((best, one) => Math.abs(one - epoch) < Math.abs(best - epoch) ? one : best);
  }

  plot.addEventListener('pointermove', (event) => {
    if (scales && series.length > 0 && epochs().length > 0) {
      show(nearest(scales.x.invert(event.clientX - plot.getBoundingClientRect().left)));
    }
  });
  plot.addEventListener('pointerleave', () => { if (scales && epochs().length > 0) show(null); });
  plot.addEventListener('keydown', (event) => {
    const all = epochs();
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (step === undefined || all.length === 0) return;
    event.preventDefault();
    const index = cursor === null ? all.length - 1 : all.indexOf(cursor);
    show(all[Math.max(0, Math.min(all.length - 1, index + step))]);
  });
  // What pictureOf() takes; null: nothing is drawn.
  function picture() {
    const svg = plot.querySelector('svg');
    return svg && {parts: [{svg}], legend: [...legend.children].map((item) =>
      ({mark: item.querySelector('svg'), text: item.querySelector('.name').textContent}))};
  }

  const observer = new ResizeObserver(() => { if (plot.clientWidth !== width) render(); });
  return {node, draw, picture, shown: () => observer.observe(plot)};
}

// One dot per fold (or seed), in fold order, on a scale that all rows share. points: [{value, name, href, ended}]: one that
// has no value is a cross when it ended without, else a ring: it may still come.
export function dotStrip(points, domain, mean, title) {
  const step = 15;
  const height = 54;
  const width = step * Math.max(points.length, 1) + 2;
  const y = d3.scaleLinear().domain(domain).range([height - 7, 7]);
  const svg = d3.create('svg').attr('class', 'dots').attr('width', width).attr('height', height)
    .attr('role', 'group').attr('aria-label', title);
  if (isNumber(mean)) {
    svg.append('line').attr('class', 'mean').attr('x1', 0).attr('x2', width).attr('y1', y(mean)).attr('y2', y(mean));
  }
  points.forEach((point, index) => {
    const ok = isNumber(point.value);
    const text = `${point.name}: ${ok ? `${percent(point.value)} %` : point.value ?? (point.ended ? 'failed' : 'not complete yet')}`;
    const dot = svg.append('a').attr('href', point.href).attr('aria-label', text).attr('class', ok ? 'dot' : 'dot none')
      .attr('tabindex', index === 0 ? 0 : -1).attr('data-key', `dot ${title} ${index}`).attr('data-text', text);
    const x = step * (index + 0.5) + 1;
    dot.append('rect').attr('x', x - step / 2).attr('y', 0).attr('width', step).attr('height', height);
    if (ok) {
      dot.append('circle').attr('cx', x).attr('cy', y(point.value)).attr('r', 4);
    } else if (!point.ended) {
      dot.append('circle').attr('cx', x).attr('cy', height - 7.5).attr('r', 3.5);
    } else {
      dot.append('path').attr('d', `M${x - 3.5},${height - 11}l7,7m-7,0l7,-7`);
    }
  });
  svg.node().addEventListener('keydown', (event) => {
    const dots = [...svg.node().querySelectorAll('a')];
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(dots.length - 1, dots.indexOf(document.activeElement) + step));
    dots.forEach((dot, index) => dot.setAttribute('tabindex', index === next ? 0 : -1));
    dots[next].focus();
  });
  return svg.node();
}

// The same fold joined across two configurations: pairs [{name, from, to}], both on one scale of the page's own. A line
// that rises is solid, one that falls is dashed.
export function pairedDots(pairs, title) {
  const [width, height, left, right] = [96, 84, 14, 82];
  const all = pairs.flatMap(({from, to}) => [from, to]);
  const y = d3.scaleLinear().domain(d3.extent(all)).range([height - 8, 8]);
  const svg = d3.create('svg').attr('class', 'paired').attr('width', width).attr('height', height)
    .attr('role', 'img').attr('aria-label', `${title}; the data table has every number`);
  for (const {name, from, to} of pairs) {
    const fold = svg.append('g').attr('class', to < from ? 'pair falls' : 'pair')
      .attr('data-text', `${name}: ${percent(from)} → ${percent(to)} %`);
    fold.append('line').attr('class', 'touch').attr('x1', left).attr('y1', y(from)).attr('x2', right).attr('y2', y(to));
    fold.append('line').attr('class', 'join').attr('x1', left).attr('y1', y(from)).attr('x2', right).attr('y2', y(to));
    fold.append('circle').attr('cx', left).attr('cy', y(from)).attr('r', 3.2);
    fold.append('circle').attr('cx', right).attr('cy', y(to)).attr('r', 3.2);
  }
  return svg.node();
}

// Shows the data-text of what is under the pointer or has the focus, inside `root`.
export function tooltips(root) {
  const bubble = h('div', {class: 'tooltip', 'aria-hidden': 'true', hidden: true});
  const show = (event) => {
    const target = event.target.closest?.('[data-text]');
    bubble.hidden = !target;
    if (!target) return;
    bubble.textContent = target.dataset.text;
    const box = target.getBoundingClientRect();
    const left = box.left + box.width / 2 - bubble.offsetWidth / 2;
    bubble.style.left = `${Math.max(4, Math.min(left, window.innerWidth - bubble.offsetWidth - 4))}px`;
    bubble.style.top = `${Math.max(4, box.top - bubble.offsetHeight - 4)}px`;
  };
  const hide = () => { bubble.hidden = true; };
  for (const event of ['pointerover', 'focusin']) root.addEventListener(event, show);
  for (const event of ['pointerleave', 'focusout']) root.addEventListener(event, hide);
  window.addEventListener('scroll', hide, {passive: true});
  root.append(bubble);
}
