// Bars over time on a canvas: as many as a sweep has. The table beside it says the same (views/timeline.js).
import {h} from './dom.js';
import {DRAWN_LAST, stylesOf} from './outcomes.js';
import {ticksOf} from './time_axis.js';

const AXIS = 24, LABEL = 20, GAP = 8, SIDE = 8;
const LANE_SIZES = [[2, 14], [6, 10], [Infinity, 8]];  // up to so many lanes in a row, each so high
const NARROWEST = 1.5, REACH = 4, DRAGGED = 4;         // pixels
const SHORTEST = 0.5;                                  // seconds that the whole width may be
const ZOOM = 1.6, PAN = 0.2;

const laneSize = (row) => LANE_SIZES.find(([lanes]) => row.lanes <= lanes)[1];
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

// Returns {node, draw({rows, origin, now, clock, view, queues, textOf}), select(bar), zoom(factor), whole(), shown()}.
// Times of entries are Unix seconds, of `view` [from, to] seconds since `origin`; null: all. queues: whether each bar
// shows what it waited. textOf(entry): its words. onView(view): it was zoomed or moved. onOpen(entry): it was chosen.
export function timelineChart(title, onView, onOpen) {
  const canvas = h('canvas', {'aria-hidden': 'true'});
  const labels = h('div', {class: 'timeline-labels'});
  const bubble = h('div', {class: 'tooltip', 'aria-hidden': 'true', hidden: true});
  const plot = h('div', {class: 'plot timeline', tabindex: '0', role: 'group', 'data-key': `plot ${title}`}, canvas, labels, bubble);
  const readout = h('p', {class: 'readout', 'aria-live': 'polite'});
  const node = h('div', {class: 'chart'}, plot, readout);
  let data = null, places = [], selected = null, hovered = null, width = 0, height = 0, whole = [0, 1], view = [0, 1];
  let frame = 0, styles = null, drag = null;

  const startOf = (entry) => (entry.started_at ?? entry.queued_at) - data.origin;
  const endOf = (entry) => (entry.ended_at ?? data.now) - data.origin;
  const xOf = (time) => SIDE + (time - view[0]) / (view[1] - view[0]) * (width - 2 * SIDE);
  const timeAt = (x) => view[0] + (x - SIDE) / (width - 2 * SIDE) * (view[1] - view[0]);

  function draw(next) {
    data = next;
    const entries = data.rows.flatMap((row) => row.bars.map((bar) => bar.entry));
    const first = entries.reduce((low, entry) => Math.min(low, startOf(entry)), 0);
    const last = entries.reduce((high, entry) => Math.max(high, endOf(entry)), SHORTEST);
    whole = [first, last + 0.01 * (last - first)];
    view = data.view ? bounded(data.view) : whole;
    const isSame = (bar) => selected && bar.entry.trial === selected.entry.trial && bar.entry.attempt === selected.entry.attempt &&
      bar.entry.configuration === selected.entry.configuration;
    placeRows();
    selected = places.flatMap((place) => place.row.bars).find(isSame) ?? null;
    plot.setAttribute('aria-label', `${title}: ${entries.length} bars in ${data.rows.length} rows. Arrow keys move among the bars, ` +
      'Enter opens the trial, plus and minus zoom, Shift and the left or right arrow move in time, 0 shows all; the data table below says the same.');
    tell();
    render();
  }

  function placeRows() {
    let top = AXIS;
    places = data.rows.map((row) => {
      const size = laneSize(row);
      const place = {row, top, size, bars: top + LABEL, lanes: Array.from({length: row.lanes}, () => [])};
      for (const bar of row.bars) place.lanes[bar.lane].push(bar);
      for (const lane of place.lanes) lane.sort((a, b) => startOf(a.entry) - startOf(b.entry));
      place.inOrder = [...row.bars].sort((a, b) => startOf(a.entry) - startOf(b.entry) || a.lane - b.lane);
      top += LABEL + size * row.lanes + GAP;
      return place;
    });
    height = top;
    labels.replaceChildren(...places.map((place) => {
      const label = h('div', {class: 'timeline-label', title: place.row.label}, h('span', {}, place.row.label),
        place.row.note ? h('span', {class: 'incomplete'}, ` ${place.row.note}`) : null);
      label.style.top = `${place.top}px`;
      return label;
    }));
  }

  // Inside the whole, no shorter than SHORTEST.
  function bounded([from, to]) {
    const span = clamp(to - from, Math.min(SHORTEST, whole[1] - whole[0]), whole[1] - whole[0]);
    const begin = clamp(from, whole[0], whole[1] - span);
    return [begin, begin + span];
  }

  function setView(next) {
    view = bounded(next);
    const isWhole = view[1] - view[0] >= 0.999 * (whole[1] - whole[0]);
    onView(isWhole ? null : view);
    render();
  }

  function zoom(factor, at = selected ? clamp(startOf(selected.entry), view[0], view[1]) : (view[0] + view[1]) / 2) {
    setView([at - (at - view[0]) / factor, at + (view[1] - at) / factor]);
  }

  function pan(share) {
    const by = share * (view[1] - view[0]);
    setView([view[0] + by, view[1] + by]);
  }

  function render() {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(paint);
  }

  function paint() {
    width = plot.clientWidth;
    if (width === 0 || data === null) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    styles ??= stylesOf(plot);
    const pen = canvas.getContext('2d');
    pen.scale(ratio, ratio);
    paintFrame(pen);
    const marked = hovered ?? selected;
    for (const place of places) paintRow(pen, place);
    if (marked) paintMark(pen, marked);
  }

  function paintFrame(pen) {
    pen.font = '12px system-ui, sans-serif';
    pen.textBaseline = 'middle';
    for (const [time, text] of ticksOf(view, Math.max(2, Math.floor(width / 90)), data.clock ? data.origin : null)) {
      const x = Math.round(xOf(time)) + 0.5;
      pen.fillStyle = styles.line;
      pen.fillRect(x - 0.5, AXIS - 4, 1, height - AXIS);
      pen.fillStyle = styles.muted;
      const half = pen.measureText(text).width / 2;
      pen.fillText(text, clamp(x - half, 0, width - 2 * half), AXIS / 2 - 2);
    }
    pen.fillStyle = styles.raised;
    for (const place of places) pen.fillRect(0, place.bars, width, place.size * place.row.lanes);
  }

  function paintRow(pen, place) {
    if (data.queues) {
      pen.fillStyle = styles.muted;
      for (const bar of place.row.bars) paintWait(pen, place, bar);
    }
    for (const outcome of DRAWN_LAST) {
      pen.fillStyle = styles.fill[outcome];
      place.lanes.forEach((lane, index) => paintLane(pen, lane.filter((bar) => bar.entry.outcome === outcome), place.bars + place.size * index, place.size));
    }
    pen.fillStyle = styles.ink;
    for (const bar of place.row.bars) {
      if (bar.entry.resumed_epoch > 0 && isSeen(bar.entry)) paintResume(pen, bar, place);
    }
  }

  const isSeen = (entry) => startOf(entry) <= view[1] && endOf(entry) >= view[0];

  // A thin line from when it might have started to when it did.
  function paintWait(pen, place, bar) {
    const {entry, lane} = bar;
    if (entry.queued_at === null) return;
    const [x0, x1] = [xOf(entry.queued_at - data.origin), xOf(entry.started_at === null ? endOf(entry) : startOf(entry))];
    if (x1 < 0 || x0 > width) return;
    pen.fillRect(Math.max(0, x0), place.bars + place.size * (lane + 0.5) - 0.5, Math.min(width, x1) - Math.max(0, x0), 1);
  }

  // Bars of one outcome, by their start. What would fall into a pixel that is painted already is left out.
  function paintLane(pen, bars, top, size) {
    let painted = -1;
    for (const {entry} of bars) {
      if (entry.started_at === null || !isSeen(entry)) continue;
      const x0 = xOf(startOf(entry));
      const x1 = Math.max(xOf(endOf(entry)), x0 + NARROWEST);
      if (x1 <= painted) continue;
      const [left, right] = [Math.max(0, x0), Math.min(width, x1)];
      pen.fillRect(left, top + 1, right - left, size - 2);
      painted = x1 - x0 <= NARROWEST ? Math.ceil(x1) : x1;
    }
  }

  function paintResume(pen, {entry, lane}, place) {
    const [x, top] = [xOf(startOf(entry)), place.bars + place.size * lane + 1];
    pen.fillRect(x, top, 2, place.size - 2);
    pen.beginPath();
    pen.moveTo(x + 2, top);
    pen.lineTo(x + 2 + (place.size - 2) / 2, top + (place.size - 2) / 2);
    pen.lineTo(x + 2, top + place.size - 2);
    pen.fill();
  }

  function paintMark(pen, bar) {
    const place = places.find((one) => one.row.bars.includes(bar));
    if (!place) return;
    pen.fillStyle = styles.ink;
    paintWait(pen, place, bar);
    const x0 = Math.max(2, xOf(startOf(bar.entry)));
    const x1 = Math.min(width - 2, Math.max(xOf(endOf(bar.entry)), x0 + NARROWEST));
    pen.strokeStyle = styles.ink;
    pen.lineWidth = 2;
    pen.strokeRect(x0 - 1, place.bars + place.size * bar.lane, Math.max(2, x1 - x0 + 2), place.size);
  }

  // --- pointer ---

  function barAt(event) {
    const box = plot.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const place = places.find((one) => y >= one.bars && y < one.bars + one.size * one.row.lanes);
    if (!place) return null;
    const distance = ({entry}) => Math.max(xOf(startOf(entry)) - x, x - xOf(endOf(entry)), 0);
    return place.lanes[Math.floor((y - place.bars) / place.size)]
      .filter((bar) => distance(bar) <= REACH).sort((a, b) => distance(a) - distance(b))[0] ?? null;
  }

  function hover(bar, event) {
    if (bar !== hovered) {
      hovered = bar;
      render();
    }
    plot.classList.toggle('on-bar', bar !== null);
    bubble.hidden = bar === null;
    if (bar === null) return;
    bubble.textContent = data.textOf(bar.entry);
    bubble.style.left = `${clamp(event.clientX - bubble.offsetWidth / 2, 4, window.innerWidth - bubble.offsetWidth - 4)}px`;
    bubble.style.top = `${Math.max(4, event.clientY - bubble.offsetHeight - 14)}px`;
  }

  plot.addEventListener('pointerdown', (event) => {
    if (event.button === 0 && data) drag = {x: event.clientX, view, moved: false};
  });
  plot.addEventListener('pointermove', (event) => {
    if (data === null) return;
    if (drag && event.buttons === 0) drag = null;
    if (drag && (drag.moved || Math.abs(event.clientX - drag.x) > DRAGGED)) {
      if (!drag.moved) plot.setPointerCapture(event.pointerId);
      drag.moved = true;
      hover(null);
      const by = (drag.x - event.clientX) / (width - 2 * SIDE) * (drag.view[1] - drag.view[0]);
      setView([drag.view[0] + by, drag.view[1] + by]);
    } else {
      hover(barAt(event), event);
    }
  });
  plot.addEventListener('pointerup', (event) => {
    const bar = drag && !drag.moved ? barAt(event) : null;
    drag = null;
    if (bar) onOpen(bar.entry);
  });
  plot.addEventListener('pointercancel', () => { drag = null; });
  plot.addEventListener('pointerleave', () => { if (data) hover(null); });
  plot.addEventListener('wheel', (event) => {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    if (data === null || !(event.ctrlKey || event.metaKey || sideways)) return;  // the page scrolls
    event.preventDefault();
    if (sideways) pan((event.deltaX || event.deltaY) / width);
    else zoom(Math.exp(-event.deltaY / 200), timeAt(event.clientX - plot.getBoundingClientRect().left));
  }, {passive: false});

  // --- keyboard ---

  function tell() {
    readout.textContent = selected ? data.textOf(selected.entry) : '';
  }

  function select(bar) {
    selected = bar;
    tell();
    if (!bar) return render();
    const [start, end] = [startOf(bar.entry), endOf(bar.entry)];
    const span = view[1] - view[0];
    if (end < view[0] || start > view[1]) setView([start - span / 2, start + span / 2]);
    const place = places.find((one) => one.row.bars.includes(bar));
    const at = plot.getBoundingClientRect().top + place.bars + place.size * bar.lane;
    if (document.activeElement === plot && (at < 40 || at > window.innerHeight - 40)) window.scrollBy({top: at - window.innerHeight / 2});
    render();
  }

  function step(by) {
    const place = places.find((one) => selected && one.row.bars.includes(selected));
    if (!place) return select(places.find((one) => one.inOrder.length > 0)?.inOrder[0] ?? null);
    const index = place.inOrder.indexOf(selected) + by;
    select(place.inOrder[clamp(index, 0, place.inOrder.length - 1)]);
  }

  // To the nearest bar in time of the next row.
  function stepRow(by) {
    const index = places.findIndex((one) => selected && one.row.bars.includes(selected));
    const place = places[clamp(index + by, 0, places.length - 1)];
    if (index < 0 || !place) return step(0);
    const at = startOf(selected.entry);
    select([...place.inOrder].sort((a, b) => Math.abs(startOf(a.entry) - at) - Math.abs(startOf(b.entry) - at))[0] ?? selected);
  }

  const KEYS = {
    ArrowLeft: (event) => event.shiftKey ? pan(-PAN) : step(-1), ArrowRight: (event) => event.shiftKey ? pan(PAN) : step(1),
    ArrowUp: () => stepRow(-1), ArrowDown: () => stepRow(1), Home: () => step(-Infinity), End: () => step(Infinity),
    '+': () => zoom(ZOOM), '=': () => zoom(ZOOM), '-': () => zoom(1 / ZOOM), 0: () => setView(whole),
    Enter: () => { if (selected) onOpen(selected.entry); }, Escape: () => select(null),
  };
  plot.addEventListener('keydown', (event) => {
    if (data === null || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key](event);
  });

  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { styles = null; render(); });
  const observer = new ResizeObserver(() => { if (plot.clientWidth !== width) render(); });
  return {node, draw, select, zoom, whole: () => setView(whole), shown: () => observer.observe(plot)};
}
