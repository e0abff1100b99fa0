import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FaultHost, fault } from '../../harness/fault-host';
import { useHost } from '../../harness/host';
import type { RecordView } from '../ipc';
import { Draft } from './draft.svelte';

let host: FaultHost;
let draft: Draft;
/** What the host has, and how long it takes to store an edit. */
let record: RecordView;
let latencyMs: number;

beforeEach(() => {
  vi.useFakeTimers();
  record = { Id: '4', Title: 'Check pump', Notes: null, Priority: 0 };
  latencyMs = 0;
  host = useHost(new FaultHost());
  host.says('get', () => record);
  host.says('edit', async ({ changes }) => {
    await new Promise((resolve) => setTimeout(resolve, latencyMs));
    return (record = { ...record, ...changes });
  });
  draft = new Draft('TodoItems', record);
});

afterEach(() => {
  vi.useRealTimers();
});

const settle = () => vi.advanceTimersByTimeAsync(20);
const edits = () => host.called('edit').map((call) => call['changes']);

describe('typing', () => {
  test('is stored at a pause, once', async () => {
    for (const text of ['C', 'Cl', 'Clean']) draft.type('Title', text);
    expect(draft.state).toBe('typing');
    await vi.advanceTimersByTimeAsync(600);
    expect(edits()).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(edits()).toEqual([{ Title: 'Clean' }]);
    expect(draft.state).toBe('saved');
  });

  test('a choice is stored at once, with what is typed', async () => {
    draft.type('Title', 'Clean');
    void draft.put('Priority', 2);
    await settle();
    expect(edits()).toHaveLength(1);
    expect(edits()[0]).toMatchObject({ Title: 'Clean' });
  });

  test('nothing is sent when nothing is different', async () => {
    draft.type('Title', 'Other');
    draft.type('Title', 'Check pump');
    draft.type('Notes', null);
    await draft.commit();
    expect(edits()).toEqual([]);
    expect(draft.state).toBe('clean');
  });
});

describe('the background', () => {
  test('replaces what is stored, never what is typed', () => {
    draft.type('Title', 'Clean');
    draft.refreshed({ ...draft.stored, Title: 'From Ben', Notes: 'From Ben' });
    expect(draft.text('Title')).toBe('Clean');
    expect(draft.text('Notes')).toBe('From Ben');
  });

  test('what is typed while a save runs stays typed', async () => {
    latencyMs = 100;
    draft.type('Title', 'First');
    void draft.commit();
    await vi.advanceTimersByTimeAsync(50);
    draft.type('Title', 'Second');
    await vi.advanceTimersByTimeAsync(60);
    expect(draft.text('Title')).toBe('Second');
    expect(draft.state).toBe('typing');
    await vi.advanceTimersByTimeAsync(2000);
    expect(edits()).toEqual([{ Title: 'First' }, { Title: 'Second' }]);
    expect(draft.state).toBe('saved');
  });
});

describe('what was shown', () => {
  const shown = () => host.called('edit').map((call) => call['shown']);
  const version = (etag: string, changes: object) => ({ ...draft.stored, '@odata.etag': etag, ...changes });

  beforeEach(() => draft.refreshed(version('e1', {})));

  test('goes with the edit, as it was when the typing began', async () => {
    draft.type('Title', 'Clean');
    draft.refreshed(version('e2', { Title: 'From Ben', _UpdatedBy: 'Ben' }));
    draft.type('Title', 'Clean up');
    draft.type('Notes', 'Wet');
    await Promise.all([draft.commit(), settle()]);
    expect(edits()).toEqual([{ Title: 'Clean up', Notes: 'Wet' }]);
    expect(shown()).toEqual([{ '@odata.etag': 'e1', Title: 'Check pump', Notes: null }]);
  });

  test('a property that somebody else changed is told beside what is typed', () => {
    draft.type('Title', 'Clean');
    draft.refreshed(version('e2', { Notes: 'From Ben' }));
    expect(draft.moved).toEqual([]);
    draft.refreshed(version('e3', { Title: 'From Ben', Notes: 'From Ben' }));
    expect(draft.moved).toEqual(['Title']);
    draft.refreshed(version('e4', { Title: 'Clean' }));
    expect(draft.moved).toEqual([]);
  });

  test('what somebody else changed waits for an answer, and is stored without one', async () => {
    const typed = () => {
      draft = new Draft('TodoItems', version('e1', { Title: 'Check pump' }));
      draft.type('Title', 'Clean');
      draft.refreshed(version('e2', { Title: 'From Ben' }));
    };
    typed();
    await vi.advanceTimersByTimeAsync(5_000);
    void draft.rest();
    await settle();
    expect([edits(), draft.moved, draft.state]).toEqual([[], ['Title'], 'typing']);
    await Promise.all([draft.takeTheirs(), settle()]);
    expect([edits(), draft.text('Title')]).toEqual([[], 'From Ben']);
    typed();
    // Whoever types on and on is stored all the same.
    for (const title of ['Clean i', 'Clean it', 'Clean']) {
      draft.type('Title', title);
      await vi.advanceTimersByTimeAsync(4_000);
    }
    expect(edits()).toEqual([{ Title: 'Clean' }]);
    expect(shown()).toEqual([{ '@odata.etag': 'e1', Title: 'Check pump' }]);
  });

  test('what is typed anew during a save is typed over what was saved', async () => {
    latencyMs = 100;
    draft.type('Title', 'First');
    void draft.commit();
    await vi.advanceTimersByTimeAsync(50);
    draft.type('Title', 'Second');
    await vi.advanceTimersByTimeAsync(2000);
    expect(shown().map((one) => (one as { Title: string }).Title)).toEqual(['Check pump', 'First']);
    expect(draft.moved).toEqual([]);
  });

  test('a refused edit shows the newer version, and either may stand', async () => {
    const refused = fault('changed_meanwhile', 'Check pump was changed meanwhile by Ben.');
    for (const stands of ['mine', 'theirs'] as const) {
      draft = new Draft('TodoItems', version('e1', { Title: 'Check pump' }));
      record = version('e2', { Title: 'From Ben' });
      host.failing.set('edit', refused);
      draft.type('Title', 'Clean');
      await Promise.all([draft.commit(), settle()]);
      expect([draft.state, draft.text('Title'), draft.moved]).toEqual(['failed', 'Clean', ['Title']]);
      const before = edits().length;
      if (stands === 'mine') {
        await Promise.all([draft.keepMine(), settle()]);
        expect(shown().at(-1)).toEqual({ '@odata.etag': 'e2', Title: 'From Ben' });
        expect(draft.state).toBe('saved');
      } else {
        await Promise.all([draft.takeTheirs(), settle()]);
        expect(edits()).toHaveLength(before);
        expect([draft.text('Title'), draft.state, draft.failure]).toEqual(['From Ben', 'clean', null]);
      }
    }
  });

  test('typing back to what was shown overwrites nothing', async () => {
    draft.type('Title', 'Clean');
    draft.refreshed(version('e2', { Title: 'From Ben' }));
    draft.type('Title', 'Check pump');
    await Promise.all([draft.commit(), settle()]);
    expect(edits()).toEqual([]);
    expect(draft.text('Title')).toBe('From Ben');
  });
});

describe('a refusal', () => {
  const refusal = fault('invalid', 'Title must not be empty.', 'Title');

  test('keeps what was typed, beside the reason', async () => {
    host.failing.set('edit', refusal);
    draft.type('Title', '');
    await Promise.all([draft.commit(), settle()]);
    expect(draft.state).toBe('failed');
    expect(draft.text('Title')).toBe('');
    expect(draft.errorFor('Title')).toBe('Title must not be empty.');
    expect(draft.errorFor('Notes')).toBeNull();
  });

  test('is over when the next save works', async () => {
    host.failing.set('edit', fault('disk_full', 'The disk is full. Make room and type on; nothing is lost.'));
    draft.type('Title', 'Clean');
    await Promise.all([draft.commit(), settle()]);
    expect(draft.failure?.code).toBe('disk_full');
    await Promise.all([draft.commit(), settle()]);
    expect(draft.state).toBe('saved');
    expect(edits()).toEqual([{ Title: 'Clean' }, { Title: 'Clean' }]);
  });

  test('is over when the text is what it was', async () => {
    host.failing.set('edit', refusal);
    draft.type('Title', '');
    await Promise.all([draft.commit(), settle()]);
    draft.type('Title', 'Check pump');
    await Promise.all([draft.commit(), settle()]);
    expect(draft.failure).toBeNull();
    expect(draft.state).toBe('clean');
  });
});
