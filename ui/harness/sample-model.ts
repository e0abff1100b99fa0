// The default entity model as `model` answers it, and one set with a property of every kind.
import type { PropertyView, SetView } from '../src/ipc/bindings';

function property(name: string, label: string, more: Partial<PropertyView> = {}): PropertyView {
  return {
    name,
    label,
    kind: 'Edm.String',
    nullable: true,
    default: null,
    max_length: null,
    precision: null,
    scale: null,
    multi_line: false,
    references: null,
    ...more,
  };
}

const id = property('Id', 'Id', { kind: 'Edm.Guid', nullable: false });
const notes = property('Notes', 'Notes', { multi_line: true });
const reference = (name: string, label: string, references: string) =>
  property(name, label, { kind: 'Edm.Guid', references });
const required = { nullable: false, max_length: 200 };

function set(
  name: string,
  label: string,
  record_label: string,
  title: string,
  properties: PropertyView[],
): SetView {
  return { name, label, record_label, title_property: title, properties: [id, ...properties] };
}

export const SAMPLE_SETS: SetView[] = [
  set('TodoLists', 'Lists', 'List', 'Name', [property('Name', 'Name', required), notes]),
  set('TodoItems', 'Tasks', 'Task', 'Title', [
    property('Title', 'Title', required),
    notes,
    property('IsDone', 'Done', { kind: 'Edm.Boolean', nullable: false, default: false }),
    property('Priority', 'Priority', { kind: 'Edm.Int32', nullable: false, default: 0 }),
    property('DueAt', 'Due', { kind: 'Edm.DateTimeOffset' }),
    property('Assignee', 'Assignee', { max_length: 200 }),
    reference('TodoListId', 'List', 'TodoLists'),
    reference('SiteId', 'Site', 'Sites'),
  ]),
  set('Sites', 'Sites', 'Site', 'Name', [
    property('Name', 'Name', required),
    property('Address', 'Address', { max_length: 400 }),
    property('Latitude', 'Latitude', { kind: 'Edm.Double' }),
    property('Longitude', 'Longitude', { kind: 'Edm.Double' }),
    notes,
  ]),
  set('Contacts', 'Contacts', 'Contact', 'Name', [
    property('Name', 'Name', required),
    property('Phone', 'Phone', { max_length: 60 }),
    property('Email', 'Email', { max_length: 254 }),
    reference('SiteId', 'Site', 'Sites'),
  ]),
];

export const METERS = set('Meters', 'Meters', 'Meter', 'Code', [
  property('Code', 'Code', { nullable: false, max_length: 20 }),
  property('Remarks', 'Remarks', { multi_line: true }),
  property('IsActive', 'Active', { kind: 'Edm.Boolean', nullable: false, default: true }),
  property('IsSealed', 'Sealed', { kind: 'Edm.Boolean' }),
  property('Digits', 'Digits', { kind: 'Edm.Int32', nullable: false, default: 6 }),
  property('Pulses', 'Pulses', { kind: 'Edm.Int64' }),
  property('Factor', 'Factor', { kind: 'Edm.Double' }),
  property('Price', 'Price', { kind: 'Edm.Decimal', precision: 10, scale: 2 }),
  property('BuiltOn', 'Built on', { kind: 'Edm.Date' }),
  property('ReadAt', 'Read at', { kind: 'Edm.DateTimeOffset' }),
  reference('SiteId', 'Site', 'Sites'),
]);
