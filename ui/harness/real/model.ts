// The entity model of the harness: the default one, and Meters, a set with a property of every kind that no screen was
// written for.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Csdl } from './server';

type Schema = Record<string, Record<string, unknown>>;

const METER = {
  $Kind: 'EntityType',
  $Key: ['Id'],
  '@Common.Label': 'Meter',
  Id: { $Type: 'Edm.Guid' },
  Code: { $MaxLength: 20, '@Common.Label': 'Code' },
  Remarks: { $Nullable: true, '@Common.Label': 'Remarks', '@UI.MultiLineText': true },
  IsActive: { $Type: 'Edm.Boolean', $DefaultValue: 'true', '@Common.Label': 'Active' },
  IsSealed: { $Type: 'Edm.Boolean', $Nullable: true, '@Common.Label': 'Sealed' },
  Digits: { $Type: 'Edm.Int32', $DefaultValue: '6', '@Common.Label': 'Digits' },
  Pulses: { $Type: 'Edm.Int64', $Nullable: true, '@Common.Label': 'Pulses' },
  Factor: { $Type: 'Edm.Double', $Nullable: true, '@Common.Label': 'Factor' },
  Price: { $Type: 'Edm.Decimal', $Precision: 10, $Scale: 2, $Nullable: true, '@Common.Label': 'Price' },
  BuiltOn: { $Type: 'Edm.Date', $Nullable: true, '@Common.Label': 'Built on' },
  ReadAt: { $Type: 'Edm.DateTimeOffset', $Nullable: true, '@Common.Label': 'Read at' },
  SiteId: { $Type: 'Edm.Guid', $Nullable: true, '@Common.Label': 'Site' },
  Site: {
    $Kind: 'NavigationProperty',
    $Type: 'Tidemark.Site',
    $Nullable: true,
    $ReferentialConstraint: { SiteId: 'Id' },
  },
};
const METERS = {
  $Collection: true,
  $Type: 'Tidemark.Meter',
  '@Common.Label': 'Meters',
  $NavigationPropertyBinding: { Site: 'Sites' },
};

/** The model, for the caller to change. */
export function model(): Csdl {
  const path = resolve(process.cwd(), '../crates/model/entities.csdl.json');
  const whole = JSON.parse(readFileSync(path, 'utf8')) as Csdl;
  const schema = whole['Tidemark'] as Schema;
  schema['Meter'] = METER;
  schema['Container'] = { ...schema['Container'], Meters: METERS };
  return whole;
}

/** The model with a property of a set changed, or without it. */
export function modelWith(type: string, property: string, becomes: object | null): Csdl {
  const whole = model();
  const entity = (whole['Tidemark'] as Schema)[type] ?? {};
  if (becomes === null) delete entity[property];
  else entity[property] = { ...(entity[property] as object), ...becomes };
  return whole;
}

/** The model without an entity set, its type, and what leads to lists of it. */
export function modelWithout(type: string, set: string): Csdl {
  const whole = model();
  const schema = whole['Tidemark'] as Schema;
  delete schema[type];
  delete schema['Container']?.[set];
  for (const entity of Object.values(schema)) {
    for (const [name, member] of Object.entries(entity)) {
      const way = member as { $Collection?: boolean; $Type?: string } | null;
      if (way?.$Collection === true && way.$Type === `Tidemark.${type}`) delete entity[name];
    }
  }
  return whole;
}
