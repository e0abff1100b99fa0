// A list that hangs below its field, or above it where there is no room below.
import { autoUpdate, computePosition, flip, offset, size } from '@floating-ui/dom';
import type { Attachment } from 'svelte/attachments';

const GAP_PX = 6;
const EDGE_PX = 12;

/** Keeps the element beside `anchor`, as wide as it, while both are on the page. */
export function floatBeside(anchor: HTMLElement): Attachment<HTMLElement> {
  return (element) => {
    const place = async () => {
      const { x, y } = await computePosition(anchor, element, {
        strategy: 'fixed',
        placement: 'bottom-start',
        middleware: [
          offset(GAP_PX),
          flip({ padding: EDGE_PX }),
          size({
            padding: EDGE_PX,
            apply: ({ availableHeight, rects }) => {
              element.style.width = `${rects.reference.width}px`;
              element.style.maxHeight = `${Math.max(120, Math.min(availableHeight, 400))}px`;
            },
          }),
        ],
      });
      element.style.left = `${x}px`;
      element.style.top = `${y}px`;
    };
    element.style.position = 'fixed';
    return autoUpdate(anchor, element, () => void place());
  };
}
