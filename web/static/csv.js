// CSV as merctl writes it: RFC 4180, fractions and numbers in full, nothing for what there is not, and a ' in front of
// words that a spreadsheet would take for a formula.

const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^-?(\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?|inf|nan)$/i;
const NOT_FINITE = {NaN: 'nan', Infinity: 'inf', '-Infinity': '-inf'};

// A number as the API sends it, of which some are strings.
export function numberCell(value) {
  return typeof value === 'string' ? Number(value) : value;
}

// A setting of a configuration.
export function settingCell(value) {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

function cellText(cell) {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'number') return NOT_FINITE[cell] ?? String(cell);
  const text = String(cell);
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[,"\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

// rows: lists of texts, numbers, or null; the first one is the heading.
export function csvText(rows) {
  return rows.map((row) => `${row.map(cellText).join(',')}\r\n`).join('');
}
