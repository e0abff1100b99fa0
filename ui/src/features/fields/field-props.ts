// What every field gets: its property, its value, and whom to tell.
import type { PropertyView } from '../../ipc';

export interface FieldProps {
  property: PropertyView;
  /** Unique on the page. */
  id: string;
  value: unknown;
  /** What the host said about this property. */
  error: string | null;
  disabled?: boolean;
  testid?: string;
  /** Hears each keystroke that makes a value. */
  ontype: (value: unknown) => void;
  /** Hears that the value stands: the field was left, or a choice was made. */
  oncommit: () => void;
}
