// A property's value as text to read.
import type { PropertyView } from '../../ipc';
import { TASKS } from '../../state/navigation.svelte';
import { titleOf } from '../../state/titles.svelte';
import { dayName, due, t } from '../../strings';

/** What a property says; empty where it is empty. References answer their record's title. */
export function show(property: PropertyView, value: unknown, now: number): string {
  if (value === null || value === undefined || value === '') return '';
  if (property.references !== null) {
    const title = titleOf(property.references, String(value));
    return title === undefined ? '' : (title ?? t.fields.notHere);
  }
  if (typeof value === 'boolean') return value ? t.common.yes : t.common.no;
  if (property.kind === 'Edm.DateTimeOffset') return due(Date.parse(String(value)), now);
  if (property.kind === 'Edm.Date') return dayName(new Date(`${String(value)}T12:00:00`).getTime(), now);
  return String(value);
}

/** As `show`, where the entity set says more than the type: the priority of a task has a name. */
export function showOf(set: string, property: PropertyView, value: unknown, now: number): string {
  if (set === TASKS && property.name === 'Priority' && typeof value === 'number')
    return t.detail.priorities[value] ?? t.detail.priorityOther(value);
  return show(property, value, now);
}
