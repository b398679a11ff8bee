// What may be asked of a sweep.
import {createControls, trialsText} from '../controls.js';

const unfinished = ({counts}) => counts.pending + counts.running;

const waitAgain = ({trials}) => trials.length === 0 ? 'No trial had to be retried.' :
  `${trialsText(trials.length)} ${trials.length === 1 ? 'waits' : 'wait'} again.`;

const ACTIONS = [
  {verb: 'pause', text: 'Pause',
    whyNot: ({activity}) => activity === 'active' ? '' : `The sweep is ${activity}.`,
    said: ({activity}) => activity === 'paused' ? 'Paused: no trial begins, and those that run are handed back.' :
      `Not paused: the sweep is ${activity}.`},
  {verb: 'resume', text: 'Resume',
    whyNot: ({activity}) => activity === 'paused' ? '' : 'The sweep is not paused.',
    said: ({activity}) => activity === 'active' ? 'Resumed: its trials begin as workers are free.' :
      `Not resumed: the sweep is ${activity}.`},
  {verb: 'retry', text: 'Retry',
    whyNot: ({counts}) => counts.failed + counts.cancelled > 0 ? '' : 'No trial has failed or was cancelled.',
    said: waitAgain},
  {verb: 'retry-failed', text: 'Retry failed',
    whyNot: ({counts}) => counts.failed > 0 ? '' : 'No trial has failed.',
    said: waitAgain},
  {verb: 'cancel', text: 'Cancel',
    whyNot: (sweep) => sweep.activity === 'cancelled' ? 'The sweep is cancelled.' :
      unfinished(sweep) === 0 ? 'No trial waits or runs.' : '',
    question: (sweep) => ({title: `Cancel ${sweep.name}?`, yes: 'Cancel the sweep', no: 'Keep it',
      text: `${trialsText(unfinished(sweep))} that wait or run would end without a result, but for those that another ` +
        'sweep has too. What is done stays; retry lets them wait again.'}),
    said: ({trials}) => `Cancelled, and ${trialsText(trials.length)} with it.`},
  {verb: 'priority', text: 'Set priority', whyNot: () => '',
    number: {name: 'Priority', lowest: -1000000, highest: 1000000, of: ({priority}) => String(priority)},
    said: ({priority}) => `The priority is ${priority}: sweeps of higher priority go first.`},
];

export function createSweepControls(onDone) {
  return createControls('Controls of the sweep', ACTIONS, onDone);
}
