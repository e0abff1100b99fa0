import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import { fault } from '../../../harness/fake-host';
import { allById, byId, findById, openApp } from '../../test/open-app';

async function fill(
  user: Awaited<ReturnType<typeof openApp>>['user'],
  server: string,
  name: string,
  password: string,
) {
  await user.type(await findById('sign-in-server'), server);
  await user.type(byId('sign-in-name'), name);
  await user.type(byId('sign-in-password'), password);
  await user.click(byId('sign-in-submit'));
}

describe('sign-in', () => {
  test('opens the tasks', async () => {
    const { host, user } = await openApp({ signedIn: false, tasks: 5 });
    await fill(user, 'https://tide.example.org', 'ana', 'tide');
    expect((await screen.findAllByTestId('task-row')).length).toBeGreaterThan(0);
    expect(host.called('sign_in')).toEqual([
      { server: 'https://tide.example.org', name: 'ana', password: 'tide' },
    ]);
  });

  test('says what is missing without asking the host', async () => {
    const { host, user } = await openApp({ signedIn: false });
    await user.click(await findById('sign-in-submit'));
    expect(screen.getByText('Enter the address of your server.')).toBeTruthy();
    expect(screen.getByText('Enter your password.')).toBeTruthy();
    expect(host.called('sign_in')).toEqual([]);
  });

  test.each([
    [
      'a wrong password',
      fault('wrong_password', 'name or password is not right'),
      'sign-in-password',
      'Name or password is not right',
    ],
    [
      'a wrong address',
      fault('invalid', 'tide.example.org is not an address', 'server'),
      'sign-in-server',
      'Tide.example.org is not an address',
    ],
  ])('%s is said beside its field, and what was typed stays', async (_, refusal, field, words) => {
    const { host, user } = await openApp({ signedIn: false });
    host.failing.set('sign_in', refusal);
    await fill(user, 'tide.example.org', 'ana', 'nope');
    await waitFor(() => expect(byId(field).getAttribute('aria-invalid')).toBe('true'));
    const described = document.getElementById(byId(field).getAttribute('aria-describedby') ?? '');
    expect(described?.textContent).toContain(words);
    expect((byId('sign-in-name') as HTMLInputElement).value).toBe('ana');
  });

  test('no network is said in one sentence', async () => {
    const { host, user } = await openApp({ signedIn: false });
    host.failing.set('sign_in', fault('offline', 'the server cannot be reached; nothing was sent'));
    await fill(user, 'https://tide.example.org', 'ana', 'tide');
    expect((await findById('sign-in-error')).textContent).toContain('cannot be reached');
  });

  test('the demo is offered only where a server offers it', async () => {
    await openApp({ signedIn: false });
    expect(allById('sign-in-demo')).toEqual([]);
  });

  test('one press opens the demo', async () => {
    const { host, user } = await openApp({ signedIn: false, tasks: 3 }, undefined, (fake) => {
      fake.session.demo_server = 'http://127.0.0.1:8080';
    });
    await user.click(await findById('sign-in-demo'));
    await screen.findByTestId('status-bar');
    expect(host.called('sign_in')[0]).toMatchObject({ server: 'http://127.0.0.1:8080', name: 'demo' });
  });
});

describe('the first choice', () => {
  test('is asked when nothing is kept offline, once', async () => {
    const { host, user } = await openApp({ signedIn: false, offline: [], tasks: 4 });
    await fill(user, 'https://tide.example.org', 'ana', 'tide');
    await user.click(await findById('entity-switch-TodoItems'));
    await waitFor(() => expect(byId('entity-switch-TodoItems').getAttribute('aria-checked')).toBe('true'));
    expect(host.called('entity_on')).toEqual([{ set: 'TodoItems' }]);
    await user.click(byId('first-choice-done'));
    await screen.findByTestId('status-bar');
    host.offline.clear();
    host.emit('session-changed');
    host.emit('entities-changed');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(allById('first-choice-done')).toEqual([]);
  });

  test('everything can be kept with one press', async () => {
    const { host, user } = await openApp({ offline: [], user: 'ben' });
    await user.click(await findById('first-choice-all'));
    await waitFor(() => expect(host.offline.size).toBe(host.sets.length));
  });

  test('is not asked when a choice came with the account', async () => {
    await openApp({ offline: ['Sites'], user: 'chiara' });
    expect(await findById('status-bar')).toBeTruthy();
  });
});

test('a host that cannot open its records says why, and is asked again', async () => {
  const { host, user } = await openApp({}, undefined, (fake) => {
    // Only what the host says is shown; the first question fails.
    fake.failing.set(
      'session',
      fault('newer_database', 'These records were written by a newer Tidemark. Update it.'),
    );
    setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<i data-screen></i>'));
  });
  expect(await screen.findByText(/written by a newer Tidemark/)).toBeTruthy();
  await user.click(screen.getByText('Try again'));
  expect(await findById('status-bar')).toBeTruthy();
  expect(host.called('session')).toHaveLength(2);
});
