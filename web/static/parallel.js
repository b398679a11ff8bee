// Parallel coordinates: one axis per key and one for the score, a line per configuration. On each axis a range can be
// chosen, by dragging or with the arrow keys on its two handles; lines outside of one are faint.
import {fill, h} from './dom.js';
import {scoreColours} from './score_colours.js';

const d3 = window.d3;
const MARGIN = {top: 44, right: 56, bottom: 22, left: 84};
const HEIGHT = 380;
const NARROWEST = 128;  // from axis to axis
const CLICK = 4;        // pixels: a shorter drag takes the range away
const LONG_STEP = 10;
const MANY = 200;       // lines inside, which then let those below shine through

// onRange(axis name, [low, high] positions of stops, or null). Returns {node, draw({axes, lines, ranges}), picture(), shown()}:
// lines [{values (one per axis), score, text}], ranges {axis name: [low, high]}.
export function parallelCoordinates(title, onRange) {
  const plot = h('div', {class: 'plot parallel'});
  const scroller = h('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': title, 'data-key': `scroll ${title}`}, plot);
  const readout = h('p', {class: 'readout'});
  const legend = h('div', {});
  const node = h('div', {class: 'chart'}, scroller, readout, legend);
  let shown = {axes: [], lines: [], ranges: {}};
  let parts = null;  // of the drawing: lines, and per axis what shows its range
  let width = 0;
  let isDragging = false;

  const y = (share) => HEIGHT - MARGIN.bottom - share * (HEIGHT - MARGIN.bottom - MARGIN.top);
  const rangeOf = (axis) => shown.ranges[axis.name] ?? [0, axis.stops.length - 1];
  const isInside = (line) => shown.axes.every((axis, index) => {
    const [low, high] = rangeOf(axis);
    const at = axis.indexOf(line.values[index]);
    return low <= at && at <= high;
  });

  function draw(next) {
    if (isDragging) return;  // what ends the drag draws again
    shown = next;
    render();
  }

  function render() {
    width = scroller.clientWidth;
    if (width === 0 || shown.axes.length === 0) return;
    const full = Math.max(width, MARGIN.left + MARGIN.right + NARROWEST * (shown.axes.length - 1));
    const x = d3.scalePoint().domain(shown.axes.map((axis) => axis.name)).range([MARGIN.left, full - MARGIN.right]);
    const svg = d3.create('svg').attr('width', full).attr('height', HEIGHT).attr('role', 'group')
      .attr('aria-label', `${title}: ${shown.lines.length} lines. Two handles on each axis choose a range with the arrow ` +
        'keys, Escape takes it away; the table below lists the configurations inside.');
    const colours = scoreColours(shown.lines.map((line) => line.score));
    const path = d3.line().x(([name]) => x(name)).y(([, share]) => y(share));
    const lines = [...shown.lines].sort((a, b) => a.score - b.score);
    const bundle = svg.append('g').attr('aria-hidden', 'true');
    const paths = bundle.selectAll('path').data(lines).join('path')
      .attr('class', (line) => `configuration ${colours.classOf(line.score)}`)
      .attr('d', (line) => path(shown.axes.map((axis, index) => [axis.name, axis.at(line.values[index])])))
      .each(function readOnHover(line) { this.addEventListener('pointerover', () => { readout.textContent = line.text; }); });
    parts = {bundle, paths, axes: new Map(shown.axes.map((axis) => [axis.name, drawAxis(svg, axis, x(axis.name))]))};
    fill(plot, svg.node());
    fill(legend, colours.legend());
    showRanges();
  }

  function drawAxis(svg, axis, x) {
    const group = svg.append('g').attr('class', 'axis value-axis').attr('transform', `translate(${x},0)`);
    group.append('line').attr('class', 'rail').attr('y1', y(0)).attr('y2', y(1));
    const ticks = group.append('g').attr('aria-hidden', 'true').selectAll('g').data(axis.ticks(7)).join('g')
      .attr('transform', ([value]) => `translate(0,${y(axis.at(value))})`);
    ticks.append('line').attr('class', 'mark').attr('x1', -4).attr('x2', 0);
    ticks.append('text').attr('x', -8).attr('dy', '0.32em').attr('text-anchor', 'end').text(([, text]) => text);
    group.append('text').attr('class', 'axis-name').attr('y', MARGIN.top - 26).attr('text-anchor', 'middle')
      .text(axis.label + (axis.log ? ' (log)' : ''));
    const chosen = group.append('rect').attr('class', 'range').attr('x', -6).attr('width', 12);
    const touch = group.append('rect').attr('class', 'touch').attr('x', -18).attr('width', 36).attr('y', MARGIN.top - 12)
      .attr('height', HEIGHT - MARGIN.top - MARGIN.bottom + 24);
    touch.node().addEventListener('pointerdown', (event) => drag(event, axis));
    return {chosen, handles: ['lowest', 'highest'].map((which, end) => handle(group, axis, which, end))};
  }

  function handle(group, axis, which, end) {
    const shape = group.append('path').attr('class', 'handle').attr('d', end === 0 ? 'M-9,0H9L0,10Z' : 'M-9,0H9L0,-10Z')
      .attr('role', 'slider').attr('tabindex', 0).attr('aria-orientation', 'vertical')
      .attr('aria-label', `${axis.label}, ${which}`).attr('data-key', `handle ${axis.name} ${which}`)
      .attr('aria-valuemin', 0).attr('aria-valuemax', axis.stops.length - 1);
    shape.node().addEventListener('keydown', (event) => move(event, axis, end));
    shape.node().addEventListener('pointerdown', (event) => drag(event, axis, end));
    return shape;
  }

  function move(event, axis, end) {
    if (event.key === 'Escape') return choose(axis, null);
    const step = {ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: LONG_STEP, PageDown: -LONG_STEP,
      Home: -Infinity, End: Infinity}[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const range = [...rangeOf(axis)];
    const [least, most] = end === 0 ? [0, range[1]] : [range[0], axis.stops.length - 1];
    range[end] = Math.max(least, Math.min(most, range[end] + step));
    choose(axis, range);
  }

  // Of the whole axis (end undefined: from where it began), or of one handle.
  function drag(event, axis, end) {
    event.preventDefault();
    const top = plot.getBoundingClientRect().top;
    const shareAt = (pointer) => (HEIGHT - MARGIN.bottom - (pointer.clientY - top)) / (HEIGHT - MARGIN.bottom - MARGIN.top);
    const [low, high] = rangeOf(axis);
    const begin = end === undefined ? shareAt(event) : axis.at(axis.stops[end === 0 ? high : low]);
    isDragging = true;
    const moved = (now) => choose(axis, between(axis, begin, shareAt(now)), false);
    const ended = (last) => {
      window.removeEventListener('pointermove', moved);
      isDragging = false;
      const isClick = Math.abs(last.clientY - event.clientY) < CLICK;
      choose(axis, isClick ? (end === undefined ? null : [low, high]) : between(axis, begin, shareAt(last)));
    };
    window.addEventListener('pointermove', moved);
    window.addEventListener('pointerup', ended, {once: true});
  }

  // The stops between two places of the axis, at least the one that is nearest.
  function between(axis, a, b) {
    const places = axis.stops.map((value) => axis.at(value));
    const [from, to] = [Math.min(a, b) - 1e-9, Math.max(a, b) + 1e-9];
    const inside = places.flatMap((place, index) => from <= place && place <= to ? [index] : []);
    if (inside.length > 0) return [inside[0], inside[inside.length - 1]];
    const near = d3.leastIndex(places, (one, other) => Math.abs(one - b) - Math.abs(other - b));
    return [near, near];
  }

  function choose(axis, range, isFinal = true) {
    const isWhole = range === null || (range[0] === 0 && range[1] === axis.stops.length - 1);
    shown.ranges = {...shown.ranges, [axis.name]: isWhole ? undefined : range};
    showRanges();
    if (isFinal) onRange(axis.name, isWhole ? null : range);
  }

  function showRanges() {
    for (const axis of shown.axes) {
      const {chosen, handles} = parts.axes.get(axis.name);
      const range = rangeOf(axis);
      const [low, high] = range.map((index) => y(axis.at(axis.stops[index])));
      chosen.attr('visibility', shown.ranges[axis.name] ? 'visible' : 'hidden').attr('y', high - 3).attr('height', low - high + 6);
      handles.forEach((one, end) => one.attr('transform', `translate(0,${end === 0 ? low + 4 : high - 4})`)
        .attr('aria-valuenow', range[end]).attr('aria-valuetext', axis.text(axis.stops[range[end]])));
    }
    const inside = new Set(shown.lines.filter(isInside));
    parts.bundle.classed('many', inside.size > MANY);
    parts.paths.classed('outside', (line) => !inside.has(line));
    parts.paths.filter((line) => inside.has(line)).raise();
    readout.textContent = `${inside.size} of ${shown.lines.length} complete configurations inside`;
  }

  // What pictureOf() takes; null: nothing is drawn.
  function picture() {
    const svg = plot.querySelector('svg');
    return svg && {parts: [{svg}], legend: [...legend.querySelectorAll('li')].map((item) =>
      ({mark: item.querySelector('svg'), text: item.textContent}))};
  }

  const observer = new ResizeObserver(() => { if (scroller.clientWidth !== width && !isDragging) render(); });
  return {node, draw, isInside, picture, shown: () => observer.observe(scroller)};
}
