// A scatter of points, each with a colour and a shape; one unit is as long on both axes.
import {fill, h} from './dom.js';
import {pointReader} from './point_reader.js';

const d3 = window.d3;
const MARGIN = {top: 12, right: 16, bottom: 40, left: 52};
const HEIGHT = 480;
const REACH = 20;  // pixels: a point so near to the pointer is read
const SIZES = [[1500, 34], [Infinity, 18]];  // square pixels of a mark, where there are no more points
const SHAPES = [d3.symbolCircle, d3.symbolTriangle, d3.symbolSquare, d3.symbolDiamond, d3.symbolCross,
  d3.symbolStar, d3.symbolWye];
const COLOURS = 8;

const SWATCH = 68;

const shapeOf = (shape, size) => d3.symbol().type(SHAPES[shape % SHAPES.length]).size(size)();
const colourOf = (colour) => `mark mark-${colour % COLOURS}`;

function swatch() {
  return d3.create('svg').attr('class', 'swatch').attr('width', 16).attr('height', 16).attr('aria-hidden', 'true');
}

// For a legend: what has this colour and shape; without a shape, all that has the colour; without a colour, the shape.
export function markSwatch(colour, shape) {
  const svg = swatch();
  if (shape === null) svg.append('rect').attr('class', colourOf(colour)).attr('y', 4).attr('width', 16).attr('height', 8);
  else svg.append('path').attr('class', colour === null ? 'mark' : colourOf(colour)).attr('transform', 'translate(8,8)')
    .attr('d', shapeOf(shape, SWATCH));
  return svg.node();
}

// Returns {node, draw({points, xName, yName}), picture(), shown()}: points [{x, y, colour, shape, text}], drawn in this
// order.
export function scatterChart(title) {
  const plot = h('div', {class: 'plot', tabindex: '0', role: 'group', 'data-key': `plot ${title}`});
  const readout = h('p', {class: 'readout', 'aria-live': 'polite'});
  const node = h('div', {class: 'chart'}, plot, readout);
  let shown = null;
  let width = 0;
  const reader = pointReader(plot, readout, REACH,
    (point, count) => point ? point.text : `${count.toLocaleString('en')} points`);

  function draw(next) {
    shown = next;
    reader.unmark();
    plot.setAttribute('aria-label', `${title}: ${next.points.length} points, ${next.xName} against ${next.yName}. ` +
      'Left and right arrow keys move through them; the data table below has every number.');
    render();
  }

  // Both axes at one scale, what they show in the middle.
  function scales() {
    const extents = ['x', 'y'].map((axis) => d3.extent(shown.points, (point) => point[axis]));
    const rooms = [width - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom];
    const unit = 1.06 * Math.max(...extents.map(([low, high], axis) => (high - low) / rooms[axis])) || 1 / rooms[0];
    const [x, y] = extents.map(([low, high], axis) => {
      const [middle, half] = [(low + high) / 2, rooms[axis] * unit / 2];
      return d3.scaleLinear().domain([middle - half, middle + half]);
    });
    return {x: x.range([MARGIN.left, width - MARGIN.right]), y: y.range([HEIGHT - MARGIN.bottom, MARGIN.top])};
  }

  function render() {
    width = plot.clientWidth;
    if (width === 0 || shown === null) return;
    if (shown.points.length === 0) {
      reader.place([]);
      fill(plot, h('p', {class: 'empty'}, 'Nothing is switched on.'));
      readout.textContent = '';
      return;
    }
    const {x, y} = scales();
    const drawn = shown.points.map((point) => ({...point, atX: x(point.x), atY: y(point.y)}));
    const svg = d3.create('svg').attr('width', width).attr('height', HEIGHT).attr('aria-hidden', 'true');
    axes(svg, x, y);
    const [, size] = SIZES.find(([most]) => drawn.length <= most);
    svg.append('g').selectAll('path').data(drawn).join('path').attr('class', (point) => colourOf(point.colour))
      .attr('transform', (point) => `translate(${point.atX},${point.atY})`).attr('d', (point) => shapeOf(point.shape, size));
    svg.append('circle').attr('class', 'point-mark').attr('r', 8);
    fill(plot, svg.node());
    reader.place(drawn.sort((a, b) => a.atX - b.atX || a.atY - b.atY));
  }

  function axes(svg, x, y) {
    svg.append('g').attr('class', 'axis grid').attr('transform', `translate(${MARGIN.left},0)`)
      .call(d3.axisLeft(y).ticks(6).tickSize(-(width - MARGIN.left - MARGIN.right)));
    svg.append('g').attr('class', 'axis').attr('transform', `translate(0,${HEIGHT - MARGIN.bottom})`)
      .call(d3.axisBottom(x).ticks(Math.min(8, width / 80)).tickSize(4));
    svg.append('text').attr('class', 'axis-label').attr('text-anchor', 'end').attr('x', width - MARGIN.right)
      .attr('y', HEIGHT - 6).text(shown.xName);
    svg.append('text').attr('class', 'axis-label').attr('text-anchor', 'middle')
      .attr('transform', `translate(11,${(HEIGHT - MARGIN.bottom + MARGIN.top) / 2}) rotate(-90)`).text(shown.yName);
  }

  // What pictureOf() takes, but for the legend; null: nothing is drawn.
  function picture() {
    const svg = plot.querySelector('svg');
    return svg && {parts: [{svg}], legend: []};
  }

  const observer = new ResizeObserver(() => { if (plot.clientWidth !== width) render(); });
  return {node, draw, picture, shown: () => observer.observe(plot)};
}
