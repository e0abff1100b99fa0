// How a generic list can be sorted, as OData `$orderby`.
import type { PropertyView, SetView } from '../../ipc';

export interface Order {
  value: string;
  label: string;
}

/** Long texts and references sort by nothing a person sees. */
function sortable(property: PropertyView): boolean {
  return !property.multi_line && property.references === null && property.kind !== 'Edm.Guid';
}

/** The orders a set offers; its title first, which is also what it opens with. */
export function ordersOf(set: SetView): Order[] {
  const title = set.properties.filter((property) => property.name === set.title_property);
  const others = set.properties.filter((property) => property.name !== set.title_property);
  return [...title, ...others].filter(sortable).map(({ name, label }) => ({ value: name, label }));
}

/** What the second line of a row shows: the first few short properties beside the title. */
export function summaryOf(set: SetView): PropertyView[] {
  return set.properties
    .filter((property) => property.name !== set.title_property && property.name !== 'Id')
    .filter(
      (property) => !property.multi_line && (property.kind !== 'Edm.Guid' || property.references !== null),
    )
    .slice(0, 3);
}

/** What a form shows: everything but the key. */
export function fieldsOf(set: SetView): PropertyView[] {
  return set.properties.filter((property) => property.name !== 'Id');
}
