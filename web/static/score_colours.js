// Colours by score, in five classes of equally many; they differ in lightness, so that nobody needs to tell hues apart.
import {h} from './dom.js';
import {percent} from './format.js';

const d3 = window.d3;
const CLASSES = 5;

function swatch(rank) {
  const svg = d3.create('svg').attr('class', `rank-swatch rank-${rank}`).attr('width', 26).attr('height', 4)
    .attr('aria-hidden', 'true');
  svg.append('rect').attr('width', 26).attr('height', 4);
  return svg.node();
}

export function scoreColours(scores) {
  const scale = d3.scaleQuantile().domain(scores).range(d3.range(CLASSES));
  const classOf = (score) => `rank-${scale(score)}`;
  function legend() {
    const limits = [d3.min(scores), ...scale.quantiles(), d3.max(scores)];
    return h('ul', {class: 'legend ranks'}, d3.range(CLASSES).map((rank) => h('li', {},
      swatch(rank),
      h('span', {class: 'value'}, `${percent(limits[rank])} to ${percent(limits[rank + 1])}`))));
  }
  return {classOf, legend};
}
