// What happened to a record, in words; who decided it in a person's place is said.
import { t } from '../../strings';

export function eventWords({ event, by_policy }: { event: string; by_policy: boolean }): string {
  const plain = event.replace(/_by_policy$/, '');
  const words = t.history.events[plain] ?? plain;
  return by_policy || plain !== event ? t.history.byPolicy(words) : words;
}
