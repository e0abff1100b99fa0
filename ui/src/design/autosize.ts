// A text area as tall as its text. `field-sizing: content` does this by itself, but not on WebKitGTK yet.
import type { Attachment } from 'svelte/attachments';

/** Grows a text area with its text; `text` makes it measure again when it changes from outside. */
export function autosize(text: string): Attachment<HTMLTextAreaElement> {
  return (area) => {
    void text;
    const fit = () => {
      area.style.height = 'auto';
      area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
    };
    fit();
    area.addEventListener('input', fit);
    const observer = new ResizeObserver(fit);
    observer.observe(area.parentElement ?? area);
    return () => {
      area.removeEventListener('input', fit);
      observer.disconnect();
    };
  };
}
