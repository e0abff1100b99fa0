// The shape and tone that each state of the status line has beside its words.
import CircleCheck from '@lucide/svelte/icons/circle-check';
import Clock from '@lucide/svelte/icons/clock-alert';
import CloudDownload from '@lucide/svelte/icons/cloud-download';
import CloudOff from '@lucide/svelte/icons/cloud-off';
import CloudUpload from '@lucide/svelte/icons/cloud-upload';
import GitCompareArrows from '@lucide/svelte/icons/git-compare-arrows';
import KeyRound from '@lucide/svelte/icons/key-round';
import OctagonAlert from '@lucide/svelte/icons/octagon-alert';
import RefreshCw from '@lucide/svelte/icons/refresh-cw';
import TriangleAlert from '@lucide/svelte/icons/triangle-alert';
import User from '@lucide/svelte/icons/user';
import type { Icon } from '../design/icon';
import type { StatusKind } from '../ipc';

export interface Look {
  icon: Icon;
  tone: string;
  /** The tone of the tide line above the bar. */
  line: string;
}

export const STATUS_LOOKS: Record<StatusKind, Look> = {
  not_set_up: { icon: User, tone: 'text-soft', line: 'bg-line' },
  sign_in: { icon: KeyRound, tone: 'text-wait', line: 'bg-mark' },
  syncing: { icon: RefreshCw, tone: 'text-accent', line: 'bg-accent' },
  offline: { icon: CloudOff, tone: 'text-ink', line: 'bg-edge' },
  failed: { icon: TriangleAlert, tone: 'text-alarm', line: 'bg-alarm' },
  conflicts: { icon: GitCompareArrows, tone: 'text-alarm', line: 'bg-alarm' },
  parked: { icon: OctagonAlert, tone: 'text-alarm', line: 'bg-alarm' },
  waiting: { icon: CloudUpload, tone: 'text-wait', line: 'bg-mark' },
  not_fetched: { icon: CloudDownload, tone: 'text-wait', line: 'bg-mark' },
  stale: { icon: Clock, tone: 'text-wait', line: 'bg-mark' },
  up_to_date: { icon: CircleCheck, tone: 'text-good', line: 'bg-line' },
};
