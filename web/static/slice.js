// A slice: the score against one key, a point per configuration.
import {fill, h} from './dom.js';
import {percent} from './format.js';

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
  let placed = [];  // the points with x and y, from left to right
  let marked = -1;
  let width = 0;

  function draw(next) {
    shown = next;
    marked = -1;
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
    placed = shown.points.map((point, index) => ({...point, x: x(point.value) + aside(index), y: y(point.score)}))
      .sort((a, b) => a.x - b.x || a.y - b.y);
    const svg = d3.create('svg').attr('width', width).attr('height', HEIGHT).attr('aria-hidden', 'true');
    axes(svg, x, y);
    svg.append('g').selectAll('circle').data(placed).join('circle').attr('class', 'point').attr('r', 3.5)
      .attr('cx', (point) => point.x).attr('cy', (point) => point.y);
    svg.append('circle').attr('class', 'point-mark').attr('r', 7);
    fill(plot, svg.node());
    mark(Math.min(marked, placed.length - 1));
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

  function mark(index) {
    marked = index;
    const point = placed[index];
    d3.select(plot).select('.point-mark').attr('visibility', point ? 'visible' : 'hidden')
      .attr('cx', point?.x ?? 0).attr('cy', point?.y ?? 0);
    readout.textContent = point ? `${point.text}: ${percent(point.score)} %` : `${placed.length} configurations`;
  }

  plot.addEventListener('pointermove', (event) => {
    const box = plot.getBoundingClientRect();
    const [atX, atY] = [event.clientX - box.left, event.clientY - box.top];
    const distance = (point) => Math.hypot(point.x - atX, point.y - atY);
    const near = d3.leastIndex(placed, (a, b) => distance(a) - distance(b));
    mark(near >= 0 && distance(placed[near]) <= REACH ? near : -1);
  });
  plot.addEventListener('pointerleave', () => mark(-1));
  plot.addEventListener('keydown', (event) => {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (step === undefined || placed.length === 0) return;
    event.preventDefault();
    mark(Math.max(0, Math.min(placed.length - 1, marked < 0 && step < 0 ? placed.length - 1 : marked + step)));
  });
  // What pictureOf() takes; null: nothing is drawn.
  function picture() {
    const svg = plot.querySelector('svg');
    return svg && {parts: [{svg}], legend: []};
  }

  const observer = new ResizeObserver(() => { if (plot.clientWidth !== width) render(); });
  return {node, draw, picture, shown: () => observer.observe(plot)};
}
