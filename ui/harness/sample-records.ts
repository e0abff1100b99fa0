// Believable records, the same ones every time, as an office would write them.
import type { RecordView } from '../src/ipc/record';

const DAY_MS = 86_400_000;

/** A small generator with a seed, so that screenshots can be compared. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

export function guid(kind: number, n: number): string {
  return `${kind.toString(16).padStart(8, '0')}-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

const SITES = [
  ['Harbour pumping station', '1 Quay Road, Eastmouth'],
  ['North reservoir', 'Hill Lane 40, Upper Eastmouth'],
  ['Lock 4', 'Towpath, Westbridge'],
  ['Mill weir', 'Mill Street 12, Westbridge'],
  ['Sluice gate 7', 'Marsh Drove, Saltfleet'],
  ['Treatment works', 'Canal Way 3, Eastmouth'],
];
const LISTS = ['Weekly round', 'Repairs', 'Harbour', 'Winter preparation', 'Orders'];
const PEOPLE = ['Ana Pereira', 'Ben Okafor', 'Chiara Rossi', null, null, null];
const VERBS = [
  'Check',
  'Replace',
  'Clean',
  'Measure',
  'Photograph',
  'Order',
  'Tighten',
  'Inspect',
  'Calibrate',
];
const THINGS = [
  'pump 3',
  'the inlet screen',
  'the pressure gauge',
  'the oil level of the gearbox',
  'the float switch',
  'the fence by the inlet',
  'gasket set DN150',
  'the emergency lighting',
  'the flow meter',
  'the ladder in shaft B',
  'valve 12',
  'the standby generator',
];
const LONG =
  'Photograph the corrosion on the upstream side of the second sluice gate, from the walkway and from the boat, and compare it with last year’s pictures before the inspector comes';

const NOTES =
  'The key hangs in the office. Switch the pump to manual first; the float sticks when the water is low.\n\nTake the long ladder.';

function instant(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

export interface Sample {
  now: number;
  tasks: number;
}

/** Every record of the sample, by entity set. */
export function sampleRecords({ now, tasks }: Sample): Record<string, RecordView[]> {
  const roll = dice(7);
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const dueAt = () => {
    const day = midnight + (roll(26) - 6) * DAY_MS;
    const whole = roll(3) === 0;
    return instant(new Date(day).setHours(whole ? 23 : 7 + roll(11), whole ? 59 : roll(2) * 30, 0, 0));
  };
  const title = (n: number) =>
    n === 3 ? LONG : `${VERBS[roll(VERBS.length)]} ${THINGS[roll(THINGS.length)]}`;
  return {
    TodoLists: LISTS.map((Name, n) => ({ Id: guid(1, n), Name, Notes: null })),
    Sites: SITES.map(([Name, Address], n) => ({
      Id: guid(2, n),
      Name,
      Address,
      Latitude: 52.1 + n / 50,
      Longitude: 1.2 + n / 40,
      Notes: null,
    })),
    Contacts: Array.from({ length: 40 }, (_, n) => ({
      Id: guid(3, n),
      Name: `${['Ana', 'Ben', 'Chiara', 'Dilek', 'Emil', 'Femi'][roll(6)]} ${['Pereira', 'Okafor', 'Rossi', 'Yilmaz', 'Berg', 'Ade'][roll(6)]}`,
      Phone: `+44 1632 960${String(roll(1000)).padStart(3, '0')}`,
      Email: `contact${n}@example.org`,
      SiteId: guid(2, roll(SITES.length)),
    })),
    Meters: Array.from({ length: 25 }, (_, n) => ({
      Id: guid(5, n),
      Code: `M-${1000 + n}`,
      Remarks: null,
      IsActive: roll(4) !== 0,
      IsSealed: [true, false, null][roll(3)],
      Digits: 6,
      Pulses: roll(100_000),
      Factor: 0.25,
      Price: 12.5,
      BuiltOn: '2019-05-04',
      ReadAt: instant(now - roll(90) * DAY_MS),
      SiteId: guid(2, roll(SITES.length)),
    })),
    TodoItems: Array.from({ length: tasks }, (_, n) => ({
      Id: guid(4, n),
      Title: title(n),
      Notes: roll(4) === 0 ? NOTES : null,
      IsDone: roll(3) === 0,
      Priority: [0, 0, 0, 0, 1, 2, 3][roll(7)],
      DueAt: roll(4) === 0 ? null : dueAt(),
      Assignee: PEOPLE[roll(PEOPLE.length)],
      TodoListId: roll(6) === 0 ? null : guid(1, roll(LISTS.length)),
      SiteId: roll(2) === 0 ? guid(2, roll(SITES.length)) : null,
    })),
  };
}
