// Numbers as people type them; what the property may hold, the host decides.
import type { PropertyView } from '../../ipc';

/** The value that a text means: null where it is empty, undefined where it is no number. */
export function numberOf(property: PropertyView, text: string): number | string | null | undefined {
  const plain = text.trim().replace(',', '.');
  if (plain === '') return null;
  if (property.kind === 'Edm.Int32' || property.kind === 'Edm.Int64') {
    if (!/^[+-]?\d+$/.test(plain)) return undefined;
    const whole = Number(plain);
    // Beyond what a JSON number holds exactly, an Int64 travels as text (OData JSON 4.01 section 7.1).
    return Number.isSafeInteger(whole) ? whole : plain;
  }
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return undefined;
  // A decimal keeps the digits it was typed with, and of a double the host says whether it does.
  if (plain.replace(/\D/g, '').length > 15) return plain;
  return Number(plain);
}
