// What is wrong with a sign-in, and which field it belongs to.
import type { HostError } from '../../ipc';
import { t } from '../../strings';

export type SignInField = 'server' | 'name' | 'password' | 'form';
export type Problems = Partial<Record<SignInField, string>>;

/** What is missing before the host need be asked. */
export function problemsIn(typed: { server: string; name: string; password: string }): Problems {
  return {
    ...(typed.server === '' ? { server: t.signIn.missingServer } : {}),
    ...(typed.name === '' ? { name: t.signIn.missingName } : {}),
    ...(typed.password === '' ? { password: t.signIn.missingPassword } : {}),
  };
}

/** Where the host's sentence is shown. */
export function propertyOf(failure: HostError): SignInField {
  if (failure.code === 'wrong_password') return 'password';
  const named = (['server', 'name', 'password'] as const).find((field) => field === failure.property);
  return named ?? 'form';
}
