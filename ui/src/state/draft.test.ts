import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeHost, fault } from '../../harness/fake-host';
import { useHost } from '../../harness/host';
import { Draft } from './draft.svelte';

let host: FakeHost;
let draft: Draft;

beforeEach(() => {
  vi.useFakeTimers();
  host = useHost(new FakeHost({ tasks: 5, syncMs: null }));
  const record = host.all('TodoItems')[0] ?? {};
  draft = new Draft('TodoItems', { ...record, Title: 'Check pump', Notes: null });
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
    host.latencyMs = 100;
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

describe('a refusal', () => {
  test('keeps what was typed, beside the reason', async () => {
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
    draft.type('Title', '');
    await Promise.all([draft.commit(), settle()]);
    draft.type('Title', 'Check pump');
    await Promise.all([draft.commit(), settle()]);
    expect(draft.failure).toBeNull();
    expect(draft.state).toBe('clean');
  });
});
