// What axe-core finds in the page, without what jsdom cannot know: layout and colours (the harness looks at those).
import axe from 'axe-core';

/** The serious and critical faults, each by rule and element. */
export async function seriousFaults(): Promise<string[]> {
  const result = await axe.run(document.body, {
    resultTypes: ['violations'],
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
  });
  return result.violations
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)}`));
}
