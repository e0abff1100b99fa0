import { beforeEach, describe, expect, test } from 'vitest';
import { FaultHost } from '../../../harness/fault-host';
import { useHost } from '../../../harness/host';
import { BEFORE, MINE, THEIRS } from '../../test/questions';
import type { ConflictView, PropertyView, SetView } from '../../ipc';
import { session } from '../../state/session.svelte';
import { differences, equal, inQuestion, questionOf, resultOf } from './compare';
import { Question } from './question.svelte';

const property = (name: string) => ({ name, label: name, kind: 'Edm.String' }) as PropertyView;
const TASKS = {
  name: 'TodoItems',
  properties: ['Title', 'Notes', 'Priority', 'Assignee', 'SiteId'].map(property),
} as SetView;
const base = { Title: 'Check pump 3', Notes: BEFORE, Priority: 0, Assignee: null, SiteId: null };
const both = {
  id: 'c1',
  entity_set: TASKS.name,
  kind: 'both_edited',
  title: base.Title,
  properties: ['Notes', 'Priority'],
  base,
  mine: { ...base, Notes: MINE, Priority: 1, Assignee: 'Demo' },
  server: { ...base, Notes: THEIRS, Priority: 3, SiteId: 's' },
} as unknown as ConflictView;

let host: FaultHost;
beforeEach(() => {
  host = useHost(new FaultHost());
  session.sets = [TASKS];
});

const labels = (properties: readonly { label: string }[]) => properties.map((property) => property.label);

describe('reading a conflict', () => {
  test('the properties in question come in the order of the model; unknown ones come last, by name', () => {
    expect(labels(inQuestion({ ...both, properties: ['Weather', 'Priority', 'Notes'] }))).toEqual([
      'Notes',
      'Priority',
      'Weather',
    ]);
  });

  test('empty and missing are the same value', () => {
    expect(equal(undefined, null)).toBe(true);
    expect(equal(0, null)).toBe(false);
    expect(equal(['a'], ['a'])).toBe(true);
  });

  test('what differs between two records', () => {
    expect(labels(differences('TodoItems', both.base, both.mine).map((one) => one.property))).toEqual([
      'Notes',
      'Priority',
      'Assignee',
    ]);
  });

  test('the result shows what was in question and what came together by itself', () => {
    const record = { ...both.server, Assignee: 'Demo' };
    expect(resultOf(both, record).map(({ property, asked }) => [property.name, asked])).toEqual([
      ['Notes', true],
      ['Priority', true],
      ['Assignee', false],
      ['SiteId', false],
    ]);
  });

  test('a mark that moves is not another question; a value or a newer version is', () => {
    expect(questionOf({ ...both, mine: { ...both.mine, _Mark: 'waiting' } })).toBe(questionOf(both));
    expect(questionOf({ ...both, mine: { ...both.mine, Priority: 2 } })).not.toBe(questionOf(both));
    expect(questionOf({ ...both, id: 'newer' })).not.toBe(questionOf(both));
  });
});

describe('a question in front of a person', () => {
  test('one side throughout is one answer, a mix is a merge, and a missing side is none', () => {
    const question = new Question(both);
    question.choose('Notes', 'server');
    expect(question.chosen).toBeNull();
    expect(question.missing).toBe(1);
    question.choose('Priority', 'mine');
    expect(question.chosen).toEqual({ resolution: 'merge', sides: { Notes: 'server', Priority: 'mine' } });
    question.chooseAll('mine');
    expect(question.chosen).toEqual({ resolution: 'keep-mine', sides: null });
    question.chooseAll('server');
    expect(question.chosen).toEqual({ resolution: 'take-server', sides: null });
  });

  test('a newer version takes back only the choices that it touches', () => {
    const question = new Question(both);
    question.chooseAll('mine');
    question.heard({ ...both, id: 'newer', server: { ...both.server, Priority: 2 } });
    expect(question.newer).toBe(true);
    expect(question.sides).toEqual({ Notes: 'mine' });
    expect(question.shown.id).toBe('newer');
  });

  test('a choice about what is no longer in question goes', () => {
    const question = new Question(both);
    question.chooseAll('server');
    question.heard({ ...both, id: 'newer', properties: ['Notes'] });
    expect(question.chosen).toEqual({ resolution: 'take-server', sides: null });
  });

  test('when it is settled elsewhere nothing can be answered', async () => {
    const question = new Question(both);
    question.chooseAll('mine');
    question.heard(undefined);
    expect(question.settled).toBe(true);
    expect(await question.answer('keep-mine')).toBe(false);
    expect(host.called('resolve')).toEqual([]);
  });
});
