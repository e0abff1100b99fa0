// What is pictured: each screen and state, with the way to get there.
const byId = (id) => `[data-testid="${id}"]`;
const small = { width: 1000, height: 700 };
const dark = { theme: 'dark' };
const high = { contrast: 'high' };
const highDark = { contrast: 'high', theme: 'dark' };
const larger = { textSize: 'larger' };

const go = (place) => (page) => page.click(byId(`nav-${place}`));
const openTask = (nth) => async (page) => {
  await page.click(byId('nav-view-all'));
  await page.waitForTimeout(200);
  await page.locator(byId('task-title')).nth(nth).click();
};
const openLong = async (page) => {
  await page.click(byId('nav-view-all'));
  await page.fill(byId('search'), 'corrosion');
  await page.waitForTimeout(400);
  await page.locator(byId('task-title')).first().click();
};
const typing = (text) => async (page) => {
  await page.click(byId('nav-view-all'));
  await page.fill(byId('quick-add'), text);
};

const decide = (nth, then) => async (page) => {
  await go('conflicts')(page);
  await page.locator(byId('conflict-open')).nth(nth).click();
  await page.waitForSelector(byId('conflict-dialog'));
  await then?.(page);
};
const choose = async (page) => {
  await page.check(byId('conflict-server-Notes'));
  await page.check(byId('conflict-mine-Priority'));
};
/** The keyboard goes round in the dialog and never leaves it. */
const goRound = async (page) => {
  for (let step = 0; step < 12; step += 1) {
    await page.keyboard.press('Tab');
    if (!(await page.evaluate(() => document.activeElement.closest('[role=dialog]') !== null)))
      throw new Error('the focus left the dialog');
  }
};
/** A question answered without a mouse: Enter saves only when every property has a side. */
const byKeyboard = async (page) => {
  const isOpen = async () => (await page.locator(byId('conflict-dialog')).count()) > 0;
  await page.focus(byId('conflict-mine-Notes'));
  for (const key of ['Space', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
  await page.waitForTimeout(200);
  if (!(await isOpen())) throw new Error('Enter saved while a choice was missing');
  for (const key of ['Tab', 'Space', 'Enter']) await page.keyboard.press(key);
  await page.waitForTimeout(400);
  if (await isOpen()) throw new Error('Enter did not save');
  if (await page.evaluate(() => document.activeElement === document.body))
    throw new Error('the focus is lost');
};
const explainParked = async (page) => {
  await go('activity')(page);
  await page.locator(byId('explain-open')).first().click();
  await page.waitForSelector(byId('explain-panel'));
};

/** Every question in every look. */
const looks = { '': {}, '-dark': dark, '-high': high, '-high-dark': highDark };
const questions = Object.entries(looks).flatMap(([suffix, look]) => [
  { name: `ask-both${suffix}`, query: '?scene=conflicts', look, act: decide(0, choose) },
  { name: `ask-deleted${suffix}`, query: '?scene=conflicts', look, act: decide(1) },
  { name: `ask-edited${suffix}`, query: '?scene=conflicts', look, act: decide(2) },
  { name: `explain${suffix}`, query: '?scene=parked', look, act: explainParked },
]);

export const SHOTS = [
  ...questions,
  { name: 'ask-both-start', query: '?scene=conflicts', act: decide(0, goRound) },
  { name: 'ask-keyboard', query: '?scene=conflicts', act: decide(0, byKeyboard) },
  { name: 'ask-both-small', query: '?scene=conflicts', size: small, act: decide(0) },
  {
    name: 'ask-both-larger',
    query: '?scene=long-conflict',
    size: small,
    look: { textSize: 'large' },
    act: decide(0),
  },
  { name: 'ask-both-values', query: '?scene=conflicts', act: decide(3) },
  { name: 'ask-deleted-long', query: '?scene=long-conflict', size: small, act: decide(1) },
  {
    name: 'ask-newer',
    query: '?scene=conflicts',
    act: decide(0, async (page) => {
      await choose(page);
      await page.evaluate(() => {
        const host = globalThis.tidemarkHost;
        const [first, ...rest] = host.conflicts;
        host.conflicts = [{ ...first, id: 'c1b', server: { ...first.server, Priority: 2 } }, ...rest];
        host.emit('records-changed', { set: 'TodoItems', ids: [first.record_id] });
      });
    }),
    rest: 700,
  },
  {
    name: 'ask-settled',
    query: '?scene=conflicts',
    act: decide(0, (page) =>
      page.evaluate(() => {
        const host = globalThis.tidemarkHost;
        host.conflicts = host.conflicts.slice(1);
        host.emit('status-changed', host.statusView());
      }),
    ),
    rest: 700,
  },
  {
    name: 'ask-decided',
    query: '?scene=conflicts',
    act: decide(1, (page) => page.click(byId('conflict-restore'))),
    rest: 700,
  },
  {
    name: 'detail-conflict',
    query: '?scene=conflicts',
    act: async (page) => {
      await go('view-conflicts')(page);
      await page.locator(byId('task-title')).first().click();
    },
  },
  { name: 'sign-in', query: '?signedin=0&scene=demo' },
  { name: 'sign-in-small', query: '?signedin=0&scene=demo', size: small },
  { name: 'sign-in-dark', query: '?signedin=0&scene=demo', look: dark },
  { name: 'sign-in-high', query: '?signedin=0', look: high },
  {
    name: 'sign-in-error',
    query: '?signedin=0',
    act: async (page) => {
      await page.evaluate(() => {
        const refusal = { code: 'invalid', message: 'this is not an address', property: 'server' };
        globalThis.tidemarkHost.failing.set('sign_in', refusal);
      });
      await page.fill(byId('sign-in-server'), 'tide.example.org');
      await page.fill(byId('sign-in-name'), 'ana');
      await page.fill(byId('sign-in-password'), 'x');
      await page.click(byId('sign-in-submit'));
    },
  },
  { name: 'first-choice', query: '?offline=' },
  {
    name: 'first-choice-dark-small',
    query: '?offline=',
    look: dark,
    size: small,
    act: (page) => page.click(byId('entity-switch-TodoItems')),
  },
  { name: 'today', query: '?scene=marks' },
  { name: 'today-dark', query: '?scene=marks', look: dark },
  { name: 'all-small', query: '?scene=marks', size: small, act: go('view-all') },
  { name: 'all-high', query: '?scene=marks', look: high, act: openTask(3) },
  { name: 'all-high-dark', query: '?scene=marks', look: highDark, act: openTask(3) },
  { name: 'all-larger', query: '?scene=marks', look: larger, act: openTask(3) },
  { name: 'all-larger-small', query: '', look: larger, size: small },
  {
    name: 'drawer',
    look: larger,
    size: small,
    act: (page) => page.getByLabel('Menu').click(),
  },
  {
    name: 'more-menu',
    act: async (page) => {
      await go('Contacts')(page);
      await page.click(byId('more'));
    },
  },
  {
    name: 'sort-menu',
    act: async (page) => {
      await page.click(byId('sort'));
    },
  },
  { name: 'keyboard-cursor', act: (page) => page.keyboard.press('j').then(() => page.keyboard.press('j')) },
  { name: 'marks', query: '?scene=marks', act: go('view-not_sent') },
  { name: 'detail', query: '?scene=marks,history', act: openTask(2) },
  { name: 'detail-dark', query: '?scene=history', look: dark, act: openTask(4) },
  { name: 'detail-small', size: small, act: openTask(3) },
  { name: 'detail-long-title', act: openLong },
  {
    name: 'detail-history',
    query: '?scene=history',
    act: async (page) => {
      await openTask(1)(page);
      await page.click(byId('history-open'));
      await page.waitForSelector(byId('history-entry'));
      await page.locator(byId('history-entry')).last().scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'detail-date',
    act: async (page) => {
      await openTask(1)(page);
      await page.getByLabel('Due: Choose a date').click();
    },
  },
  {
    name: 'detail-date-dark',
    look: dark,
    act: async (page) => {
      await openTask(1)(page);
      await page.getByLabel('Due: Choose a date').click();
    },
  },
  {
    name: 'detail-reference',
    act: async (page) => {
      await openTask(1)(page);
      await page.click(byId('detail-site'));
    },
  },
  {
    name: 'detail-error',
    act: async (page) => {
      await openTask(1)(page);
      await page.fill(byId('detail-title'), '');
      await page.press(byId('detail-title'), 'Enter');
    },
  },
  { name: 'quick-add', act: typing('Check pump 3 tomorrow 14:00 !2 #Harbour') },
  {
    name: 'quick-add-small-dark',
    size: small,
    look: dark,
    act: typing('Check pump 3 tomorrow 14:00 !2 #Harbour'),
  },
  { name: 'quick-add-lists', act: typing('Order gaskets #') },
  {
    name: 'quick-add-done',
    act: async (page) => {
      await typing('Check pump 3 tomorrow 14:00 !2 #Harbour')(page);
      await page.press(byId('quick-add'), 'Enter');
    },
    rest: 600,
  },
  {
    name: 'picked',
    act: async (page) => {
      await go('view-all')(page);
      await page.waitForTimeout(200);
      await page.locator(byId('task-title')).nth(1).click();
      await page
        .locator(byId('task-title'))
        .nth(4)
        .click({ modifiers: ['Shift'] });
    },
  },
  {
    name: 'deleted-toast',
    act: async (page) => {
      await openTask(1)(page);
      await page.click(byId('detail-delete'));
    },
    rest: 700,
  },
  { name: 'empty-today', query: '?empty=1' },
  { name: 'empty-all-dark', query: '?empty=1', look: dark, act: go('view-all') },
  { name: 'empty-not-sent', act: go('view-not_sent') },
  {
    name: 'empty-search',
    act: async (page) => {
      await page.fill(byId('search'), 'zeppelin');
    },
  },
  { name: 'tasks-offline-not-kept', query: '?offline=Sites&online=0' },
  { name: 'tasks-live', query: '?offline=Sites' },
  { name: 'contacts', act: go('Contacts') },
  {
    name: 'contact-detail',
    act: async (page) => {
      await go('Contacts')(page);
      await page.locator(byId('record-title')).nth(2).click();
    },
  },
  { name: 'meters-live', act: go('Meters') },
  {
    name: 'meter-new',
    size: small,
    act: async (page) => {
      await go('Meters')(page);
      await page.click(byId('record-new'));
    },
  },
  { name: 'meters-offline', query: '?online=0', act: go('Meters') },
  { name: 'empty-contacts', query: '?empty=1', act: go('Contacts') },
  { name: 'settings', query: '?scene=first', act: go('settings') },
  { name: 'settings-dark-small', query: '?scene=first', look: dark, size: small, act: go('settings') },
  { name: 'settings-high', query: '?scene=waiting', look: high, act: go('settings') },
  {
    name: 'unsent',
    query: '?scene=waiting',
    act: async (page) => {
      await go('settings')(page);
      await page.waitForTimeout(200);
      await page.click(byId('entity-switch-TodoItems'));
      await page.waitForSelector(byId('unsent-dialog'));
    },
  },
  { name: 'conflicts', query: '?scene=conflicts', act: go('conflicts') },
  { name: 'conflicts-dark-small', query: '?scene=conflicts', look: dark, size: small, act: go('conflicts') },
  { name: 'empty-conflicts', act: go('conflicts') },
  { name: 'activity', query: '?scene=activity,parked,decisions', act: go('activity') },
  {
    name: 'activity-high-dark',
    query: '?scene=activity,parked,decisions',
    look: highDark,
    act: go('activity'),
  },
  { name: 'empty-activity', act: go('activity') },
  { name: 'account', act: go('account') },
  { name: 'account-dark-small', look: dark, size: small, act: go('account') },
  {
    name: 'sign-out',
    query: '?scene=waiting',
    act: async (page) => {
      await go('account')(page);
      await page.click(byId('sign-out'));
    },
  },
  { name: 'palette', act: (page) => page.keyboard.press('Control+k') },
  {
    name: 'palette-found-dark',
    look: dark,
    act: async (page) => {
      await page.keyboard.press('Control+k');
      await page.fill(byId('palette-input'), 'pump');
    },
    rest: 500,
  },
  { name: 'shortcuts', act: (page) => page.keyboard.press('Shift+?') },
  { name: 'status-waiting', query: '?scene=waiting', act: (page) => page.click(byId('status-details-open')) },
  {
    name: 'status-offline',
    query: '?scene=waiting&online=0',
    act: (page) => page.click(byId('status-details-open')),
  },
  { name: 'status-syncing', query: '?scene=syncing' },
  { name: 'status-failed', query: '?scene=failed', act: (page) => page.click(byId('status-details-open')) },
  { name: 'status-stale', query: '?scene=stale', size: small },
  {
    name: 'sign-in-again',
    query: '?scene=sign-in',
    act: async (page) => {
      await page.click(byId('status-details-open'));
      await page.click(byId('status-sign-in'));
    },
  },
  {
    name: 'close',
    query: '?scene=waiting&online=0',
    act: (page) =>
      page.evaluate(() =>
        globalThis.tidemarkHost.emit('close-requested', globalThis.tidemarkHost.statusView()),
      ),
  },
  { name: 'read-only', query: '?scene=read-only' },
  { name: 'thousands', query: '?tasks=100000', act: go('view-all'), rest: 1500 },
];
