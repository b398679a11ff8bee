// A slice: the score against one key, a point per configuration.
import {fill, h} from './dom.js';
import {percent} from './format.js';
import {pointReader} from './point_reader.js';

const d3 = window.d3;
const MARGIN = {top: 14, right: 24, bottom: 42, left: 56};
const HEIGHT = 300;
const REACH = 24;     // pixels: a point so near to the pointer is read
const SPREAD = 0.5;   // points of a word stand beside each other, within so much of the room that it has
const GOLDEN = 0.618034;

// Returns {node, draw({axis, points, label}), picture(), shown()}: points [{value, score, text}].
export function sliceChart(title) {
  const plot = h('div', {class: 'plot', tabindex: '0', role: 'group', 'data-key': `plot ${title}`});
  const readout = h('p', {class: 'readout', 'aria-live': 'polite'});
  const node = h('div', {class: 'chart'}, plot, readout);
  let shown = null;
  let width = 0;
  const reader = pointReader(plot, readout, REACH,
    (point, count) => point ? `${point.text}: ${percent(point.score)} %` : `${count} configurations`);

  function draw(next) {
    shown = next;
    reader.unmark();
    plot.setAttribute('aria-label', `${title}: ${next.label} against ${next.axis.name}, ${next.points.length} configurations. ` +
      'Left and right arrow keys move through them; the data table below has every number.');
    render();
  }

  function render() {
    width = plot.clientWidth;
    if (width === 0 || shown === null) return;
    const y = d3.scaleLinear().domain(d3.extent(shown.points, (point) => point.score)).nice(5)
      .range([HEIGHT - MARGIN.bottom, MARGIN.top]);
    const {axis} = shown;
    const room = (width - MARGIN.left - MARGIN.right) / Math.max(axis.stops.length, 1);
    const inset = axis.numeric ? 8 : room / 2;
    const x = (value) => MARGIN.left + inset + axis.at(value) * (width - MARGIN.left - MARGIN.right - 2 * inset);
    const aside = (index) => axis.numeric ? 0 : ((index * GOLDEN) % 1 - 0.5) * SPREAD * Math.min(room, 120);
    const placed = shown.points.map((point, index) => ({...point, atX: x(point.value) + aside(index), atY: y(point.score)}))
      .sort((a, b) => a.atX - b.atX || a.atY - b.atY);
    const svg = d3.create('svg').attr('width', width).attr('height', HEIGHT).attr('aria-hidden', 'true');
    axes(svg, x, y);
    svg.append('g').selectAll('circle').data(placed).join('circle').attr('class', 'point').attr('r', 3.5)
      .attr('cx', (point) => point.atX).attr('cy', (point) => point.atY);
    svg.append('circle').attr('class', 'point-mark').attr('r', 7);
    fill(plot, svg.node());
    reader.place(placed);
  }

  function axes(svg, x, y) {
    const {axis, label} = shown;
    svg.append('g').attr('class', 'axis grid').attr('transform', `translate(${MARGIN.left},0)`)
      .call(d3.axisLeft(y).ticks(5).tickSize(-(width - MARGIN.left - MARGIN.right)).tickFormat((value) => `${Math.round(1000 * value) / 10}`));
    const ticks = svg.append('g').attr('class', 'axis').selectAll('g')
      .data(axis.ticks(Math.max(2, Math.floor(width / 90)))).join('g')
      .attr('transform', ([value]) => `translate(${x(value)},${HEIGHT - MARGIN.bottom})`);
    ticks.append('text').attr('y', 16).attr('text-anchor', 'middle').text(([, text]) => text);
    svg.append('text').attr('class', 'axis-label').attr('text-anchor', 'end').attr('x', width - MARGIN.right)
      .attr('y', HEIGHT - 6).text(axis.name + (axis.log ? ' (log)' : ''));
    svg.append('text').attr('class', 'axis-label').attr('text-anchor', 'middle')
      .attr('transform', `translate(11,${(HEIGHT - MARGIN.bottom + MARGIN.top) / 2}) rotate(-90)`).text(`${label}, %`);
  }

  // What pictureOf() takes; null: nothing is drawn.
  function picture() {
    const svg = plot.querySelector('svg');
    return svg && {parts: [{svg}], legend: []};
  }

  const observer = new ResizeObserver(() => { if (plot.clientWidth !== width) render(); });
  return {node, draw, picture, shown: () => observer.observe(plot)};
}
