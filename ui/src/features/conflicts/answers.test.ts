import { expect, test } from 'vitest';
import type { ConflictView } from '../../ipc';
import { answersTo } from './answers';

const conflict = (kind: string, server_user: string | null = 'Ben') =>
  ({ kind, server_user }) as ConflictView;

test('each kind has its own answers', () => {
  const of = (kind: string) => answersTo(conflict(kind)).map((answer) => answer.resolution);
  expect(of('both_edited')).toEqual(['keep-mine', 'take-server']);
  expect(of('deleted_on_server')).toEqual(['restore', 'accept-delete']);
  expect(of('edited_on_server')).toEqual(['delete-anyway', 'keep-server']);
  expect(of('something_new')).toEqual([]);
});

test('the other side has a name, where it is known', () => {
  expect(answersTo(conflict('edited_on_server'))[1]?.label).toBe('Keep Ben’s version');
  expect(answersTo(conflict('edited_on_server', null))[1]?.label).toBe('Keep the server’s version');
});
