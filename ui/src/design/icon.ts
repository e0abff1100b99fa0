// The icons that parts are given: any Lucide icon.
import type CircleCheck from '@lucide/svelte/icons/circle-check';

export type Icon = typeof CircleCheck;
