// Ticks and words of an axis of time: seconds since an event, or the clock. Pure.

const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800,
  604800];
const two = (value) => String(value).padStart(2, '0');

function stepFor(span, most) {
  return STEPS.find((step) => span / step <= most) ?? 604800 * Math.ceil(span / most / 604800);
}

// "45 s", "2:05", "1:02:05", "2 d 5:00"; tenths where `step` is less than a second.
export function sinceText(seconds, step = 1) {
  const sign = seconds < 0 ? '−' : '';
  const whole = Math.abs(seconds);
  if (whole < 60) return `${sign}${step < 1 ? whole.toFixed(1) : Math.round(whole)} s`;
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, Math.floor(whole % 60)];
  if (hours >= 24) return `${sign}${Math.floor(hours / 24)} d${whole % 86400 < 60 ? '' : ` ${hours % 24}:${two(minutes)}`}`;
  return hours > 0 ? `${sign}${hours}:${two(minutes)}:${two(rest)}` : `${sign}${minutes}:${two(rest)}`;
}

export function clockText(unix, step) {
  const date = new Date(1000 * unix);
  if (step >= 86400) return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return step < 60 ? `${time}:${two(date.getSeconds())}` : time;
}

// [[seconds since the origin, text]] inside `view` [from, to], at most about `most`. With `origin` (Unix seconds) the
// ticks stand at whole steps of the clock.
export function ticksOf([from, to], most, origin) {
  const step = stepFor(to - from, most);
  const zone = origin === null ? 0 : origin - 60 * new Date(1000 * origin).getTimezoneOffset();
  const ticks = [];
  for (let at = Math.ceil((from + zone) / step) * step - zone; at <= to; at += step) {
    ticks.push([at, origin === null ? sinceText(at, step) : clockText(origin + at, step)]);
  }
  return ticks;
}
