// Exponential moving average without the pull towards zero of its first values, as TensorBoard smooths.
// points: [{x, y, sd}]; weight in [0, 1): of what came before. Values that are not numbers stay, and start it anew.
import {isNumber} from './format.js';

export function smoothed(points, weight) {
  if (!(weight > 0)) return points;
  let [y, sd, share] = [0, 0, 0];
  return points.map((point) => {
    if (!isNumber(point.y)) {
      [y, sd, share] = [0, 0, 0];
      return point;
    }
    y = weight * y + (1 - weight) * point.y;
    sd = weight * sd + (1 - weight) * (isNumber(point.sd) ? point.sd : 0);
    share = weight * share + (1 - weight);
    return {...point, y: y / share, sd: isNumber(point.sd) ? sd / share : point.sd};
  });
}
