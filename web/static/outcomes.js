// How attempts end: their words, and the colour and pattern that each is drawn with, so that neither has to be told by
// colour alone.

export const OUTCOMES = ['finished', 'running', 'failed', 'diverged', 'stopped', 'lost', 'pending', 'cancelled'];
// Of several in one pixel, the later one is seen.
export const DRAWN_LAST = ['pending', 'cancelled', 'finished', 'running', 'stopped', 'lost', 'diverged', 'failed'];

const COLOURS = {finished: '--good', running: '--accent', failed: '--bad', diverged: '--s3', stopped: '--calm', lost: '--warn',
  pending: '--control', cancelled: '--calm'};
const TILE = 6;
const MARKS = {
  running: (pen) => stroke(pen, [[-1, 7, 7, -1]]),
  failed: (pen) => stroke(pen, [[-1, 7, 7, -1], [-1, -1, 7, 7]]),
  diverged: (pen) => { pen.fillRect(0, 0, 2, 2); pen.fillRect(3, 3, 2, 2); },
  stopped: (pen) => pen.fillRect(0, 0, TILE, 2),
  lost: (pen) => pen.fillRect(0, 0, 2, TILE),
};

function stroke(pen, lines) {
  pen.beginPath();
  for (const [x0, y0, x1, y1] of lines) {
    pen.moveTo(x0, y0);
    pen.lineTo(x1, y1);
  }
  pen.stroke();
}

function patternOf(outcome, colour, surface) {
  const tile = new OffscreenCanvas(TILE, TILE);
  const pen = tile.getContext('2d');
  pen.fillStyle = colour;
  pen.fillRect(0, 0, TILE, TILE);
  pen.fillStyle = pen.strokeStyle = surface;
  pen.globalAlpha = 0.6;
  pen.lineWidth = 1.2;
  MARKS[outcome]?.(pen);
  return pen.createPattern(tile, 'repeat');
}

// {outcome: fillStyle} and the page's colours as they are now, light or dark.
export function stylesOf(element) {
  const css = getComputedStyle(element);
  const colour = (name) => css.getPropertyValue(name).trim();
  const surface = colour('--surface');
  return {
    ink: colour('--ink'), muted: colour('--muted'), line: colour('--line'), raised: colour('--raised'), surface,
    accent: colour('--accent'),
    fill: Object.fromEntries(OUTCOMES.map((one) => [one, patternOf(one, colour(COLOURS[one]), surface)])),
  };
}
