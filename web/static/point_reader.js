// Reads single points of a drawn chart: by the pointer the one next to it, by the arrow keys one after the other.
const d3 = window.d3;

// `plot` holds the drawing, with a mark of class point-mark. reach: pixels, a point so near to the pointer is read.
// said(point, count) -> the readout's text; point is undefined where none is marked.
// Returns {place(points), unmark()}: those now drawn, each with its pixels atX and atY, in the order of the keys; the one
// that is marked stays so in a drawing anew.
export function pointReader(plot, readout, reach, said) {
  let placed = [];
  let marked = -1;

  function mark(index) {
    marked = index;
    const point = placed[index];
    d3.select(plot).select('.point-mark').attr('visibility', point ? 'visible' : 'hidden')
      .attr('cx', point?.atX ?? 0).attr('cy', point?.atY ?? 0);
    readout.textContent = said(point, placed.length);
  }

  plot.addEventListener('pointermove', (event) => {
    if (placed.length === 0) return;
    const box = plot.getBoundingClientRect();
    const distance = (point) => Math.hypot(point.atX - event.clientX + box.left, point.atY - event.clientY + box.top);
    const near = d3.leastIndex(placed, (a, b) => distance(a) - distance(b));
    mark(distance(placed[near]) <= reach ? near : -1);
  });
  plot.addEventListener('pointerleave', () => { if (placed.length > 0) mark(-1); });
  plot.addEventListener('keydown', (event) => {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (step === undefined || placed.length === 0) return;
    event.preventDefault();
    mark(Math.max(0, Math.min(placed.length - 1, marked < 0 && step < 0 ? placed.length - 1 : marked + step)));
  });

  return {
    place(points) {
      placed = points;
      mark(Math.min(marked, placed.length - 1));
    },
    unmark() { marked = -1; },
  };
}
