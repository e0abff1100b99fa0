// What is pictured: each screen and state, with the stage it is taken on (`real/stage.ts`), the state that only a host can be in
// (`states.ts`), and the way to get there.
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
/** The task that was decided about in the scene `decisions`. */
const openDecided = async (page) => {
  await page.click(byId('nav-view-all'));
  await page.fill(byId('search'), 'penstock');
  await page.getByTitle('Grease the penstock').click();
};
const typing = (text) => async (page) => {
  await page.click(byId('nav-view-all'));
  await page.fill(byId('quick-add'), text);
};

const bothOf = async (device) =>
  (await device.ask('conflicts', {})).find(
    (one) => one.kind === 'both_edited' && one.properties.includes('Notes'),
  );
/** The questions of the scene `conflicts`, by what their rows say. */
const both = /Both sides edited it.*About: Notes/;
const values = /Both sides edited it.*About: Priority, Due/;
const deleted = /Deleted on the server/;
const edited = /Changed on the server/;
const decide = (which, then) => async (page, stage) => {
  await go('conflicts')(page);
  const row = page.locator(byId('conflict-row'), { hasText: which });
  await row.locator(byId('conflict-open')).click();
  await page.waitForSelector(byId('conflict-dialog'));
  await then?.(page, stage);
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
  { name: `ask-both${suffix}`, stage: { scenes: ['conflicts'] }, look, act: decide(both, choose) },
  { name: `ask-deleted${suffix}`, stage: { scenes: ['conflicts'] }, look, act: decide(deleted) },
  { name: `ask-edited${suffix}`, stage: { scenes: ['conflicts'] }, look, act: decide(edited) },
  { name: `explain${suffix}`, stage: { scenes: ['parked'] }, look, act: explainParked },
]);

export const SHOTS = [
  ...questions,
  { name: 'ask-both-start', stage: { scenes: ['conflicts'] }, act: decide(both, goRound) },
  { name: 'ask-keyboard', stage: { scenes: ['conflicts'] }, act: decide(both, byKeyboard) },
  { name: 'ask-both-small', stage: { scenes: ['conflicts'] }, size: small, act: decide(both) },
  {
    name: 'ask-both-larger',
    stage: { scenes: ['long', 'conflicts'] },
    size: small,
    look: { textSize: 'large' },
    act: decide(both),
  },
  { name: 'ask-both-values', stage: { scenes: ['conflicts'] }, act: decide(values) },
  { name: 'ask-deleted-long', stage: { scenes: ['long', 'conflicts'] }, size: small, act: decide(deleted) },
  {
    name: 'ask-newer',
    stage: { scenes: ['conflicts'] },
    act: decide(both, async (page, { office, device }) => {
      await choose(page);
      const first = await bothOf(device);
      await office.edit('TodoItems', first.record_id, { Priority: 2 });
      await device.ask('sync_now', {});
    }),
    rest: 700,
  },
  {
    name: 'ask-settled',
    stage: { scenes: ['conflicts'] },
    act: decide(both, async (_, { device }) => {
      const first = await bothOf(device);
      await device.ask('resolve', { conflict: first.id, resolution: 'keep-mine', sides: null });
    }),
    rest: 700,
  },
  {
    name: 'ask-decided',
    stage: { scenes: ['conflicts'] },
    act: decide(deleted, (page) => page.click(byId('conflict-restore'))),
    rest: 700,
  },
  {
    name: 'detail-conflict',
    stage: { scenes: ['conflicts'] },
    act: async (page) => {
      await go('view-conflicts')(page);
      await page.locator(byId('task-title')).first().click();
    },
  },
  { name: 'sign-in', stage: { signedIn: false, demo: true } },
  { name: 'sign-in-small', stage: { signedIn: false, demo: true }, size: small },
  { name: 'sign-in-dark', stage: { signedIn: false, demo: true }, look: dark },
  { name: 'sign-in-high', stage: { signedIn: false }, look: high },
  {
    name: 'sign-in-error',
    stage: { signedIn: false },
    act: async (page) => {
      await page.fill(byId('sign-in-server'), 'tide example');
      await page.fill(byId('sign-in-name'), 'ana');
      await page.fill(byId('sign-in-password'), 'x');
      await page.click(byId('sign-in-submit'));
    },
  },
  { name: 'first-choice', stage: { offline: [] } },
  {
    name: 'first-choice-dark-small',
    stage: { offline: [] },
    look: dark,
    size: small,
    act: (page) => page.click(byId('entity-switch-TodoItems')),
  },
  { name: 'today', stage: { scenes: ['marks'] } },
  { name: 'today-dark', stage: { scenes: ['marks'] }, look: dark },
  { name: 'all-small', stage: { scenes: ['marks'] }, size: small, act: go('view-all') },
  { name: 'all-high', stage: { scenes: ['marks'] }, look: high, act: openTask(3) },
  { name: 'all-high-dark', stage: { scenes: ['marks'] }, look: highDark, act: openTask(3) },
  { name: 'all-larger', stage: { scenes: ['marks'] }, look: larger, act: openTask(3) },
  { name: 'all-larger-small', look: larger, size: small },
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
  { name: 'marks', stage: { scenes: ['marks'] }, act: go('view-not_sent') },
  { name: 'detail', stage: { scenes: ['decisions', 'marks'] }, act: openTask(2) },
  { name: 'detail-dark', stage: { scenes: ['decisions'] }, look: dark, act: openTask(4) },
  { name: 'detail-small', size: small, act: openTask(3) },
  { name: 'detail-long-title', act: openLong },
  {
    name: 'detail-history',
    stage: { scenes: ['decisions'] },
    act: async (page) => {
      await openDecided(page);
      await page.click(byId('history-open'));
      await page.waitForSelector(byId('history-entry'));
      await page.locator(byId('history-entry')).nth(1).scrollIntoViewIfNeeded();
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
  { name: 'empty-today', stage: { tasks: 0 } },
  { name: 'empty-all-dark', stage: { tasks: 0 }, look: dark, act: go('view-all') },
  { name: 'empty-not-sent', act: go('view-not_sent') },
  {
    name: 'empty-search',
    act: async (page) => {
      await page.fill(byId('search'), 'zeppelin');
    },
  },
  { name: 'tasks-offline-not-kept', stage: { offline: ['Sites'], away: true } },
  { name: 'tasks-live', stage: { offline: ['Sites'] } },
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
  { name: 'meters-offline', stage: { away: true }, act: go('Meters') },
  { name: 'empty-contacts', stage: { tasks: 0 }, act: go('Contacts') },
  { name: 'settings', state: 'first', act: go('settings') },
  { name: 'settings-dark-small', state: 'first', look: dark, size: small, act: go('settings') },
  { name: 'settings-high', stage: { scenes: ['waiting'] }, look: high, act: go('settings') },
  {
    name: 'unsent',
    stage: { scenes: ['waiting'] },
    act: async (page) => {
      await go('settings')(page);
      await page.waitForTimeout(200);
      await page.click(byId('entity-switch-TodoItems'));
      await page.waitForSelector(byId('unsent-dialog'));
    },
  },
  { name: 'conflicts', stage: { scenes: ['conflicts'] }, act: go('conflicts') },
  {
    name: 'conflicts-dark-small',
    stage: { scenes: ['conflicts'] },
    look: dark,
    size: small,
    act: go('conflicts'),
  },
  { name: 'empty-conflicts', act: go('conflicts') },
  {
    name: 'activity',
    stage: { scenes: ['activity', 'parked', 'decisions'] },
    state: 'incident',
    act: go('activity'),
  },
  {
    name: 'activity-high-dark',
    stage: { scenes: ['activity', 'parked', 'decisions'] },
    state: 'incident',
    look: highDark,
    act: go('activity'),
  },
  { name: 'empty-activity', act: go('activity') },
  { name: 'account', act: go('account') },
  { name: 'account-dark-small', look: dark, size: small, act: go('account') },
  {
    name: 'sign-out',
    stage: { scenes: ['waiting'] },
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
  {
    name: 'status-waiting',
    stage: { scenes: ['waiting'] },
    act: (page) => page.click(byId('status-details-open')),
  },
  {
    name: 'status-offline',
    stage: { away: true, scenes: ['waiting'] },
    act: (page) => page.click(byId('status-details-open')),
  },
  { name: 'status-syncing', state: 'syncing' },
  { name: 'status-failed', state: 'failed', act: (page) => page.click(byId('status-details-open')) },
  { name: 'status-stale', state: 'stale', size: small },
  {
    name: 'sign-in-again',
    stage: { scenes: ['revoked'] },
    act: async (page) => {
      await page.click(byId('status-details-open'));
      await page.click(byId('status-sign-in'));
    },
  },
  {
    name: 'close',
    stage: { away: true, scenes: ['waiting'] },
    act: async (page, { device }) => {
      const status = await device.ask('status', {});
      await page.evaluate((said) => globalThis.tidemarkHost.emit('close-requested', said), status);
    },
  },
  { name: 'read-only', state: 'read-only' },
  { name: 'thousands', stage: { tasks: 5000 }, act: go('view-all'), rest: 1500 },
];
