// Reading a conflict without knowing its type: what differs, what each side changed, whether it is still the same one.
import type { ConflictView, PropertyView, RecordView } from '../../ipc';
import { session } from '../../state/session.svelte';

export interface Difference {
  property: PropertyView;
  from: unknown;
  to: unknown;
}

/** A property that a device of this age does not know still has a name and a value. */
function plain(name: string): PropertyView {
  return {
    name,
    label: name,
    kind: 'Edm.String',
    nullable: true,
    default: null,
    max_length: null,
    precision: null,
    scale: null,
    multi_line: false,
    references: null,
  };
}

export function propertyOf(set: string, name: string): PropertyView {
  return session.property(set, name) ?? plain(name);
}

/** The properties in question, in model order. */
export function inQuestion(conflict: ConflictView): PropertyView[] {
  const known = session.set(conflict.entity_set)?.properties ?? [];
  const first = known.filter((property) => conflict.properties.includes(property.name));
  const rest = conflict.properties.filter((name) => !known.some((property) => property.name === name));
  return [...first, ...rest.map(plain)];
}

/** Whether two values of a record are the same; empty and missing are. */
export function equal(a: unknown, b: unknown): boolean {
  return a === b || (a ?? null) === (b ?? null) || JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}

/** What a record changed of another one, in model order. */
export function differences(set: string, from: RecordView | null, to: RecordView): Difference[] {
  return (session.set(set)?.properties ?? [])
    .filter(({ name }) => name !== 'Id' && !equal(from?.[name], to[name]))
    .map((property) => ({ property, from: from?.[property.name], to: to[property.name] }));
}

/** What a person decides about: two views with the same one ask the same question. */
export function questionOf(conflict: ConflictView): string {
  const said = (record: RecordView | null) =>
    record === null
      ? null
      : Object.entries(record).filter(([name]) => !name.startsWith('_') || name === '_UpdatedAt');
  const { id, kind, properties, base, mine, server } = conflict;
  return JSON.stringify([id, kind, properties, said(base), said(mine), said(server)]);
}

/** What the result of an answer shows: what was in question, and what came together by itself. */
export function resultOf(
  conflict: ConflictView,
  record: RecordView,
): { property: PropertyView; asked: boolean }[] {
  const own = session.set(conflict.entity_set)?.properties ?? [];
  const sides = [conflict.mine, conflict.server].filter((side) => side !== null);
  const merged = own.filter(
    ({ name }) =>
      name !== 'Id' &&
      !conflict.properties.includes(name) &&
      sides.some((side) => !equal(side[name], conflict.base === null ? record[name] : conflict.base[name])),
  );
  return [
    ...inQuestion(conflict).map((property) => ({ property, asked: true })),
    ...merged.map((property) => ({ property, asked: false })),
  ];
}
